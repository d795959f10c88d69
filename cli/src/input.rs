//! How a file is read: a customer table of the known schema, or any other.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::data::campaign::{Loaded, Loader, Money, Reading};
use segmenta::data::read::{Kind, Plan, Read, Reader};
use segmenta::prelude::*;

use crate::told;
use crate::{Result, tell};

#[derive(Args, Clone)]
pub struct Input {
    /// The file: CSV (also packed with gz), XLSX, XLS, ODS or Parquet; `-` for the standard input
    pub file: PathBuf,
    /// Whether it is the customer table of the lessons, or any other
    #[arg(long, value_enum, default_value_t = Schema::Auto)]
    schema: Schema,
    /// A column of yours that is to have another name, as in --rename client=ID
    #[arg(long, value_name = "YOURS=OURS", value_parser = pair)]
    rename: Vec<(String, String)>,
    /// A column that is not to be read, or that the file does not have
    #[arg(long, value_name = "COLUMN")]
    without: Vec<String>,
    /// How dates are written, where the file alone cannot tell: day-first, month-first or year-first, of
    /// all or of one column, as in --dates joined=day-first
    #[arg(long, value_name = "[COLUMN=]ORDER", value_parser = dates)]
    dates: Vec<(Option<String>, DateFormat)>,
    /// The sign before decimals, where the file alone cannot tell
    #[arg(long, value_name = "SIGN", value_parser = ["point", "comma"])]
    decimal: Option<String>,
    /// How amounts of money are written in the table of the lessons, where the file cannot tell
    #[arg(long, value_name = "UNIT", value_parser = ["full", "thousands"])]
    money: Option<String>,
    /// What a column holds, as in --kind zip=text
    #[arg(long, value_name = "COLUMN=KIND", value_parser = kind)]
    kind: Vec<(String, Kind)>,
    /// A word that stands for nothing
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    null: Vec<String>,
    /// A word that looks like nothing and is a value
    #[arg(long, value_name = "WORD")]
    not_null: Vec<String>,
    /// Whether the last row, where it holds totals, stays
    #[arg(long, value_name = "WHAT", value_parser = ["keep", "drop"])]
    totals: Option<String>,
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
    /// The name of a column by its place, as in --name 3=spend
    #[arg(long, value_name = "PLACE=NAME", value_parser = place)]
    name: Vec<(usize, String)>,
    /// The names of all columns, for a file without a header
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    names: Option<Vec<String>>,
    /// Read the file as this plan says, which `segmenta read` wrote
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Read the file as that one was read in which these segments were found (a segments.json)
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// Which column is for what: name, spend, recency, frequency, answer or group, as in
    /// --role spend=MonthlyCharges; --role spend= for none
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = role)]
    role: Vec<(Role, String)>,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Schema {
    /// By the names of its columns
    Auto,
    /// The customer table of the lessons
    Campaign,
    /// Any other table
    Any,
}

type Parsed<T> = std::result::Result<T, String>;

fn pair(text: &str) -> Parsed<(String, String)> {
    // A column may have the sign in its name; what it is to become has not.
    text.rsplit_once('=')
        .map(|(yours, ours)| (yours.to_owned(), ours.to_owned()))
        .ok_or_else(|| "write it as yours=ours".to_owned())
}

fn order(text: &str) -> Parsed<DateFormat> {
    match text {
        "day-first" => Ok(DateFormat::DayFirst),
        "month-first" => Ok(DateFormat::MonthFirst),
        "year-first" => Ok(DateFormat::YearFirst),
        _ => Err("one of day-first, month-first, year-first".to_owned()),
    }
}

pub fn dates(text: &str) -> Parsed<(Option<String>, DateFormat)> {
    match text.rsplit_once('=') {
        Some((column, text)) => Ok((Some(column.to_owned()), order(text)?)),
        None => Ok((None, order(text)?)),
    }
}

