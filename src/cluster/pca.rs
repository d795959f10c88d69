use linfa::prelude::*;
use linfa::traits::PredictInplace;
use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array2, ArrayBase, Data, Ix2};
use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::points::{LANES, Points, vectorised};
use crate::{Error, Result};

/// Along which directions do the customers differ most?
///
/// Principal components, from the eigenvectors of the covariance (Pearson 1901). It stands behind
/// linfa's traits: `fit` learns, `predict` gives a column of scores for each component. The sign
/// of a component is such that its largest loading is positive, so it does not change from run to
/// run.
///
/// ```
/// use segmenta::linfa::DatasetBase;
/// use segmenta::linfa::traits::{Fit, Predict};
/// use segmenta::ndarray::array;
/// use segmenta::prelude::*;
///
/// // All on one line: the first component explains everything.
/// let rows = array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]];
/// let pca = Pca::params(2).fit(&DatasetBase::from(rows.clone()))?;
/// assert!((pca.variances()[0] - 25.0).abs() < 1e-12);
/// assert!((pca.loadings()[[0, 1]] - 0.8).abs() < 1e-12);
/// assert!((pca.predict(&rows)[[2, 0]] - 5.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    mean: Vec<f64>,
    variances: Vec<f64>,
    total: f64,
    loadings: Array2<f64>,
}

/// How many components are wanted? A builder, made by [`Pca::params`].
#[derive(Clone, Copy, Debug)]
pub struct PcaParams(PcaValidParams);

/// Settings of principal components that were checked.
#[derive(Clone, Copy, Debug)]
pub struct PcaValidParams {
    components: usize,
}

impl Pca {
    /// The first so many components: 1 to the number of columns.
    pub fn params(components: usize) -> PcaParams {
        PcaParams(PcaValidParams { components })
    }

    /// The variance along each component, with n - 1 as the divisor.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// The share of the whole variance along each component.
    pub fn ratios(&self) -> Vec<f64> {
        self.variances.iter().map(|v| v / self.total).collect()
    }

    /// A row for each component, with the weight of each column in it; the squares of a row add
    /// up to 1.
    pub fn loadings(&self) -> &Array2<f64> {
        &self.loadings
    }

    /// One row for each component: `component`, `variance`, `ratio` (its share of the whole
    /// variance), `cumulative`.
    pub fn tidy(&self) -> Result<DataFrame> {
        let ratios = self.ratios();
        let cumulative: Vec<f64> = ratios
            .iter()
            .scan(0.0, |sum, ratio| {
                *sum += ratio;
                Some(*sum)
            })
            .collect();
        Ok(df!(
            "component" => (1..=ratios.len() as u64).collect::<Vec<_>>(),
            "variance" => self.variances.as_slice(),
            "ratio" => ratios,
            "cumulative" => cumulative,
        )?)
    }

    pub(crate) fn fit_points(points: &Points, count: usize) -> Result<Self> {
        let d = points.dimensions();
        if !(1..=d).contains(&count) {
            return Err(Error::Parameter {
                name: "components",
                value: count.to_string(),
                expected: format!("1 to {d}, the number of columns"),
            });
        }
        if points.len() < 2 {
            return Err(Error::TooFew {
                what: "customers".into(),
                found: points.len(),
                expected: "2 or more".into(),
            });
        }
        let (variances, loadings) = components(points)?;
        let total: f64 = variances.iter().sum();
        if total <= 0.0 {
            return Err(Error::TooFew {
                what: "customers that differ".into(),
                found: 1,
                expected: "2 or more".into(),
            });
        }
        Ok(Pca {
            mean: points.mean(),
            total,
            variances: variances[..count].to_vec(),
            loadings: loadings.slice(ndarray::s![..count, ..]).to_owned(),
        })
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.loadings.dim() == (self.variances.len(), self.mean.len())
    }

    /// The scores of one row.
    pub(crate) fn scores<'a>(&'a self, row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.loadings.rows().into_iter().map(move |loading| {
            let terms = row.iter().zip(&self.mean).zip(loading);
            terms.map(|((x, mean), weight)| (x - mean) * weight).sum()
        })
    }
}

