//! What a column holds, decided from all its values.

use std::collections::{BTreeMap, HashSet};

use super::dates::{self, Dates};
use super::nulls;
use super::numbers::{self, Decimal, Votes};
use super::plan::PlanColumn;
use super::texts::Cells;
use super::{DateFormat, Kind};
use crate::error::Question;

/// Of fewer values than this share, those that do not fit are asked about.
const NEARLY_ALL: f64 = 0.9;
/// A category has so many words at most.
const WORDS: usize = 50;
/// Beyond so many digits a number is a name: not every one has a float of its own.
const DIGITS: usize = 15;

/// Yes and no in several languages; 1 and 0.
const FLAGS: [(&str, &str); 22] = [
    ("1", "0"),
    ("yes", "no"),
    ("y", "n"),
    ("true", "false"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("j", "n"),
    ("wahr", "falsch"),
    ("ya", "tidak"),
    ("benar", "salah"),
    ("si", "no"),
    ("sí", "no"),
    ("s", "n"),
    ("verdadero", "falso"),
    ("verdadeiro", "falso"),
    ("oui", "non"),
    ("o", "n"),
    ("vrai", "faux"),
    ("sim", "não"),
    ("sim", "nao"),
    ("ja", "nee"),
];

/// What 1 and 0 are called in the pair that all these words are of.
fn flags(words: &[&str]) -> Option<(&'static str, &'static str)> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let pair = |(yes, no): &&(&str, &str)| lower.iter().all(|word| word == yes || word == no);
    FLAGS.iter().find(pair).copied()
}

/// 1 or 0, for a word that is one of those; a number that is 1 or 0 counts as well.
pub(crate) fn flag(text: &str) -> Option<i64> {
    match text {
        "1" => return Some(1),
        "0" => return Some(0),
        _ => {}
    }
    let lower = text.to_lowercase();
    for (yes, no) in FLAGS {
        if lower == yes {
            return Some(1);
        }
        if lower == no {
            return Some(0);
        }
    }
    numbers::whole(text, Decimal::Point).filter(|flag| matches!(flag, 0 | 1))
}

/// What was said about a column beforehand.
#[derive(Clone, Debug, Default)]
pub(super) struct Told<'a> {
    pub kind: Option<Kind>,
    pub dates: Option<DateFormat>,
    pub plan: Option<&'a PlanColumn>,
    pub nulls: &'a [String],
    pub words: &'a [String],
}

impl Told<'_> {
    /// Whether a text says that there is nothing, whatever the column holds.
    pub fn is_null(&self, text: &str) -> bool {
        let listed = |words: &[String]| words.iter().any(|word| word == text);
        let plan = self.plan;
        if listed(self.words) || plan.is_some_and(|plan| listed(&plan.words)) {
            return text.is_empty();
        }
        nulls::is_null(text) || listed(self.nulls) || plan.is_some_and(|plan| listed(&plan.nulls))
    }

    /// Whether it does so where values are no words.
    fn may_be_null(&self, text: &str) -> bool {
        // Most values are too long, and need no second look.
        text.len() <= 8
            && nulls::may_be_null(text)
            && !self.words.iter().any(|word| word == text)
            && !self
                .plan
                .is_some_and(|plan| plan.words.iter().any(|word| word == text))
    }
}

/// What all values of a column look like.
#[derive(Debug, Default)]
pub(super) struct Look<'a> {
    /// Words for "nothing", and how often they stand there.
    pub nulls: BTreeMap<&'a str, u64>,
    /// Words that mean it where the other values are no words.
    pub perhaps: BTreeMap<&'a str, u64>,
    /// Values that are neither.
    n: usize,
    numbers: usize,
    percentages: usize,
    votes: Votes,
    money: BTreeMap<&'static str, usize>,
    /// Numbers that would lose zeros at their front, or digits at their end.
    codes: usize,
    /// Whole numbers that are a day, as day number or as year, month and day in one.
    day_numbers: usize,
    dates: usize,
    /// The first few different values that are no number, and no date.
    no_number: Vec<&'a str>,
    no_date: Vec<&'a str>,
    /// The first few different values.
    pub examples: Vec<&'a str>,
    /// How long the longest word for "nothing" is that was found.
    longest_gap: Option<usize>,
}

impl<'a> Look<'a> {
    pub fn at(cells: &'a Cells, told: &Told<'_>) -> Self {
        let mut look = Look::default();
        let kind = told.kind.or(told.plan.and_then(|plan| plan.kind));
        for text in cells.all() {
            if told.is_null(text) {
                *look.nulls.entry(text).or_default() += 1;
            } else if told.may_be_null(text) {
                *look.perhaps.entry(text).or_default() += 1;
            } else {
                look.value(text, kind);
            }
        }
        let words = look.nulls.keys().chain(look.perhaps.keys());
        look.longest_gap = words.map(|word| word.len()).max();
        look
    }

