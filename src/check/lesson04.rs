//! The exercises of lesson 04, Features.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::data::features;
use crate::data::quality::{self, OutlierRule};
use crate::error::Result;
use crate::scale::{Columns, Recipe};

pub(super) const HINTS: [&str; 3] = [
    "A later day means a shorter length. Compare `published_length` with `true_length` in `both`, row by row, and count.",
    "`Recipe::new(features::RFMLC).clip(..).log(\"spend\").min_max(Columns::All)`, then `fit`, `transform`, and \
     `scale::distance_shares` of what comes out; its first row is the largest.",
    "`Clean::new(&customers)?.keep_inside(features::LRFM, OutlierRule::Iqr)?.report()?` says how many it left out.",
];

/// Is an answer to lesson 04 right? The table is `both` for exercise 1, and `customers` for the others.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let both = df!("true_length" => [10, 20, 30], "published_length" => [5, 20, 99])?;
/// assert!(check::lesson04(1, 1, &both)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson04(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => seemingly_later(table)?,
        2 => largest_share(table)?,
        3 => outside_of_four(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(4, exercise, answer)
}

fn seemingly_later(both: &DataFrame) -> Result<Expected> {
    let (published, real) = (|| col("published_length"), || col("true_length"));
    Ok(Expected::new(rows(both, published().lt(real()))?)
        .mistake(
            rows(both, published().gt(real()))?,
            "they seem to have joined earlier: a longer length is an earlier day",
        )
        .mistake(
            rows(both, published().neq(real()))?,
            "those are all whose date is another, earlier and later",
        )
        .mistake(
            rows(both, published().lt_eq(real()))?,
            "that counts those whose date is the same too",
        ))
}

/// The largest share that one column has of the squared distance, which is that of its variance.
fn share_of(recipe: &Recipe, customers: &DataFrame) -> Result<f64> {
    let scaled = recipe.fit(customers)?.transform(customers)?;
    let variances = scaled.lazy().select([all().as_expr().var(0)]).collect()?;
    let variances: Vec<f64> = variances
        .columns()
        .iter()
        .filter_map(|variance| variance.f64().ok()?.get(0))
        .collect();
    Ok(variances.iter().copied().fold(0.0, f64::max) / variances.iter().sum::<f64>())
}

fn largest_share(customers: &DataFrame) -> Result<Expected> {
    let clipped = || Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99);
    let of = |recipe: Recipe| share_of(&recipe, customers);
    Ok(Expected::new(of(clipped().log("spend").min_max(Columns::All))?)
        .within(0.0005)
        .share()
        .mistake(
            of(clipped().min_max(Columns::All))?,
            "that is without the logarithm of spend",
        )
        .mistake(
            of(clipped().log("spend").standardise(Columns::All))?,
            "standardised, each column has the same share; min-max is asked for",
        )
        .mistake(
            of(clipped().log("spend"))?,
            "that is without the last step, min-max",
        )
        .mistake(
            of(Recipe::new(features::RFMLC).log("spend").min_max(Columns::All))?,
            "that is without the clipping at 1 % and 99 %, and a few extreme values stretch their columns",
        ))
}

fn outside_of_four(customers: &DataFrame) -> Result<Expected> {
    let outside = |columns: &[&str], rule| -> Result<usize> {
        rows(
            customers,
            quality::inside(customers, columns.iter().copied(), rule)?.not(),
        )
    };
    let mut one_by_one = 0;
    for column in features::LRFM {
        one_by_one += outside(&[column], OutlierRule::Iqr)?;
    }
    let gone = outside(&features::LRFM, OutlierRule::Iqr)?;
    Ok(Expected::new(gone)
        .mistake(
            customers.height() - gone,
            "those are kept; how many are left out?",
        )
        .mistake(
            one_by_one,
            "who is outside in two columns is counted twice: ask for the four at once",
        )
        .mistake(
            outside(&features::LRFM, OutlierRule::Z)?,
            "that is what the rule `z` leaves out; `OutlierRule::Iqr` is asked for",
        ))
}
