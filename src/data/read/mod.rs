//! What is in this file, whatever its columns are?
//!
//! [`file()`] reads CSV (any separator, encoding and spelling of numbers and dates, also packed with
//! gz), XLSX, XLS, ODS and Parquet, and tells column by column what it decided, and why. What the
//! values do not decide, it asks: the answers are methods of [`Reader`].
//!
//! | kind | in the file | in the table |
//! |---|---|---|
//! | whole | `1250`, `1,250`, `1.250` | `i64` |
//! | decimal | `12.5`, `$1,250.00`, `1.250,00 €`, `(80.50)`, `12.5 %` | `f64` |
//! | date | `2013-05-02`, `2.5.2013`, `5/2/13`, `2 May 2013`, a spreadsheet's 41396 | date |
//! | time | `2013-05-02T13:45:07Z`, `5/2/2013 1:45 PM` | moment, in milliseconds |
//! | flag | yes/no, true/false, ja/nein, ya/tidak, sí/no, oui/non, sim/não, 1/0 | `i64`, 1 or 0 |
//! | category | a few words that come again | text |
//! | text | words | text |
//! | name | another word in every row, and numbers that begin with 0 | text |
//! | empty | nothing | text, all null |
//!
//! Nothing there: an empty cell, `NA`, `N/A`, `#N/A`, `NaN`, `NULL`, `None`, `<NA>`, `\N`; and where
//! all others are numbers, dates or flags also `-`, `?`, `none`, `empty` and their like.

mod bytes;
pub(crate) mod columnar;
pub(crate) mod dates;
mod decide;
mod header;
mod kind;
mod names;
pub(crate) mod nulls;
pub(crate) mod numbers;
mod plan;
mod separated;
mod sheet;
mod table;
pub(crate) mod texts;
mod totals;

use std::path::Path;

use polars::prelude::*;

pub use dates::DateFormat;
pub(crate) use decide::flag;
pub use kind::Kind;
pub use nulls::NOTHING;
pub use numbers::Decimal;
pub use plan::Plan;

use crate::error::Question;
use crate::{Error, Result};
use bytes::Opened;
use texts::Texts;

/// What is in this file? Strict: every value must fit, and every question is asked.
///
/// Short for [`Reader::new`]`().read(file)`.
///
/// # Errors
/// See [`Reader::read`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let read = read::file("data/marketing_campaign.csv")?;
/// assert_eq!(read.table.shape(), (2240, 29));
/// let kinds = read.columns.column("kind")?.str()?;
/// assert_eq!(kinds.iter().flatten().filter(|kind| *kind == "date").count(), 1);
/// # Ok::<(), Error>(())
/// ```
pub fn file(file: impl AsRef<Path>) -> Result<Read> {
    Reader::new().read(file)
}

/// How should a file be read? A builder; [`Reader::read`] does the work.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-reader-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("shop.csv");
/// std::fs::write(&file, "client;joined;spend\n7;03/04/2024;1.250\n8;05/06/2024;980\n").unwrap();
/// // Both the days and the amounts may be read in two ways: it asks.
/// let error = read::file(&file).unwrap_err().to_string();
/// assert!(error.contains("column joined") && error.contains("column spend"));
/// let shop = read::Reader::new()
///     .dates("joined", DateFormat::DayFirst)
///     .decimal(Decimal::Comma)
///     .read(&file)?;
/// assert_eq!(table::number(&shop.table, "spend", 0)?, 1250.0);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reader {
    separator: Option<char>,
    encoding: Option<String>,
    sheet: Option<String>,
    header: Option<usize>,
    names: Option<Vec<String>>,
    own_names: Vec<(usize, String)>,
    renames: Vec<(String, String)>,
    without: Vec<String>,
    kinds: Vec<(String, Kind)>,
    dates: Vec<(Option<String>, DateFormat)>,
    decimal: Option<Decimal>,
    nulls: Vec<String>,
    words: Vec<String>,
    totals: Option<bool>,
    plan: Plan,
    needs: Option<Vec<String>>,
    reject: bool,
    open_as_text: bool,
}

