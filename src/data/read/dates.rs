//! Dates: one order for each spelling that a column has, decided from the values that have it.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// In which order do the numbers of a date stand?
///
/// Between them may stand `-`, `/`, `.` or a blank; a month may be a word (English, German, Spanish,
/// French, Indonesian, Portuguese) or its beginning; a year may have two digits (00 to 68 are 2000
/// to 2068). A time of day behind the date is left out.
///
/// ```
/// use segmenta::data::read::DateFormat;
///
/// // 4 September 2012, or 9 April?
/// assert_eq!(DateFormat::DayFirst.parse("04-09-2012"), DateFormat::YearFirst.parse("2012-09-04"));
/// assert_eq!(DateFormat::MonthFirst.parse("04-09-2012"), DateFormat::YearFirst.parse("2012-04-09"));
/// assert_eq!(DateFormat::ExcelSerial.parse("41156"), DateFormat::YearFirst.parse("2012-09-04"));
/// assert_eq!(DateFormat::DayFirst.parse("4-Sep-12"), DateFormat::YearFirst.parse("2012-09-04T13:45:07Z"));
/// assert_eq!(DateFormat::DayFirst.parse("31-02-2012"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Which day does this text name, as days since 1970-01-01?
    ///
    /// `None` where the text is not a date in this format.
    pub fn parse(self, text: &str) -> Option<i32> {
        Written::read(text)?.day(self)
    }
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

/// What tells two ways to spell a date apart, whatever the order of day and month: dates of one
/// spelling come from one hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Spelling {
    /// What stands between the numbers; a spreadsheet's day number has nothing.
    between: Option<char>,
    /// Whether a year of four digits stands first, or last, or the year has two.
    year: Year,
    /// Whether the month is a word.
    word: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Year {
    First,
    Last,
    Short,
}

/// Spellings, and the order of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dates(Vec<(Spelling, DateFormat)>);

impl Dates {
    pub fn parse(&self, text: &str) -> Option<i32> {
        let written = Written::read(text)?;
        written.day(self.format(written.spelling)?)
    }

    /// The moment, in milliseconds since 1970; that of Greenwich where the text has a zone.
    pub fn parse_time(&self, text: &str) -> Option<i64> {
        let written = Written::read(text)?;
        let day = i64::from(written.day(self.format(written.spelling)?)?);
        let Clock { time, zone } = written.clock;
        Some(day * 86_400_000 + time - zone.unwrap_or(0) * 60_000)
    }

    fn format(&self, spelling: Spelling) -> Option<DateFormat> {
        let own = self.0.iter().find(|(known, _)| *known == spelling)?;
        Some(own.1)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn many(&self) -> bool {
        self.0.len() > 1
    }

    /// The order that all spellings have, where it is one.
    pub fn only_order(&self) -> Option<DateFormat> {
        let (_, first) = self.0.first()?;
        self.0
            .iter()
            .all(|(_, format)| format == first)
            .then_some(*first)
    }

    /// Whether each spelling has the order that it has there.
    pub fn are_among(&self, other: &Dates) -> bool {
        self.0.iter().all(|own| other.0.contains(own))
    }

    /// How each spelling looks, as [`Dates::from_patterns`] reads it.
    pub fn patterns(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(spelling, format)| told(*spelling, *format))
            .collect()
    }

    /// The dates that look so: `dd.mm.yyyy`, `mm/dd/yy`, `dd mon yyyy`.
    pub fn from_patterns(patterns: &[String]) -> Option<Self> {
        patterns
            .iter()
            .map(|text| pattern(text))
            .collect::<Option<_>>()
            .map(Dates)
    }

