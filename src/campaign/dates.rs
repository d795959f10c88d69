//! Dates: one format for the whole column, decided from all its values.

use std::fmt;

use chrono::{Datelike, NaiveDate};

/// How are the dates of a column written?
///
/// Between the numbers may stand `-`, `/` or `.`; a time of midnight behind
/// the date is allowed, any other time is not.
///
/// ```
/// use segmenta::campaign::DateFormat;
///
/// // 4 September 2012, or 9 April?
/// assert_eq!(DateFormat::DayFirst.parse("04-09-2012"), DateFormat::YearFirst.parse("2012-09-04"));
/// assert_eq!(DateFormat::MonthFirst.parse("04-09-2012"), DateFormat::YearFirst.parse("2012-04-09"));
/// assert_eq!(DateFormat::ExcelSerial.parse("41156"), DateFormat::YearFirst.parse("2012-09-04"));
/// assert_eq!(DateFormat::DayFirst.parse("31-02-2012"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// 04-09-2012 is 4 September.
    DayFirst,
    /// 04-09-2012 is 9 April.
    MonthFirst,
    /// 2012-09-04.
    YearFirst,
    /// Days since 30 December 1899, as a spreadsheet stores them: 41156.
    ExcelSerial,
}

impl DateFormat {
    pub(crate) const ALL: [DateFormat; 4] = [
        DateFormat::YearFirst,
        DateFormat::DayFirst,
        DateFormat::MonthFirst,
        DateFormat::ExcelSerial,
    ];

    /// Which day does this text name, as days since 1970-01-01?
    ///
    /// `None` where the text is not a date in this format.
    pub fn parse(self, text: &str) -> Option<i32> {
        let text = text.trim();
        let date = match self {
            DateFormat::ExcelSerial => {
                let days: i64 = text.strip_suffix(".0").unwrap_or(text).parse().ok()?;
                // 1954 to 2119: a shorter number is a year or a code.
                if !(20_000..=80_000).contains(&days) {
                    return None;
                }
                NaiveDate::from_ymd_opt(1899, 12, 30)?
                    .checked_add_days(chrono::Days::new(days as u64))?
            }
            _ => {
                let [a, b, c] = three_numbers(text)?;
                let (year, month, day) = match self {
                    DateFormat::YearFirst => (a, b, c),
                    DateFormat::DayFirst => (c, b, a),
                    _ => (c, a, b),
                };
                if year.len() != 4 || month.len() > 2 || day.len() > 2 {
                    return None;
                }
                NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?
            }
        };
        Some(date.num_days_from_ce() - EPOCH_FROM_CE)
    }
}

/// chrono counts days from year 1, polars from 1970.
const EPOCH_FROM_CE: i32 = 719_163;

fn three_numbers(text: &str) -> Option<[&str; 3]> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, time),
        None => (text, "0"),
    };
    if !time.bytes().all(|b| matches!(b, b'0' | b':' | b'.')) {
        return None;
    }
    let mut parts = date.split(['-', '/', '.']);
    let parts = [
        parts.next()?,
        parts.next()?,
        parts.next().filter(|_| parts.next().is_none())?,
    ];
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.into_iter().all(digits).then_some(parts)
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DateFormat::DayFirst => "dd-mm-yyyy",
            DateFormat::MonthFirst => "mm-dd-yyyy",
            DateFormat::YearFirst => "yyyy-mm-dd",
            DateFormat::ExcelSerial => "as a spreadsheet's day number",
        })
    }
}

/// The format of a column, from all its values; the error says why there is none.
///
/// Values that are a date in no format have no say: they are reported one by one.
pub(crate) fn decide<'a>(
    values: impl Iterator<Item = &'a str> + Clone,
) -> Result<Option<DateFormat>, String> {
    let dates = values.filter(|v| DateFormat::ALL.iter().any(|f| f.parse(v).is_some()));
    let total = dates.clone().count();
    if total == 0 {
        return Ok(None);
    }
    let fits: Vec<(DateFormat, usize)> = DateFormat::ALL
        .into_iter()
        .map(|f| (f, dates.clone().filter(|v| f.parse(v).is_some()).count()))
        .filter(|(_, fits)| *fits > 0)
        .collect();
    let all: Vec<DateFormat> = fits
        .iter()
        .filter(|(_, n)| *n == total)
        .map(|(f, _)| *f)
        .collect();
    match all[..] {
        [only] => Ok(Some(only)),
        [] => {
            let each: Vec<_> = fits.iter().map(|(f, n)| format!("{n} {f}")).collect();
            Err(format!(
                "the dates are written in more than one way: of {total}, {}",
                each.join(", ")
            ))
        }
        [first, second, ..] => {
            match dates.clone().find(|v| first.parse(v) != second.parse(v)) {
                // 05-05-2013 is the same day either way.
                None => Ok(Some(first)),
                Some(example) => Err(format!(
                    "every day is 12 or less, so that {example:?} may be {first} or {second}"
                )),
            }
        }
    }
}
