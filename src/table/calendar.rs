//! Days are numbers since 1970, months since the year 0.

use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

use super::column::find;
use crate::{Error, Result};

/// The days of the years 1 to 9999, since 1970: no calendar of a shop has others.
pub(crate) const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// The days of a column of days or moments, since 1970.
pub(crate) fn day_numbers(table: &DataFrame, name: &str) -> Result<Vec<Option<i32>>> {
    let column = find(table, name)?;
    if !matches!(column.dtype(), DataType::Date | DataType::Datetime(..)) {
        return Err(Error::WrongType {
            column: name.to_owned(),
            found: column.dtype().to_string(),
            expected: "days or moments".into(),
        });
    }
    let days = column.cast(&DataType::Date)?.cast(&DataType::Int32)?;
    let days: Vec<Option<i32>> = days.i32()?.iter().collect();
    let odd = |day: &Option<i32>| day.is_some_and(|day| !DAYS.contains(&i64::from(day)));
    match days.iter().position(odd) {
        None => Ok(days),
        Some(row) => Err(Error::Value {
            column: name.to_owned(),
            row,
            value: format!("day {} since 1970", days[row].unwrap_or(0)),
            expected: "a day of the years 1 to 9999".into(),
        }),
    }
}

/// Days since 1970 as dates.
pub(crate) fn days<T>(days: Vec<T>) -> Result<Series>
where
    Series: NamedFrom<Vec<T>, [T]>,
{
    Ok(Series::new("days".into(), days).cast(&DataType::Date)?)
}

fn date(day: i32) -> NaiveDate {
    let epoch = NaiveDate::default();
    epoch
        .checked_add_signed(chrono::Duration::days(i64::from(day)))
        .unwrap_or(epoch)
}

/// A day as `2022-01-01`.
pub(crate) fn text(day: i32) -> String {
    date(day).to_string()
}

/// Months since the year 0.
pub(crate) fn month_of(day: i32) -> i32 {
    let date = date(day);
    date.year() * 12 + date.month0() as i32
}

/// The first day of a month, as days since 1970.
pub(crate) fn first_day(month: i32) -> i32 {
    let first = NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    first.map_or(0, |first| (first - NaiveDate::default()).num_days() as i32)
}
