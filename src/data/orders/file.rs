//! One file of bills: its columns by their roles, typed.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use polars_io::prelude::{ParquetReader, SerReader};
use rayon::prelude::*;

use super::products::{self, Lists};
use super::role::Role;
use crate::data::read::columnar;
use crate::data::read::dates::Dates;
use crate::data::read::nulls::is_null;
use crate::data::read::{self, Decimal, Kind, Reader};
use crate::progress::Progress;
use crate::table::column;
use crate::{Error, Problem, Result};

/// What one file held.
pub(super) struct Contents {
    /// A column for each role that is used, by the role's name.
    pub table: DataFrame,
    /// The row of the file that each row of the table stands on.
    pub rows: Vec<u64>,
    pub problems: Vec<Problem>,
    pub rows_read: u64,
    pub decisions: Decisions,
    /// What its products are; the texts of lists have been read, and are gone.
    pub products: Products,
}

/// How a file was read.
#[derive(Clone)]
pub(super) struct Decisions {
    pub file: PathBuf,
    pub format: String,
    pub dates: Dates,
    pub decimal: Option<Decimal>,
    pub time_in_file: String,
    /// The file that decided what this one left open.
    pub decided_by: Option<PathBuf>,
}

/// What stands in the column of products.
pub(super) enum Products {
    /// Nothing, or there is no such column.
    Nothing,
    /// One product in each row.
    Words,
    Lists(Lists),
}

/// The names of the columns.
pub(super) fn names(file: &Path, reader: &Reader) -> Result<Vec<String>> {
    if let Some(mut parquet) = parquet(file)? {
        let schema = parquet.schema().map_err(|error| no_parquet(file, &error))?;
        return Ok(schema.iter_names().map(|name| name.to_string()).collect());
    }
    let said = reader.said(&|_| false);
    match said.names {
        Some(names) => Ok(names.to_vec()),
        None => read::names(file, &said),
    }
}

/// About how many rows are there?
pub(super) fn rows(file: &Path) -> Result<u64> {
    /// How long a row is where it is packed, and how much smaller that makes it.
    const A_ROW: u64 = 60;
    const PACKED: u64 = 6;
    const BEGIN: usize = 1 << 18;
    if let Some(mut parquet) = parquet(file)? {
        let rows = parquet
            .num_rows()
            .map_err(|error| no_parquet(file, &error))?;
        return Ok(rows as u64);
    }
    let failed = |source| Error::Read {
        file: file.to_owned(),
        source,
    };
    let size = std::fs::metadata(file).map_err(failed)?.len();
    let is_packed = file.extension().is_some_and(|ending| {
        ["gz", "xlsx", "xls", "ods"]
            .iter()
            .any(|own| ending.eq_ignore_ascii_case(own))
    });
    if is_packed {
        return Ok(size * PACKED / A_ROW);
    }
    let mut begin = Vec::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    let mut part = opened.take(BEGIN as u64);
    part.read_to_end(&mut begin).map_err(failed)?;
    let rows = begin.iter().filter(|byte| **byte == b'\n').count().max(1);
    Ok(size * rows as u64 / begin.len().max(1) as u64)
}

/// The columns that have a role. Lists of products are read at once, as their texts are most of a file.
pub(super) fn contents(
    file: &Path,
    reader: &Reader,
    used: &[(Role, String)],
    refused: u16,
) -> Result<Contents> {
    let contents = match typed(file, used, None)? {
        Some(contents) => contents,
        None => texts(file, reader, used)?,
    };
    let mut seen = Seen::default();
    if let Ok(products) = contents.table.column("product") {
        seen.count(products.str()?);
    }
    contents.with_products(seen.are_lists(), refused)
}

/// A Parquet file with columns of the right types, to be read about so many rows after the other.
pub(super) struct Chunks<'a> {
    file: &'a Path,
    used: &'a [(Role, String)],
    refused: u16,
    /// From which row on, and how many.
    rows: Vec<(usize, usize)>,
    are_lists: Option<bool>,
}

