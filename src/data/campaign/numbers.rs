//! Numbers: one decimal sign for the whole file, decided from all its amounts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which sign stands before the decimals of a number? The other one, a blank and an apostrophe may
/// mark thousands.
///
/// ```
/// use segmenta::data::campaign::Decimal;
///
/// assert_eq!(Decimal::Point.parse("$71,697.50"), Some(71_697.5));
/// assert_eq!(Decimal::Comma.parse("71.697,50"), Some(71_697.5));
/// assert_eq!(Decimal::Comma.parse("71.697"), Some(71_697.0));
/// assert_eq!(Decimal::Point.parse("71.697"), Some(71.697));
/// // Thousands stand in groups of three.
/// assert_eq!(Decimal::Point.parse("7,16"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decimal {
    /// 71697.5
    Point,
    /// 71697,5
    Comma,
}

const CURRENCIES: [&str; 7] = ["Rp", "$", "€", "£", "¥", "₹", "₩"];

impl Decimal {
    /// Which number does this text write, where this is the decimal sign?
    ///
    /// A currency sign before or behind it is left out. `None` where it is no number.
    pub fn parse(self, text: &str) -> Option<f64> {
        // Most numbers are written so, and need no second look.
        let plain = |b: u8| b.is_ascii_digit() || (b == b'.' && self == Decimal::Point);
        if text.bytes().all(plain)
            && let Ok(value) = text.parse()
        {
            return Some(value);
        }
        let (negative, number) = bare(text);
        let (decimal, group) = match self {
            Decimal::Point => ('.', ','),
            Decimal::Comma => (',', '.'),
        };
        let (number, exponent) = match number.find(['e', 'E']) {
            Some(at) => (&number[..at], &number[at..]),
            None => (number, ""),
        };
        let (whole, share) = match number.split_once(decimal) {
            Some((whole, share)) => (whole, share),
            None => (number, ""),
        };
        if !share.bytes().all(|b| b.is_ascii_digit()) || (whole.is_empty() && share.is_empty()) {
            return None;
        }
        let plain = without_groups(whole, group)?;
        let sign = if negative { "-" } else { "" };
        let value: f64 = format!("{sign}{plain}.{share}0{exponent}").parse().ok()?;
        value.is_finite().then_some(value)
    }
}

/// The number without sign, currency and what spreadsheets put around them.
fn bare(text: &str) -> (bool, &str) {
    let mut rest = text.trim();
    let mut negative = false;
    loop {
        let before = rest;
        for sign in CURRENCIES {
            rest = rest.strip_prefix(sign).unwrap_or(rest);
            rest = rest.strip_suffix(sign).unwrap_or(rest);
        }
        if !negative && let Some(number) = rest.strip_prefix('-') {
            (negative, rest) = (true, number);
        }
        rest = rest.trim();
        if rest == before {
            return (negative, rest);
        }
    }
}

/// The digits, where the marks between them, if there are any, part groups of three.
fn without_groups(whole: &str, group: char) -> Option<String> {
    let marks = |c: char| c == group || " \u{a0}\u{202f}'’".contains(c);
    if whole.bytes().all(|b| b.is_ascii_digit()) {
        return Some(whole.to_owned());
    }
    let mark = whole.chars().find(|c| marks(*c))?;
    let parts: Vec<&str> = whole.split(mark).collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let sound = parts.iter().all(digits)
        && parts[0].len() <= 3
        && parts[1..].iter().all(|part| part.len() == 3);
    sound.then(|| parts.concat())
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decimal::Point => "point",
            Decimal::Comma => "comma",
        })
    }
}

/// A whole number; pandas writes one as `3.0` where its column has nulls.
pub(super) fn whole(text: &str, decimal: Decimal) -> Option<i64> {
    /// Beyond it, not every whole number is one of 64 bits.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number = decimal.parse(text)?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// What one value says of the decimal sign.
enum Says {
    Nothing,
    This(Decimal),
    /// 71.697 or 71,697.
    Either,
}

fn says(text: &str) -> Says {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Says::Nothing;
    }
    let values = [Decimal::Point, Decimal::Comma].map(|decimal| decimal.parse(text));
    match values {
        [Some(point), Some(comma)] if point != comma => match bare(text).1.starts_with("0") {
            // Thousands do not begin with 0.
            true if bare(text).1.contains('.') => Says::This(Decimal::Point),
            true => Says::This(Decimal::Comma),
            false => Says::Either,
        },
        [Some(_), None] => Says::This(Decimal::Point),
        [None, Some(_)] => Says::This(Decimal::Comma),
        _ => Says::Nothing,
    }
}

/// What the amounts of a file say of their decimal sign.
#[derive(Debug, Default)]
pub(super) struct Votes {
    point: usize,
    comma: usize,
    either: usize,
    example: Option<String>,
}

impl Votes {
    pub fn count<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        for text in texts {
            match says(text) {
                Says::Nothing => {}
                Says::This(Decimal::Point) => self.point += 1,
                Says::This(Decimal::Comma) => self.comma += 1,
                Says::Either => {
                    self.either += 1;
                    self.example.get_or_insert_with(|| text.to_owned());
                }
            }
        }
    }

    /// The sign; `None` where no number has one. The error says why it is open.
    pub fn decide(&self) -> Result<Option<Decimal>, String> {
        let Votes {
            point,
            comma,
            either,
            ..
        } = self;
        match (point, comma, either) {
            (0, 0, 0) => Ok(None),
            (0, 0, _) => Err(format!(
                "{} is a number with three decimals, or has a mark for thousands: all {either} \
                 with such a sign have three digits behind it",
                self.example.as_deref().unwrap_or("one")
            )),
            (_, 0, _) => Ok(Some(Decimal::Point)),
            (0, _, _) => Ok(Some(Decimal::Comma)),
            _ => Err(format!(
                "the amounts are written in two ways: {point} have a decimal point, {comma} a \
                 decimal comma"
            )),
        }
    }
}
