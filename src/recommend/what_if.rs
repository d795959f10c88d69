use polars::prelude::*;

use crate::table::column;
use crate::table::groups::as_in;
use crate::{Error, Result};

/// What if some customers leave, and those who stay buy more?
///
/// `values` is a table of amounts by segment, as [`value_at_stake`](super::value_at_stake) gives it;
/// `assumptions` has a row for each of its segments, with `churn` (the share of the amount that
/// leaves) and `uplift` (by how much the rest grows; 0.1 is a tenth). One row a segment: `before`,
/// `churn`, `uplift`, `lost`, `gained`, `after`, and `after_lower`, `after_upper`, the interval of
/// `values` carried through: that of the amounts, not of the assumptions.
///
/// # Errors
/// [`Error::NoColumn`], and [`Error::Parameter`] where a segment has no assumptions or several (those of
/// customers without one stand under null), there are assumptions for another,
/// `churn` is not from 0 to 1, or `uplift` is below -1.
///
/// ```
/// use segmenta::prelude::*;
///
/// let values = df!("segment" => ["1"], "estimate" => [100.0], "lower" => [80.0], "upper" => [120.0])?;
/// let assumptions = df!("segment" => ["1"], "churn" => [0.2], "uplift" => [0.1])?;
/// let after = recommend::what_if(&values, &assumptions)?;
/// assert_eq!(after.column("after")?.f64()?.get(0), Some(88.0));
/// # Ok::<(), Error>(())
/// ```
pub fn what_if(values: &DataFrame, assumptions: &DataFrame) -> Result<DataFrame> {
    let segment = match values.columns().first() {
        Some(first) => first.name().to_string(),
        None => "segment".to_owned(),
    };
    let labels = |table: &DataFrame| -> Result<Vec<Option<String>>> {
        let column = column::find(table, &segment)?;
        let label = |row| match column.get(row)? {
            AnyValue::Null => Ok(None),
            _ => column::label(column, row).map(Some),
        };
        (0..table.height()).map(label).collect()
    };
    let (segments, assumed) = (labels(values)?, labels(assumptions)?);
    if let Some(odd) = assumed.iter().find(|name| !segments.contains(name)) {
        return Err(Error::Parameter {
            name: "assumptions",
            value: format!("a row for segment {}", told(odd)),
            expected: "only segments that are in the values".into(),
        });
    }
    let number = |table: &DataFrame, name: &str| {
        crate::table::points::complete(name, column::numbers(table, name)?)
    };
    let (churn, uplift) = (
        number(assumptions, "churn")?,
        number(assumptions, "uplift")?,
    );
    let out_of_range = |name, value: f64, expected: &str| Error::Parameter {
        name,
        value: value.to_string(),
        expected: expected.to_owned(),
    };
    if let Some(odd) = churn.iter().find(|share| !(0.0..=1.0).contains(*share)) {
        return Err(out_of_range("churn", *odd, "a share from 0 to 1"));
    }
    if let Some(odd) = uplift.iter().find(|share| **share < -1.0) {
        return Err(out_of_range("uplift", *odd, "-1 (nothing is left) or more"));
    }
    let mut rows = Vec::new();
    for name in &segments {
        let own: Vec<usize> = (0..assumed.len())
            .filter(|row| assumed[*row] == *name)
            .collect();
        let [row] = own[..] else {
            return Err(Error::Parameter {
                name: "assumptions",
                value: format!("{} rows for segment {}", own.len(), told(name)),
                expected: "one row for each segment".into(),
            });
        };
        rows.push((churn[row], uplift[row]));
    }
    let before = number(values, "estimate")?;
    let after = |amount: Option<f64>, (churn, uplift): &(f64, f64)| {
        amount.map(|amount| amount * (1.0 - churn) * (1.0 + uplift))
    };
    let carried = |name: &str| -> Result<Vec<Option<f64>>> {
        let ends = column::numbers(values, name)?;
        Ok(ends
            .into_iter()
            .zip(&rows)
            .map(|(end, row)| after(end, row))
            .collect())
    };
    let answer = df!(
        segment.as_str() => &segments,
        "before" => &before,
        "churn" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "uplift" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "lost" => before.iter().zip(&rows).map(|(x, row)| x * row.0).collect::<Vec<_>>(),
        "gained" => before.iter().zip(&rows).map(|(x, row)| x * (1.0 - row.0) * row.1).collect::<Vec<_>>(),
        "after" => carried("estimate")?,
        "after_lower" => carried("lower")?,
        "after_upper" => carried("upper")?,
    )?;
    as_in(values, &segment, answer)
}

fn told(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("null")
}
