//! Separated text: separator, quotes, header, row lengths.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter};
use rayon::prelude::*;

use super::Said;
use super::header;
use super::texts::{About, Cells, Texts};
use crate::error::Question;
use crate::{Error, Problem, Result};

/// What may stand between two values.
const SEPARATORS: [u8; 4] = *b",;\t|";
/// What may in rare files, and is more often part of a value.
const RARE: [u8; 4] = *b": ^~";

/// The texts of a file, column by column.
pub(super) fn texts(file: &Path, bytes: &[u8], said: &Said<'_>) -> Result<Texts> {
    let not_a_table = |found: &str, expected: &str| Error::NotATable {
        file: file.to_owned(),
        found: found.into(),
        expected: expected.into(),
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(not_a_table(
            "the file is empty",
            "a header and one customer a row",
        ));
    }
    let bytes = &*squeezed(bytes, said);
    let (bytes, separator, first, line) = begin(file, bytes, said)?;
    let parts = parts(bytes, separator, first.len(), line.line)
        .map_err(|found| not_a_table(&found, "two quotes around a text"))?;
    let names = match said.names {
        Some(names) if names.len() != first.len() => {
            return Err(header::wrong_number(file, names.len(), first.len()));
        }
        Some(names) => names.to_vec(),
        None => first,
    };
    let width = names.len();
    // Where each part begins, in lines of the file.
    let ends: Vec<usize> = parts.par_iter().map(|part| line_ends(part)).collect();
    let begins = ends.iter().scan(line.line, |line, ends| {
        let begins = *line;
        *line += ends;
        Some(begins)
    });
    let begins: Vec<usize> = begins.collect();
    let has_header = said.names.is_none();
    let read: Vec<(Texts, usize)> = parts
        .par_iter()
        .zip(&begins)
        .enumerate()
        .map(|(place, (part, line))| {
            records(part, separator, &names, *line, has_header && place == 0)
                .map_err(|error| not_a_table(&error.to_string(), "a table"))
        })
        .collect::<Result<_>>()?;
    let mut read = read.into_iter();
    let (mut texts, mut others) = read.next().unwrap_or_default();
    for (more, more_others) in read {
        for (cells, more) in texts.columns.iter_mut().zip(&more.columns) {
            cells.append(more);
        }
        texts.lines.extend(more.lines);
        texts.rows_read += more.rows_read;
        texts.problems.extend(more.problems);
        others += more_others;
    }
    texts.about = About {
        format: "CSV".into(),
        separator: Some(char::from(separator)),
        ..About::default()
    };
    if texts.rows_read == 0 {
        return Err(not_a_table(
            "there is a header and no row",
            "one customer a row",
        ));
    }
    if said.header.is_none() && others * 2 > texts.rows_read {
        return Err(asks(
            file,
            format!(
                "{others} of {} rows do not have as many values as the first ({width}): is there a \
                 title above the header?",
                texts.rows_read
            ),
            ".header(2), or the row on which the names stand",
        ));
    }
    Ok(texts)
}

/// The texts of a part of a file that begins on this line, and how many records have another length.
fn records(
    bytes: &[u8],
    separator: u8,
    names: &[String],
    line: usize,
    has_header: bool,
) -> csv::Result<(Texts, usize)> {
    let mut texts = Texts {
        columns: names.iter().map(|name| Cells::new(name)).collect(),
        ..Texts::default()
    };
    let mut line = Line { byte: 0, line };
    let mut reader = reader(separator, bytes);
    let mut record = ByteRecord::new();
    if has_header {
        reader.read_byte_record(&mut record)?;
    }
    let mut others = 0;
    while reader.read_byte_record(&mut record)? {
        texts.rows_read += 1;
        let begins = record.position().map_or(0, csv::Position::byte) as usize;
        let line = line.at(bytes, begins);
        if record.len() != names.len() {
            others += 1;
            texts.problems.push(Problem {
                row: line,
                column: None,
                value: String::from_utf8_lossy(record.as_slice())
                    .chars()
                    .take(60)
                    .collect(),
                expected: format!(
                    "{} values as in the header, found {}",
                    names.len(),
                    record.len()
                ),
            });
            continue;
        }
        texts.lines.push(line);
        for (value, cells) in record.iter().zip(&mut texts.columns) {
            match std::str::from_utf8(value) {
                Ok(text) => cells.push(text),
                Err(_) => {
                    cells.push("");
                    texts.problems.push(Problem {
                        row: line,
                        column: Some(cells.header.clone()),
                        value: String::from_utf8_lossy(value).into_owned(),
                        expected: "UTF-8 text".into(),
                    });
                }
            }
        }
    }
    Ok((texts, others))
}

