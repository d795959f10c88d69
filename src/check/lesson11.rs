//! The exercises of lesson 11, Network.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::error::Result;

pub(super) const HINTS: [&str; 3] = [
    "At the top means level 0, and who brought nobody has 0 `recruits`; `augmented` has both columns.",
    "`levels` has a row for each level, with its `members`; sort by them, the most first, and read `level`.",
    "Sort `augmented` by `betweenness`, the most first, and look who is in the first row; then by `recruits`.",
];

/// Is an answer to lesson 11 right? The table is `augmented`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let augmented = df!("level" => [0u32, 0, 1], "recruits" => [0u32, 1, 0])?;
/// assert!(check::lesson11(1, 1, &augmented)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson11(
    exercise: usize,
    answer: impl Into<Answer>,
    augmented: &DataFrame,
) -> Result<Verdict> {
    let expected = match exercise {
        1 => alone(augmented)?,
        2 => largest_level(augmented)?,
        3 => is_between_the_one_who_brought(augmented)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(11, exercise, answer)
}

fn alone(augmented: &DataFrame) -> Result<Expected> {
    let at_top = || col("level").eq(lit(0));
    let brought_nobody = || col("recruits").eq(lit(0));
    Ok(
        Expected::new(rows(augmented, at_top().and(brought_nobody()))?)
            .mistake(
                rows(augmented, at_top())?,
                "those are all at the top; who of them brought nobody?",
            )
            .mistake(
                rows(augmented, brought_nobody())?,
                "those are all who brought nobody; who of them stands at the top?",
            )
            .mistake(
                rows(augmented, at_top().and(brought_nobody().not()))?,
                "those stand at the top and did bring somebody",
            ),
    )
}

fn largest_level(augmented: &DataFrame) -> Result<Expected> {
    let of_each = augmented
        .clone()
        .lazy()
        .group_by_stable([col("level")])
        .agg([len().alias("members")])
        .sort(
            ["members"],
            SortMultipleOptions::new().with_order_descending(true),
        )
        .collect()?;
    let level = value(&of_each, col("level").first())?;
    let as_large = of_each
        .clone()
        .lazy()
        .filter(col("members").eq(col("members").max()))
        .collect()?
        .column("level")?
        .cast(&DataType::Float64)?;
    let last = value(&of_each, col("level").max())?;
    let as_large = as_large.f64()?.iter().flatten();
    Ok(as_large
        .fold(Expected::new(level), Expected::or)
        .mistake(
            or_nan(value(&of_each, col("members").first())),
            "that is how many members it has; which level is it?",
        )
        .mistake(
            level + 1.0,
            "levels are counted from 0: who was brought by nobody is on level 0",
        )
        .mistake(last, "that is the deepest level"))
}

fn is_between_the_one_who_brought(augmented: &DataFrame) -> Result<Expected> {
    // The first of the rows with the most, as a stable sort has it.
    let most = |column: &str| value(augmented, col(column).arg_max());
    let same = most("betweenness")? == most("recruits")?;
    let (right, other) = if same { ("yes", "no") } else { ("no", "yes") };
    Ok(Expected::new(right).mistake(
        other,
        format!(
            "the member between most others is in row {} of `augmented` (the first is 0), the one with most recruits in row {}",
            most("betweenness")?,
            most("recruits")?
        ),
    ))
}