    /// Looks at one value, as far as it is not said what the column holds.
    fn value(&mut self, text: &'a str, kind: Option<Kind>) {
        fn note<'a>(few: &mut Vec<&'a str>, text: &'a str) {
            if few.len() < 4 && !few.contains(&text) {
                few.push(text);
            }
        }
        self.n += 1;
        note(&mut self.examples, text);
        if matches!(
            kind,
            Some(Kind::Category | Kind::Text | Kind::Name | Kind::Date | Kind::Time)
        ) {
            return;
        }
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits {
            self.numbers += 1;
            self.codes +=
                usize::from((text.len() > 1 && text.starts_with('0')) || text.len() > DIGITS);
            let is_day = matches!(text.len(), 5 | 8) && dates::is_date(text);
            self.day_numbers += usize::from(is_day);
            note(&mut self.no_date, text);
            return;
        }
        if numbers::is_plain_with_point(text) && kind.is_some() {
            self.numbers += 1;
            self.votes.count(std::iter::once(text));
            return;
        }
        let percent = numbers::percent(text);
        let number = percent.unwrap_or(text);
        let parsed = [Decimal::Point, Decimal::Comma].map(|sign| sign.parse(number));
        if parsed.iter().any(Option::is_some) {
            self.numbers += 1;
            self.percentages += usize::from(percent.is_some());
            self.votes.count(std::iter::once(number));
            if let Some(sign) = numbers::money(text) {
                *self.money.entry(sign).or_default() += 1;
            }
        } else {
            note(&mut self.no_number, text);
        }
        if dates::is_date(text) {
            self.dates += 1;
        } else {
            note(&mut self.no_date, text);
        }
    }

    /// Whether a text is one of the words for "nothing" that were found; `typed` where the values are no words.
    pub fn is_gap(&self, text: &str, typed: bool) -> bool {
        self.longest_gap
            .is_some_and(|longest| text.len() <= longest)
            && (self.nulls.contains_key(text) || (typed && self.perhaps.contains_key(text)))
    }

    /// Whether its numbers are written in two ways that exclude each other.
    pub fn is_mixed(&self) -> bool {
        self.votes.are_mixed()
    }

    /// Whether it says that something stands there for "nothing".
    fn gaps(&self) -> String {
        let words: Vec<String> = self
            .perhaps
            .iter()
            .map(|(word, n)| format!("{word:?} ({n})"))
            .collect();
        match words.len() {
            0 => String::new(),
            _ => format!("; {} counts as nothing", words.join(", ")),
        }
    }
}

/// What a column holds, before the signs of other columns are asked.
#[derive(Clone, Debug)]
pub(super) enum Guess {
    Empty,
    Flag,
    Number {
        sign: std::result::Result<Option<Decimal>, String>,
        percent: bool,
    },
    Date,
    Words,
    /// It cannot be said; where it is read all the same, as text.
    Open(Question),
}

/// What a column holds, and why.
pub(super) fn guess(cells: &Cells, look: &Look<'_>, told: &Told<'_>) -> (Guess, String) {
    let plan = told.plan;
    if let Some(kind) = told.kind.or(plan.and_then(|plan| plan.kind)) {
        let why = match told.kind {
            Some(_) => "as you said",
            None => "as planned",
        };
        return (as_told(kind, look, told), why.to_owned());
    }
    let n = look.n;
    let open = |found: String, answer: String, kind: Kind| {
        let column = Some(cells.header.clone());
        let why = format!("open: {found}");
        (
            Guess::Open(Question {
                column,
                kind: Some(kind),
                found,
                answer,
            }),
            why,
        )
    };
    let name = &cells.header;
    let say = |kind: &str| format!(".kind({name:?}, Kind::{kind})");
    if n == 0 {
        return (Guess::Empty, "no value".to_owned());
    }
    if look.examples.len() <= 2
        && let Some((yes, no)) = flags(&look.examples)
    {
        return (Guess::Flag, format!("1 is {yes}, 0 is {no}{}", look.gaps()));
    }
    if look.numbers == n {
        if look.codes > 0 {
            let why = "numbers that would lose zeros or digits: kept as they are written";
            return (Guess::Words, why.to_owned());
        }
        if look.money.len() > 1 {
            let each: Vec<String> = look
                .money
                .iter()
                .map(|(sign, n)| format!("{n} in {sign}"))
                .collect();
            let found = format!("amounts in more than one money: {}", each.join(", "));
            return open(found, say("Text"), Kind::Decimal);
        }
        if look.percentages > 0 && look.percentages < n {
            let found = format!("of {n} numbers {} have a percent sign", look.percentages);
            return open(found, say("Text"), Kind::Decimal);
        }
        if look.day_numbers == n && names_a_date(name) {
            let found = format!("{n} numbers such as {} may be days", look.examples[0]);
            return open(
                found,
                format!("{} or {}", say("Date"), say("Whole")),
                Kind::Date,
            );
        }
        let percent = look.percentages > 0;
        let mut why = "every value is a number".to_owned();
        if let Some((sign, _)) = look.money.iter().next() {
            why += &format!(", in {sign}");
        }
        if percent {
            why += "; a percentage is a share: 12 % is 0.12";
        }
        let sign = look.votes.decide();
        return (Guess::Number { sign, percent }, why + &look.gaps());
    }
    if look.dates == n {
        return (Guess::Date, format!("every value is a date{}", look.gaps()));
    }
    let share = |part: usize| part as f64 / n as f64;
    for (part, odd, kind, what) in [
        (look.numbers, &look.no_number, Kind::Decimal, "numbers"),
        (look.dates, &look.no_date, Kind::Date, "dates"),
    ] {
        if share(part) >= NEARLY_ALL {
            let shown: Vec<String> = odd.iter().take(3).map(|text| format!("{text:?}")).collect();
            let found = format!(
                "{part} of {n} values are {what}, and {} is none",
                shown.join(", ")
            );
            let answer = match odd[..] {
                [only] => format!(".null({only:?}) or {}", say("Text")),
                _ => say("Text"),
            };
            return open(found, answer, kind);
        }
    }
    let why = match (look.numbers, look.dates) {
        (0, 0) => String::new(),
        (numbers, dates) if numbers >= dates => format!("{numbers} of {n} are numbers"),
        (_, dates) => format!("{dates} of {n} are dates"),
    };
    (Guess::Words, why)
}

