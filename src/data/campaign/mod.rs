//! What is in this customer file?
//!
//! The "marketing campaign" table is published in many shapes: other
//! separators, quotes, names, languages, units and date spellings.
//! [`load`] reads any of them and gives one table with one schema; the table
//! `columns` of its answer shows what became of each column of the file.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `ID` | text | names the customer, as it stands in the file |
//! | `Year_Birth` | `i64` | year of birth |
//! | `Education` | text | Basic, 2n Cycle, Graduation, Master, PhD (ascending) |
//! | `Marital_Status` | text | Married, Together, Single, Divorced, Widow, Alone; a word that is not known stays as it is |
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
//! An empty cell (also `NA`, `#N/A`, `NULL`; where numbers, dates and flags are expected also `-`, `?`,
//! `none` and their like) is a null in any column but `ID`, and yes and no will do for 1 and 0. Columns that are not in
//! the schema travel along behind it, as numbers where all their values are, and as text else.

mod money;
mod own;
mod read;
mod reading;
pub(crate) mod schema;
mod typed;

use std::path::Path;

use polars::prelude::*;

use crate::data::read::dates::{self, Dates};
use crate::data::read::numbers::Votes;
use crate::data::read::{DateFormat, Decimal, Reader};
use crate::{Error, Result};
pub use money::Money;
use read::{RawTable, Wanted};
pub use reading::Reading;
use schema::{FIELDS, Kind};
use typed::{Checked, Glance};

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
    needs: Option<Vec<String>>,
    date_format: Option<DateFormat>,
    decimal: Option<Decimal>,
    money: Option<Money>,
    like: Option<Reading>,
    made: Reader,
    reject: bool,
}

