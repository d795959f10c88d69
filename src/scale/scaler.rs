use linfa::DatasetBase;
use ndarray::{Array1, Array2};
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::expressions::{self, Expressions};
use super::step::Step;
use super::work::Work;
use crate::table::column;
use crate::table::points::Points;
use crate::{Error, Result};

/// A fitted [`Recipe`](super::Recipe): turns customers into the numbers that a model sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// The columns that it reads, and whether they are words.
    columns: Vec<(String, bool)>,
    steps: Vec<Step>,
    changed: Vec<u64>,
    /// The columns that come out.
    pub(super) outcome: Vec<String>,
}

impl Scaler {
    pub(super) fn new(work: &Work) -> Self {
        Scaler {
            columns: work.kinds(),
            steps: Vec::new(),
            changed: Vec::new(),
            outcome: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, step: Step, work: &mut Work) -> Result<()> {
        self.changed.push(step.apply(work)?);
        self.steps.push(step);
        Ok(())
    }

    /// The columns that a table must have.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The columns that come out, in their order.
    pub fn outcome(&self) -> Vec<&str> {
        self.outcome.iter().map(String::as_str).collect()
    }

    /// What each step did to the table that it was fitted to: `step`, `column`, `with` (the numbers
    /// it learned), `changed` (how many values it changed) and `warning`.
    pub fn report(&self) -> Result<DataFrame> {
        let told: Vec<[String; 3]> = self.steps.iter().map(Step::told).collect();
        let warnings: Vec<Option<&str>> = self.steps.iter().map(Step::warning).collect();
        Ok(df!(
            "step" => told.iter().map(|t| t[0].as_str()).collect::<Vec<_>>(),
            "column" => told.iter().map(|t| t[1].as_str()).collect::<Vec<_>>(),
            "with" => told.iter().map(|t| t[2].as_str()).collect::<Vec<_>>(),
            "changed" => self.changed.as_slice(),
            "warning" => warnings,
        )?)
    }

    /// The customers as the model sees them: a column of numbers for each of
    /// [`outcome`](Scaler::outcome), a row for each customer.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where the table does not have the columns that the
    /// scaler was fitted to, [`Error::Value`] where a value is missing or cannot be turned into a
    /// number.
    pub fn transform(&self, table: &DataFrame) -> Result<DataFrame> {
        let (names, columns) = self.work(table)?.complete()?;
        let columns = names.iter().zip(columns);
        let columns = columns.map(|(name, values)| Column::new(name.as_str().into(), values));
        Ok(DataFrame::new(table.height(), columns.collect())?)
    }

    /// The same as a dataset of linfa's, for its algorithms.
    ///
    /// # Errors
    /// Those of [`transform`](Scaler::transform).
    ///
    /// ```
    /// use segmenta::linfa::traits::Fit;
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 2.0, 8.0, 9.0])?;
    /// let data = Recipe::new(["spend"]).fit(&customers)?.dataset(&customers)?;
    /// assert_eq!(KMeans::params(2).fit(&data)?.counts(), [2, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn dataset(&self, table: &DataFrame) -> Result<DatasetBase<Array2<f64>, Array1<()>>> {
        let (names, columns) = self.work(table)?.complete()?;
        let place = |(row, column): (usize, usize)| columns[column][row];
        let records = Array2::from_shape_fn((table.height(), names.len()), place);
        Ok(DatasetBase::from(records).with_feature_names(names))
    }

    pub(crate) fn points(&self, table: &DataFrame) -> Result<Points> {
        Ok(Points::from_columns(&self.work(table)?.complete()?.1))
    }

    /// The same as expressions of SQL: the columns as they are read, each with its name, and what becomes of them in the
    /// terms of these names.
    pub(crate) fn expressions(&self) -> Result<(Vec<String>, Vec<String>)> {
        let read = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, (name, words))| {
                format!(
                    "{} as {}",
                    expressions::read(name, *words),
                    expressions::value(place)
                )
            });
        let mut columns = Expressions::new(&self.columns);
        for step in &self.steps {
            step.express(&mut columns)?;
        }
        Ok((read.collect(), columns.numbers()?))
    }

    /// Whether lists that belong together are equally long: a file may have been changed.
    pub(crate) fn is_sound(&self) -> bool {
        !self.outcome.is_empty()
            && self.changed.len() == self.steps.len()
            && self.steps.iter().all(Step::is_sound)
    }

    /// The points of rows that were read before.
    pub(crate) fn points_of(&self, work: Work) -> Result<Points> {
        Ok(Points::from_columns(&self.apply(work)?.complete()?.1))
    }

    fn work(&self, table: &DataFrame) -> Result<Work> {
        for (name, words) in &self.columns {
            let found = column::find(table, name)?.dtype();
            if (*found == DataType::String) != *words {
                return Err(Error::WrongType {
                    column: name.clone(),
                    found: found.to_string(),
                    expected: if *words { "words" } else { "numbers" }.into(),
                });
            }
        }
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        self.apply(Work::read(table, &names)?)
    }

    fn apply(&self, mut work: Work) -> Result<Work> {
        for step in &self.steps {
            step.apply(&mut work)?;
        }
        if work.names() != self.outcome {
            return Err(Error::Parameter {
                name: "scaler",
                value: format!("one that gives {}", work.names().join(", ")),
                expected: format!("{}, as when it was fitted", self.outcome.join(", ")),
            });
        }
        Ok(work)
    }
}
