use polars::prelude::*;

use super::criteria::{Criteria, EXACT, sample};
use super::gap::{Gap, Reference, gaps};
use super::kmeans::KMeansParams;
use super::stability::{HeldOut, Resampled, STABLE};
use crate::display::short;
use crate::points::Points;
use crate::points::coordinates;
use crate::random::derive;
use crate::{Error, Result};

/// Into how many segments do the customers fall, if into any?
///
/// A builder; [`table`](ChooseK::table) does the work. No single criterion is right: a
/// [`Choice`] has them side by side, and a verdict by a rule that is told.
///
/// ```
/// use segmenta::prelude::*;
///
/// let simulated = simulate::Campaign::new().rows(300).seed(1).generate()?.customers;
/// let visits = simulated.select(["NumStorePurchases", "NumCatalogPurchases"])?;
/// let choice = cluster::ChooseK::new(4)
///     .references(10)
///     .resamples(10)
///     .table(&visits, &KMeans::params(1).seed(1))?;
/// assert_eq!(choice.table().height(), 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChooseK {
    most: usize,
    references: usize,
    reference: Reference,
    resamples: usize,
    share: f64,
}

/// The criteria for each number of segments, and what follows from them.
#[derive(Clone, Debug)]
pub struct Choice {
    table: DataFrame,
    suggested: Option<usize>,
    verdict: String,
}

impl Choice {
    /// A row for each number of segments `k`, from 1:
    ///
    /// - `inertia`, and `knee`: whether the curve of inertias bends most here (the place farthest
    ///   from the straight line between its ends; Satopää et al. 2011);
    /// - `silhouette` and `silhouette_n`, `davies_bouldin`, `calinski_harabasz`: as in
    ///   [`criteria`](super::criteria);
    /// - `gap`, `gap_se` and `gap_enough`: as in [`gap`](super::gap);
    /// - `beyond_noise`: how much more the inertia falls from one segment to k than it does in noise,
    ///   on a logarithmic scale, in standard errors; for that of three kinds of noise which comes
    ///   nearest: even in a box, even in a box along the components, and normal with the customers'
    ///   covariance;
    /// - `ari`, `least_jaccard`: as in [`stability`](super::stability);
    /// - `held_out_ari`, `held_out_ratio`: as in [`hold_out`](super::hold_out);
    /// - `sampled_n`: how many customers gap, stability and the split were computed from: all up to
    ///   20,000, as many drawn at random above.
    ///
    /// What does not exist is null: criteria of a single segment, the logarithm of an inertia of 0, a
    /// split with too few different customers in one part.
    pub fn table(&self) -> DataFrame {
        self.table.clone()
    }

    /// The number of segments that the verdict speaks for; `None` where there is no clear
    /// structure.
    pub fn suggested(&self) -> Option<usize> {
        self.suggested
    }

    /// What follows from the criteria, and why.
    ///
    /// A number of segments is clear structure where it lies 4 standard errors beyond noise, has a
    /// mean silhouette of 0.25 or more (below there is no substantial structure; Kaufman and
    /// Rousseeuw 1990), and each of its segments has a mean Jaccard of 0.75 or more in resamples
    /// (Hennig 2007). Of several it is the one that most of six criteria favour: highest silhouette,
    /// lowest Davies-Bouldin, highest Calinski-Harabasz, gap, knee, highest Rand index in resamples;
    /// of two with equally many it is the one with the higher silhouette.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}

impl ChooseK {
    /// 1 to `most` segments; 20 reference tables along the components, 50 resamples, a split of
    /// 70:30.
    pub fn new(most: usize) -> Self {
        ChooseK {
            most,
            references: 20,
            reference: Reference::Components,
            resamples: 50,
            share: 0.7,
        }
    }

    /// How many reference tables the gap statistic takes: 2 or more.
    pub fn references(mut self, references: usize) -> Self {
        self.references = references;
        self
    }