impl<'a> Chunks<'a> {
    /// `None` where a file is read at once: it is short, or has something to decide.
    pub fn of(
        file: &'a Path,
        used: &'a [(Role, String)],
        refused: u16,
        rows: usize,
    ) -> Result<Option<Self>> {
        let failed = |error| no_parquet(file, &error);
        let (Some(mut head), Some(parquet)) = (parquet(file)?, parquet(file)?) else {
            return Ok(None);
        };
        let rows = rows_of_chunks(&mut head, rows).map_err(failed)?;
        if rows.len() < 2 || typed(file, used, Some((0, 0)))?.is_none() {
            return Ok(None);
        }
        // What these are follows from all their values.
        let names = used.iter().map(|(_, name)| name.clone()).collect();
        let parquet = parquet.with_columns(Some(names));
        let types = parquet.with_slice(Some((0, 0))).finish().map_err(failed)?;
        let mut open = Vec::new();
        for (role, name) in used {
            let is_float = types.column(name)?.dtype().is_float();
            if *role == Role::Product || (is_float && !role.is_number()) {
                open.push((*role, name.clone()));
            }
        }
        let mut seen = Seen::default();
        let looked_at = if open.is_empty() { 0 } else { rows.len() };
        let progress = Progress::new("stretches of what decides", looked_at);
        for own in &rows[..looked_at] {
            let Some(own) = typed(file, &open, Some(*own))? else {
                return Ok(None);
            };
            if let Ok(products) = own.table.column("product") {
                seen.count(products.str()?);
            }
            progress.tick()?;
        }
        Ok(Some(Chunks {
            file,
            used,
            refused,
            rows,
            are_lists: seen.are_lists(),
        }))
    }

    /// Reads one after the other.
    pub fn each(&self, mut take: impl FnMut(Contents) -> Result<()>) -> Result<()> {
        let progress = Progress::new("stretches of the file", self.rows.len());
        for rows in &self.rows {
            let own =
                typed(self.file, self.used, Some(*rows))?.ok_or_else(|| Error::NotATable {
                    file: self.file.to_owned(),
                    found: format!("other types from row {} on", rows.0 + 1),
                    expected: "one type in each column, and nobody who writes to it".into(),
                })?;
            take(own.with_products(self.are_lists, self.refused)?)?;
            progress.tick()?;
        }
        Ok(())
    }
}

/// From which row on how many are read at a time: whole groups of rows, but for large ones.
fn rows_of_chunks(
    parquet: &mut ParquetReader<std::fs::File>,
    rows: usize,
) -> PolarsResult<Vec<(usize, usize)>> {
    let rows = rows.max(1);
    let (mut chunks, mut begin, mut held) = (Vec::new(), 0, 0);
    for group in &parquet.get_metadata()?.row_groups {
        held += group.num_rows();
        while held >= 2 * rows {
            chunks.push((begin, rows));
            (begin, held) = (begin + rows, held - rows);
        }
        if held >= rows {
            chunks.push((begin, held));
            (begin, held) = (begin + held, 0);
        }
    }
    if held > 0 {
        chunks.push((begin, held));
    }
    Ok(chunks)
}

/// How many products are there, and how many of them look like lists.
#[derive(Default)]
struct Seen {
    all: usize,
    lists: usize,
}

impl Seen {
    fn count(&mut self, texts: &StringChunked) {
        let is_list = |text: &&str| text.starts_with(['[', '{']);
        self.all += texts.len() - texts.null_count();
        self.lists += texts.iter().flatten().filter(is_list).count();
    }

    /// `None` where there is nothing.
    fn are_lists(&self) -> Option<bool> {
        (self.all > 0).then_some(2 * self.lists > self.all)
    }
}

impl Contents {
    /// With lists of products read, where they are lists.
    fn with_products(mut self, are_lists: Option<bool>, refused: u16) -> Result<Self> {
        self.products = match are_lists {
            None => Products::Nothing,
            Some(false) => Products::Words,
            Some(true) => {
                let lists = products::lists(self.table.column("product")?.str()?, refused)?;
                self.table = self.table.drop("product")?;
                Products::Lists(lists)
            }
        };
        Ok(self)
    }
}

