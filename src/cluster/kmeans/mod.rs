//! k-means: groups of customers around mean customers.

mod lloyd;
mod mini_batch;
mod seed;

use linfa::prelude::*;
use linfa::traits::PredictInplace;
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::validity::sample;
use crate::progress::Progress;
use crate::stat::random::{below, derive, stream, unit};
use crate::table::points::{CHUNK, Points, check_width, squared};
use crate::{Error, Result};
use lloyd::{End, Lloyd, Run, Stop};

/// Above so many customers there is next to nothing to gain from moving single ones, and restarts
/// run one by one, each on all threads.
const MANY: usize = 20_000;
/// Refinement ends by itself, as each step has fewer squares than the one before. Should rounding ever
/// make it go in a circle, it ends after so many iterations.
const REFINING: usize = 3_000;
/// The purpose of the random numbers that draw a sample for the restarts.
const SAMPLED: u64 = 16;
/// Batches of a run on mini-batches.
const BATCHES: usize = 100;
/// How often the best run is shaken and refined again, restarts at a time, and how hard: in
/// standard deviations of a customer from the own centroid.
const SHAKES: u64 = 2;
const SHAKE: f64 = 0.4;

/// Into which groups do the customers fall, if each group has its mean customer?
///
/// k-means with the least sum of squared distances to the centroids (the inertia) that many
/// restarts find. It stands behind linfa's traits: [`params`](KMeans::params) is the builder,
/// `fit` takes a dataset, `predict` gives a label for each row.
///
/// What it does that Lloyd's algorithm alone does not: of several candidates each start takes the
/// best (k-means++, Arthur and Vassilvitskii 2007), at the end single customers are moved as long
/// as that lowers the inertia (Hartigan and Wong 1979), and the best result is shaken a little and
/// refined again, twice as often as there are restarts. The labels are counted from the
/// largest group to the smallest. The same seed gives the same digits on any number of threads.
///
/// ```
/// use segmenta::linfa::traits::{Fit, Predict};
/// use segmenta::linfa::DatasetBase;
/// use segmenta::ndarray::array;
/// use segmenta::prelude::*;
///
/// let rows = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [9.0, 9.0], [9.0, 8.0]];
/// let model = KMeans::params(2).seed(1).fit(&DatasetBase::from(rows))?;
/// assert_eq!(model.counts(), [3, 2]);
/// // Two thirds for each coordinate of the three, and a half for the two.
/// assert!((model.inertia() - (4.0 / 3.0 + 0.5)).abs() < 1e-12);
/// assert_eq!(model.predict(&array![[8.0, 8.0]])[0], 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KMeans {
    centroids: Array2<f64>,
    counts: Vec<u64>,
    within: Vec<f64>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

/// How is k-means to look for its groups? A builder, made by [`KMeans::params`].
#[derive(Clone, Debug)]
pub struct KMeansParams(KMeansValidParams);

/// Settings of k-means that were checked.
#[derive(Clone, Debug)]
pub struct KMeansValidParams {
    k: usize,
    restarts: usize,
    seed: u64,
    iterations: usize,
    tolerance: f64,
    refine: bool,
    batch: Option<usize>,
    starts: Vec<Array2<f64>>,
}

impl KMeans {
    /// `k` groups; 10 restarts, seed 0, at most 300 iterations a restart, tolerance 1e-4.
    pub fn params(k: usize) -> KMeansParams {
        KMeansParams(KMeansValidParams {
            k,
            restarts: 10,
            seed: 0,
            iterations: 300,
            tolerance: 1e-4,
            refine: true,
            batch: None,
            starts: Vec::new(),
        })
    }

    /// The mean customers: a row for each group, from the largest to the smallest.
    pub fn centroids(&self) -> &Array2<f64> {
        &self.centroids
    }

    /// How many of the customers that were learned from are in each group.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The sum of squared distances to the own centroid, group by group.
    pub fn within(&self) -> &[f64] {
        &self.within
    }

    /// The sum of squared distances of all customers to their own centroid.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Lloyd's iterations of the best restart.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the best restart ended before the iterations did.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The nearest centroid of each point.
    pub(crate) fn assign(&self, points: &Points) -> Vec<usize> {
        let d = self.centroids.ncols();
        let centroids: Vec<f64> = self.centroids.iter().copied().collect();
        let mut labels = vec![0; points.len()];
        labels
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, labels)| {
                mini_batch::label(points.chunk(chunk).0, &centroids, d, labels);
            });
        labels
    }
}

