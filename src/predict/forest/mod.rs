//! Many trees that vote.

mod bins;
mod grow;
mod params;
mod tree;

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::progress::Progress;
use crate::stat::random::{below, derive, stream};
use crate::table::points::check_width;
use crate::{Error, Result};
use bins::Binned;
use grow::Soil;
pub use params::{ClassWeights, RandomForestParams, RandomForestValidParams};
use tree::Tree;

/// Rows that a thread predicts at a time, tree by tree: so many that a tree is worth fetching.
const PART: usize = 8_192;
/// Classes at most.
const MOST_CLASSES: usize = 1_000;

/// To which class does a row belong, by the vote of many trees?
///
/// A random forest (Breiman 2001): each tree grows on as many rows as there are, drawn with repetition, and tries
/// a few columns at each split; the shares of the classes in the leaves are averaged. It stands behind linfa's
/// traits: [`params`](RandomForest::params) is the builder, `fit` takes a dataset whose targets are classes from
/// 0, `predict` gives the most likely class of each row, [`probabilities`](RandomForest::probabilities) the
/// chance of each class.
///
/// Splits are looked for between bins of neighbouring values, each value in a bin of its own where a column has
/// few. A value that is not a number is missing, and goes to the side where it made the leaves purer. The same
/// seed gives the same digits on any number of threads. One tree with
/// [`bootstrap(false)`](RandomForestParams::bootstrap) and all columns is CART.
///
/// ```
/// use segmenta::linfa::traits::{Fit, Predict};
/// use segmenta::linfa::DatasetBase;
/// use segmenta::ndarray::array;
/// use segmenta::predict::RandomForest;
///
/// let rows = array![[1.0], [2.0], [3.0], [10.0], [11.0], [12.0]];
/// let data = DatasetBase::new(rows, array![0usize, 0, 0, 1, 1, 1]);
/// let forest = RandomForest::params().trees(20).seed(1).fit(&data)?;
/// assert_eq!(forest.predict(&array![[2.5], [9.0]]), array![0, 1]);
/// # Ok::<(), segmenta::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomForest {
    trees: Vec<Tree>,
    columns: usize,
    classes: usize,
    /// For each column how much purer it made the leaves, adding up to 1.
    purer: Vec<f64>,
    out_of_bag: Option<OutOfBag>,
}

/// How good the trees are for rows that they did not grow on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OutOfBag {
    /// Rows that a tree at least did not see.
    pub n: u64,
    /// Rows whose class was right.
    pub right: u64,
    /// The mean of the negative logarithms of the chances of what was right.
    pub log_loss: f64,
}

impl RandomForest {
    /// So many trees.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// So many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The share of rows whose class the trees tell that did not grow on them; `None` where it was not
    /// [asked for](RandomForestParams::out_of_bag), or each tree saw all rows.
    pub fn out_of_bag_accuracy(&self) -> Option<f64> {
        let own = self.out_of_bag.as_ref()?;
        Some(own.right as f64 / own.n as f64)
    }

    /// How much purer each column made the leaves, adding up to 1 (mean decrease of impurity).
    ///
    /// It is computed on the rows that were learned from, so that a column of noise with many values looks as if
    /// it mattered, and columns that say the same share what they are worth (Strobl et al. 2007):
    /// [`Classifier::importance`](super::Classifier::importance) is without either fault.
    pub fn impurity_importance(&self) -> &[f64] {
        &self.purer
    }

    pub(super) fn out_of_bag(&self) -> Option<&OutOfBag> {
        self.out_of_bag.as_ref()
    }

    /// The deepest tree's depth, and the leaves of all.
    pub(super) fn size(&self) -> (usize, usize) {
        let depth = self.trees.iter().map(Tree::depth).max().unwrap_or(0);
        (depth, self.trees.iter().map(Tree::leaves).sum())
    }

    /// The chance of each class: a row for each row, a column for each class.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the rows have other columns than those that were learned from.
    pub fn probabilities<D: Data<Elem = f64>>(
        &self,
        rows: &ArrayBase<D, Ix2>,
    ) -> Result<Array2<f64>> {
        if rows.ncols() != self.columns {
            return Err(Error::Parameter {
                name: "rows",
                value: format!("{} columns", rows.ncols()),
                expected: format!("the {} that were learned from", self.columns),
            });
        }
        let values: Vec<f64> = rows.iter().copied().collect();
        let chances = self.chances(&values);
        // They have a place for each class of each row.
        Ok(Array2::from_shape_fn(
            (rows.nrows(), self.classes),
            |(row, class)| chances[row * self.classes + class],
        ))
    }

