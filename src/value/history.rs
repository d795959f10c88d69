use polars::prelude::*;

use crate::table::column;
use crate::{Error, Result};

/// How often did each customer come back, when last, and for how long have we known them?
///
/// One row for each customer, in the order of their first bills, from all bills up to `until`, in the unit
/// of `time` (any numbers that grow: days, weeks, or fractions of them):
///
/// - `frequency`: times at which the customer bought, after the first; two bills at one time are one;
/// - `recency`: from the first to the last of them; 0 where there is no second;
/// - `observed`: from the first to `until`;
/// - `mean_amount`: the mean amount of a time after the first; null where there is none. The first is
///   left out, as [`GammaGamma`](super::GammaGamma) wants it.
///
/// Bills without a customer or a time are left out.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::TooFew`] where no bill is left.
///
/// ```
/// use segmenta::prelude::*;
///
/// let bills = df!("who" => ["a", "a", "a"], "week" => [2.0, 2.0, 7.0], "money" => [1.0, 4.0, 6.0])?;
/// let history = segmenta::value::history(&bills, "who", "week", "money", 10.0)?;
/// assert_eq!(history.column("frequency")?.u64()?.get(0), Some(1));
/// assert_eq!(history.column("observed")?.f64()?.get(0), Some(8.0));
/// assert_eq!(history.column("mean_amount")?.f64()?.get(0), Some(6.0));
/// # Ok::<(), Error>(())
/// ```
pub fn history(
    bills: &DataFrame,
    customer: &str,
    time: &str,
    amount: &str,
    until: f64,
) -> Result<DataFrame> {
    for name in [customer, time, amount] {
        column::find(bills, name)?;
    }
    let times = column::numbers(bills, time)?;
    let amounts = column::numbers(bills, amount)?;
    let own = DataFrame::new(
        bills.height(),
        vec![
            bills.column(customer)?.clone().with_name("customer".into()),
            Column::new("time".into(), times),
            Column::new("amount".into(), amounts),
        ],
    )?;
    let known = col("customer").is_not_null().and(col("time").is_not_null());
    let at_once = own
        .lazy()
        .filter(known.and(col("time").lt_eq(lit(until))))
        .group_by_stable([col("customer"), col("time")])
        .agg([col("amount").sum()]);
    let first = col("time").min();
    let later = col("time").gt(first.clone());
    let mut history = at_once
        .group_by_stable([col("customer")])
        .agg([
            (len() - lit(1)).cast(DataType::UInt64).alias("frequency"),
            (col("time").max() - first.clone()).alias("recency"),
            (lit(until) - first).alias("observed"),
            col("amount").filter(later).mean().alias("mean_amount"),
        ])
        .collect()?;
    if history.height() == 0 {
        return Err(Error::TooFew {
            what: format!("bills up to {until}"),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    history.rename("customer", customer.into())?;
    Ok(history)
}