/// The names of the columns, from the beginning of a file.
pub(super) fn names_in(file: &Path, bytes: &[u8], said: &Said<'_>) -> Result<Vec<String>> {
    Ok(begin(file, &squeezed(bytes, said), said)?.2)
}

/// Where blanks stand between the values, any number of them is one, and none begins or ends a line.
fn squeezed<'a>(bytes: &'a [u8], said: &Said<'_>) -> Cow<'a, [u8]> {
    if said.separator != Some(' ') {
        return Cow::Borrowed(bytes);
    }
    let mut squeezed = Vec::with_capacity(bytes.len());
    let mut quoted = false;
    for byte in bytes {
        let last: u8 = squeezed.last().copied().unwrap_or(b'\n');
        match byte {
            b' ' if !quoted && matches!(last, b' ' | b'\n' | b'\r') => continue,
            b'\n' | b'\r' if !quoted && last == b' ' => {
                squeezed.pop();
            }
            b'"' => quoted = !quoted,
            _ => {}
        }
        squeezed.push(*byte);
    }
    if squeezed.last() == Some(&b' ') {
        squeezed.pop();
    }
    Cow::Owned(squeezed)
}

/// What follows from the header on, the separator, the first record, and the line it stands on.
fn begin<'a>(
    file: &Path,
    bytes: &'a [u8],
    said: &Said<'_>,
) -> Result<(&'a [u8], u8, Vec<String>, Line)> {
    let not_a_table = |found: &str, expected: &str| Error::NotATable {
        file: file.to_owned(),
        found: found.into(),
        expected: expected.into(),
    };
    let (bytes, mut line, own) = says_separator(bytes);
    let bytes = match said.header {
        Some(row) => {
            let start = start_of(bytes, row.saturating_sub(line.line));
            line.line = line.line.max(row);
            let start =
                start.ok_or_else(|| not_a_table(&format!("no row {row}"), "a header there"));
            &bytes[start?..]
        }
        None => bytes,
    };
    let separator = match said.separator.or(own) {
        Some(separator) if separator.is_ascii() => separator as u8,
        Some(separator) => {
            return Err(Error::Parameter {
                name: "separator",
                value: format!("{separator:?}"),
                expected: "a sign such as ',', ';', '|' or a tab".into(),
            });
        }
        None => separator(bytes, said.known).map_err(|found| {
            asks(
                file,
                found,
                ".separator(';') or another, or .header(2) where the names stand on the second row",
            )
        })?,
    };
    let first = names(bytes, separator).ok_or_else(|| {
        not_a_table(
            "the first row is not UTF-8 text",
            "a header with the column names",
        )
    })?;
    Ok((bytes, separator, first, line))
}

fn asks(file: &Path, found: String, answer: &str) -> Error {
    Error::Undecided {
        file: file.to_owned(),
        questions: vec![Question {
            column: None,
            kind: None,
            found,
            answer: answer.to_owned(),
        }],
    }
}

