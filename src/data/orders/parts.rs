use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use tempfile::TempDir;

use super::bills::{self, Draft, OfFile, Rows, Said};
use super::file;
use super::groups::Amounts;
use super::loader::{LISTED, Loader};
use super::prices::{LinePrices, Prices};
use super::role::Role;
use super::spread::{Spread, Stacks};
use super::{AmountOf, Orders};
use crate::progress::Progress;
use crate::table::{export, fingerprint};
use crate::{Error, Problem, Result};

/// How the folder of parts is called; a program that was killed leaves it.
const PREFIX: &str = ".parts-of-segmenta-";
/// Each part of each file is open while the file is read, and a program may open about a thousand files.
const AT_MOST: usize = 400;

/// Bills that do not fit into memory: all bills of some customers at a time. Made by
/// [`Loader::in_parts`]; each part is the [`Orders`] that [`Loader::load`] would make, without the other customers, its bills
/// numbered from 0. All bills of one customer are in one part, however many they are.
///
/// [`SingleView::in_parts`](crate::data::single_view::SingleView::in_parts),
/// [`quality::bills_in_parts`](crate::data::quality::bills_in_parts) and
/// [`quality::gaps_in_parts`](crate::data::quality::gaps_in_parts) go through them.
#[derive(Debug)]
pub struct Parts {
    /// As in [`Orders::rejects`], of all parts.
    pub rejects: DataFrame,
    /// As in [`Orders::columns`].
    pub columns: DataFrame,
    /// As in [`Orders::rules`], of all parts.
    pub rules: DataFrame,
    /// As in [`Orders::glance`], of all parts.
    pub glance: DataFrame,
    parts: usize,
    has_lines: bool,
    has_prices: bool,
    has_names: bool,
    /// Gone with this value.
    folder: TempDir,
}

impl Loader {
    /// Which bills are in these files, where they may be more than fit into memory? They are read a few rows at a
    /// time where they are Parquet with columns of the right types, else a file at a time, and put aside on the disk in
    /// so many parts, each with all bills of some customers. The parts lie in a folder inside the given one, and take
    /// about as much as the files do without being packed; they go away with the value.
    ///
    /// # Errors
    /// As [`Loader::load`]; [`Error::Write`] where the disk does not take it; [`Error::Parameter`] for 0 parts or more
    /// than 400.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// # let dir = std::env::temp_dir().join(format!("segmenta-orders-parts-{}", std::process::id()));
    /// # std::fs::create_dir_all(&dir).unwrap();
    /// # let file = dir.join("2021.csv");
    /// std::fs::write(&file, "customer,date,total\nAnn,2021-03-04,30.5\nBob,2021-03-05,12\nAnn,2021-04-01,8\n").unwrap();
    /// let parts = orders::Loader::new().in_parts([&file], 2, &dir)?;
    /// let view = SingleView::new().in_parts(&parts)?;
    /// assert_eq!(view, SingleView::new().of(&orders::load([&file])?.bills)?);
    /// # drop(parts);
    /// # std::fs::remove_dir_all(&dir).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn in_parts<F: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = F>,
        parts: usize,
        inside: impl AsRef<Path>,
    ) -> Result<Parts> {
        if !(1..=AT_MOST).contains(&parts) {
            return Err(Error::Parameter {
                name: "parts",
                value: parts.to_string(),
                expected: format!("1 to {AT_MOST}"),
            });
        }
        let found = self.find(files)?;
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(inside.as_ref());
        let folder = folder.map_err(|source| Error::Write {
            file: inside.as_ref().to_owned(),
            source,
        })?;
        let mut all_rows = 0;
        for file in &found.files {
            all_rows += file::rows(file)? as usize;
        }
        // Half a part at a time, as it is held twice while it is spread.
        let at_a_time = (all_rows / parts / 2).max(1);
        let mut files: Vec<Option<Stacks>> = found.files.iter().map(|_| None).collect();
        // One file at a time is on its way, as each has many stacks.
        let mut spread: Option<Spread> = None;
        self.read(&found, Some(at_a_time), |place, mut own| {
            bills::clean(&mut own, &found.used)?;
            if let Some(before) = spread.take_if(|spread| spread.place() != place) {
                let place = before.place();
                files[place] = Some(before.finish()?);
            }
            let spread = match &mut spread {
                Some(spread) => spread,
                none => none.insert(Spread::new(folder.path(), place, parts, &own)?),
            };
            spread.add(own)
        })?;
        if let Some(last) = spread {
            let place = last.place();
            files[place] = Some(last.finish()?);
        }
        let files = files.into_iter().zip(&found.files);
        let files = files.map(|(own, file)| own.ok_or_else(|| bills::none_fits(file, None)));
        let files: Vec<Stacks> = files.collect::<Result<_>>()?;
        let said = found.said(self.refused(), files.iter().map(Stacks::are_lists))?;
        let amount_of = match self.amount_of_rows(&said)? {
            Some(amount_of) => amount_of,
            None => {
                let mut amounts = Amounts::default();
                let progress = Progress::new("parts of what amounts are of", parts);
                for part in 0..parts {
                    rows_of(&files, part, &said)?.amounts(&mut amounts)?;
                    progress.tick()?;
                }
                amounts.decide(&found.files[0], said.in_file(Role::Amount))?
            }
        };
        settle(files, parts, &said, amount_of, folder)?.finish(
            self.rejects_rows(),
            &found.files[0],
            found.columns,
        )
    }
}

