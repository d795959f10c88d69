//! Numbers: which sign stands before their decimals, decided from all of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which sign stands before the decimals of a number? The other one, a blank and an apostrophe may
/// mark thousands.
///
/// ```
/// use segmenta::data::read::Decimal;
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

/// Signs of money; one that ends in another stands before it.
const CURRENCIES: [&str; 22] = [
    "Rp.", "Rp", "R$", "US$", "$", "€", "£", "¥", "₹", "₩", "₺", "₽", "zł", "kr", "EUR", "USD",
    "GBP", "IDR", "BRL", "MXN", "CHF", "JPY",
];

impl Decimal {
    /// Which number does this text write, where this is the decimal sign?
    ///
    /// A currency sign before or behind it is left out, and brackets around it are a minus. `None`
    /// where it is no number.
    pub fn parse(self, text: &str) -> Option<f64> {
        // Most numbers are written so, and need no second look.
        let plain = |b: u8| b.is_ascii_digit() || (b == b'.' && self == Decimal::Point);
        if text.strip_prefix('-').unwrap_or(text).bytes().all(plain)
            && let Ok(value) = text.parse()
        {
            return Some(value);
        }
        if self == Decimal::Comma && is_plain_with_point(text) {
            return None;
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

    /// Which share does a percentage write? 12.5 % is the number nearest to 0.125.
    pub(super) fn parse_percent(self, text: &str) -> Option<f64> {
        let number = percent(text)?;
        let text = number.trim_end_matches(')');
        // The text of the number with two decimals more, so that it is rounded once only.
        let behind = if number.ends_with(')') { "e-2)" } else { "e-2" };
        if text.contains(['e', 'E']) {
            return self.parse(number).map(|value| value / 100.0);
        }
        self.parse(&format!("{text}{behind}"))
    }
}

/// Whether it is `120.5` or `-120.5`, in which the point cannot mark thousands: three digits do not follow.
pub(super) fn is_plain_with_point(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let Some(at) = text.as_bytes().iter().position(|b| *b == b'.') else {
        return false;
    };
    let (whole, share) = (&text[..at], &text[at + 1..]);
    share.len() != 3 && digits(whole) && digits(share)
}

/// The number without sign, currency and what spreadsheets put around them.
fn bare(text: &str) -> (bool, &str) {
    let mut rest = text.trim();
    let mut sign = None;
    loop {
        let before = rest;
        if let Some((_, number)) = currency(rest) {
            rest = number;
        }
        if sign.is_none() {
            let inside = rest
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            let minus = rest.strip_prefix(['-', '\u{2212}']);
            // Some bookkeeping programs write the minus behind the number.
            let minus = minus.or_else(|| rest.strip_suffix('-'));
            if let Some(number) = inside.or(minus) {
                (sign, rest) = (Some(true), number);
            } else if let Some(number) = rest.strip_prefix('+') {
                (sign, rest) = (Some(false), number);
            }
        }
        rest = rest.trim();
        if rest == before {
            return (sign == Some(true), rest);
        }
    }
}

/// The sign of money at one end of a text, and what is left.
fn currency(text: &str) -> Option<(&'static str, &str)> {
    let ends = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b',');
    if text.bytes().next().is_some_and(ends) && text.bytes().next_back().is_some_and(ends) {
        return None;
    }
    CURRENCIES.iter().find_map(|sign| {
        let number = text
            .strip_prefix(sign)
            .or_else(|| text.strip_suffix(sign))?;
        Some((*sign, number))
    })
}

/// The sign of money that a number has, if it has one.
pub(super) fn money(text: &str) -> Option<&'static str> {
    let minus = |c: char| "+-\u{2212}() ".contains(c);
    currency(text.trim().trim_matches(minus)).map(|(sign, _)| sign)
}

/// The number in front of a percent sign.
pub(super) fn percent(text: &str) -> Option<&str> {
    Some(text.trim().strip_suffix('%')?.trim_end())
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
pub(crate) fn whole(text: &str, decimal: Decimal) -> Option<i64> {
    /// Beyond it, not every whole number is one of 64 bits.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number = decimal.parse(text)?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Whether a number is written without decimals; the `.0` that pandas writes behind whole numbers of a
/// column with gaps is none.
pub(super) fn is_written_whole(text: &str, decimal: Decimal) -> bool {
    let mark = match decimal {
        Decimal::Point => '.',
        Decimal::Comma => ',',
    };
    let share = bare(text).1.split_once(mark).map(|(_, share)| share);
    share.is_none_or(|share| share == "0") && whole(text, decimal).is_some()
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
    if is_plain_with_point(text) {
        return Says::This(Decimal::Point);
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
pub(crate) struct Votes {
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

    /// Whether some have a point and some a comma.
    pub fn are_mixed(&self) -> bool {
        self.point > 0 && self.comma > 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_number_is_read_in_the_short_way_as_in_the_long_one() {
        for text in [
            "120.5", "-0.25", "120.", ".5", "1.234", "-1.2345", "12", "-7", "1,5", "--1.5",
            "1.2.3", "e.5",
        ] {
            let (_, number) = bare(text);
            let by_comma = match number.split_once(',') {
                Some((whole, share)) => {
                    without_groups(whole, '.').is_some()
                        && share.bytes().all(|b| b.is_ascii_digit())
                }
                None => without_groups(number, '.').is_some(),
            };
            assert_eq!(
                Decimal::Comma.parse(text).is_some(),
                by_comma && !text.starts_with("--"),
                "{text}"
            );
            if is_plain_with_point(text) {
                assert_eq!(Decimal::Point.parse(text), text.parse().ok(), "{text}");
                assert_eq!(Decimal::Comma.parse(text), None, "{text}");
            }
        }
    }
}
