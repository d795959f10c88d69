use std::path::Path;

use linfa::ParamGuard;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::forest::{RandomForest, RandomForestParams, likeliest};
use crate::saved::{self, Kind};
use crate::stat::interval::{checked, wilson};
use crate::table::column;
use crate::table::export::Existing;
use crate::{Error, Result};

/// A file of a classifier.
const FILE: Kind = Kind {
    format: "segmenta classifier",
    version: 1,
    name: "classifier",
    noun: "a classifier",
    spoilt: "a spoilt classifier",
    written: "Classifier::save writes it",
};
/// A class with fewer rows is hardly learned, and hardly judged.
const FEW: u64 = 10;

/// Which class will a customer be in? Columns of a table, the classes of another column, and a [`RandomForest`].
///
/// [`fit`](Classifier::fit) learns them, [`tidy`](Classifier::tidy) says what the columns do,
/// [`augment`](Classifier::augment) adds the answer and the chance of each class to a table,
/// [`glance`](Classifier::glance) says how good the answers are for rows that a tree did not see.
///
/// ```
/// use segmenta::predict::{Classifier, RandomForest};
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "visits" => [1, 2, 3, 4, 20, 21, 22, 23], "next" => ["leaves", "leaves", "leaves", "leaves", "stays", "stays",
///         "stays", "stays"],
/// )?;
/// let classifier = Classifier::fit(&customers, "next", ["visits"], &RandomForest::params().trees(50))?;
/// let answers = classifier.augment(&df!("visits" => [2, 30])?)?;
/// assert_eq!(answers.column("predicted")?.str()?.iter().flatten().collect::<Vec<_>>(), ["leaves", "stays"]);
/// assert!(table::number(&answers, "probability_stays", 1)? > 0.9);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    target: String,
    columns: Vec<String>,
    classes: Vec<String>,
    /// Whether the classes are whole numbers.
    whole: bool,
    counts: Vec<u64>,
    seed: u64,
    forest: RandomForest,
}

