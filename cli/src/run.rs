//! What `segment` leaves for `report`, beside the customers and the segments.

use std::path::Path;

use segmenta::Error;
use segmenta::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;

const FORMAT: &str = "segmenta run";
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
pub struct Run {
    format: String,
    version: u64,
    pub seed: u64,
    /// Which column is for what; those of the lessons' table in a run of before.
    #[serde(default)]
    pub roles: Option<Roles>,
    /// How sure the number of segments is.
    #[serde(default)]
    pub verdict: String,
    /// Data, quality and the choice of k, as chapters of a report.
    pub before: Report,
    /// Where it all comes from.
    pub origin: Report,
}

impl Run {
    pub fn new(seed: u64, roles: Roles, verdict: String, before: Report, origin: Report) -> Self {
        Run {
            format: FORMAT.to_owned(),
            version: VERSION,
            seed,
            roles: Some(roles),
            verdict,
            before,
            origin,
        }
    }

    pub fn save(&self, file: &Path) -> Result {
        let failed = |source| Error::Write {
            file: file.to_owned(),
            source,
        };
        let text = serde_json::to_string(self).map_err(|error| failed(error.into()))?;
        Ok(std::fs::write(file, text).map_err(failed)?)
    }

    pub fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|source| Error::Read {
            file: file.to_owned(),
            source,
        })?;
        let other = |found: String| Error::NotATable {
            file: file.to_owned(),
            found,
            expected: format!("a run of version {VERSION}, as `segmenta segment` writes it"),
        };
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| other(format!("no JSON ({error})")))?;
        if json["format"] != FORMAT {
            return Err(other("JSON of another kind".into()).into());
        }
        if json["version"] != VERSION {
            return Err(other(format!("a run of version {}", json["version"])).into());
        }
        let run = serde_json::from_value(json);
        Ok(run.map_err(|error| other(format!("a spoilt run ({error})")))?)
    }
}