/// What a file held.
#[derive(Clone, Debug)]
pub struct Read {
    /// The rows of the file, in its order.
    pub table: DataFrame,
    /// One row a column of the file: `in_file`, `in_table` (null where it was left out), `kind`,
    /// `why`, `examples` (three values as they stand in the file), `nulls` (how many rows have
    /// none), `null_words` (what stands there instead).
    pub columns: DataFrame,
    /// One row a value that does not fit: `row` (of the file; a header on its first row is 1),
    /// `column`, `value`, `expected`, `left_out` (the `row`, or the `value` where
    /// [`Reader::needs`] does not name its column).
    pub rejects: DataFrame,
    /// One row about the whole file: `file`, `format`, `separator`, `encoding`, `sheet`,
    /// `rows_read`, `blank_rows`, `rows_rejected`, `rows_kept`.
    pub glance: DataFrame,
    /// What is open, where [`Reader::open_as_text`] was asked for: those columns are text.
    pub questions: Vec<Question>,
    /// The row of the file that each row of the table stands on.
    pub lines: Vec<u64>,
    plan: Plan,
}

impl Read {
    /// What was decided, to read the next file in the same way.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How the dates of a column of the file are written.
    pub(crate) fn dates_of(&self, in_file: &str) -> dates::Dates {
        let column = self.plan.column(in_file);
        let dates = column.and_then(|column| dates::Dates::from_patterns(&column.dates));
        dates.unwrap_or_default()
    }

    /// The decimal sign of the first column that shows one.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        self.plan.columns.iter().find_map(|column| column.decimal)
    }
}

/// What was said about the make-up of a file.
pub(crate) struct Said<'a> {
    pub separator: Option<char>,
    pub encoding: Option<&'a str>,
    pub sheet: Option<&'a str>,
    pub header: Option<usize>,
    pub names: Option<&'a [String]>,
    /// Whether a name of a column is a known one, which speaks for the separator.
    pub known: &'a dyn Fn(&str) -> bool,
}

/// The texts of a file of any kind, and the columns that have no texts, each with its type.
pub(crate) fn texts(file: &Path, said: &Said<'_>) -> Result<(Texts, Vec<(String, String)>)> {
    let (opened, format) = bytes::open(file, said.encoding)?;
    let (mut texts, left_out) = match opened {
        Opened::Text { bytes, encoding } => {
            let mut texts = separated::texts(file, &bytes, said)?;
            texts.about.encoding = Some(encoding);
            (texts, Vec::new())
        }
        Opened::Sheets(bytes) => (sheet::sheets(file, bytes, said)?, Vec::new()),
        Opened::Parquet(bytes) => sheet::parquet(file, bytes)?,
    };
    if format.starts_with("CSV") {
        texts.about.format = format;
    }
    if texts.columns.is_empty() {
        return Err(Error::NotATable {
            file: file.to_owned(),
            found: "no column".into(),
            expected: "a header and one customer a row".into(),
        });
    }
    Ok((texts, left_out))
}

/// The whole text of a file that is no table.
pub(crate) fn plain_text(file: &Path, encoding: Option<&str>) -> Result<String> {
    let not_a_text = |found: String| Error::NotATable {
        file: file.to_owned(),
        found,
        expected: "a file of text".into(),
    };
    match bytes::open(file, encoding)? {
        (Opened::Text { bytes, .. }, _) => String::from_utf8(bytes)
            .map_err(|_| not_a_text("bytes that are no letters, see .encoding(..)".into())),
        (_, format) => Err(not_a_text(format!("it is a {format}"))),
    }
}

/// The names of the columns of a file.
pub(crate) fn names(file: &Path, said: &Said<'_>) -> Result<Vec<String>> {
    if let Some(start) = bytes::start(file)? {
        return separated::names_in(file, &start, said);
    }
    let (texts, _) = texts(file, said)?;
    Ok(texts
        .columns
        .into_iter()
        .map(|cells| cells.header)
        .collect())
}

impl Reader {
    /// A strict reader that finds out by itself what it can.
    pub fn new() -> Self {
        Self::default()
    }

    /// What stands between two values; where it is a blank, any number of blanks is one.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// The encoding of the text, such as `windows-1252`.
    pub fn encoding(mut self, name: &str) -> Self {
        self.encoding = Some(name.to_owned());
        self
    }

    /// The sheet of a spreadsheet with several.
    pub fn sheet(mut self, name: &str) -> Self {
        self.sheet = Some(name.to_owned());
        self
    }

    /// The row on which the names of the columns stand, counted from 1; those above are not read.
    pub fn header(mut self, row: usize) -> Self {
        self.header = Some(row.max(1));
        self
    }

