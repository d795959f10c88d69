//! `segmenta quality`: lesson 01 in one command.

use clap::Args;
use segmenta::prelude::*;

use crate::input::{Customers, Input, LINE, Needs, is_feature};
use crate::{Result, say};

#[derive(Args)]
#[command(after_help = "Example:\n  segmenta quality customers.csv --reject")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub fn quality(arguments: &Arguments) -> Result {
    let loaded = arguments.input.load(Needs::All, None)?;
    say(loaded.glance.text())?;
    if loaded.rejects.height() > 0 {
        say(format_args!(
            "Values that do not fit\n{}",
            loaded.rejects.text()
        ))?;
    }
    for (heading, table) in tables(&loaded)? {
        say(format_args!("{heading}\n{}", table.text()))?;
    }
    Ok(())
}

/// What is wrong with the customers, table by table.
pub fn tables(customers: &Customers) -> Result<Vec<(&'static str, DataFrame)>> {
    let mut table = customers.table.drop(LINE)?;
    if customers.is_campaign() {
        // Of the columns of the file, and not of what is made of them.
        let all = table.get_column_names_owned();
        table = table.drop_many(all.into_iter().filter(|name| is_feature(name)));
    }
    let name = customers.roles.column(Role::Name);
    let mut tables = vec![
        ("Missing values", quality::nulls(&table)?),
        (
            "Rows that stand there twice",
            quality::duplicates(&table, name)?,
        ),
    ];
    if let Some(name) = name {
        let repeated = quality::repeated(&table, name)?;
        tables.push(("Customers who stand on several rows", repeated));
    }
    tables.push((
        "Columns that say the same of everybody",
        quality::constants(&table)?,
    ));
    tables.push((
        "From where to where the values reach",
        quality::ranges(&table)?,
    ));
    if customers.is_campaign() {
        tables.push((
            "Customers who cannot be as the table says",
            quality::impossible(&table)?,
        ));
    }
    Ok(tables)
}
