use polars::prelude::*;

use crate::cluster::kmeans::KMeansParams;
use crate::scale::{Recipe, Work};
use crate::stat::contingency::Contingency;
use crate::stat::random::derive;
use crate::table::points::squared;
use crate::{Error, Result};

/// Do the segments fit customers whom they were not learned from? A builder.
///
/// [`fit`](Split::fit) draws a share of the customers to learn from (0.7 for a 70:30 split): the
/// recipe's numbers and the centroids are theirs alone. The others are scaled by that recipe, and get
/// the nearest centroid.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 0.4, 9.0, 9.1, 9.2, 9.3, 9.4])?;
/// let split = cluster::Split::new(0.7).fit(&table, &Recipe::new(["x"]), &KMeans::params(2))?;
/// assert_eq!(split.column("test_n")?.u64()?.get(0), Some(3));
/// assert_eq!(split.column("ari")?.f64()?.get(0), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    share: f64,
}

impl Split {
    /// Learns from this share of the customers: above 0 and below 1.
    pub fn new(share: f64) -> Self {
        Split { share }
    }

    /// One row: `train_n`, `test_n`; `ari`, how far the labels of the test customers agree with the
    /// ones that they have when all are clustered; `train_inertia` and `test_inertia`, the mean squared
    /// distance to the own centroid, and their `ratio`: about 1 where the centroids fit new customers
    /// as well as their own.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the share is not above 0 and below 1, [`Error::TooFew`] where a part
    /// is too small, those of [`Segments::fit`](crate::cluster::Segments::fit), and [`Error::Value`] where a
    /// test customer has a value that the recipe has not learned.
    pub fn fit(
        &self,
        table: &DataFrame,
        recipe: &Recipe,
        params: &KMeansParams,
    ) -> Result<DataFrame> {
        let work = recipe.read(table)?;
        let (_, points) = recipe.fit_work(work.clone())?;
        let (_, labels) = params.fit_points(&points)?;
        let tested = Tested::new(&work, recipe, &labels, params, self.share)?;
        Ok(df!(
            "train_n" => [tested.train as u64],
            "test_n" => [tested.test as u64],
            "ari" => [tested.ari],
            "train_inertia" => [tested.inertia.0],
            "test_inertia" => [tested.inertia.1],
            "ratio" => [tested.ratio()],
        )?)
    }
}

/// The outcome of one split.
pub(crate) struct Tested {
    train: usize,
    test: usize,
    pub ari: f64,
    inertia: (f64, f64),
}

impl Tested {
    /// `labels` are those that the customers have when all are clustered.
    pub fn new(
        work: &Work,
        recipe: &Recipe,
        labels: &[usize],
        params: &KMeansParams,
        share: f64,
    ) -> Result<Self> {
        let n = work.len();
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::Parameter {
                name: "share",
                value: share.to_string(),
                expected: "above 0 and below 1".into(),
            });
        }
        let size = (n as f64 * share).round() as usize;
        for (what, found) in [
            ("customers to learn from", size),
            ("customers to test", n - size),
        ] {
            if found == 0 {
                return Err(Error::TooFew {
                    what: what.into(),
                    found,
                    expected: "1 or more".into(),
                });
            }
        }
        let train = super::criteria::sample(n, size, derive(params.own_seed(), 3));
        let mut is_train = vec![false; n];
        for row in &train {
            is_train[*row] = true;
        }
        let test: Vec<usize> = (0..n).filter(|row| !is_train[*row]).collect();
        let (scaler, learned) = recipe.fit_work(work.select(&train))?;
        let (model, _) = params.fit_points(&learned)?;
        let others = scaler.points_of(work.select(&test))?;
        let assigned = model.assign(&others);
        let before: Vec<usize> = test.iter().map(|row| labels[*row]).collect();
        let distances = others
            .rows()
            .zip(&assigned)
            .map(|(row, label)| squared(row, &model.centroids().row(*label).to_vec()));
        Ok(Tested {
            train: train.len(),
            test: test.len(),
            ari: Contingency::of_labels(&before, &assigned).adjusted_rand(),
            inertia: (
                model.inertia() / train.len() as f64,
                distances.sum::<f64>() / test.len() as f64,
            ),
        })
    }

    pub fn ratio(&self) -> Option<f64> {
        Some(self.inertia.1 / self.inertia.0).filter(|ratio| ratio.is_finite())
    }
}