/// In how many parts should these files be gone through? 1 where they fit into memory at once, which takes about a
/// gigabyte for 4 million rows, with what is made of them; from 12 million rows on one part for every 4 million. Rows of
/// texts are estimated from the size of the file.
///
/// # Errors
/// [`Error::Read`] where there is no such file, [`Error::NotATable`] where a Parquet file is none.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let file = std::env::temp_dir().join(format!("segmenta-parts-{}.csv", std::process::id()));
/// # std::fs::write(&file, "customer,date,total\nAnn,2021-03-04,30.5\n").unwrap();
/// assert_eq!(orders::parts_needed([&file])?, 1);
/// # std::fs::remove_file(&file).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn parts_needed<F: AsRef<Path>>(files: impl IntoIterator<Item = F>) -> Result<usize> {
    const AT_ONCE: u64 = 12_000_000;
    const A_PART: u64 = 4_000_000;
    let mut rows = 0;
    for file in files {
        rows += file::rows(file.as_ref())?;
    }
    Ok(match rows <= AT_ONCE {
        true => 1,
        false => rows.div_ceil(A_PART).min(AT_MOST as u64) as usize,
    })
}

/// The rows of one part of all files.
fn rows_of(files: &[Stacks], part: usize, said: &Said) -> Result<Rows> {
    let contents = files.iter().map(|own| own.part(part));
    Rows::of(contents.collect::<Result<_>>()?, said)
}

/// All that is told of the parts while they are made.
struct Settled {
    problems: Vec<(usize, Problem)>,
    rules: Vec<(&'static str, u64, &'static str)>,
    files: Vec<OfFile>,
    lines: u64,
    has_prices: bool,
    has_names: bool,
    parts: usize,
    folder: TempDir,
}

/// Makes bills and lines of the rows of each part.
fn settle(
    files: Vec<Stacks>,
    parts: usize,
    said: &Said,
    amount_of: AmountOf,
    folder: TempDir,
) -> Result<Settled> {
    let mut settled = Settled {
        problems: Vec::new(),
        rules: Vec::new(),
        files: Vec::new(),
        lines: 0,
        has_prices: false,
        has_names: false,
        parts,
        folder,
    };
    for (place, own) in files.iter().enumerate() {
        let problems = own.problems.iter().cloned();
        settled.problems.extend(problems.map(|own| (place, own)));
    }
    let progress = Progress::new("parts of the customers", parts);
    for part in 0..parts {
        let draft = rows_of(&files, part, said)?.draft(amount_of, true)?;
        files.iter().for_each(|own| own.forget(part));
        settled.add(part, draft)?;
        progress.tick()?;
    }
    for (told, own) in settled.files.iter_mut().zip(&files) {
        told.rows_read = own.rows_read;
    }
    // Those of the file itself come before those that were found later, on each row.
    settled
        .problems
        .sort_by_key(|(place, own)| (*place, own.row));
    Ok(settled)
}

impl Settled {
    fn add(&mut self, part: usize, draft: Draft) -> Result<()> {
        self.problems.extend(draft.problems);
        match self.rules.is_empty() {
            true => self.rules = draft.rules,
            false => {
                for (all, own) in self.rules.iter_mut().zip(draft.rules) {
                    all.1 += own.1;
                }
            }
        }
        match self.files.is_empty() {
            true => self.files = draft.files,
            false => {
                for (all, own) in self.files.iter_mut().zip(draft.files) {
                    all.rows_kept += own.rows_kept;
                    all.days = match (all.days, own.days) {
                        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                        (one, other) => one.or(other),
                    };
                }
            }
        }
        self.lines += draft.lines.height() as u64;
        self.has_prices |= draft.lines.column("price").is_ok();
        let mut bills = draft.bills;
        if let Ok(names) = bills.column("bill_in_file") {
            self.has_names = true;
            let known = DataFrame::new(names.len() - names.null_count(), vec![names.drop_nulls()])?;
            self.keep_names(&fingerprint::of_rows(&known, &["bill_in_file"])?)?;
        }
        bills.with_column(Column::new(PLACE.into(), draft.places))?;
        let file = |name: &str| file_of(self.folder.path(), name, part);
        export::unpacked(&bills, &file("bills"))?;
        export::unpacked(&draft.lines, &file("lines"))
    }

