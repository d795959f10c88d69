//! Who bought lately, often, and for much, in scores from 1 to 5?
//!
//! Each of recency, visits and amount is cut at its quantiles; equal values get equal scores, so that the
//! groups are not of one size where many are alike ([`bands`] tells). The rules by which scores are called
//! segments are a table ([`rules`]), to be read, sorted and changed.

use polars::prelude::*;

use crate::table::column;
use crate::{Error, Result};

/// What is scored, the column of the score, and whether less is better.
const MEASURES: [(&str, &str, bool); 3] = [
    ("recency", "r", true),
    ("visits", "f", false),
    ("amount", "m", false),
];

/// Which score has each customer of a single view?
///
/// `customer`, `recency`, `visits`, `amount`, and `r`, `f`, `m`: from 1 to `groups`, the best. A value gets
/// one point and one more for each of the `groups` - 1 quantiles (by linear interpolation) that it is above;
/// the recency gets the points that are left. Null where there is no amount.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] for fewer than 2 or more than 10 groups.
///
/// ```
/// use segmenta::prelude::*;
///
/// let view = df!(
///     "customer" => ["a", "b", "c", "d"], "recency" => [3i64, 90, 10, 200],
///     "visits" => [9u64, 1, 1, 1], "amount" => [90.0, 20.0, 30.0, 10.0],
/// )?;
/// let scores = rfm::scores(&view, 2)?;
/// let of = |name: &str| -> Vec<u32> { scores.column(name).unwrap().u32().unwrap().iter().flatten().collect() };
/// assert_eq!((of("r"), of("m")), (vec![2, 1, 2, 1], vec![2, 1, 2, 1]));
/// // Three of four came once: they share the lower score.
/// assert_eq!(of("f"), [2, 1, 1, 1]);
/// # Ok::<(), Error>(())
/// ```
pub fn scores(view: &DataFrame, groups: u32) -> Result<DataFrame> {
    if !(2..=10).contains(&groups) {
        return Err(Error::Parameter {
            name: "groups",
            value: groups.to_string(),
            expected: "2 to 10".into(),
        });
    }
    let mut table = DataFrame::new(view.height(), vec![column::find(view, "customer")?.clone()])?;
    for (measure, ..) in MEASURES {
        table.with_column(column::find(view, measure)?.clone())?;
    }
    for (measure, score, less_is_better) in MEASURES {
        let values = column::numbers(view, measure)?;
        let sorted = column::sorted(values.iter().copied());
        let cut = |at: u32| column::quantile(&sorted, f64::from(at) / f64::from(groups));
        let cuts: Vec<f64> = (1..groups).filter_map(cut).collect();
        let points = |value: f64| {
            let above = cuts.iter().filter(|cut| value > **cut).count() as u32;
            if less_is_better {
                groups - above
            } else {
                above + 1
            }
        };
        let points: Vec<Option<u32>> = values.iter().map(|value| value.map(points)).collect();
        table.with_column(Column::new(score.into(), points))?;
    }
    Ok(table)
}