impl Classifier {
    /// Learns the classes of one column from others, which hold numbers; a null there is missing, which a tree
    /// takes for a value like any other.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where a column holds no numbers; [`Error::Value`] where the class
    /// is missing, or a number not finite; [`Error::Parameter`] where the target is among the columns;
    /// [`Error::TooFew`] where there is a single class, or no column.
    pub fn fit<'a>(
        table: &DataFrame,
        target: &str,
        columns: impl IntoIterator<Item = &'a str>,
        params: &RandomForestParams,
    ) -> Result<Self> {
        let params = params.check_ref()?;
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        if columns.is_empty() {
            return Err(Error::TooFew {
                what: "columns".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        if columns.iter().any(|name| name == target) {
            return Err(Error::Parameter {
                name: "columns",
                value: format!("{target}, which is to be told"),
                expected: "other columns than the target".into(),
            });
        }
        let (labels, classes, whole) = labelled(table, target)?;
        if classes.len() < 2 {
            return Err(Error::TooFew {
                what: format!("classes in {target}"),
                found: classes.len(),
                expected: "2 or more".into(),
            });
        }
        let rows = rows(table, &columns)?;
        let forest = params.grow(&rows, columns.len(), &labels, classes.len())?;
        let mut counts = vec![0; classes.len()];
        labels.iter().for_each(|label| counts[*label] += 1);
        Ok(Classifier {
            target: target.to_owned(),
            columns,
            classes,
            whole,
            counts,
            seed: params.own_seed(),
            forest,
        })
    }

    /// The trees.
    pub fn forest(&self) -> &RandomForest {
        &self.forest
    }

    /// What do the columns do? A row for each, the heaviest first: `column`, and its `impurity`, how much purer it
    /// made the leaves, adding up to 1. A caution: see [`RandomForest::impurity_importance`].
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self) -> Result<DataFrame> {
        let purer = self.forest.impurity_importance();
        let mut order: Vec<usize> = (0..purer.len()).collect();
        order.sort_by(|a, b| purer[*b].total_cmp(&purer[*a]));
        Ok(df!(
            "column" => order.iter().map(|place| self.columns[*place].as_str()).collect::<Vec<_>>(),
            "impurity" => order.iter().map(|place| purer[*place]).collect::<Vec<_>>(),
        )?)
    }

    /// How good are the answers? One row: `n`, `classes`, `columns`, `trees`, `depth` of the deepest, `leaves` of
    /// all, `most_frequent` (the share of the most frequent class: what saying it each time is right), and of rows
    /// by the trees that did not see them `accuracy` with `accuracy_lower` and `accuracy_upper` (Wilson) and
    /// `log_loss`; null where it was not asked for. A `warning` names a class with fewer than 10 rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn glance(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let n: u64 = self.counts.iter().sum();
        let judged = self.forest.out_of_bag();
        let accuracy = judged
            .map(|own| wilson(own.right, own.n, confidence))
            .transpose()?;
        let (depth, leaves) = self.forest.size();
        let most = self.counts.iter().max().copied().unwrap_or(0);
        let few: Vec<String> = self
            .classes
            .iter()
            .zip(&self.counts)
            .filter(|(_, count)| **count < FEW)
            .map(|(class, count)| format!("{class} ({count})"))
            .collect();
        let warning = (!few.is_empty()).then(|| {
            format!(
                "classes with fewer than {FEW} rows, which are hardly learned: {}",
                few.join(", ")
            )
        });
        Ok(df!(
            "n" => [n],
            "classes" => [self.classes.len() as u64],
            "columns" => [self.columns.len() as u64],
            "trees" => [self.forest.trees() as u64],
            "depth" => [depth as u64],
            "leaves" => [leaves as u64],
            "most_frequent" => [most as f64 / n as f64],
            "accuracy" => [accuracy.map(|own| own.estimate)],
            "accuracy_lower" => [accuracy.map(|own| own.lower)],
            "accuracy_upper" => [accuracy.map(|own| own.upper)],
            "log_loss" => [judged.map(|own| own.log_loss)],
            "seed" => [self.seed],
            "warning" => [warning],
        )?)
    }

    /// Which class? The table with `predicted`, its `probability`, and `probability_...` for each class.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where the columns are not those that were
    /// learned from; [`Error::Parameter`] where the table has a column of one of these names.
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        let k = self.classes.len();
        let chances = self.forest.chances(&rows(table, &self.columns)?);
        let best: Vec<usize> = chances.chunks_exact(k).map(likeliest).collect();
        let names: Vec<&str> = best
            .iter()
            .map(|class| self.classes[*class].as_str())
            .collect();
        let mut predicted = Column::new("predicted".into(), names);
        if self.whole {
            predicted = predicted.cast(&DataType::Int64)?;
        }
        let chance = best.iter().zip(chances.chunks_exact(k));
        let chance: Vec<f64> = chance.map(|(class, chances)| chances[*class]).collect();
        let mut own = vec![predicted, Column::new("probability".into(), chance)];
        for (class, name) in self.classes.iter().enumerate() {
            let of: Vec<f64> = chances.iter().skip(class).step_by(k).copied().collect();
            own.push(Column::new(format!("probability_{name}").into(), of));
        }
        column::beside(table, &DataFrame::new(table.height(), own)?)
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn own_seed(&self) -> u64 {
        self.seed
    }

    /// The class of each row of a table, as it was learned; those that were not learned are told.
    pub(super) fn known(&self, table: &DataFrame) -> Result<Vec<usize>> {
        let labels = column::labels(table, &self.target)?;
        let places = labels.iter().enumerate().map(|(row, label)| {
            let place = self.classes.iter().position(|class| class == label);
            place.ok_or_else(|| Error::Value {
                column: self.target.clone(),
                row,
                value: label.clone(),
                expected: format!(
                    "one of the classes that were learned: {}",
                    self.classes.join(", ")
                ),
            })
        });
        places.collect()
    }

    pub(super) fn rows(&self, table: &DataFrame) -> Result<Vec<f64>> {
        rows(table, &self.columns)
    }

    /// Writes the classifier to a file, as JSON, to be [loaded](Classifier::load) another day. The file is written
    /// whole or not at all.
    ///
    /// # Errors
    /// [`Error::Write`], also where there is a file of that name, and it is to be kept.
    ///
    /// ```
    /// use segmenta::predict::{Classifier, RandomForest};
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("visits" => [1, 2, 3, 4], "class" => [1, 1, 2, 2])?;
    /// let classifier = Classifier::fit(&customers, "class", ["visits"], &RandomForest::params().trees(5))?;
    /// let file = std::env::temp_dir().join(format!("segmenta-doc-classifier-{}.json", std::process::id()));
    /// classifier.save(&file, Existing::Replace)?;
    /// assert_eq!(Classifier::load(&file)?, classifier);
    /// # std::fs::remove_file(file).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        saved::save(&FILE, self, false, file.as_ref(), existing)
    }

    /// Reads a classifier from a file that [`save`](Classifier::save) wrote.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::NotATable`] where the file holds something else, or a classifier of another
    /// version.
    pub fn load(file: impl AsRef<Path>) -> Result<Self> {
        saved::load(&FILE, file.as_ref(), |own: &Classifier| {
            own.forest.is_sound(own.columns.len(), own.classes.len())
                && own.counts.len() == own.classes.len()
                && (!own.whole || own.classes.iter().all(|class| class.parse::<i64>().is_ok()))
        })
    }
}

/// The class of each row, what the classes are called, and whether they are whole numbers.
fn labelled(table: &DataFrame, target: &str) -> Result<(Vec<usize>, Vec<String>, bool)> {
    let column = column::find(table, target)?;
    let is_null = column.is_null();
    if let Some(row) = is_null.iter().position(|null| null == Some(true)) {
        return Err(Error::Value {
            column: target.to_owned(),
            row,
            value: "null".into(),
            expected: "a class; leave such rows out with clean::Clean::drop_nulls".into(),
        });
    }
    let whole = column.dtype().is_integer();
    let labels = column::labels(table, target)?;
    let mut classes = labels.clone();
    match whole {
        true => classes.sort_by_key(|class| class.parse::<i64>().unwrap_or(i64::MAX)),
        false => classes.sort(),
    }
    classes.dedup();
    let places: std::collections::HashMap<&str, usize> = classes
        .iter()
        .enumerate()
        .map(|(place, class)| (class.as_str(), place))
        .collect();
    let labels = labels.iter().map(|label| places[label.as_str()]).collect();
    Ok((labels, classes.clone(), whole))
}

/// The columns of a table, row by row; NaN for what is missing.
fn rows(table: &DataFrame, columns: &[String]) -> Result<Vec<f64>> {
    let d = columns.len();
    let mut rows = vec![f64::NAN; table.height() * d];
    for (place, name) in columns.iter().enumerate() {
        for (row, value) in column::numbers(table, name)?.into_iter().enumerate() {
            rows[row * d + place] = value.unwrap_or(f64::NAN);
        }
    }
    Ok(rows)
}
