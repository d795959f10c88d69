//! The exercises of lesson 12, Movement.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::error::Result;
use crate::predict::{self, ClassWeights, Classifier, RandomForest};
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "`moves` has a row for each customer and step: step 1 goes from the first half to the second, and `to` is \"gone\" for who did not \
     come again. `movement.glance(0.95)?` counts them too.",
    "`tidy` has a row for each pair of `from` and `to`, with its `share` of those who were in `from`; the first one is from 1 to 1.",
    "`predict::scores(&answers, \"to\", \"predicted\", 0.95)?` has the column `balanced_accuracy`; make the same table for the weighted forest.",
];

/// Is an answer to lesson 12 right? The table is `moves`, and for exercise 3 `before` and `after`, one on top of the other.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let moves = df!("step" => [1u32, 1, 2], "from" => ["1", "2", "1"], "to" => ["gone", "1", "gone"])?;
/// assert!(check::lesson12(1, 1, &moves)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson12(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => gone(table)?,
        2 => stay_in_first(table)?,
        3 => do_weights_help(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(12, exercise, answer)
}

fn gone(moves: &DataFrame) -> Result<Expected> {
    let to_gone = || col("to").eq(lit("gone"));
    let step = |number: u32| col("step").eq(lit(number));
    Ok(Expected::new(rows(moves, to_gone().and(step(1)))?)
        .mistake(
            rows(moves, to_gone())?,
            "that is of both steps; the first one is asked for",
        )
        .mistake(
            rows(moves, to_gone().and(step(2)))?,
            "that is the second step, into the first half of 2023",
        )
        .mistake(
            rows(moves, step(1).and(col("from").eq(lit("new"))))?,
            "those are new in the second half; who of the first half is gone?",
        ))
}

fn stay_in_first(moves: &DataFrame) -> Result<Expected> {
    let is = |side: &str| col(side).eq(lit("1"));
    let first = moves.clone().lazy().filter(col("step").eq(lit(1u32)));
    let first = first.collect()?;
    let share = |of: Expr, among: Expr| value(&first, of.filter(among).mean());
    let right = share(is("to"), is("from"))?;
    let there = is("from").and(col("to").neq(lit("gone")));
    let per_cent = |share: f64| (100.0 * share).floor();
    // A share that is whole per cent may lie on either side of it by its last digit.
    Ok(Expected::new(per_cent(right))
        .or((100.0 * right + 1e-9).floor())
        .mistake(
            per_cent(or_nan(share(is("to"), there))),
            "that leaves out who is gone; they were in segment 1 too",
        )
        .mistake(
            per_cent(or_nan(share(is("from"), is("to")))),
            "that is the share of those in segment 1 later who were there before; the other way round is asked for",
        )
        .mistake(
            right.floor(),
            "the share from 0 to 1 has to be multiplied by 100 before it is rounded down",
        )
        .mistake(
            (100.0 * right).ceil(),
            "rounded down is asked for, and that is rounded up",
        ))
}

fn do_weights_help(both: &DataFrame) -> Result<Expected> {
    let columns = [
        "visits",
        "quantity",
        "amount",
        "basket_size",
        "visit_period",
        "recency",
    ];
    let of = |step: u32| -> Result<DataFrame> {
        Ok(both
            .clone()
            .lazy()
            .filter(col("step").eq(lit(step)))
            .collect()?)
    };
    let (before, after) = (of(1)?, of(2)?);
    let plain = RandomForest::params().seed(1).rows_in_leaf(20);
    let weighed = plain.clone().class_weights(ClassWeights::Balanced);
    let mut told = [0.0; 2];
    for (told, forest) in told.iter_mut().zip([plain, weighed]) {
        let answers = Classifier::fit(&before, "to", columns, &forest)?.augment(&after)?;
        let scores = predict::scores(&answers, "to", "predicted", 0.95)?;
        *told = number(&scores, "balanced_accuracy", 0)?;
    }
    let [without, with] = told;
    let (right, other) = if with > without {
        ("yes", "no")
    } else {
        ("no", "yes")
    };
    Ok(Expected::new(right).mistake(
        other,
        format!("the balanced accuracy is {without:.4} without weights and {with:.4} with them"),
    ))
}