/// How many customers have each score, and from where to where does it reach?
///
/// One row for each measure and score that somebody has: `measure`, `score`, `customers`, `share`, `least`,
/// `most`.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`] where the table is none of [`scores`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let view = df!(
///     "customer" => ["a", "b", "c", "d"], "recency" => [3i64, 90, 10, 200],
///     "visits" => [9u64, 1, 1, 1], "amount" => [90.0, 20.0, 30.0, 10.0],
/// )?;
/// let bands = rfm::bands(&rfm::scores(&view, 2)?)?;
/// assert_eq!(bands.column("customers")?.u64()?.to_vec(), [2, 2, 3, 1, 2, 2].map(Some));
/// # Ok::<(), Error>(())
/// ```
pub fn bands(scores: &DataFrame) -> Result<DataFrame> {
    type Band = (&'static str, u32, u64, f64, f64, f64);
    let mut rows: Vec<Band> = Vec::new();
    for (measure, score, _) in MEASURES {
        let values = column::numbers(scores, measure)?;
        let points = column::numbers(scores, score)?;
        let n = points.iter().flatten().count() as f64;
        for point in 1..=10u32 {
            let own = values
                .iter()
                .zip(&points)
                .filter(|(_, own)| **own == Some(f64::from(point)));
            let own = column::sorted(own.map(|(value, _)| *value));
            if let (Some(least), Some(most)) = (own.first(), own.last()) {
                rows.push((
                    measure,
                    point,
                    own.len() as u64,
                    own.len() as f64 / n,
                    *least,
                    *most,
                ));
            }
        }
    }
    Ok(df!(
        "measure" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "score" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "customers" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "share" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        "least" => rows.iter().map(|row| row.4).collect::<Vec<_>>(),
        "most" => rows.iter().map(|row| row.5).collect::<Vec<_>>(),
    )?)
}

type Range = (u32, u32);
type Rule = (&'static str, Range, Range, Range);

/// The segments of the rfm package for R, from and to which scores.
const RULES: [Rule; 11] = [
    ("Champions", (4, 5), (4, 5), (4, 5)),
    ("Loyal Customers", (2, 5), (3, 5), (3, 5)),
    ("Potential Loyalist", (3, 5), (1, 3), (1, 3)),
    ("New Customers", (4, 5), (1, 1), (1, 1)),
    ("Promising", (3, 4), (1, 1), (1, 1)),
    ("Need Attention", (2, 3), (2, 3), (2, 3)),
    ("About To Sleep", (2, 3), (1, 2), (1, 2)),
    ("At Risk", (1, 2), (2, 5), (2, 5)),
    ("Can't Lose Them", (1, 1), (4, 5), (4, 5)),
    ("Hibernating", (1, 2), (1, 2), (1, 2)),
    ("Lost", (1, 2), (1, 2), (1, 2)),
];

/// Which scores are which segment, by the eleven of the rfm package for R?
///
/// `segment`, `r_from`, `r_to`, `f_from`, `f_to`, `m_from`, `m_to`, and `cells`: how many of the 125 sets of
/// scores the rule takes. In this order, in which the package's guide has them, the first that fits would be
/// taken, and four segments could have nobody: wider rules stand before them. Sorted by `cells` the narrowest
/// comes first, and only Lost, which is the same rule as Hibernating, stays empty.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let rules = rfm::rules()?;
/// assert_eq!(rules.height(), 11);
/// assert_eq!(rules.column("cells")?.u32()?.get(0), Some(8));
/// # Ok::<(), Error>(())
/// ```
pub fn rules() -> Result<DataFrame> {
    let of = |value: &dyn Fn(&Rule) -> u32| RULES.iter().map(value).collect::<Vec<_>>();
    let wide = |range: Range| range.1 - range.0 + 1;
    Ok(df!(
        "segment" => RULES.iter().map(|rule| rule.0).collect::<Vec<_>>(),
        "r_from" => of(&|rule| rule.1.0),
        "r_to" => of(&|rule| rule.1.1),
        "f_from" => of(&|rule| rule.2.0),
        "f_to" => of(&|rule| rule.2.1),
        "m_from" => of(&|rule| rule.3.0),
        "m_to" => of(&|rule| rule.3.1),
        "cells" => of(&|rule| wide(rule.1) * wide(rule.2) * wide(rule.3)),
    )?)
}

/// What is each customer called, by the first rule that fits the scores?
///
/// The table of [`scores`] with `segment`; `Others` where no rule fits, null where a score is missing.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where there is a column `segment` already.
///
/// ```
/// use segmenta::prelude::*;
///
/// let scores = df!("customer" => ["a", "b"], "r" => [5u32, 1], "f" => [1u32, 5], "m" => [1u32, 5])?;
/// let of = |rules: &DataFrame| -> Result<Vec<String>, Error> {
///     let called = rfm::segments(&scores, rules)?;
///     Ok(called.column("segment")?.str()?.iter().flatten().map(str::to_owned).collect())
/// };
/// let published = rfm::rules()?;
/// assert_eq!(of(&published)?, ["Potential Loyalist", "At Risk"]);
/// let narrowest = published.sort(["cells"], SortMultipleOptions::new().with_maintain_order(true))?;
/// assert_eq!(of(&narrowest)?, ["New Customers", "Can't Lose Them"]);
/// # Ok::<(), Error>(())
/// ```
pub fn segments(scores: &DataFrame, rules: &DataFrame) -> Result<DataFrame> {
    column::is_new(scores, "segment")?;
    let names = column::labels(rules, "segment")?;
    let mut bounds = Vec::new();
    for (_, score, _) in MEASURES {
        let from = column::numbers(rules, &format!("{score}_from"))?;
        let to = column::numbers(rules, &format!("{score}_to"))?;
        bounds.push((column::numbers(scores, score)?, from, to));
    }
    let called = (0..scores.height()).map(|row| {
        let own: Option<Vec<f64>> = bounds.iter().map(|(points, ..)| points[row]).collect();
        let own = own?;
        let fits = |rule: &usize| {
            own.iter().zip(&bounds).all(|(score, (_, from, to))| {
                from[*rule].is_none_or(|from| *score >= from)
                    && to[*rule].is_none_or(|to| *score <= to)
            })
        };
        let rule = (0..names.len()).find(fits);
        Some(rule.map_or("Others", |rule| names[rule].as_str()))
    });
    let called: Vec<Option<&str>> = called.collect();
    let mut table = scores.clone();
    table.with_column(Column::new("segment".into(), called))?;
    Ok(table)
}
