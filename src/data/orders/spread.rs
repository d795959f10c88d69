//! The rows of a file, put aside by customer.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use polars_io::parquet::write::BatchedWriter;
use polars_io::prelude::{ParquetCompression, ParquetWriter};
use rayon::prelude::*;

use super::file::{Contents, Decisions, Products};
use super::products::Lists;
use crate::table::{export, fingerprint};
use crate::{Error, Problem, Result};

/// A file on its way into as many stacks as there are parts.
pub(super) struct Spread {
    told: Stacks,
    rows: Vec<Option<Stack>>,
    lines: Vec<Option<Stack>>,
    /// Rows of each stack.
    held: Vec<u32>,
}

/// A file whose rows lie in stacks.
pub(super) struct Stacks {
    pub problems: Vec<Problem>,
    pub rows_read: u64,
    decisions: Decisions,
    /// What a stack without rows has.
    none: DataFrame,
    no_lines: Option<DataFrame>,
    are_lists: Option<bool>,
    has_price: bool,
    folder: PathBuf,
    place: usize,
    /// Rows of each part.
    held: Vec<u32>,
}

const ROW: &str = "row in file";
const MET: &str = "rules met";

impl Spread {
    /// For the file of this number, of which these are the first rows.
    pub fn new(folder: &Path, place: usize, parts: usize, first: &Contents) -> Result<Self> {
        let empty = |len: usize| (0..len).map(|_| None).collect();
        let no_lines = match &first.products {
            Products::Lists(lists) => Some(priced(lists.lines.clear())?),
            _ => None,
        };
        Ok(Spread {
            told: Stacks {
                problems: Vec::new(),
                rows_read: 0,
                decisions: first.decisions.clone(),
                none: first.table.clear(),
                no_lines,
                are_lists: first.products.are_lists(),
                has_price: false,
                folder: folder.to_owned(),
                place,
                held: Vec::new(),
            },
            rows: empty(parts),
            lines: empty(parts),
            held: vec![0; parts],
        })
    }

    /// Puts some rows on the stacks of their customers.
    pub fn add(&mut self, own: Contents) -> Result<()> {
        let parts = self.held.len();
        self.told.problems.extend(own.problems);
        self.told.rows_read += own.rows_read;
        let part = part_of(&own.table, parts)?;
        let (order, bounds) = sorted_by(&part, parts);
        let mut table = own.table;
        table.with_column(UInt64Chunked::from_vec(ROW.into(), own.rows).into_column())?;
        let lists = match own.products {
            Products::Lists(lists) => Some(lists),
            _ => None,
        };
        if let Some(lists) = &lists {
            let met: UInt32Chunked = lists.met.iter().map(|met| Some(u32::from(*met))).collect();
            table.with_column(met.with_name(MET.into()).into_column())?;
        }
        let place = self.told.place;
        let file = |part: usize| stack(&self.told.folder, "rows", part, place);
        put(&mut self.rows, &table, &order, &bounds, &file)?;
        drop(table);
        if let Some(lists) = lists {
            self.told.has_price |= lists.lines.column("price").is_ok();
            let mut place_in = vec![0u32; part.len()];
            for (part, held) in self.held.iter().enumerate() {
                for (at, row) in order[bounds[part]..bounds[part + 1]].iter().enumerate() {
                    place_in[*row as usize] = held + at as u32;
                }
            }
            let rows = lists.lines.column("row")?.u32()?;
            let of = |row: u32| part.get(row as usize).copied().unwrap_or(0);
            let part_of_line: Vec<u32> = rows.iter().flatten().map(of).collect();
            let place_in: UInt32Chunked = rows
                .iter()
                .map(|row| place_in.get(row? as usize).copied())
                .collect();
            let mut lines = priced(lists.lines)?;
            lines.with_column(place_in.with_name("row".into()).into_column())?;
            let (order, bounds) = sorted_by(&part_of_line, parts);
            let file = |part: usize| stack(&self.told.folder, "lines", part, place);
            put(&mut self.lines, &lines, &order, &bounds, &file)?;
        }
        for (held, bounds) in self.held.iter_mut().zip(bounds.windows(2)) {
            *held += (bounds[1] - bounds[0]) as u32;
        }
        Ok(())
    }

    /// The number of the file.
    pub fn place(&self) -> usize {
        self.told.place
    }

    /// No more rows come.
    pub fn finish(mut self) -> Result<Stacks> {
        for stack in self.rows.into_iter().chain(self.lines).flatten() {
            stack.finish()?;
        }
        self.told.held = self.held;
        Ok(self.told)
    }
}

impl Stacks {
    pub fn are_lists(&self) -> Option<bool> {
        self.are_lists
    }

