//! Spreadsheets and Parquet: their values as the texts that a CSV file would have.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, ExcelDateTime, Reader as _, Sheets, open_workbook_auto_from_rs};
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::texts::{About, Cells, Texts};
use super::{Said, columnar, header};
use crate::error::Question;
use crate::{Error, Result};

/// The one sheet that is not empty, or that which was asked for.
pub(super) fn sheets(file: &Path, bytes: Cursor<Vec<u8>>, said: &Said<'_>) -> Result<Texts> {
    let not_a_table = |found: String, expected: &str| Error::NotATable {
        file: file.to_owned(),
        found,
        expected: expected.into(),
    };
    let failed = |error: calamine::Error| {
        not_a_table(
            format!("no spreadsheet ({error})"),
            "CSV, XLSX, ODS or Parquet",
        )
    };
    let mut book = open_workbook_auto_from_rs(bytes).map_err(failed)?;
    let format = match &book {
        Sheets::Xls(_) => "XLS",
        Sheets::Xlsx(_) => "XLSX",
        Sheets::Xlsb(_) => "XLSB",
        Sheets::Ods(_) => "ODS",
    };
    let names = book.sheet_names();
    let mut filled = Vec::new();
    for name in &names {
        if said.sheet.is_some_and(|said| said != name) {
            continue;
        }
        let range = book.worksheet_range(name).map_err(failed)?;
        if !range.is_empty() {
            filled.push((name.clone(), range));
        }
    }
    let (name, range) = match (filled.len(), said.sheet) {
        (1, _) => filled.swap_remove(0),
        (0, Some(said)) => {
            return Err(not_a_table(
                format!("no filled sheet called {said:?}"),
                &format!("one of {}", names.join(", ")),
            ));
        }
        (0, None) => return Err(not_a_table("every sheet is empty".into(), "a table in one")),
        _ => {
            let names: Vec<&str> = filled.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Error::Undecided {
                file: file.to_owned(),
                questions: vec![Question {
                    column: None,
                    kind: None,
                    found: format!("several sheets are filled: {}", names.join(", ")),
                    answer: format!(".sheet({:?})", names[0]),
                }],
            });
        }
    };
    let first = range.start().map_or(0, |start| start.0 as usize) + 1;
    let mut rows = range
        .rows()
        .enumerate()
        .map(|(row, cells)| (row + first, cells));
    let wanted = said.header.unwrap_or(first);
    let mut texts = Texts {
        about: About {
            format: format.to_owned(),
            sheet: Some(name),
            ..About::default()
        },
        ..Texts::default()
    };
    let names: Vec<String> = match said.names {
        Some(names) => names.to_vec(),
        None => {
            let row = rows.find(|(row, _)| *row >= wanted);
            let Some((_, cells)) = row else {
                return Err(not_a_table(format!("no row {wanted}"), "a header there"));
            };
            cells.iter().map(text).collect()
        }
    };
    if names.len() != range.width() {
        return Err(header::wrong_number(file, names.len(), range.width()));
    }
    texts.columns = names.iter().map(|name| Cells::new(name)).collect();
    for (row, cells) in rows {
        texts.rows_read += 1;
        texts.lines.push(row);
        for (column, cell) in texts.columns.iter_mut().zip(cells) {
            column.push(&text(cell));
        }
    }
    Ok(texts)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => canonical(*number),
        Data::String(text) => text.clone(),
        Data::Bool(yes) => yes.to_string(),
        Data::DateTime(moment) => moment_of(moment),
        Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

fn moment_of(moment: &ExcelDateTime) -> String {
    if moment.is_duration() || moment.as_f64() < 1.0 {
        return canonical(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let day = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => day,
        _ => format!("{day}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}

/// A number as a text that can be read in one way only: 71.697 could be 71,697 elsewhere.
fn canonical(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        return format!("{number:e}");
    }
    let text = number.to_string();
    match text.split_once('.') {
        Some((_, share)) if share.len() == 3 => text + "0",
        _ => text,
    }
}

/// A Parquet file; columns that hold no single values are left out, which the caller tells.
pub(super) fn parquet(
    file: &Path,
    bytes: Cursor<Vec<u8>>,
) -> Result<(Texts, Vec<(String, String)>)> {
    let failed = |error: PolarsError| Error::NotATable {
        file: file.to_owned(),
        found: format!("no Parquet that can be read ({error})"),
        expected: "CSV, XLSX, ODS or Parquet".into(),
    };
    let mut parquet = ParquetReader::new(bytes);
    let mut left_out = columnar::unread(&mut parquet).map_err(failed)?;
    if !left_out.is_empty() {
        let schema = parquet.schema().map_err(failed)?;
        let names = schema.iter_names().map(|name| name.to_string());
        let read = names.filter(|name| !left_out.iter().any(|(other, _)| other == name));
        parquet = parquet.with_columns(Some(read.collect()));
    }
    let table = parquet.finish().map_err(failed)?;
    let mut texts = Texts {
        rows_read: table.height(),
        lines: (1..=table.height()).collect(),
        ..Texts::default()
    };
    texts.about.format = "Parquet".to_owned();
    for column in table.columns() {
        let column = &columnar::without_decimals(column).map_err(failed)?;
        let mut cells = Cells::new(column.name());
        match column.dtype() {
            DataType::Float32 => {
                // The shortest text that is this number: 0.1, not 0.10000000149.
                for value in column.f32()?.iter() {
                    let shortest = value.and_then(|value| value.to_string().parse().ok());
                    cells.push(&shortest.map(canonical).unwrap_or_default());
                }
            }
            DataType::Float64 => {
                for value in column.f64()?.iter() {
                    cells.push(&value.map(canonical).unwrap_or_default());
                }
            }
            dtype
                if dtype.is_nested()
                    || matches!(dtype, DataType::Binary | DataType::Duration(_)) =>
            {
                left_out.push((column.name().to_string(), dtype.to_string()));
                continue;
            }
            DataType::Datetime(..) => {
                let format = |column: &Column| {
                    column
                        .as_materialized_series()
                        .datetime()?
                        .to_string("%Y-%m-%dT%H:%M:%S%.3f")
                };
                for value in format(column)?.iter() {
                    cells.push(value.unwrap_or_default());
                }
            }
            _ => {
                for value in column.cast(&DataType::String)?.str()?.iter() {
                    cells.push(value.unwrap_or_default());
                }
            }
        }
        texts.columns.push(cells);
    }
    Ok((texts, left_out))
}