    /// Spellings of another file whose dates are read in an order that this one's contradicts.
    pub fn against(&self, earlier: &Dates) -> Option<String> {
        let other = |(spelling, format): &&(Spelling, DateFormat)| {
            earlier.format(*spelling).is_some_and(|was| was != *format)
        };
        self.0.iter().find(other).map(|(spelling, format)| {
            let was = earlier.format(*spelling).unwrap_or(*format);
            format!(
                "dates are {} here, and were {}",
                told(*spelling, *format),
                told(*spelling, was)
            )
        })
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (spelling, format)) in self.0.iter().enumerate() {
            let before = if place > 0 { " and " } else { "" };
            write!(f, "{before}{}", told(*spelling, *format))?;
        }
        Ok(())
    }
}

/// How a date of this spelling and order looks, in letters.
fn told(spelling: Spelling, format: DateFormat) -> String {
    let between = match (spelling.between, format) {
        (_, DateFormat::ExcelSerial) => return format.to_string(),
        (between, _) => between.map_or(String::new(), String::from),
    };
    let year = match spelling.year {
        Year::Short => "yy",
        _ => "yyyy",
    };
    let month = if spelling.word { "mon" } else { "mm" };
    let parts = match format {
        DateFormat::DayFirst | DateFormat::ExcelSerial => ["dd", month, year],
        DateFormat::MonthFirst => [month, "dd", year],
        DateFormat::YearFirst => [year, month, "dd"],
    };
    parts.join(&between)
}

/// The spelling and the order that [`told`] tells so.
fn pattern(text: &str) -> Option<(Spelling, DateFormat)> {
    if text == DateFormat::ExcelSerial.to_string() {
        let spelling = Written::read("41156")?.spelling;
        return Some((spelling, DateFormat::ExcelSerial));
    }
    if text == "yyyymmdd" {
        let spelling = Written::read("20130502")?.spelling;
        return Some((spelling, DateFormat::YearFirst));
    }
    let between = text.chars().find(|c| "-/. ".contains(*c))?;
    let parts: Vec<&str> = text.split(between).collect();
    let format = match parts[..] {
        ["dd", "mm" | "mon", "yyyy" | "yy"] => DateFormat::DayFirst,
        ["mm" | "mon", "dd", "yyyy" | "yy"] => DateFormat::MonthFirst,
        ["yyyy" | "yy", "mm" | "mon", "dd"] => DateFormat::YearFirst,
        _ => return None,
    };
    let year = match (parts.contains(&"yy"), format) {
        (true, _) => Year::Short,
        (_, DateFormat::YearFirst) => Year::First,
        _ => Year::Last,
    };
    let word = parts.contains(&"mon");
    let between = Some(between);
    Some((
        Spelling {
            between,
            year,
            word,
        },
        format,
    ))
}

/// chrono counts days from year 1, polars from 1970.
const EPOCH_FROM_CE: i32 = 719_163;

/// The months in English, German, Spanish, French, Indonesian and Portuguese.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "jänner", "enero", "janvier", "januari", "janeiro",
    ],
    &[
        "february",
        "februar",
        "feber",
        "febrero",
        "février",
        "fevrier",
        "februari",
        "pebruari",
        "fevereiro",
    ],
    &[
        "march", "märz", "maerz", "marzo", "mars", "maret", "março", "marco",
    ],
    &["april", "abril", "avril"],
    &["may", "mai", "mayo", "mei", "maio"],
    &["june", "juni", "junio", "juin", "junho"],
    &["july", "juli", "julio", "juillet", "julho"],
    &["august", "agosto", "août", "aout", "agustus"],
    &[
        "september",
        "septiembre",
        "setiembre",
        "septembre",
        "setembro",
    ],
    &["october", "oktober", "octubre", "octobre", "outubro"],
    &["november", "noviembre", "novembre", "nopember", "novembro"],
    &[
        "december",
        "dezember",
        "diciembre",
        "décembre",
        "decembre",
        "desember",
        "dezembro",
    ],
];

