use polars::prelude::*;
use rayon::prelude::*;

use super::share;
use crate::table::column;
use crate::{Error, Result};

/// Which values lie far out, by three usual rules?
///
/// Three rows a numeric column:
/// - `iqr`: outside Q1 - 1.5 IQR .. Q3 + 1.5 IQR (Tukey 1977),
/// - `z`: more than 3 population standard deviations from the mean,
/// - `quantile`: outside the 1 % and 99 % quantiles; by its making it flags up
///   to 2 % of any column.
///
/// `column`, `rule`, `lower`, `upper` (values on a bound are inside), `below`,
/// `above` (rows outside), `share` (of the rows that are not null). Columns with
/// two different values or fewer (flags, constants) are passed over: no rule fits them.
///
/// # Errors
/// [`Error::Value`] where a value is infinite or not a number.
///
/// ```
/// use segmenta::prelude::*;
///
/// let outliers = quality::outliers(&df!("spend" => [1.0, 2.0, 3.0, 4.0, 100.0])?)?;
/// // Q1 = 2, Q3 = 4: the bounds are -1 and 7.
/// assert_eq!(outliers.column("upper")?.f64()?.get(0), Some(7.0));
/// assert_eq!(outliers.column("above")?.u64()?.get(0), Some(1));
/// # Ok::<(), Error>(())
/// ```
pub fn outliers(table: &DataFrame) -> Result<DataFrame> {
    let measured: Vec<&Column> = table
        .columns()
        .iter()
        .filter(|column| column.dtype().is_primitive_numeric())
        .collect();
    let answers: Vec<Vec<Outside>> = measured
        .par_iter()
        .map(|column| {
            let sorted = column::sorted(column::numbers(table, column.name())?);
            if sorted.chunk_by(|a, b| a == b).take(3).count() <= 2 {
                return Ok(Vec::new());
            }
            let outside = |rule: OutlierRule| {
                let [lower, upper] = rule.bounds(&sorted)?;
                let below = sorted.partition_point(|x| *x < lower) as u64;
                let above = (sorted.len() - sorted.partition_point(|x| *x <= upper)) as u64;
                Some(Outside {
                    column: column.name().to_string(),
                    rule: rule.name(),
                    bounds: [lower, upper],
                    below,
                    above,
                    share: share(below + above, sorted.len()),
                })
            };
            let rules = [OutlierRule::Iqr, OutlierRule::Z, OutlierRule::Quantile];
            Ok(rules.into_iter().filter_map(outside).collect())
        })
        .collect::<Result<_>>()?;
    let rows: Vec<Outside> = answers.into_iter().flatten().collect();
    Ok(df!(
        "column" => rows.iter().map(|row| row.column.as_str()).collect::<Vec<_>>(),
        "rule" => rows.iter().map(|row| row.rule).collect::<Vec<_>>(),
        "lower" => rows.iter().map(|row| row.bounds[0]).collect::<Vec<_>>(),
        "upper" => rows.iter().map(|row| row.bounds[1]).collect::<Vec<_>>(),
        "below" => rows.iter().map(|row| row.below).collect::<Vec<_>>(),
        "above" => rows.iter().map(|row| row.above).collect::<Vec<_>>(),
        "share" => rows.iter().map(|row| row.share).collect::<Vec<_>>(),
    )?)
}

/// What one rule says of one column.
struct Outside {
    column: String,
    rule: &'static str,
    bounds: [f64; 2],
    below: u64,
    above: u64,
    share: f64,
}

/// A rule of [`outliers`]: which values lie far out?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlierRule {
    /// Outside Q1 - 1.5 IQR .. Q3 + 1.5 IQR.
    Iqr,
    /// More than 3 population standard deviations from the mean.
    Z,
    /// Outside the 1 % and 99 % quantiles.
    Quantile,
}

impl OutlierRule {
    /// The name of the rule in the table of [`outliers`].
    pub fn name(self) -> &'static str {
        match self {
            OutlierRule::Iqr => "iqr",
            OutlierRule::Z => "z",
            OutlierRule::Quantile => "quantile",
        }
    }

    /// Between which bounds of ascending values one is inside; `None` where there are none.
    pub(crate) fn bounds(self, sorted: &[f64]) -> Option<[f64; 2]> {
        let at = |share| column::quantile(sorted, share);
        Some(match self {
            OutlierRule::Iqr => {
                let (q1, q3) = (at(0.25)?, at(0.75)?);
                let reach = 1.5 * (q3 - q1);
                [q1 - reach, q3 + reach]
            }
            OutlierRule::Z => {
                let n = sorted.len() as f64;
                let mean = sorted.iter().sum::<f64>() / n;
                let squares: f64 = sorted.iter().map(|x| (x - mean).powi(2)).sum();
                let reach = 3.0 * (squares / n).sqrt();
                (n > 0.0).then_some([mean - reach, mean + reach])?
            }
            OutlierRule::Quantile => [at(0.01)?, at(0.99)?],
        })
    }
}

/// Which customers lie inside the bounds of a rule in all of these columns at once?
///
/// An expression to filter with. The bounds are those of the whole table, one column at a
/// time. A customer without a value in one of the columns is not inside.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`] where a column does not hold numbers, and
/// [`Error::Value`] where a value is infinite or not a number.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("spend" => [1.0, 2.0, 3.0, 4.0, 100.0])?;
/// let inside = quality::inside(&table, ["spend"], quality::OutlierRule::Iqr)?;
/// assert_eq!(table.lazy().filter(inside).collect()?.height(), 4);
/// # Ok::<(), Error>(())
/// ```
pub fn inside<'a>(
    table: &DataFrame,
    columns: impl IntoIterator<Item = &'a str>,
    rule: OutlierRule,
) -> Result<Expr> {
    let mut inside = lit(true);
    for name in columns {
        let column = column::find(table, name)?;
        if !column.dtype().is_primitive_numeric() {
            return Err(Error::WrongType {
                column: name.to_owned(),
                found: column.dtype().to_string(),
                expected: "numbers".into(),
            });
        }
        let sorted = column::sorted(column::numbers(table, name)?);
        // A column without any value has no bounds, and nobody inside them.
        let within = rule.bounds(&sorted).map_or(lit(false), |[lower, upper]| {
            col(name).is_between(lit(lower), lit(upper), ClosedInterval::Both)
        });
        inside = inside.and(within.fill_null(false));
    }
    Ok(inside)
}
