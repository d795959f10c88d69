//! How files of bills are read.

use std::path::{Path, PathBuf};

use clap::Args;
use segmenta::Error;
use segmenta::data::orders::{AmountOf, Loader, Orders, Parts, Role};
use segmenta::data::read::Reader;
use segmenta::prelude::*;

use crate::input::dates;
use crate::told::list;
use crate::{Failure, Result, tell};

#[derive(Args, Clone)]
pub struct Bills {
    /// The files: CSV (also packed with gz), XLSX, XLS, ODS or Parquet, with a row for each line of a bill, for
    /// each bill with a list of its products as JSON, or for each bill with its total
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which column is what, as in --column customer=CustomerID: bill, customer, time, product, quantity,
    /// price, amount, discount, paid, channel or centre
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = column)]
    column: Vec<(Role, String)>,
    /// A role that no column has
    #[arg(long, value_name = "ROLE")]
    without: Vec<Role>,
    /// Of what the amount of a row is, where a bill has several rows
    #[arg(long, value_name = "WHAT", value_parser = ["line", "bill"])]
    amount_of: Option<String>,
    /// How dates are written, where the files cannot tell: day-first, month-first or year-first
    #[arg(long, value_name = "[COLUMN=]ORDER", value_parser = dates)]
    dates: Vec<(Option<String>, DateFormat)>,
    /// Each file has its own order of dates
    #[arg(long)]
    dates_differ: bool,
    /// The sign before decimals, where the files cannot tell
    #[arg(long, value_name = "SIGN", value_parser = ["point", "comma"])]
    decimal: Option<String>,
    /// A word that stands for nothing
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    null: Vec<String>,
    /// What stands between two values
    #[arg(long, value_name = "SIGN")]
    separator: Option<char>,
    /// The encoding of the text, such as windows-1252
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The sheet of a spreadsheet with several
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The row on which the names of the columns stand
    #[arg(long, value_name = "ROW")]
    header: Option<usize>,
    /// The names of all columns, for files without a header
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    names: Option<Vec<String>>,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
}

fn column(text: &str) -> std::result::Result<(Role, String), String> {
    let (role, column) = text.split_once('=').ok_or("write it as role=column")?;
    Ok((role.parse()?, column.to_owned()))
}

impl Bills {
    /// Reads the files, and tells what was decided about them.
    pub fn load(&self) -> Result<Orders> {
        let loaded = self.loader().load(&self.files);
        let orders = loaded.map_err(|error| self.with_proposed(error))?;
        told(&orders.glance, &orders.columns, &orders.rules)?;
        Ok(orders)
    }

    /// In how many parts the files are gone through, where nobody says it.
    pub fn parts_needed(&self) -> Result<usize> {
        Ok(orders::parts_needed(&self.files)?)
    }

    /// Reads the files in parts, and tells what was decided about them.
    pub fn in_parts(&self, parts: usize, inside: &Path) -> Result<Parts> {
        tell(format_args!(
            "in {parts} parts, each with all bills of some customers (--parts 1 for all at once)"
        ));
        let loaded = self.loader().in_parts(&self.files, parts, inside);
        let parts = loaded.map_err(|error| self.with_proposed(error))?;
        told(&parts.glance, &parts.columns, &parts.rules)?;
        Ok(parts)
    }

    /// What the names say is of help where they do not say enough.
    fn with_proposed(&self, error: Error) -> Failure {
        if let (Error::Undecided { .. }, Some(first)) = (&error, self.files.first())
            && let Ok(proposed) = self.loader().propose(first)
        {
            tell(proposed.text());
        }
        Failure::from(error)
    }