/// A text that has the parts of a date.
struct Written<'a> {
    spelling: Spelling,
    parts: [&'a str; 3],
    clock: Clock,
}

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Clock {
    /// Milliseconds since midnight.
    time: i64,
    /// How far the clock is before that of Greenwich, in minutes; `None` where it is not said.
    zone: Option<i64>,
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        Self::read_plain(text).or_else(|| Self::read_any(text))
    }

    fn read_any(text: &'a str) -> Option<Self> {
        let serial = text.strip_suffix(".0").unwrap_or(text);
        if serial.len() == 5 && digits(serial) {
            let spelling = Spelling {
                between: None,
                year: Year::Last,
                word: false,
            };
            return Some(Written {
                spelling,
                parts: [serial, "", ""],
                clock: Clock::default(),
            });
        }
        if text.len() == 8 && digits(text) {
            let spelling = Spelling {
                between: None,
                year: Year::First,
                word: false,
            };
            return Some(Written {
                spelling,
                parts: [&text[..4], &text[4..6], &text[6..]],
                clock: Clock::default(),
            });
        }
        let at = text.find(|c: char| "-/. ".contains(c))?;
        // "4. September 2013": the dot belongs to the number of the day.
        let at = at + usize::from(text[at..].starts_with(". "));
        let between = text[at..].chars().next()?;
        let second = at + 1 + text[at + 1..].find(between)?;
        let rest = &text[second + 1..];
        let end = rest.find([' ', 'T', ',']).unwrap_or(rest.len());
        let (last, time) = rest.split_at(end);
        let time = time.trim_start_matches([' ', 'T', ',']);
        let clock = clock(time)?;
        let parts = [&text[..at], &text[at + 1..second], last];
        // "May 2, 2013": the comma belongs to neither.
        let parts = parts.map(|part| part.trim().trim_end_matches([',', '.']));
        let word = parts[..2].iter().any(|part| month(part).is_some());
        let number = |part: &&str| digits(part) && (part.len() <= 2 || part.len() == 4);
        if !parts
            .iter()
            .all(|part| number(part) || (word && month(part).is_some()))
        {
            return None;
        }
        let year = match (parts[0].len(), parts[2].len()) {
            (4, 1..=2) if digits(parts[0]) => Year::First,
            (0..=2, 4) => Year::Last,
            (_, 4) if word => Year::Last,
            (0..=2, 1..=2) => Year::Short,
            (_, 1..=2) if word => Year::Short,
            _ => return None,
        };
        Some(Written {
            spelling: Spelling {
                between: Some(between),
                year,
                word,
            },
            parts,
            clock,
        })
    }

    /// A date in numbers of full width, such as most are: `2013-05-02 13:45:07.250`, `02/05/2013`.
    fn read_plain(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (between, year, [first, second, third]) = match bytes {
            [_, _, _, _, b'-' | b'/' | b'.', _, _, other, _, _, ..] if *other == bytes[4] => {
                (bytes[4], Year::First, [0..4, 5..7, 8..10])
            }
            [_, _, b'-' | b'/' | b'.', _, _, other, _, _, _, _, ..] if *other == bytes[2] => {
                (bytes[2], Year::Last, [0..2, 3..5, 6..10])
            }
            _ => return None,
        };
        let number =
            |range: &std::ops::Range<usize>| bytes[range.clone()].iter().all(u8::is_ascii_digit);
        if !(number(&first) && number(&second) && number(&third)) {
            return None;
        }
        let clock = match &bytes[10..] {
            [] => Clock::default(),
            [b' ' | b'T', clock @ ..] => plain_clock(clock)?,
            _ => return None,
        };
        Some(Written {
            spelling: Spelling {
                between: Some(char::from(between)),
                year,
                word: false,
            },
            parts: [&text[first], &text[second], &text[third]],
            clock,
        })
    }

    /// The orders that such a text can have at all.
    fn formats(&self) -> &'static [DateFormat] {
        use DateFormat::{DayFirst, ExcelSerial, MonthFirst, YearFirst};
        match (self.spelling.between, self.spelling.year) {
            (None, Year::Last | Year::Short) => &[ExcelSerial],
            (_, Year::First) => &[YearFirst],
            (_, Year::Last) => &[DayFirst, MonthFirst],
            (_, Year::Short) => &[DayFirst, MonthFirst, YearFirst],
        }
    }

    fn day(&self, format: DateFormat) -> Option<i32> {
        use chrono::Datelike;
        if !self.formats().contains(&format) {
            return None;
        }
        let [a, b, c] = self.parts;
        let date = match format {
            DateFormat::ExcelSerial => {
                let days: u64 = a.parse().ok()?;
                // 1954 to 2119: a shorter number is a year or a code.
                if !(20_000..=80_000).contains(&days) {
                    return None;
                }
                NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(days))?
            }
            DateFormat::DayFirst => self.date(c, b, a)?,
            DateFormat::MonthFirst => self.date(c, a, b)?,
            DateFormat::YearFirst => self.date(a, b, c)?,
        };
        Some(date.num_days_from_ce() - EPOCH_FROM_CE)
    }

    fn date(&self, year: &str, month: &str, day: &str) -> Option<NaiveDate> {
        let year: i32 = match self.spelling.year {
            Year::Short if year.len() == 2 => match year.parse().ok()? {
                late @ 0..=68 => 2000 + late,
                early => 1900 + early,
            },
            Year::Short => return None,
            _ => year.parse().ok()?,
        };
        let month = match self.spelling.word {
            true => self::month(month)?,
            false => month.parse().ok()?,
        };
        if day.len() > 2 {
            return None;
        }
        NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)
    }
}

