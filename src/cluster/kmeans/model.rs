use linfa::traits::PredictInplace;
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::lloyd::Run;
use super::mini_batch::label;
use crate::table::points::{CHUNK, Points, check_width, squared};

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
    pub(super) centroids: Array2<f64>,
    pub(super) counts: Vec<u64>,
    pub(super) within: Vec<f64>,
    pub(super) inertia: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

impl KMeans {
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
                label(points.chunk(chunk).0, &centroids, d, labels);
            });
        labels
    }
}

/// The model with its groups from the largest to the smallest.
pub(super) fn ordered(points: &Points, run: Run) -> (KMeans, Vec<usize>) {
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
    /// checked before ([`Segments::assign`](crate::cluster::Segments::assign)).
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