    /// Names of bills that may be alike come into one file, in whichever part their customers are.
    fn keep_names(&self, prints: &[u128]) -> Result<()> {
        let mut of: Vec<Vec<u8>> = vec![Vec::new(); self.parts];
        for print in prints {
            of[(print % self.parts as u128) as usize].extend(print.to_le_bytes());
        }
        for (place, bytes) in of.into_iter().enumerate() {
            let file = names_of(self.folder.path(), place);
            export::append(&bytes, &file)?;
        }
        Ok(())
    }

    fn finish(self, reject: bool, first: &Path, columns: DataFrame) -> Result<Parts> {
        if self.files.iter().all(|own| own.rows_kept == 0) {
            let problem = self.problems.first().map(|(_, problem)| problem);
            return Err(bills::none_fits(first, problem));
        }
        Ok(Parts {
            rejects: bills::rejects(&self.problems, &self.files, reject, LISTED)?,
            columns,
            rules: bills::rules(&self.rules)?,
            glance: bills::glance(&self.files)?,
            parts: self.parts,
            has_lines: self.lines > 0,
            has_prices: self.has_prices,
            has_names: self.has_names,
            folder: self.folder,
        })
    }
}

/// Of each bill where in the files it stands.
const PLACE: &str = "place";

fn file_of(folder: &Path, name: &str, part: usize) -> PathBuf {
    folder.join(format!("{name}-{part}.parquet"))
}

fn names_of(folder: &Path, place: usize) -> PathBuf {
    folder.join(format!("names-{place}"))
}

impl Parts {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.parts
    }

    /// Whether there are lines, or totals only.
    pub fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// The bills of a part, and their lines; all else is that of all parts. A part may be empty.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such part; [`Error::Read`] where its file is gone.
    pub fn orders(&self, part: usize) -> Result<Orders> {
        Ok(self.part(part)?.0)
    }

    /// The bills of a part, and of each its place among all.
    pub(crate) fn part(&self, part: usize) -> Result<(Orders, Vec<u64>)> {
        if part >= self.parts {
            return Err(Error::Parameter {
                name: "part",
                value: part.to_string(),
                expected: format!("0 to {}", self.parts - 1),
            });
        }
        let read = |name: &str| export::read_parquet(file_of(self.folder.path(), name, part));
        let bills = read("bills")?;
        let places = bills.column(PLACE)?.u64()?.iter().flatten().collect();
        let orders = Orders {
            bills: bills.drop(PLACE)?,
            lines: read("lines")?,
            rejects: self.rejects.clone(),
            columns: self.columns.clone(),
            rules: self.rules.clone(),
            glance: self.glance.clone(),
        };
        Ok((orders, places))
    }

    /// When the bills of a part are.
    pub(crate) fn times(&self, part: usize) -> Result<DataFrame> {
        export::read_columns(&file_of(self.folder.path(), "bills", part), &["time"])
    }

    /// What does one of each product cost? As [`prices`](super::prices()), of all parts.
    ///
    /// # Errors
    /// As there.
    pub fn prices(&self) -> Result<DataFrame> {
        let mut prices = Prices::default();
        let progress = Progress::new("parts of the prices", self.parts);
        for part in 0..self.parts {
            let own = self.orders(part)?;
            prices.add(&own.bills, &own.lines)?;
            progress.tick()?;
        }
        prices.table()
    }

    /// The price of each product that the view goes by: the median of the lines', or as [`Parts::prices`] where lines
    /// have none.
    pub(crate) fn usual_prices(&self) -> Result<DataFrame> {
        if !self.has_prices {
            return self.prices();
        }
        let mut prices = LinePrices::default();
        let progress = Progress::new("parts of the prices", self.parts);
        for part in 0..self.parts {
            let file = file_of(self.folder.path(), "lines", part);
            prices.add(&export::read_columns(&file, &["product", "price"])?)?;
            progress.tick()?;
        }
        prices.median()
    }

    /// How many bills have a number that another bill has, beyond the first; `None` where bills have no numbers.
    pub(crate) fn numbers_again(&self) -> Result<Option<u64>> {
        if !self.has_names {
            return Ok(None);
        }
        let mut again = 0;
        for place in 0..self.parts {
            let file = names_of(self.folder.path(), place);
            let bytes = fs::read(&file).map_err(|source| Error::Read { file, source })?;
            let (prints, _) = bytes.as_chunks::<16>();
            let mut prints: Vec<u128> =
                prints.iter().map(|own| u128::from_le_bytes(*own)).collect();
            prints.sort_unstable();
            let own = prints.windows(2).filter(|two| two[0] == two[1]).count();
            again += own as u64;
        }
        Ok(Some(again))
    }
}
