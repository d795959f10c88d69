//! `segmenta assign`: to which segment does each customer of another file belong?

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use segmenta::polars::prelude::UnionArgs;
use segmenta::prelude::*;

use crate::input::{Input, LINE, Needs, without_lines};
use crate::{Failure, Result, tell, written};

#[derive(Args)]
#[command(after_help = "\
Example:
  segmenta assign new-customers.csv --model spring/segments.json --out assigned.csv

All customers of the file come out, in its order, with segment and distance; both are empty for those
without a value that the segments need. The file is read as that one was in which the segments were
found, and needs no other columns than those that they are made of. Without --out the table goes to the standard output.")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The segments.json that `segmenta segment` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The CSV file for the result
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace that file where it is there already
    #[arg(long)]
    replace: bool,
}

pub fn assign(arguments: &Arguments) -> Result {
    let segments = Segments::load(&arguments.model)?;
    let wanted = segments.scaler().columns();
    let loaded = arguments
        .input
        .load(Needs::Said(&wanted), Some(&segments))?;
    let clean = Clean::new(&loaded.table)?.drop_nulls(wanted)?;
    let left_out = clean.left_out()?.drop("left_out_by")?;
    if left_out.height() > 0 {
        tell(format_args!(
            "{} customers lack a value and get no segment",
            left_out.height()
        ));
    }
    let (_, lines) = without_lines(clean.kept())?;
    let assigned = segments
        .assign(clean.kept())
        .map_err(|error| Failure::from(error).on_line(&lines))?;
    let all = UnionArgs {
        diagonal: true,
        ..Default::default()
    };
    let together = concat([assigned.lazy(), left_out.lazy()], all)?
        .sort([LINE], Default::default())
        .collect()?
        .drop(LINE)?;
    // What the file does not have, and nothing was made of, is no result.
    let together = together.drop_many(loaded.absent);
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    match &arguments.out {
        Some(file) => export::csv(&together, file, existing)?,
        None => {
            let mut text = Vec::new();
            export::csv_to(&together, &mut text)?;
            written(std::io::stdout().write_all(&text))?;
        }
    }
    Ok(())
}