/// What a file held.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The customers, one a row, in the order of the file.
    pub customers: DataFrame,
    /// One row a problem: `row` (the line of the file; the header's is 1), `column`, `value`,
    /// `expected`, `left_out` (the `row`, or the `value` where [`Loader::needs`] does not name its
    /// column). Rows are left out only where [`Loader::reject_bad_rows`] was asked for.
    pub rejects: DataFrame,
    /// One row a column of the file: `in_file`, `in_table` (null where it was
    /// left out), `why`.
    pub columns: DataFrame,
    /// One row a word that was translated, or is not known and was kept: `column`, `in_file`,
    /// `in_table`, `rows`, `why`.
    pub recoded: DataFrame,
    /// One row about the whole file: `file`, `separator`, `encoding` (where it is not UTF-8), `decimal`, `dates`, `money`,
    /// `rows_read`, `rows_kept`, `rows_rejected`.
    pub glance: DataFrame,
    /// What was decided about the file, to read the next one in the same way.
    pub reading: Reading,
    /// The line of the file that each customer stands on; the header's is 1.
    pub lines: Vec<u64>,
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

    /// A column that is not to be read, whether the file has it or not; one of the schema becomes
    /// all null.
    pub fn without(mut self, column: impl Into<String>) -> Self {
        self.without.push(column.into());
        self
    }

    /// The columns of the schema that are needed; all of them where it is not said. In others a value
    /// that does not fit becomes null and is listed, and the file may lack them.
    pub fn needs<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.needs = Some(columns.into_iter().map(str::to_owned).collect());
        self
    }

    /// How the dates are written, where the file alone cannot tell.
    pub fn date_format(mut self, format: DateFormat) -> Self {
        self.date_format = Some(format);
        self
    }

    /// Which sign stands before decimals, where the file alone cannot tell.
    pub fn decimal(mut self, decimal: Decimal) -> Self {
        self.decimal = Some(decimal);
        self
    }

    /// How money is written, where the file alone cannot tell.
    pub fn money(mut self, money: Money) -> Self {
        self.money = Some(money);
        self
    }

    /// Reads the file as an earlier one was read. What this file shows otherwise is an error, unless
    /// it is said here how it is.
    pub fn like(mut self, earlier: &Reading) -> Self {
        self.like = Some(earlier.clone());
        self
    }

    /// How the file is made, where it does not show that itself: the separator, encoding, sheet and row
    /// of the header that were said of this reader.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let made = read::Reader::new().separator(',').encoding("utf-8");
    /// let loaded = campaign::Loader::new().made(&made).load("data/marketing_campaign.csv")?;
    /// assert_eq!(loaded.customers.height(), 2240);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn made(mut self, made: &Reader) -> Self {
        self.made = made.clone();
        self
    }

    /// Put rows with values that do not fit into [`Loaded::rejects`] instead of failing.
    pub fn reject_bad_rows(mut self) -> Self {
        self.reject = true;
        self
    }

    /// What is in this customer file?
    ///
    /// Dates are decided for each way in which they are spelled, from all values that are spelled so;
    /// the decimal sign from all amounts. Money counts as full where each income is a million or
    /// more, and as thousands where each is below 700,000 and some amount is no multiple of 1000.
    ///
    /// # Errors
    /// - [`Error::Read`]: the file cannot be read.
    /// - [`Error::Undecided`]: how the file is made is open; [`made`](Loader::made) answers it.
    /// - [`Error::NotATable`]: it is empty, has a quote that swallows rows or no row that
    ///   fits, is not written as that of [`like`](Loader::like), or its numbers or its money may be
    ///   written in more than one way.
    /// - [`Error::MissingColumns`]: a column of the schema that is needed is missing.
    /// - [`Error::DateFormat`]: the dates are ambiguous or mixed.
    /// - [`Error::BadValues`]: values do not fit (unless rows are rejected).
    /// - [`Error::Parameter`]: a name given to [`rename`](Loader::rename) or
    ///   [`needs`](Loader::needs) is not in the schema, or one given to
    ///   [`without`](Loader::without) neither there nor in the file.
    pub fn load(&self, file: impl AsRef<Path>) -> Result<Loaded> {
        let file = file.as_ref();
        let renamed = self.renames.iter().map(|(_, ours)| ours);
        for name in renamed.chain(self.needs.iter().flatten()) {
            if schema::find(name).is_none() {
                return Err(Error::Parameter {
                    name: "column",
                    value: format!("{name:?}"),
                    expected: format!("one of {}", columns().join(", ")),
                });
            }
        }
        let known = |name: &str| schema::find(name).is_some();
        let (texts, _) = crate::data::read::texts(file, &self.made.said(&known))?;
        let (mut renames, mut without) = (self.renames.clone(), self.without.clone());
        if let Some(earlier) = &self.like {
            let names: Vec<String> = texts
                .columns
                .iter()
                .map(|cells| cells.header.clone())
                .collect();
            earlier.add_to(&mut renames, &mut without, &names);
        }
        let wanted = Wanted {
            renames: &renames,
            without: &without,
            needs: self.needs.as_deref(),
        };
        let raw = read::table(file, texts, &wanted)?;
        let has = |name: &String| {
            let wanted = schema::plain(name);
            let mut names = raw.header.iter().map(|header| schema::plain(&header.name));
            schema::find(name).is_some() || names.any(|other| other == wanted)
        };
        if let Some(name) = self.without.iter().find(|name| !has(name)) {
            return Err(Error::Parameter {
                name: "without",
                value: format!("{name:?}"),
                expected: "a column of the file, or one of the schema".into(),
            });
        }
        let decimal = self.decide_decimal(file, &raw)?;
        let (dates, dates_told) = self.decide_dates(file, &raw, &wanted)?;
        let mut checked = Checked::new(file, &raw, decimal.unwrap_or(Decimal::Point), dates);
        checked.columns()?;
        let bad = checked.bad_lines(&wanted, self.reject)?;
        let (money, money_told) = self.decide_money(file, &checked)?;
        let dates = checked.dates.clone();
        let glance = Glance {
            decimal,
            dates: dates_told,
            money: money_told,
        };
        let reading = Reading::new(renames.clone(), without.clone(), dates, decimal, money);
        checked.finish(reading, glance, &wanted, &bad)
    }

    fn earlier_dates(&self) -> Dates {
        self.like.as_ref().map(Reading::dates).unwrap_or_default()
    }

    fn decide_decimal(&self, file: &Path, raw: &RawTable) -> Result<Option<Decimal>> {
        let earlier = self.like.as_ref().and_then(Reading::decimal);
        let mut votes = Votes::default();
        for (field, cells) in FIELDS.iter().zip(&raw.cells) {
            if let (Kind::Money | Kind::Count | Kind::Flag | Kind::Year, Some(cells)) =
                (field.kind, cells)
            {
                votes.count(cells.typed());
            }
        }
        if self.decimal.is_some() {
            return Ok(self.decimal);
        }
        let not_so = |found: String| Error::NotATable {
            file: file.to_owned(),
            found,
            expected: ".decimal(Decimal::Point) or .decimal(Decimal::Comma) to say which".into(),
        };
        match (votes.decide(), earlier) {
            (Ok(Some(here)), Some(was)) if here != was => Err(not_so(
                "its numbers have another decimal sign than those of the earlier file".into(),
            )),
            (Ok(None) | Err(_), Some(was)) => Ok(Some(was)),
            (Err(found), None) => Err(not_so(found)),
            (Ok(here), _) => Ok(here),
        }
    }

    fn decide_dates(
        &self,
        file: &Path,
        raw: &RawTable,
        wanted: &Wanted<'_>,
    ) -> Result<(Dates, Option<String>)> {
        let earlier = self.earlier_dates();
        for (field, cells) in FIELDS.iter().zip(&raw.cells) {
            let (Kind::Date, Some(cells)) = (field.kind, cells) else {
                continue;
            };
            let failed = |reason| Error::DateFormat {
                file: file.to_owned(),
                column: cells.header.clone(),
                reason,
            };
            let decided = match dates::decide(cells.typed(), self.date_format, &earlier) {
                Ok(decided) => decided,
                // Where an earlier file has taught what is needed, and these are not, they may stay open.
                Err(_) if self.like.is_some() && !wanted.needs(field.name) => {
                    return Ok((earlier, None));
                }
                Err(reason) => return Err(failed(reason)),
            };
            if self.date_format.is_none()
                && let Some(found) = decided.dates.against(&earlier)
            {
                return Err(failed(found));
            }
            let told = decided.told.unwrap_or_else(|| decided.dates.to_string());
            let told = match decided.times {
                0 => told,
                times => format!("{told}; {times} with a time of day, which is left out"),
            };
            let told = (!decided.dates.is_empty()).then_some(told);
            return Ok((decided.dates, told));
        }
        Ok((earlier, None))
    }

    fn decide_money(
        &self,
        file: &Path,
        checked: &Checked<'_>,
    ) -> Result<(Option<Money>, Option<String>)> {
        if !checked.money.values().flatten().any(Option::is_some) {
            let earlier = self.like.as_ref().and_then(Reading::money);
            return Ok((self.money.or(earlier), None));
        }
        let told = |money: Money, why: &str| Ok((Some(money), Some(format!("{money}{why}"))));
        if let Some(money) = self.money {
            return told(money, ", as you said");
        }
        let shown = money::shown(checked.money.get("Income"), checked.money.values());
        let earlier = self.like.as_ref().and_then(Reading::money);
        match (shown, earlier) {
            (Ok((here, _)), Some(was)) if here != was => Err(Error::NotATable {
                file: file.to_owned(),
                found: format!("its amounts are {here}, those of the earlier file are {was}"),
                expected: money::SAY.into(),
            }),
            (_, Some(was)) => told(was, ", as in the earlier file"),
            (Ok((here, why)), None) => told(here, &format!(": {why}")),
            (Err(why), None) => Err(Error::NotATable {
                file: file.to_owned(),
                found: format!("the amounts of money may be in full or in thousands: {why}"),
                expected: money::SAY.into(),
            }),
        }
    }
}

/// Is this a file of the customer table? At least half of its columns are there, by whatever known name.
///
/// Of text only the beginning is read; `made` says what the file does not show itself.
///
/// # Errors
/// Those of [`Reader::read`](crate::data::read::Reader::read) about the make-up of a file.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert!(campaign::fits("data/marketing_campaign.csv", &read::Reader::new())?);
/// # Ok::<(), Error>(())
/// ```
pub fn fits(file: impl AsRef<Path>, made: &Reader) -> Result<bool> {
    let known = |name: &str| schema::find(name).is_some();
    let names = crate::data::read::names(file.as_ref(), &made.said(&known))?;
    let mut found: Vec<usize> = names.iter().filter_map(|name| schema::find(name)).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found.len() * 2 >= FIELDS.len())
}

/// Which columns has the customer table, and in which order?
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?;
/// assert_eq!(loaded.customers.get_column_names(), campaign::columns());
/// # Ok::<(), Error>(())
/// ```
pub fn columns() -> Vec<&'static str> {
    FIELDS.iter().map(|field| field.name).collect()
}
