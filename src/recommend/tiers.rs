use polars::prelude::*;

use crate::table::groups::{By, as_in, own_name};
use crate::table::points::known;
use crate::{Error, Result};

/// The usual tiers, the highest first.
pub const TIERS: [&str; 4] = ["Platinum", "Gold", "Silver", "Bronze"];

/// Who is in which tier of the membership programme?
///
/// Segments in the order of their mean `value`, the highest first: the segment, `tier`, `customers`,
/// `mean`, `sum` and `share` (of the sum of all). With as many segments as there are tiers or fewer,
/// each gets the next tier; with more, neighbours share one. Customers without a segment do not count.
///
/// # Errors
/// [`Error::Parameter`] where there are no tiers, more than 100 segments, or the segment's column has
/// a name of the answer; [`Error::NoColumn`], [`Error::WrongType`], and [`Error::Value`] where a value
/// is missing.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2, 3], "spend" => [1.0, 3.0, 50.0, 7.0])?;
/// let tiers = recommend::tiers(&customers, "segment", "spend", recommend::TIERS)?;
/// assert_eq!(tiers.column("segment")?.i32()?.to_vec(), [Some(2), Some(3), Some(1)]);
/// assert_eq!(tiers.column("tier")?.str()?.get(2), Some("Silver"));
/// # Ok::<(), Error>(())
/// ```
pub fn tiers<'a>(
    table: &DataFrame,
    segment: &str,
    value: &str,
    tiers: impl IntoIterator<Item = &'a str>,
) -> Result<DataFrame> {
    let tiers: Vec<&str> = tiers.into_iter().collect();
    if tiers.is_empty() {
        return Err(Error::Parameter {
            name: "tiers",
            value: "none".into(),
            expected: "one tier or more, the highest first".into(),
        });
    }
    own_name(segment, &["tier", "customers", "mean", "sum", "share"])?;
    let groups = By::from(segment).groups(table)?;
    let values = known(table, value)?;
    let (parts, _) = groups.split(values);
    let mut rows: Vec<(&String, usize, f64)> = groups
        .labels
        .iter()
        .zip(&parts)
        .filter(|(_, part)| !part.is_empty())
        .map(|(label, part)| (label, part.len(), part.iter().sum()))
        .collect();
    let mean = |row: &(&String, usize, f64)| row.2 / row.1 as f64;
    rows.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
    let all: f64 = rows.iter().map(|row| row.2).sum();
    let tier = |rank: usize| match rows.len() {
        many if many > tiers.len() => tiers[rank * tiers.len() / many],
        _ => tiers[rank],
    };
    let answer = df!(
        segment => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        "tier" => (0..rows.len()).map(tier).collect::<Vec<_>>(),
        "customers" => rows.iter().map(|row| row.1 as u64).collect::<Vec<_>>(),
        "mean" => rows.iter().map(mean).collect::<Vec<_>>(),
        "sum" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "share" => rows.iter().map(|row| (all != 0.0).then(|| row.2 / all)).collect::<Vec<_>>(),
    )?;
    as_in(table, segment, answer)
}
