use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Orders;
use super::bills::{self, Rows, Said};
use super::file::{self, Chunks, Contents, Decisions};
use super::groups::Amounts;
use super::products::Rule;
use super::role::{self, Place, Role};
use crate::data::read::Reader;
use crate::error::Question;
use crate::progress::Progress;
use crate::{Error, Result};

/// How many problems an error lists.
pub(super) const LISTED: usize = 10;

/// Of what is the amount that stands in a row, where a row is a line of a bill?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountOf {
    /// Of the line.
    Line,
    /// Of the whole bill, again on each of its lines.
    Bill,
}

/// How should files of bills be read? A builder; [`Loader::load`] does the work.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::data::orders::Role;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-orders-loader-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("lines.csv");
/// std::fs::write(&file, "no,who,when,what,n,each\n1,Ann,2021-03-04,tea,2,15\n1,Ann,2021-03-04,jam,1,4\n").unwrap();
/// // Names that say nothing are asked about.
/// assert!(orders::load([&file]).is_err());
/// let orders = orders::Loader::new()
///     .column(Role::Bill, "no").column(Role::Customer, "who").column(Role::Time, "when")
///     .column(Role::Product, "what").column(Role::Quantity, "n").column(Role::Price, "each")
///     .load([&file])?;
/// assert_eq!(table::number(&orders.bills, "amount", 0)?, 34.0);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Loader {
    columns: Vec<(Role, Option<String>)>,
    reader: Reader,
    reject: bool,
    refused: u16,
    amount_of: Option<AmountOf>,
    dates_differ: bool,
}

impl Loader {
    /// A strict loader that finds out by itself what it can.
    pub fn new() -> Self {
        Self::default()
    }

    /// The column that has this role.
    pub fn column(mut self, role: Role, in_file: &str) -> Self {
        self.columns.push((role, Some(in_file.to_owned())));
        self
    }

    /// That no column has this role.
    pub fn without(mut self, role: Role) -> Self {
        self.columns.push((role, None));
        self
    }

    /// How each file is read: its separator, encoding, sheet, names, dates, decimal sign, words for nothing.
    pub fn reader(mut self, reader: Reader) -> Self {
        self.reader = reader;
        self
    }

    /// Put rows with values that do not fit into [`Orders::rejects`] instead of failing.
    pub fn reject_bad_rows(mut self) -> Self {
        self.reject = true;
        self
    }

    /// Rows that would need this rule do not fit.
    pub fn refuse(mut self, rule: Rule) -> Self {
        self.refused |= rule.bit();
        self
    }

    /// Of what the amount is, where a bill has several rows and all of them say the same.
    pub fn amount_of(mut self, what: AmountOf) -> Self {
        self.amount_of = Some(what);
        self
    }

    /// Dates of one spelling may stand in another order in each file.
    pub fn dates_differ(mut self) -> Self {
        self.dates_differ = true;
        self
    }

    /// Which columns would have which role? Nothing is read but names: one row for each role and for each
    /// column without one: `role`, `in_file`, `why`.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NotATable`]; [`Error::Undecided`] where the make-up of the file is open.
    pub fn propose(&self, file: impl AsRef<Path>) -> Result<DataFrame> {
        let names = file::names(file.as_ref(), &self.reader)?;
        self.propose_names(&names)
    }

