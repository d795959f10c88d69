//! The one error type of the crate.

use std::fmt;
use std::path::PathBuf;

use polars::prelude::PolarsError;

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, where, and what was expected instead?
///
/// A `?` in a notebook cell prints the same message that a program would show.
///
/// ```
/// use segmenta::data::campaign;
///
/// let error = campaign::load("no-such-file.csv").unwrap_err();
/// assert!(error.to_string().starts_with("cannot read no-such-file.csv"));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file opens, but does not hold a table.
    #[error("{}: {found}; expected {expected}", file.display())]
    NotATable {
        /// The file.
        file: PathBuf,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// Columns of the schema are not in the file.
    #[error(
        "{}: no column for {}; the file has {}{}. Map a column of your own with \
         .rename(\"your name\", \"{example}\"), or do without it with .without(\"{example}\")",
        file.display(), missing.join(", "), found.join(", "), Alike(missing, found),
        example = missing.first().map_or("ID", String::as_str)
    )]
    MissingColumns {
        /// The file.
        file: PathBuf,
        /// The columns of the schema that were not found.
        missing: Vec<String>,
        /// The file's own column names.
        found: Vec<String>,
    },
    /// Values do not fit their columns.
    #[error("{}: {total} value(s) do not fit{}", file.display(), ListedProblems(problems, *total))]
    BadValues {
        /// The file.
        file: PathBuf,
        /// The first problems, in the order of the file.
        problems: Vec<Problem>,
        /// How many there are in all.
        total: usize,
    },
    /// A date column fits more than one format, or no single one.
    #[error("{}, column {column}: {reason}. Say which with .date_format(..)", file.display())]
    DateFormat {
        /// The file.
        file: PathBuf,
        /// The column as the file names it.
        column: String,
        /// Which formats fit which values.
        reason: String,
    },
    /// The values of a file do not decide how it is to be read.
    #[error("{}: how it is to be read is open{}", file.display(), Questions(questions))]
    Undecided {
        /// The file.
        file: PathBuf,
        /// What is open, and what would answer it.
        questions: Vec<Question>,
    },
    /// A column that a function needs is not in the table.
    #[error("the table has no column {column}{}{}", DidYouMean(column, available), Otherwise(*otherwise))]
    NoColumn {
        /// The column.
        column: String,
        /// The columns there are.
        available: Vec<String>,
        /// What to do with a table that names it otherwise, where a function reads it by this name.
        otherwise: Option<&'static str>,
    },
    /// A column holds another type of value than a function needs.
    #[error("column {column} holds {found}; expected {expected}")]
    WrongType {
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What would do.
        expected: String,
    },
    /// A value of a table is not one that a function can work with.
    #[error("column {column}, row {row} (the first is 0): {value}; expected {expected}")]
    Value {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What is there.
        value: String,
        /// What would do.
        expected: String,
    },
    /// There is too little to compute a figure from.
    #[error("{what}: {found}; expected {expected}")]
    TooFew {
        /// What is counted.
        what: String,
        /// How many there are.
        found: usize,
        /// How many it takes.
        expected: String,
    },
    /// An argument is outside its range.
    #[error("{name} is {value}; expected {expected}")]
    Parameter {
        /// The argument's name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// An answer to an exercise is not right, where that is to be an error (see [`check`](crate::check)).
    #[error("lesson {lesson:02}, exercise {exercise}: {why}")]
    Answer {
        /// The lesson.
        lesson: usize,
        /// The exercise.
        exercise: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The reader of a notebook pressed the interrupt button.
    #[error("{what} interrupted at {done} of {total}; nothing was changed")]
    Interrupted {
        /// What was being done.
        what: &'static str,
        /// How many parts of it were done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The browser that draws pictures is missing, or failed.
    #[error("cannot draw with a browser: {0}")]
    Browser(String),
    /// linfa could not do what was asked.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
    /// polars could not do what was asked.
    #[error(transparent)]
    Polars(#[from] PolarsError),
}

/// A notebook and `unwrap` print errors with `Debug`: they get the message, not the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where is a value that does not fit, and what was expected?
///
/// Rows count as a spreadsheet counts them: the header is row 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The row, counted from the header, which is row 1.
    pub row: usize,
    /// The column as the file names it; `None` where the whole row is at fault.
    pub column: Option<String>,
    /// What the file holds.
    pub value: String,
    /// What would fit.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {:?}, expected {}", self.value, self.expected)
    }
}

/// What is open about a file, and what would answer it?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The column as the file names it; `None` where it is about the whole file.
    pub column: Option<String>,
    /// What the column would hold.
    pub kind: Option<crate::data::read::Kind>,
    /// What the values say.
    pub found: String,
    /// What to say, as a method of [`Reader`](crate::data::read::Reader).
    pub answer: String,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        write!(f, "{}. Say which with {}", self.found, self.answer)
    }
}

struct Questions<'a>(&'a [Question]);

impl fmt::Display for Questions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|question| write!(f, "\n  {question}"))
    }
}

/// The name that is most like another, if one is: in another case, or with a letter or two astray.
pub(crate) fn most_like<'a>(wanted: &str, names: &'a [String]) -> Option<&'a String> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
    let wanted = plain(wanted);
    let alike = |name: &&String| strsim::normalized_damerau_levenshtein(&wanted, &plain(name));
    let best = names.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(&best) >= 0.6).then_some(best)
}

/// What was meant, or all that there is.
struct Otherwise(Option<&'static str>);

impl fmt::Display for Otherwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(what) => write!(f, ". If your table names it otherwise: {what}"),
            None => Ok(()),
        }
    }
}

struct DidYouMean<'a>(&'a str, &'a [String]);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match most_like(self.0, self.1) {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => write!(f, "; it has {}", self.1.join(", ")),
        }
    }
}

/// Which of the file's names look like those that are missing.
struct Alike<'a>(&'a [String], &'a [String]);

impl fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.0.iter();
        let pairs = pairs.filter_map(|missing| Some((missing, most_like(missing, self.1)?)));
        for (place, (missing, name)) in pairs.enumerate() {
            let before = if place == 0 { "; perhaps " } else { ", " };
            write!(f, "{before}{name} is {missing}")?;
        }
        Ok(())
    }
}

struct ListedProblems<'a>(&'a [Problem], usize);

impl fmt::Display for ListedProblems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.0 {
            write!(f, "\n  {problem}")?;
        }
        match self.1.saturating_sub(self.0.len()) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}
