use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What do the values of a column say, and what are they in the table?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whole numbers: `i64`.
    Whole,
    /// Numbers with decimals: `f64`. A percentage is a share: 12.5 % is 0.125.
    Decimal,
    /// Days: a date.
    Date,
    /// Days with a time of day: a moment in milliseconds, that of Greenwich where a zone is said.
    Time,
    /// Yes or no: `i64`, 1 or 0.
    Flag,
    /// A few words that come again: text.
    Category,
    /// Words: text.
    Text,
    /// Words that are another in every row: text.
    Name,
    /// Nothing: text, all null.
    Empty,
}

const NAMES: [(Kind, &str); 9] = [
    (Kind::Whole, "whole"),
    (Kind::Decimal, "decimal"),
    (Kind::Date, "date"),
    (Kind::Time, "time"),
    (Kind::Flag, "flag"),
    (Kind::Category, "category"),
    (Kind::Text, "text"),
    (Kind::Name, "name"),
    (Kind::Empty, "empty"),
];

impl Kind {
    /// Whether it becomes numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Whole | Kind::Decimal | Kind::Flag)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(kind, _)| kind == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let kind = NAMES.iter().find(|(_, name)| *name == text);
        kind.map(|(kind, _)| *kind).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).collect();
            format!("one of {}", names.join(", "))
        })
    }
}
