//! What is done to one column, and with which numbers.

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::Pca;
use crate::table::column::{self, quantile, sorted};
use crate::table::display::short;
use crate::table::groups::encode;
use crate::table::points::{Points, complete, ordinary};
use crate::{Error, Result};

/// One step on one column, with the numbers that it learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    FillMedian {
        column: String,
        median: f64,
    },
    Clip {
        column: String,
        lower: f64,
        upper: f64,
    },
    Log {
        column: String,
    },
    Log1p {
        column: String,
    },
    MinMax {
        column: String,
        least: f64,
        most: f64,
    },
    Standardise {
        column: String,
        mean: f64,
        sd: f64,
    },
    /// The different values in ascending order, each with the share of customers below it.
    Quantiles {
        column: String,
        values: Vec<f64>,
        shares: Vec<f64>,
    },
    Ordinal {
        column: String,
        order: Vec<String>,
    },
    OneHot {
        column: String,
        values: Vec<String>,
    },
    Components {
        pca: Pca,
    },
}

/// The columns on their way through the steps.
#[derive(Clone)]
pub(crate) struct Work {
    columns: Vec<(String, Values)>,
    n: usize,
}

#[derive(Clone)]
enum Values {
    Numbers(Vec<Option<f64>>),
    Words(Vec<Option<String>>),
}

impl Work {
    pub fn read(table: &DataFrame, columns: &[String]) -> Result<Self> {
        let read = |name: &String| {
            let column = column::find(table, name)?;
            let values = if *column.dtype() == DataType::String {
                let words = column.str()?.iter();
                Values::Words(words.map(|word| word.map(str::to_owned)).collect())
            } else {
                let numbers = column::measured(table, name)?;
                ordinary(name, numbers.iter().map(|x| x.unwrap_or(0.0)).collect())?;
                Values::Numbers(numbers)
            };
            Ok((name.clone(), values))
        };
        Ok(Work {
            columns: columns.iter().map(read).collect::<Result<_>>()?,
            n: table.height(),
        })
    }

