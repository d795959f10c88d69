use linfa::traits::{Fit, PredictInplace};
use linfa::{DatasetBase, ParamGuard};
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::neighbours::{neighbours_within, square_within, squares_from};
use super::{AT_MOST, check_at_most, check_min_points, check_radius, drawn};
use crate::progress::Progress;
use crate::table::points::{
    CHUNK, LANES, Points, check_width, is_ordinary, nearest, squared, vectorised,
};
use crate::{Error, Result};

/// Where do customers lie close together, whatever the shape, and who lies alone?
///
/// DBSCAN (Ester et al. 1996, KDD-96, 226). A customer with `min_points` customers within `radius`,
/// the own self among them, is a core customer. Core customers within the radius of each other share a
/// group; anybody else belongs to the group of the nearest core customer within the radius, or to none.
/// Groups are counted from 0, the largest. Their number is not asked for: it follows from the radius,
/// which [`Optics`](super::Optics) helps to choose.
///
/// The groups of core customers are those of linfa-clustering's DBSCAN, and of scikit-learn's. Both
/// give a customer at the edge of two groups to the one they happen to meet first; here it is the
/// nearer one, so the order of the customers decides nothing, and
/// [`predict`](linfa::traits::Predict) gives the customers that were learned from the same answer again.
///
/// ```
/// use segmenta::cluster::Dbscan;
/// use segmenta::linfa::DatasetBase;
/// use segmenta::linfa::traits::{Fit, Predict};
/// use segmenta::ndarray::array;
/// use segmenta::prelude::*;
///
/// let rows = array![[0.0], [0.3], [0.5], [7.0], [7.2], [40.0]];
/// let model = Dbscan::params(2, 0.5).fit(&DatasetBase::from(rows.clone()))?;
/// assert_eq!(model.counts(), [3, 2]);
/// let none = None;
/// let labels = [Some(0), Some(0), Some(0), Some(1), Some(1), none];
/// assert_eq!(model.predict(&rows).to_vec(), labels);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dbscan {
    min_points: usize,
    radius: f64,
    /// Core customers by their numbers: an order that the file has no part in.
    cores: Array2<f64>,
    groups: Vec<usize>,
    counts: Vec<u64>,
    within: Vec<f64>,
    alone: u64,
    learned_from: u64,
}

/// How [`Dbscan`] finds groups, to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct DbscanParams(DbscanValidParams);

/// [`DbscanParams`] that have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct DbscanValidParams {
    min_points: usize,
    radius: f64,
    at_most: usize,
    seed: u64,
}

impl Dbscan {
    /// `min_points` customers, 2 or more, within a `radius` above 0, in scaled numbers. Learned from
    /// at most 20,000 customers, drawn with seed 0.
    pub fn params(min_points: usize, radius: f64) -> DbscanParams {
        DbscanParams(DbscanValidParams {
            min_points,
            radius,
            at_most: AT_MOST,
            seed: 0,
        })
    }

    /// How many customers belong to each group, the largest first.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many customers belong to none.
    pub fn alone(&self) -> u64 {
        self.alone
    }

    /// The sum of squared distances of each group to its mean.
    pub fn within(&self) -> &[f64] {
        &self.within
    }

    /// The core customers, row by row.
    pub fn cores(&self) -> &Array2<f64> {
        &self.cores
    }

    /// How many neighbours make a core customer.
    pub fn min_points(&self) -> usize {
        self.min_points
    }

    /// How far a neighbour is at most.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// How many customers core customers were looked for among: all, or those of a sample.
    pub fn learned_from(&self) -> u64 {
        self.learned_from
    }

