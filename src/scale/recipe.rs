use polars::prelude::*;

use super::Scaler;
use super::step::{
    Clip, Components, FillMedian, Log, Log1p, MinMax, OneHot, Ordinal, Quantiles, Standardise, Step,
};
use super::work::Work;
use crate::table::points::Points;
use crate::{Error, Result};

/// Which columns does a step change?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// All that the recipe has at this step.
    All,
    /// These.
    Named(Vec<String>),
}

impl From<&str> for Columns {
    fn from(name: &str) -> Self {
        Columns::Named(vec![name.to_owned()])
    }
}

impl<const N: usize> From<[&str; N]> for Columns {
    fn from(names: [&str; N]) -> Self {
        Columns::from(names.as_slice())
    }
}

impl From<&[&str]> for Columns {
    fn from(names: &[&str]) -> Self {
        Columns::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl From<Vec<&str>> for Columns {
    fn from(names: Vec<&str>) -> Self {
        Columns::from(names.as_slice())
    }
}

/// Which columns does a model see, and what is done to them first? A builder.
///
/// Steps are done in the order in which they are written, each on the outcome of those before. A
/// step's numbers come from the table that the recipe is [fitted](Recipe::fit) to.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [10.0, 100.0, 1000.0], "visits" => [1, 2, 3])?;
/// let recipe = Recipe::new(["spend", "visits"])
///     .log("spend")
///     .min_max(Columns::All);
/// let scaled = recipe.fit(&customers)?.transform(&customers)?;
/// let spend = scaled.column("spend")?.f64()?;
/// assert!((spend.get(1).unwrap() - 0.5).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    columns: Vec<String>,
    steps: Vec<(Wanted, Columns)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    FillMedian,
    Clip(f64, f64),
    Log,
    Log1p,
    MinMax,
    Standardise,
    Quantiles,
    Ordinal(Vec<String>),
    OneHot,
    Categories,
    Components(usize),
}

impl Recipe {
    /// These columns of the table, as they are.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        Recipe {
            columns: columns.into_iter().map(str::to_owned).collect(),
            steps: Vec::new(),
        }
    }

    /// Puts the column's median where there is no value.
    pub fn fill_median(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::FillMedian, columns)
    }

    /// Moves values outside two quantiles, such as 0.01 and 0.99, to that quantile. Nobody is left
    /// out. (Quantiles by linear interpolation.)
    pub fn clip(self, columns: impl Into<Columns>, lower: f64, upper: f64) -> Self {
        self.step(Wanted::Clip(lower, upper), columns)
    }

    /// Takes the natural logarithm, so that factors become distances. Values must be above 0.
    pub fn log(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::Log, columns)
    }

    /// Takes the natural logarithm of 1 more, which an amount of 0 has too. Values must be above -1.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [0.0, 99.0])?;
    /// let scaled = Recipe::new(["spend"]).log1p("spend").fit(&customers)?.transform(&customers)?;
    /// assert_eq!(scaled.column("spend")?.f64()?.to_vec(), [Some(0.0), Some(100f64.ln())]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn log1p(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::Log1p, columns)
    }

    /// Spreads values from 0 (the smallest) to 1 (the largest).
    pub fn min_max(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::MinMax, columns)
    }

    /// Takes off the mean and divides by the population standard deviation. A constant column
    /// becomes 0, and the report has a warning.
    pub fn standardise(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::Standardise, columns)
    }

    /// Puts each value at the share of customers who have less, from 0 to 1: equal steps hold
    /// equally many customers. Of equal values it is the middle of their places; between known
    /// values it is a straight line.
    pub fn quantile_transform(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::Quantiles, columns)
    }

    /// Counts words in this order: the first is 0. A word that is not in the list is an error.
    pub fn ordinal<'a>(self, column: &str, order: impl IntoIterator<Item = &'a str>) -> Self {
        let order = order.into_iter().map(str::to_owned).collect();
        self.step(Wanted::Ordinal(order), column)
    }

    /// Makes a column of 0 and 1 for each value, named `column=value`.
    pub fn one_hot(self, columns: impl Into<Columns>) -> Self {
        self.step(Wanted::OneHot, columns)
    }

    /// Adds columns of words, or of codes, that are to take part in distances as much as one standardised
    /// column each.
    ///
    /// Each becomes columns `column=value`, one for each value, of 0 and a height: 1 over the root of 1 less
    /// the sum of the squared shares of the values, so that the variances of all of them add up to 1.
    /// (Plain 0 and 1 would weigh more the more even the values are; standardised ones as many times as
    /// there are values, the rare ones most.) [`Columns::All`] of other steps does not mean them.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 3.0], "city" => ["Bern", "Genf"])?;
    /// let recipe = Recipe::new(["spend"]).standardise(Columns::All).categories(["city"]);
    /// let scaled = recipe.fit(&customers)?.transform(&customers)?;
    /// // Shares of a half each: 1 over the root of a half.
    /// let bern = scaled.column("city=Bern")?.f64()?;
    /// assert_eq!(bern.to_vec(), [Some(1.0 / 0.5f64.sqrt()), Some(0.0)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn categories<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        self.columns.extend(names.iter().cloned());
        self.step(Wanted::Categories, Columns::Named(names))
    }

    /// Replaces all columns by their first principal components, `PC1`, `PC2` and so on.
    pub fn principal_components(self, count: usize) -> Self {
        self.step(Wanted::Components(count), Columns::All)
    }

    fn step(mut self, wanted: Wanted, columns: impl Into<Columns>) -> Self {
        self.steps.push((wanted, columns.into()));
        self
    }

    /// Learns from a table the numbers that the steps need.
    ///
    /// # Errors
    /// [`Error::NoColumn`] where the table lacks a column or a step names one that the recipe does
    /// not have, [`Error::WrongType`] where a step or the model needs numbers and there are words,
    /// [`Error::Value`] where there is a gap, a logarithm that does not exist or a word that is not
    /// in the list, [`Error::Parameter`] where quantiles are not in order, or a column is named
    /// twice, [`Error::TooFew`] where there is no customer or no column.
    pub fn fit(&self, table: &DataFrame) -> Result<Scaler> {
        Ok(self.fit_work(self.read(table)?)?.0)
    }

    /// The columns of a table, to fit the recipe to all its rows, or to some.
    pub(crate) fn read(&self, table: &DataFrame) -> Result<Work> {
        for (place, name) in self.columns.iter().enumerate() {
            if self.columns[..place].contains(name) {
                return Err(Error::Parameter {
                    name: "columns",
                    value: format!("{name} twice"),
                    expected: "each column once".into(),
                });
            }
        }
        for (what, found) in [
            ("customers", table.height()),
            ("columns", self.columns.len()),
        ] {
            if found == 0 {
                return Err(Error::TooFew {
                    what: what.into(),
                    found,
                    expected: "1 or more".into(),
                });
            }
        }
        Work::read(table, &self.columns)
    }

    /// Whether a column becomes a category by a later step.
    fn is_category_after(&self, place: usize, name: &String) -> bool {
        self.steps[place..].iter().any(|(wanted, columns)| {
            let named = matches!(columns, Columns::Named(names) if names.contains(name));
            *wanted == Wanted::Categories && named
        })
    }

    /// The scaler, and the rows that it was fitted to as points.
    pub(crate) fn fit_work(&self, mut work: Work) -> Result<(Scaler, Points)> {
        let mut scaler = Scaler::new(&work);
        for (place, (wanted, columns)) in self.steps.iter().enumerate() {
            if let Wanted::Components(count) = wanted {
                scaler.push(
                    Step::Components(Components::learn(&work, *count)?),
                    &mut work,
                )?;
                continue;
            }
            let names = match columns {
                Columns::All => {
                    let mut names = work.names();
                    names.retain(|name| !self.is_category_after(place, name));
                    names
                }
                Columns::Named(names) => names.clone(),
            };
            for name in names {
                let step = match wanted {
                    Wanted::FillMedian => Step::FillMedian(FillMedian::learn(&work, &name)?),
                    Wanted::Clip(lower, upper) => {
                        Step::Clip(Clip::learn(&work, &name, (*lower, *upper))?)
                    }
                    Wanted::Log => Step::Log(Log { column: name }),
                    Wanted::Log1p => Step::Log1p(Log1p { column: name }),
                    Wanted::MinMax => Step::MinMax(MinMax::learn(&work, &name)?),
                    Wanted::Standardise => Step::Standardise(Standardise::learn(&work, &name)?),
                    Wanted::Quantiles => Step::Quantiles(Quantiles::learn(&work, &name)?),
                    Wanted::Ordinal(order) => Step::Ordinal(Ordinal {
                        column: name,
                        order: order.clone(),
                    }),
                    Wanted::OneHot => Step::OneHot(OneHot::learn(&work, &name)?),
                    Wanted::Categories => Step::OneHot(OneHot::learn_as_one(&work, &name)?),
                    Wanted::Components(_) => continue,
                };
                scaler.push(step, &mut work)?;
            }
        }
        let (outcome, columns) = work.complete()?;
        scaler.outcome = outcome;
        Ok((scaler, Points::from_columns(&columns)))
    }
}