impl KMeansParams {
    /// How many starts, of which the best is kept: 1 or more. Above 20,000 customers three or more are
    /// tried on as many, drawn at random; the best of those goes on over all, beside one start from all.
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.0.restarts = restarts;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// How many iterations a restart may take before it is refined: 1 or more.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.0.iterations = iterations;
        self
    }

    /// A restart ends (and is then refined) when the centroids' squared shift is at most so many times
    /// the mean variance of the columns: 0 or more.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Whether single customers are moved at the end, and the best result shaken: true unless
    /// said otherwise, and without effect above 20,000 customers. Without it this is Lloyd's
    /// algorithm with restarts, as elsewhere.
    pub fn refine(mut self, refine: bool) -> Self {
        self.0.refine = refine;
        self
    }

    /// For tables too large to be read hundreds of times: 100 random batches of so many
    /// customers for each restart (Sculley 2010), and no refinement.
    pub fn mini_batch(mut self, size: usize) -> Self {
        self.0.batch = Some(size);
        self
    }

    /// Starts from these centroids, a matrix with `k` rows for each restart, instead of drawing.
    pub fn starts(mut self, starts: Vec<Array2<f64>>) -> Self {
        self.0.starts = starts;
        self
    }

    /// The same with another number of groups.
    pub(crate) fn with_k(&self, k: usize) -> Self {
        let mut other = self.clone();
        other.0.k = k;
        other
    }

    /// The same with a seed of its own for one part of some work.
    pub(crate) fn reseeded(&self, work: u64, part: usize) -> Self {
        let mut other = self.clone();
        other.0.seed = derive(derive(work, 1_000), part as u64);
        other
    }

    pub(crate) fn own_seed(&self) -> u64 {
        self.0.seed
    }

    /// How many starts there really are.
    pub(crate) fn own_restarts(&self) -> usize {
        self.0.number_of_starts()
    }

    /// The model, and the label of each point.
    pub(crate) fn fit_points(&self, points: &Points) -> Result<(KMeans, Vec<usize>)> {
        self.check_ref()?.fit_points(points)
    }
}

impl ParamGuard for KMeansParams {
    type Checked = KMeansValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&KMeansValidParams> {
        let settings = &self.0;
        let wrong = |name, value: String, expected: &str| {
            Err(Error::Parameter {
                name,
                value,
                expected: expected.into(),
            })
        };
        for (name, value) in [
            ("k", settings.k),
            ("restarts", settings.restarts),
            ("iterations", settings.iterations),
            ("mini_batch", settings.batch.unwrap_or(1)),
        ] {
            if value == 0 {
                return wrong(name, "0".into(), "1 or more");
            }
        }
        if !(settings.tolerance >= 0.0 && settings.tolerance.is_finite()) {
            return wrong("tolerance", settings.tolerance.to_string(), "0 or more");
        }
        if let Some(start) = settings
            .starts
            .iter()
            .find(|start| start.nrows() != settings.k)
        {
            let found = format!("a matrix with {} rows", start.nrows());
            return wrong(
                "starts",
                found,
                "a matrix with a row for each of the k groups",
            );
        }
        if settings.starts.iter().flatten().any(|x| !x.is_finite()) {
            return wrong("starts", "not finite".into(), "finite numbers");
        }
        Ok(settings)
    }

    fn check(self) -> Result<KMeansValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansValidParams {
    type Object = KMeans;

    /// # Errors
    /// [`Error::TooFew`] where there are fewer than `k` customers, or fewer than `k` that differ,
    /// [`Error::Value`] where a value is infinite or not a number, [`Error::Parameter`] where a
    /// start has other columns than the data.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans> {
        let points = Points::new(dataset.records().view())?;
        Ok(self.fit_points(&points)?.0)
    }
}

impl KMeansValidParams {
    /// Those that were given, or as many as are to be drawn.
    fn number_of_starts(&self) -> usize {
        match self.starts.len() {
            0 => self.restarts,
            given => given,
        }
    }

    fn fit_points(&self, points: &Points) -> Result<(KMeans, Vec<usize>)> {
        let d = points.dimensions();
        if points.len() < self.k {
            return Err(Error::TooFew {
                what: "customers".into(),
                found: points.len(),
                expected: format!("{} or more, one for each segment", self.k),
            });
        }
        if let Some(start) = self.starts.iter().find(|start| start.ncols() != d) {
            return Err(Error::Parameter {
                name: "starts",
                value: format!("a matrix with {} columns", start.ncols()),
                expected: format!("{d} columns, as the data have"),
            });
        }
        let mean = points.mean();
        let squares = points.squares_around(&mean);
        let far = |(mean, squares): (&f64, &f64)| mean * mean * points.len() as f64 > 1e6 * squares;
        if mean.iter().zip(&squares).any(far) && mean.iter().any(|x| *x != 0.0) {
            // Far from 0 the sums of a group would be rounded by more than its spread: as seen from
            // the mean they are not.
            return self.fit_from_mean(points, &mean);
        }
        self.fit_near(points, mean, squares.iter().sum())
    }

