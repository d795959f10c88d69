use linfa::prelude::*;
use linfa::traits::PredictInplace;
use linfa_linalg::cholesky::Cholesky;
use linfa_linalg::triangular::{SolveTriangular, UPLO};
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;

use super::kmeans::KMeans;
use crate::progress::Progress;
use crate::stat::random::derive;
use crate::table::points::{CHUNK, Points, added, check_width};
use crate::{Error, Result};

/// Into which groups do the customers fall, if groups may be long, flat, and overlap?
///
/// A mixture of normal distributions with full covariances, fitted by expectation and
/// maximisation (Dempster, Laird and Rubin 1977) from several k-means starts. Beside
/// [`KMeans`] it tells how far the shape of its segments, which are round, matters; the
/// [`bic`](GaussianMixture::bic) compares numbers of groups. Labels are counted from the largest
/// weight to the smallest.
///
/// ```
/// use segmenta::cluster::GaussianMixture;
/// use segmenta::linfa::DatasetBase;
/// use segmenta::linfa::traits::{Fit, Predict};
/// use segmenta::ndarray::array;
/// use segmenta::prelude::*;
///
/// let rows = array![[0.0], [1.0], [2.0], [3.0], [10.0], [11.0]];
/// let model = GaussianMixture::params(2).seed(1).fit(&DatasetBase::from(rows.clone()))?;
/// assert!((model.weights()[0] - 2.0 / 3.0).abs() < 1e-6);
/// assert!((model.means()[[1, 0]] - 10.5).abs() < 1e-6);
/// assert_eq!(model.predict(&rows).to_vec(), [0, 0, 0, 0, 1, 1]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianMixture {
    weights: Vec<f64>,
    means: Array2<f64>,
    covariances: Vec<Array2<f64>>,
    components: Vec<Component>,
    log_likelihood: f64,
    n: usize,
    iterations: usize,
    converged: bool,
}

/// How is the mixture to be fitted? A builder, made by [`GaussianMixture::params`].
#[derive(Clone, Debug)]
pub struct GaussianMixtureParams(GaussianMixtureValidParams);

/// Settings of a mixture that were checked.
#[derive(Clone, Debug)]
pub struct GaussianMixtureValidParams {
    k: usize,
    restarts: usize,
    seed: u64,
    iterations: usize,
    tolerance: f64,
    regularisation: f64,
}

/// One normal distribution, ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
struct Component {
    mean: Vec<f64>,
    /// The inverse of the covariance's Cholesky factor, row by row below the diagonal.
    inverse: Vec<f64>,
    /// What does not depend on the customer: the logarithm of weight over volume.
    constant: f64,
}

impl GaussianMixture {
    /// `k` groups; 5 restarts, seed 0, at most 200 iterations, tolerance 1e-6, and 1e-6 added to
    /// each variance.
    pub fn params(k: usize) -> GaussianMixtureParams {
        GaussianMixtureParams(GaussianMixtureValidParams {
            k,
            restarts: 5,
            seed: 0,
            iterations: 200,
            tolerance: 1e-6,
            regularisation: 1e-6,
        })
    }

    /// The share of each group.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The mean of each group, row by row.
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// The covariance of each group.
    pub fn covariances(&self) -> &[Array2<f64>] {
        &self.covariances
    }

    /// The logarithm of the likelihood of the customers that were learned from.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The Bayesian information criterion (Schwarz 1978): less is better.
    pub fn bic(&self) -> f64 {
        let (k, d) = self.means.dim();
        let free = (k - 1) + k * d + k * d * (d + 1) / 2;
        free as f64 * (self.n as f64).ln() - 2.0 * self.log_likelihood
    }

    /// How many iterations the best start took.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether the fit ended before the iterations did.
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// How probable is each group for each of these customers? A row for each, which adds up to 1.
    pub fn probabilities<D: Data<Elem = f64>>(&self, rows: &ArrayBase<D, Ix2>) -> Array2<f64> {
        let mut answer = Array2::zeros((rows.nrows(), self.weights.len()));
        let mut logs = vec![0.0; self.weights.len()];
        for (row, mut out) in rows.rows().into_iter().zip(answer.rows_mut()) {
            let total = log_densities(&self.components, &row.to_vec(), &mut logs);
            for (out, log) in out.iter_mut().zip(&logs) {
                *out = (log - total).exp();
            }
        }
        answer
    }
}

impl GaussianMixtureParams {
    /// How many starts, of which the best is kept: 1 or more.
    pub fn restarts(mut self, restarts: usize) -> Self {
        self.0.restarts = restarts;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// How many iterations a start may take: 1 or more.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.0.iterations = iterations;
        self
    }

    /// A start ends when the mean log-likelihood of a customer rises by less: 0 or more.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// What is added to each variance, so that a group cannot shrink to a point: above 0.
    pub fn regularisation(mut self, regularisation: f64) -> Self {
        self.0.regularisation = regularisation;
        self
    }
}

