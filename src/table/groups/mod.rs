//! By what are the customers told apart?
//!
//! Functions that compare groups take [`By`]: the name of a column, or [`Bands`] that cut a
//! column of numbers into a few groups, such as ages or incomes. Those of the
//! published analyses are [`AgeBands`](crate::data::published::AgeBands).

mod bands;

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;
use polars::prelude::*;

use crate::table::{column, dictionary};
use crate::{Error, Result};
pub use bands::Bands;

/// More groups than a reader can compare, or a test can correct for.
pub(crate) const MOST: usize = 100;

/// By what are the customers told apart: the values of a column, or bands of it?
///
/// Functions that compare groups take `impl Into<By>`: the name of a column, or [`Bands`]; and
/// no more than 100 groups, as no reader compares more. Numbers are sorted by size, bands from low to high,
/// `Education` and `Marital_Status` in the order of [`campaign`](crate::data::campaign), other
/// words by the alphabet.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("age" => [30, 45, 70], "Response" => [1, 0, 0])?;
/// let by_band = interval::rates(&customers, "Response", &Bands::new("age", [40.0])?, 0.95)?;
/// let by_age = interval::rates(&customers, "Response", "age", 0.95)?;
/// assert_eq!((by_band.height(), by_age.height()), (2, 3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum By {
    /// One group for each value of this column.
    Column(String),
    /// One group for each band.
    Bands(Bands),
}

impl From<&str> for By {
    fn from(column: &str) -> Self {
        By::Column(column.to_owned())
    }
}

impl From<&String> for By {
    fn from(column: &String) -> Self {
        By::Column(column.clone())
    }
}

impl From<Bands> for By {
    fn from(bands: Bands) -> Self {
        By::Bands(bands)
    }
}

impl From<&Bands> for By {
    fn from(bands: &Bands) -> Self {
        By::Bands(bands.clone())
    }
}

/// The rows of a table in groups.
pub(crate) struct Groups {
    pub name: String,
    pub labels: Vec<String>,
    /// For each row the place of its label; `None` where the value is null.
    pub codes: Vec<Option<u32>>,
}

impl By {
    /// Groups that can be compared: an error where there are more than a reader can see.
    pub(crate) fn groups(&self, table: &DataFrame) -> Result<Groups> {
        let groups = match self {
            By::Column(name) => encode(column::find(table, name)?)?,
            By::Bands(bands) => bands.groups(table)?,
        };
        if groups.labels.len() > MOST {
            return Err(Error::Parameter {
                name: "by",
                value: format!("{} with {} groups", groups.name, groups.labels.len()),
                expected: format!(
                    "at most {MOST} groups; Bands::quantiles makes bands of a column of numbers"
                ),
            });
        }
        Ok(groups)
    }
}

impl Groups {
    /// How many rows each group has, and at last how many belong to none.
    pub fn sizes(&self) -> (Vec<u64>, u64) {
        let mut sizes = vec![0; self.labels.len()];
        let mut without = 0;
        for code in &self.codes {
            match code {
                Some(code) => sizes[*code as usize] += 1,
                None => without += 1,
            }
        }
        (sizes, without)
    }

    /// What belongs to each group, and at last what belongs to none.
    pub fn split<T>(&self, rows: impl IntoIterator<Item = T>) -> (Vec<Vec<T>>, Vec<T>) {
        let mut groups: Vec<Vec<T>> = self.labels.iter().map(|_| Vec::new()).collect();
        let mut without = Vec::new();
        for (row, code) in rows.into_iter().zip(&self.codes) {
            match code.and_then(|code| groups.get_mut(code as usize)) {
                Some(group) => group.push(row),
                None => without.push(row),
            }
        }
        (groups, without)
    }

    /// Like [`split`](Groups::split), with a group of its own, without a label, for the rows
    /// that belong to none, where there are any.
    pub fn split_all<T>(
        &self,
        rows: impl IntoIterator<Item = T>,
    ) -> (Vec<Option<String>>, Vec<Vec<T>>) {
        let (mut groups, without) = self.split(rows);
        let mut labels: Vec<Option<String>> = self.labels.iter().cloned().map(Some).collect();
        if !without.is_empty() {
            labels.push(None);
            groups.push(without);
        }
        (labels, groups)
    }
}