/// Excel's own line about the separator, if the file begins with it.
fn says_separator(bytes: &[u8]) -> (&[u8], Line, Option<char>) {
    let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n'));
    let first = &bytes[..end.unwrap_or(bytes.len())];
    let trimmed = match first {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    let is = |prefix: &[u8]| {
        trimmed
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    match (trimmed.get(4), is(b"sep=")) {
        (Some(separator), true) if trimmed.len() == 5 => {
            let mut line = Line::default();
            let rest = first.len()
                + bytes[first.len()..]
                    .iter()
                    .take(2)
                    .take_while(|b| matches!(b, b'\r' | b'\n'))
                    .count();
            let end = match &bytes[first.len()..rest] {
                // Two lines end here, and the second one is blank.
                [b'\n', _] | [b'\r', b'\r'] => first.len() + 1,
                _ => rest,
            };
            line.line = 2;
            (&bytes[end..], line, Some(char::from(*separator)))
        }
        _ => (bytes, Line::default(), None),
    }
}

/// Where the line begins that has so many before it.
fn start_of(bytes: &[u8], lines: usize) -> Option<usize> {
    if lines == 0 {
        return Some(0);
    }
    let ends = bytes.iter().enumerate().filter(|(place, b)| {
        **b == b'\n' || (**b == b'\r' && bytes.get(place + 1) != Some(&b'\n'))
    });
    ends.map(|(place, _)| place + 1).nth(lines - 1)
}

fn reader(separator: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes)
}

/// The first record as texts.
fn names(bytes: &[u8], separator: u8) -> Option<Vec<String>> {
    let mut record = ByteRecord::new();
    reader(separator, bytes)
        .read_byte_record(&mut record)
        .ok()?;
    record
        .iter()
        .map(|name| Some(std::str::from_utf8(name).ok()?.trim().to_owned()))
        .collect()
}

/// The separator, from the header and from how many values each row has; the error says what may be.
fn separator(bytes: &[u8], known: &dyn Fn(&str) -> bool) -> std::result::Result<u8, String> {
    let found = |separator: &u8| {
        let names = names(bytes, *separator)?;
        (names.len() > 1).then_some((*separator, names))
    };
    let several: Vec<(u8, Vec<String>)> = SEPARATORS.iter().filter_map(found).collect();
    if names(bytes, b',').is_none() {
        // It is no text: whoever reads the names says so.
        return Ok(b',');
    }
    if several.is_empty()
        && let Some((rare, _)) = RARE
            .iter()
            .filter_map(found)
            .find(|(own, names)| fits(bytes, *own, names.len()) >= 0.9)
    {
        let rare = char::from(rare);
        return Err(format!(
            "there is one column, unless {rare:?} stands between the values"
        ));
    }
    if several.is_empty()
        && let Some(other) = SEPARATORS.iter().find(|own| is_wider_below(bytes, **own))
    {
        let other = char::from(*other);
        return Err(format!(
            "the first row has one value, and most others more, with {other:?} between them: is there a \
             title above the header?"
        ));
    }
    if several.len() < 2 {
        return Ok(several.first().map_or(b',', |(separator, _)| *separator));
    }
    // Names that are known tell more than any count.
    let count = |names: &Vec<String>| names.iter().filter(|name| known(name)).count();
    let most = several
        .iter()
        .map(|(_, names)| count(names))
        .max()
        .unwrap_or(0);
    let best: Vec<&(u8, Vec<String>)> = several
        .iter()
        .filter(|(_, names)| count(names) == most)
        .collect();
    if most > 0 && best.len() == 1 {
        return Ok(best[0].0);
    }
    let shares: Vec<(u8, usize, f64)> = several
        .iter()
        .map(|(separator, names)| {
            (
                *separator,
                names.len(),
                fits(bytes, *separator, names.len()),
            )
        })
        .collect();
    let sure: Vec<u8> = shares
        .iter()
        .filter(|(_, _, share)| *share >= 0.9)
        .map(|(own, ..)| *own)
        .collect();
    let doubtful = shares
        .iter()
        .any(|(_, _, share)| (0.5..0.9).contains(share));
    match sure[..] {
        [only] if !doubtful => Ok(only),
        _ => {
            let each: Vec<String> = shares
                .iter()
                .map(|(separator, width, share)| {
                    let separator = char::from(*separator);
                    format!(
                        "{separator:?} gives {width} columns in {:.0} % of the rows",
                        share * 100.0
                    )
                })
                .collect();
            Err(format!(
                "what stands between the values is open: {}",
                each.join(", ")
            ))
        }
    }
}

/// Whether most rows have several values under a separator, all of them equally many.
fn is_wider_below(bytes: &[u8], separator: u8) -> bool {
    if !bytes.contains(&separator) {
        return false;
    }
    let mut record = ByteRecord::new();
    let mut reader = reader(separator, bytes);
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    while let Ok(true) = reader.read_byte_record(&mut record) {
        *widths.entry(record.len()).or_default() += 1;
    }
    let rows: usize = widths.values().sum();
    widths
        .iter()
        .any(|(width, own)| *width > 1 && own * 2 > rows)
}

/// The share of the rows that have so many values under a separator.
fn fits(bytes: &[u8], separator: u8, width: usize) -> f64 {
    let (mut rows, mut alike) = (0usize, 0usize);
    let mut record = ByteRecord::new();
    let mut reader = reader(separator, bytes);
    while let Ok(true) = reader.read_byte_record(&mut record) {
        rows += 1;
        alike += usize::from(record.len() == width);
    }
    match rows {
        0 | 1 => 0.0,
        _ => alike as f64 / rows as f64,
    }
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

/// Cuts a file into parts of whole records, to be read many at a time. The error says that a quote opens and
/// swallows rows: never closed, or closed by a quote in a later row.
fn parts(
    bytes: &[u8],
    separator: u8,
    width: usize,
    first: usize,
) -> std::result::Result<Vec<&[u8]>, String> {
    const PART: usize = 4 << 20;
    let line_of = |at: usize| first + memchr_iter(b'\n', &bytes[..at]).count();
    let mut parts = Vec::new();
    let mut begin = 0;
    // Where the last quoted text has ended.
    let mut at = 0;
    loop {
        let quote = memchr(b'"', &bytes[at..]).map(|place| at + place);
        let end = quote.unwrap_or(bytes.len());
        while begin + PART < end {
            let from = at.max(begin + PART);
            let Some(newline) = memchr(b'\n', &bytes[from..end]) else {
                break;
            };
            let cut = from + newline + 1;
            parts.push(&bytes[begin..cut]);
            begin = cut;
        }
        let Some(quote) = quote else { break };
        let before = quote.checked_sub(1).map(|before| bytes[before]);
        let opens = before.is_none_or(|b| b == separator || matches!(b, b'\n' | b'\r'));
        if !opens {
            at = quote + 1;
            continue;
        }
        let mut inside = quote + 1;
        let close = loop {
            let Some(place) = memchr(b'"', &bytes[inside..]) else {
                return Err(format!(
                    "the quote that opens in row {} is never closed: all behind it would be one value",
                    line_of(quote)
                ));
            };
            let close = inside + place;
            // Two quotes stand for one; anything else ends the quoted text.
            match bytes.get(close + 1) {
                Some(b'"') => inside = close + 2,
                _ => break close,
            }
        };
        let text = &bytes[quote + 1..close];
        if width >= 5 && memchr(b'\n', text).is_some() {
            let newlines = memchr_iter(b'\n', text).count();
            if memchr_iter(separator, text).count() == newlines * (width - 1) {
                return Err(format!(
                    "the quote that opens in row {} is closed in row {} only: the text between them looks \
                     like rows of the table",
                    line_of(quote),
                    line_of(close)
                ));
            }
        }
        at = close + 1;
    }
    parts.push(&bytes[begin..]);
    Ok(parts)
}

/// How many lines end in a part, in LF, in CR LF, or in CR alone.
fn line_ends(bytes: &[u8]) -> usize {
    let returns = memchr_iter(b'\r', bytes);
    let alone = returns
        .filter(|at| bytes.get(at + 1) != Some(&b'\n'))
        .count();
    memchr_iter(b'\n', bytes).count() + alone
}