impl ParamGuard for GaussianMixtureParams {
    type Checked = GaussianMixtureValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&GaussianMixtureValidParams> {
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
        ] {
            if value == 0 {
                return wrong(name, "0".into(), "1 or more");
            }
        }
        if !(settings.tolerance >= 0.0 && settings.tolerance.is_finite()) {
            return wrong("tolerance", settings.tolerance.to_string(), "0 or more");
        }
        if !(settings.regularisation > 0.0 && settings.regularisation.is_finite()) {
            return wrong(
                "regularisation",
                settings.regularisation.to_string(),
                "above 0",
            );
        }
        Ok(settings)
    }

    fn check(self) -> Result<GaussianMixtureValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for GaussianMixtureValidParams {
    type Object = GaussianMixture;

    /// # Errors
    /// Those of [`KMeans`]'s fit, and [`Error::Parameter`] where a covariance cannot be inverted even
    /// with what is added to its variances.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<GaussianMixture> {
        let points = Points::new(dataset.records().view())?;
        let progress = Progress::new("mixture", self.restarts);
        let mut best: Option<GaussianMixture> = None;
        for number in 0..self.restarts {
            let model = self.start(&points, number)?;
            progress.tick()?;
            let better = |best: &GaussianMixture| model.log_likelihood > best.log_likelihood;
            if best.as_ref().is_none_or(better) {
                best = Some(model);
            }
        }
        best.ok_or_else(|| Error::TooFew {
            what: "restarts".into(),
            found: 0,
            expected: "1 or more".into(),
        })
    }
}

impl GaussianMixtureValidParams {
    fn start(&self, points: &Points, number: usize) -> Result<GaussianMixture> {
        let seed = derive(self.seed, number as u64);
        let kmeans = KMeans::params(self.k).restarts(1).seed(seed).refine(false);
        let (_, labels) = kmeans.fit_points(points)?;
        let hard = labels
            .iter()
            .flat_map(|label| (0..self.k).map(move |group| f64::from(u8::from(group == *label))));
        let mut shares: Vec<f64> = hard.collect();
        let mut before = f64::NEG_INFINITY;
        for iteration in 1.. {
            let parts = self.maximise(points, &shares)?;
            let likelihood = expect(points, &parts.components, &mut shares);
            let rise = (likelihood - before) / points.len() as f64;
            let converged = rise.abs() <= self.tolerance;
            if converged || iteration >= self.iterations {
                return Ok(parts.model(likelihood, points.len(), iteration, converged));
            }
            before = likelihood;
        }
        Err(Error::TooFew {
            what: "iterations".into(),
            found: 0,
            expected: "1 or more".into(),
        })
    }

    /// Weights, means and covariances from each customer's shares in the groups.
    fn maximise(&self, points: &Points, shares: &[f64]) -> Result<Parts> {
        let (n, d, k) = (points.len(), points.dimensions(), self.k);
        let chunks = (0..points.chunks()).into_par_iter();
        let sums = added(chunks.map(|chunk| {
            let mut sums = vec![0.0; k * (d + 1)];
            for (row, shares) in of_chunk(points, shares, chunk, k) {
                for (sums, share) in sums.chunks_exact_mut(d + 1).zip(shares) {
                    sums[d] += share;
                    for (sum, x) in sums.iter_mut().zip(row) {
                        *sum += share * x;
                    }
                }
            }
            sums
        }));
        let (mut totals, mut means) = (Vec::new(), Vec::new());
        for sums in sums.chunks_exact(d + 1) {
            // As in scikit-learn: a group that has lost everybody divides by no zero.
            let total = sums[d] + 10.0 * f64::EPSILON;
            totals.push(total);
            means.extend(sums[..d].iter().map(|sum| sum / total));
        }
        let chunks = (0..points.chunks()).into_par_iter();
        let squares = added(chunks.map(|chunk| {
            let mut sums = vec![0.0; k * d * d];
            let mut apart = vec![0.0; d];
            for (row, shares) in of_chunk(points, shares, chunk, k) {
                for (group, share) in shares.iter().enumerate() {
                    let mean = &means[group * d..(group + 1) * d];
                    for (apart, (x, mean)) in apart.iter_mut().zip(row.iter().zip(mean)) {
                        *apart = x - mean;
                    }
                    let sums = &mut sums[group * d * d..(group + 1) * d * d];
                    for (a, sums) in sums.chunks_exact_mut(d).enumerate() {
                        let left = share * apart[a];
                        for (sum, right) in sums.iter_mut().zip(&apart[..=a]) {
                            *sum += left * right;
                        }
                    }
                }
            }
            sums
        }));
        let mut parts = Parts::default();
        for group in 0..k {
            let sums = &squares[group * d * d..(group + 1) * d * d];
            let covariance = Array2::from_shape_fn((d, d), |(a, b)| {
                let value = sums[a.max(b) * d + a.min(b)] / totals[group];
                if a == b {
                    value + self.regularisation
                } else {
                    value
                }
            });
            let weight = totals[group] / n as f64;
            let mean = means[group * d..(group + 1) * d].to_vec();
            parts
                .components
                .push(Component::new(weight, mean, &covariance)?);
            parts.weights.push(weight);
            parts.covariances.push(covariance);
        }
        Ok(parts)
    }
}

