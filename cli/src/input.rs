//! How a customer file is read, and what is told of it.

use std::path::{Path, PathBuf};

use clap::Args;
use segmenta::Error;
use segmenta::data::campaign::{Decimal, Loaded, Loader, Money, Reading};
use segmenta::prelude::*;

use crate::{Result, tell};

#[derive(Args)]
pub struct Input {
    /// The customer file: CSV, in any of the known public shapes
    pub file: PathBuf,
    /// A column of yours that stands for one of the schema, as in --rename client=ID
    #[arg(long, value_name = "YOURS=OURS", value_parser = renamed)]
    rename: Vec<(String, String)>,
    /// A column that is not to be read, or that the file does not have
    #[arg(long, value_name = "COLUMN")]
    without: Vec<String>,
    /// How dates are written, where the file alone cannot tell
    #[arg(long, value_name = "ORDER", value_parser = ["day-first", "month-first", "year-first"])]
    dates: Option<String>,
    /// The sign before decimals, where the file alone cannot tell
    #[arg(long, value_name = "SIGN", value_parser = ["point", "comma"])]
    decimal: Option<String>,
    /// How amounts of money are written, where the file alone cannot tell
    #[arg(long, value_name = "UNIT", value_parser = ["full", "thousands"])]
    money: Option<String>,
    /// Read the file as that one was read in which these segments were found (a segments.json)
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
}

fn renamed(text: &str) -> std::result::Result<(String, String), String> {
    text.split_once('=')
        .map(|(yours, ours)| (yours.to_owned(), ours.to_owned()))
        .ok_or_else(|| "write it as yours=ours".to_owned())
}

/// Columns that follow from those of the file whatever the day, and what each is made of.
const FEATURES: [(&str, &[&str]); 5] = [
    ("spend", &features::SPEND),
    ("transactions", &features::PURCHASES),
    ("children", &["Kidhome", "Teenhome"]),
    ("accepted_campaigns", &features::CAMPAIGNS),
    ("age_at_joining", &["Dt_Customer", "Year_Birth"]),
];

/// Columns that the commands add to the customers.
const ADDED: [&str; 7] = [
    "segment",
    "distance",
    "silhouette",
    "tier",
    "propensity",
    "left_out_by",
    LINE,
];

/// The column with the line of the file, until the results are written.
pub const LINE: &str = "row in the file";

impl Input {
    /// Reads the file; `needs` are the columns that decide about a row, all where it is not said.
    pub fn load(&self, needs: Option<&[&str]>, earlier: Option<&Reading>) -> Result<Loaded> {
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
        loader = match self.decimal.as_deref() {
            Some("point") => loader.decimal(Decimal::Point),
            Some(_) => loader.decimal(Decimal::Comma),
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
        if let Some(needs) = needs {
            loader = loader.needs(needs.iter().copied());
        }
        let like = self.like.as_ref().map(Segments::load).transpose()?;
        let like = like.as_ref().map(|like| reading_of(like, &self.like));
        if let Some(earlier) = like.transpose()?.or(earlier) {
            loader = loader.like(earlier);
        }
        let loaded = loader.load(&self.file)?;
        tell_of(&loaded)?;
        Ok(loaded)
    }
}

fn reading_of<'a>(segments: &'a Segments, file: &Option<PathBuf>) -> Result<&'a Reading> {
    segments.reading().ok_or_else(|| {
        let file = file.as_deref().unwrap_or(Path::new("--like"));
        let error = Error::NotATable {
            file: file.to_owned(),
            found: "segments that do not say how their file was read".into(),
            expected: "a segments.json that `segmenta segment` wrote".into(),
        };
        error.into()
    })
}

/// Which columns of the schema these columns are made of.
pub fn sources<'a>(columns: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut sources = Vec::new();
    for name in columns {
        match FEATURES.iter().find(|(feature, _)| *feature == name) {
            Some((_, of)) => sources.extend_from_slice(of),
            None => sources.push(name),
        }
    }
    let schema = campaign::columns();
    sources.retain(|name| schema.contains(name));
    sources
}

/// The columns of the file, those that follow from them whatever the day, and the line of each row.
/// A column of the user's own that has the name of one that is added here gets another.
pub fn with_features(loaded: &Loaded) -> Result<DataFrame> {
    let mut customers = loaded.customers.clone();
    let added = FEATURES.iter().map(|(name, _)| *name).chain(ADDED);
    for name in added.filter(|name| loaded.customers.column(name).is_ok()) {
        let other = format!("{name} (file)");
        customers.rename(name, other.as_str().into())?;
        tell(format_args!(
            "your own column {name} is called {other:?} in the results, which have a {name} of theirs"
        ));
    }
    let features = [
        features::spend(),
        features::transactions(),
        features::children(),
        features::accepted_campaigns(),
        features::age_at_joining(),
    ];
    let mut customers = customers.lazy().with_columns(features).collect()?;
    customers.with_column(Column::new(LINE.into(), &loaded.lines))?;
    Ok(customers)
}

