//! `segmenta assign`: to which segment does each customer of another file belong?

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use segmenta::polars::prelude::UnionArgs;
use segmenta::prelude::*;

use crate::input::{Input, with_features};
use crate::{Result, tell, written};

#[derive(Args)]
#[command(after_help = "\
Example:
  segmenta assign new-customers.csv --model spring/segments.json --out assigned.csv

All customers of the file come out, in its order, with segment and distance; both are empty for those
without a value that the segments need. Without --out the table goes to the standard output.")]
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
    let customers = with_features(&arguments.input.load()?.customers)?;
    let numbered = customers.with_row_index("row in the file".into(), None)?;
    let clean = Clean::new(&numbered)?.drop_nulls(segments.scaler().columns())?;
    let left_out = clean.left_out()?.drop("left_out_by")?;
    if left_out.height() > 0 {
        tell(format_args!(
            "{} customers lack a value and get no segment",
            left_out.height()
        ));
    }
    let assigned = segments.assign(clean.table())?;
    let all = UnionArgs {
        diagonal: true,
        ..Default::default()
    };
    let together = concat([assigned.lazy(), left_out.lazy()], all)?
        .sort(["row in the file"], Default::default())
        .collect()?
        .drop("row in the file")?;
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