fn digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

/// The number of a month that is written as a word, or as its first three letters or more.
fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches('.').to_lowercase();
    if word.chars().count() < 3 {
        return None;
    }
    let begins = |names: &&[&str]| names.iter().any(|month| month.starts_with(&word));
    let mut places = (1..).zip(&MONTHS).filter(|(_, names)| begins(names));
    match (places.next(), places.next()) {
        (Some((place, _)), None) => Some(place),
        // "jui" begins two French ones.
        _ => None,
    }
}

/// `13:45`, `13:45:07` or `13:45:07.250`, by a clock of 24 hours.
fn plain_clock(bytes: &[u8]) -> Option<Clock> {
    let two = |at: usize| -> Option<i64> {
        let digit = |at: usize| {
            bytes
                .get(at)
                .filter(|b| b.is_ascii_digit())
                .map(|b| i64::from(b - b'0'))
        };
        Some(digit(at)? * 10 + digit(at + 1)?)
    };
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let (hour, minute) = (two(0)?, two(3)?);
    let (second, rest) = match bytes.len() {
        5 => (0, &[][..]),
        _ if colon(5) => (two(6)?, &bytes[8..]),
        _ => return None,
    };
    let share = match rest {
        [] => &[][..],
        [b'.', share @ ..] if share.iter().all(u8::is_ascii_digit) => share,
        _ => return None,
    };
    if !colon(2) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let digit = |at: usize| share.get(at).map_or(0, |b| i64::from(b - b'0'));
    let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
    Some(Clock {
        time: ((hour * 60 + minute) * 60 + second) * 1000 + thousandths,
        zone: None,
    })
}

