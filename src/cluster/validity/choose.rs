use std::ops::RangeInclusive;

use polars::prelude::*;

use super::criteria::{Criteria, EXACT, sample};
use super::decision::{Decision, Standing};
use super::gap::{Noise, Own, Reference, numbers};
use super::split::Tested;
use super::stability::{Resampled, check};
use crate::cluster::kmeans::KMeansParams;
use crate::scale::{Recipe, Work};
use crate::stat::random::derive;
use crate::table::points::Points;
use crate::{Error, Result};

/// Into how many segments do the customers fall, if into any? A builder.
///
/// [`fit`](ChooseK::fit) does the work. No single criterion is right: a [`Choice`] has them side by
/// side, and a verdict by a rule that is told.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = simulate::Campaign::new().rows(300).seed(1).generate()?.customers;
/// let recipe = Recipe::new(["NumStorePurchases", "NumCatalogPurchases"]).standardise(Columns::All);
/// let choice = ChooseK::new(1..=4)
///     .references(10)
///     .resamples(10)
///     .fit(&customers, &recipe, &KMeans::params(1).seed(1))?;
/// assert_eq!(choice.tidy().height(), 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseK {
    range: RangeInclusive<usize>,
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
    undecided: Vec<Option<usize>>,
    verdict: String,
}

impl Choice {
    /// A row for each number of segments `k`:
    ///
    /// - `inertia`, and `knee`: whether the curve of inertias bends most here (the place farthest
    ///   from the straight line between its ends; Satopää et al. 2011);
    /// - `silhouette` and `silhouette_n`, `davies_bouldin`, `calinski_harabasz`: as in
    ///   [`criteria`](crate::cluster::criteria);
    /// - `gap`, `gap_se` and `gap_enough`: as in [`Gap`](crate::cluster::Gap);
    /// - `beyond_noise`: how much more the inertia falls from one segment to k than it does in noise,
    ///   on a logarithmic scale, in standard errors; for that of three kinds of noise which comes
    ///   nearest: even in a box, even in a box along the components, and normal with the customers'
    ///   covariance; `beyond_noise_se`, how well that is known from so many `references`;
    /// - `ari`, `least_jaccard`: as in [`Resample`](crate::cluster::Resample); `least_jaccard_se`, how well
    ///   that is known from so many `resamples`;
    /// - `split_ari`, `split_ratio`: as in [`Split`](crate::cluster::Split);
    /// - `passes`: whether it is clear structure by the rule of [`verdict`](Choice::verdict): yes, no,
    ///   or open where the draws do not tell; `margin`: the least of its figures over what is wanted
    ///   of them, so that 1 is just enough;
    /// - `sampled_n`: how many customers gap, stability and the split were computed from: all up to
    ///   20,000, as many drawn at random above.
    ///
    /// What does not exist is null: criteria of a single segment, the logarithm of an inertia of 0, a
    /// split with too few different customers in one part.
    pub fn tidy(&self) -> DataFrame {
        self.table.clone()
    }

    /// The number of segments that the verdict speaks for; `None` where there is no clear
    /// structure, or it is undecided whether there is.
    pub fn suggested(&self) -> Option<usize> {
        self.suggested
    }

    /// Whether more draws would hardly change the verdict.
    pub fn is_decided(&self) -> bool {
        self.undecided.is_empty()
    }

    /// What follows from the criteria, and why.
    ///
    /// A number of segments is clear structure where it lies 4 standard errors beyond noise, has a
    /// mean silhouette of 0.25 or more (below there is no substantial structure; Kaufman and
    /// Rousseeuw 1990), and each of its segments has a mean Jaccard of 0.75 or more in resamples
    /// (Hennig 2007). Of several it is the one that most of six criteria favour: highest silhouette,
    /// lowest Davies-Bouldin, highest Calinski-Harabasz, gap, knee, highest Rand index in resamples;
    /// of two with equally many it is the one with the higher silhouette.
    ///
    /// Figures that come from draws are known up to a standard error. Where a figure lies within three
    /// of them from what decides, and that would change the verdict, more is drawn: up to 16 times as
    /// many references and resamples as were asked for. Where it is open even then, the verdict says
    /// that it is undecided, and between what.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}

/// The kinds of noise.
pub(in crate::cluster) const NOISE: [Reference; 3] =
    [Reference::Box, Reference::Components, Reference::Normal];

/// So many times the draws that were asked for, at most.
const PATIENCE: usize = 16;

impl ChooseK {
    /// These numbers of segments, such as `1..=8`; 20 reference tables along the components and 50
    /// resamples to begin with, a split of 70:30.
    pub fn new(range: RangeInclusive<usize>) -> Self {
        ChooseK {
            range,
            references: 20,
            reference: Reference::Components,
            resamples: 50,
            share: 0.7,
        }
    }

    /// How many reference tables there are to begin with: 2 or more.
    pub fn references(mut self, references: usize) -> Self {
        self.references = references;
        self
    }

