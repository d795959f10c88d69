use polars::prelude::*;
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::optics::{Optics, OpticsParams, visits};
use crate::cluster::validity::{Frame, NOISE};
use crate::progress::Progress;
use crate::scale::Recipe;
use crate::stat::random::{derive, stream};
use crate::table::points::Points;
use crate::{Error, Result};

/// Which radius, and is there anything to find? A builder.
///
/// A small radius finds dense places in anything, in noise as well. [`fit`](ChooseRadius::fit) therefore
/// looks at tables of noise too: even in a box, even in a box along the components, and normal with the
/// customers' covariance, as many customers in each as there are. A place has a weight: by how much the
/// core distances of its customers are below the radius, on a logarithmic scale, added up (the excess of
/// mass of Campello et al. 2015, ACM TKDD 10, 5, with logarithms, so that units do not matter). It weighs
/// more where it is larger or denser than what surrounds it. In each table of noise, the weight of the
/// second place is noted, at the radius where it is greatest; a place of the customers' own that weighs
/// more than all of these is none that chance makes. The radius proposed is that with the most such
/// places, in the middle of the longest range of radii that has so many; radii that leave more than half of
/// the customers alone are not proposed.
///
/// With 19 tables of each kind, noise of any of these kinds is taken for structure once in 20 times.
/// A column of few values, such as a count or a flag, makes a dense place of each of them, which is no
/// discovery: where a value stands for ten customers or more in the mean, the tables of noise have the
/// column's own values, shuffled.
///
/// ```
/// use segmenta::cluster::ChooseRadius;
/// use segmenta::prelude::*;
///
/// let x = |i: i32| f64::from(i % 2) * 100.0 + f64::from(i * 37 % 100) / 10.0;
/// let table = df!("x" => (0..100).map(x).collect::<Vec<_>>())?;
/// let choice = ChooseRadius::new(4).fit(&table, &Recipe::new(["x"]))?;
/// let radius = choice.suggested().expect("two groups");
/// let segments = Segments::fit(&table, &Recipe::new(["x"]), &Dbscan::params(4, radius))?;
/// assert_eq!(segments.model().counts(), [50, 50]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseRadius {
    params: OpticsParams,
    references: usize,
    seed: u64,
}

/// What [`ChooseRadius`] found.
#[derive(Clone, Debug)]
pub struct RadiusChoice {
    optics: Optics,
    by_chance: f64,
    references: usize,
    /// The radius, and how many places weigh more than chance makes.
    best: Option<(f64, u64)>,
    verdict: String,
}

impl ChooseRadius {
    /// `min_points` as for [`Optics`]; 19 tables of each kind of noise, seed 0, at most 20,000 customers.
    pub fn new(min_points: usize) -> Self {
        ChooseRadius {
            params: Optics::params(min_points),
            references: 19,
            seed: 0,
        }
    }

    /// How many tables of each kind of noise: 1 or more.
    pub fn references(mut self, references: usize) -> Self {
        self.references = references;
        self
    }

    /// How many customers are looked at, at most; of more it is a random sample.
    pub fn at_most(mut self, customers: usize) -> Self {
        self.params = self.params.at_most(customers);
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.params = self.params.seed(seed);
        self.seed = seed;
        self
    }

