//! From the texts of a file to the columns of the schema: what each of its names means.

use std::path::Path;

use super::schema::{self, FIELDS};
use crate::data::read::texts::{Cells, Texts};
use crate::{Error, Problem, Result};

/// A file as texts.
pub(super) struct RawTable {
    pub separator: Option<char>,
    /// What else is told of how the file is made.
    pub made: Option<String>,
    /// The line of the file on which each record of the right length begins; the header's is 1.
    pub lines: Vec<usize>,
    /// How many records there are, with those of a wrong length.
    pub rows_read: usize,
    /// Per field of the schema its texts, `None` where there are none.
    pub cells: Vec<Option<Cells>>,
    /// The columns of the file that are not in the schema.
    pub own: Vec<Cells>,
    /// Rows of a wrong length, texts that are not UTF-8.
    pub problems: Vec<Problem>,
    pub header: Vec<Header>,
    /// Fields of the schema that the file does not have.
    pub missing: Vec<usize>,
}

/// What becomes of one column of the file.
pub(super) struct Header {
    pub name: String,
    pub place: Place,
}

pub(super) enum Place {
    /// A column of the schema, named so in the file or by the user.
    Field { index: usize, renamed: bool },
    /// A column that is not in the schema, and its place among those.
    Own(usize),
    /// A column that the user does without.
    Without,
}

/// How the columns of the file are named, and which are needed.
pub(super) struct Wanted<'a> {
    pub renames: &'a [(String, String)],
    pub without: &'a [String],
    /// The columns of the schema that the file must have; `None` for all.
    pub needs: Option<&'a [String]>,
}

impl Wanted<'_> {
    /// Whether the user does without a column of the file or of the schema.
    fn does_without(&self, name: &str) -> bool {
        self.without
            .iter()
            .any(|without| schema::plain(without) == schema::plain(name))
    }

    pub fn needs(&self, field: &str) -> bool {
        !self.does_without(field)
            && self
                .needs
                .is_none_or(|needs| needs.iter().any(|need| need == field))
    }
}

/// The columns of the schema, and those of the user's own.
pub(super) fn table(file: &Path, texts: Texts, wanted: &Wanted<'_>) -> Result<RawTable> {
    let names: Vec<String> = texts
        .columns
        .iter()
        .map(|cells| cells.header.clone())
        .collect();
    let mut table = map_header(file, &names, wanted)?;
    table.separator = texts.about.separator;
    table.made = texts.about.encoding.filter(|encoding| encoding != "UTF-8");
    table.lines = texts.lines;
    table.rows_read = texts.rows_read;
    let mut read = Vec::new();
    for (mut cells, header) in texts.columns.into_iter().zip(&table.header) {
        match header.place {
            Place::Field { index, .. } => {
                read.push(cells.header.clone());
                table.cells[index] = Some(cells);
            }
            Place::Own(place) => {
                read.push(cells.header.clone());
                // A column without a name has one by now.
                cells.header.clone_from(&table.own[place].header);
                table.own[place] = cells;
            }
            Place::Without => {}
        }
    }
    let is_read = |problem: &Problem| {
        problem
            .column
            .as_ref()
            .is_none_or(|name| read.contains(name))
    };
    table.problems = texts.problems.into_iter().filter(is_read).collect();
    Ok(table)
}

fn map_header(file: &Path, names: &[String], wanted: &Wanted<'_>) -> Result<RawTable> {
    let not_a_table = |found: String, expected: String| {
        Err(Error::NotATable {
            file: file.to_owned(),
            found,
            expected,
        })
    };
    for (yours, ours) in wanted.renames {
        if !names.contains(yours) {
            return not_a_table(
                format!("no column {yours:?} to rename to {ours}"),
                format!("one of {}", names.join(", ")),
            );
        }
    }
    let mut table = RawTable {
        separator: None,
        made: None,
        lines: Vec::new(),
        rows_read: 0,
        cells: FIELDS.iter().map(|_| None).collect(),
        own: Vec::new(),
        problems: Vec::new(),
        header: Vec::with_capacity(names.len()),
        missing: Vec::new(),
    };
    for (place, name) in names.iter().enumerate() {
        let renamed = wanted.renames.iter().find(|(yours, _)| yours == name);
        let field = schema::find(renamed.map_or(name, |(_, ours)| ours));
        let without = renamed.is_none()
            && (wanted.does_without(name)
                || field.is_some_and(|index| wanted.does_without(FIELDS[index].name)));
        let place = match field {
            _ if without => Place::Without,
            Some(index) => {
                if let Some(other) = table.cells[index].replace(Cells::new(name)) {
                    return not_a_table(
                        format!(
                            "{:?} and {name:?} both stand for {}",
                            other.header, FIELDS[index].name
                        ),
                        "one column each".into(),
                    );
                }
                let renamed = renamed.is_some();
                Place::Field { index, renamed }
            }
            None => {
                let name = match name.as_str() {
                    "" => format!("column {}", place + 1),
                    name => name.to_owned(),
                };
                if table.own.iter().any(|other| other.header == name) {
                    return not_a_table(
                        format!("two columns are called {name:?}"),
                        "a name for each".into(),
                    );
                }
                table.own.push(Cells::new(&name));
                Place::Own(table.own.len() - 1)
            }
        };
        table.header.push(Header {
            name: name.clone(),
            place,
        });
    }
    table.missing = (0..FIELDS.len())
        .filter(|index| table.cells[*index].is_none())
        .collect();
    let missing: Vec<String> = table
        .missing
        .iter()
        .map(|index| FIELDS[*index].name)
        .filter(|name| wanted.needs(name))
        .map(str::to_owned)
        .collect();
    if missing.is_empty() {
        Ok(table)
    } else {
        Err(Error::MissingColumns {
            file: file.to_owned(),
            missing,
            found: names.to_vec(),
        })
    }
}