fn kind(text: &str) -> Parsed<(String, Kind)> {
    let (column, kind) = pair(text)?;
    Ok((column, kind.parse()?))
}

fn place(text: &str) -> Parsed<(usize, String)> {
    let (place, name) = text.split_once('=').ok_or("write it as place=name")?;
    Ok((
        place.parse().map_err(|_| "the place is a number from 1")?,
        name.to_owned(),
    ))
}

fn role(text: &str) -> Parsed<(Role, String)> {
    let (role, column) = text.split_once('=').ok_or("write it as role=column")?;
    Ok((role.parse()?, column.to_owned()))
}

/// Columns that follow from those of the schema whatever the day, and what each is made of.
const FEATURES: [(&str, &[&str]); 5] = [
    ("spend", &features::SPEND),
    ("transactions", &features::PURCHASES),
    ("children", &["Kidhome", "Teenhome"]),
    ("accepted_campaigns", &features::CAMPAIGNS),
    ("age_at_joining", &["Dt_Customer", "Year_Birth"]),
];

/// Whether a column follows from those of the schema.
pub fn is_feature(name: &str) -> bool {
    FEATURES.iter().any(|(feature, _)| *feature == name)
}

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

/// Which columns decide about a row.
#[derive(Clone, Copy)]
pub enum Needs<'a> {
    All,
    /// These, whatever the schema.
    Said(&'a [&'a str]),
    /// These in the table of the lessons, and all in any other.
    InLessons(&'a [&'a str]),
}

/// What a file held, whatever its schema.
pub struct Customers {
    /// The rows of the file with [`LINE`], and the features of the schema.
    pub table: DataFrame,
    pub glance: DataFrame,
    pub columns: DataFrame,
    pub rejects: DataFrame,
    pub recoded: Option<DataFrame>,
    pub roles: Roles,
    pub how: How,
    /// Columns of the schema that the file does not have, and what would be made of them.
    pub absent: Vec<String>,
}

/// How it was read, for the next file.
pub enum How {
    Campaign(Reading),
    Any(Plan),
}

impl Customers {
    pub fn is_campaign(&self) -> bool {
        matches!(self.how, How::Campaign(_))
    }
}

impl Input {
    /// The same, with columns that hold words, also where they look like numbers: a code has no mean.
    pub fn with_categories(&self, columns: &[&str]) -> Self {
        let mut own = self.clone();
        for column in columns {
            if !own.kind.iter().any(|(said, _)| said == column) {
                own.kind.push(((*column).to_owned(), Kind::Category));
            }
        }
        own
    }

    /// Reads the file. A model has its file's schema, and reads this one in the same way.
    pub fn load(&self, needs: Needs<'_>, model: Option<&Segments>) -> Result<Customers> {
        let spooled = self.spool()?;
        let file = spooled
            .as_ref()
            .map_or(self.file.as_path(), |(_, file)| file);
        let like = self.like.as_ref().map(Segments::load).transpose()?;
        let model = like.as_ref().or(model);
        if let (Some(like), Some(name)) = (&like, &self.like) {
            must_tell(like, name)?;
        }
        let plan = match (&self.plan, model.and_then(Segments::plan)) {
            (Some(file), _) => Some(Plan::load(file)?),
            (None, plan) => plan.cloned(),
        };
        let reader = self.reader(plan.as_ref());
        let is_campaign = match self.schema {
            Schema::Campaign => true,
            Schema::Any => false,
            Schema::Auto => match model {
                Some(model) if plan.is_none() => model.plan().is_none(),
                _ if plan.is_some() => false,
                // What is wrong with the file is said when it is read whole.
                _ => campaign::fits(file, &reader).unwrap_or(false),
            },
        };
        let needs = match needs {
            Needs::All => None,
            Needs::Said(columns) => Some(columns),
            Needs::InLessons(columns) => is_campaign.then_some(columns),
        };
        let mut customers = match is_campaign {
            true => {
                let needs = needs.map(|needs| sources(needs.iter().copied()));
                let earlier = model.and_then(Segments::reading);
                self.load_campaign(file, &reader, needs.as_deref(), earlier)?
            }
            false => self.load_any(file, reader, needs)?,
        };
        for (role, column) in &self.role {
            let column = (!column.is_empty()).then_some(column.as_str());
            customers.roles = customers.roles.with(*role, column);
        }
        customers.roles.check(&customers.table)?;
        Ok(customers)
    }

