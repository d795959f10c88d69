//! The exercises of lesson 13, Baskets.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::basket::{Baskets, Itemsets, Rules};
use crate::data::orders::Orders;
use crate::error::Result;
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "`Itemsets::params().support(0.001).find(&baskets)?.tidy(0.95)?` has a row for each set and the column `size`.",
    "`first_rules.tidy(0.95)?` has `p_bh`, and `first_rules.again(..)?` has `holds`, both in the same order. Put the one column to the \
     other table with `with_column`, and filter.",
    "`tidy` is sorted by lift, so that a rule and the one in the other direction stand beside each other: compare `confidence` in its first two rows.",
];

/// How often a set must occur for a rule in lesson 13, and how often the rule must be right.
const SUPPORT: f64 = 0.000_5;
const CONFIDENCE: f64 = 0.1;

/// Is an answer to lesson 13 right? It is about the bills and lines of `orders`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the bills.
///
/// ```
/// use segmenta::prelude::*;
///
/// let folder = std::env::temp_dir().join("segmenta-doc-check");
/// simulate::Shop::new().customers(300).seed(1).defects(false).save(&folder, Existing::Replace)?;
/// let orders = orders::load([folder.join("2022.csv")])?;
/// let baskets = Baskets::of_bills(&orders.bills, &orders.lines)?;
/// let pairs = Itemsets::params().support(0.001).longest(2).find(&baskets)?.glance()?;
/// assert!(check::lesson13(1, table::number(&pairs, "itemsets", 1)?, &orders)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson13(exercise: usize, answer: impl Into<Answer>, orders: &Orders) -> Result<Verdict> {
    let expected = match exercise {
        1 => pairs(orders)?,
        2 => false_alarms(orders)?,
        3 => is_confidence_the_same(orders)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(13, exercise, answer)
}

fn pairs(orders: &Orders) -> Result<Expected> {
    let baskets = Baskets::of_bills(&orders.bills, &orders.lines)?;
    let sets = |support: f64| {
        Itemsets::params()
            .support(support)
            .find(&baskets)?
            .tidy(0.95)
    };
    let found = sets(0.001)?;
    let of_two = || col("size").eq(lit(2u32));
    let two = rows(&found, of_two())?;
    Ok(Expected::new(two)
        .mistake(
            found.height(),
            "those are the sets of any size; of two items is asked for",
        )
        .mistake(
            rows(&found, col("size").gt_eq(lit(2u32)))?,
            "those of three and more are among them",
        )
        .mistake(
            2 * two,
            "a set has no direction: tea and milk is the same as milk and tea",
        )
        .mistake(
            rows(&sets(0.01)?, of_two())?,
            "that is one of a hundred baskets; one of a thousand is a support of 0.001",
        ))
}

fn false_alarms(orders: &Orders) -> Result<Expected> {
    // As the lesson divides the bills: at the moment by which two thirds of them were written.
    let border = col("time").quantile(lit(2.0 / 3.0), QuantileMethod::Nearest);
    let is_first = col("time").lt(border);
    let of = |rule: Expr| -> Result<Baskets> {
        let bills = orders.bills.clone().lazy().filter(rule).collect()?;
        Baskets::of_bills(&bills, &orders.lines)
    };
    let found = Itemsets::params()
        .support(SUPPORT)
        .find(&of(is_first.clone())?)?;
    let rules = Rules::params().confidence(CONFIDENCE).of(&found)?;
    let mut both = rules.tidy(0.95)?.select(["p", "p_bh", "p_holm"])?;
    let again = rules.again(&of(is_first.not())?, 0.95)?;
    both.with_column(again.column("holds")?.clone())?;
    let below = |column: &str| col(column).lt(lit(0.05));
    let fails = || col("holds").not();
    Ok(Expected::new(rows(&both, below("p_bh").and(fails()))?)
        .mistake(
            rows(&both, below("p_holm").and(fails()))?,
            "that is by the stricter correction, `p_holm`",
        )
        .mistake(
            rows(&both, below("p").and(fails()))?,
            "that is by `p`, which is not corrected for the number of rules",
        )
        .mistake(
            rows(&both, below("p_bh").and(col("holds")))?,
            "those hold; which do not?",
        )
        .mistake(
            rows(&both, fails())?,
            "those are all rules that do not hold, whatever their `p_bh`",
        )
        .mistake(
            rows(&both, below("p_bh"))?,
            "those are all with a small `p_bh`; which of them do not hold?",
        ))
}

fn is_confidence_the_same(orders: &Orders) -> Result<Expected> {
    let baskets = Baskets::of_bills(&orders.bills, &orders.lines)?;
    let found = Itemsets::params().support(SUPPORT).find(&baskets)?;
    let tidy = Rules::params()
        .confidence(CONFIDENCE)
        .of(&found)?
        .tidy(0.95)?;
    if tidy.height() < 2 {
        // Bills in which nothing goes together have no rules to compare.
        return Ok(Expected::new("no").or("yes"));
    }
    let (first, second) = (
        number(&tidy, "confidence", 0)?,
        number(&tidy, "confidence", 1)?,
    );
    let (right, other) = if first == second {
        ("yes", "no")
    } else {
        ("no", "yes")
    };
    Ok(Expected::new(right).mistake(
        other,
        format!(
            "the first two rules have a confidence of {first:.4} and {second:.4}: the same baskets, divided by those with \
             the one item and by those with the other"
        ),
    ))
}
