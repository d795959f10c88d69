//! What is in this customer file?
//!
//! The "marketing campaign" table is published in many shapes: other
//! separators, quotes, names, languages, units and date spellings.
//! [`load`] reads any of them and gives one table with one schema; the table
//! `columns` of its answer shows what became of each column of the file.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `ID` | `i64` | names the customer |
//! | `Year_Birth` | `i64` | year of birth |
//! | `Education` | text | Basic, 2n Cycle, Graduation, Master, PhD (ascending) |
//! | `Marital_Status` | text | Married, Together, Single, Divorced, Widow, Alone |
//! | `Income` | `f64` | yearly income of the household, rupiah |
//! | `Kidhome`, `Teenhome` | `i64` | small children and teenagers at home |
//! | `Dt_Customer` | date | the day the customer joined |
//! | `Recency` | `i64` | days since the last purchase |
//! | `MntCoke` .. `MntGoldProds` | `f64` | spent on each of six kinds of goods in two years, rupiah |
//! | `NumDealsPurchases` | `i64` | purchases with a discount |
//! | `NumWebPurchases`, `NumCatalogPurchases`, `NumStorePurchases` | `i64` | purchases by channel |
//! | `NumWebVisitsMonth` | `i64` | visits to the web site in the last month |
//! | `AcceptedCmp1` .. `AcceptedCmp5` | `i64` | 1 where the customer accepted that campaign |
//! | `Complain` | `i64` | 1 where the customer complained in the last two years |
//! | `Response` | `i64` | 1 where the customer accepted the last campaign |
//!
//! An empty cell (also `NA`, `NaN`, `null`) is a null in any column but `ID`.

mod dates;
mod read;
pub(crate) mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use crate::{Error, Problem, Result};
pub use dates::DateFormat;
use read::{Cells, RawTable};
pub(crate) use schema::category_order;
use schema::{FIELDS, Field, Kind};

/// How many problems an error lists.
const LISTED: usize = 10;

/// What is in this customer file? Strict: every value must fit.
///
/// Short for [`Loader::new`]`().load(file)`.
///
/// # Errors
/// See [`Loader::load`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?;
/// assert_eq!(loaded.customers.shape(), (2240, 27));
/// assert_eq!(loaded.rejects.height(), 0);
/// # Ok::<(), Error>(())
/// ```
pub fn load(file: impl AsRef<Path>) -> Result<Loaded> {
    Loader::new().load(file)
}

/// How are amounts of money written?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// In full: an income of 58138000.
    Full,
    /// In thousands: the same income is 58138.
    Thousands,
}

/// How should a file be read? A builder; [`Loader::load`] does the work.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-loader-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("customers.csv");
/// let simulated = simulate::Campaign::new().rows(50).generate()?;
/// simulate::Shape::kaggle().write(&simulated.customers, &file)?;
/// let loaded = campaign::Loader::new().date_format(DateFormat::DayFirst).load(&file)?;
/// assert_eq!(loaded.customers, simulated.customers);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Loader {
    renames: Vec<(String, String)>,
    without: Vec<String>,
    date_format: Option<DateFormat>,
    money: Option<Money>,
    reject: bool,
}

/// What a file held.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The customers, one a row, in the order of the file.
    pub customers: DataFrame,
    /// One row a problem: `row` (the header is row 1), `column`, `value`,
    /// `expected`. Empty unless [`Loader::reject_bad_rows`] was asked for.
    pub rejects: DataFrame,
    /// One row a column of the file: `in_file`, `in_table` (null where it was
    /// left out), `why`.
    pub columns: DataFrame,
    /// One row a word that was translated: `column`, `in_file`, `in_table`, `rows`.
    pub recoded: DataFrame,
    /// One row about the whole file: `file`, `separator`, `dates`, `money`,
    /// `rows_read`, `rows_kept`, `rows_rejected`.
    pub glance: DataFrame,
}

impl Loader {
    /// A strict loader that finds out by itself what it can.
    pub fn new() -> Self {
        Self::default()
    }

    /// A column of your own that stands for a column of the schema.
    pub fn rename(mut self, yours: impl Into<String>, ours: impl Into<String>) -> Self {
        self.renames.push((yours.into(), ours.into()));
        self
    }

    /// A column of the schema that the file does not have; it becomes all null.
    pub fn without(mut self, column: impl Into<String>) -> Self {
        self.without.push(column.into());
        self
    }

    /// How the dates are written, where the file alone cannot tell.
    pub fn date_format(mut self, format: DateFormat) -> Self {
        self.date_format = Some(format);
        self
    }

    /// How money is written, where the file alone cannot tell.
    pub fn money(mut self, money: Money) -> Self {
        self.money = Some(money);
        self
    }

    /// Put rows with values that do not fit into [`Loaded::rejects`] instead of failing.
    pub fn reject_bad_rows(mut self) -> Self {
        self.reject = true;
        self
    }

