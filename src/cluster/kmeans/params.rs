use linfa::prelude::*;
use ndarray::Array2;

use super::model::KMeans;
use crate::stat::random::derive;
use crate::table::points::Points;
use crate::{Error, Result};

/// How is k-means to look for its groups? A builder, made by [`KMeans::params`].
#[derive(Clone, Debug)]
pub struct KMeansParams(pub(super) KMeansValidParams);

/// Settings of k-means that were checked.
#[derive(Clone, Debug)]
pub struct KMeansValidParams {
    pub(super) k: usize,
    pub(super) restarts: usize,
    pub(super) seed: u64,
    pub(super) iterations: usize,
    pub(super) tolerance: f64,
    pub(super) refine: bool,
    pub(super) batch: Option<usize>,
    pub(super) starts: Vec<Array2<f64>>,
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