    /// Looks at the table, and at the tables of noise. The same seed gives the same digits.
    ///
    /// # Errors
    /// Those of [`Optics::fit`]; [`Error::Parameter`] where there is no table of noise.
    pub fn fit(&self, table: &DataFrame, recipe: &Recipe) -> Result<RadiusChoice> {
        if self.references == 0 {
            return Err(Error::Parameter {
                name: "references",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
        let (optics, points) = Optics::looked_at(table, recipe, &self.params)?;
        let by_chance = self.by_chance(&points, optics.min_points())?;
        let seen = optics.seen();
        let (reach, core) = optics.in_order();
        let best = Joins::of(&reach, &core).most(by_chance, optics.holds_half());
        let best = best.filter(|(.., places)| *places > 1);
        // Away from both ends, where one customer more or less would change it.
        let best = best.map(|(from, to, places)| ((from * to).sqrt(), places));
        let kinds = NOISE.len() * self.references;
        let verdict = match best {
            None => format!(
                "There is no clear structure: at no radius that leaves less than half of the customers alone do two \
                 places weigh more than the second place of {kinds} tables of noise."
            ),
            Some((radius, places)) => {
                let at = optics.at(radius)?;
                let alone: u64 = at.column("alone")?.u64()?.iter().flatten().sum();
                format!(
                    "Within a radius of {radius:.4}, {places} places weigh more than the second place of \
                     {kinds} tables of noise does at any radius. {alone} of {seen} customers ({:.1} %) lie alone.",
                    100.0 * alone as f64 / seen as f64
                )
            }
        };
        Ok(RadiusChoice {
            optics,
            by_chance,
            references: self.references,
            best,
            verdict,
        })
    }

    /// The greatest weight that a second place has in noise.
    fn by_chance(&self, points: &Points, min_points: usize) -> Result<f64> {
        let frames = NOISE.map(|kind| Frame::new(points, kind));
        let frames = frames.into_iter().collect::<Result<Vec<_>>>()?;
        let stepped: Vec<Vec<f64>> = (0..points.dimensions())
            .map(|column| points.rows().map(|row| row[column]).collect())
            .map(|values: Vec<f64>| {
                if is_stepped(&values) {
                    values
                } else {
                    Vec::new()
                }
            })
            .collect();
        let seed = derive(self.seed, 3);
        let progress = Progress::new("tables of noise", NOISE.len() * self.references);
        let of_one = |number: usize| -> Result<f64> {
            let mut random = stream(seed, number);
            let noise = frames[number % NOISE.len()].draw(&mut random);
            let noise = with_steps(noise, &stepped, &mut random);
            let walk = visits(&noise, min_points, false)?;
            let (reach, core) = walk.in_order();
            progress.tick()?;
            Ok(Joins::of(&reach, &core).second())
        };
        let seconds = (0..NOISE.len() * self.references)
            .into_par_iter()
            .map(of_one);
        let seconds = seconds.collect::<Result<Vec<f64>>>()?;
        Ok(seconds.into_iter().fold(0.0, f64::max))
    }
}

impl RadiusChoice {
    /// The radius that the verdict speaks for; `None` where there is no clear structure.
    pub fn suggested(&self) -> Option<f64> {
        self.best.map(|(radius, _)| radius)
    }

    /// What was found, and why it is believed.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }

    /// What other radii would give: the rows of [`Optics::tidy`], with one for the radius that is proposed.
    pub fn tidy(&self) -> Result<DataFrame> {
        let tidy = self.optics.tidy()?;
        let Some((radius, _)) = self.best else {
            return Ok(tidy);
        };
        let both = concat(
            [tidy.lazy(), self.optics.at(radius)?.lazy()],
            UnionArgs::default(),
        )?;
        let both = both.unique(None, UniqueKeepStrategy::First);
        Ok(both.sort(["radius"], Default::default()).collect()?)
    }

    /// One row: `n`, `learned_from` (how many customers were looked at), `min_points`, `radius` (null where
    /// there is no clear structure), `places` (that weigh more than chance makes), `by_chance` (the
    /// greatest weight that a second place had in noise), `references` (tables of each kind of noise).
    pub fn glance(&self) -> Result<DataFrame> {
        let mut glance = self
            .optics
            .glance()?
            .select(["n", "learned_from", "min_points"])?;
        let figures = df!(
            "radius" => [self.suggested()],
            "places" => [self.best.map_or(0, |(_, places)| places)],
            "by_chance" => [self.by_chance],
            "references" => [self.references as u64],
        )?;
        glance.hstack_mut(figures.columns())?;
        Ok(glance)
    }

    /// The order of the customers that it was chosen from.
    pub fn optics(&self) -> &Optics {
        &self.optics
    }
}

/// Whether a value stands for ten customers or more in the mean.
fn is_stepped(values: &[f64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    sorted.len() * 10 <= values.len()
}

/// The noise with the customers' own values in the columns that have any here, shuffled.
fn with_steps(noise: Points, stepped: &[Vec<f64>], random: &mut impl Rng) -> Points {
    if stepped.iter().all(Vec::is_empty) {
        return noise;
    }
    let columns: Vec<Vec<f64>> = stepped
        .iter()
        .enumerate()
        .map(|(column, values)| match values.is_empty() {
            true => noise.rows().map(|row| row[column]).collect(),
            false => {
                let mut values = values.clone();
                values.shuffle(random);
                values
            }
        })
        .collect();
    Points::from_columns(&columns)
}

/// A place from the radius where it is a place to that where it joins another one.
struct Place {
    from: f64,
    to: f64,
}

/// How places join as the radius grows. A place is a run of customers, in the order of OPTICS, whose
/// reachability is not above the radius, with the one they begin at.
struct Joins {
    /// The radius of each join, ascending, and what joins.
    joins: Vec<(f64, [Run; 2])>,
}

/// How many customers, and the sum of the logarithms of their core distances.
#[derive(Clone, Copy)]
struct Run {
    customers: f64,
    logs: f64,
    since: f64,
}

impl Run {
    /// By how much the customers' own distances are below a radius, on a logarithmic scale, added up:
    /// more for a place that is larger, or denser.
    fn weight(&self, radius: f64) -> f64 {
        self.customers * radius.ln() - self.logs
    }
}

impl Joins {
    fn of(reach: &[f64], core: &[f64]) -> Self {
        // Who has many of the same self has a distance of 0, and is not infinitely dense for that.
        let mut sorted: Vec<f64> = core.iter().copied().filter(|x| *x > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let least = sorted
            .get(sorted.len() / 2)
            .map_or(1.0, |median| median / 10.0);
        let mut rims: Vec<usize> = (1..reach.len()).collect();
        rims.sort_by(|a, b| reach[*a].total_cmp(&reach[*b]));
        // Runs by their two ends; what a run is made of stands at its first.
        let mut first: Vec<usize> = (0..reach.len()).collect();
        let mut last = first.clone();
        let alone = |core: &f64| Run {
            customers: 1.0,
            logs: core.max(least).ln(),
            since: *core,
        };
        let mut runs: Vec<Run> = core.iter().map(alone).collect();
        let mut joins = Vec::with_capacity(rims.len());
        for rim in rims {
            let radius = reach[rim].max(f64::MIN_POSITIVE);
            if !radius.is_finite() {
                break;
            }
            let (from, to) = (first[rim - 1], last[rim]);
            let both = [runs[from], runs[rim]];
            joins.push((radius, both));
            last[from] = to;
            first[to] = from;
            runs[from] = Run {
                customers: both[0].customers + both[1].customers,
                logs: both[0].logs + both[1].logs,
                since: radius,
            };
        }
        Joins { joins }
    }

    /// The most weight that the lighter side of a join has.
    fn second(&self) -> f64 {
        let lighter = self
            .joins
            .iter()
            .map(|(radius, [a, b])| a.weight(*radius).min(b.weight(*radius)));
        lighter.fold(0.0, f64::max)
    }

    /// Between which radii, from a least one on, there are the most places of more than this weight, and how
    /// many these are; of several such ranges the longest.
    fn most(&self, than: f64, least: f64) -> Option<(f64, f64, u64)> {
        let heavy = |radius: &f64, run: &Run| {
            let from = ((than + run.logs) / run.customers).exp();
            let from = from.max(run.since).max(least);
            (from < *radius).then_some(Place { from, to: *radius })
        };
        let places = self
            .joins
            .iter()
            .flat_map(|(radius, runs)| runs.iter().filter_map(move |run| heavy(radius, run)));
        let mut changes: Vec<(f64, i64)> = places
            .flat_map(|place| [(place.from, 1), (place.to, -1)])
            .collect();
        changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut now = 0i64;
        let mut best: Option<(f64, f64, u64)> = None;
        for pair in changes.windows(2) {
            now += pair[0].1;
            let (from, to) = (pair[0].0, pair[1].0);
            if from == to {
                continue;
            }
            let is_better = best.is_none_or(|(least, most, places)| {
                let longer = to / from > most / least;
                now as u64 > places || (now as u64 == places && longer)
            });
            if now > 0 && is_better {
                best = Some((from, to, now as u64));
            }
        }
        best
    }
}
