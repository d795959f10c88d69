use polars::prelude::*;

use crate::Result;
use crate::stat::compare::holm;
use crate::stat::contingency::Contingency;
use crate::stat::distribution::normal_upper;
use crate::stat::interval::wilson;
use crate::table::groups::{By, as_in, own_name};

/// Who lives in the segments: is one dominated by the old, the married, the parents?
///
/// One row a segment and group of `by`: both names, `customers`, `share` (of the segment's customers,
/// 0 to 1) with its Wilson interval `lower` and `upper`, `share_of_all`, `lift` (the one over the
/// other), `residual` and `p_holm`. The residual says how far the count lies from what it would be if
/// segment and group had nothing to do with each other, in standard errors (adjusted; Haberman 1973,
/// Biometrics 29, 205); `p_holm` is its p-value, corrected for the number of cells; both are null where there is a single segment or group. Customers without
/// a segment or a group do not count.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), and [`Error::Parameter`](crate::Error::Parameter)
/// where either has more than 100 groups, a name that is in the answer, or `confidence` is outside
/// 0..1.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "segment" => [1, 1, 1, 1, 2, 2, 2, 2],
///     "status" => ["Married", "Married", "Married", "Single", "Single", "Single", "Single", "Married"],
/// )?;
/// let cells = personality::crosstab(&customers, "segment", "status", 0.95)?;
/// assert_eq!(cells.column("share")?.f64()?.get(0), Some(0.75));
/// assert_eq!(cells.column("lift")?.f64()?.get(0), Some(1.5));
/// // (3 - 2) / sqrt(2 * 0.5 * 0.5)
/// assert!((cells.column("residual")?.f64()?.get(0).unwrap() - 2f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn crosstab(
    table: &DataFrame,
    segment: &str,
    by: impl Into<By>,
    confidence: f64,
) -> Result<DataFrame> {
    let (segments, groups) = (By::from(segment).groups(table)?, by.into().groups(table)?);
    let own = [
        "customers",
        "share",
        "lower",
        "upper",
        "share_of_all",
        "lift",
        "residual",
        "p_holm",
    ];
    own_name(segment, &own)?;
    own_name(&groups.name, &own)?;
    own_name(&groups.name, &[segment])?;
    let counts = Contingency::new(&segments, &groups);
    let grid = counts.grid();
    let n = counts.n();
    let total = |group: usize| grid.iter().map(|row| row[group]).sum::<u64>();
    let (mut names, mut group_names, mut customers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut shares, mut of_all) = (Vec::new(), Vec::new());
    let (mut residuals, mut p) = (Vec::new(), Vec::new());
    for (row, name) in grid.iter().zip(&segments.labels) {
        let size: u64 = row.iter().sum();
        for (place, count) in row.iter().enumerate() {
            let all = total(place);
            if size == 0 || all == 0 {
                continue;
            }
            let expected = size as f64 * all as f64 / n as f64;
            let spread = (1.0 - size as f64 / n as f64) * (1.0 - all as f64 / n as f64);
            let residual = (*count as f64 - expected) / (expected * spread).sqrt();
            let residual = Some(residual).filter(|residual| residual.is_finite());
            names.push(name.as_str());
            group_names.push(groups.labels[place].as_str());
            customers.push(*count);
            shares.push(wilson(*count, size, confidence)?);
            of_all.push(all as f64 / n as f64);
            residuals.push(residual);
            p.extend(residual.map(|z| (2.0 * normal_upper(z.abs())).min(1.0)));
        }
    }
    let mut corrected = holm(&p)?.into_iter();
    let p_holm: Vec<Option<f64>> = residuals
        .iter()
        .map(|residual| residual.and_then(|_: f64| corrected.next()))
        .collect();
    let cells = df!(
        segment => names,
        groups.name.as_str() => group_names,
        "customers" => customers,
        "share" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
        "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
        "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
        "share_of_all" => &of_all,
        "lift" => shares.iter().zip(&of_all).map(|(s, all)| s.estimate / all).collect::<Vec<_>>(),
        "residual" => residuals,
        "p_holm" => p_holm,
    )?;
    as_in(table, segment, cells)
}