    /// The group of each point, and its distance to the nearest core customer, whether in reach or not.
    pub(crate) fn assign(&self, points: &Points) -> Result<Vec<(Option<usize>, f64)>> {
        let cores: Vec<f64> = self.cores.iter().copied().collect();
        let progress = Progress::new("assigning", points.chunks());
        let chunks = (0..points.chunks()).into_par_iter().map(|chunk| {
            let found = nearest_cores(points, &cores, chunk);
            progress.tick()?;
            Ok(found)
        });
        let chunks = chunks.collect::<Result<Vec<_>>>()?;
        let most = square_within(self.radius);
        let label = |(square, core): (f64, usize)| {
            let group = (square <= most).then(|| self.groups[core]);
            (group, square.sqrt())
        };
        Ok(chunks.into_iter().flatten().map(label).collect())
    }

    pub(crate) fn labels(&self, points: &Points) -> Result<Vec<Option<usize>>> {
        let found = self.assign(points)?;
        Ok(found.into_iter().map(|label| label.0).collect())
    }

    /// Whether the parts have the sizes that belong together: a file may have been changed.
    pub(crate) fn is_sound(&self, columns: usize) -> bool {
        let k = self.counts.len();
        k > 0
            && check_min_points(self.min_points).is_ok()
            && check_radius(self.radius).is_ok()
            && self.within.len() == k
            && self.cores.dim() == (self.groups.len(), columns)
            && !self.groups.is_empty()
            && self.groups.iter().all(|group| *group < k)
            && self.cores.iter().all(|x| is_ordinary(*x))
    }
}

vectorised! {
    /// For each point of a chunk, the squared distance to the nearest core customer, and which that is.
    /// Of several that are equally near it is the first.
    fn nearest_cores(points: &Points, cores: &[f64], chunk: usize) -> Vec<(f64, usize)> {
        let d = points.dimensions();
        let (blocks, count) = points.chunk(chunk);
        let mut found = Vec::with_capacity(CHUNK);
        for block in blocks.chunks_exact(LANES * d) {
            let near = nearest(block, cores, d);
            for lane in 0..LANES {
                found.push((near.first[lane], near.centre[lane] as usize));
            }
        }
        found.truncate(count);
        found
    }
}

impl DbscanParams {
    /// From how many customers at most core customers are learned; of more it is a random sample. The
    /// radius belongs to the sample: among more customers, more lie within it.
    pub fn at_most(mut self, customers: usize) -> Self {
        self.0.at_most = customers;
        self
    }

    /// Where the random numbers of that sample start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    pub(crate) fn own_seed(&self) -> u64 {
        self.0.seed
    }

    pub(crate) fn fit_points(&self, points: &Points) -> Result<Dbscan> {
        self.check_ref()?.fit_points(points)
    }
}