    /// The chances of rows that stand one after another.
    pub(super) fn chances(&self, rows: &[f64]) -> Vec<f64> {
        let (d, k) = (self.columns, self.classes);
        let mut chances = vec![0.0; rows.len() / d * k];
        let parts = rows
            .par_chunks(PART * d)
            .zip(chances.par_chunks_mut(PART * k));
        parts.for_each(|(rows, sums)| {
            self.trees.iter().for_each(|tree| tree.add(rows, d, sums));
            sums.iter_mut()
                .for_each(|sum| *sum /= self.trees.len() as f64);
        });
        chances
    }

    /// Whether the parts fit together: a file may have been changed.
    pub(super) fn is_sound(&self, columns: usize, classes: usize) -> bool {
        self.columns == columns
            && self.classes == classes
            && columns > 0
            && classes > 1
            && self.purer.len() == columns
            && !self.trees.is_empty()
            && self
                .trees
                .iter()
                .all(|tree| tree.is_sound(columns, classes))
    }
}

/// The first of the classes with the largest chance.
pub(super) fn likeliest(chances: &[f64]) -> usize {
    (1..chances.len()).fold(0, |best, class| {
        if chances[class] > chances[best] {
            class
        } else {
            best
        }
    })
}

impl RandomForestValidParams {
    /// Grows a forest on rows that stand one after another, each of a class below `k`.
    pub(super) fn grow(
        &self,
        rows: &[f64],
        d: usize,
        classes: &[usize],
        k: usize,
    ) -> Result<RandomForest> {
        let n = classes.len();
        let mut counts = vec![0u64; k];
        classes.iter().for_each(|class| counts[*class] += 1);
        let there = counts.iter().filter(|count| **count > 0).count();
        if there < 2 || k > MOST_CLASSES {
            return Err(Error::TooFew {
                what: "classes with a row".into(),
                found: there,
                expected: format!("2 to {MOST_CLASSES}"),
            });
        }
        if let Some(place) = rows.iter().position(|x| x.is_infinite()) {
            return Err(Error::Value {
                column: format!("number {}", place % d),
                row: place / d,
                value: rows[place].to_string(),
                expected: "a finite number, or NaN for what is missing".into(),
            });
        }
        let columns: Vec<Binned> = (0..d)
            .into_par_iter()
            .map(|column| {
                let values: Vec<f64> = rows.iter().skip(column).step_by(d).copied().collect();
                Binned::new(&values, self.bins)
            })
            .collect();
        let labels: Vec<u16> = classes.iter().map(|class| *class as u16).collect();
        let weights = self.weights.of(&counts)?;
        let soil = Soil {
            columns: &columns,
            classes: &labels,
            weights: &weights,
            depth: self.depth.unwrap_or(usize::MAX),
            least: self.least,
            tried: self
                .columns
                .unwrap_or_else(|| (d as f64).sqrt() as usize)
                .clamp(1, d),
        };
        let progress = Progress::new("trees", self.trees);
        let asks = self.out_of_bag && self.bootstrap;
        let grown = (0..self.trees)
            .into_par_iter()
            .with_max_len(1)
            .map(|tree| {
                let mut random = stream(derive(self.seed, 41), tree);
                let mut times = vec![u8::from(!self.bootstrap); n];
                if self.bootstrap {
                    for _ in 0..n {
                        let own = &mut times[below(&mut random, n)];
                        *own = own.saturating_add(1);
                    }
                }
                let grown = soil.grow(&times, &mut random);
                progress.tick()?;
                // Which rows it did not see.
                let unseen: Vec<bool> = match asks {
                    true => times.iter().map(|times| *times == 0).collect(),
                    false => Vec::new(),
                };
                Ok((grown, unseen))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut purer = vec![0.0; d];
        let (mut trees, mut unseen) = (Vec::new(), Vec::new());
        for (grown, own) in grown {
            // Each tree counts the same, one of a single leaf not at all.
            let all: f64 = grown.purer.iter().sum();
            if all > 0.0 {
                purer
                    .iter_mut()
                    .zip(&grown.purer)
                    .for_each(|(sum, own)| *sum += own / all);
            }
            trees.push(grown.tree);
            unseen.push(own);
        }
        let all: f64 = purer.iter().sum();
        if all > 0.0 {
            purer.iter_mut().for_each(|own| *own /= all);
        }
        let mut forest = RandomForest {
            trees,
            columns: d,
            classes: k,
            purer,
            out_of_bag: None,
        };
        if asks {
            forest.out_of_bag = forest.judge(rows, classes, &unseen);
        }
        Ok(forest)
    }
}

impl RandomForest {
    /// How good each tree is for the rows that it did not see.
    fn judge(&self, rows: &[f64], classes: &[usize], unseen: &[Vec<bool>]) -> Option<OutOfBag> {
        let (d, k) = (self.columns, self.classes);
        let parts: Vec<(u64, u64, f64)> = classes
            .par_chunks(PART)
            .enumerate()
            .map(|(part, classes)| {
                let mut sums = vec![0.0; classes.len() * k];
                let (mut places, mut own): (Vec<usize>, Vec<f64>) = (Vec::new(), Vec::new());
                for (tree, unseen) in self.trees.iter().zip(unseen) {
                    let of_tree = &unseen[part * PART..part * PART + classes.len()];
                    places.clear();
                    places.extend((0..of_tree.len()).filter(|place| of_tree[*place]));
                    if places.is_empty() {
                        continue;
                    }
                    own.clear();
                    for place in &places {
                        own.extend(&rows[(part * PART + place) * d..][..d]);
                    }
                    let mut shares = vec![0.0; places.len() * k];
                    tree.add(&own, d, &mut shares);
                    for (place, shares) in places.iter().zip(shares.chunks_exact(k)) {
                        let sums = &mut sums[place * k..][..k];
                        sums.iter_mut()
                            .zip(shares)
                            .for_each(|(sum, share)| *sum += share);
                    }
                }
                let (mut n, mut right, mut loss) = (0, 0, 0.0);
                for (class, sums) in classes.iter().zip(sums.chunks_exact(k)) {
                    let all: f64 = sums.iter().sum();
                    if all > 0.0 {
                        n += 1;
                        right += u64::from(likeliest(sums) == *class);
                        loss -= log_chance(sums[*class] / all);
                    }
                }
                (n, right, loss)
            })
            .collect();
        let sum = |f: fn(&(u64, u64, f64)) -> u64| parts.iter().map(f).sum::<u64>();
        let (n, right) = (sum(|part| part.0), sum(|part| part.1));
        let loss: f64 = parts.iter().map(|part| part.2).sum();
        (n > 0).then(|| OutOfBag {
            n,
            right,
            log_loss: loss / n as f64,
        })
    }
}

/// The logarithm of a chance, which is no smaller than what numbers can tell from 0: one mistake that was
/// foretold as impossible would be infinitely bad.
pub(super) fn log_chance(chance: f64) -> f64 {
    chance.clamp(f64::EPSILON, 1.0).ln()
}

impl<D: Data<Elem = f64>, T: Data<Elem = usize>>
    Fit<ArrayBase<D, Ix2>, ArrayBase<T, ndarray::Ix1>, Error> for RandomForestValidParams
{
    type Object = RandomForest;

    /// # Errors
    /// [`Error::TooFew`] where there is no row, no column, or a single class; [`Error::Value`] where a number is
    /// infinite.
    fn fit(
        &self,
        dataset: &DatasetBase<ArrayBase<D, Ix2>, ArrayBase<T, ndarray::Ix1>>,
    ) -> Result<RandomForest> {
        let (n, d) = dataset.records.dim();
        if d == 0 {
            return Err(Error::TooFew {
                what: "columns".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let classes: Vec<usize> = dataset.targets.iter().copied().collect();
        if classes.len() != n {
            return Err(Error::Parameter {
                name: "targets",
                value: format!("{} classes", classes.len()),
                expected: format!("one for each of {n} rows"),
            });
        }
        let k = classes
            .iter()
            .max()
            .map_or(0, |most| most.saturating_add(1));
        if k > MOST_CLASSES {
            return Err(Error::Parameter {
                name: "targets",
                value: format!("class {}", k - 1),
                expected: format!("classes from 0, below {MOST_CLASSES}"),
            });
        }
        let rows: Vec<f64> = dataset.records.iter().copied().collect();
        self.grow(&rows, d, &classes, k)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for RandomForest {
    /// The most likely class of each row.
    ///
    /// # Panics
    /// As linfa's own models do: where the rows have other columns than the data that was learned from, or there
    /// are not as many answers as rows.
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, classes: &mut Array1<usize>) {
        check_width("the forest", rows, classes.len(), self.columns);
        let values: Vec<f64> = rows.iter().copied().collect();
        let chances = self.chances(&values);
        for (class, chances) in classes.iter_mut().zip(chances.chunks_exact(self.classes)) {
            *class = likeliest(chances);
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(rows.nrows())
    }
}