    /// What is in this customer file?
    ///
    /// The date format is decided from all values of the column; money counts
    /// as thousands where the median income is below a million and some amount
    /// is no multiple of 1000.
    ///
    /// # Errors
    /// - [`Error::Read`]: the file cannot be read.
    /// - [`Error::NotATable`]: it is empty, not UTF-8, or its money may be in
    ///   full or in thousands.
    /// - [`Error::MissingColumns`]: a column of the schema is missing.
    /// - [`Error::DateFormat`]: the dates are ambiguous or mixed.
    /// - [`Error::BadValues`]: values do not fit (unless rows are rejected).
    /// - [`Error::Parameter`]: a name given to [`rename`](Loader::rename) or
    ///   [`without`](Loader::without) is not in the schema.
    pub fn load(&self, file: impl AsRef<Path>) -> Result<Loaded> {
        let file = file.as_ref();
        for name in self
            .renames
            .iter()
            .map(|(_, ours)| ours)
            .chain(&self.without)
        {
            if schema::find(name).is_none() {
                return Err(Error::Parameter {
                    name: "column",
                    value: format!("{name:?}"),
                    expected: format!("one of {}", names().join(", ")),
                });
            }
        }
        let raw = read::table(file, &self.renames, &self.without)?;
        let format = self.decide_dates(file, &raw)?;
        let mut checked = Checked::new(file, &raw);
        for (field, cells) in FIELDS.iter().zip(&raw.cells) {
            checked.column(field, cells.as_ref(), format)?;
        }
        let money = self.decide_money(file, &checked)?;
        checked.finish(money, format, self.reject)
    }

    fn decide_dates(&self, file: &Path, raw: &RawTable) -> Result<Option<DateFormat>> {
        if self.date_format.is_some() {
            return Ok(self.date_format);
        }
        for (field, cells) in FIELDS.iter().zip(&raw.cells) {
            if let (Kind::Date, Some(cells)) = (field.kind, cells) {
                return dates::decide(cells.texts()).map_err(|reason| Error::DateFormat {
                    file: file.to_owned(),
                    column: cells.header.clone(),
                    reason,
                });
            }
        }
        Ok(None)
    }

    fn decide_money(&self, file: &Path, checked: &Checked<'_>) -> Result<Money> {
        if let Some(money) = self.money {
            return Ok(money);
        }
        let income = checked
            .money
            .get("Income")
            .and_then(|values| median(values));
        let below_a_million = income.is_none_or(|median| median < 1e6);
        let all_thousands = checked
            .money
            .values()
            .flatten()
            .flatten()
            .all(|value| value % 1000.0 == 0.0);
        match (below_a_million, all_thousands) {
            (false, _) => Ok(Money::Full),
            (true, false) => Ok(Money::Thousands),
            (true, true) => Err(Error::NotATable {
                file: file.to_owned(),
                found: "the amounts of money may be in full or in thousands".into(),
                expected: ".money(Money::Full) or .money(Money::Thousands) to say which".into(),
            }),
        }
    }
}

fn names() -> Vec<&'static str> {
    FIELDS.iter().map(|field| field.name).collect()
}

