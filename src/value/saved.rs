use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{BetaGeometric, BgBb, BgNbd, GammaGamma, ParetoNbd};
use crate::stat::interval::checked;
use crate::table::export::{self, Existing};
use crate::{Error, Result};

/// A model that can be kept: one of those of [`value`](crate::value).
pub trait Model: Serialize + DeserializeOwned {
    /// What it is called in a file.
    const NAME: &'static str;

    /// The confidence of its intervals.
    #[doc(hidden)]
    fn confidence(&self) -> f64;
}

impl Model for BgNbd {
    const NAME: &'static str = "BG/NBD";

    fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl Model for ParetoNbd {
    const NAME: &'static str = "Pareto/NBD";

    fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl Model for BgBb {
    const NAME: &'static str = "BG/BB";

    fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl Model for GammaGamma {
    const NAME: &'static str = "gamma-gamma";

    fn confidence(&self) -> f64 {
        self.confidence
    }
}

impl Model for BetaGeometric {
    const NAME: &'static str = "beta-geometric";

    fn confidence(&self) -> f64 {
        self.confidence
    }
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<M> {
    model: String,
    version: u32,
    fitted: M,
}

/// Writes a fitted model to a file, as JSON.
///
/// # Errors
/// [`Error::Write`], also where there is a file of that name and it is to be kept.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::{self, BetaGeometric};
///
/// let cohort = df!("customers" => [1000u64, 631, 468, 382])?;
/// let model = BetaGeometric::fit(&cohort, &BetaGeometric::params())?;
/// let file = std::env::temp_dir().join(format!("segmenta-doc-model-{}.json", std::process::id()));
/// value::save(&model, &file, Existing::Replace)?;
/// assert_eq!(value::load::<BetaGeometric>(&file)?, model);
/// assert!(value::load::<value::BgNbd>(&file).is_err());
/// # std::fs::remove_file(file).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn save<M: Model>(model: &M, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
    #[derive(Serialize)]
    struct Borrowed<'a, M> {
        model: &'static str,
        version: u32,
        fitted: &'a M,
    }
    let file = file.as_ref();
    let saved = Borrowed {
        model: M::NAME,
        version: VERSION,
        fitted: model,
    };
    let text = serde_json::to_string_pretty(&saved).map_err(|error| Error::Write {
        file: file.to_owned(),
        source: error.into(),
    })?;
    export::text(&text, file, existing)
}

/// Reads a model from a file that [`save`] wrote.
///
/// # Errors
/// [`Error::Read`], and [`Error::NotATable`] where the file holds something else, or a model of another kind
/// or version.
pub fn load<M: Model>(file: impl AsRef<Path>) -> Result<M> {
    let file = file.as_ref();
    let text = std::fs::read_to_string(file).map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?;
    let wrong = |found: String| Error::NotATable {
        file: file.to_owned(),
        found,
        expected: format!("a {} model of version {VERSION}", M::NAME),
    };
    // First which model it is: a fault in one of another kind is none.
    #[derive(Deserialize)]
    struct Kind {
        model: String,
        version: u32,
    }
    let kind: Kind = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if kind.model != M::NAME || kind.version != VERSION {
        return Err(wrong(format!(
            "a {} model of version {}",
            kind.model, kind.version
        )));
    }
    let saved: Saved<M> = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    checked(saved.fitted.confidence()).map_err(|error| wrong(error.to_string()))?;
    Ok(saved.fitted)
}
