use polars::prelude::*;

use crate::Result;
use crate::stat::interval::{Bootstrap, Estimates, Interval};
use crate::table::column;
use crate::table::groups::{By, as_in, own_name};

/// How much money does each segment stand for?
///
/// One row a segment, in the columns of [`interval`](crate::stat::interval), and `share` (of the sum of
/// all): `estimate` is the sum of `value` over its customers. The interval is that of other customers
/// of the same kind: the bootstrap draws from the whole table, so that the segment's size varies as
/// well. What is at stake in two years if all of them left; not what a campaign could save.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType),
/// [`Error::Value`](crate::Error::Value), and [`Error::Parameter`](crate::Error::Parameter) where there
/// are more than 100 segments or a setting of the bootstrap is out of range.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2], "spend" => [1.0, 3.0, 12.0])?;
/// let value = recommend::value_at_stake(&customers, "segment", "spend", &Bootstrap::new())?;
/// assert_eq!(value.column("estimate")?.f64()?.to_vec(), [Some(4.0), Some(12.0)]);
/// assert_eq!(value.column("share")?.f64()?.get(1), Some(0.75));
/// # Ok::<(), Error>(())
/// ```
pub fn value_at_stake(
    table: &DataFrame,
    segment: &str,
    value: &str,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    own_name(segment, &["share"])?;
    let groups = By::from(segment).groups(table)?;
    let values = column::measured(table, value)?;
    let n = values.len();
    let all: f64 = values.iter().flatten().sum();
    let (labels, parts) = groups.split_all(values.into_iter().enumerate());
    let mut rows = Estimates::default();
    let mut shares = Vec::new();
    for part in parts {
        let mut own = vec![0.0; n];
        for (row, value) in &part {
            own[*row] = value.unwrap_or(0.0);
        }
        let known = part.iter().filter(|(_, value)| value.is_some()).count();
        let mean = bootstrap.mean(&own)?;
        let total = Interval {
            estimate: own.iter().sum(),
            lower: mean.lower * n as f64,
            upper: mean.upper * n as f64,
        };
        shares.push((all != 0.0).then(|| total.estimate / all));
        rows.push(part.len(), known, (known > 0).then_some(total));
    }
    let mut answer = rows.table(&groups.name, labels)?;
    let warning = answer.width() - 1;
    answer.insert_column(warning, Column::new("share".into(), shares))?;
    as_in(table, segment, answer)
}