/// Nothing, or hours and minutes, perhaps with seconds, AM or PM, and a zone.
fn clock(text: &str) -> Option<Clock> {
    if text.is_empty() {
        return Some(Clock::default());
    }
    let lower = text.to_lowercase();
    let bare = lower.trim_end_matches("utc").trim_end_matches('z').trim();
    let greenwich = bare.len() < lower.trim().len();
    let (bare, zone) = match bare.rfind(['+', '-']) {
        Some(at) => (&bare[..at], Some(offset(&bare[at..])?)),
        None => (bare, greenwich.then_some(0)),
    };
    let bare = bare.trim();
    let (bare, half) = match (bare.strip_suffix("am"), bare.strip_suffix("pm")) {
        (Some(bare), _) => (bare.trim(), Some(0)),
        (_, Some(bare)) => (bare.trim(), Some(12)),
        _ => (bare, None),
    };
    let (bare, share) = bare.split_once('.').unwrap_or((bare, ""));
    let parts: Vec<&str> = bare.split(':').collect();
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(|part| digits(part) && part.len() <= 2)
    {
        return None;
    }
    if !share.bytes().all(|b| b.is_ascii_digit()) || (!share.is_empty() && parts.len() < 3) {
        return None;
    }
    let mut numbers = parts.iter().map(|part| part.parse::<i64>().unwrap_or(99));
    let mut next = || numbers.next().unwrap_or(0);
    let (hour, minute, second) = (next(), next(), next());
    let hour = match half {
        Some(later) if (1..=12).contains(&hour) => hour % 12 + later,
        Some(_) => return None,
        None => hour,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let thousandths = format!("{share:0<3}")[..3].parse::<i64>().ok()?;
    Some(Clock {
        time: ((hour * 60 + minute) * 60 + second) * 1000 + thousandths,
        zone,
    })
}

/// `+02:00`, `-0330` or `+7`, in minutes.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let number = text[1..].replace(':', "");
    if !digits(&number) {
        return None;
    }
    let number: i64 = number.parse().ok()?;
    let minutes = match text[1..].replace(':', "").len() {
        1 | 2 => number * 60,
        3 | 4 => number / 100 * 60 + number % 100,
        _ => return None,
    };
    (minutes <= 18 * 60).then_some(sign * minutes)
}

/// The day that somebody named as `2022-01-01`.
pub(crate) fn said_day(name: &'static str, text: &str) -> crate::Result<i32> {
    let day = DateFormat::YearFirst.parse(text);
    day.ok_or_else(|| crate::Error::Parameter {
        name,
        value: format!("{text:?}"),
        expected: "a day such as 2022-01-01".into(),
    })
}

/// What was found out about the dates of a column.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    pub dates: Dates,
    /// For each spelling, how many values have it, for a column with more than one.
    pub told: Option<String>,
    /// Values with a time of day that is not midnight.
    pub times: usize,
    /// Values that say in which zone their clock is.
    pub zones: usize,
    /// Values that are a date of some spelling.
    pub read: usize,
}

/// The order of each spelling of a column, from all its values; the error says why there is none.
///
/// What was said or learned earlier decides where it fits some value; a spelling that it cannot fit
/// at all shows its own order.
pub(crate) fn decide<'a>(
    values: impl Iterator<Item = &'a str>,
    said: Option<DateFormat>,
    earlier: &Dates,
) -> Result<Decided, String> {
    let mut spelled: Vec<(Spelling, Vec<&str>)> = Vec::new();
    let mut unreadable: Vec<&str> = Vec::new();
    let (mut times, mut zones, mut read) = (0, 0, 0);
    for value in values {
        let written = Written::read(value);
        let possible = written
            .as_ref()
            .filter(|written| written.formats().iter().any(|f| written.day(*f).is_some()));
        match possible {
            Some(written) => {
                times += usize::from(written.clock.time > 0);
                zones += usize::from(written.clock.zone.is_some());
                read += 1;
                match spelled.iter_mut().find(|(own, _)| *own == written.spelling) {
                    Some((_, values)) => values.push(value),
                    None => spelled.push((written.spelling, vec![value])),
                }
            }
            None => unreadable.push(value),
        }
    }
    spelled.sort_by_key(|(spelling, _)| *spelling);
    let mut dates = Dates::default();
    let mut parts = Vec::new();
    let mut open = false;
    for (spelling, values) in &spelled {
        let answer = order(*spelling, values, said, earlier);
        parts.push(match &answer {
            Ok(format) => format!("{} {}", values.len(), told(*spelling, *format)),
            Err(why) => why.clone(),
        });
        match answer {
            Ok(format) => dates.0.push((*spelling, format)),
            Err(_) => open = true,
        }
    }
    if open {
        if let Some(first) = unreadable.first() {
            let n = unreadable.len();
            parts.push(format!("{n} cannot be read at all, such as {first:?}"));
        }
        return Err(parts.join("; "));
    }
    Ok(Decided {
        told: dates.many().then(|| parts.join(", ")),
        dates,
        times,
        zones,
        read,
    })
}

