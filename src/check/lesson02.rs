//! The exercises of lesson 02, Explore.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::data::quality::{self, OutlierRule};
use crate::error::Result;
use crate::stat::explore;

pub(super) const HINTS: [&str; 3] = [
    "`summary` has a row for each column and a column `median`. Or ask polars: \
     `customers.clone().lazy().select([col(\"MntMeatProducts\").median()])`.",
    "`spearman` is sorted by strength, whatever the sign. Filter the rows where `a` or `b` is \"NumWebVisitsMonth\" and neither is \
     \"purchases_per_visit\"; the other name of the first row is the answer.",
    "`thrown_away(&customers, &[\"spend\"], OutlierRule::Z)?` is the table of those; count its rows.",
];

/// Is an answer to lesson 02 right? The table is `customers`, clean and with its features, and for exercise 2 `chosen`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("MntMeatProducts" => [0.0, 10.0, 80.0])?;
/// let mean = check::lesson02(1, 30.0, &customers)?;
/// assert_eq!(mean.text(), "wrong: that is the mean; a few large sums draw it up");
/// # Ok::<(), Error>(())
/// ```
pub fn lesson02(
    exercise: usize,
    answer: impl Into<Answer>,
    customers: &DataFrame,
) -> Result<Verdict> {
    let expected = match exercise {
        1 => median_of_meat(customers)?,
        2 => nearest_to_visits(customers)?,
        3 => spend_thrown_away(customers)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(2, exercise, answer)
}

fn median_of_meat(customers: &DataFrame) -> Result<Expected> {
    let meat = || col("MntMeatProducts");
    let buyers = meat().filter(meat().gt(lit(0)));
    Ok(Expected::new(value(customers, meat().median())?)
        .within(0.5)
        .mistake(
            or_nan(value(customers, meat().mean())),
            "that is the mean; a few large sums draw it up",
        )
        .mistake(
            or_nan(value(customers, buyers.median())),
            "that is the median of those who buy meat at all; who spends 0 is a customer too",
        )
        .mistake(
            or_nan(value(customers, meat().max())),
            "that is the largest value",
        ))
}

fn nearest_to_visits(chosen: &DataFrame) -> Result<Expected> {
    let visits = "NumWebVisitsMonth";
    let is = |side: &str, name: &str| col(side).eq(lit(name));
    let other = when(is("a", visits)).then(col("b")).otherwise(col("a"));
    let pairs = explore::associations(chosen, 0.95)?
        .lazy()
        .filter(is("measure", "spearman").and(is("a", visits).or(is("b", visits))))
        .with_columns([
            other.alias("other"),
            col("estimate").abs().alias("strength"),
        ]);
    let most = SortMultipleOptions::new()
        .with_order_descending(true)
        .with_nulls_last(true);
    let first = |pairs: LazyFrame, by: &str| -> Result<String> {
        let sorted = pairs.sort([by], most.clone()).limit(1).collect()?;
        Ok(sorted
            .column("other")?
            .str()?
            .get(0)
            .unwrap_or_default()
            .to_owned())
    };
    let fair = pairs.filter(is("other", "purchases_per_visit").not());
    Ok(Expected::new(first(fair.clone(), "strength")?)
        .mistake(
            "purchases_per_visit",
            "that one is made of the visits, so of course it goes with them: leave it out",
        )
        .mistake(
            first(fair, "estimate")?,
            "that is the strongest of those that rise together; a correlation far below 0 is as strong",
        )
        .mistake(visits, "that is the column itself; its partner is asked for"))
}

fn spend_thrown_away(customers: &DataFrame) -> Result<Expected> {
    let spend = || col("spend");
    let far = (spend() - spend().mean())
        .abs()
        .gt(lit(3.0) * spend().std(0));
    let gone = rows(customers, far)?;
    let by_iqr = quality::inside(customers, ["spend"], OutlierRule::Iqr)?;
    Ok(Expected::new(gone)
        .mistake(
            customers.height() - gone,
            "those are kept; how many are thrown away?",
        )
        .mistake(
            rows(customers, by_iqr.not())?,
            "that is what the rule `iqr` throws away; `OutlierRule::Z` is asked for",
        ))
}
