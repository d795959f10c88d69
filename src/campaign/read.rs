//! From a file to texts in columns: encoding, separator, header, row lengths.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use polars::prelude::*;

use super::schema::{self, FIELDS};
use crate::{Error, Problem, Result};

/// A file as texts, columns in the order of the schema.
pub(super) struct RawTable {
    pub separator: u8,
    /// The row number of each record that has the right length; the header is row 1.
    pub rows: Vec<usize>,
    /// How many records there are, with those of a wrong length.
    pub rows_read: usize,
    /// Per field of the schema its texts, `None` where the user does without.
    pub cells: Vec<Option<Cells>>,
    /// Rows of a wrong length, texts that are not UTF-8.
    pub problems: Vec<Problem>,
    header: Vec<Header>,
}

/// What becomes of one column of the file.
struct Header {
    name: String,
    place: Place,
}

enum Place {
    /// A column of the schema, named so in the file or by the user.
    Field {
        index: usize,
        renamed: bool,
    },
    LeftOut(LeftOut),
}

/// A column that is not in the schema: is anything lost with it?
struct LeftOut {
    first: Option<String>,
    constant: bool,
    row_number: bool,
}

impl LeftOut {
    fn see(&mut self, index: usize, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        let text = text.trim();
        self.row_number &= text
            .parse()
            .is_ok_and(|n: usize| n == index || n == index + 1);
        match &self.first {
            None => self.first = Some(text.to_owned()),
            Some(first) => self.constant &= first == text,
        }
    }

    fn why(&self) -> String {
        match &self.first {
            Some(_) if self.row_number => "left out: the number of the row".into(),
            Some(value) if self.constant => format!("left out: {value} in every row"),
            _ => "left out: not in the schema".into(),
        }
    }
}

/// The texts of one column, end to end.
pub(super) struct Cells {
    /// The column's name in the file.
    pub header: String,
    bytes: String,
    ends: Vec<usize>,
}

impl Cells {
    pub fn text(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.ends.len())
            .map(|row| self.text(row))
            .filter(|text| !super::is_null(text))
    }
}

impl RawTable {
    /// The table of what became of each column.
    pub fn columns(&self) -> Result<DataFrame> {
        let (mut in_file, mut in_table, mut why) = (Vec::new(), Vec::new(), Vec::new());
        for Header { name, place } in &self.header {
            let (ours, reason) = match place {
                Place::Field {
                    index,
                    renamed: true,
                } => (Some(*index), "as you asked".into()),
                Place::Field { index, .. } if FIELDS[*index].name == name => {
                    (Some(*index), "".into())
                }
                Place::Field { index, .. } => (Some(*index), "another name for it".into()),
                Place::LeftOut(left_out) => (None, left_out.why()),
            };
            in_file.push(Some(name.as_str()));
            in_table.push(ours.map(|index| FIELDS[index].name));
            why.push(reason);
        }
        for (field, _) in FIELDS
            .iter()
            .zip(&self.cells)
            .filter(|(_, cells)| cells.is_none())
        {
            in_file.push(None);
            in_table.push(Some(field.name));
            why.push("not in the file: null in every row".into());
        }
        Ok(df!("in_file" => in_file, "in_table" => in_table, "why" => why)?)
    }
}

