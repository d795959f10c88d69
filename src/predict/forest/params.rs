use linfa::ParamGuard;

use super::RandomForest;
use crate::{Error, Result};

/// How is a forest to grow? A builder, made by [`RandomForest::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct RandomForestParams(RandomForestValidParams);

/// Settings of a forest that were checked.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomForestValidParams {
    pub(super) trees: usize,
    pub(super) depth: Option<usize>,
    pub(super) least: usize,
    pub(super) columns: Option<usize>,
    pub(super) bootstrap: bool,
    pub(super) out_of_bag: bool,
    pub(super) bins: usize,
    pub(super) weights: ClassWeights,
    pub(super) seed: u64,
}

/// What does a row of each class count?
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeights {
    /// All the same.
    Equal,
    /// So much that all classes together count the same: a rare one as much as a frequent one.
    Balanced,
    /// What is said, class by class.
    Own(Vec<f64>),
}

impl ClassWeights {
    /// The weight of each class.
    pub(super) fn of(&self, counts: &[u64]) -> Result<Vec<f64>> {
        match self {
            ClassWeights::Equal => Ok(vec![1.0; counts.len()]),
            ClassWeights::Balanced => {
                let n: u64 = counts.iter().sum();
                let there = counts.iter().filter(|count| **count > 0).count();
                let weight = |count: &u64| match count {
                    0 => 1.0,
                    count => n as f64 / (there as f64 * *count as f64),
                };
                Ok(counts.iter().map(weight).collect())
            }
            ClassWeights::Own(weights) if weights.len() == counts.len() => Ok(weights.clone()),
            ClassWeights::Own(weights) => Err(Error::Parameter {
                name: "class_weights",
                value: format!("{} weights", weights.len()),
                expected: format!("one for each of the {} classes", counts.len()),
            }),
        }
    }
}

impl RandomForest {
    /// 100 trees that grow until their leaves have one class, on rows drawn with repetition, with the square root
    /// of the number of columns tried at each split, up to 255 bins, all classes with the same weight, seed 0.
    pub fn params() -> RandomForestParams {
        RandomForestParams(RandomForestValidParams {
            trees: 100,
            depth: None,
            least: 1,
            columns: None,
            bootstrap: true,
            out_of_bag: true,
            bins: 255,
            weights: ClassWeights::Equal,
            seed: 0,
        })
    }
}

impl RandomForestParams {
    /// How many trees: 1 or more.
    pub fn trees(mut self, trees: usize) -> Self {
        self.0.trees = trees;
        self
    }

    /// How many splits lie above a leaf at most: 1 or more.
    pub fn depth(mut self, most: usize) -> Self {
        self.0.depth = Some(most);
        self
    }

    /// How many rows a leaf has at least: 1 or more.
    pub fn rows_in_leaf(mut self, least: usize) -> Self {
        self.0.least = least;
        self
    }

    /// How many columns are tried at each split: 1 or more; all where there are fewer.
    pub fn columns_tried(mut self, columns: usize) -> Self {
        self.0.columns = Some(columns);
        self
    }

    /// Whether each tree grows on rows drawn with repetition, or on all.
    pub fn bootstrap(mut self, bootstrap: bool) -> Self {
        self.0.bootstrap = bootstrap;
        self
    }

    /// Whether each tree is judged by the rows that it did not see, which takes about a third of the time of
    /// predicting all.
    pub fn out_of_bag(mut self, judged: bool) -> Self {
        self.0.out_of_bag = judged;
        self
    }

    /// Into how many bins the values of a column are put at most: 2 to 65,000.
    pub fn bins(mut self, most: usize) -> Self {
        self.0.bins = most;
        self
    }

    /// What a row of each class counts.
    pub fn class_weights(mut self, weights: ClassWeights) -> Self {
        self.0.weights = weights;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl RandomForestValidParams {
    pub(in crate::predict) fn own_seed(&self) -> u64 {
        self.seed
    }
}

impl ParamGuard for RandomForestParams {
    type Checked = RandomForestValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&RandomForestValidParams> {
        let own = &self.0;
        for (name, value, most) in [
            ("trees", own.trees, usize::MAX),
            ("depth", own.depth.unwrap_or(1), usize::MAX),
            ("rows_in_leaf", own.least, usize::MAX),
            ("columns_tried", own.columns.unwrap_or(1), usize::MAX),
            ("bins", own.bins.saturating_sub(1), 64_999),
        ] {
            if value == 0 || value > most {
                return Err(Error::Parameter {
                    name,
                    value: match name {
                        "bins" => own.bins,
                        _ => value,
                    }
                    .to_string(),
                    expected: match name {
                        "bins" => "2 to 65,000".into(),
                        _ => "1 or more".into(),
                    },
                });
            }
        }
        if let ClassWeights::Own(weights) = &own.weights
            && let Some(odd) = weights
                .iter()
                .find(|weight| !(**weight > 0.0 && weight.is_finite()))
        {
            return Err(Error::Parameter {
                name: "class_weights",
                value: odd.to_string(),
                expected: "finite weights above 0".into(),
            });
        }
        Ok(own)
    }

    fn check(self) -> Result<RandomForestValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}