/// The answer with its column of groups as the table has it: whole numbers again, where labels have
/// made words of them, so that the two can be joined.
pub(crate) fn as_in(table: &DataFrame, name: &str, mut answer: DataFrame) -> Result<DataFrame> {
    let kind = column::find(table, name)?.dtype();
    if kind.is_integer() {
        let labels = column::find(&answer, name)?.strict_cast(kind)?;
        answer.with_column(labels)?;
    }
    Ok(answer)
}

/// An error where the column of segments has a name that the answer needs itself.
pub(crate) fn own_name(segment: &str, own: &[&str]) -> Result<()> {
    if !own.contains(&segment) {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "segment",
        value: segment.to_owned(),
        expected: format!("a column with another name than {}", own.join(", ")),
    })
}

/// One group for each value of a column.
pub(crate) fn encode(column: &Column) -> Result<Groups> {
    let name = column.name().to_string();
    let wrong = || Error::WrongType {
        column: column.name().to_string(),
        found: column.dtype().to_string(),
        expected: "words, numbers, dates or flags".into(),
    };
    let (firsts, codes) = match column.dtype() {
        DataType::String => {
            let (seen, codes) = number(column.str()?.iter());
            let mut order: Vec<(usize, &str, u32)> = seen
                .iter()
                .map(|(word, code)| {
                    (
                        dictionary::order(&name, word).unwrap_or(usize::MAX),
                        *word,
                        *code,
                    )
                })
                .collect();
            order.sort_unstable();
            let labels = order
                .iter()
                .map(|(_, word, _)| (*word).to_owned())
                .collect();
            let order: Vec<u32> = order.iter().map(|(_, _, code)| *code).collect();
            return Ok(Groups {
                name,
                labels,
                codes: renumber(&order, codes),
            });
        }
        DataType::Float32 | DataType::Float64 => {
            let floats = column.cast(&DataType::Float64)?;
            // 0.0 and -0.0 are one value.
            let bits = floats.f64()?.iter().map(|x| x.map(|x| (x + 0.0).to_bits()));
            let (seen, codes) = number(bits);
            let mut order: Vec<(u64, u32)> = seen.into_iter().collect();
            order.sort_unstable_by(|a, b| f64::from_bits(a.0).total_cmp(&f64::from_bits(b.0)));
            (order.into_iter().map(|(_, code)| code).collect(), codes)
        }
        _ if column::is_numeric(column) => {
            let whole = column.to_physical_repr().strict_cast(&DataType::Int64)?;
            let (seen, codes) = number(whole.i64()?.iter());
            let mut order: Vec<(i64, u32)> = seen.into_iter().collect();
            order.sort_unstable();
            (
                order.into_iter().map(|(_, code)| code).collect::<Vec<_>>(),
                codes,
            )
        }
        DataType::Null => (Vec::new(), vec![None; column.len()]),
        _ => return Err(wrong()),
    };
    // Codes count in the order of first appearance, so the first row of each is found in one go.
    let mut first_rows = Vec::new();
    for (row, code) in codes.iter().enumerate() {
        if *code == Some(first_rows.len() as u32) {
            first_rows.push(row);
        }
    }
    let labels = firsts
        .iter()
        .map(|code| column::label(column, first_rows[*code as usize]))
        .collect::<Result<_>>()?;
    Ok(Groups {
        name,
        labels,
        codes: renumber(&firsts, codes),
    })
}

/// Numbers the values in the order of their first appearance.
fn number<T: Hash + Eq + Copy>(
    values: impl Iterator<Item = Option<T>>,
) -> (HashMap<T, u32, RandomState>, Vec<Option<u32>>) {
    let mut seen: HashMap<T, u32, RandomState> = HashMap::default();
    let codes = values
        .map(|value| {
            value.map(|value| {
                let next = seen.len() as u32;
                *seen.entry(value).or_insert(next)
            })
        })
        .collect();
    (seen, codes)
}

/// Codes as places in `order`, which lists the old codes as they should stand.
fn renumber(order: &[u32], codes: Vec<Option<u32>>) -> Vec<Option<u32>> {
    let mut place = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old as usize] = new as u32;
    }
    codes
        .into_iter()
        .map(|code| code.map(|code| place[code as usize]))
        .collect()
}