pub(super) fn table(
    file: &Path,
    renames: &[(String, String)],
    without: &[String],
) -> Result<RawTable> {
    let bytes = std::fs::read(file).map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?;
    let not_a_table = |found: &str, expected: &str| Error::NotATable {
        file: file.to_owned(),
        found: found.into(),
        expected: expected.into(),
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(not_a_table("the text is UTF-16", "UTF-8"));
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(not_a_table(
            "the file is empty",
            "a header and one customer a row",
        ));
    }
    let (separator, header) = header(bytes).ok_or_else(|| {
        not_a_table(
            "the first row is not UTF-8 text",
            "a header with the column names",
        )
    })?;
    let header = map_header(file, &header, renames, without)?;

    let width = header.len();
    let mut table = RawTable {
        separator,
        rows: Vec::new(),
        rows_read: 0,
        cells: FIELDS.iter().map(|_| None).collect(),
        problems: Vec::new(),
        header,
    };
    for Header { name, place } in &table.header {
        if let Place::Field { index, .. } = place {
            table.cells[*index] = Some(Cells {
                header: name.clone(),
                bytes: String::new(),
                ends: Vec::new(),
            });
        }
    }

    let mut reader = reader(separator, bytes);
    let mut record = ByteRecord::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|e| not_a_table(&e.to_string(), "a table"))?
    {
        table.rows_read += 1;
        let row = table.rows_read + 1;
        if record.len() != width {
            table.problems.push(Problem {
                row,
                column: None,
                value: String::from_utf8_lossy(record.as_slice())
                    .chars()
                    .take(60)
                    .collect(),
                expected: format!("{width} values as in the header, found {}", record.len()),
            });
            continue;
        }
        table.rows.push(row);
        for (value, header) in record.iter().zip(&mut table.header) {
            let cells = match &mut header.place {
                Place::Field { index, .. } => table.cells[*index].as_mut(),
                Place::LeftOut(left_out) => {
                    left_out.see(row - 2, value);
                    None
                }
            };
            let Some(cells) = cells else { continue };
            match std::str::from_utf8(value) {
                Ok(text) => cells.bytes.push_str(text.trim()),
                Err(_) => table.problems.push(Problem {
                    row,
                    column: Some(cells.header.clone()),
                    value: String::from_utf8_lossy(value).into_owned(),
                    expected: "UTF-8 text".into(),
                }),
            }
            cells.ends.push(cells.bytes.len());
        }
    }
    if table.rows_read == 0 {
        return Err(not_a_table(
            "there is a header and no row",
            "one customer a row",
        ));
    }
    Ok(table)
}

fn reader(separator: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(bytes)
}

/// The separator under which most of the header is known, and the header.
fn header(bytes: &[u8]) -> Option<(u8, Vec<String>)> {
    let under = |separator: u8| -> Option<Vec<String>> {
        let mut reader = reader(separator, bytes);
        let names = reader.byte_headers().ok()?;
        names
            .iter()
            .map(|name| Some(std::str::from_utf8(name).ok()?.trim().to_owned()))
            .collect()
    };
    let known = |names: &[String]| names.iter().filter(|n| schema::find(n).is_some()).count();
    let score = |(_, names): &(u8, Vec<String>)| (known(names), names.len());
    b",;\t|"
        .iter()
        .filter_map(|separator| Some((*separator, under(*separator)?)))
        .reduce(|best, next| {
            if score(&next) > score(&best) {
                next
            } else {
                best
            }
        })
}

fn map_header(
    file: &Path,
    names: &[String],
    renames: &[(String, String)],
    without: &[String],
) -> Result<Vec<Header>> {
    let mut taken: Vec<Option<&str>> = vec![None; FIELDS.len()];
    let mut header = Vec::with_capacity(names.len());
    for name in names {
        let renamed = renames.iter().find(|(yours, _)| yours == name);
        let field = schema::find(renamed.map_or(name, |(_, ours)| ours));
        let place = match field {
            Some(index) => {
                if let Some(other) = taken[index].replace(name) {
                    return Err(Error::NotATable {
                        file: file.to_owned(),
                        found: format!(
                            "{other:?} and {name:?} both stand for {}",
                            FIELDS[index].name
                        ),
                        expected: "one column each".into(),
                    });
                }
                Place::Field {
                    index,
                    renamed: renamed.is_some(),
                }
            }
            None => Place::LeftOut(LeftOut {
                first: None,
                constant: true,
                row_number: true,
            }),
        };
        header.push(Header {
            name: name.clone(),
            place,
        });
    }
    for (yours, ours) in renames {
        if !names.contains(yours) {
            return Err(Error::NotATable {
                file: file.to_owned(),
                found: format!("no column {yours:?} to rename to {ours}"),
                expected: format!("one of {}", names.join(", ")),
            });
        }
    }
    let missing: Vec<String> = FIELDS
        .iter()
        .zip(&taken)
        .filter(|(field, taken)| {
            taken.is_none()
                && !without
                    .iter()
                    .any(|w| schema::plain(w) == schema::plain(field.name))
        })
        .map(|(field, _)| field.name.to_owned())
        .collect();
    if missing.is_empty() {
        Ok(header)
    } else {
        Err(Error::MissingColumns {
            file: file.to_owned(),
            missing,
            found: names.to_vec(),
        })
    }
}
