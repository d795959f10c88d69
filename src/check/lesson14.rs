//! The exercises of lesson 14, Recommenders.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::error::Result;

pub(super) const HINTS: [&str; 3] = [
    "`judged.augment()?` has a row for each customer and method, and `hits` is how many of the ten were bought. Its mean over the rows of \
     \"popularity\", times 100, rounded down, divided by 100.",
    "`single` has a row for each of them and the column `visits`.",
    "Sort `new.glance()?` by `coverage`, the most first, and read `method`.",
];

/// Is an answer to lesson 14 right? The table is `judged.augment()?`, `single` and `new.glance()?`, in the order of the
/// exercises.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let single = df!("visits" => [1u32, 1, 3])?;
/// assert!(check::lesson14(2, 2, &single)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson14(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => hits_of_popularity(table)?,
        2 => came_once(table)?,
        3 => covers_most(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(14, exercise, answer)
}

fn hits_of_popularity(judged: &DataFrame) -> Result<Expected> {
    let is_own = || col("method").eq(lit("popularity"));
    let hits = || col("hits").cast(DataType::Float64);
    let mean = value(judged, hits().filter(is_own()).mean())?;
    let down = |number: f64| (100.0 * number).floor() / 100.0;
    let some = hits().gt(lit(0.0)).filter(is_own());
    // Whole hundredths may lie on either side by their last digit.
    Ok(Expected::new(down(mean))
        .or(down(mean + 1e-9))
        .mistake(
            down(mean / 10.0),
            "that is the precision, a share of the ten; how many of the ten is asked for",
        )
        .mistake(
            down(or_nan(value(judged, some.mean()))),
            "that is the hit rate: with how many customers there was any hit",
        )
        .mistake(
            down(or_nan(value(judged, hits().mean()))),
            "that is over all methods; filter \"popularity\"",
        )
        .mistake(
            down(or_nan(value(judged, hits().filter(is_own()).sum()))),
            "that is the sum over all customers; their mean is asked for",
        )
        .mistake(
            mean,
            "that has more than two decimals: round it down to two",
        ))
}

fn came_once(single: &DataFrame) -> Result<Expected> {
    let once = || col("visits").eq(lit(1));
    Ok(Expected::new(rows(single, once())?)
        .mistake(
            single.height(),
            "those are all with one thing a bill; who of them came only once?",
        )
        .mistake(rows(single, once().not())?, "those came more than once"))
}

fn covers_most(new: &DataFrame) -> Result<Expected> {
    let first = |by: &str, descending: bool| -> Result<String> {
        let way = SortMultipleOptions::new()
            .with_order_descending(descending)
            .with_maintain_order(true);
        let sorted = new.sort([by], way)?;
        Ok(sorted
            .column("method")?
            .str()?
            .get(0)
            .unwrap_or_default()
            .to_owned())
    };
    Ok(Expected::new(first("coverage", true)?)
        .mistake(first("coverage", false)?, "that one covers the least")
        .mistake(
            first("ndcg", true)?,
            "that one is right most often; which covers the most?",
        ))
}
