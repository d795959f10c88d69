use linfa::prelude::*;
use linfa::traits::PredictInplace;
use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Axis, Data, Ix2};
use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::table::points::check_width;
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

    pub(crate) fn fit_rows(rows: ArrayView2<'_, f64>, count: usize) -> Result<Self> {
        let d = rows.ncols();
        if !(1..=d).contains(&count) {
            return Err(Error::Parameter {
                name: "components",
                value: count.to_string(),
                expected: format!("1 to {d}, the number of columns"),
            });
        }
        if rows.nrows() < 2 {
            return Err(Error::TooFew {
                what: "customers".into(),
                found: rows.nrows(),
                expected: "2 or more".into(),
            });
        }
        let Components {
            mean,
            variances,
            loadings,
        } = components(rows)?;
        let total: f64 = variances.iter().sum();
        if total <= 0.0 {
            return Err(Error::TooFew {
                what: "customers that differ".into(),
                found: 1,
                expected: "2 or more".into(),
            });
        }
        Ok(Pca {
            mean,
            total,
            variances: variances[..count].to_vec(),
            loadings: loadings.slice(ndarray::s![..count, ..]).to_owned(),
        })
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.loadings.dim() == (self.variances.len(), self.mean.len())
    }

    /// How many columns it was learned from.
    pub(crate) fn width(&self) -> usize {
        self.mean.len()
    }

    /// The scores of one row.
    /// The mean of each column, which is taken off before.
    pub(super) fn mean(&self) -> &[f64] {
        &self.mean
    }

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
        Pca::fit_rows(dataset.records().view(), self.components)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array2<f64>> for Pca {
    /// The scores of each row.
    ///
    /// # Panics
    /// As linfa's own models do: where the rows have other columns than the data that was learned
    /// from, or there are not as many scores as rows.
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, scores: &mut Array2<f64>) {
        check_width("Pca", rows, scores.nrows(), self.width());
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
pub(crate) struct Components {
    mean: Vec<f64>,
    pub variances: Vec<f64>,
    pub loadings: Array2<f64>,
}

/// The components of a table of rows.
pub(crate) fn components(rows: ArrayView2<'_, f64>) -> Result<Components> {
    let d = rows.ncols();
    let (mean, covariance) = covariance(rows)?;
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
    Ok(Components {
        mean,
        // Rounding can leave a variance of nothing a little below 0.
        variances: values.iter().map(|value| value.max(0.0)).collect(),
        loadings,
    })
}

/// Rows that a thread works on at a time. Sums are added up in the order of the parts, so that the
/// number of threads changes no digit.
const PART: usize = 2_048;

/// The mean of the columns, and their covariance with n - 1 as the divisor (n where there is one row).
fn covariance(rows: ArrayView2<'_, f64>) -> Result<(Vec<f64>, Array2<f64>)> {
    let parts: Vec<ArrayView2<'_, f64>> = rows.axis_chunks_iter(Axis(0), PART).collect();
    let sums: Vec<Array1<f64>> = parts
        .par_iter()
        .map(|part| part.sum_axis(Axis(0)))
        .collect();
    let zero = Array1::zeros(rows.ncols());
    let total: Array1<f64> = sums.iter().fold(zero, |total, sum| total + sum);
    let mean = total / rows.nrows() as f64;
    let odd = |mean: &Array1<f64>| mean.iter().any(|x| !x.is_finite());
    let place = || rows.indexed_iter().find(|(_, x)| !x.is_finite());
    // A sum over everything shows whether there is anything to look for.
    if let Some(((row, column), x)) = odd(&mean).then(place).flatten() {
        return Err(Error::Value {
            column: format!("number {column}"),
            row,
            value: x.to_string(),
            expected: "a finite number".into(),
        });
    }
    let products: Vec<Array2<f64>> = parts
        .par_iter()
        .map(|part| {
            let apart = part - &mean;
            apart.t().dot(&apart)
        })
        .collect();
    let zero = Array2::zeros((rows.ncols(), rows.ncols()));
    let sum = products.iter().fold(zero, |total, product| total + product);
    let divisor = (rows.nrows().max(2) - 1) as f64;
    // The two triangles are equal but for rounding, and a solver wants them equal.
    let covariance = (&sum + &sum.t()) / (2.0 * divisor);
    Ok((mean.to_vec(), covariance))
}
