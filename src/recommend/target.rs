use polars::prelude::*;

use super::Assumptions;
use crate::table::column;
use crate::table::points::known;
use crate::{Error, Result};

/// Whom should we write to, for this budget?
///
/// The customers whose answer is expected to earn more than the contact costs, the best first, as many
/// as the budget pays for: the table's rows with `expected` added (rupiah): `propensity` times what an
/// answer brings that would not have come anyway, less the cost.
///
/// # Errors
/// [`Error::NoColumn`] where there is no `propensity`, [`Error::Value`] where one is missing or not
/// from 0 to 1, [`Error::Parameter`] where the budget is negative, an assumption is out of range, or
/// there is a column `expected` already.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("ID" => [1, 2, 3], "propensity" => [0.5, 0.01, 0.9])?;
/// let list = recommend::target(&customers, 10_000.0, &recommend::Assumptions::new())?;
/// // An answer earns 11,000 * 0.8 = 8,800: the second customer would cost more than that.
/// assert_eq!(list.column("ID")?.i32()?.to_vec(), [Some(3), Some(1)]);
/// assert_eq!(list.column("expected")?.f64()?.to_vec(), [Some(4_920.0), Some(1_400.0)]);
/// # Ok::<(), Error>(())
/// ```
pub fn target(table: &DataFrame, budget: f64, assumptions: &Assumptions) -> Result<DataFrame> {
    assumptions.check()?;
    column::is_new(table, "expected")?;
    if budget.is_nan() || budget < 0.0 {
        return Err(Error::Parameter {
            name: "budget",
            value: budget.to_string(),
            expected: "an amount of 0 or more".into(),
        });
    }
    column::must_have(table, ["propensity"], column::RENAME)?;
    let propensity = known(table, "propensity")?;
    if let Some(row) = propensity
        .iter()
        .position(|chance| !(0.0..=1.0).contains(chance))
    {
        return Err(Error::Value {
            column: "propensity".into(),
            row,
            value: propensity[row].to_string(),
            expected: "a chance from 0 to 1".into(),
        });
    }
    let expected = |chance: &f64| chance * assumptions.earned() - assumptions.cost;
    let expected: Vec<f64> = propensity.iter().map(expected).collect();
    let mut list = table.clone();
    list.with_column(Column::new("expected".into(), expected))?;
    let paid = match assumptions.cost {
        cost if cost > 0.0 => (budget / cost).floor().min(table.height() as f64) as IdxSize,
        _ => table.height() as IdxSize,
    };
    let best_first = SortMultipleOptions::default()
        .with_order_descending(true)
        .with_maintain_order(true);
    Ok(list
        .lazy()
        .filter(col("expected").gt(lit(0.0)))
        .sort(["expected"], best_first)
        .limit(paid)
        .collect()?)
}