fn median(values: &[Option<f64>]) -> Option<f64> {
    let mut known: Vec<f64> = values.iter().flatten().copied().collect();
    let middle = known.len() / 2;
    (!known.is_empty()).then(|| *known.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The typed columns so far, and what did not fit.
struct Checked<'a> {
    file: PathBuf,
    raw: &'a RawTable,
    columns: Vec<Column>,
    money: BTreeMap<&'static str, Vec<Option<f64>>>,
    recoded: BTreeMap<(&'static str, String, &'static str), u64>,
    problems: Vec<Problem>,
}

impl<'a> Checked<'a> {
    fn new(file: &Path, raw: &'a RawTable) -> Self {
        Self {
            file: file.to_owned(),
            raw,
            columns: Vec::with_capacity(FIELDS.len()),
            money: BTreeMap::new(),
            recoded: BTreeMap::new(),
            problems: raw.problems.clone(),
        }
    }

    /// Turns the texts of one column into values.
    fn column(
        &mut self,
        field: &'static Field,
        cells: Option<&Cells>,
        format: Option<DateFormat>,
    ) -> Result<()> {
        let name = PlSmallStr::from_static(field.name);
        let column = match field.kind {
            Kind::Category(words) => {
                let known: BTreeMap<String, &'static str> = words
                    .iter()
                    .flat_map(|(word, aliases)| {
                        std::iter::once(word)
                            .chain(*aliases)
                            .map(|a| (schema::plain(a), *word))
                    })
                    .collect();
                let values = self.values(field, cells, format, |text| {
                    known.get(&schema::plain(text)).copied()
                });
                for (row, value) in values.iter().enumerate() {
                    if let (Some(word), Some(cells)) = (value, cells) {
                        let text = cells.text(row);
                        if text != *word {
                            *self
                                .recoded
                                .entry((field.name, text.to_owned(), word))
                                .or_default() += 1;
                        }
                    }
                }
                Column::new(name, values)
            }
            Kind::Money => {
                let values = self.values(field, cells, format, |text| {
                    text.parse::<f64>()
                        .ok()
                        .filter(|amount| amount.is_finite() && *amount >= 0.0)
                });
                self.money.insert(field.name, values);
                // The unit is not known before all money columns are read.
                Column::full_null(name, self.raw.rows.len(), &DataType::Float64)
            }
            Kind::Date => {
                let values = self.values(field, cells, format, |text| format?.parse(text));
                Column::new(name, values).cast(&DataType::Date)?
            }
            Kind::Id => Column::new(name, self.values(field, cells, format, whole)),
            Kind::Year => Column::new(
                name,
                self.values(field, cells, format, |text| {
                    whole(text).filter(|year| (1000..=9999).contains(year))
                }),
            ),
            Kind::Count => Column::new(
                name,
                self.values(field, cells, format, |text| {
                    whole(text).filter(|count| *count >= 0)
                }),
            ),
            Kind::Flag => Column::new(
                name,
                self.values(field, cells, format, |text| {
                    whole(text).filter(|flag| matches!(flag, 0 | 1))
                }),
            ),
        };
        self.columns.push(column);
        Ok(())
    }

    fn values<T>(
        &mut self,
        field: &Field,
        cells: Option<&Cells>,
        format: Option<DateFormat>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<Option<T>> {
        let Some(cells) = cells else {
            return self.raw.rows.iter().map(|_| None).collect();
        };
        let problems = &mut self.problems;
        self.raw
            .rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let text = cells.text(index);
                if is_null(text) && !matches!(field.kind, Kind::Id) {
                    return None;
                }
                let value = parse(text);
                if value.is_none() {
                    problems.push(Problem {
                        row: *row,
                        column: Some(cells.header.clone()),
                        value: text.to_owned(),
                        expected: field.kind.expected(format),
                    });
                }
                value
            })
            .collect()
    }

    fn finish(mut self, money: Money, format: Option<DateFormat>, reject: bool) -> Result<Loaded> {
        self.problems.sort_by_key(|problem| problem.row);
        if !reject && !self.problems.is_empty() {
            let total = self.problems.len();
            self.problems.truncate(LISTED);
            return Err(Error::BadValues {
                file: self.file,
                problems: self.problems,
                total,
            });
        }
        let unit = match money {
            Money::Full => 1.0,
            Money::Thousands => 1000.0,
        };
        for column in &mut self.columns {
            if let Some(values) = self.money.remove(column.name().as_str()) {
                let amounts: Float64Chunked = values
                    .into_iter()
                    .map(|value| value.map(|amount| amount * unit))
                    .collect();
                *column = amounts.with_name(column.name().clone()).into_column();
            }
        }
        let rows = self.raw.rows.len();
        let mut bad: Vec<usize> = self.problems.iter().map(|problem| problem.row).collect();
        bad.dedup();
        let keep: BooleanChunked = self
            .raw
            .rows
            .iter()
            .map(|row| Some(bad.binary_search(row).is_err()))
            .collect();
        let customers = DataFrame::new(rows, self.columns)?.filter(&keep)?;
        let read = self.raw.rows_read;
        let kept = customers.height();
        let glance = df!(
            "file" => [self.file.display().to_string()],
            "separator" => [match self.raw.separator {
                b'\t' => "tab".to_owned(),
                other => char::from(other).to_string(),
            }],
            "dates" => [format.map(|format| format.to_string())],
            "money" => [match money {
                Money::Full => "in full",
                Money::Thousands => "in thousands, times 1000",
            }],
            "rows_read" => [read as u64],
            "rows_kept" => [kept as u64],
            "rows_rejected" => [(read - kept) as u64],
        )?;
        let recoded = df!(
            "column" => self.recoded.keys().map(|(column, _, _)| *column).collect::<Vec<_>>(),
            "in_file" => self.recoded.keys().map(|(_, from, _)| from.as_str()).collect::<Vec<_>>(),
            "in_table" => self.recoded.keys().map(|(_, _, to)| *to).collect::<Vec<_>>(),
            "rows" => self.recoded.values().copied().collect::<Vec<_>>(),
        )?;
        Ok(Loaded {
            customers,
            rejects: rejects(&self.problems)?,
            columns: self.raw.columns()?,
            recoded,
            glance,
        })
    }
}

fn rejects(problems: &[Problem]) -> Result<DataFrame> {
    Ok(df!(
        "row" => problems.iter().map(|p| p.row as u64).collect::<Vec<_>>(),
        "column" => problems.iter().map(|p| p.column.as_deref()).collect::<Vec<_>>(),
        "value" => problems.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(),
        "expected" => problems.iter().map(|p| p.expected.as_str()).collect::<Vec<_>>(),
    )?)
}

fn is_null(text: &str) -> bool {
    matches!(
        text,
        "" | "NA" | "N/A" | "NaN" | "nan" | "NULL" | "null" | "None"
    )
}

/// A whole number; pandas writes one as `3.0` where its column has nulls.
fn whole(text: &str) -> Option<i64> {
    match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole.parse().ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}
