//! `segmenta read`: what a file holds, column by column, and how it would be read.

use std::path::PathBuf;

use clap::Args;
use segmenta::prelude::*;

use crate::input::Input;
use crate::{Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta read shop.csv
  segmenta read shop.xlsx --sheet 2024 --save plan.toml
  segmenta segment next.csv --plan plan.toml --out autumn

The plan is a small text that can be edited: what a column holds, its decimal sign, how its dates are
written, its words for nothing. What is open is listed with the option that answers it.")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The file for the plan
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Replace that file where it is there already
    #[arg(long)]
    replace: bool,
}

pub fn read(arguments: &Arguments) -> Result {
    let read = arguments.input.read(None)?;
    say(read.glance.text())?;
    let columns =
        read.columns
            .select(["in_file", "kind", "why", "examples", "nulls", "null_words"])?;
    say(columns.text())?;
    let roles = Roles::propose(&read.table)?;
    say(roles.tidy()?.text())?;
    let chosen = scale::candidates(&read.table, &roles)?;
    say(chosen.text())?;
    for question in &read.questions {
        tell(format_args!(
            "open: {}",
            crate::in_options(&question.to_string())
        ));
    }
    match &arguments.save {
        Some(file) => {
            let existing = match arguments.replace {
                true => Existing::Replace,
                false => Existing::Keep,
            };
            read.plan().save(file, existing)?;
            tell(format_args!("wrote {}", file.display()));
        }
        None => say(read.plan().to_toml())?,
    }
    Ok(())
}
