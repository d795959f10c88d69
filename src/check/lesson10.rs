//! The exercises of lesson 10, Worth.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows, value};
use crate::error::Result;
use crate::value::{BgNbd, Buying, ParetoNbd, purchases};

pub(super) const HINTS: [&str; 3] = [
    "`worth` has the column `alive`, a chance from 0 to 1; count the rows where it is 0.5 or less.",
    "`value::ParetoNbd::fit(&history, &value::ParetoNbd::params())?`, then `kept_back.glance(..)?` of it and of `buying`: the column \
     `mae` is the mean absolute error.",
    "The first row of `value::tenths(&today_view, \"amount\")?` is the first tenth; its `share`, times 100, rounded down with `.floor()`.",
];

/// Is an answer to lesson 10 right? The table is `worth`, `history` and `today_view`, in the order of the exercises.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let worth = df!("alive" => [0.2, 0.5, 0.9])?;
/// assert!(check::lesson10(1, 2, &worth)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson10(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => perhaps_gone(table)?,
        2 => is_pareto_better(table)?,
        3 => first_tenth(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(10, exercise, answer)
}

fn perhaps_gone(worth: &DataFrame) -> Result<Expected> {
    let alive = || col("alive");
    Ok(Expected::new(rows(worth, alive().lt_eq(lit(0.5)))?)
        .mistake(
            rows(worth, alive().gt(lit(0.5)))?,
            "those are rather alive than not",
        )
        .mistake(
            worth.height(),
            "those are all; `alive` is a share from 0 to 1 and not per cent",
        )
        .mistake(
            rows(worth, col("alive").lt_eq(col("alive").median()))?,
            "that is a half of the customers: the border is 0.5, and not the median",
        ))
}

/// How far the purchases that a model foresees are from those that came, on average over the customers.
fn error(model: &impl Buying, history: &DataFrame) -> Result<f64> {
    const WEEKS: f64 = 26.0;
    let ahead = purchases(model, history, WEEKS, 0.0)?;
    let off = (col("purchases") - col("actual").cast(DataType::Float64)).abs();
    value(&ahead, off.mean())
}

fn is_pareto_better(history: &DataFrame) -> Result<Expected> {
    let pareto = error(&ParetoNbd::fit(history, &ParetoNbd::params())?, history)?;
    let buying = error(&BgNbd::fit(history, &BgNbd::params().modified())?, history)?;
    let (right, other) = if pareto < buying {
        ("yes", "no")
    } else {
        ("no", "yes")
    };
    Ok(Expected::new(right).mistake(
        other,
        format!("the error of ParetoNbd is {pareto:.4}, that of `buying` {buying:.4}: the smaller one is better"),
    ))
}

fn first_tenth(today_view: &DataFrame) -> Result<Expected> {
    let amount = || col("amount").cast(DataType::Float64);
    let most = SortOptions::default().with_order_descending(true);
    let tenth = (today_view.height() / 10).max(1) as u64;
    let sorted = || amount().sort(most);
    let share = value(
        today_view,
        sorted().head(Some(tenth as usize)).sum() / amount().sum(),
    )?;
    let last = value(
        today_view,
        sorted().tail(Some(tenth as usize)).sum() / amount().sum(),
    )?;
    // A share that is whole per cent may lie on either side of it by its last digit.
    Ok(Expected::new((100.0 * share).floor())
        .or((100.0 * share + 1e-9).floor())
        .mistake(
            (100.0 * share).ceil(),
            "rounded down is asked for, and that is rounded up",
        )
        .mistake(
            (100.0 * last).floor(),
            "that is the last tenth, those who spent least",
        )
        .mistake(
            share.floor(),
            "the share from 0 to 1 has to be multiplied by 100 before it is rounded down",
        )
        .mistake(
            10,
            "that is their share of the customers, and not of the turnover",
        ))
}
