//! The exercises of lesson 05, Segments.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::cluster::{self, Gap, KMeans, Reference, Resample};
use crate::error::Result;
use crate::scale::{Columns, Recipe};
use crate::table::number;

pub(super) const HINTS: [&str; 3] = [
    "A customer with a silhouette below 0 lies nearer to another segment. `in_segments` has the column `silhouette`.",
    "`cluster::Resample::new(100).fit(&ours, &own, &KMeans::params(4).seed(1))?.glance()` has the column `least_jaccard`.",
    "The rows of what `fit` gives are for k = 1, 2, 3 and 4: the third has k = 3. `table::number(&gaps, \"gap\", 2)?` reads it, \
     as rows are counted from 0.",
];

/// Is an answer to lesson 05 right? The table is `on_the_map` for exercise 1, and `ours` for the others.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let on_the_map = df!("spend" => [0.0, 1.0, 9.0, 10.0, 1.5], "segment" => [1u64, 1, 2, 2, 2])?;
/// assert!(check::lesson05(1, 1, &on_the_map)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson05(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => nearer_to_another(table)?,
        2 => least_stable_of_four(table)?,
        3 => gap_of_three(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(5, exercise, answer)
}

fn nearer_to_another(on_the_map: &DataFrame) -> Result<Expected> {
    let with = cluster::silhouette(on_the_map, "segment")?;
    let silhouette = || col("silhouette");
    Ok(Expected::new(rows(&with, silhouette().lt(lit(0.0)))?)
        .mistake(
            rows(&with, silhouette().gt(lit(0.0)))?,
            "those lie nearer to their own segment",
        )
        .mistake(
            rows(&with, silhouette().lt(lit(0.25)))?,
            "those are below 0.25, which is weak; nearer to another is below 0",
        ))
}

/// The six columns of the lesson's own segments.
fn own() -> Recipe {
    Recipe::new([
        "Income",
        "spend",
        "NumDealsPurchases",
        "NumCatalogPurchases",
        "NumStorePurchases",
        "NumWebVisitsMonth",
    ])
    .clip(Columns::All, 0.01, 0.99)
    .log("spend")
    .standardise(Columns::All)
}

fn least_stable_of_four(ours: &DataFrame) -> Result<Expected> {
    let again = |k: usize| Resample::new(100).fit(ours, &own(), &KMeans::params(k).seed(1));
    let means: Vec<f64> = again(4)?
        .tidy()
        .column("jaccard")?
        .f64()?
        .iter()
        .flatten()
        .collect();
    let least = |means: &[f64]| means.iter().copied().fold(f64::INFINITY, f64::min);
    let three = number(&again(3)?.glance(), "least_jaccard", 0)?;
    Ok(Expected::new(least(&means))
        .within(0.005)
        .share()
        .mistake(
            means.iter().copied().fold(0.0, f64::max),
            "that is the most stable segment; the weakest one says whether the four hold",
        )
        .mistake(
            means.iter().sum::<f64>() / means.len() as f64,
            "that is the mean over the segments; the least stable one is asked for",
        )
        .mistake(
            three,
            "that is of three segments: `KMeans::params(4)` makes four",
        ))
}

fn gap_of_three(ours: &DataFrame) -> Result<Expected> {
    let gaps = |gap: Gap| gap.fit(ours, &own(), &KMeans::params(3).seed(1));
    let shuffled = gaps(Gap::new(1..=4).reference(Reference::Shuffled))?;
    let gap = |k: usize| number(&shuffled, "gap", k - 1);
    Ok(Expected::new(gap(3)?)
        .within(0.000_5)
        .mistake(
            gap(4)?,
            "that is the gap at k = 4: rows are counted from 0, so that k = 3 is row 2",
        )
        .mistake(gap(2)?, "that is the gap at k = 2")
        .mistake(
            number(&gaps(Gap::new(1..=4))?, "gap", 2)?,
            "that is the gap against the other kind of made-up table: say `.reference(cluster::Reference::Shuffled)`",
        ))
}
