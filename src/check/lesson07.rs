//! The exercises of lesson 07, Recommendation.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::error::Result;
use crate::recommend::ControlGroup;
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "Give the campaigns other assumptions: `recommend::Campaigns::new(&named).assumptions(&recommend::Assumptions::new().cost(4_000.0))`; \
     their plan has the column `break_even`.",
    "`recommend::target(&with_chances, f64::INFINITY, &recommend::Assumptions::new().cost(2_000.0))?` is the list; count its rows.",
    "`recommend::ControlGroup::new(0.10, 0.15).size(customers.height() as u64)?` gives an `Option`, which is the answer as it is.",
];

/// What an answer is worth after what would have come anyway, as the lesson assumes it (rupiah).
const EARNED: f64 = 11_000.0 * 0.8;

/// Is an answer to lesson 07 right? The table is `plan`, `with_chances` and `customers`, in the order of the exercises.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let with_chances = df!("propensity" => [0.1, 0.3, 0.4])?;
/// let at_old_cost = check::lesson07(2, 1, &with_chances)?;
/// assert_eq!(at_old_cost.text(), "wrong: that is at the old cost of 3,000 a contact");
/// # Ok::<(), Error>(())
/// ```
pub fn lesson07(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => dearer(table)?,
        2 => cheaper(table)?,
        3 => left_alone(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(7, exercise, answer)
}

fn dearer(plan: &DataFrame) -> Result<Expected> {
    Ok(Expected::new(4_000.0 / EARNED)
        .within(0.005)
        .share()
        .mistake(
            number(plan, "break_even", 0)?,
            "that is at the old cost of a contact",
        )
        .mistake(
            4_000.0 / 11_000.0,
            "that forgets those who would have bought anyway: one in five answers brings nothing new",
        )
        .mistake(
            EARNED / 4_000.0,
            "that is how many contacts an answer pays for; the share is its inverse",
        ))
}

fn cheaper(with_chances: &DataFrame) -> Result<Expected> {
    let worth_it = |cost: f64, earned: f64| {
        let earns = col("propensity").gt(lit(cost / earned));
        rows(with_chances, earns)
    };
    Ok(Expected::new(worth_it(2_000.0, EARNED)?)
        .mistake(
            worth_it(3_000.0, EARNED)?,
            "that is at the old cost of 3,000 a contact",
        )
        .mistake(
            worth_it(2_000.0, 11_000.0)?,
            "that forgets those who would have bought anyway, who bring nothing new",
        )
        .mistake(
            with_chances.height(),
            "those are all customers; some would cost more than they bring",
        ))
}

fn left_alone(customers: &DataFrame) -> Result<Expected> {
    let all = customers.height() as u64;
    let size = |with: f64| ControlGroup::new(0.10, with).size(all);
    let right = size(0.15)?;
    let mut expected = Expected::new(right);
    if let Some(right) = right {
        expected = expected
            .mistake(
                all - right,
                "those are written to; how many are left alone?",
            )
            .mistake(
                all / 2,
                "a half always does where anything does; the smallest group that does is asked for",
            );
    }
    Ok(expected
        .mistake(
            size(0.12)?,
            "that is for 12 in 100, a difference too small for so few customers; 15 in 100 are hoped for",
        )
        .mistake(
            size(0.20)?,
            "that is for 20 in 100; 15 in 100 are hoped for",
        ))
}
