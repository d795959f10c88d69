//! Files as people have them: a table that is known, written in any of the ways there are.

use std::io::Write as _;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use segmenta::data::read::{self, DateFormat, Decimal, Kind, Reader};
use segmenta::prelude::*;

type Random = Xoshiro256PlusPlus;

/// What a cell is.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Nothing,
    Number(f64),
    Text(String),
    /// Milliseconds since 1970.
    Moment(i64),
}

struct Written {
    name: String,
    values: Vec<Value>,
    texts: Vec<String>,
    /// What to say where it is asked.
    kind: Kind,
    order: Option<DateFormat>,
}

pub struct Messy {
    columns: Vec<Written>,
    separator: char,
    says_separator: bool,
    line_end: &'static str,
    encoding: usize,
    packed: bool,
    decimal: Decimal,
    title: bool,
    blank_rows: usize,
    totals: bool,
    /// The place of a column that has the name of the first, or none.
    twice: Option<usize>,
    nameless: Option<usize>,
}

const STRONG: [&str; 9] = [
    "", "NA", "N/A", "#N/A", "NULL", "null", "None", "<NA>", "\\N",
];
const WEAK: [&str; 5] = ["-", "?", "none", "empty", "n.a."];
const FLAGS: [(&str, &str); 8] = [
    ("yes", "no"),
    ("Ja", "Nein"),
    ("TRUE", "FALSE"),
    ("ya", "tidak"),
    ("oui", "non"),
    ("sim", "não"),
    ("sí", "no"),
    ("1", "0"),
];
const WORDS: [&str; 10] = [
    "Zürich",
    "São Paulo",
    "Bern; West",
    "Müller, Söhne",
    "gold",
    "He said \"yes\"",
    "café",
    "Nancy",
    "12 rue",
    "A-7",
];
const MONTHS: [&str; 12] = [
    "Jan",
    "February",
    "März",
    "abril",
    "May",
    "juni",
    "July",
    "août",
    "September",
    "Okt",
    "Nov",
    "Dezember",
];

fn pick<'a, T: ?Sized>(random: &mut Random, of: &[&'a T]) -> &'a T {
    of.choose(random).unwrap()
}

impl Messy {
    pub fn new(random: &mut Random) -> Self {
        let rows = random.gen_range(3..40);
        let decimal = match random.gen_bool(0.5) {
            true => Decimal::Point,
            false => Decimal::Comma,
        };
        let width = random.gen_range(2..8);
        let columns: Vec<Written> = (0..width)
            .map(|place| column(random, place, rows, decimal))
            .collect();
        let rare = |random: &mut Random| random.gen_bool(0.05);
        let other = (random.gen_range(1..width), rare(random), rare(random));
        Messy {
            columns,
            separator: *[',', ';', '\t', '|'].choose(random).unwrap(),
            says_separator: random.gen_bool(0.1),
            line_end: pick(random, &["\n", "\r\n"]),
            encoding: random.gen_range(0..5),
            packed: random.gen_bool(0.1),
            decimal,
            title: rare(random),
            blank_rows: if rare(random) { 2 } else { 0 },
            totals: rare(random),
            twice: other.1.then_some(other.0),
            nameless: (other.2 && !other.1).then_some(other.0),
        }
    }

    fn header(&self, place: usize) -> &str {
        match (self.twice, self.nameless) {
            (Some(at), _) if at == place => &self.columns[0].name,
            (_, Some(at)) if at == place => "",
            _ => &self.columns[place].name,
        }
    }

    fn text(&self) -> String {
        let quoted = |text: &str| match text.contains([self.separator, '"', '\n']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.to_owned(),
        };
        let line = |texts: Vec<&str>| {
            let texts: Vec<String> = texts.into_iter().map(quoted).collect();
            texts.join(&self.separator.to_string()) + self.line_end
        };
        let mut text = String::new();
        if self.says_separator {
            text += &format!("sep={}{}", self.separator, self.line_end);
        }
        if self.title {
            text += &format!("Customers{}", self.line_end);
        }
        text += &line(
            (0..self.columns.len())
                .map(|place| self.header(place))
                .collect(),
        );
        for row in 0..self.columns[0].texts.len() {
            text += &line(
                self.columns
                    .iter()
                    .map(|column| column.texts[row].as_str())
                    .collect(),
            );
        }
        for _ in 0..self.blank_rows {
            text += &line(vec![""; self.columns.len()]);
        }
        if self.totals {
            let last = |place| if place == 0 { "Total" } else { "" };
            text += &line((0..self.columns.len()).map(last).collect());
        }
        text
    }

