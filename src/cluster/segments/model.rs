use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cluster::density::{Dbscan, DbscanParams};
use crate::cluster::kmeans::{KMeans, KMeansParams};
use crate::table::points::{Points, squared};

/// What finds the segments: the parameters of any of the algorithms that
/// [`Segments::fit`](super::Segments::fit) takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Clusterer {
    /// Each customer belongs to the nearest of k centres.
    KMeans(KMeansParams),
    /// Segments are where customers lie close together; some belong to none.
    Dbscan(DbscanParams),
}

impl From<&KMeansParams> for Clusterer {
    fn from(params: &KMeansParams) -> Self {
        Clusterer::KMeans(params.clone())
    }
}

impl From<&DbscanParams> for Clusterer {
    fn from(params: &DbscanParams) -> Self {
        Clusterer::Dbscan(params.clone())
    }
}

impl Clusterer {
    pub(super) fn fit_points(&self, points: &Points) -> Result<(Model, Vec<Option<usize>>)> {
        match self {
            Clusterer::KMeans(params) => {
                let (model, labels) = params.fit_points(points)?;
                Ok((Model::KMeans(model), labels.into_iter().map(Some).collect()))
            }
            Clusterer::Dbscan(params) => {
                let model = params.fit_points(points)?;
                let labels = model.labels(points)?;
                Ok((Model::Dbscan(model), labels))
            }
        }
    }

    pub(super) fn seed(&self) -> u64 {
        match self {
            Clusterer::KMeans(params) => params.own_seed(),
            Clusterer::Dbscan(params) => params.own_seed(),
        }
    }

    pub(super) fn restarts(&self) -> Option<u64> {
        match self {
            Clusterer::KMeans(params) => Some(params.own_restarts() as u64),
            Clusterer::Dbscan(_) => None,
        }
    }
}

/// What was found: the algorithm's own model, in scaled numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Model {
    /// Centres.
    #[serde(rename = "model")]
    KMeans(KMeans),
    /// Core customers.
    #[serde(rename = "density")]
    Dbscan(Dbscan),
}

impl Model {
    /// How many customers are in each segment, the largest first.
    pub fn counts(&self) -> &[u64] {
        match self {
            Model::KMeans(model) => model.counts(),
            Model::Dbscan(model) => model.counts(),
        }
    }

    /// The sum of squared distances of each segment to its mean.
    pub fn within(&self) -> &[f64] {
        match self {
            Model::KMeans(model) => model.within(),
            Model::Dbscan(model) => model.within(),
        }
    }

    /// The sum of squared distances of all segments to their means.
    pub fn inertia(&self) -> f64 {
        match self {
            Model::KMeans(model) => model.inertia(),
            Model::Dbscan(model) => model.within().iter().sum(),
        }
    }

    /// How many customers are in no segment, where that can be.
    pub(super) fn alone(&self) -> Option<u64> {
        match self {
            Model::KMeans(_) => None,
            Model::Dbscan(model) => Some(model.alone()),
        }
    }

    /// The segment of each point, and its distance to the centre, or to the nearest core customer.
    pub(super) fn assign(&self, points: &Points) -> Result<Vec<(Option<usize>, f64)>> {
        match self {
            Model::KMeans(model) => {
                let distance = |(row, label): (&[f64], usize)| {
                    let centre = model.centroids().row(label).to_vec();
                    (Some(label), squared(row, &centre).sqrt())
                };
                let labels = model.assign(points);
                Ok(points.rows().zip(labels).map(distance).collect())
            }
            Model::Dbscan(model) => model.assign(points),
        }
    }

    /// Whether the parts have the sizes that belong together: a file may have been changed.
    pub(super) fn is_sound(&self, columns: usize) -> bool {
        match self {
            Model::KMeans(model) => {
                let k = model.counts().len();
                k > 0 && model.centroids().dim() == (k, columns) && model.within().len() == k
            }
            Model::Dbscan(model) => model.is_sound(columns),
        }
    }
}
