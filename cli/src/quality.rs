//! `segmenta quality`: lesson 01 in one command.

use clap::Args;
use segmenta::prelude::*;

use crate::input::Input;
use crate::{Result, say};

#[derive(Args)]
#[command(after_help = "Example:\n  segmenta quality customers.csv --reject")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub fn quality(arguments: &Arguments) -> Result {
    let loaded = arguments.input.load(None, None)?;
    say(loaded.glance.text())?;
    if loaded.rejects.height() > 0 {
        say(format_args!(
            "Values that do not fit\n{}",
            loaded.rejects.text()
        ))?;
    }
    for (heading, table) in tables(&loaded.customers)? {
        say(format_args!("{heading}\n{}", table.text()))?;
    }
    Ok(())
}

/// What is wrong with the customers, table by table.
pub fn tables(customers: &DataFrame) -> Result<[(&'static str, DataFrame); 6]> {
    Ok([
        ("Missing values", quality::nulls(customers)?),
        (
            "Rows that stand there twice",
            quality::duplicates(customers, ["ID"])?,
        ),
        (
            "Customers who stand on several rows",
            quality::repeated(customers, "ID")?,
        ),
        (
            "Columns that say the same of everybody",
            quality::constants(customers)?,
        ),
        (
            "From where to where the values reach",
            quality::ranges(customers)?,
        ),
        (
            "Customers who cannot be as the table says",
            quality::impossible(customers)?,
        ),
    ])
}
