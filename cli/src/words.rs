//! The sentences of a report, in one language: the files of languages/, or one of the user's own.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use segmenta::Error;
use segmenta::recommend::Texts;
use serde::Deserialize;

use crate::Result;

// The files of languages/ by their code: `LANGUAGES`.
include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// A language's file. Its index is read by what makes the course's pages.
#[derive(Deserialize)]
struct File {
    recommend: serde_json::Value,
    report: serde_json::Value,
}

/// The sentences that this program puts into a report; names in braces stand for figures and columns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub title: String,
    pub in_short: String,
    pub share: String,
    pub share_of: String,
    pub average: String,
    pub worth: String,
    pub worth_of: String,
    pub to_do: String,
    pub million: String,
    pub thousand: String,
    pub sure: String,
    pub a_way_to_look: String,
    pub next_week: String,
    pub pays: String,
    pub pays_not: String,
    pub ask_ten: String,
    pub who: String,
    pub alone: String,
    pub how_large: String,
    pub segment: String,
    pub share_of_customers: String,
    pub called: String,
    pub profile: String,
    pub single: String,
    pub differences: String,
    pub made_of: String,
    pub how_to_tell: String,
    pub conditions: String,
    pub rules: String,
    pub border: String,
    pub live: String,
    pub alike: String,
    pub stands_out: String,
    pub what: String,
    pub no_facts: String,
    pub lacking: String,
    pub of_segment: String,
    pub would_bring: String,
    pub pays_open: String,
    pub tiers: String,
    pub value: String,
    pub saving: String,
    pub whom: String,
    pub not_known: String,
    pub prediction: String,
    pub ahead: String,
    pub learned: String,
    pub budget: String,
    pub first: String,
    pub granted: String,
    pub not_in_table: String,
    pub assumptions: String,
    pub worth_chapter: String,
    pub value_of: String,
    pub not_here: String,
    pub needs_spend: String,
    pub needs_recency: String,
    pub needs_group: String,
    pub needs_campaign: String,
    pub appendix: String,
    pub appendix_says: String,
    pub how_good: String,
    pub origin: String,
    pub roles: String,
}

/// A language: how campaigns are recommended in it, and the other sentences of a report.
pub struct Language {
    pub recommend: Texts,
    pub words: Words,
}

/// What `--language` may be: the code of a language that comes along, or a file.
pub fn asked(language: &str) -> std::result::Result<String, String> {
    let is_known = LANGUAGES.iter().any(|(code, _)| *code == language);
    if is_known || Path::new(language).exists() {
        return Ok(language.to_owned());
    }
    Err(format!("one of {}, or a file", codes().join(", ")))
}

impl Language {
    /// A count, as the language writes it.
    pub fn count(&self, n: usize) -> String {
        self.recommend.number(n as f64, 0)
    }

    /// The one that is asked for: the code of one that comes along, or a file such as those of languages/.
    pub fn read(asked: &str) -> Result<Self> {
        let own = LANGUAGES.iter().find(|(code, _)| *code == asked);
        let text = match own {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(asked).map_err(|source| Error::Read {
                file: asked.into(),
                source,
            })?,
        };
        let unlike = |why: &dyn Display| {
            wrong(
                asked,
                format!("a file with all that languages/en.json has ({why})"),
            )
        };
        let file: File = serde_json::from_str(&text).map_err(|error| unlike(&error))?;
        for (name, sentence) in file.report.as_object().into_iter().flatten() {
            let ours = english(name).map(|ours| names(&ours));
            let theirs = names(sentence.as_str().unwrap_or_default());
            if let Some(ours) = ours.filter(|ours| *ours != theirs) {
                let ours: Vec<String> = ours.iter().map(|name| format!("{{{name}}}")).collect();
                return Err(unlike(&format!(
                    "{name} should name these figures, and no others: {}",
                    ours.join(", ")
                ))
                .into());
            }
        }
        Ok(Language {
            recommend: Texts::from_json(&file.recommend.to_string())?,
            words: serde_json::from_value(file.report).map_err(|error| unlike(&error))?,
        })
    }
}

/// A sentence in English.
fn english(name: &str) -> Option<String> {
    let (_, text) = LANGUAGES.iter().find(|(code, _)| *code == "en")?;
    let file: File = serde_json::from_str(text).ok()?;
    Some(file.report.get(name)?.as_str()?.to_owned())
}

/// The names in braces.
fn names(sentence: &str) -> BTreeSet<String> {
    let parts = sentence.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
        .collect()
}

/// The codes of the languages that come along.
fn codes() -> Vec<&'static str> {
    LANGUAGES.iter().map(|(code, _)| *code).collect()
}

fn wrong(asked: &str, expected: String) -> Error {
    Error::Parameter {
        name: "--language",
        value: asked.to_owned(),
        expected,
    }
}

/// A sentence with figures and columns in the places of their names.
pub fn fill(sentence: &str, with: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    let mut rest = sentence;
    // From the left to the right: what is filled in may have braces of its own.
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        filled.push_str(before);
        if let Some((_, is)) = with.iter().find(|(known, _)| *known == name) {
            filled.push_str(&is.to_string());
        }
        rest = after;
    }
    filled + rest
}
