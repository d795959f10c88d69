//! From a file to texts in columns: encoding, quotes, separator, header, row lengths.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::schema::{self, FIELDS};
use crate::{Error, Problem, Result};

/// A file as texts.
pub(super) struct RawTable {
    pub separator: u8,
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

/// The texts of one column, end to end.
pub(super) struct Cells {
    /// The column's name in the file.
    pub header: String,
    bytes: String,
    ends: Vec<usize>,
}

impl Cells {
    fn new(header: &str) -> Self {
        Cells {
            header: header.to_owned(),
            bytes: String::new(),
            ends: Vec::new(),
        }
    }

    pub fn text(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// All texts.
    pub fn all(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.ends.len()).map(|row| self.text(row))
    }

    /// The texts that are no gap.
    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.all().filter(|text| !super::is_null(text))
    }
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

pub(super) fn table(file: &Path, wanted: &Wanted<'_>) -> Result<RawTable> {
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
    if let Some(found) = swallowed(bytes, separator, header.len()) {
        return Err(not_a_table(&found, "two quotes around a text"));
    }
    let mut table = map_header(file, &header, wanted)?;
    table.separator = separator;

    let width = header.len();
    let mut reader = reader(separator, bytes);
    let mut record = ByteRecord::new();
    let mut line = Line::default();
    while reader
        .read_byte_record(&mut record)
        .map_err(|e| not_a_table(&e.to_string(), "a table"))?
    {
        table.rows_read += 1;
        let begins = record.position().map_or(0, csv::Position::byte) as usize;
        let line = line.at(bytes, begins);
        if record.len() != width {
            table.problems.push(Problem {
                row: line,
                column: None,
                value: String::from_utf8_lossy(record.as_slice())
                    .chars()
                    .take(60)
                    .collect(),
                expected: format!("{width} values as in the header, found {}", record.len()),
            });
            continue;
        }
        table.lines.push(line);
        for (value, header) in record.iter().zip(&table.header) {
            let cells = match header.place {
                Place::Field { index, .. } => table.cells[index].as_mut(),
                Place::Own(place) => table.own.get_mut(place),
                Place::Without => None,
            };
            let Some(cells) = cells else { continue };
            match std::str::from_utf8(value) {
                Ok(text) => cells.bytes.push_str(text.trim()),
                Err(_) => table.problems.push(Problem {
                    row: line,
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

/// The names of the columns of a file.
pub(super) fn names(file: &Path) -> std::io::Result<Vec<String>> {
    let bytes = std::fs::read(file)?;
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(&bytes);
    Ok(header(bytes).map(|(_, names)| names).unwrap_or_default())
}

fn reader(separator: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(bytes)
}

/// The line of the file that a byte lies on, counted as the file is read.
struct Line {
    byte: usize,
    line: usize,
}

impl Default for Line {
    fn default() -> Self {
        Line { byte: 0, line: 1 }
    }
}

impl Line {
    /// The line of the record that begins at this byte, or behind the blank lines there.
    fn at(&mut self, bytes: &[u8], begins: usize) -> usize {
        let blank = bytes[begins..]
            .iter()
            .take_while(|b| matches!(b, b'\r' | b'\n'))
            .count();
        let begins = begins + blank;
        let between = &bytes[self.byte..begins];
        // A line ends in LF, in CR LF, or in CR alone.
        let ends = between.iter().enumerate().filter(|(place, b)| {
            **b == b'\n' || (**b == b'\r' && bytes.get(self.byte + place + 1) != Some(&b'\n'))
        });
        self.line += ends.count();
        self.byte = begins;
        self.line
    }
}

/// Whether a quote opens and swallows rows: never closed, or closed by a quote in a later row.
fn swallowed(bytes: &[u8], separator: u8, width: usize) -> Option<String> {
    if !bytes.contains(&b'"') {
        return None;
    }
    enum State {
        FieldStart,
        Plain,
        Quoted,
        AfterQuote,
    }
    let mut state = State::FieldStart;
    let mut line = 1;
    let (mut opened, mut newlines, mut separators) = (1, 0, 0);
    let swallows = |newlines: usize, separators: usize| {
        newlines > 0 && width >= 5 && separators == newlines * (width - 1)
    };
    for byte in bytes {
        let newline = *byte == b'\n';
        match state {
            State::FieldStart | State::Plain => {
                state = match byte {
                    b'"' if matches!(state, State::FieldStart) => {
                        (opened, newlines, separators) = (line, 0, 0);
                        State::Quoted
                    }
                    b'\n' | b'\r' => State::FieldStart,
                    other if *other == separator => State::FieldStart,
                    _ => State::Plain,
                }
            }
            State::Quoted => {
                newlines += usize::from(newline);
                separators += usize::from(*byte == separator);
                if *byte == b'"' {
                    state = State::AfterQuote;
                }
            }
            State::AfterQuote => {
                // Two quotes stand for one; anything else ends the quoted text.
                if *byte == b'"' {
                    state = State::Quoted;
                } else {
                    if swallows(newlines, separators) {
                        let closed = line;
                        return Some(format!(
                            "the quote that opens in row {opened} is closed in row {closed} only: \
                             the text between them looks like rows of the table"
                        ));
                    }
                    state = match byte {
                        b'\n' | b'\r' => State::FieldStart,
                        other if *other == separator => State::FieldStart,
                        _ => State::Plain,
                    };
                }
            }
        }
        line += usize::from(newline);
    }
    match state {
        State::Quoted => Some(format!(
            "the quote that opens in row {opened} is never closed: all behind it would be one value"
        )),
        _ => None,
    }
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
        separator: b',',
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