/// The columns of the schema that the file does not have, and the features that would be made of them.
pub fn absent(loaded: &Loaded) -> Result<Vec<String>> {
    let of = |column: &str| loaded.columns.column(column)?.str().cloned();
    let (names, ours) = (of("in_file")?, of("in_table")?);
    let pairs = names.iter().zip(ours.iter());
    let absent = pairs.filter(|(name, _)| name.is_none());
    let mut absent: Vec<String> = absent
        .filter_map(|pair| pair.1.map(str::to_owned))
        .collect();
    let lacks = |sources: &[&str]| sources.iter().any(|name| absent.iter().any(|a| a == name));
    let features = FEATURES.iter().filter(|(_, sources)| lacks(sources));
    let features: Vec<String> = features.map(|(name, _)| (*name).to_owned()).collect();
    absent.extend(features);
    Ok(absent)
}

/// The customers without their lines, and the lines.
pub fn without_lines(customers: &DataFrame) -> Result<(DataFrame, Vec<u64>)> {
    let lines = customers.column(LINE)?.u64()?.iter().flatten().collect();
    Ok((customers.drop(LINE)?, lines))
}

/// What was decided about a file that a reader might have decided otherwise.
fn tell_of(loaded: &Loaded) -> Result {
    let word = |column: &str| -> Result<Option<String>> {
        Ok(loaded
            .glance
            .column(column)?
            .str()?
            .get(0)
            .map(str::to_owned))
    };
    let mut decided = Vec::new();
    for (what, column) in [
        ("decimal", "decimal"),
        ("dates", "dates"),
        ("money", "money"),
    ] {
        if let Some(how) = word(column)? {
            decided.push(format!("{what} {how}"));
        }
    }
    if !decided.is_empty() {
        tell(format_args!("read as: {}", decided.join("; ")));
    }
    let columns = &loaded.columns;
    let (names, ours) = (
        columns.column("in_file")?.str()?,
        columns.column("in_table")?.str()?,
    );
    let why = columns.column("why")?.str()?;
    let (mut left_out, mut own, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..columns.height() {
        let (name, why) = (names.get(row), why.get(row).unwrap_or_default());
        match (name, why.strip_prefix("left out: ")) {
            (Some(name), Some(why)) => left_out.push(format!("{name:?} ({why})")),
            (Some(name), None) if why.starts_with("your own") => own.push(name),
            (None, _) => missing.extend(ours.get(row)),
            _ => {}
        }
    }
    for (what, list) in [
        ("columns left out", left_out.join(", ")),
        ("columns of your own, kept as they are", own.join(", ")),
        ("columns that are not read, and empty", missing.join(", ")),
    ] {
        if !list.is_empty() {
            tell(format_args!("{what}: {list}"));
        }
    }
    let words = &loaded.recoded;
    let (of, from) = (
        words.column("column")?.str()?,
        words.column("in_file")?.str()?,
    );
    let (to, rows) = (
        words.column("in_table")?.str()?,
        words.column("rows")?.u64()?,
    );
    let (mut translated, mut kept) = (Vec::new(), Vec::new());
    for row in 0..words.height() {
        let (of, from, to) = (of.get(row), from.get(row), to.get(row));
        let (of, from, to) = (
            of.unwrap_or_default(),
            from.unwrap_or_default(),
            to.unwrap_or_default(),
        );
        let rows = rows.get(row).unwrap_or(0);
        match from == to {
            true => kept.push(format!("{of} {from} ({rows})")),
            false => translated.push(format!("{from} is {to} ({rows})")),
        }
    }
    if !translated.is_empty() {
        tell(format_args!("words: {}", translated.join(", ")));
    }
    if !kept.is_empty() {
        tell(format_args!(
            "words that are not known, kept as they are: {}",
            kept.join(", ")
        ));
    }
    let left_out = loaded.rejects.column("left_out")?.str()?;
    let values = left_out
        .iter()
        .flatten()
        .filter(|what| *what == "value")
        .count();
    let rows = loaded
        .glance
        .column("rows_rejected")?
        .u64()?
        .get(0)
        .unwrap_or(0);
    if rows > 0 {
        tell(format_args!("{rows} rows do not fit and are left out"));
    }
    if values > 0 {
        tell(format_args!(
            "{values} values do not fit and are left out, in columns that are not needed"
        ));
    }
    Ok(())
}