    /// The same for a file of which the names of the columns are known.
    ///
    /// # Errors
    /// None but those of polars.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let names = ["CustomerID", "InvoiceDate", "x"].map(str::to_owned);
    /// let proposed = orders::Loader::new().propose_names(&names)?;
    /// let customer = proposed.lazy().filter(col("role").eq(lit("customer"))).collect()?;
    /// assert_eq!(customer.column("in_file")?.str()?.get(0), Some("CustomerID"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn propose_names(&self, names: &[String]) -> Result<DataFrame> {
        columns(names, &role::places(names, &self.columns))
    }

    /// Which bills are in these files?
    ///
    /// Columns have the same names in all files; the roles are those of the first. Each file's dates and
    /// decimals are decided from its own values, or from those of the other files where its own leave them
    /// open. A bill that an earlier file has too does not fit: its name, customer and time are the same (or,
    /// without names of bills, its customer, time of day and all other columns but lists of products).
    ///
    /// # Errors
    /// - [`Error::Read`], [`Error::NotATable`]: a file cannot be read, has another shape than the first, or
    ///   no row fits.
    /// - [`Error::Undecided`]: it is open which column has a role that is needed, or how it is to be read; the
    ///   error has all questions, and their answers.
    /// - [`Error::BadValues`]: values do not fit (unless rows are rejected).
    /// - [`Error::Interrupted`]: the rest was not wanted any more.
    pub fn load<F: AsRef<Path>>(&self, files: impl IntoIterator<Item = F>) -> Result<Orders> {
        let found = self.find(files)?;
        let mut contents: Vec<Option<Contents>> = found.files.iter().map(|_| None).collect();
        self.read(&found, None, |place, own| {
            contents[place] = Some(own);
            Ok(())
        })?;
        let mut contents: Vec<Contents> = contents.into_iter().flatten().collect();
        let said = found.said(
            self.refused,
            contents.iter().map(|own| own.products.are_lists()),
        )?;
        for own in &mut contents {
            bills::clean(own, &found.used)?;
        }
        let amount_of = self.amount_of_rows(&said)?;
        let rows = Rows::of(contents, &said)?;
        rows.are_some()?;
        let amount_of = match amount_of {
            Some(amount_of) => amount_of,
            None => {
                let mut amounts = Amounts::default();
                rows.amounts(&mut amounts)?;
                amounts.decide(&found.files[0], said.in_file(Role::Amount))?
            }
        };
        rows.draft(amount_of, false)?
            .finish(self.reject, LISTED, found.columns)
    }

    pub(super) fn refused(&self) -> u16 {
        self.refused
    }

    pub(super) fn rejects_rows(&self) -> bool {
        self.reject
    }

    /// Of what the amounts are, where it is said or plain.
    pub(super) fn amount_of_rows(&self, said: &Said) -> Result<Option<AmountOf>> {
        match (self.amount_of, said.has_amounts_of_rows()) {
            (Some(AmountOf::Bill), false) => Err(Error::Parameter {
                name: "amount_of",
                value: "AmountOf::Bill".into(),
                expected: "bills with several rows, each with an amount".into(),
            }),
            (Some(said), _) => Ok(Some(said)),
            (None, true) => Ok(None),
            (None, false) => Ok(Some(AmountOf::Line)),
        }
    }

    /// The files, and which columns have which role.
    pub(super) fn find<F: AsRef<Path>>(&self, files: impl IntoIterator<Item = F>) -> Result<Found> {
        let files: Vec<PathBuf> = files
            .into_iter()
            .map(|file| file.as_ref().to_owned())
            .collect();
        let Some(first) = files.first() else {
            return Err(Error::TooFew {
                what: "files".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        };
        for (place, file) in files.iter().enumerate() {
            if files[..place].contains(file) {
                return Err(Error::Parameter {
                    name: "files",
                    value: format!("{} twice", file.display()),
                    expected: "each file once".into(),
                });
            }
        }
        let names = file::names(first, &self.reader)?;
        for (role, name) in &self.columns {
            if let Some(name) = name.as_ref().filter(|name| !names.contains(name)) {
                return Err(not_there(first, *role, name, &names, None));
            }
        }
        let places = role::places(&names, &self.columns);
        needed(first, &places)?;
        let used: Vec<(Role, String)> = places
            .iter()
            .filter_map(|(role, place)| match place {
                Place::Column(name, _) => Some((*role, name.clone())),
                _ => None,
            })
            .collect();
        for other in &files[1..] {
            let names = file::names(other, &self.reader)?;
            for (role, name) in &used {
                if !names.contains(name) {
                    return Err(not_there(other, *role, name, &names, Some(first)));
                }
            }
        }
        let columns = columns(&names, &places)?;
        Ok(Found {
            files,
            used,
            columns,
        })
    }

    /// Reads all files, and hands on the number of each and what it holds, all at once or in chunks of so many
    /// rows. What one leaves open, the others may decide.
    pub(super) fn read(
        &self,
        found: &Found,
        rows: Option<usize>,
        mut take: impl FnMut(usize, Contents) -> Result<()>,
    ) -> Result<()> {
        let files = &found.files;
        let read =
            |file: &Path, reader: &Reader| file::contents(file, reader, &found.used, self.refused);
        let mut decided: Vec<Option<Decisions>> = files.iter().map(|_| None).collect();
        let mut open = Vec::new();
        let progress = Progress::new("files of bills", files.len());
        for (place, file) in files.iter().enumerate() {
            let chunks = match rows {
                Some(rows) => Chunks::of(file, &found.used, self.refused, rows)?,
                None => None,
            };
            match chunks {
                // There is nothing to decide.
                Some(chunks) => chunks.each(|own| take(place, own))?,
                None => match read(file, &self.reader) {
                    Ok(own) => {
                        decided[place] = Some(own.decisions.clone());
                        take(place, own)?;
                    }
                    Err(error @ Error::Undecided { .. }) if files.len() > 1 => {
                        open.push((place, error));
                    }
                    Err(error) => return Err(error),
                },
            }
            progress.tick()?;
        }
        if !self.dates_differ {
            let dated = |own: &&Decisions| !own.dates.is_empty();
            let mut dated = decided.iter().flatten().filter(dated);
            if let Some(first) = dated.next() {
                for other in dated {
                    if let Some(found) = other.dates.against(&first.dates) {
                        return Err(Error::Undecided {
                            file: other.file.clone(),
                            questions: vec![Question {
                                column: Some(other.time_in_file.clone()),
                                kind: None,
                                found: format!("{found} in {}", first.file.display()),
                                answer: ".dates_differ(), if each file is right about its own"
                                    .into(),
                            }],
                        });
                    }
                }
            }
        }
        for (place, error) in open {
            let those = || decided.iter().flatten();
            let by_sign = those().find(|own| own.decimal.is_some());
            let reader = match by_sign.and_then(|own| own.decimal) {
                Some(decimal) => self.reader.clone().decimal(decimal),
                None => self.reader.clone(),
            };
            // An order is that of a spelling: a file whose dates are spelled otherwise says nothing.
            let by_dates = those().filter(|_| !self.dates_differ).find_map(|other| {
                let reader = reader.clone().all_dates(other.dates.only_order()?);
                let own = read(&files[place], &reader).ok()?;
                let dates = &own.decisions.dates;
                (!dates.is_empty() && dates.are_among(&other.dates)).then_some((own, other))
            });
            let by_sign = || Some((read(&files[place], &reader).ok()?, by_sign?));
            let Some((mut own, other)) = by_dates.or_else(by_sign) else {
                return Err(error);
            };
            own.decisions.decided_by = Some(other.file.clone());
            decided[place] = Some(own.decisions.clone());
            take(place, own)?;
        }
        Ok(())
    }
}

/// The files, and which columns have which role.
pub(super) struct Found {
    pub files: Vec<PathBuf>,
    pub used: Vec<(Role, String)>,
    /// The table of roles.
    pub columns: DataFrame,
}

impl Found {
    /// With what the products of the files are.
    pub fn said(
        &self,
        refused: u16,
        are_lists: impl IntoIterator<Item = Option<bool>>,
    ) -> Result<Said> {
        let has_product = self.used.iter().any(|(role, _)| *role == Role::Product);
        let files = self.files.iter().map(PathBuf::as_path);
        Ok(Said {
            used: self.used.clone(),
            refused,
            shape: bills::shape(are_lists.into_iter().zip(files), has_product)?,
        })
    }
}

/// That the roles are there without which there are no bills.
fn needed(file: &Path, places: &[(Role, Place)]) -> Result<()> {
    let place = |wanted: Role| {
        places
            .iter()
            .find(|(role, _)| *role == wanted)
            .map(|(_, p)| p)
    };
    let has = |role: Role| matches!(place(role), Some(Place::Column(..)));
    let mut questions = Vec::new();
    let mut ask = |role: Role, what: &str| {
        let found = match place(role) {
            Some(Place::Open(names)) => format!("{what}: it may be {}", names.join(" or ")),
            _ => format!("{what}: no name says so"),
        };
        questions.push(Question {
            column: None,
            kind: None,
            found,
            answer: format!(".column(Role::{role:?}, \"your name\")"),
        });
    };
    if !has(Role::Customer) {
        ask(Role::Customer, "which column names the customer is open");
    }
    if !has(Role::Time) {
        ask(Role::Time, "which column says when is open");
    }
    let by_price = has(Role::Price) && has(Role::Product);
    if !has(Role::Amount) && !by_price {
        ask(Role::Amount, "which column has the amount is open");
    }
    // What is open of the others would change the shape.
    for (role, place) in places {
        let told = [Role::Customer, Role::Time, Role::Amount].contains(role);
        let decides = matches!(
            role,
            Role::Bill | Role::Product | Role::Quantity | Role::Price
        );
        if let (Place::Open(names), false, true) = (place, told, decides) {
            questions.push(Question {
                column: None,
                kind: None,
                found: format!("which column is the {role} is open: {}", names.join(" or ")),
                answer: format!(
                    ".column(Role::{role:?}, {:?}), or .without(Role::{role:?})",
                    names[0]
                ),
            });
        }
    }
    match questions.is_empty() {
        true => Ok(()),
        false => Err(Error::Undecided {
            file: file.to_owned(),
            questions,
        }),
    }
}

fn not_there(file: &Path, role: Role, name: &str, names: &[String], as_in: Option<&Path>) -> Error {
    let as_in = as_in.map_or(String::new(), |first| format!(" as in {}", first.display()));
    Error::NotATable {
        file: file.to_owned(),
        found: format!(
            "no column {name} for the {role}; it has {}",
            names.join(", ")
        ),
        expected: format!(
            "the same columns{as_in}, or another role: .column(Role::{role:?}, \"your name\")"
        ),
    }
}

/// The table of roles.
fn columns(names: &[String], places: &[(Role, Place)]) -> Result<DataFrame> {
    let mut rows: Vec<(Option<String>, Option<String>, String)> = Vec::new();
    for (role, place) in places {
        let role = Some(role.name().to_owned());
        rows.push(match place {
            Place::Column(name, why) => (role, Some(name.clone()), why.clone()),
            Place::Open(names) => (role, None, format!("it may be {}", names.join(" or "))),
            Place::None(why) => (role, None, why.clone()),
        });
    }
    for name in names {
        let is_used =
            |(_, place): &(Role, Place)| matches!(place, Place::Column(own, _) if own == name);
        if !places.iter().any(is_used) {
            rows.push((None, Some(name.clone()), "left out: it has no role".into()));
        }
    }
    Ok(df!(
        "role" => rows.iter().map(|row| row.0.as_deref()).collect::<Vec<_>>(),
        "in_file" => rows.iter().map(|row| row.1.as_deref()).collect::<Vec<_>>(),
        "why" => rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>(),
    )?)
}
