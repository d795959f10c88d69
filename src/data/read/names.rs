//! The names of the columns in the table: what was said of them, and what is missing.

use std::path::Path;

use super::Reader;
use super::texts::Cells;
use crate::{Error, Result};

/// How columns are called in the table, and which are read and needed.
pub(super) struct Names {
    in_table: Vec<String>,
    without: Vec<bool>,
    needs: Option<Vec<String>>,
}

impl Names {
    pub fn new(reader: &Reader, file: &Path, columns: &[Cells]) -> Result<Self> {
        let headers: Vec<String> = columns.iter().map(|cells| cells.header.clone()).collect();
        let named = reader.renames.iter().map(|(name, _)| ("rename", name));
        let named = named.chain(reader.without.iter().map(|name| ("without", name)));
        let named = named.chain(reader.kinds.iter().map(|(name, _)| ("kind", name)));
        let dates = reader.dates.iter().filter_map(|(name, _)| name.as_ref());
        for (what, name) in named.chain(dates.map(|name| ("dates", name))) {
            if !headers.contains(name) {
                return Err(Error::Parameter {
                    name: what,
                    value: format!("{name:?}"),
                    expected: format!("a column of the file: {}", headers.join(", ")),
                });
            }
        }
        let in_table: Vec<String> = headers
            .iter()
            .map(|name| {
                let said = reader.renames.iter().find(|(in_file, _)| in_file == name);
                let planned = reader
                    .plan
                    .column(name)
                    .and_then(|column| column.name.as_ref());
                said.map(|(_, own)| own).or(planned).unwrap_or(name).clone()
            })
            .collect();
        let without = headers
            .iter()
            .map(|name| {
                let planned = reader
                    .plan
                    .column(name)
                    .is_some_and(|column| column.left_out);
                reader.without.contains(name) || planned
            })
            .collect();
        let names = Names {
            in_table,
            without,
            needs: reader.needs.clone(),
        };
        for (place, name) in names.in_table.iter().enumerate() {
            let other = names.in_table[..place]
                .iter()
                .position(|other| other == name);
            if let Some(other) = other
                && !name.is_empty()
                && headers[other] != headers[place]
                && !names.without[other]
                && !names.without[place]
            {
                return Err(Error::Parameter {
                    name: "rename",
                    value: format!("{name:?} for {:?} and {:?}", headers[other], headers[place]),
                    expected: "a name for each".into(),
                });
            }
        }
        let planned = reader.plan.columns.iter().filter(|column| !column.left_out);
        let mut missing: Vec<String> = planned
            .filter(|column| !headers.contains(&column.in_file))
            .map(|column| column.name.as_ref().unwrap_or(&column.in_file).clone())
            .filter(|name| names.needed(name))
            .collect();
        let needs = reader.needs.iter().flatten();
        missing.extend(needs.filter(|name| !names.in_table.contains(name)).cloned());
        missing.dedup();
        match missing.is_empty() {
            true => Ok(names),
            false => Err(Error::MissingColumns {
                file: file.to_owned(),
                missing,
                found: headers,
            }),
        }
    }

    pub fn in_table(&self, place: usize) -> String {
        self.in_table[place].clone()
    }

    pub fn left_out(&self, place: usize) -> Option<&'static str> {
        self.without[place].then_some("left out: as you asked")
    }

    pub fn needed(&self, name: &str) -> bool {
        self.needs
            .as_ref()
            .is_none_or(|needs| needs.iter().any(|need| need == name))
    }
}