impl Products {
    /// Whether they are lists; `None` where there is nothing.
    pub fn are_lists(&self) -> Option<bool> {
        match self {
            Products::Nothing => None,
            Products::Words => Some(false),
            Products::Lists(_) => Some(true),
        }
    }
}

fn no_parquet(file: &Path, error: &PolarsError) -> Error {
    Error::NotATable {
        file: file.to_owned(),
        found: format!("no Parquet that can be read ({error})"),
        expected: "CSV, XLSX, ODS or Parquet".into(),
    }
}

fn parquet(file: &Path) -> Result<Option<ParquetReader<std::fs::File>>> {
    let failed = |source| Error::Read {
        file: file.to_owned(),
        source,
    };
    let mut begins = [0; 4];
    let mut opened = std::fs::File::open(file).map_err(failed)?;
    let is_parquet = opened.read_exact(&mut begins).is_ok() && begins == *b"PAR1";
    let opened = std::fs::File::open(file).map_err(failed)?;
    Ok(is_parquet.then(|| ParquetReader::new(opened)))
}

/// A Parquet file whose columns have the types that their roles need: there is nothing to decide. All of it, or
/// from one row on so many.
fn typed(
    file: &Path,
    used: &[(Role, String)],
    rows: Option<(usize, usize)>,
) -> Result<Option<Contents>> {
    let Some(mut parquet) = parquet(file)? else {
        return Ok(None);
    };
    let unread = columnar::unread(&mut parquet).map_err(|error| no_parquet(file, &error))?;
    let of_used = |own: &&(String, String)| used.iter().any(|(_, name)| *name == own.0);
    if let Some((name, of_type)) = unread.iter().find(of_used) {
        return Err(Error::NotATable {
            file: file.to_owned(),
            found: format!("the column {name} of type {of_type}"),
            expected: "a type that is read: numbers, words, days or moments".into(),
        });
    }
    let names = used.iter().map(|(_, name)| name.clone()).collect();
    let parquet = parquet.with_columns(Some(names)).with_slice(rows);
    let first = rows.map_or(0, |rows| rows.0);
    let table = parquet.finish().map_err(|error| no_parquet(file, &error))?;
    let typed = used.par_iter().map(|(role, name)| -> Result<_> {
        let column = columnar::without_decimals(table.column(name)?);
        let column = &column.map_err(|error| no_parquet(file, &error))?;
        let mut problems = Vec::new();
        let typed = match role {
            Role::Time => moments(column)?,
            role if role.is_number() => amounts(column, first, &mut problems)?,
            _ => words(column)?,
        };
        Ok((typed, problems))
    });
    let mut columns = Vec::new();
    let mut all_problems = Vec::new();
    for ((role, _), (typed, problems)) in used.iter().zip(typed.collect::<Result<Vec<_>>>()?) {
        let Some(column) = typed else { return Ok(None) };
        columns.push(column.with_name(role.name().into()));
        all_problems.extend(problems);
    }
    let time = used.iter().find(|(role, _)| *role == Role::Time);
    let time_in_file = time.map_or(String::new(), |(_, name)| name.clone());
    let height = table.height();
    Ok(Some(Contents {
        rows: (first as u64 + 1..=(first + height) as u64).collect(),
        table: DataFrame::new(height, columns)?,
        problems: all_problems,
        rows_read: height as u64,
        decisions: Decisions {
            file: file.to_owned(),
            format: "Parquet".into(),
            dates: Dates::default(),
            decimal: None,
            time_in_file,
            decided_by: None,
        },
        products: Products::Nothing,
    }))
}

fn moments(column: &Column) -> Result<Option<Column>> {
    Ok(match column.dtype() {
        DataType::Date | DataType::Datetime(_, None) => {
            Some(column.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?)
        }
        _ => None,
    })
}

