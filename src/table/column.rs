//! Reads columns as the numbers that a statistic needs, or says why it cannot.

use polars::prelude::*;
use rayon::prelude::*;

use crate::table::display::plain;
use crate::{Error, Result};

/// The column, or an error that names those there are.
pub(crate) fn find<'a>(table: &'a DataFrame, name: &str) -> Result<&'a Column> {
    table.column(name).map_err(|_| Error::NoColumn {
        column: name.to_owned(),
        available: table
            .columns()
            .iter()
            .map(|column| column.name().to_string())
            .collect(),
        otherwise: None,
    })
}

/// The table with these columns behind its own, none of which may be there already.
pub(crate) fn beside(table: &DataFrame, columns: &DataFrame) -> Result<DataFrame> {
    let mut both = table.clone();
    for column in columns.columns() {
        is_new(table, column.name())?;
        both.with_column(column.clone())?;
    }
    Ok(both)
}

/// An error where one of the columns is missing that a function reads by name, with what to do with a table
/// that names them otherwise.
pub(crate) fn must_have<'a>(
    table: &DataFrame,
    names: impl IntoIterator<Item = &'a str>,
    instead: &'static str,
) -> Result<()> {
    for name in names {
        find(table, name).map_err(|error| match error {
            Error::NoColumn {
                column, available, ..
            } => Error::NoColumn {
                column,
                available,
                otherwise: Some(instead),
            },
            other => other,
        })?;
    }
    Ok(())
}

/// What to do where there is nothing to say but the names.
pub(crate) const RENAME: &str =
    "rename it first, as in table.lazy().rename([\"yours\"], [\"spend\"], true)";

/// An error where a column that is to be added is there already: it would be overwritten.
pub(crate) fn is_new(table: &DataFrame, name: &str) -> Result<()> {
    match table.column(name) {
        Err(_) => Ok(()),
        Ok(_) => Err(Error::Parameter {
            name: "table",
            value: format!("one with a column {name}"),
            expected: "a table without it, as it is added here".into(),
        }),
    }
}

/// The sum of the values of each of `n` groups; null where none of them has one. A value whose group is
/// `u32::MAX` is in none.
pub(crate) fn sums(
    groups: &[u32],
    n: usize,
    values: impl Iterator<Item = Option<f64>>,
) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<f64>> = vec![None; n];
    for (group, value) in groups.iter().zip(values) {
        if let (Some(sum), Some(value)) = (sums.get_mut(*group as usize), value) {
            *sum = Some(sum.unwrap_or(0.0) + value);
        }
    }
    sums
}

/// Whether [`numbers`] can read it: numbers, true and false, and dates (as days).
pub(crate) fn is_numeric(column: &Column) -> bool {
    let dtype = column.dtype();
    dtype.is_primitive_numeric() || matches!(dtype, DataType::Boolean | DataType::Date)
}

/// The values as numbers, row by row; `None` where there is none.
pub(crate) fn numbers(table: &DataFrame, name: &str) -> Result<Vec<Option<f64>>> {
    let column = find(table, name)?;
    if !is_numeric(column) {
        return Err(Error::WrongType {
            column: name.to_owned(),
            found: column.dtype().to_string(),
            expected: "numbers".into(),
        });
    }
    let floats = column.to_physical_repr().cast(&DataType::Float64)?;
    let values: Vec<Option<f64>> = floats.f64()?.iter().collect();
    let odd = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
    if let Some(row) = values.iter().position(odd) {
        return Err(Error::Value {
            column: name.to_owned(),
            row,
            value: values[row].unwrap_or(f64::NAN).to_string(),
            expected: "a finite number or null".into(),
        });
    }
    Ok(values)
}

/// The values of a column of names, or of numbers that are names: 17850 is the same name as 17850.0, which pandas makes
/// of it where another row has none.
pub(crate) fn names(table: &DataFrame, name: &str) -> Result<StringChunked> {
    let column = find(table, name)?;
    let column = match column.dtype() {
        DataType::String => column.clone(),
        dtype if dtype.is_float() => {
            let whole = whole(column)?.ok_or_else(|| Error::WrongType {
                column: name.to_owned(),
                found: "numbers with decimals".into(),
                expected: "names, or whole numbers that are names".into(),
            })?;
            whole.into_column().cast(&DataType::String)?
        }
        _ => column.cast(&DataType::String)?,
    };
    Ok(column.str()?.rechunk().into_owned())
}