    /// The rows of a part, as if the file had no others.
    pub fn part(&self, part: usize) -> Result<Contents> {
        let file = |name: &str| stack(&self.folder, name, part, self.place);
        let (mut table, mut rows, mut met) = (self.none.clone(), Vec::new(), Vec::new());
        if self.held[part] > 0 {
            let own = export::read_parquet(file("rows"))?;
            rows = own.column(ROW)?.u64()?.iter().flatten().collect();
            if let Ok(own) = own.column(MET) {
                met = own.u32()?.iter().flatten().map(|met| met as u16).collect();
            }
            table = own.select(self.none.get_column_names_owned())?;
        }
        let products = match (self.are_lists, &self.no_lines) {
            (Some(true), Some(no_lines)) => {
                let lines = match file("lines") {
                    // Lists may all be empty.
                    file if !file.exists() => no_lines.clone(),
                    file => export::read_parquet(file)?,
                };
                let lines = match self.has_price {
                    true => lines,
                    false => lines.drop("price")?,
                };
                Products::Lists(Lists {
                    lines,
                    met,
                    problems: Vec::new(),
                })
            }
            (Some(false), _) => Products::Words,
            _ => Products::Nothing,
        };
        Ok(Contents {
            table,
            rows,
            problems: Vec::new(),
            rows_read: 0,
            decisions: self.decisions.clone(),
            products,
        })
    }

    /// Makes room on the disk: the part has been read.
    pub fn forget(&self, part: usize) {
        for name in ["rows", "lines"] {
            // One that stays goes with the folder.
            let _ = fs::remove_file(stack(&self.folder, name, part, self.place));
        }
    }
}

fn stack(folder: &Path, name: &str, part: usize, place: usize) -> PathBuf {
    folder.join(format!("{name}-of-{place}-{part}.parquet"))
}

/// Lines of lists, all with a price.
fn priced(mut lines: DataFrame) -> Result<DataFrame> {
    if lines.column("price").is_err() {
        let nothing = Column::full_null("price".into(), lines.height(), &DataType::Float64);
        lines.with_column(nothing)?;
    }
    Ok(lines.select(["row", "product", "quantity", "price"])?)
}

/// The part of each row: all rows of a customer have the same, and of nobody's those of one bill or one time.
fn part_of(table: &DataFrame, parts: usize) -> Result<Vec<u32>> {
    let of = |prints: Vec<u128>| -> Vec<u32> {
        // The other half of a fingerprint tells customers of a part apart.
        let part = |print: u128| ((print >> 64) % parts as u128) as u32;
        prints.into_iter().map(part).collect()
    };
    let mut part = of(fingerprint::of_rows(table, &["customer"])?);
    let customers = table.column("customer")?;
    if customers.null_count() > 0 {
        let by_time = of(fingerprint::of_rows(table, &["time"])?);
        let (by_bill, named) = match table.column("bill") {
            Ok(bill) => (
                of(fingerprint::of_rows(table, &["bill"])?),
                bill.is_not_null(),
            ),
            Err(_) => (
                Vec::new(),
                BooleanChunked::full("bill".into(), false, part.len()),
            ),
        };
        let nobody = customers.is_null();
        for (row, (nobody, named)) in nobody.iter().zip(named.iter()).enumerate() {
            match (nobody, named) {
                (Some(true), Some(true)) => part[row] = by_bill[row],
                (Some(true), _) => part[row] = by_time[row],
                _ => {}
            }
        }
    }
    Ok(part)
}

/// The rows part by part, each in their order, and where each part begins.
fn sorted_by(part: &[u32], parts: usize) -> (Vec<IdxSize>, Vec<usize>) {
    let mut bounds = vec![0; parts + 1];
    part.iter().for_each(|own| bounds[*own as usize + 1] += 1);
    for own in 0..parts {
        bounds[own + 1] += bounds[own];
    }
    let mut next = bounds.clone();
    let mut order = vec![0; part.len()];
    for (row, own) in part.iter().enumerate() {
        let next = &mut next[*own as usize];
        order[*next] = row as IdxSize;
        *next += 1;
    }
    (order, bounds)
}

/// Writes the rows of each part to the end of its stack.
fn put(
    stacks: &mut [Option<Stack>],
    table: &DataFrame,
    order: &[IdxSize],
    bounds: &[usize],
    file: &(dyn Fn(usize) -> PathBuf + Sync),
) -> Result<()> {
    let each = stacks.par_iter_mut().enumerate();
    each.try_for_each(|(part, slot)| {
        let own = &order[bounds[part]..bounds[part + 1]];
        if own.is_empty() {
            return Ok(());
        }
        let rows = table.take(&IdxCa::from_vec("row".into(), own.to_vec()))?;
        let stack = match slot {
            Some(stack) => stack,
            none => none.insert(Stack::new(file(part), &rows)?),
        };
        stack.add(&rows)
    })
}

/// A Parquet file that grows.
struct Stack {
    file: PathBuf,
    writer: BatchedWriter<BufWriter<fs::File>>,
}

impl Stack {
    fn new(file: PathBuf, like: &DataFrame) -> Result<Self> {
        let opened = fs::File::create(&file).map_err(|source| Error::Write {
            file: file.clone(),
            source,
        })?;
        let writer = ParquetWriter::new(BufWriter::new(opened))
            .with_compression(ParquetCompression::Uncompressed)
            .batched(like.schema())?;
        Ok(Stack { file, writer })
    }

    fn add(&mut self, rows: &DataFrame) -> Result<()> {
        let written = self.writer.write_batch(rows);
        written.map_err(|error| export::not_written(&self.file, error))
    }

    fn finish(self) -> Result<()> {
        let written = self.writer.finish();
        written.map_err(|error| export::not_written(&self.file, error))?;
        Ok(())
    }
}
