use linfa::prelude::*;
use ndarray::{ArrayBase, Data, Ix2};
use rayon::prelude::*;

use super::lloyd::{End, Lloyd, Stop};
use super::model::{KMeans, ordered};
use super::params::{KMeansParams, KMeansValidParams};
use super::{mini_batch, seed};
use crate::cluster::validity::sample;
use crate::progress::Progress;
use crate::stat::random::{below, derive, stream, unit};
use crate::table::points::Points;
use crate::{Error, Result};

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
    pub(super) fn number_of_starts(&self) -> usize {
        match self.starts.len() {
            0 => self.restarts,
            given => given,
        }
    }

    pub(super) fn fit_points(&self, points: &Points) -> Result<(KMeans, Vec<usize>)> {
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