    /// The standard input as a file, which can be read more than once.
    fn spool(&self) -> Result<Option<(tempfile::TempDir, PathBuf)>> {
        if self.file != Path::new("-") {
            return Ok(None);
        }
        let failed = |source| Error::Read {
            file: "the standard input".into(),
            source,
        };
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(failed)?;
        let folder = tempfile::tempdir().map_err(failed)?;
        let file = folder.path().join("standard input");
        std::fs::write(&file, bytes).map_err(failed)?;
        Ok(Some((folder, file)))
    }

    /// Where the results come from, for a report.
    pub fn origin(&self, seed: u64) -> Result<Report> {
        if self.file == Path::new("-") {
            let table = df!("what" => ["input", "seed"], "is" => ["the standard input".to_owned(), seed.to_string()])?;
            return Ok(
                Report::new("").table("What this report was computed from, and with", &table)?
            );
        }
        Ok(Report::new("").origin(&self.file, seed)?)
    }

    fn reader(&self, plan: Option<&Plan>) -> Reader {
        let mut reader = plan.map_or(Reader::new(), |plan| Reader::new().plan(plan));
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
        reader
    }

    fn said_decimal(&self) -> Option<Decimal> {
        self.decimal.as_deref().map(|sign| match sign {
            "point" => Decimal::Point,
            _ => Decimal::Comma,
        })
    }

    /// A reader of any table, to whom all has been said that the options say.
    fn any(&self, mut reader: Reader, needs: Option<&[&str]>) -> Reader {
        for (yours, ours) in &self.rename {
            reader = reader.rename(yours, ours);
        }
        for column in &self.without {
            reader = reader.without(column);
        }
        for (column, order) in &self.dates {
            reader = match column {
                Some(column) => reader.dates(column, *order),
                None => reader.all_dates(*order),
            };
        }
        for (column, kind) in &self.kind {
            reader = reader.kind(column, *kind);
        }
        for (place, name) in &self.name {
            reader = reader.name(*place, name);
        }
        for word in &self.null {
            reader = reader.null(word);
        }
        for word in &self.not_null {
            reader = reader.not_null(word);
        }
        if let Some(sign) = self.said_decimal() {
            reader = reader.decimal(sign);
        }
        if let Some(what) = &self.totals {
            reader = reader.totals(what == "drop");
        }
        if let Some(needs) = needs {
            reader = reader.needs(needs.iter().copied());
        }
        if self.reject {
            reader = reader.reject_bad_rows();
        }
        reader.open_as_text()
    }

    /// The file as a table of any columns; what is open is text.
    pub fn read(&self, needs: Option<&[&str]>) -> Result<Read> {
        let spooled = self.spool()?;
        let file = spooled
            .as_ref()
            .map_or(self.file.as_path(), |(_, file)| file);
        let plan = self.plan.as_ref().map(Plan::load).transpose()?;
        Ok(self.any(self.reader(plan.as_ref()), needs).read(file)?)
    }

    fn load_any(&self, file: &Path, reader: Reader, needs: Option<&[&str]>) -> Result<Customers> {
        let read = self.any(reader, needs).read(file)?;
        must_not_be_open(file, &read, needs)?;
        told::of_any(&read)?;
        let mut table = renamed(&read.table, ADDED)?;
        table.with_column(Column::new(LINE.into(), &read.lines))?;
        let roles = Roles::propose(&table.drop(LINE)?)?;
        Ok(Customers {
            roles,
            how: How::Any(read.plan().clone()),
            glance: read.glance,
            columns: read.columns,
            rejects: read.rejects,
            recoded: None,
            absent: Vec::new(),
            table,
        })
    }

