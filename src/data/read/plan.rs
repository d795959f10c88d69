use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Decimal, Kind};
use crate::table::export::{self, Existing};
use crate::{Error, Result};

/// How is a file read? As it was decided, column by column; the next file is read in the same way.
///
/// It is written as TOML, which can be edited, and travels with a model.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-plan-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("shop.csv");
/// std::fs::write(&file, "name;spend\nAnn;12,5\nBob;7\n").unwrap();
/// let shop = read::file(&file)?;
/// let plan = read::Plan::from_toml(&shop.plan().to_toml())?;
/// assert!(plan.to_toml().contains("decimal = \"comma\""));
/// // Of this file alone one could not tell.
/// std::fs::write(&file, "name;spend\nCem;1.250\n").unwrap();
/// let next = read::Reader::new().plan(&plan).read(&file)?;
/// assert_eq!(table::number(&next.table, "spend", 0)?, 1250.0);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What was said about the file; what is not said is found out anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) separator: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sheet: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<usize>,
    #[serde(default, rename = "column")]
    pub(super) columns: Vec<PlanColumn>,
}

/// How one column is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanColumn {
    /// Its name in the file.
    pub in_file: String,
    /// Its name in the table, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub percent: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<String>,
    /// Words for "nothing", besides those that always are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nulls: Vec<String>,
    /// Words that are values, though they look like nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

impl PlanColumn {
    /// A column of this name, about which nothing is said.
    pub fn named(in_file: &str) -> Self {
        PlanColumn {
            in_file: in_file.to_owned(),
            name: None,
            left_out: false,
            kind: None,
            decimal: None,
            percent: false,
            dates: Vec::new(),
            nulls: Vec::new(),
            words: Vec::new(),
        }
    }
}

impl Plan {
    /// The plan as TOML.
    pub fn to_toml(&self) -> String {
        // Texts, numbers and flags in lists: there is nothing that TOML could not write.
        toml::to_string(self).unwrap_or_default()
    }

    /// Reads a plan that [`to_toml`](Plan::to_toml) wrote, or somebody by hand.
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is no plan.
    pub fn from_toml(text: &str) -> Result<Self> {
        let wrong = |value: String| Error::Parameter {
            name: "plan",
            value,
            expected: "a plan as `segmenta read` shows it".into(),
        };
        let plan: Plan = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for column in &plan.columns {
            if super::dates::Dates::from_patterns(&column.dates).is_none() {
                return Err(wrong(format!(
                    "one with dates {} in column {}",
                    column.dates.join(", "),
                    column.in_file
                )));
            }
        }
        Ok(plan)
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`Error::Read`], and those of [`from_toml`](Plan::from_toml).
    pub fn load(file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file).map_err(|source| Error::Read {
            file: file.to_owned(),
            source,
        })?;
        Plan::from_toml(&text)
    }

    /// Writes the plan to a file.
    ///
    /// # Errors
    /// [`Error::Write`], also where there is a file of that name, and it is to be kept.
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        export::text(&self.to_toml(), file.as_ref(), existing)
    }

    pub(super) fn column(&self, in_file: &str) -> Option<&PlanColumn> {
        self.columns.iter().find(|column| column.in_file == in_file)
    }
}
