//! Is the answer to an exercise right, and if it is not, in what?
//!
//! A lesson ends in exercises. The cell below each asks `check::lesson01(1, answer_1, &customers)?`: the lesson, the
//! number of the exercise, the answer, and the table that the question is about. What is right is computed from that
//! table, so that it is right for a file of the learner's own as well; and so is what comes out of the mistakes that are
//! made most, which is how a wrong answer gets a word about what went wrong. [`hint`] says how to go on, and
//! [`solution`] shows one way.
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let customers = df!("Year_Birth" => [1989, 1990, 1990, 1995])?;
//! assert!(check::lesson01(1, 3, &customers)?.is_right());
//! let wrong = check::lesson01(1, 1, &customers)?;
//! assert!(wrong.text().starts_with("wrong: that leaves out who was born in 1990 itself"));
//! # Ok::<(), Error>(())
//! ```
//!
//! Where `SEGMENTA_CHECK=raise` is set, an answer that is not right is an [`Error::Answer`]: what grades a notebook
//! counts the cells that fail.

mod answer;
mod lesson01;
mod lesson02;
mod lesson03;
mod lesson04;
mod lesson05;
mod lesson06;
mod lesson07;
mod lesson08;
mod lesson09;
mod lesson10;
mod lesson11;
mod lesson12;
mod lesson13;
mod lesson14;
mod verdict;

use std::path::{Path, PathBuf};

use polars::prelude::*;

pub use answer::Answer;
pub use lesson01::lesson01;
pub use lesson02::lesson02;
pub use lesson03::lesson03;
pub use lesson04::lesson04;
pub use lesson05::lesson05;
pub use lesson06::lesson06;
pub use lesson07::lesson07;
pub use lesson08::lesson08;
pub use lesson09::lesson09;
pub use lesson10::lesson10;
pub use lesson11::lesson11;
pub use lesson12::lesson12;
pub use lesson13::lesson13;
pub use lesson14::lesson14;
pub use verdict::{Advice, Verdict};

use crate::error::{Error, Result};

/// The hints of each lesson, in the order of its exercises.
const HINTS: [[&str; 3]; 14] = [
    lesson01::HINTS,
    lesson02::HINTS,
    lesson03::HINTS,
    lesson04::HINTS,
    lesson05::HINTS,
    lesson06::HINTS,
    lesson07::HINTS,
    lesson08::HINTS,
    lesson09::HINTS,
    lesson10::HINTS,
    lesson11::HINTS,
    lesson12::HINTS,
    lesson13::HINTS,
    lesson14::HINTS,
];

/// How does one go about an exercise?
///
/// # Errors
/// [`Error::Parameter`] where there is no such lesson or exercise.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert!(check::hint(1, 1)?.text().contains("rows_where"));
/// assert!(check::hint(15, 1).is_err());
/// # Ok::<(), Error>(())
/// ```
pub fn hint(lesson: usize, exercise: usize) -> Result<Advice> {
    let hints = lesson.checked_sub(1).and_then(|lesson| HINTS.get(lesson));
    let hints = hints.ok_or_else(|| Error::Parameter {
        name: "lesson",
        value: lesson.to_string(),
        expected: format!("a lesson with exercises: 1 to {}", HINTS.len()),
    })?;
    let hint = exercise
        .checked_sub(1)
        .and_then(|exercise| hints.get(exercise));
    hint.map(|hint| Advice::new(*hint))
        .ok_or_else(|| no_exercise(exercise))
}

/// What would a right answer to an exercise be?
///
/// One way of several, out of the source of the lesson. Look at [`hint`] first.
///
/// # Errors
/// [`Error::Parameter`] where there is no such lesson or exercise, [`Error::Read`] where the course is not where this
/// crate was built.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert!(check::solution(1, 1)?.text().contains("lit(1990)"));
/// # Ok::<(), Error>(())
/// ```
pub fn solution(lesson: usize, exercise: usize) -> Result<Advice> {
    hint(lesson, exercise)?; // which says what is wrong with the numbers
    let file = source(lesson)?;
    let text = std::fs::read_to_string(&file).map_err(|source| Error::Read {
        file: file.clone(),
        source,
    })?;
    let after = text
        .split(&format!("tags=[\"exercise-{exercise}\"]"))
        .nth(1);
    let cell = after.map(|rest| rest.split("\n// %%").next().unwrap_or(rest));
    let cell = cell.ok_or_else(|| Error::NotATable {
        file,
        found: format!("no cell tagged exercise-{exercise}"),
        expected: "the source of a lesson".into(),
    })?;
    let shown = cell.lines().filter(|line| !line.contains("SOLUTION"));
    Ok(Advice::code(shown.collect::<Vec<_>>().join("\n").trim()))
}

/// The percent script of a lesson.
fn source(lesson: usize) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks");
    let unread = |source| Error::Read {
        file: folder.clone(),
        source,
    };
    let start = format!("{lesson:02}-");
    for entry in std::fs::read_dir(&folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&start) && name.ends_with(".rs") {
            return Ok(path);
        }
    }
    Err(unread(std::io::ErrorKind::NotFound.into()))
}