    pub fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        let bytes = match self.encoding {
            0 => text.into_bytes(),
            1 => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            2 => [
                b"\xFF\xFE".to_vec(),
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ]
            .concat(),
            3 => [
                b"\xFE\xFF".to_vec(),
                text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            ]
            .concat(),
            _ => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        };
        if !self.packed {
            return bytes;
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        packed.write_all(&bytes).unwrap();
        packed.finish().unwrap()
    }

    /// A reader to whom everything has been said that the file may leave open.
    pub fn answered(&self) -> Reader {
        let mut reader = Reader::new()
            .separator(self.separator)
            .decimal(self.decimal)
            .totals(self.totals);
        if self.encoding == 4 {
            reader = reader.encoding("windows-1252");
        }
        let above = usize::from(self.says_separator) + usize::from(self.title);
        reader = reader.header(above + 1);
        if let Some(place) = self.twice.or(self.nameless) {
            reader = reader.name(place + 1, &self.columns[place].name);
        }
        for column in &self.columns {
            reader = reader.kind(&column.name, column.kind);
            if let Some(order) = column.order {
                reader = reader.dates(&column.name, order);
            }
        }
        reader
    }

    pub fn must_be(&self, read: &read::Read, seed: u64) {
        let rows = self.columns[0].values.len();
        let file = self.text();
        let shape = (rows, self.columns.len());
        assert_eq!(read.table.shape(), shape, "seed {seed}\n{file}");
        for (column, own) in read.table.columns().iter().zip(&self.columns) {
            assert_eq!(column.name(), own.name.as_str(), "seed {seed}");
            for (row, value) in own.values.iter().enumerate() {
                let there = match column.get(row).unwrap() {
                    AnyValue::Null => Value::Nothing,
                    AnyValue::Int64(number) => Value::Number(number as f64),
                    AnyValue::Float64(number) => Value::Number(number),
                    AnyValue::String(text) => Value::Text(text.to_owned()),
                    AnyValue::Date(day) => Value::Moment(i64::from(day) * 86_400_000),
                    AnyValue::Datetime(moment, ..) => Value::Moment(moment),
                    other => panic!("seed {seed}: {other}"),
                };
                assert_eq!(
                    (&there, row),
                    (value, row),
                    "seed {seed}, column {}, written {:?}\n{}",
                    own.name,
                    own.texts[row],
                    file
                );
            }
        }
    }
}

fn grouped(number: u64, mark: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text += mark;
        }
        text.push(digit);
    }
    text
}