    /// What a table without segments looks like.
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// How many resamples stability takes: 2 or more.
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// The share of customers that the split learns from.
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// Clusters the table with each number of segments, and compares.
    ///
    /// Every column of the table is a coordinate. `params` say how to cluster; its own `k` does not
    /// count.
    ///
    /// # Errors
    /// [`Error::Parameter`] where `most` is below 2 or a setting out of range, those of
    /// [`KMeans`](super::KMeans)'s fit, [`Error::WrongType`].
    pub fn table(&self, table: &DataFrame, params: &KMeansParams) -> Result<Choice> {
        if self.most < 2 {
            return Err(Error::Parameter {
                name: "most",
                value: self.most.to_string(),
                expected: "2 or more segments".into(),
            });
        }
        let (points, _) = coordinates(table, &[])?;
        let seed = params.own_seed();
        let few = match points.len() {
            n if n > EXACT => Some(points.select(&sample(n, EXACT, derive(seed, 4)))),
            _ => None,
        };
        let mut rows = Vec::new();
        for k in 1..=self.most {
            let params = params.with_k(k);
            let (model, labels) = params.fit_points(&points)?;
            let criteria = Criteria::new(&points, &labels, derive(seed, 5));
            // All customers are not refined either, where they are so many.
            let params = match few {
                Some(_) => params.refine(false),
                None => params,
            };
            let of_few = few.as_ref().map(|few| params.fit_points(few));
            let (few, fit) = match (&few, of_few) {
                (Some(few), Some(fit)) => (few, if_enough(fit)?),
                _ => (&points, Some((model.clone(), labels))),
            };
            let (mut resampled, mut held_out) = (None, None);
            if let Some((model, labels)) = fit.filter(|_| k > 1) {
                let again = Resampled::new(few, &model, &labels, &params, self.resamples)?;
                resampled = Some(again);
                held_out = if_enough(HeldOut::new(few, &labels, &params, self.share))?;
            }
            rows.push(Row {
                inertia: model.inertia(),
                criteria,
                resampled,
                held_out,
                gap: Gap::default(),
                beyond_noise: Some(f64::INFINITY),
            });
        }
        let few = few.as_ref().unwrap_or(&points);
        let against = |reference| gaps(few, self.most, params, self.references, reference);
        for noise in NOISE {
            for (row, gap) in rows.iter_mut().zip(against(noise)?) {
                let both = row.beyond_noise.zip(gap.beyond);
                row.beyond_noise = both.map(|(least, beyond)| least.min(beyond));
                if noise == self.reference {
                    row.gap = gap;
                }
            }
        }
        if !NOISE.contains(&self.reference) {
            for (row, gap) in rows.iter_mut().zip(against(self.reference)?) {
                row.gap = gap;
            }
        }
        self.choice(&rows, few)
    }

    fn choice(&self, rows: &[Row], few: &Points) -> Result<Choice> {
        let inertias: Vec<f64> = rows.iter().map(|row| row.inertia).collect();
        let knee = knee(&inertias);
        fn all<'a, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
            rows.iter().map(value).collect()
        }
        let several = |row: &Row| row.criteria.segments > 1;
        let table = df!(
            "k" => (1..=rows.len() as u64).collect::<Vec<_>>(),
            "inertia" => inertias,
            "knee" => (0..rows.len()).map(|place| Some(place) == knee).collect::<Vec<_>>(),
            "silhouette" => all(rows, |row| row.criteria.silhouette),
            "silhouette_n" => all(rows, |row| several(row).then_some(row.criteria.silhouette_n as u64)),
            "davies_bouldin" => all(rows, |row| row.criteria.davies_bouldin),
            "calinski_harabasz" => all(rows, |row| row.criteria.calinski_harabasz),
            "gap" => all(rows, |row| row.gap.gap),
            "gap_se" => all(rows, |row| row.gap.error),
            "gap_enough" => all(rows, |row| row.gap.enough),
            "beyond_noise" => all(rows, |row| row.beyond_noise.filter(|x| several(row) && x.is_finite())),
            "ari" => all(rows, |row| row.resampled.as_ref().map(Resampled::mean_ari)),
            "least_jaccard" => all(rows, |row| row.resampled.as_ref().map(Resampled::least_jaccard)),
            "held_out_ari" => all(rows, |row| row.held_out.as_ref().map(|held_out| held_out.ari)),
            "held_out_ratio" => all(rows, |row| row.held_out.as_ref().and_then(HeldOut::ratio)),
            "sampled_n" => vec![few.len() as u64; rows.len()],
        )?;
        let (suggested, verdict) = verdict(rows);
        Ok(Choice {
            table,
            suggested,
            verdict,
        })
    }
}

