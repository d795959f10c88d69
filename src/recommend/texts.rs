use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::personality::Condition;
use crate::table::display::count;
use crate::{Error, Result};

/// In which words are campaigns recommended?
///
/// Texts are data: those in [English](Texts::english) and [Indonesian](Texts::indonesian) come along,
/// and others are read from [JSON](Texts::from_json). Of the offers a segment gets the first whose
/// conditions hold for its [positions](crate::personality::positions). Names in braces stand for the
/// figures of the segment: `{customers}`, `{share}`, `{value}`, `{value_share}`, `{spend}`,
/// `{transactions}`, `{deals}`, `{recency}`, `{visits}`, `{response}`, `{saving}`, `{channel}`,
/// `{channel_share}`, `{channel_all}`, `{currency}`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let texts = recommend::Texts::english();
/// assert_eq!(recommend::Texts::from_json(&texts.to_json())?, texts);
/// assert!(recommend::Texts::from_json(&texts.to_json().replace("{value}", "{worth}")).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    language: String,
    decimal: String,
    thousands: String,
    million: String,
    /// What the columns of purchases by channel are called.
    pub(super) channels: BTreeMap<String, String>,
    pub(super) why: String,
    pub(super) channel: String,
    pub(super) offers: Vec<Offer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    pub when: Vec<Condition>,
    pub text: String,
}

/// The columns that count purchases by channel.
pub(super) const CHANNELS: [&str; 3] = [
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
];

/// The names that stand for figures.
pub(super) const FIGURES: [&str; 15] = [
    "customers",
    "share",
    "value",
    "value_share",
    "spend",
    "transactions",
    "deals",
    "recency",
    "visits",
    "response",
    "saving",
    "channel",
    "channel_share",
    "channel_all",
    "currency",
];

impl Texts {
    /// In English.
    pub fn english() -> Self {
        Texts::own(include_str!("../../languages/en.json"))
    }

    /// In Indonesian, the language of the published analyses.
    pub fn indonesian() -> Self {
        Texts::own(include_str!("../../languages/id.json"))
    }

    /// Those of a language's file, which has the texts of the report and of the course's index besides.
    fn own(file: &str) -> Self {
        let file: serde_json::Value = serde_json::from_str(file).unwrap_or_default();
        // A test reads both, so that a slip is found before anyone meets it.
        Texts::from_json(&file["recommend"].to_string()).unwrap_or_default()
    }

    /// The language, such as `en`.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The texts as JSON, to be changed in an editor.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads texts from JSON, as [`to_json`](Texts::to_json) writes them.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the text is something else, names a figure that there is not, lacks a
    /// channel's name, cites no figure in one of its texts, or its last offer has conditions (a segment
    /// could be left without one).
    pub fn from_json(text: &str) -> Result<Self> {
        let texts: Texts = serde_json::from_str(text)
            .map_err(|error| wrong(error.to_string(), "JSON as Texts::to_json writes it"))?;
        for text in texts.all() {
            let names = names(text)?;
            if names.is_empty() {
                return Err(wrong(format!("{text:?}"), "texts that cite a figure each"));
            }
            if let Some(odd) = names.iter().find(|name| !FIGURES.contains(*name)) {
                return Err(wrong(
                    format!("{{{odd}}}"),
                    &format!("one of {}", FIGURES.join(", ")),
                ));
            }
        }
        for name in CHANNELS {
            if !texts.channels.contains_key(name) {
                return Err(wrong(
                    format!("no name for {name}"),
                    "a name for each channel",
                ));
            }
        }
        match texts.offers.last() {
            Some(last) if last.when.is_empty() => Ok(texts),
            _ => Err(wrong(
                "a last offer with conditions, or none".into(),
                "one for all others",
            )),
        }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let offers = self.offers.iter().map(|offer| offer.text.as_str());
        [self.why.as_str(), self.channel.as_str()]
            .into_iter()
            .chain(offers)
    }

    /// A text with figures in place of their names.
    pub(super) fn fill(&self, text: &str, figures: &BTreeMap<&str, String>) -> String {
        let mut filled = text.to_owned();
        for (name, figure) in figures {
            filled = filled.replace(&format!("{{{name}}}"), figure);
        }
        filled
    }

    /// How does the language write a number, with so many decimals?
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// assert_eq!(recommend::Texts::english().number(1_234.56, 1), "1,234.6");
    /// assert_eq!(recommend::Texts::indonesian().number(1_234.56, 1), "1.234,6");
    /// ```
    pub fn number(&self, x: f64, decimals: usize) -> String {
        let text = format!("{:.decimals$}", x.abs());
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let grouped = whole.parse().map_or_else(|_| whole.to_owned(), count);
        let grouped = grouped.replace(',', &self.thousands);
        let sign = if x < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            "-"
        } else {
            ""
        };
        match part {
            "" => format!("{sign}{grouped}"),
            part => format!("{sign}{grouped}{}{part}", self.decimal),
        }
    }

    /// A count, or the median of counts, which may end in a half.
    pub(super) fn whole(&self, x: f64) -> String {
        self.number(x, usize::from(x.fract() != 0.0))
    }

    pub(super) fn percent(&self, share: f64) -> String {
        format!("{} %", self.number(100.0 * share, 1))
    }

    pub(super) fn money(&self, amount: f64) -> String {
        match amount.abs() {
            large if large >= 1e6 => {
                let decimals = if large < 1e7 { 2 } else { 1 };
                format!("{} {}", self.number(amount / 1e6, decimals), self.million)
            }
            _ => self.number(amount, 0),
        }
    }
}

/// The names in braces.
fn names(text: &str) -> Result<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let open = || wrong(format!("{text:?}"), "a closing brace for each opening one");
        let (name, then) = after.split_once('}').ok_or_else(open)?;
        names.push(name);
        rest = then;
    }
    Ok(names)
}

fn wrong(value: String, expected: &str) -> Error {
    Error::Parameter {
        name: "texts",
        value,
        expected: expected.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_read() {
        let (english, indonesian) = (Texts::english(), Texts::indonesian());
        assert_eq!((english.language(), indonesian.language()), ("en", "id"));
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let (english, indonesian) = (Texts::english(), Texts::indonesian());
        assert_eq!(english.money(668_600_000.0), "668.6 million");
        assert_eq!(indonesian.money(668_600_000.0), "668,6 juta");
        assert_eq!(english.money(57_000.4), "57,000");
        assert_eq!(indonesian.whole(2_240.0), "2.240");
        assert_eq!(english.percent(0.1234), "12.3 %");
        assert_eq!(english.whole(3.5), "3.5");
    }
}
