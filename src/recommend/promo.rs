use polars::prelude::*;

use super::Assumptions;
use crate::Result;
use crate::stat::interval::two_sided;
use crate::table::column;
use crate::table::groups::{By, as_in, own_name};
use crate::table::points::known;

/// What would fewer discounts save in each segment?
///
/// The published reckoning: the average order (spend over transactions) times the purchases with a
/// discount (`NumDealsPurchases`) times the share that could be spared. One row a segment:
/// `customers`, `spend`, `transactions`, `deals` (sums), `average_order`, `estimate`, `lower`, `upper`
/// (95 %, by the delta method, with the segment's size free to vary).
///
/// **A caution.** It counts the whole order as saved, though a discount gives away a part of it, and
/// supposes that everybody would have bought at the full price: an upper bound, not a forecast.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn) where `spend` or `transactions` is not there,
/// [`Error::Value`](crate::Error::Value) where a value is missing,
/// [`Error::Parameter`](crate::Error::Parameter) where an assumption is out of range.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "segment" => [1, 1], "spend" => [60.0, 40.0], "transactions" => [3, 2],
///     "NumDealsPurchases" => [1, 3],
/// )?;
/// let saving = recommend::promo_saving(&customers, "segment", &recommend::Assumptions::new())?;
/// // 100 / 5 = 20 an order, 4 of them with a discount, half of those.
/// assert_eq!(saving.column("estimate")?.f64()?.get(0), Some(40.0));
/// # Ok::<(), Error>(())
/// ```
pub fn promo_saving(
    table: &DataFrame,
    segment: &str,
    assumptions: &Assumptions,
) -> Result<DataFrame> {
    assumptions.check()?;
    own_name(
        segment,
        &[
            "customers",
            "spend",
            "transactions",
            "deals",
            "average_order",
            "estimate",
            "lower",
            "upper",
        ],
    )?;
    let own = ["spend", "transactions", "NumDealsPurchases"];
    column::must_have(table, own, column::RENAME)?;
    let groups = By::from(segment).groups(table)?;
    let read = |name: &str| known(table, name);
    let (spend, transactions, deals) = (
        read("spend")?,
        read("transactions")?,
        read("NumDealsPurchases")?,
    );
    let rows = spend.iter().zip(&transactions).zip(&deals);
    let (labels, parts) = groups.split_all(rows.map(|((s, t), d)| [*s, *t, *d]));
    let n = table.height() as f64;
    let z = two_sided(assumptions.confidence)?;
    let mut found = Vec::new();
    for part in &parts {
        let sum = |which: usize| part.iter().map(|row| row[which]).sum::<f64>();
        let [s, t, d] = [sum(0), sum(1), sum(2)];
        let saving = s / t * d * assumptions.discount;
        // What one customer more adds to the estimate; those of other segments add nothing.
        let influence = |row: &[f64; 3]| {
            assumptions.discount * (d / t * row[0] - s * d / (t * t) * row[1] + s / t * row[2])
        };
        let total: f64 = part.iter().map(influence).sum();
        let squares: f64 = part.iter().map(|row| influence(row).powi(2)).sum();
        let error = (squares - total * total / n).max(0.0).sqrt();
        let known = t > 0.0;
        found.push([
            Some(s),
            Some(t),
            Some(d),
            known.then(|| s / t),
            known.then_some(saving),
            known.then_some(saving - z * error),
            known.then_some(saving + z * error),
        ]);
    }
    let part = |which: usize| found.iter().map(|row| row[which]).collect::<Vec<_>>();
    let answer = df!(
        segment => labels,
        "customers" => parts.iter().map(|part| part.len() as u64).collect::<Vec<_>>(),
        "spend" => part(0),
        "transactions" => part(1),
        "deals" => part(2),
        "average_order" => part(3),
        "estimate" => part(4),
        "lower" => part(5),
        "upper" => part(6),
    )?;
    as_in(table, segment, answer)
}