/// Nothing where there are too few customers, or too few that differ.
fn if_enough<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::TooFew { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

struct Row {
    inertia: f64,
    criteria: Criteria,
    resampled: Option<Resampled>,
    /// `None` too where a part of the split has too few different customers.
    held_out: Option<HeldOut>,
    gap: Gap,
    beyond_noise: Option<f64>,
}

/// Where the curve lies farthest below the straight line between its ends, both axes scaled from 0
/// to 1. `None` where it never does.
fn knee(inertias: &[f64]) -> Option<usize> {
    let (first, last) = (inertias.first()?, inertias.last()?);
    let steps = (inertias.len() - 1) as f64;
    let below = |place: usize| {
        let height = (inertias[place] - last) / (first - last);
        1.0 - place as f64 / steps - height
    };
    let best = (0..inertias.len()).fold(0, |best, place| {
        if below(place) > below(best) {
            place
        } else {
            best
        }
    });
    (below(best) > 0.0).then_some(best)
}

/// Below this mean silhouette there is no substantial structure (Kaufman and Rousseeuw 1990,
/// Finding Groups in Data, table 4).
const SUBSTANTIAL: f64 = 0.25;
/// Above this one it is reasonable, and above 0.7 strong.
const REASONABLE: f64 = 0.5;
/// So many standard errors beyond noise are no chance, however many numbers of segments are tried.
const BEYOND: f64 = 4.0;
/// The kinds of noise.
const NOISE: [Reference; 3] = [Reference::Box, Reference::Components, Reference::Normal];

/// The rule of [`Choice::verdict`].
fn verdict(rows: &[Row]) -> (Option<usize>, String) {
    let enough = |row: &Row| row.gap.enough == Some(true);
    let candidates: Vec<usize> = (1..rows.len())
        .filter(|place| {
            let row = &rows[*place];
            let substantial = row.criteria.silhouette.is_some_and(|x| x >= SUBSTANTIAL);
            let beyond = row.beyond_noise.is_some_and(|x| x >= BEYOND);
            let stable = |again: &Resampled| again.least_jaccard() >= STABLE;
            substantial && beyond && row.resampled.as_ref().is_some_and(stable)
        })
        .collect();
    let best = |value: &dyn Fn(&Row) -> Option<f64>| {
        let known = candidates
            .iter()
            .filter_map(|place| Some((*place, value(&rows[*place])?)));
        known.reduce(|best, other| if other.1 > best.1 { other } else { best })
    };
    let inertias: Vec<f64> = rows.iter().map(|row| row.inertia).collect();
    let votes = [
        (
            "silhouette",
            best(&|row| row.criteria.silhouette).map(|best| best.0),
        ),
        (
            "Davies-Bouldin",
            best(&|row| row.criteria.davies_bouldin.map(|x| -x)).map(|best| best.0),
        ),
        (
            "Calinski-Harabasz",
            best(&|row| row.criteria.calinski_harabasz).map(|best| best.0),
        ),
        ("gap", (1..rows.len()).find(|place| enough(&rows[*place]))),
        ("knee", knee(&inertias)),
        (
            "stability",
            best(&|row| row.resampled.as_ref().map(Resampled::mean_ari)).map(|best| best.0),
        ),
    ];
    let for_it = |place: usize| votes.iter().filter(move |vote| vote.1 == Some(place));
    let standing = |place: usize| {
        (
            for_it(place).count() as f64,
            rows[place].criteria.silhouette,
        )
    };
    let chosen = candidates.iter().copied().reduce(|best, place| {
        if standing(place) > standing(best) {
            place
        } else {
            best
        }
    });
    let Some(chosen) = chosen else {
        let why = format!(
            "No clear structure: no number of segments is {BEYOND} standard errors beyond noise, has \
             a mean silhouette of {SUBSTANTIAL}, and finds each of its segments again in resamples \
             (mean Jaccard {STABLE})."
        );
        return (None, why);
    };
    let names: Vec<&str> = for_it(chosen).map(|vote| vote.0).collect();
    let silhouette = rows[chosen].criteria.silhouette.unwrap_or(f64::NAN);
    let strength = match silhouette {
        strong if strong > 0.7 => "strong",
        medium if medium > REASONABLE => "reasonable",
        _ => "weak",
    };
    let why = format!(
        "{} segments: favoured by {} of 6 criteria ({}), among {} number(s) of segments that pass. A \
         mean silhouette of {} is {strength} structure.",
        chosen + 1,
        names.len(),
        names.join(", "),
        candidates.len(),
        short(silhouette, 3),
    );
    (Some(chosen + 1), why)
}
