//! A table as it stands in a file: its texts, column by column.

use crate::Problem;

/// What stood in a file, before anything is decided about it.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub columns: Vec<Cells>,
    /// The row of the file on which each record of the right length begins.
    pub lines: Vec<usize>,
    /// How many records there are, with those of a wrong length.
    pub rows_read: usize,
    /// Rows of a wrong length, and texts that cannot be decoded.
    pub problems: Vec<Problem>,
    pub about: About,
}

/// How the file is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// CSV, XLSX, ODS or Parquet, and whether it was compressed.
    pub format: String,
    pub separator: Option<char>,
    pub encoding: Option<String>,
    pub sheet: Option<String>,
}

impl Texts {
    /// Leaves rows out.
    pub fn retain(&mut self, keep: &[bool]) {
        for cells in &mut self.columns {
            let mut kept = Cells::new(&cells.header);
            for (row, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
                kept.push(cells.text(row));
            }
            *cells = kept;
        }
        let mut each = keep.iter();
        self.lines.retain(|_| each.next().copied().unwrap_or(false));
    }

    /// For each row whether it has a value.
    pub fn filled(&self) -> Vec<bool> {
        let value = |row: usize| self.columns.iter().any(|cells| !cells.text(row).is_empty());
        (0..self.lines.len()).map(value).collect()
    }
}

/// The texts of one column, end to end.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    /// The column's name in the file.
    pub header: String,
    bytes: String,
    ends: Ends,
}

/// Where each text ends. A million rows of thirty columns have thirty million ends, and few columns reach
/// beyond what half the memory can count.
#[derive(Debug)]
enum Ends {
    Near(Vec<u32>),
    Far(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Self {
        Ends::Near(Vec::new())
    }
}

impl Ends {
    fn push(&mut self, end: usize) {
        match (&mut *self, u32::try_from(end)) {
            (Ends::Near(ends), Ok(end)) => ends.push(end),
            (Ends::Near(ends), Err(_)) => {
                let mut far: Vec<usize> = ends.iter().map(|end| *end as usize).collect();
                far.push(end);
                *self = Ends::Far(far);
            }
            (Ends::Far(ends), _) => ends.push(end),
        }
    }

    fn len(&self) -> usize {
        match self {
            Ends::Near(ends) => ends.len(),
            Ends::Far(ends) => ends.len(),
        }
    }

    fn at(&self, row: usize) -> usize {
        match self {
            Ends::Near(ends) => ends[row] as usize,
            Ends::Far(ends) => ends[row],
        }
    }
}

impl Cells {
    pub fn new(header: &str) -> Self {
        Cells {
            header: header.trim().to_owned(),
            ..Cells::default()
        }
    }

    /// Adds the text of the next row.
    pub fn push(&mut self, text: &str) {
        // Nearly all texts begin and end with a letter or a digit, and there is nothing to look for.
        let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
        let bytes = text.as_bytes();
        let text = match is_plain(bytes.first()) && is_plain(bytes.last()) {
            true => text,
            false => text.trim(),
        };
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// Adds the texts of the rows that follow.
    pub fn append(&mut self, more: &Cells) {
        let before = self.bytes.len();
        self.bytes.push_str(&more.bytes);
        for row in 0..more.len() {
            self.ends.push(before + more.ends.at(row));
        }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn text(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends.at(row - 1) };
        &self.bytes[start..self.ends.at(row)]
    }

    /// All texts.
    pub fn all(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len()).map(|row| self.text(row))
    }

    /// The texts that are no gap, by the words that never are anything else.
    pub fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.all().filter(|text| !super::nulls::is_null(text))
    }

    /// The texts that are no gap where numbers, dates or flags are expected.
    pub fn typed(&self) -> impl Iterator<Item = &str> + Clone {
        self.texts().filter(|text| !super::nulls::may_be_null(text))
    }

    /// Whether it counts the rows from 0 or from 1.
    pub fn counts_rows(&self) -> bool {
        let from = |first: usize| {
            let mut texts = self.all().enumerate();
            texts.all(|(row, text)| text.parse() == Ok(row + first))
        };
        self.len() > 0 && (from(0) || from(1))
    }
}
