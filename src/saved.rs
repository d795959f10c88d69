//! Models in files: JSON that says what it is, and which version of it.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::table::export::{self, Existing};
use crate::{Error, Result};

/// What a file holds.
pub(crate) struct Kind {
    /// What the file begins with.
    pub format: &'static str,
    pub version: u64,
    /// The name under which the model stands.
    pub name: &'static str,
    /// What one says of it: `segments`, `a classifier`.
    pub noun: &'static str,
    /// The same of one that was changed: `spoilt segments`, `a spoilt classifier`.
    pub spoilt: &'static str,
    /// Who writes such files.
    pub written: &'static str,
}

struct Saved<'a, T> {
    kind: &'a Kind,
    own: &'a T,
}

impl<T: Serialize> Serialize for Saved<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("format", self.kind.format)?;
        map.serialize_entry("version", &self.kind.version)?;
        map.serialize_entry(self.kind.name, self.own)?;
        map.end()
    }
}

/// Writes a model to a file, whole or not at all; with a line for each value where somebody may want to read it.
pub(crate) fn save<T: Serialize>(
    kind: &Kind,
    own: &T,
    lines: bool,
    file: &Path,
    existing: Existing,
) -> Result<()> {
    let saved = Saved { kind, own };
    let text = match lines {
        true => serde_json::to_string_pretty(&saved),
        false => serde_json::to_string(&saved),
    };
    let text = text.map_err(|error| Error::Write {
        file: file.to_owned(),
        source: error.into(),
    })?;
    export::text(&text, file, existing)
}

/// Reads a model of this kind and version, whose parts fit together.
pub(crate) fn load<T: DeserializeOwned>(
    kind: &Kind,
    file: &Path,
    is_sound: impl Fn(&T) -> bool,
) -> Result<T> {
    let text = std::fs::read_to_string(file).map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?;
    let (noun, spoilt) = (kind.noun, kind.spoilt);
    let other = |found: String| Error::NotATable {
        file: file.to_owned(),
        found,
        expected: format!("{noun} of version {}, as {}", kind.version, kind.written),
    };
    let mut json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| other(format!("no JSON ({error})")))?;
    if json["format"] != kind.format {
        return Err(other("JSON of another kind".into()));
    }
    if json["version"] != kind.version {
        return Err(other(format!("{noun} of version {}", json["version"])));
    }
    let own: T = serde_json::from_value(json[kind.name].take())
        .map_err(|error| other(format!("{spoilt} ({error})")))?;
    match is_sound(&own) {
        true => Ok(own),
        false => Err(other(format!("{spoilt} (its parts do not fit together)"))),
    }
}