    /// Some of the rows, in this order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let some = |(name, values): &(String, Values)| {
            let values = match values {
                Values::Numbers(all) => Values::Numbers(rows.iter().map(|row| all[*row]).collect()),
                Values::Words(all) => {
                    Values::Words(rows.iter().map(|row| all[*row].clone()).collect())
                }
            };
            (name.clone(), values)
        };
        Work {
            columns: self.columns.iter().map(some).collect(),
            n: rows.len(),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.n
    }

    /// The columns, and whether they are words.
    pub fn kinds(&self) -> Vec<(String, bool)> {
        let kind =
            |(name, values): &(String, Values)| (name.clone(), matches!(values, Values::Words(_)));
        self.columns.iter().map(kind).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    /// All columns as numbers without gaps.
    pub fn complete(self) -> Result<(Vec<String>, Vec<Vec<f64>>)> {
        let mut names = Vec::new();
        let mut columns = Vec::new();
        for (name, values) in self.columns {
            match values {
                Values::Numbers(values) => {
                    columns.push(ordinary(&name, complete(&name, values)?)?);
                }
                Values::Words(_) => return Err(words(&name)),
            }
            names.push(name);
        }
        Ok((names, columns))
    }

    fn place(&self, name: &str) -> Result<usize> {
        let place = self.columns.iter().position(|(column, _)| column == name);
        place.ok_or_else(|| Error::NoColumn {
            column: name.to_owned(),
            available: self.names(),
        })
    }

    fn numbers(&self, name: &str) -> Result<&[Option<f64>]> {
        match &self.columns[self.place(name)?].1 {
            Values::Numbers(values) => Ok(values),
            Values::Words(_) => Err(words(name)),
        }
    }

    /// The values that are there, in ascending order; an error where there is none.
    fn sorted(&self, name: &str) -> Result<Vec<f64>> {
        let sorted = sorted(self.numbers(name)?.iter().copied());
        if sorted.is_empty() {
            return Err(Error::TooFew {
                what: format!("values of {name}"),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        Ok(sorted)
    }
}

fn words(name: &str) -> Error {
    Error::WrongType {
        column: name.to_owned(),
        found: "words".into(),
        expected: "numbers; make them with .ordinal or .one_hot".into(),
    }
}

impl Step {
    pub fn fill_median(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        Ok(Step::FillMedian {
            column: name.to_owned(),
            median: quantile(&sorted, 0.5).unwrap_or(f64::NAN),
        })
    }

    pub fn clip(work: &Work, name: &str, lower: f64, upper: f64) -> Result<Self> {
        if !(0.0 <= lower && lower < upper && upper <= 1.0) {
            return Err(Error::Parameter {
                name: "quantiles",
                value: format!("{lower} and {upper}"),
                expected: "two from 0 to 1, the lower first".into(),
            });
        }
        let sorted = work.sorted(name)?;
        Ok(Step::Clip {
            column: name.to_owned(),
            lower: quantile(&sorted, lower).unwrap_or(f64::NAN),
            upper: quantile(&sorted, upper).unwrap_or(f64::NAN),
        })
    }

    pub fn min_max(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        Ok(Step::MinMax {
            column: name.to_owned(),
            least: sorted[0],
            most: sorted[sorted.len() - 1],
        })
    }

    pub fn standardise(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        let n = sorted.len() as f64;
        let constant = sorted[0] == sorted[sorted.len() - 1];
        let mean = sorted.iter().sum::<f64>() / n;
        let squares: f64 = sorted.iter().map(|x| (x - mean).powi(2)).sum();
        Ok(Step::Standardise {
            column: name.to_owned(),
            // Rounding must not make a tiny spread out of none.
            mean: if constant { sorted[0] } else { mean },
            sd: if constant { 0.0 } else { (squares / n).sqrt() },
        })
    }

    pub fn quantiles(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        let last = (sorted.len() - 1) as f64;
        let (mut values, mut shares) = (Vec::new(), Vec::new());
        let mut first = 0;
        for same in sorted.chunk_by(|a, b| a == b) {
            values.push(same[0]);
            let middle = first as f64 + (same.len() - 1) as f64 / 2.0;
            // A single value is at no place in particular.
            shares.push(if same.len() < sorted.len() {
                middle / last
            } else {
                0.0
            });
            first += same.len();
        }
        Ok(Step::Quantiles {
            column: name.to_owned(),
            values,
            shares,
        })
    }

    pub fn one_hot(work: &Work, name: &str) -> Result<Self> {
        let column = match &work.columns[work.place(name)?].1 {
            Values::Words(words) => Column::new(name.into(), words.as_slice()),
            Values::Numbers(numbers) => Column::new(name.into(), numbers.as_slice()),
        };
        let values = encode(&column)?.labels;
        if values.len() > crate::table::groups::MOST {
            return Err(Error::Parameter {
                name: "one_hot",
                value: format!("{name} with {} different values", values.len()),
                expected: format!("at most {}", crate::table::groups::MOST),
            });
        }
        Ok(Step::OneHot {
            column: name.to_owned(),
            values,
        })
    }

    pub fn components(work: &Work, count: usize) -> Result<Self> {
        let points = Points::from_columns(&work.clone().complete()?.1);
        Ok(Step::Components {
            pca: Pca::fit_rows(points.view()?, count)?,
        })
    }

    /// Does the step, and counts the values that it changed.
    pub fn apply(&self, work: &mut Work) -> Result<u64> {
        match self {
            Step::FillMedian { column, median } => {
                let place = work.place(column)?;
                work.numbers(column)?;
                let mut filled = 0;
                if let Values::Numbers(values) = &mut work.columns[place].1 {
                    for value in values.iter_mut().filter(|value| value.is_none()) {
                        *value = Some(*median);
                        filled += 1;
                    }
                }
                Ok(filled)
            }
            Step::Clip {
                column,
                lower,
                upper,
            } => each(work, column, |x| Ok(x.clamp(*lower, *upper))),
            Step::Log { column } => each(work, column, |x| {
                if x > 0.0 {
                    Ok(x.ln())
                } else {
                    Err("a number above 0, which has a logarithm")
                }
            }),
            Step::Log1p { column } => each(work, column, |x| {
                if x > -1.0 {
                    Ok(x.ln_1p())
                } else {
                    Err("a number above -1, of which 1 more has a logarithm")
                }
            }),
            Step::MinMax {
                column,
                least,
                most,
            } => each(work, column, |x| {
                let range = most - least;
                Ok(if range > 0.0 {
                    (x - least) / range
                } else {
                    0.0
                })
            }),
            Step::Standardise { column, mean, sd } => each(work, column, |x| {
                Ok(if *sd > 0.0 { (x - mean) / sd } else { 0.0 })
            }),
            Step::Quantiles {
                column,
                values,
                shares,
            } => each(work, column, |x| Ok(share(values, shares, x))),
            Step::Ordinal { column, order } => {
                let codes = codes(work, column, order)?;
                let place = work.place(column)?;
                let numbers = codes
                    .iter()
                    .map(|code| code.map(|code| code as f64))
                    .collect();
                work.columns[place].1 = Values::Numbers(numbers);
                Ok(codes.iter().flatten().count() as u64)
            }
            Step::OneHot { column, values } => {
                let codes = complete(column, codes(work, column, values)?)?;
                let place = work.place(column)?;
                let flags = values.iter().enumerate().map(|(number, value)| {
                    let flag = |code: &usize| Some(f64::from(u8::from(*code == number)));
                    let flags = codes.iter().map(flag).collect();
                    (format!("{column}={value}"), Values::Numbers(flags))
                });
                let flags: Vec<_> = flags.collect();
                work.columns.splice(place..=place, flags);
                Ok(codes.len() as u64)
            }
            Step::Components { pca } => {
                let all = Work {
                    columns: std::mem::take(&mut work.columns),
                    n: work.n,
                };
                let (names, columns) = all.complete()?;
                if names.len() != pca.width() {
                    return Err(Error::Parameter {
                        name: "scaler",
                        value: format!("components of {} columns", pca.width()),
                        expected: format!("of the {} that there are", names.len()),
                    });
                }
                let points = Points::from_columns(&columns);
                let count = pca.variances().len();
                let mut scores = vec![Vec::with_capacity(work.n); count];
                for row in points.rows() {
                    for (scores, score) in scores.iter_mut().zip(pca.scores(row)) {
                        scores.push(Some(score));
                    }
                }
                let names = (1..=count).map(|number| format!("PC{number}"));
                work.columns = names.zip(scores.into_iter().map(Values::Numbers)).collect();
                Ok((work.n * count) as u64)
            }
        }
    }

    /// Whether its numbers are such as can have been learned: a file may have been changed.
    pub fn is_sound(&self) -> bool {
        match self {
            Step::Clip { lower, upper, .. } => lower <= upper,
            Step::OneHot { values, .. } => !values.is_empty(),
            Step::Quantiles { values, shares, .. } => {
                !values.is_empty() && values.len() == shares.len()
            }
            Step::Components { pca } => pca.is_sound(),
            _ => true,
        }
    }

    /// The step's name, its column, and the numbers it learned, for a reader.
    pub fn told(&self) -> [String; 3] {
        let (step, column, with) = match self {
            Step::FillMedian { column, median } => (
                "fill_median",
                column.as_str(),
                format!("median {}", short(*median, 4)),
            ),
            Step::Clip {
                column,
                lower,
                upper,
            } => (
                "clip",
                column.as_str(),
                format!("{} to {}", short(*lower, 6), short(*upper, 6)),
            ),
            Step::Log { column } => ("log", column.as_str(), "natural logarithm".into()),
            Step::Log1p { column } => (
                "log1p",
                column.as_str(),
                "natural logarithm of 1 more".into(),
            ),
            Step::MinMax {
                column,
                least,
                most,
            } => (
                "min_max",
                column.as_str(),
                format!(
                    "{} becomes 0, {} becomes 1",
                    short(*least, 6),
                    short(*most, 6)
                ),
            ),
            Step::Standardise { column, mean, sd } => (
                "standardise",
                column.as_str(),
                format!(
                    "mean {}, standard deviation {}",
                    short(*mean, 6),
                    short(*sd, 6)
                ),
            ),
            Step::Quantiles { column, values, .. } => (
                "quantile_transform",
                column.as_str(),
                format!("{} different values", values.len()),
            ),
            Step::Ordinal { column, order } => ("ordinal", column.as_str(), order.join(" < ")),
            Step::OneHot { column, values } => ("one_hot", column.as_str(), values.join(", ")),
            Step::Components { pca } => {
                let ratios: Vec<String> =
                    pca.ratios().iter().map(|r| short(100.0 * r, 3)).collect();
                (
                    "principal_components",
                    "all",
                    format!("{} % of the variance", ratios.join(", ")),
                )
            }
        };
        [step.to_owned(), column.to_owned(), with]
    }

    pub fn warning(&self) -> Option<&'static str> {
        let constant = match self {
            Step::MinMax { least, most, .. } => least == most,
            Step::Standardise { sd, .. } => *sd == 0.0,
            Step::Quantiles { values, .. } => values.len() == 1,
            _ => false,
        };
        constant.then_some("the same value throughout: it says nothing, and becomes 0")
    }
}

/// Changes each number of a column, and counts those that are another one now.
fn each(
    work: &mut Work,
    name: &str,
    change: impl Fn(f64) -> std::result::Result<f64, &'static str>,
) -> Result<u64> {
    let place = work.place(name)?;
    work.numbers(name)?;
    let mut changed = 0;
    if let Values::Numbers(values) = &mut work.columns[place].1 {
        for (row, value) in values.iter_mut().enumerate() {
            if let Some(x) = value {
                let new = change(*x).map_err(|expected| Error::Value {
                    column: name.to_owned(),
                    row,
                    value: x.to_string(),
                    expected: expected.into(),
                })?;
                changed += u64::from(new != *x);
                *x = new;
            }
        }
    }
    Ok(changed)
}

/// Where between the known values a value lies, as a share of the customers.
fn share(values: &[f64], shares: &[f64], x: f64) -> f64 {
    let above = values.partition_point(|value| *value <= x);
    if above == 0 || values.len() == 1 {
        return 0.0;
    }
    if above == values.len() {
        let known = values[above - 1] == x;
        return if known { shares[above - 1] } else { 1.0 };
    }
    let (low, high) = (values[above - 1], values[above]);
    let (from, to) = (shares[above - 1], shares[above]);
    from + (to - from) * (x - low) / (high - low)
}

/// The place of each value in a list of words.
fn codes(work: &Work, name: &str, known: &[String]) -> Result<Vec<Option<usize>>> {
    let code = |row: usize, word: &str| {
        let place = known.iter().position(|known| known == word);
        place.ok_or_else(|| Error::Value {
            column: name.to_owned(),
            row,
            value: format!("{word:?}"),
            expected: format!("one of {}", known.join(", ")),
        })
    };
    let texts: Vec<Option<String>> = match &work.columns[work.place(name)?].1 {
        Values::Words(words) => words.clone(),
        Values::Numbers(numbers) => {
            let column = Column::new(name.into(), numbers.as_slice());
            let label = |row| match numbers[row] {
                None => Ok(None),
                Some(_) => column::label(&column, row).map(Some),
            };
            (0..numbers.len()).map(label).collect::<Result<_>>()?
        }
    };
    texts
        .iter()
        .enumerate()
        .map(|(row, word)| word.as_ref().map(|word| code(row, word)).transpose())
        .collect()
}