    /// What a table without segments looks like, for the gap.
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// How many resamples there are to begin with: 2 or more.
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
    /// `params` say how to cluster; its own `k` does not count. Where fewer customers differ than
    /// segments are wanted, fewer are tried, and the verdict says so.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the range is empty, begins at 0 or ends below 2, or a setting is out
    /// of range; [`Error::TooFew`] where no two customers differ; those of
    /// [`Segments::fit`](crate::cluster::Segments::fit).
    pub fn fit(&self, table: &DataFrame, recipe: &Recipe, params: &KMeansParams) -> Result<Choice> {
        numbers(&self.range, 2)?;
        check(self.resamples)?;
        let work = recipe.read(table)?;
        let (_, points) = recipe.fit_work(work.clone())?;
        let most = points.different(*self.range.end());
        if most < 2 {
            return Err(Error::TooFew {
                what: "customers that differ".into(),
                found: most,
                expected: "2 or more".into(),
            });
        }
        let few = Few::of(&work, &points, recipe, params.own_seed())?;
        let mut judged = Judged::new(self, most, &points, &few, recipe, params)?;
        let (mut references, mut resamples) = (self.references, self.resamples);
        judged.draw(references, resamples, None)?;
        let mut decision = Decision::of(&judged.standings(), &self.range);
        while decision.is_open() && references < PATIENCE * self.references {
            references *= 2;
            resamples *= 2;
            judged.draw(references, resamples, Some(&decision.open))?;
            decision = Decision::of(&judged.standings(), &self.range);
        }
        judged.choice(&self.range, most, decision)
    }
}

/// The customers that gap, stability and the split are computed from.
struct Few {
    work: Work,
    /// `None` where they are all.
    points: Option<Points>,
}

impl Few {
    fn of(work: &Work, points: &Points, recipe: &Recipe, seed: u64) -> Result<Self> {
        if points.len() <= EXACT {
            return Ok(Few {
                work: work.clone(),
                points: None,
            });
        }
        let work = work.select(&sample(points.len(), EXACT, derive(seed, 4)));
        let points = recipe.fit_work(work.clone())?.1;
        Ok(Few {
            work,
            points: Some(points),
        })
    }
}

/// All figures of each number of segments, from 1.
struct Judged<'a> {
    rows: Vec<Row>,
    resampled: Resampled<'a>,
    noise: Vec<Noise<'a>>,
    /// The place of the reference that the gap is told of.
    told: usize,
    sampled: usize,
}

struct Row {
    inertia: f64,
    criteria: Criteria,
    /// `None` too where a part of the split has too few different customers.
    tested: Option<Tested>,
}

impl<'a> Judged<'a> {
    fn new(
        choose: &ChooseK,
        most: usize,
        points: &'a Points,
        few: &'a Few,
        recipe: &'a Recipe,
        params: &'a KMeansParams,
    ) -> Result<Self> {
        let seed = params.own_seed();
        let few_points = few.points.as_ref().unwrap_or(points);
        let mut resampled = Resampled::new(&few.work, recipe, params);
        let mut rows = Vec::new();
        for k in 1..=most {
            let params = params.with_k(k);
            let (model, labels) = params.fit_points(points)?;
            let criteria = Criteria::new(points, &labels, derive(seed, 5));
            // All customers are not refined either, where they are so many.
            let params = match few.points {
                Some(_) => params.refine(false),
                None => params,
            };
            let labels = match &few.points {
                Some(few) => if_enough(params.fit_points(few))?.map(|fit| fit.1),
                None => Some(labels),
            };
            let mut tested = None;
            if let Some(labels) = labels.filter(|_| k > 1) {
                let split = Tested::new(&few.work, recipe, &labels, &params, choose.share);
                tested = if_enough(split)?;
                resampled.add(k, labels);
            }
            rows.push(Row {
                inertia: model.inertia(),
                criteria,
                tested,
            });
        }
        let mut kinds = NOISE.to_vec();
        if !kinds.contains(&choose.reference) {
            kinds.push(choose.reference);
        }
        let told = kinds.iter().position(|kind| *kind == choose.reference);
        let own = Own::of(few_points, most, params)?;
        let noise = kinds
            .iter()
            .map(|kind| Noise::new(few_points, &own, *kind))
            .collect::<Result<_>>()?;
        Ok(Judged {
            rows,
            resampled,
            noise,
            told: told.unwrap_or(0),
            sampled: few_points.len(),
        })
    }

    /// Draws for these numbers of segments, or for all; the gap, which compares neighbours, is drawn
    /// for all of them.
    fn draw(&mut self, references: usize, resamples: usize, ks: Option<&[usize]>) -> Result<()> {
        let all: Vec<usize> = (1..=self.rows.len()).collect();
        let ks = ks.unwrap_or(&all);
        self.resampled.draw(resamples, ks)?;
        for (place, noise) in self.noise.iter_mut().enumerate() {
            noise.draw(references, if place == self.told { &all } else { ks })?;
        }
        Ok(())
    }

