//! The exercises of lesson 01, Know your data.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::data::quality;
use crate::error::Result;
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "`rows_where(&customers, rule)?` counts the rows that fit a rule, and `col(\"Year_Birth\").gt_eq(lit(1990))` is such a rule.",
    "`outliers` has a row for each column and rule. Filter the row of \"Income\" and \"z\", and read its column `above`: \
     those below the lower fence are not too high.",
    "Only one decision changes: customers without an income stay. Beware of rules on a missing value: they are neither true \
     nor false, and `filter` keeps only what is true.",
];

/// Is an answer to lesson 01 right? The table is `customers`, as it was loaded.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Year_Birth" => [1989, 1990, 1990, 1995])?;
/// assert!(check::lesson01(1, 3, &customers)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson01(
    exercise: usize,
    answer: impl Into<Answer>,
    customers: &DataFrame,
) -> Result<Verdict> {
    let expected = match exercise {
        1 => born_from_1990(customers)?,
        2 => incomes_too_high(customers)?,
        3 => with_missing_incomes(customers)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(1, exercise, answer)
}

fn born_from_1990(customers: &DataFrame) -> Result<Expected> {
    let born = || col("Year_Birth");
    Ok(Expected::new(rows(customers, born().gt_eq(lit(1990)))?)
        .mistake(
            rows(customers, born().gt(lit(1990)))?,
            "that leaves out who was born in 1990 itself: `gt_eq` in place of `gt`",
        )
        .mistake(
            rows(customers, born().lt(lit(1990)))?,
            "those are the others, who were born before 1990",
        )
        .mistake(
            rows(customers, born().eq(lit(1990)))?,
            "those were born in 1990; those born later belong to them",
        ))
}

fn incomes_too_high(customers: &DataFrame) -> Result<Expected> {
    let outliers = quality::outliers(customers)?;
    let of = |rule: &str, what: &str| -> Result<f64> {
        let is_own = col("column")
            .eq(lit("Income"))
            .and(col("rule").eq(lit(rule)));
        number(&outliers.clone().lazy().filter(is_own).collect()?, what, 0)
    };
    // By the definition, and not out of the same table.
    let income = || col("Income");
    let fence = income().mean() + lit(3.0) * income().std(0);
    let all_columns = outliers
        .clone()
        .lazy()
        .filter(col("rule").eq(lit("z")))
        .select([col("above").sum()]);
    Ok(Expected::new(rows(customers, income().gt(fence))?)
        .mistake(
            of("iqr", "above")?,
            "that is what the rule `iqr` says; `z` is asked for",
        )
        .mistake(
            of("quantile", "above")?,
            "that is what the rule `quantile` says; `z` is asked for",
        )
        .mistake(
            number(&all_columns.collect()?, "above", 0)?,
            "that is the sum over all columns; filter `column` too",
        ))
}

fn with_missing_incomes(customers: &DataFrame) -> Result<Expected> {
    let all_but_id = customers.drop("ID")?;
    let all_but_id: Vec<String> = all_but_id
        .get_column_names()
        .iter()
        .map(|name| name.to_string())
        .collect();
    let once = customers.unique_stable(Some(&all_but_id), UniqueKeepStrategy::First, None)?;
    let born = || col("Year_Birth").gt_eq(lit(1910));
    let made_up = || col("Income").eq(lit(666_666_000.0));
    let real = || col("Income").is_null().or(made_up().not());
    Ok(Expected::new(rows(&once, born().and(real()))?)
        .mistake(
            rows(&once, born().and(made_up().not()))?,
            "who has no income is left out here all the same: a comparison with a missing value is neither true nor \
             false, and `filter` keeps only what is true. Add `.or(col(\"Income\").is_null())`",
        )
        .mistake(
            rows(customers, born().and(real()))?,
            "the repeated rows are still in it: begin with `once`",
        )
        .mistake(
            rows(&once, real())?,
            "who was born before 1910 is still in it; only the decision on missing incomes changes",
        )
        .mistake(
            rows(&once, born())?,
            "the income of one digit repeated is still in it; only the decision on missing incomes changes",
        ))
}