fn as_told(kind: Kind, look: &Look<'_>, told: &Told<'_>) -> Guess {
    match kind {
        Kind::Whole | Kind::Decimal => {
            let planned = told.plan.and_then(|plan| plan.decimal);
            let sign = match planned {
                Some(sign) => Ok(Some(sign)),
                None => look.votes.decide(),
            };
            let percent = look.percentages > 0 || told.plan.is_some_and(|plan| plan.percent);
            Guess::Number { sign, percent }
        }
        Kind::Date | Kind::Time => Guess::Date,
        Kind::Flag => Guess::Flag,
        Kind::Category | Kind::Text | Kind::Name => Guess::Words,
        Kind::Empty => Guess::Empty,
    }
}

/// Whether the name of a column says that it holds dates.
pub(super) fn names_a_date(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "date", "dt", "day", "datum", "tag", "fecha", "dia", "tanggal", "tgl", "data", "joined",
        "since", "seit", "birth", "created", "jour",
    ];
    let lower = name.to_lowercase();
    lower
        .split(|c: char| !c.is_alphabetic())
        .any(|part| WORDS.contains(&part))
}

/// What kind of words: a few, one for each row, or any.
pub(super) fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> (Kind, String) {
    let mut seen: HashSet<&str, foldhash::fast::RandomState> = HashSet::default();
    let (mut n, mut gaps) = (0usize, 0usize);
    let mut again = false;
    for value in values {
        let Some(value) = value else {
            gaps += 1;
            continue;
        };
        n += 1;
        // Beyond a few that come again it is text, whatever follows.
        if !(again && seen.len() > WORDS) {
            again |= !seen.insert(value);
        }
    }
    let different = seen.len();
    if n > 1 && different == n && gaps == 0 {
        (Kind::Name, "another word in every row".to_owned())
    } else if different <= WORDS && different * 2 <= n {
        (Kind::Category, format!("{different} words that come again"))
    } else {
        (Kind::Text, "words".to_owned())
    }
}

/// How the dates of a column are written.
#[derive(Clone, Debug)]
pub(super) struct Days {
    pub dates: Dates,
    pub kind: Kind,
    pub why: String,
}

/// The dates of a column, or why they are open.
pub(super) fn dates_of(
    cells: &Cells,
    look: &Look<'_>,
    told: &Told<'_>,
) -> std::result::Result<Days, String> {
    let is_value = |text: &&str| !look.is_gap(text, true);
    let values = cells.all().filter(is_value);
    let planned = told.plan.filter(|plan| !plan.dates.is_empty());
    let planned = planned.and_then(|plan| Dates::from_patterns(&plan.dates));
    let kind = told.kind.or(told.plan.and_then(|plan| plan.kind));
    if let (Some(dates), None) = (&planned, told.dates) {
        let kind = kind.unwrap_or(Kind::Date);
        return Ok(Days {
            dates: dates.clone(),
            kind,
            why: dates.to_string(),
        });
    }
    let decided = dates::decide(values, told.dates, &Dates::default())?;
    if decided.zones > 0 && decided.zones < decided.read {
        return Err(format!(
            "of {} moments {} say in which zone their clock is",
            decided.read, decided.zones
        ));
    }
    let kind = kind.unwrap_or(match decided.times {
        0 => Kind::Date,
        _ => Kind::Time,
    });
    let mut why = decided.told.unwrap_or_else(|| decided.dates.to_string());
    match (kind, decided.times, decided.zones) {
        (Kind::Date, times, _) if times > 0 => {
            why += &format!("; {times} with a time of day, which is left out");
        }
        (Kind::Time, _, zones) if zones > 0 => why += ", by the clock of Greenwich",
        _ => {}
    }
    Ok(Days {
        dates: decided.dates,
        kind,
        why,
    })
}
