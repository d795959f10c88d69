//! A table of scaled numbers as points.

use polars::prelude::*;

use super::{ORDINARY, Points, is_ordinary};
use crate::table::column;
use crate::table::groups::{Groups, encode};
use crate::{Error, Result};

/// All columns but some as points, and their names. Every value must be there.
pub(crate) fn coordinates(table: &DataFrame, without: &[&str]) -> Result<(Points, Vec<String>)> {
    let names: Vec<String> = table
        .columns()
        .iter()
        .map(|column| column.name().to_string())
        .filter(|name| !without.contains(&name.as_str()))
        .collect();
    for (what, found) in [
        ("customers", table.height()),
        ("columns of numbers", names.len()),
    ] {
        if found == 0 {
            return Err(Error::TooFew {
                what: what.into(),
                found,
                expected: "1 or more".into(),
            });
        }
    }
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|name| ordinary(name, known(table, name)?))
        .collect::<Result<_>>()?;
    Ok((Points::from_columns(&columns), names))
}

/// The values of a column, which must be such that distances can be computed.
pub(crate) fn ordinary(name: &str, values: Vec<f64>) -> Result<Vec<f64>> {
    match values.iter().position(|x| !is_ordinary(*x)) {
        None => Ok(values),
        Some(row) => Err(Error::Value {
            column: name.to_owned(),
            row,
            value: values[row].to_string(),
            expected: ORDINARY.into(),
        }),
    }
}

/// The values of a column that has one in each row.
pub(crate) fn complete<T>(name: &str, values: Vec<Option<T>>) -> Result<Vec<T>> {
    match values.iter().position(Option::is_none) {
        None => Ok(values.into_iter().flatten().collect()),
        Some(row) => Err(Error::Value {
            column: name.to_owned(),
            row,
            value: "null".into(),
            expected: "a value; leave such customers out with clean::Clean::drop_nulls, or fill \
                       the gap with scale::Recipe::fill_median"
                .into(),
        }),
    }
}

/// The values of a column of numbers that has one in each row.
pub(crate) fn known(table: &DataFrame, name: &str) -> Result<Vec<f64>> {
    complete(name, column::measured(table, name)?)
}

/// A label for each row, counted from 0, and what the labels are called.
pub(crate) fn labels(table: &DataFrame, name: &str) -> Result<(Vec<usize>, Vec<String>)> {
    let Groups { labels, codes, .. } = encode(column::find(table, name)?)?;
    let codes = complete(name, codes)?;
    Ok((
        codes.into_iter().map(|code| code as usize).collect(),
        labels,
    ))
}
