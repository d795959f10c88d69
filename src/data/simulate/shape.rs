//! The shapes in which the customer table is published.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

use crate::data::campaign::schema::{FIELDS, Kind};
use crate::data::read::DateFormat;
use crate::table::column;
use crate::{Error, Result};

/// In which of its public shapes is a customer table written?
///
/// The fields are public: start from [`Shape::rakamin`] or [`Shape::kaggle`]
/// and change what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Between the values: `,`, `;`, TAB or `|`.
    pub separator: u8,
    /// Every value in double quotes.
    pub quotes: bool,
    /// A byte order mark at the start.
    pub bom: bool,
    /// Lines end in CR LF.
    pub crlf: bool,
    /// A first column with an empty name that counts the rows.
    pub index: bool,
    /// The constant columns Z_CostContact and Z_Revenue.
    pub z_columns: bool,
    /// MntWines instead of MntCoke.
    pub wines: bool,
    /// Indonesian words for education and marital status.
    pub indonesian: bool,
    /// Money in full, or in thousands of rupiah.
    pub full_money: bool,
    /// How dates are written.
    pub dates: DateFormat,
    /// Between the numbers of a date.
    pub date_separator: char,
    /// Two digits for days and months below ten.
    pub padded: bool,
}

impl Shape {
    /// The shape of the Rakamin copy, which the published analyses used.
    pub fn rakamin() -> Self {
        Shape {
            separator: b',',
            quotes: false,
            bom: false,
            crlf: false,
            index: true,
            z_columns: true,
            wines: false,
            indonesian: true,
            full_money: true,
            dates: DateFormat::DayFirst,
            date_separator: '-',
            padded: true,
        }
    }

    /// The shape of the Kaggle original.
    pub fn kaggle() -> Self {
        Shape {
            separator: b'\t',
            index: false,
            wines: true,
            indonesian: false,
            full_money: false,
            ..Shape::rakamin()
        }
    }

    /// Writes a customer table as a text file in this shape.
    ///
    /// # Errors
    /// [`Error::Write`] where the file cannot be written, [`Error::NoColumn`]
    /// where the table lacks a column of the schema.
    pub fn write(&self, customers: &DataFrame, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let failed = |source: std::io::Error| Error::Write {
            file: file.to_owned(),
            source,
        };
        let columns = self.texts(customers)?;
        let mut out = BufWriter::new(File::create(file).map_err(failed)?);
        if self.bom {
            out.write_all(&[0xEF, 0xBB, 0xBF]).map_err(failed)?;
        }
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .quote_style(if self.quotes {
                csv::QuoteStyle::Always
            } else {
                csv::QuoteStyle::Necessary
            })
            .terminator(if self.crlf {
                csv::Terminator::CRLF
            } else {
                csv::Terminator::Any(b'\n')
            })
            .from_writer(out);
        let csv_failed = |error: csv::Error| failed(std::io::Error::other(error));
        writer
            .write_record(columns.iter().map(|(name, _)| name))
            .map_err(csv_failed)?;
        for row in 0..customers.height() {
            writer
                .write_record(columns.iter().map(|(_, texts)| &texts[row]))
                .map_err(csv_failed)?;
        }
        writer.flush().map_err(failed)
    }

    fn texts(&self, customers: &DataFrame) -> Result<Vec<(String, Vec<String>)>> {
        let rows = customers.height();
        let mut columns: Vec<(String, Vec<String>)> = Vec::new();
        if self.index {
            columns.push((
                String::new(),
                (0..rows).map(|row| row.to_string()).collect(),
            ));
        }
        for field in FIELDS {
            let column = column::find(customers, field.name)?;
            let mut texts = Vec::with_capacity(rows);
            for row in 0..rows {
                texts.push(self.text(&field.kind, column.get(row)?));
            }
            let name = if self.wines && field.name == "MntCoke" {
                "MntWines"
            } else {
                field.name
            };
            columns.push((name.to_owned(), texts));
        }
        if self.z_columns {
            columns.push(("Z_CostContact".into(), vec!["3".into(); rows]));
            columns.push(("Z_Revenue".into(), vec!["11".into(); rows]));
        }
        // Both copies end in the last campaign's response.
        if let Some(response) = columns.iter().position(|(name, _)| name == "Response") {
            let response = columns.remove(response);
            columns.push(response);
        }
        Ok(columns)
    }

    fn text(&self, kind: &Kind, value: AnyValue<'_>) -> String {
        match (kind, value) {
            (_, AnyValue::Null) => String::new(),
            (Kind::Category(words), AnyValue::String(word)) => {
                let alias = words
                    .iter()
                    .find(|(ours, _)| *ours == word && self.indonesian);
                alias
                    .and_then(|(_, aliases)| aliases.first())
                    .unwrap_or(&word)
                    .to_string()
            }
            (Kind::Money, AnyValue::Float64(amount)) => (if self.full_money {
                amount
            } else {
                amount / 1000.0
            })
            .to_string(),
            (Kind::Date, AnyValue::Date(days)) => self.date(days),
            (_, AnyValue::String(text)) => text.to_owned(),
            (_, other) => other.to_string(),
        }
    }

    fn date(&self, days: i32) -> String {
        let date = NaiveDate::default()
            .checked_add_signed(chrono::TimeDelta::days(days.into()))
            .unwrap_or_default();
        let two = |n: u32| {
            if self.padded {
                format!("{n:02}")
            } else {
                n.to_string()
            }
        };
        let (year, month, day) = (date.year().to_string(), two(date.month()), two(date.day()));
        let parts = match self.dates {
            DateFormat::DayFirst => [day, month, year],
            DateFormat::MonthFirst => [month, day, year],
            DateFormat::YearFirst => [year, month, day],
            DateFormat::ExcelSerial => return (days + 25_569).to_string(),
        };
        parts.join(&self.date_separator.to_string())
    }
}
