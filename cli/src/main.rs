//! The command-line twin of the lessons, for work that is done every week.

mod assign;
mod input;
mod quality;
mod report;
mod run;
mod segment;

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use segmenta::Error;

/// Segments of customers: found, assigned, reported.
#[derive(Parser)]
#[command(name = "segmenta", version, about, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find the segments of a customer file
    Segment(segment::Arguments),
    /// Find the segment of each customer of another file
    Assign(assign::Arguments),
    /// Write the report of what `segment` found
    Report(report::Arguments),
    /// Say what is wrong with a customer file
    Quality(quality::Arguments),
}

const EXAMPLES: &str = "\
Examples:
  segmenta quality customers.csv
  segmenta segment customers.csv --k auto --out spring
  segmenta report spring --language id --budget 1500000
  segmenta assign new-customers.csv --model spring/segments.json --out assigned.csv

Exit codes: 0 done, 1 an error, 2 wrong usage, 3 no clear structure (with --k auto).";

/// Why a command did not do what it was asked for.
enum Failure {
    Error(Error),
    /// What the data say to `--k auto`.
    NoStructure(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<segmenta::polars::error::PolarsError> for Failure {
    fn from(error: segmenta::polars::error::PolarsError) -> Self {
        Failure::Error(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What helps here is an option, and no method.
            Failure::Error(Error::MissingColumns {
                file,
                missing,
                found,
            }) => write!(
                f,
                "{}: no column for {}; the file has {}. Name a column of yours that stands for one \
                 with --rename YOURS={example}, or do without one with --without {example}",
                file.display(),
                missing.join(", "),
                found.join(", "),
                example = missing.first().map_or("ID", String::as_str),
            ),
            Failure::Error(Error::DateFormat {
                file,
                column,
                reason,
            }) => write!(
                f,
                "{}, column {column}: {reason}. Say which with --dates day-first (or month-first, \
                 year-first)",
                file.display(),
            ),
            Failure::Error(error) => {
                let text = error.to_string();
                let text = text.replace(".money(Money::Full)", "--money full");
                f.write_str(&text.replace(".money(Money::Thousands)", "--money thousands"))
            }
            Failure::NoStructure(verdict) => write!(
                f,
                "{verdict} Nothing was written. To cut the customers into slices all the same, give \
                 a number of segments, such as --k 3"
            ),
        }
    }
}

type Result<T = ()> = std::result::Result<T, Failure>;

/// One line about how far the work is, to where it does not mix with results. That nobody listens is no
/// reason to stop.
fn tell(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A result, to the standard output. A reader who has seen enough, such as `head`, ends it quietly.
fn say(text: impl fmt::Display) -> Result {
    written(writeln!(io::stdout(), "{text}"))
}

fn written(written: io::Result<()>) -> Result {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Error(Error::Write {
                file: "the standard output".into(),
                source: error,
            }))
        }
        _ => Ok(()),
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Segment(arguments) => segment::segment(&arguments),
        Command::Assign(arguments) => assign::assign(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Quality(arguments) => quality::quality(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(format_args!("error: {failure}"));
            match failure {
                Failure::Error(_) => ExitCode::from(1),
                Failure::NoStructure(_) => ExitCode::from(3),
            }
        }
    }
}
