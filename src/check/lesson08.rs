//! The exercises of lesson 08, Your own table.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::cluster::{ChooseK, KMeans};
use crate::data::roles::Roles;
use crate::error::Result;
use crate::personality;
use crate::scale;

pub(super) const HINTS: [&str; 3] = [
    "`let (recipe, _) = scale::suggest(&customers, [..five columns..])?`, then `ChooseK` as above; `.suggested().unwrap_or(0)`.",
    "`personality::crosstab(&in_segments, \"segment\", \"payment\", 0.95)?` has a row for each cell, and `p_holm` is the corrected p.",
    "`scale::candidates(&wholesaler.table, &roles)?` says which columns are `taken`; the roles are what `Roles::propose` says.",
];

/// Is an answer to lesson 08 right? The table is `customers`, `in_segments` and `wholesaler.table`, in the order of the
/// exercises.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let in_segments = df!("segment" => [1u64, 1, 2, 2], "payment" => ["card", "cash", "card", "cash"])?;
/// assert!(check::lesson08(2, 0, &in_segments)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson08(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => with_total(table)?,
        2 => standing_out(table)?,
        3 => of_wholesaler(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(8, exercise, answer)
}

/// How many segments of these columns are suggested; 0 where none are.
fn suggested(table: &DataFrame, columns: &[&str]) -> Result<usize> {
    let (recipe, _) = scale::suggest(table, columns.iter().copied())?;
    let choice = ChooseK::new(1..=8).fit(table, &recipe, &KMeans::params(1).seed(1))?;
    Ok(choice.suggested().unwrap_or(0))
}

fn with_total(customers: &DataFrame) -> Result<Expected> {
    let with = [
        "tenure_months",
        "monthly_charges",
        "data_gb",
        "support_calls",
        "total_charges",
    ];
    Ok(Expected::new(suggested(customers, &with)?)
        .mistake(
            suggested(customers, &with[..4])?,
            "that is without `total_charges`; add it to the columns",
        )
        .mistake(8, "that is how far `ChooseK` looks; what does it suggest?"))
}

fn standing_out(in_segments: &DataFrame) -> Result<Expected> {
    let payments = personality::crosstab(in_segments, "segment", "payment", 0.95)?;
    let is_far = col("residual").abs().gt(lit(1.959_963_984_540_054));
    Ok(Expected::new(rows(&payments, col("p_holm").lt(lit(0.05)))?)
        .mistake(
            payments.height(),
            "those are all cells; whose corrected p is below 0.05?",
        )
        .mistake(
            rows(&payments, is_far)?,
            "those have a residual beyond 1.96, a p below 0.05 before the correction: of many cells some always have",
        )
        .mistake(
            rows(&payments, col("p_holm").gt_eq(lit(0.05)))?,
            "those do not stand out",
        ))
}

fn of_wholesaler(table: &DataFrame) -> Result<Expected> {
    let candidates = scale::candidates(table, &Roles::propose(table)?)?;
    let of = |rule: Expr| -> Result<Vec<String>> {
        let own = candidates.clone().lazy().filter(rule).collect()?;
        let names = own.column("column")?.str()?.iter().flatten();
        Ok(names.map(str::to_owned).collect())
    };
    let taken = of(col("taken"))?;
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    let right = suggested(table, &taken)?;
    let first_two = taken
        .get(..2)
        .map(|two| suggested(table, two))
        .transpose()?;
    Ok(Expected::new(right)
        .mistake(
            first_two,
            "that is what the first two columns alone say; take all that `scale::candidates` takes",
        )
        .mistake(8, "that is how far `ChooseK` looks; what does it suggest?"))
}