impl ParamGuard for DbscanParams {
    type Checked = DbscanValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&DbscanValidParams> {
        check_min_points(self.0.min_points)?;
        check_radius(self.0.radius)?;
        check_at_most(self.0.at_most)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<DbscanValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl DbscanValidParams {
    fn fit_points(&self, points: &Points) -> Result<Dbscan> {
        let drawn = drawn(points, self.at_most, self.seed);
        let of_sample = drawn.map(|rows| points.select(&rows));
        let learned = of_sample.as_ref().unwrap_or(points);
        let counts = neighbours_within(learned, self.radius)?;
        let mut cores: Vec<usize> = (0..learned.len())
            .filter(|row| counts[*row] >= self.min_points)
            .collect();
        if cores.is_empty() {
            return Err(Error::TooFew {
                what: format!(
                    "customers with {} within {} of them",
                    self.min_points, self.radius
                ),
                found: 0,
                expected: "1 or more: a wider radius, or fewer min_points".into(),
            });
        }
        cores.sort_by(|a, b| {
            let pairs = learned.row(*a).iter().zip(learned.row(*b));
            let mut order = pairs.map(|(a, b)| a.total_cmp(b));
            order.find(|order| order.is_ne()).unwrap_or(a.cmp(b))
        });
        let cores = learned.select(&cores);
        let (own, groups) = connected(&cores, self.radius)?;
        let mut model = Dbscan {
            min_points: self.min_points,
            radius: self.radius,
            cores: cores.view()?.to_owned(),
            groups: own,
            counts: Vec::new(),
            within: Vec::new(),
            alone: 0,
            learned_from: learned.len() as u64,
        };
        let labels = model.assign(points)?;
        model.count(points, &labels, groups);
        Ok(model)
    }
}

/// The group of each core customer, counted in their order, and how many groups there are: whoever is
/// in reach of one of a group is of the group.
fn connected(cores: &Points, radius: f64) -> Result<(Vec<usize>, usize)> {
    let progress = Progress::new("joining", cores.len());
    let mut own = vec![None; cores.len()];
    let mut groups = 0;
    let mut squares = Vec::new();
    let most = square_within(radius);
    for first in 0..cores.len() {
        if own[first].is_some() {
            continue;
        }
        own[first] = Some(groups);
        let mut reached = vec![first];
        while let Some(core) = reached.pop() {
            progress.tick()?;
            squares_from(cores, cores.row(core), &mut squares);
            for (other, square) in squares.iter().enumerate() {
                if *square <= most && own[other].is_none() {
                    own[other] = Some(groups);
                    reached.push(other);
                }
            }
        }
        groups += 1;
    }
    Ok((own.into_iter().flatten().collect(), groups))
}

impl Dbscan {
    /// Counts the customers of each group, and puts the largest group first.
    fn count(&mut self, points: &Points, labels: &[(Option<usize>, f64)], groups: usize) {
        let mut counts = vec![0u64; groups];
        for group in labels.iter().filter_map(|label| label.0) {
            counts[group] += 1;
        }
        // Of two that are equally large, the one whose first core customer comes first.
        let first = |group: usize| self.groups.iter().position(|own| *own == group);
        let mut order: Vec<usize> = (0..groups).collect();
        order.sort_by_key(|group| (std::cmp::Reverse(counts[*group]), first(*group)));
        let mut place = vec![0; groups];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        for group in &mut self.groups {
            *group = place[*group];
        }
        self.counts = order.iter().map(|group| counts[*group]).collect();
        self.alone = labels.iter().filter(|label| label.0.is_none()).count() as u64;
        let mut means = vec![vec![0.0; points.dimensions()]; groups];
        let of = |label: &(Option<usize>, f64)| label.0.map(|group| place[group]);
        for (row, label) in points.rows().zip(labels) {
            let Some(group) = of(label) else { continue };
            for (sum, x) in means[group].iter_mut().zip(row) {
                *sum += x / self.counts[group] as f64;
            }
        }
        self.within = vec![0.0; groups];
        for (row, label) in points.rows().zip(labels) {
            let Some(group) = of(label) else { continue };
            self.within[group] += squared(row, &means[group]);
        }
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for DbscanValidParams {
    type Object = Dbscan;

    /// # Errors
    /// [`Error::TooFew`] where no customer is a core customer, or there is none at all;
    /// [`Error::Value`] where a value is not finite.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Dbscan> {
        self.fit_points(&Points::new(dataset.records().view())?)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<Option<usize>>> for Dbscan {
    /// The group of the nearest core customer within the radius, if there is one; none for a row with a
    /// number that is not finite.
    ///
    /// # Panics
    /// As linfa's own models do: where the rows have other columns than the data that was learned from.
    fn predict_inplace<'a>(
        &'a self,
        rows: &'a ArrayBase<D, Ix2>,
        labels: &mut Array1<Option<usize>>,
    ) {
        check_width("DBSCAN", rows, labels.len(), self.cores.ncols());
        let cores: Vec<f64> = self.cores.iter().copied().collect();
        let most = square_within(self.radius);
        for (row, label) in rows.rows().into_iter().zip(labels.iter_mut()) {
            let own = Points::from_rows(row.to_vec(), self.cores.ncols());
            let near = nearest_cores(&own, &cores, 0).into_iter().next();
            let near = near.filter(|(square, _)| *square <= most);
            *label = near.map(|(_, core)| self.groups[core]);
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<Option<usize>> {
        Array1::from_elem(rows.nrows(), None)
    }
}