#[derive(Default)]
struct Parts {
    weights: Vec<f64>,
    covariances: Vec<Array2<f64>>,
    components: Vec<Component>,
}

impl Parts {
    fn model(
        self,
        log_likelihood: f64,
        n: usize,
        iterations: usize,
        converged: bool,
    ) -> GaussianMixture {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|a, b| self.weights[*b].total_cmp(&self.weights[*a]));
        let d = self.components.first().map_or(0, |one| one.mean.len());
        let mean = |(row, column): (usize, usize)| self.components[order[row]].mean[column];
        GaussianMixture {
            weights: order.iter().map(|group| self.weights[*group]).collect(),
            means: Array2::from_shape_fn((order.len(), d), mean),
            covariances: order
                .iter()
                .map(|group| self.covariances[*group].clone())
                .collect(),
            components: order
                .iter()
                .map(|group| self.components[*group].clone())
                .collect(),
            log_likelihood,
            n,
            iterations,
            converged,
        }
    }
}

impl Component {
    fn new(weight: f64, mean: Vec<f64>, covariance: &Array2<f64>) -> Result<Self> {
        let d = mean.len();
        let singular = |error: linfa_linalg::LinalgError| Error::Parameter {
            name: "regularisation",
            value: format!("too small: a covariance cannot be inverted ({error})"),
            expected: "more, or columns that do not follow from one another".into(),
        };
        let factor = covariance.cholesky().map_err(singular)?;
        let inverse = factor
            .solve_triangular(&Array2::eye(d), UPLO::Lower)
            .map_err(singular)?;
        let volume: f64 = factor.diag().iter().map(|x| x.ln()).sum();
        Ok(Component {
            mean,
            inverse: inverse.iter().copied().collect(),
            constant: weight.ln() - volume - 0.5 * d as f64 * std::f64::consts::TAU.ln(),
        })
    }

    fn log_density(&self, row: &[f64]) -> f64 {
        let d = self.mean.len();
        let mut square = 0.0;
        for (place, factors) in self.inverse.chunks_exact(d).enumerate() {
            let mut sum = 0.0;
            for ((x, mean), factor) in row.iter().zip(&self.mean).zip(&factors[..=place]) {
                sum += (x - mean) * factor;
            }
            square += sum * sum;
        }
        self.constant - 0.5 * square
    }
}

/// The logarithms of each group's density, and that of their sum: taken off the largest first, so
/// that a customer far from all groups has probabilities too.
fn log_densities(components: &[Component], row: &[f64], logs: &mut [f64]) -> f64 {
    for (log, component) in logs.iter_mut().zip(components) {
        *log = component.log_density(row);
    }
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return most;
    }
    most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
}

/// Each customer's shares in the groups, and the log-likelihood of all.
fn expect(points: &Points, components: &[Component], shares: &mut [f64]) -> f64 {
    let k = components.len();
    let parts: Vec<f64> = shares
        .par_chunks_mut(CHUNK * k)
        .enumerate()
        .map(|(chunk, shares)| {
            let rows = points.chunk_rows(chunk).chunks_exact(points.dimensions());
            let mut sum = 0.0;
            for (row, shares) in rows.zip(shares.chunks_exact_mut(k)) {
                let total = log_densities(components, row, shares);
                for share in shares {
                    *share = (*share - total).exp();
                }
                sum += total;
            }
            sum
        })
        .collect();
    parts.iter().sum()
}

/// The rows of a chunk, each with its shares.
fn of_chunk<'a>(
    points: &'a Points,
    shares: &'a [f64],
    chunk: usize,
    k: usize,
) -> impl Iterator<Item = (&'a [f64], &'a [f64])> {
    let rows = points.chunk_rows(chunk).chunks_exact(points.dimensions());
    rows.zip(shares[chunk * CHUNK * k..].chunks_exact(k))
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for GaussianMixture {
    /// The most probable group of each row.
    ///
    /// # Panics
    /// As linfa's own models do: where the rows have other columns than the data that was learned
    /// from, or there are not as many labels as rows.
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, labels: &mut Array1<usize>) {
        check_width("the mixture", rows, labels.len(), self.means.ncols());
        let mut logs = vec![0.0; self.weights.len()];
        for (row, label) in rows.rows().into_iter().zip(labels.iter_mut()) {
            log_densities(&self.components, &row.to_vec(), &mut logs);
            *label = (0..logs.len()).fold(0, |best, j| if logs[j] > logs[best] { j } else { best });
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(rows.nrows())
    }
}
