//! The columns on their way through the steps.

use polars::prelude::*;

use crate::table::column::{self, sorted};
use crate::table::points::{complete, ordinary};
use crate::{Error, Result};

/// The columns on their way through the steps.
#[derive(Clone)]
pub(crate) struct Work {
    pub(super) columns: Vec<(String, Values)>,
    pub(super) n: usize,
}

#[derive(Clone)]
pub(super) enum Values {
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

    pub(super) fn place(&self, name: &str) -> Result<usize> {
        let place = self.columns.iter().position(|(column, _)| column == name);
        place.ok_or_else(|| Error::NoColumn {
            column: name.to_owned(),
            available: self.names(),
            otherwise: None,
        })
    }

    pub(super) fn numbers(&self, name: &str) -> Result<&[Option<f64>]> {
        match &self.columns[self.place(name)?].1 {
            Values::Numbers(values) => Ok(values),
            Values::Words(_) => Err(words(name)),
        }
    }

    /// The values that are there, in ascending order; an error where there is none.
    pub(super) fn sorted(&self, name: &str) -> Result<Vec<f64>> {
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

    /// Changes each number of a column, and counts those that are another one now.
    pub fn change(
        &mut self,
        name: &str,
        change: impl Fn(f64) -> std::result::Result<f64, &'static str>,
    ) -> Result<u64> {
        let place = self.place(name)?;
        self.numbers(name)?;
        let mut changed = 0;
        if let Values::Numbers(values) = &mut self.columns[place].1 {
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

    /// The place of each value in a list of words.
    pub fn codes(&self, name: &str, known: &[String]) -> Result<Vec<Option<usize>>> {
        let code = |row: usize, word: &str| {
            let place = known.iter().position(|known| known == word);
            place.ok_or_else(|| Error::Value {
                column: name.to_owned(),
                row,
                value: format!("{word:?}"),
                expected: format!("one of {}", known.join(", ")),
            })
        };
        let texts: Vec<Option<String>> = match &self.columns[self.place(name)?].1 {
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
}

fn words(name: &str) -> Error {
    Error::WrongType {
        column: name.to_owned(),
        found: "words".into(),
        expected: "numbers; make them with .ordinal or .one_hot".into(),
    }
}