    /// The files in words.
    pub fn named(&self) -> String {
        let names = self.files.iter().map(|file| file.display().to_string());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Reads a file with a basket on each line.
    pub fn baskets(&self) -> Result<Baskets> {
        let [file] = self.files.as_slice() else {
            return Err(Failure::from(Error::Parameter {
                name: "files",
                value: self.named(),
                expected: "one, where its lines are baskets".into(),
            }));
        };
        let mut loader = basket::Loader::new();
        if let Some(separator) = self.separator {
            loader = loader.separator(separator);
        }
        if let Some(encoding) = &self.encoding {
            loader = loader.encoding(encoding);
        }
        Ok(loader.load(file)?)
    }

    fn loader(&self) -> Loader {
        let mut reader = Reader::new();
        if let Some(separator) = self.separator {
            reader = reader.separator(separator);
        }
        if let Some(encoding) = &self.encoding {
            reader = reader.encoding(encoding);
        }
        if let Some(sheet) = &self.sheet {
            reader = reader.sheet(sheet);
        }
        if let Some(row) = self.header {
            reader = reader.header(row);
        }
        if let Some(names) = &self.names {
            reader = reader.names(names.iter().map(String::as_str));
        }
        for (column, order) in &self.dates {
            reader = match column {
                Some(column) => reader.dates(column, *order),
                None => reader.all_dates(*order),
            };
        }
        match self.decimal.as_deref() {
            Some("point") => reader = reader.decimal(Decimal::Point),
            Some(_) => reader = reader.decimal(Decimal::Comma),
            None => {}
        }
        for word in &self.null {
            reader = reader.null(word);
        }
        let mut loader = Loader::new().reader(reader);
        for (role, column) in &self.column {
            loader = match column.as_str() {
                "" => loader.without(*role),
                column => loader.column(*role, column),
            };
        }
        for role in &self.without {
            loader = loader.without(*role);
        }
        match self.amount_of.as_deref() {
            Some("bill") => loader = loader.amount_of(AmountOf::Bill),
            Some(_) => loader = loader.amount_of(AmountOf::Line),
            None => {}
        }
        if self.dates_differ {
            loader = loader.dates_differ();
        }
        if self.reject {
            loader = loader.reject_bad_rows();
        }
        loader
    }
}

/// What was decided about the files, on the standard error.
fn told(glance: &DataFrame, columns: &DataFrame, rules: &DataFrame) -> Result {
    for row in 0..glance.height() {
        let text = |name: &str| -> Result<Option<String>> {
            Ok(glance.column(name)?.str()?.get(row).map(str::to_owned))
        };
        let mut how = vec![text("format")?.unwrap_or_default()];
        how.extend(text("dates")?.map(|dates| format!("dates {dates}")));
        how.extend(text("decimal")?.map(|decimal| format!("decimal {decimal}")));
        tell(format_args!(
            "{}: {} rows, {} left out; {}",
            text("file")?.unwrap_or_default(),
            table::number(glance, "rows_read", row)?,
            table::number(glance, "rows_rejected", row)?,
            how.join(", "),
        ));
    }
    let (role, name) = (
        columns.column("role")?.str()?,
        columns.column("in_file")?.str()?,
    );
    let why = columns.column("why")?.str()?;
    let (mut taken, mut open, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..columns.height() {
        match (role.get(row), name.get(row)) {
            (Some(role), Some(name)) => taken.push(format!("{role} is {name}")),
            (Some(role), None) => {
                let why = why.get(row).unwrap_or_default();
                if why.starts_with("it may be") {
                    open.push(format!("{role} ({why})"));
                }
            }
            (None, name) => left_out.extend(name.map(str::to_owned)),
        }
    }
    list("columns", &taken);
    list("roles that are open, and that nobody has", &open);
    list("columns without a role, left out", &left_out);
    for row in 0..rules.height() {
        let text = |name: &str| -> Result<String> {
            Ok(rules
                .column(name)?
                .str()?
                .get(row)
                .unwrap_or_default()
                .to_owned())
        };
        let rows = table::number(rules, "rows", row)?;
        tell(format_args!(
            "{} ({rows} rows): {}",
            text("found")?,
            text("done")?
        ));
    }
    Ok(())
}

/// The first day of the bills, and the day after the last.
pub fn first_and_end(bills: &DataFrame) -> Result<(i32, i32)> {
    let days = bills.column("time")?.cast(&DataType::Date)?;
    let days = days.date()?.physical();
    match (days.min(), days.max()) {
        (Some(first), Some(last)) => Ok((first, last + 1)),
        _ => Err(Failure::from(Error::TooFew {
            what: "bills with a day".into(),
            found: 0,
            expected: "1 or more".into(),
        })),
    }
}

/// A day as it is written.
pub fn text_of(day: i32) -> Result<String> {
    let day = df!("day" => [day])?
        .lazy()
        .select([col("day").cast(DataType::Date).cast(DataType::String)])
        .collect()?;
    let day = day.column("day")?.str()?.get(0).map(str::to_owned);
    Ok(day.unwrap_or_default())
}
