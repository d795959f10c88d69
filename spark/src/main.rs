//! `segmenta-spark`: what `segmenta` does on one machine, on a cluster that exists.
//!
//! Bills stay where they are. The cluster computes by the SQL that lies beside this file; counts and samples come here.

mod address;
mod bills;
mod cluster;
mod orders;
mod out;
mod segment;
mod statements;
mod view;
mod worth;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use segmenta::polars::prelude::PolarsError;

/// Customer segmentation on a cluster that speaks Spark Connect: Sail, Apache Spark 4, or a hosted one.
#[derive(Parser)]
#[command(name = "segmenta-spark", version, max_term_width = 100)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// From bills to one row for each customer
    View(view::Arguments),
    /// From a table of customers to a segment for each
    Segment(segment::Arguments),
    /// From bills to what each customer is worth
    Worth(worth::Arguments),
}

/// What went wrong, in one line, with what to do about it.
struct Failure(String);

type Result<T = ()> = std::result::Result<T, Failure>;

impl From<segmenta::Error> for Failure {
    fn from(error: segmenta::Error) -> Self {
        Failure(error.to_string())
    }
}

impl From<PolarsError> for Failure {
    fn from(error: PolarsError) -> Self {
        Failure(error.to_string())
    }
}

/// A word to who waits, beside the results.
fn tell(what: impl std::fmt::Display) {
    eprintln!("{what}");
}

fn main() -> ExitCode {
    let done = match Program::parse().command {
        Command::View(arguments) => view::view(&arguments),
        Command::Segment(arguments) => segment::segment(&arguments),
        Command::Worth(arguments) => worth::worth(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(message)) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