    fn load_campaign(
        &self,
        file: &Path,
        reader: &Reader,
        needs: Option<&[&str]>,
        earlier: Option<&Reading>,
    ) -> Result<Customers> {
        let mut loader = Loader::new().made(reader);
        for (yours, ours) in &self.rename {
            loader = loader.rename(yours, ours);
        }
        for column in &self.without {
            loader = loader.without(column);
        }
        if let Some((_, order)) = self.dates.last() {
            loader = loader.date_format(*order);
        }
        if let Some(sign) = self.said_decimal() {
            loader = loader.decimal(sign);
        }
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
        if let Some(earlier) = earlier {
            loader = loader.like(earlier);
        }
        let loaded = loader.load(file)?;
        told::of_campaign(&loaded)?;
        let table = with_features(&loaded)?;
        let mut roles = Roles::default();
        for (role, column) in [
            (Role::Name, "ID"),
            (Role::Spend, "spend"),
            (Role::Recency, "Recency"),
            (Role::Frequency, "transactions"),
            (Role::Answer, "Response"),
            (Role::Group, "Education"),
            (Role::Group, "Marital_Status"),
        ] {
            roles = roles.with(role, column);
        }
        Ok(Customers {
            roles,
            absent: absent(&loaded)?,
            how: How::Campaign(loaded.reading),
            glance: loaded.glance,
            columns: loaded.columns,
            rejects: loaded.rejects,
            recoded: Some(loaded.recoded),
            table,
        })
    }
}

/// Numbers about which something is open may be what customers differ by: they are asked about before
/// anything is computed, unless it is said that they are not needed. Dates make no distance.
fn must_not_be_open(file: &Path, read: &Read, needs: Option<&[&str]>) -> Result {
    let is_asked = |question: &&segmenta::Question| {
        let number = question.kind.is_some_and(Kind::is_numeric);
        match (needs, &question.column) {
            (Some(needs), Some(column)) => needs.contains(&column.as_str()),
            _ => number,
        }
    };
    let questions: Vec<segmenta::Question> =
        read.questions.iter().filter(is_asked).cloned().collect();
    match questions.is_empty() {
        true => Ok(()),
        false => {
            let file = file.to_owned();
            Err(Error::Undecided { file, questions }.into())
        }
    }
}

/// Whether a model says how its file was read.
fn must_tell(segments: &Segments, file: &Path) -> Result {
    if segments.reading().is_some() || segments.plan().is_some() {
        return Ok(());
    }
    let error = Error::NotATable {
        file: file.to_owned(),
        found: "segments that do not say how their file was read".into(),
        expected: "a segments.json that `segmenta segment` wrote".into(),
    };
    Err(error.into())
}

/// Which columns of the schema these columns are made of.
fn sources<'a>(columns: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
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

/// A column of the user's own that has the name of one that is added gets another.
fn renamed<'a>(table: &DataFrame, added: impl IntoIterator<Item = &'a str>) -> Result<DataFrame> {
    let mut renamed = table.clone();
    for name in added.into_iter().filter(|name| table.column(name).is_ok()) {
        let other = format!("{name} (file)");
        renamed.rename(name, other.as_str().into())?;
        tell(format_args!(
            "your own column {name} is called {other:?} in the results, which have a {name} of theirs"
        ));
    }
    Ok(renamed)
}

/// The columns of the file, those that follow from them whatever the day, and the line of each row.
fn with_features(loaded: &Loaded) -> Result<DataFrame> {
    let added = FEATURES.iter().map(|(name, _)| *name).chain(ADDED);
    let customers = renamed(&loaded.customers, added)?;
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
fn absent(loaded: &Loaded) -> Result<Vec<String>> {
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
