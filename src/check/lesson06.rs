//! The exercises of lesson 06, Personality.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::error::Result;
use crate::personality::{self, Explain};
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "`customers.clone().lazy().filter(col(\"segment\").eq(lit(1)))` is segment 1; the mean of \
     `col(\"children\").gt_eq(lit(1)).cast(DataType::Float64)` over it is the share.",
    "`personality::positions(&customers, \"segment\", [\"NumStorePurchases\"])?` has a row for each segment; count those whose \
     `position` is 0.5 or more.",
    "`personality::Explain::new([\"Income\", \"spend\"]).conditions(1).rules(&customers, \"segment\")?`; the first row is of segment 1.",
];

/// Is an answer to lesson 06 right? The table is `customers` with their `segment`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1u64, 1, 2], "children" => [0, 2, 1])?;
/// assert!(check::lesson06(1, 0.5, &customers)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson06(
    exercise: usize,
    answer: impl Into<Answer>,
    customers: &DataFrame,
) -> Result<Verdict> {
    let expected = match exercise {
        1 => parents_in_first(customers)?,
        2 => generous(customers)?,
        3 => coverage_of_one_condition(customers)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(6, exercise, answer)
}

fn parents_in_first(customers: &DataFrame) -> Result<Expected> {
    let is_parent = || col("children").gt_eq(lit(1));
    let is_first = || col("segment").eq(lit(1));
    Ok(Expected::new(value(customers, is_parent().filter(is_first()).mean())?)
        .within(0.005)
        .share()
        .mistake(
            or_nan(value(customers, is_first().filter(is_parent()).mean())),
            "that is the share of parents who are in segment 1; the other way round is asked for",
        )
        .mistake(
            or_nan(value(customers, is_parent().mean())),
            "that is the share in all segments together",
        )
        .mistake(
            or_nan(value(customers, is_parent().not().filter(is_first()).mean())),
            "that is the share of segment 1 without a child",
        )
        .mistake(
            or_nan(value(customers, col("children").filter(is_first()).mean())),
            "that is how many children there are on average; who has any is asked for",
        ))
}

fn generous(customers: &DataFrame) -> Result<Expected> {
    let stores = personality::positions(customers, "segment", ["NumStorePurchases"])?;
    let is_generous = || col("position").gt_eq(lit(0.5));
    let of_them = stores.clone().lazy().filter(is_generous());
    let theirs = of_them.select([col("segment")]);
    let by = [col("segment")];
    let in_them =
        customers
            .clone()
            .lazy()
            .join(theirs, by.clone(), by, JoinArgs::new(JoinType::Semi));
    Ok(Expected::new(rows(&stores, is_generous())?)
        .mistake(
            rows(&stores, is_generous().not())?,
            "those are the frugal ones",
        )
        .mistake(
            in_them.collect()?.height(),
            "those are the customers in generous segments; how many segments are there?",
        )
        .mistake(
            rows(
                customers,
                col("NumStorePurchases").gt_eq(col("NumStorePurchases").median()),
            )?,
            "those are customers; the position is one of a segment",
        ))
}

fn coverage_of_one_condition(customers: &DataFrame) -> Result<Expected> {
    let explain = |columns: &[&str], conditions: usize| {
        Explain::new(columns.iter().copied())
            .conditions(conditions)
            .rules(customers, "segment")
    };
    let (short, long) = (["Income", "spend"], 3);
    let rule = explain(&short, 1)?;
    Ok(Expected::new(number(&rule, "coverage", 0)?)
        .within(0.005)
        .share()
        .mistake(
            number(&rule, "precision", 0)?,
            "that is the precision: which share of those that the rule names belong to the segment. Coverage is which \
             share of the segment it names",
        )
        .mistake(
            number(&explain(&short, long)?, "coverage", 0)?,
            "that is with up to three conditions; say `.conditions(1)`",
        )
        .mistake(
            number(&rule, "coverage", rule.height() - 1)?,
            "that is the rule of the last segment; the first row is of segment 1",
        ))
}