    /// The names of all columns, for a file without a header.
    pub fn names<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.names = Some(names.into_iter().map(str::to_owned).collect());
        self
    }

    /// The name of one column, counted from 1, where the file has none or the same one twice.
    pub fn name(mut self, place: usize, name: &str) -> Self {
        self.own_names.push((place, name.to_owned()));
        self
    }

    /// Another name in the table for a column of the file.
    pub fn rename(mut self, in_file: &str, in_table: &str) -> Self {
        self.renames.push((in_file.to_owned(), in_table.to_owned()));
        self
    }

    /// A column that is not to be read.
    pub fn without(mut self, column: &str) -> Self {
        self.without.push(column.to_owned());
        self
    }

    /// What a column holds, where the values do not say it, or say another thing.
    pub fn kind(mut self, column: &str, kind: Kind) -> Self {
        self.kinds.push((column.to_owned(), kind));
        self
    }

    /// How the dates of a column are written.
    pub fn dates(mut self, column: &str, format: DateFormat) -> Self {
        self.dates.push((Some(column.to_owned()), format));
        self
    }

    /// How dates are written wherever that is not said of their column.
    pub fn all_dates(mut self, format: DateFormat) -> Self {
        self.dates.push((None, format));
        self
    }

    /// Which sign stands before decimals.
    pub fn decimal(mut self, decimal: Decimal) -> Self {
        self.decimal = Some(decimal);
        self
    }

    /// A word for "nothing", besides those that are known.
    pub fn null(mut self, word: &str) -> Self {
        self.nulls.push(word.to_owned());
        self
    }

    /// A word that is a value, though it looks like "nothing": `NA` may be a country.
    pub fn not_null(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    /// Whether the last row holds totals, which are no customer, and is to be left out.
    pub fn totals(mut self, leave_out: bool) -> Self {
        self.totals = Some(leave_out);
        self
    }

    /// Reads the file as planned. What is said besides goes first; columns that are not in the plan
    /// are decided anew.
    pub fn plan(mut self, plan: &Plan) -> Self {
        self.plan = plan.clone();
        self
    }

    /// The columns of the table that are needed. In others a value that does not fit becomes null
    /// and is listed, and what is open makes them text; the file may lack them.
    pub fn needs<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.needs = Some(columns.into_iter().map(str::to_owned).collect());
        self
    }

    /// Put rows with values that do not fit into [`Read::rejects`] instead of failing.
    pub fn reject_bad_rows(mut self) -> Self {
        self.reject = true;
        self
    }

    /// Reads a column about which something is open as text, and lists it in [`Read::questions`],
    /// instead of failing. Questions about the whole file stay errors.
    pub fn open_as_text(mut self) -> Self {
        self.open_as_text = true;
        self
    }

    /// What is in this file?
    ///
    /// All values of a column decide what it holds. A file has one decimal sign: a column that leaves it
    /// open has that of the others, where those agree, which is told in its `why`.
    ///
    /// # Errors
    /// - [`Error::Read`]: the file cannot be read.
    /// - [`Error::NotATable`]: it holds no table, or a quote swallows rows.
    /// - [`Error::Undecided`]: something is open; the error has all questions, and their answers.
    /// - [`Error::BadValues`]: values do not fit (unless rows are rejected).
    /// - [`Error::MissingColumns`]: a column of the plan, or one that is needed, is missing.
    /// - [`Error::Parameter`]: a column that was named is not in the file.
    pub fn read(&self, file: impl AsRef<Path>) -> Result<Read> {
        let file = file.as_ref();
        let plan = &self.plan;
        let known = |name: &str| plan.column(name).is_some();
        let (mut texts, no_texts) = texts(file, &self.said(&known))?;
        for (place, name) in &self.own_names {
            let wrong = || Error::Parameter {
                name: "column",
                value: format!("number {place}"),
                expected: format!("1 to {}", texts.columns.len()),
            };
            let cells = place.checked_sub(1).and_then(|at| texts.columns.get(at));
            if cells.is_none() {
                return Err(wrong());
            }
            texts.columns[place - 1].header = name.clone();
        }
        table::table(self, file, texts, no_texts)
    }

    /// What was said about the make-up of the file.
    pub(crate) fn said<'a>(&'a self, known: &'a dyn Fn(&str) -> bool) -> Said<'a> {
        let plan = &self.plan;
        Said {
            separator: self.separator.or(plan.separator),
            encoding: self.encoding.as_deref().or(plan.encoding.as_deref()),
            sheet: self.sheet.as_deref().or(plan.sheet.as_deref()),
            header: self.header.or(plan.header),
            names: self.names.as_deref(),
            known,
        }
    }
}