    /// The kind of noise that comes nearest.
    fn beyond(&self, k: usize) -> Option<(f64, f64)> {
        let kinds = self.noise.iter().take(NOISE.len());
        let beyond: Option<Vec<(f64, f64)>> = kinds.map(|noise| noise.beyond(k)).collect();
        beyond?
            .into_iter()
            .reduce(|least, other| if other.0 < least.0 { other } else { least })
    }

    fn standings(&self) -> Vec<Standing> {
        let inertias: Vec<f64> = self.rows.iter().map(|row| row.inertia).collect();
        let knee = knee(&inertias).map(|place| place + 1);
        let told = &self.noise[self.told];
        let row = |(place, row): (usize, &Row)| {
            let k = place + 1;
            let found = self.resampled.of(k);
            Standing {
                k,
                knee: knee == Some(k),
                silhouette: row.criteria.silhouette,
                davies_bouldin: row.criteria.davies_bouldin,
                calinski_harabasz: row.criteria.calinski_harabasz,
                enough: told.enough(k).filter(|_| k < self.rows.len()),
                beyond: self.beyond(k).filter(|_| row.criteria.segments > 1),
                jaccard: found.map(|found| found.least_jaccard()),
                above_stable: found.map_or(f64::NEG_INFINITY, |found| found.beyond_bound()),
                ari: found.map(|found| found.mean_ari()),
            }
        };
        self.rows.iter().enumerate().map(row).collect()
    }

    fn choice(
        &self,
        range: &RangeInclusive<usize>,
        most: usize,
        decision: Decision,
    ) -> Result<Choice> {
        let standings = self.standings();
        let told = &self.noise[self.told];
        let rows: Vec<(&Row, &Standing)> = self
            .rows
            .iter()
            .zip(&standings)
            .filter(|(_, standing)| range.contains(&standing.k))
            .collect();
        fn all<'r, T>(
            rows: &[(&'r Row, &'r Standing)],
            value: impl Fn(&'r Row, &'r Standing) -> T,
        ) -> Vec<T> {
            rows.iter()
                .map(|(row, standing)| value(row, standing))
                .collect()
        }
        let several = |row: &Row| row.criteria.segments > 1;
        let finite = |x: Option<f64>| x.filter(|x| x.is_finite());
        let gap = |k: usize| told.gap(k);
        let table = df!(
            "k" => all(&rows, |_, own| own.k as u64),
            "inertia" => all(&rows, |row, _| row.inertia),
            "knee" => all(&rows, |_, own| own.knee),
            "silhouette" => all(&rows, |row, _| row.criteria.silhouette),
            "silhouette_n" => all(&rows, |row, _| several(row).then_some(row.criteria.silhouette_n as u64)),
            "davies_bouldin" => all(&rows, |row, _| row.criteria.davies_bouldin),
            "calinski_harabasz" => all(&rows, |row, _| row.criteria.calinski_harabasz),
            "gap" => all(&rows, |_, own| gap(own.k).map(|gap| gap.0)),
            "gap_se" => all(&rows, |_, own| gap(own.k).map(|gap| gap.1)),
            "gap_enough" => all(&rows, |_, own| own.enough.map(|(over, _)| over >= 0.0)),
            "beyond_noise" => all(&rows, |_, own| finite(own.beyond.map(|beyond| beyond.0))),
            "beyond_noise_se" => all(&rows, |_, own| finite(own.beyond.map(|beyond| beyond.1))),
            "references" => all(&rows, |_, own| self.noise[0].draws(own.k) as u64),
            "ari" => all(&rows, |_, own| own.ari.map(|ari| ari.0)),
            "least_jaccard" => all(&rows, |_, own| own.jaccard.map(|least| least.0)),
            "least_jaccard_se" => all(&rows, |_, own| own.jaccard.map(|least| least.1)),
            "resamples" => all(&rows, |_, own| self.resampled.of(own.k).map(|found| found.ari.len() as u64)),
            "split_ari" => all(&rows, |row, _| row.tested.as_ref().map(|tested| tested.ari)),
            "split_ratio" => all(&rows, |row, _| row.tested.as_ref().and_then(Tested::ratio)),
            "passes" => all(&rows, |row, own| several(row).then(|| own.passes().name())),
            "margin" => all(&rows, |row, own| finite(several(row).then(|| own.margin()))),
            "sampled_n" => vec![self.sampled as u64; rows.len()],
        )?;
        let draws = (
            self.noise[self.told].draws(1),
            self.resampled
                .found
                .iter()
                .map(|found| found.ari.len())
                .max()
                .unwrap_or(0),
        );
        let mut verdict = decision.told(&standings, range, draws);
        if most < *range.end() {
            verdict = format!(
                "Only {most} customers differ, so that at most {most} segments were tried. {verdict}"
            );
        }
        Ok(Choice {
            table,
            suggested: decision.suggested(range),
            undecided: match decision.is_open() {
                true => decision.winners.iter().copied().collect(),
                false => Vec::new(),
            },
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