    /// The same for customers who lie far from 0, compared with how far they lie from each other.
    fn fit_from_mean(&self, points: &Points, mean: &[f64]) -> Result<(KMeans, Vec<usize>)> {
        let moved = points.minus(mean);
        let mut settings = self.clone();
        for start in &mut settings.starts {
            *start -= &ndarray::aview1(mean);
        }
        let rest = moved.mean();
        let squares: f64 = moved.squares_around(&rest).iter().sum();
        let (mut model, labels) = settings.fit_near(&moved, rest, squares)?;
        model.centroids += &ndarray::aview1(mean);
        Ok((model, labels))
    }

    fn fit_near(
        &self,
        points: &Points,
        mean: Vec<f64>,
        squares: f64,
    ) -> Result<(KMeans, Vec<usize>)> {
        let d = points.dimensions();
        let variance = squares / (points.len() * d) as f64;
        let look = Look {
            points,
            total: (mean, squares),
            stop: Stop {
                iterations: self.iterations,
                shift: self.tolerance * variance,
            },
            refine: self.refine && self.batch.is_none() && points.len() <= MANY,
        };
        let restarts = self.number_of_starts();
        let progress = Progress::new("k-means", restarts);
        let restart = |number: usize| -> Result<End> {
            let end = self.run(&look, number)?;
            progress.tick()?;
            Ok(end)
        };
        let ends: Vec<End> = if points.len() > MANY {
            match self.start_from_sample(points)? {
                // One start of the whole table beside it: a sample may have missed a small group.
                Some(start) => {
                    // So near to the end each step is short, and is no sign of having arrived.
                    let look = look.further();
                    vec![look.on(Lloyd::new(points, start)), self.run(&look, 0)?]
                }
                None => (0..restarts).map(restart).collect::<Result<_>>()?,
            }
        } else {
            (0..restarts)
                .into_par_iter()
                .map(restart)
                .collect::<Result<_>>()?
        };
        let Some(mut best) = lowest(ends) else {
            return Err(Error::TooFew {
                what: "restarts".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        };
        if look.refine {
            best = self.shaken(&look, best, restarts);
        }
        let (model, labels) = ordered(points, Lloyd::finish(points, best));
        let found = model.counts.iter().filter(|count| **count > 0).count();
        if found < self.k {
            return Err(Error::TooFew {
                what: "customers that differ".into(),
                found,
                expected: format!("{} or more, one for each segment", self.k),
            });
        }
        Ok((model, labels))
    }

    /// The best of the restarts over a sample, in a table that takes long to be read: from there all
    /// customers need a few iterations only. `None` where starts are given, hardly any are wanted, or
    /// the sample has too few different customers.
    fn start_from_sample(&self, points: &Points) -> Result<Option<Vec<f64>>> {
        if self.number_of_starts() <= 2 || !self.starts.is_empty() || self.batch.is_some() {
            return Ok(None);
        }
        let rows = sample(points.len(), MANY, derive(self.seed, SAMPLED));
        match KMeansParams(self.clone())
            .refine(false)
            .fit_points(&points.select(&rows))
        {
            Ok((model, _)) => Ok(Some(model.centroids.iter().copied().collect())),
            Err(Error::TooFew { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Optima that differ in a few customers lie close together: moves the centroids a little,
    /// refines, and keeps what is better.
    fn shaken(&self, look: &Look<'_>, mut best: End, tries: usize) -> End {
        for round in 0..SHAKES {
            let values = (look.points.len() * look.points.dimensions()) as f64;
            let reach = SHAKE * (3.0 * best.inertia / values).sqrt();
            let shake = |number: usize| {
                let mut random = stream(derive(self.seed, round), number);
                let shaken = best.centroids.iter();
                let shaken = shaken.map(|x| x + reach * (2.0 * unit(&mut random) - 1.0));
                look.on(Lloyd::new(look.points, shaken.collect()))
            };
            let mut ends: Vec<End> = (0..tries).into_par_iter().map(shake).collect();
            // In front, so that it is kept where no other is lower.
            ends.insert(0, best.clone());
            best = lowest(ends).unwrap_or(best);
        }
        best
    }

    fn run(&self, look: &Look<'_>, number: usize) -> Result<End> {
        let mut random = stream(self.seed, number);
        let start = match self.starts.get(number) {
            Some(start) => start.iter().copied().collect(),
            None => self.draw(look.points, &mut random)?,
        };
        if let Some(size) = self.batch {
            // A pass over all rows at the end: labels, counts and inertia are those of all.
            let size = size.min(look.points.len());
            let centroids = mini_batch::mini_batch(look.points, start, size, BATCHES, &mut random);
            let mut lloyd = Lloyd::new(look.points, centroids);
            lloyd.iterate(Stop {
                iterations: 1,
                ..look.stop
            });
            return Ok(lloyd.end(&look.total));
        }
        Ok(look.on(Lloyd::new(look.points, start)))
    }

    fn draw(
        &self,
        points: &Points,
        random: &mut rand_xoshiro::Xoshiro256PlusPlus,
    ) -> Result<Vec<f64>> {
        // Of a table that is too large to be read often, a sample has the starts.
        if let Some(size) = self.batch.map(|size| size.max(20 * self.k))
            && size < points.len()
        {
            let rows: Vec<usize> = (0..size).map(|_| below(random, points.len())).collect();
            // A sample with too few different customers says nothing of the table.
            if let Ok(start) = seed::plus_plus(&points.select(&rows), self.k, random) {
                return Ok(start);
            }
        }
        seed::plus_plus(points, self.k, random)
    }
}

/// What all runs over one table have in common.
struct Look<'a> {
    points: &'a Points,
    /// The mean of all points, and their squares around it.
    total: (Vec<f64>, f64),
    stop: Stop,
    refine: bool,
}

impl Look<'_> {
    /// The same, to a shift ten times smaller (it is squared).
    fn further(&self) -> Self {
        Look {
            points: self.points,
            total: self.total.clone(),
            stop: Stop {
                shift: 1e-2 * self.stop.shift,
                ..self.stop
            },
            refine: self.refine,
        }
    }

    /// Iterates to the end, and where it is wanted on until no label changes and no single customer
    /// is better elsewhere.
    fn on(&self, mut lloyd: Lloyd<'_>) -> End {
        lloyd.iterate(self.stop);
        if self.refine {
            let on = Stop {
                iterations: self.stop.iterations.saturating_add(REFINING),
                shift: 0.0,
            };
            lloyd.iterate(on);
            lloyd.refine(on);
        }
        lloyd.end(&self.total)
    }
}

/// The lowest of several ends; of equals it is the first.
fn lowest(ends: Vec<End>) -> Option<End> {
    let lower = |best: End, end: End| {
        if end.inertia < best.inertia {
            end
        } else {
            best
        }
    };
    ends.into_iter().reduce(lower)
}

/// The model with its groups from the largest to the smallest.
fn ordered(points: &Points, run: Run) -> (KMeans, Vec<usize>) {
    let d = points.dimensions();
    let end = run.end;
    let k = end.centroids.len() / d;
    let centroid = |label: usize| &end.centroids[label * d..(label + 1) * d];
    let mut counts = vec![0u64; k];
    let mut within = vec![0.0; k];
    for (row, label) in run.labels.iter().enumerate() {
        let label = *label as usize;
        counts[label] += 1;
        within[label] += squared(points.row(row), centroid(label));
    }
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|a, b| {
        let by_place = || {
            let pairs = centroid(*a).iter().zip(centroid(*b));
            pairs.map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne())
        };
        let by_size = counts[*b].cmp(&counts[*a]);
        by_size.then_with(|| by_place().unwrap_or(std::cmp::Ordering::Equal))
    });
    let mut place = vec![0; k];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let labels = run
        .labels
        .iter()
        .map(|label| place[*label as usize])
        .collect();
    let model = KMeans {
        centroids: Array2::from_shape_fn((k, d), |(row, column)| centroid(order[row])[column]),
        counts: order.iter().map(|old| counts[*old]).collect(),
        within: order.iter().map(|old| within[*old]).collect(),
        inertia: end.inertia,
        iterations: end.iterations,
        converged: end.converged,
    };
    (model, labels)
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// The nearest centroid of each row.
    ///
    /// # Panics
    /// As linfa's own models do: where the rows have other columns than the data that was learned
    /// from, or there are not as many labels as rows.
    ///
    /// A row with a value that is not a number gets the label of the first group; tables are
    /// checked before ([`Segments::assign`](super::Segments::assign)).
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, labels: &mut Array1<usize>) {
        let d = self.centroids.ncols();
        check_width("k-means", rows, labels.len(), d);
        let values = (0..rows.nrows()).flat_map(|row| (0..d).map(move |column| (row, column)));
        let points = Points::from_rows(values.map(|place| rows[place]).collect(), d);
        for (label, found) in labels.iter_mut().zip(self.assign(&points)) {
            *label = found;
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(rows.nrows())
    }
}
