//! How a customer file is read.

use std::path::PathBuf;

use clap::Args;
use segmenta::campaign::{Loaded, Loader, Money};
use segmenta::prelude::*;

use crate::Result;

#[derive(Args)]
pub struct Input {
    /// The customer file: CSV, in any of the known public shapes
    pub file: PathBuf,
    /// A column of yours that stands for one of the schema, as in --rename client=ID
    #[arg(long, value_name = "YOURS=OURS", value_parser = renamed)]
    rename: Vec<(String, String)>,
    /// A column of the schema that the file does not have
    #[arg(long, value_name = "COLUMN")]
    without: Vec<String>,
    /// How dates are written, where the file alone cannot tell
    #[arg(long, value_name = "ORDER", value_parser = ["day-first", "month-first", "year-first"])]
    dates: Option<String>,
    /// How amounts of money are written, where the file alone cannot tell
    #[arg(long, value_name = "UNIT", value_parser = ["full", "thousands"])]
    money: Option<String>,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
}

fn renamed(text: &str) -> std::result::Result<(String, String), String> {
    text.split_once('=')
        .map(|(yours, ours)| (yours.to_owned(), ours.to_owned()))
        .ok_or_else(|| "write it as yours=ours".to_owned())
}

impl Input {
    pub fn load(&self) -> Result<Loaded> {
        let mut loader = Loader::new();
        for (yours, ours) in &self.rename {
            loader = loader.rename(yours, ours);
        }
        for column in &self.without {
            loader = loader.without(column);
        }
        loader = match self.dates.as_deref() {
            Some("day-first") => loader.date_format(DateFormat::DayFirst),
            Some("month-first") => loader.date_format(DateFormat::MonthFirst),
            Some(_) => loader.date_format(DateFormat::YearFirst),
            None => loader,
        };
        loader = match self.money.as_deref() {
            Some("full") => loader.money(Money::Full),
            Some(_) => loader.money(Money::Thousands),
            None => loader,
        };
        if self.reject {
            loader = loader.reject_bad_rows();
        }
        let loaded = loader.load(&self.file)?;
        let rejected = loaded
            .glance
            .column("rows_rejected")?
            .u64()?
            .get(0)
            .unwrap_or(0);
        if rejected > 0 {
            crate::tell(format_args!("{rejected} rows do not fit and are left out"));
        }
        Ok(loaded)
    }
}

/// The columns of the file, and those that follow from them whatever the day.
pub fn with_features(customers: &DataFrame) -> Result<DataFrame> {
    let features = [
        features::spend(),
        features::transactions(),
        features::children(),
        features::accepted_campaigns(),
        features::age_at_joining(),
    ];
    Ok(customers.clone().lazy().with_columns(features).collect()?)
}