/// Whether a text is a date in any order.
pub(super) fn is_date(text: &str) -> bool {
    Written::read(text)
        .is_some_and(|written| written.formats().iter().any(|f| written.day(*f).is_some()))
}

fn order(
    spelling: Spelling,
    values: &[&str],
    said: Option<DateFormat>,
    earlier: &Dates,
) -> Result<DateFormat, String> {
    let formats = Written::read(values[0]).map_or(&[][..], |written| written.formats());
    if let [only] = formats {
        return Ok(*only);
    }
    let reads = |format: DateFormat| values.iter().filter(|v| format.parse(v).is_some()).count();
    let counts: Vec<(DateFormat, usize)> = formats
        .iter()
        .map(|format| (*format, reads(*format)))
        .filter(|(_, n)| *n > 0)
        .collect();
    if let Some((format, _)) = counts.iter().find(|(format, _)| Some(*format) == said) {
        return Ok(*format);
    }
    let n = values.len();
    let all: Vec<DateFormat> = counts
        .iter()
        .filter(|(_, reads)| *reads == n)
        .map(|(format, _)| *format)
        .collect();
    match all[..] {
        [only] => Ok(only),
        [] => {
            let each: Vec<_> = counts
                .iter()
                .map(|(format, reads)| format!("{reads} {}", told(spelling, *format)))
                .collect();
            Err(format!(
                "the dates are written in more than one way: of {n} with one spelling, {}",
                each.join(", ")
            ))
        }
        [first, ..] => {
            let known = earlier.format(spelling);
            if let Some(known) = known.filter(|known| all.contains(known)) {
                return Ok(known);
            }
            let differ = |v: &&&str| all.iter().any(|f| f.parse(v) != first.parse(v));
            match values.iter().find(differ) {
                // 05-05-2013 is the same day either way.
                None => Ok(first),
                Some(example) => {
                    let ways: Vec<_> = all.iter().map(|f| told(spelling, *f)).collect();
                    let why = if matches!(spelling.year, Year::Short) {
                        "no value tells"
                    } else {
                        "every day is 12 or less"
                    };
                    Err(format!(
                        "of {n} such as {example:?} {why}, so that they may be {}",
                        ways.join(" or ")
                    ))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_dates_as_the_long_one_does() {
        let days = [
            "2013-05-02",
            "02/05/2013",
            "31.12.1999",
            "2013/5/02",
            "2013-05/02",
            "99-99-9999",
            "2013.02.30",
        ];
        let clocks = [
            "",
            " 13:45",
            "T13:45:07",
            " 13:45:07.25",
            " 24:00",
            " 13:60:00",
            " 1:45",
            " 13:45:07.",
            " 13:45:7",
            " 13:45 PM",
            "T13:45:07Z",
            " 13:45:07.1234567",
            "T",
            " ",
            "x",
            " 13.45",
        ];
        let mut short = 0;
        for day in days {
            for clock in clocks {
                let text = format!("{day}{clock}");
                let Some(plain) = Written::read_plain(&text) else {
                    continue;
                };
                let any = Written::read_any(&text).unwrap();
                assert_eq!(
                    (plain.spelling, plain.parts, plain.clock),
                    (any.spelling, any.parts, any.clock),
                    "{text:?}"
                );
                short += 1;
            }
        }
        assert!(short > 20);
    }
}
