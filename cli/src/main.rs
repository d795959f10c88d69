//! The command-line twin of the lessons, for work that is done every week.

mod about;
mod assign;
mod baskets;
mod bills;
mod find;
mod input;
mod quality;
mod read;
mod recommend;
mod report;
mod run;
mod segment;
mod told;
mod view;
mod words;
mod worth;

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
    /// Say what a file holds, column by column, and how it would be read
    Read(read::Arguments),
    /// Make one row for each customer from files of bills
    View(view::Arguments),
    /// Say what each customer is worth, from files of bills
    Worth(worth::Arguments),
    /// Say what is bought together, from files of bills
    Baskets(baskets::Arguments),
    /// Say what to offer to whom, from files of bills
    Recommend(recommend::Arguments),
}

const EXAMPLES: &str = "\
Examples:
  segmenta read shop.xlsx
  segmenta quality customers.csv
  segmenta segment customers.csv --k auto --out spring
  segmenta report spring --language id --budget 1500000
  segmenta assign new-customers.csv --model spring/segments.json --out assigned.csv
  segmenta view 2021.csv 2022.csv --out view.parquet
  segmenta worth 2021.csv 2022.csv --out worth
  segmenta baskets 2021.csv 2022.csv --support 0.001 --out baskets
  segmenta recommend 2021.csv 2022.csv --to single-item --out offers.csv

Exit codes: 0 done, 1 an error, 2 wrong usage, 3 no clear structure (where it was left to the data).";

/// Why a command did not do what it was asked for.
enum Failure {
    Error(Error),
    /// An error about a value, and the line of the file that it stands on.
    Line(u64, Error),
    /// What the data say to who left it to them, and what can be asked for all the same.
    NoStructure(String, &'static str),
}

impl Failure {
    /// Says the line of the file in place of the row of a table, which is none of the user's.
    fn on_line(self, lines: &[u64]) -> Self {
        match self {
            Failure::Error(Error::Value {
                column,
                row,
                value,
                expected,
            }) => {
                let line = lines.get(row).copied().unwrap_or(0);
                let error = Error::Value {
                    column,
                    row,
                    value,
                    expected,
                };
                Failure::Line(line, error)
            }
            other => other,
        }
    }
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
            Failure::Line(
                line,
                Error::Value {
                    column,
                    value,
                    expected,
                    ..
                },
            ) => write!(
                f,
                "row {line} of the file, column {column}: {value}; expected {}",
                in_options(expected)
            ),
            Failure::Line(_, error) | Failure::Error(error) => {
                f.write_str(&in_options(&error.to_string()))
            }
            Failure::NoStructure(verdict, otherwise) => {
                write!(f, "{verdict} Nothing was written. {otherwise}")
            }
        }
    }
}

/// Methods of the library's that are an option of the same name here.
const OPTIONS: [&str; 19] = [
    "support",
    "longest",
    "column",
    "amount_of",
    "dates_differ",
    "rename",
    "without",
    "money",
    "decimal",
    "dates",
    "kind",
    "null",
    "name",
    "names",
    "totals",
    "header",
    "sheet",
    "encoding",
    "separator",
];

/// What helps here is an option, and no method of the library's.
fn in_options(text: &str) -> String {
    let mut text = text.to_owned();
    for (said, option) in [
        (
            ".date_format(..)",
            "--dates day-first (or month-first, year-first)",
        ),
        (
            "leave such customers out with clean::Clean::drop_nulls, or fill the gap with \
             scale::Recipe::fill_median",
            "or columns without gaps: --columns",
        ),
        (" and .most(..)", ""),
        (".totals(true)", "--totals drop"),
        (".totals(false)", "--totals keep"),
        (".names([..])", "--names NAME,.."),
        (" or MonthFirst", " or month-first"),
        ("\"your name\"", "\"YOURS\""),
    ] {
        text = text.replace(said, option);
    }
    for option in OPTIONS {
        let begins = format!(".{option}(");
        while let Some((before, after)) = text.split_once(&begins) {
            let Some((arguments, rest)) = after.split_once(')') else {
                break;
            };
            let (arguments, rest) =
                match (arguments.matches('"').count() % 2, rest.split_once("\")")) {
                    // The bracket was one of a name's.
                    (1, Some((more, rest))) if !arguments.ends_with('"') => {
                        (format!("{arguments}){more}\""), rest)
                    }
                    (1, _) if after.contains("\", Kind::") => {
                        let at = after.find("\", Kind::").unwrap_or(0);
                        let end = after[at..].find(')').map_or(after.len(), |end| at + end);
                        (
                            after[..end].to_owned(),
                            after.get(end + 1..).unwrap_or_default(),
                        )
                    }
                    _ => (arguments.to_owned(), rest),
                };
            let option = option.replace('_', "-");
            let value = value_of(&arguments);
            let space = if value.is_empty() { "" } else { " " };
            text = format!("{before}--{option}{space}{value}{rest}");
        }
    }
    text
}

/// `"spend", Kind::Text` as `spend=text`.
fn value_of(arguments: &str) -> String {
    let parts = arguments
        .split(", ")
        .map(|part| match part.split_once("::") {
            Some((_, variant)) if !part.starts_with('"') => {
                let mut word = String::new();
                for c in variant.chars() {
                    if c.is_uppercase() && !word.is_empty() {
                        word.push('-');
                    }
                    word.extend(c.to_lowercase());
                }
                word
            }
            _ => part.trim_matches(['"', '\'']).to_owned(),
        });
    let value = parts.collect::<Vec<_>>().join("=");
    match value.contains([' ', '(', '$', ';', '|']) {
        true => format!("\"{value}\""),
        false => value,
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
        Command::Read(arguments) => read::read(&arguments),
        Command::View(arguments) => view::view(&arguments),
        Command::Worth(arguments) => worth::worth(&arguments),
        Command::Baskets(arguments) => baskets::baskets(&arguments),
        Command::Recommend(arguments) => recommend::recommend(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(format_args!("error: {failure}"));
            match failure {
                Failure::Error(_) | Failure::Line(..) => ExitCode::from(1),
                Failure::NoStructure(..) => ExitCode::from(3),
            }
        }
    }
}