fn column(random: &mut Random, place: usize, rows: usize, decimal: Decimal) -> Written {
    let mut kind = *[
        Kind::Whole,
        Kind::Decimal,
        Kind::Decimal,
        Kind::Date,
        Kind::Time,
        Kind::Flag,
        Kind::Category,
        Kind::Text,
        Kind::Name,
    ]
    .choose(random)
    .unwrap();
    // A row of nothing at all would be no customer.
    let nulls = if place > 0 && random.gen_bool(0.5) {
        random.gen_range(0.0..0.4)
    } else {
        0.0
    };
    let is_word = matches!(kind, Kind::Category | Kind::Text | Kind::Name);
    let mut name = format!("c{place}_{kind}");
    let (mark, point) = match decimal {
        Decimal::Point => (",", "."),
        Decimal::Comma => (".", ","),
    };
    let mark = if random.gen_bool(0.3) {
        mark
    } else {
        pick(random, &["", " ", "'"])
    };
    let (before, behind) = *[
        ("", ""),
        ("", ""),
        ("$", ""),
        ("", " €"),
        ("Rp ", ""),
        ("EUR ", ""),
    ]
    .choose(random)
    .unwrap();
    let brackets = random.gen_bool(0.3);
    let percent = kind == Kind::Decimal && random.gen_bool(0.15);
    let digits = random.gen_range(1..4usize);
    let order = *[
        DateFormat::DayFirst,
        DateFormat::MonthFirst,
        DateFormat::YearFirst,
    ]
    .choose(random)
    .unwrap();
    let between = pick(random, &["-", "/", ".", " "]);
    let named_month = random.gen_bool(0.2) && order != DateFormat::YearFirst;
    let short = random.gen_bool(0.2) && order != DateFormat::YearFirst;
    let zone = random.gen_bool(0.3);
    let serial = kind == Kind::Date && random.gen_bool(0.1);
    if serial {
        name = format!("c{place} date");
    }
    let (yes, no) = *FLAGS.choose(random).unwrap();
    // Words and numbers in one column, most of them numbers.
    let odd = kind == Kind::Text && random.gen_bool(0.3);
    let mut values = Vec::new();
    let mut texts = Vec::new();
    for row in 0..rows {
        if row > 0 && random.gen_bool(nulls) {
            let word = match !is_word && random.gen_bool(0.3) {
                true => pick(random, &WEAK),
                false => pick(random, &STRONG),
            };
            values.push(Value::Nothing);
            texts.push(word.to_owned());
            continue;
        }
        let negative = random.gen_bool(0.1);
        let signed = |text: String| match (negative, brackets) {
            (false, _) => format!("{before}{text}{behind}"),
            (true, true) => format!("({before}{text}{behind})"),
            (true, false) => format!("-{before}{text}{behind}"),
        };
        let sign = if negative { "-" } else { "" };
        let (value, text) = match kind {
            Kind::Whole => {
                let top = 10u64.pow(random.gen_range(1..8));
                let number = random.gen_range(0..top);
                let value: f64 = format!("{sign}{number}").parse().unwrap();
                (Value::Number(value), signed(grouped(number, mark)))
            }
            Kind::Decimal => {
                let top = 10u64.pow(random.gen_range(1..6));
                let (whole, share) = (
                    random.gen_range(0..top),
                    random.gen_range(0..10u64.pow(digits as u32)),
                );
                let text = format!("{}{point}{share:0digits$}", grouped(whole, mark));
                match percent {
                    true => {
                        let value: f64 = format!("{sign}{whole}.{share:0digits$}e-2")
                            .parse()
                            .unwrap();
                        (Value::Number(value), format!("{sign}{text} %"))
                    }
                    false => {
                        let value: f64 = format!("{sign}{whole}.{share:0digits$}").parse().unwrap();
                        (Value::Number(value), signed(text))
                    }
                }
            }
            Kind::Date | Kind::Time => {
                let day = chrono_day(random);
                let (year, month, date) = day.1;
                let year = if short {
                    format!("{:02}", year % 100)
                } else {
                    year.to_string()
                };
                let month = match named_month {
                    true => MONTHS[month as usize - 1].to_owned(),
                    false => format!("{month:02}"),
                };
                let date = format!("{date:02}");
                let parts = match order {
                    DateFormat::DayFirst => [date, month, year],
                    DateFormat::MonthFirst => [month, date, year],
                    _ => [year, month, date],
                };
                let text = parts.join(between);
                if serial {
                    (
                        Value::Moment(day.0 * 86_400_000),
                        (day.0 + 25_569).to_string(),
                    )
                } else if kind == Kind::Date {
                    (Value::Moment(day.0 * 86_400_000), text)
                } else {
                    let (hour, minute, second) = (
                        random.gen_range(0..24),
                        random.gen_range(0..60),
                        random.gen_range(0..60),
                    );
                    let moment = ((day.0 * 24 + hour) * 60 + minute) * 60 + second;
                    match zone {
                        true => {
                            let text = format!("{text} {hour:02}:{minute:02}:{second:02}+02:00");
                            (Value::Moment((moment - 7200) * 1000), text)
                        }
                        false => (
                            Value::Moment(moment * 1000),
                            format!("{text} {hour:02}:{minute:02}:{second:02}"),
                        ),
                    }
                }
            }
            Kind::Flag => {
                let flag = random.gen_bool(0.5);
                (
                    Value::Number(f64::from(u8::from(flag))),
                    if flag { yes } else { no }.to_owned(),
                )
            }
            Kind::Category => {
                let word = pick(random, &WORDS);
                (Value::Text(word.to_owned()), word.to_owned())
            }
            Kind::Name if place.is_multiple_of(2) => {
                let code = format!("{:05}", row * 7);
                (Value::Text(code.clone()), code)
            }
            Kind::Text if odd && random.gen_bool(0.9) => {
                let number = random.gen_range(0..100).to_string();
                (Value::Text(number.clone()), number)
            }
            _ => {
                let text = format!("{} {row}", pick(random, &WORDS));
                (Value::Text(text.clone()), text)
            }
        };
        values.push(value);
        texts.push(text);
    }
    // Whoever wrote only numbers into it, by chance, meant numbers.
    if odd
        && texts
            .iter()
            .zip(&values)
            .all(|(text, value)| *value == Value::Nothing || text.parse::<f64>().is_ok())
    {
        kind = Kind::Whole;
        for value in &mut values {
            if let Value::Text(text) = value {
                *value = Value::Number(text.parse().unwrap());
            }
        }
    }
    let dated = matches!(kind, Kind::Date | Kind::Time);
    Written {
        name,
        values,
        texts,
        kind,
        order: (dated && !serial).then_some(order),
    }
}

/// A day between 1990 and 2049, as days since 1970 and as year, month and day.
fn chrono_day(random: &mut Random) -> (i64, (i64, i64, i64)) {
    let day = random.gen_range(7305i64..29_219);
    // Days to a date, after Howard Hinnant's civil_from_days.
    let z = day + 719_468;
    let era = z / 146_097;
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let date = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (day, (year, month, date))
}