/// Numbers as whole ones, null for what is none; nothing where one has decimals.
pub(crate) fn whole(column: &Column) -> Result<Option<Int64Chunked>> {
    let numbers = column.cast(&DataType::Float64)?;
    let numbers = numbers.f64()?;
    let is_whole = |number: f64| number.is_nan() || (number.fract() == 0.0 && number.abs() < 9e15);
    if !numbers.iter().flatten().all(is_whole) {
        return Ok(None);
    }
    let whole = |number: f64| (!number.is_nan()).then_some(number as i64);
    Ok(Some(
        numbers
            .iter()
            .map(|number| number.and_then(whole))
            .collect(),
    ))
}

/// Like [`numbers`], without dates: a day has no length that an axis of numbers could show.
pub(crate) fn measured(table: &DataFrame, name: &str) -> Result<Vec<Option<f64>>> {
    if *find(table, name)?.dtype() == DataType::Date {
        return Err(Error::WrongType {
            column: name.to_owned(),
            found: "dates".into(),
            expected: "numbers; of a date, take .dt().year()".into(),
        });
    }
    numbers(table, name)
}

/// Like [`numbers`], where only 0 and 1 (or false and true) will do.
pub(crate) fn flags(table: &DataFrame, name: &str) -> Result<Vec<Option<bool>>> {
    let flag = |(row, value): (usize, Option<f64>)| match value {
        None => Ok(None),
        Some(0.0) => Ok(Some(false)),
        Some(1.0) => Ok(Some(true)),
        Some(other) => Err(Error::Value {
            column: name.to_owned(),
            row,
            value: other.to_string(),
            expected: "0 or 1".into(),
        }),
    };
    numbers(table, name)?
        .into_iter()
        .enumerate()
        .map(flag)
        .collect()
}

/// Which number stands in this column, in this row (counted from 0)? Whatever numbers the column holds.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::TooFew`] where there is no such row, and
/// [`Error::Value`] where nothing stands there.
///
/// ```
/// use segmenta::prelude::*;
///
/// let rates = df!("segment" => ["a", "b"], "customers" => [12u64, 8])?;
/// assert_eq!(table::number(&rates, "customers", 1)?, 8.0);
/// assert!(table::number(&rates, "customers", 2).is_err());
/// # Ok::<(), Error>(())
/// ```
pub fn number(table: &DataFrame, column: &str, row: usize) -> Result<f64> {
    let values = numbers(table, column)?;
    let Some(value) = values.get(row) else {
        return Err(Error::TooFew {
            what: format!("rows of {column}"),
            found: values.len(),
            expected: format!("{} or more", row + 1),
        });
    };
    value.ok_or_else(|| Error::Value {
        column: column.to_owned(),
        row,
        value: "null".into(),
        expected: "a number".into(),
    })
}

/// More rows below those that are there.
pub(crate) fn append(to: &mut Option<DataFrame>, table: DataFrame) -> Result<()> {
    match to {
        Some(all) => {
            all.vstack_mut_owned(table)?;
        }
        None => *to = Some(table),
    }
    Ok(())
}

/// The quantile of sorted values by linear interpolation; `None` where there are none.
pub(crate) fn quantile(sorted: &[f64], at: f64) -> Option<f64> {
    between(sorted.len() as u64, at, |place| {
        sorted.get(place as usize).copied()
    })
}

/// The same of sorted numbers of which each stands there so many times.
pub(crate) fn quantile_of(counted: &[(f64, u64)], at: f64) -> Option<f64> {
    between(counted.iter().map(|own| own.1).sum(), at, |place| {
        let mut passed = 0;
        let own = counted.iter().find(|own| {
            passed += own.1;
            place < passed
        });
        own.map(|own| own.0)
    })
}

/// What lies at a share of the way through so many numbers.
fn between(n: u64, at: f64, value: impl Fn(u64) -> Option<f64>) -> Option<f64> {
    let place = at * n.checked_sub(1)? as f64;
    let low = value(place.floor() as u64)?;
    let high = value(place.ceil() as u64)?;
    // Of two numbers near the end of what there is, the difference is beyond it.
    Some(match high - low {
        apart if apart.is_finite() => low + apart * place.fract(),
        _ => low * (1.0 - place.fract()) + high * place.fract(),
    })
}

/// The values that are there, in ascending order.
pub(crate) fn sorted(values: impl IntoIterator<Item = Option<f64>>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().flatten().collect();
    sorted.par_sort_unstable_by(f64::total_cmp);
    sorted
}

/// All values of a column as labels.
pub(crate) fn labels(table: &DataFrame, name: &str) -> Result<Vec<String>> {
    let column = find(table, name)?;
    (0..table.height()).map(|row| label(column, row)).collect()
}

/// A value as a label: no quotes, no exponents.
pub(crate) fn label(column: &Column, row: usize) -> Result<String> {
    Ok(plain(&column.get(row)?))
}