/// What is right, and what comes out of mistakes, for one exercise.
struct Expected {
    right: Answer,
    /// What is as right, such as the other one of two that are equal.
    as_right: Vec<Answer>,
    within: f64,
    is_share: bool,
    mistakes: Vec<(Answer, String)>,
}

impl Expected {
    fn new(right: impl Into<Answer>) -> Self {
        Self {
            right: right.into(),
            as_right: Vec::new(),
            within: 0.0,
            is_share: false,
            mistakes: Vec::new(),
        }
    }

    /// How far a number may be from the right one.
    fn within(mut self, within: f64) -> Self {
        self.within = within;
        self
    }

    /// Another answer that is as right.
    fn or(mut self, other: impl Into<Answer>) -> Self {
        self.as_right.push(other.into());
        self
    }

    /// A share from 0 to 1, which some give in per cent.
    fn share(mut self) -> Self {
        self.is_share = true;
        self
    }

    /// What comes out of a mistake, and what is said to whom made it.
    fn mistake(mut self, comes_out: impl Into<Answer>, said: impl Into<String>) -> Self {
        self.mistakes.push((comes_out.into(), said.into()));
        self
    }

    fn judge(&self, lesson: usize, exercise: usize, answer: impl Into<Answer>) -> Result<Verdict> {
        let answer = answer.into();
        let mut right = std::iter::once(&self.right).chain(&self.as_right);
        if right.any(|right| answer.is(right, self.within)) {
            return Ok(Verdict::right());
        }
        let asked = format!("`check::hint({lesson}, {exercise})?` says how to go about it");
        let named = self
            .mistakes
            .iter()
            .find(|(comes_out, _)| answer.is(comes_out, self.within));
        let why = match (named, &answer, &self.right) {
            (Some((_, said)), ..) => format!("wrong: {said}"),
            (None, Answer::Missing, _) => format!("not yet: there is no answer so far; {asked}"),
            (None, Answer::Number(own), Answer::Number(_)) if own.is_nan() => {
                "wrong: that is NaN, which is what 0 / 0 gives: is the table empty?".into()
            }
            (None, Answer::Number(own), Answer::Number(right)) => match self.nearly(*own, *right) {
                Some(said) => format!("wrong: {said}"),
                None => format!("wrong: it is not {answer}; {asked}"),
            },
            (None, _, Answer::Word(_)) if matches!(answer, Answer::Number(_)) => {
                format!("wrong: a word is asked for, and this is a number; {asked}")
            }
            (None, _, Answer::Number(_)) => {
                format!("wrong: a number is asked for, and this is a word; {asked}")
            }
            (None, ..) => format!("wrong: it is not {answer}; {asked}"),
        };
        if std::env::var("SEGMENTA_CHECK").is_ok_and(|way| way == "raise") {
            return Err(Error::Answer {
                lesson,
                exercise,
                why,
            });
        }
        Ok(Verdict::not_right(why))
    }

    /// What is wrong with a number that has something to do with the right one.
    fn nearly(&self, own: f64, right: f64) -> Option<&'static str> {
        let close =
            |other: f64, within: f64| (other - right).abs() <= within.max(1e-9 * right.abs());
        if self.is_share && close(own / 100.0, self.within) {
            Some("that is in per cent; a share from 0 to 1 is asked for")
        } else if self.within > 0.0 && is_rounded(own, right) {
            Some("nearly; it is the right figure with too few digits")
        } else if self.within == 0.0 && right > 100.0 && (own - right).abs() == 1.0 {
            Some("it is one off: does a border count that should not, or the other way round?")
        } else {
            None
        }
    }
}

/// Whether a number is another, rounded to one digit or more.
fn is_rounded(own: f64, right: f64) -> bool {
    (0..6).any(|digits| {
        let scale = 10_f64.powi(digits);
        own != 0.0 && own == (right * scale).round() / scale
    })
}

fn no_exercise(exercise: usize) -> Error {
    Error::Parameter {
        name: "exercise",
        value: exercise.to_string(),
        expected: "an exercise of the lesson: 1, 2 or 3".into(),
    }
}

/// How many rows fit a rule.
fn rows(table: &DataFrame, rule: Expr) -> Result<usize> {
    Ok(table.clone().lazy().filter(rule).collect()?.height())
}

/// What comes out of a mistake: nothing that anybody could have answered, where it cannot be computed.
fn or_nan(comes_out: Result<f64>) -> f64 {
    comes_out.unwrap_or(f64::NAN)
}

/// What an expression comes to over a table.
fn value(table: &DataFrame, of: Expr) -> Result<f64> {
    let own = table
        .clone()
        .lazy()
        .select([of.cast(DataType::Float64).alias("of")])
        .collect()?;
    crate::table::number(&own, "of", 0)
}