/// Numbers; what is none counts as nothing, and what has no end does not fit. The first stands on a row.
fn amounts(column: &Column, first: usize, problems: &mut Vec<Problem>) -> Result<Option<Column>> {
    if !column.dtype().is_primitive_numeric() {
        return Ok(None);
    }
    let numbers = column.cast(&DataType::Float64)?;
    let numbers = numbers.f64()?;
    if numbers.iter().flatten().all(f64::is_finite) {
        return Ok(Some(numbers.clone().into_column()));
    }
    for (row, number) in numbers.iter().enumerate() {
        if let Some(number) = number.filter(|number| number.is_infinite()) {
            problems.push(Problem {
                row: first + row + 1,
                column: Some(column.name().to_string()),
                value: number.to_string(),
                expected: "a finite number".into(),
            });
        }
    }
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
    let finite: Float64Chunked = numbers.iter().map(finite).collect();
    Ok(Some(finite.into_column()))
}

/// Words, and numbers that are names.
fn words(column: &Column) -> Result<Option<Column>> {
    let column = match column.dtype() {
        DataType::String => column.clone(),
        dtype if dtype.is_integer() => column.cast(&DataType::String)?,
        dtype if dtype.is_float() => {
            // pandas makes 17850.0 of 17850 where another row has none.
            let Some(whole) = column::whole(column)? else {
                return Ok(None);
            };
            whole.into_column().cast(&DataType::String)?
        }
        _ => return Ok(None),
    };
    let texts = column.str()?;
    // Nearly all texts begin and end with a letter or a digit, and are longer than any word for nothing.
    let plain = |text: &str| {
        let bytes = text.as_bytes();
        let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
        is_plain(bytes.first()) && is_plain(bytes.last()) && (bytes.len() > 4 || !is_null(text))
    };
    if texts.iter().flatten().all(plain) {
        return Ok(Some(column));
    }
    let texts: StringChunked = texts
        .iter()
        .map(|text| text.map(str::trim).filter(|text| !is_null(text)))
        .collect();
    Ok(Some(texts.into_column()))
}

/// A file of texts, read as any table is.
fn texts(file: &Path, reader: &Reader, used: &[(Role, String)]) -> Result<Contents> {
    let mut reader = reader.clone().reject_bad_rows();
    for name in names(file, &reader)? {
        if !used.iter().any(|(_, own)| *own == name) {
            reader = reader.without(&name);
        }
    }
    let mut time_in_file = String::new();
    for (role, name) in used {
        let kind = match role {
            Role::Time => {
                time_in_file = name.clone();
                Kind::Time
            }
            role if role.is_number() => Kind::Decimal,
            _ => Kind::Text,
        };
        reader = reader.kind(name, kind).rename(name, role.name());
    }
    let read = reader.read(file)?;
    if !read.questions.is_empty() {
        return Err(Error::Undecided {
            file: file.to_owned(),
            questions: read.questions,
        });
    }
    let (row, column) = (
        read.rejects.column("row")?.u64()?,
        read.rejects.column("column")?.str()?,
    );
    let (value, expected) = (
        read.rejects.column("value")?.str()?,
        read.rejects.column("expected")?.str()?,
    );
    // A value of a column that has no role decides nothing about its row.
    let left_out = read.rejects.column("left_out")?.str()?;
    let rows = (0..read.rejects.height()).filter(|at| left_out.get(*at) == Some("row"));
    let problems = rows.map(|at| Problem {
        row: row.get(at).unwrap_or(0) as usize,
        column: column.get(at).map(str::to_owned),
        value: value.get(at).unwrap_or_default().to_owned(),
        expected: expected.get(at).unwrap_or_default().to_owned(),
    });
    let problems = problems.collect();
    let dates = read.dates_of(&time_in_file);
    let decimal = read.decimal();
    let format = read
        .glance
        .column("format")?
        .str()?
        .get(0)
        .unwrap_or_default()
        .to_owned();
    let rows_read = read.glance.column("rows_read")?.u64()?.get(0).unwrap_or(0);
    Ok(Contents {
        // In one order, whatever that of the file is.
        table: read
            .table
            .select(used.iter().map(|(role, _)| role.name()))?,
        rows: read.lines,
        problems,
        rows_read,
        decisions: Decisions {
            file: file.to_owned(),
            format,
            dates,
            decimal,
            time_in_file,
            decided_by: None,
        },
        products: Products::Nothing,
    })
}