impl ParamGuard for PcaParams {
    type Checked = PcaValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&PcaValidParams> {
        if self.0.components == 0 {
            return Err(Error::Parameter {
                name: "components",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<PcaValidParams> {
        self.check_ref().copied()
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for PcaValidParams {
    type Object = Pca;

    /// # Errors
    /// [`Error::Parameter`] where there are fewer columns than components are asked for,
    /// [`Error::TooFew`] where fewer than two customers differ, [`Error::Value`] where a value is
    /// infinite or not a number.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Pca> {
        Pca::fit_points(&Points::new(dataset.records().view())?, self.components)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array2<f64>> for Pca {
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, scores: &mut Array2<f64>) {
        for (row, mut out) in rows.rows().into_iter().zip(scores.rows_mut()) {
            for (score, value) in out.iter_mut().zip(self.scores(&row.to_vec())) {
                *score = value;
            }
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array2<f64> {
        Array2::zeros((rows.nrows(), self.variances.len()))
    }
}

/// All components: their variances from the largest to the smallest, and their loadings, row by
/// row.
pub(crate) fn components(points: &Points) -> Result<(Vec<f64>, Array2<f64>)> {
    let d = points.dimensions();
    let covariance = covariance(points);
    let wrong = |what: &str| Error::Parameter {
        name: "table",
        value: format!("a covariance {what}"),
        expected: "columns of ordinary numbers; scale them first".into(),
    };
    if covariance.iter().any(|value| !value.is_finite()) {
        return Err(wrong("that is not finite"));
    }
    let solved = covariance
        .eigh()
        .map_err(|error| wrong(&format!("without eigenvectors ({error})")))?;
    if solved.0.iter().any(|value| !value.is_finite()) {
        return Err(wrong("whose eigenvalues are not finite"));
    }
    let (values, vectors) = solved.sort_eig_desc();
    let mut loadings = Array2::zeros((d, d));
    for (component, vector) in vectors.columns().into_iter().enumerate() {
        let largest = vector.iter().fold(0.0f64, |most, x| {
            // Of two that are equal but for rounding it is the first.
            if x.abs() > most.abs() * (1.0 + 1e-9) {
                *x
            } else {
                most
            }
        });
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        loadings
            .row_mut(component)
            .assign(&vector.map(|x| x * sign));
    }
    // Rounding can leave a variance of nothing a little below 0.
    Ok((
        values.iter().map(|value| value.max(0.0)).collect(),
        loadings,
    ))
}

/// The covariance of the columns, with n - 1 as the divisor (n where there is one row).
pub(crate) fn covariance(points: &Points) -> Array2<f64> {
    let d = points.dimensions();
    let mean = points.mean();
    let parts: Vec<Vec<f64>> = (0..points.chunks())
        .into_par_iter()
        .map(|chunk| {
            let (blocks, n) = points.chunk(chunk);
            products(blocks, n, &mean)
        })
        .collect();
    let mut sums = vec![0.0; d * d];
    for part in parts {
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += part;
        }
    }
    let divisor = (points.len().max(2) - 1) as f64;
    Array2::from_shape_fn((d, d), |(a, b)| sums[a.min(b) * d + a.max(b)] / divisor)
}

vectorised! {
    /// The sums of products of deviations from the mean, above the diagonal and on it.
    fn products(blocks: &[f64], n: usize, mean: &[f64]) -> Vec<f64> {
        let d = mean.len();
        let mut lanes = vec![[0.0f64; LANES]; d * d];
        let mut centred = vec![[0.0f64; LANES]; d];
        for (number, block) in blocks.chunks_exact(LANES * d).enumerate() {
            let there = n - number * LANES;
            for ((out, values), mean) in
                centred.iter_mut().zip(block.chunks_exact(LANES)).zip(mean)
            {
                for lane in 0..LANES {
                    out[lane] = if lane < there { values[lane] - mean } else { 0.0 };
                }
            }
            for a in 0..d {
                let left = centred[a];
                for (sums, right) in lanes[a * d + a..(a + 1) * d].iter_mut().zip(&centred[a..]) {
                    for lane in 0..LANES {
                        sums[lane] = left[lane].mul_add(right[lane], sums[lane]);
                    }
                }
            }
        }
        let mut sums = vec![0.0; d * d];
        for (sum, lanes) in sums.iter_mut().zip(&lanes) {
            *sum = lanes.iter().sum();
        }
        sums
    }
}
