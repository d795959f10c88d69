//! From texts to typed columns, and what did not fit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use rayon::prelude::*;

use super::read::{Place, RawTable, Wanted};
use super::schema::{self, FIELDS, Field, Kind};
use super::{Loaded, Money, Reading, own};
use crate::data::read::dates::Dates;
use crate::data::read::nulls::{is_null, may_be_null};
use crate::data::read::texts::Cells;
use crate::data::read::{Decimal, flag, numbers};
use crate::{Error, Problem, Result};

/// How many problems an error lists.
const LISTED: usize = 10;

/// What is told of the file.
pub(super) struct Glance {
    pub decimal: Option<Decimal>,
    pub dates: Option<String>,
    pub money: Option<String>,
}

/// What a word of the file means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Known(&'static str),
    /// It is kept as it is.
    Unknown,
    Nothing,
}

/// The typed columns so far, and what did not fit.
pub(super) struct Checked<'a> {
    file: PathBuf,
    raw: &'a RawTable,
    decimal: Decimal,
    pub dates: Dates,
    columns: Vec<Column>,
    pub money: BTreeMap<&'static str, Vec<Option<f64>>>,
    words: BTreeMap<(&'static str, String, Meaning), u64>,
    problems: Vec<(Problem, Option<&'static str>)>,
}

impl<'a> Checked<'a> {
    pub fn new(file: &Path, raw: &'a RawTable, decimal: Decimal, dates: Dates) -> Self {
        let column = |problem: &Problem| {
            let name = problem.column.as_deref()?;
            let has = |cells: &Option<Cells>| cells.as_ref().is_some_and(|c| c.header == name);
            let place = raw.cells.iter().position(has)?;
            Some(FIELDS[place].name)
        };
        let problems = raw.problems.iter();
        Self {
            file: file.to_owned(),
            raw,
            decimal,
            dates,
            columns: Vec::with_capacity(FIELDS.len()),
            money: BTreeMap::new(),
            words: BTreeMap::new(),
            problems: problems.map(|p| (p.clone(), column(p))).collect(),
        }
    }

    /// Turns the texts of all columns into values, several at a time.
    pub fn columns(&mut self) -> Result<()> {
        let fields = FIELDS.par_iter().zip(&self.raw.cells);
        let parts = fields.map(|(field, cells)| {
            let mut part = Checked {
                file: self.file.clone(),
                raw: self.raw,
                decimal: self.decimal,
                dates: self.dates.clone(),
                columns: Vec::new(),
                money: BTreeMap::new(),
                words: BTreeMap::new(),
                problems: Vec::new(),
            };
            part.column(field, cells.as_ref())?;
            Ok(part)
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        for part in parts {
            self.columns.extend(part.columns);
            self.money.extend(part.money);
            self.words.extend(part.words);
            self.problems.extend(part.problems);
        }
        Ok(())
    }

    fn column(&mut self, field: &'static Field, cells: Option<&Cells>) -> Result<()> {
        let name = PlSmallStr::from_static(field.name);
        let decimal = self.decimal;
        let whole = |text: &str| numbers::whole(text, decimal);
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
                let texts = self.values(field, cells, |text| Some(text.to_owned()));
                let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
                for text in texts.iter().flatten() {
                    *seen.entry(text).or_default() += 1;
                }
                let meaning = |text: &str| known.get(&schema::plain(text)).copied();
                for (text, rows) in seen {
                    let word = meaning(text);
                    if word != Some(text) {
                        let means = word.map_or(Meaning::Unknown, Meaning::Known);
                        self.words
                            .insert((field.name, text.to_owned(), means), rows);
                    }
                }
                let values: Vec<Option<&str>> = texts
                    .iter()
                    .map(|text| text.as_deref().map(|text| meaning(text).unwrap_or(text)))
                    .collect();
                Column::new(name, values)
            }
            Kind::Money => {
                let values = self.values(field, cells, |text| {
                    decimal.parse(text).filter(|amount| *amount >= 0.0)
                });
                self.money.insert(field.name, values);
                // The unit is not known before all money columns are read.
                Column::full_null(name, self.raw.lines.len(), &DataType::Float64)
            }
            Kind::Date => {
                let dates = self.dates.clone();
                let values = self.values(field, cells, |text| dates.parse(text));
                Column::new(name, values).cast(&DataType::Date)?
            }
            Kind::Id => {
                let values = self.values(field, cells, |text| {
                    (!text.is_empty()).then(|| text.to_owned())
                });
                Column::new(name, values)
            }
            Kind::Year => Column::new(
                name,
                self.values(field, cells, |text| {
                    whole(text).filter(|year| (1000..=9999).contains(year))
                }),
            ),
            Kind::Count => Column::new(
                name,
                self.values(field, cells, |text| whole(text).filter(|count| *count >= 0)),
            ),
            Kind::Flag => {
                let mut words: BTreeMap<String, (i64, u64)> = BTreeMap::new();
                let flags = self.values(field, cells, |text| {
                    let flag = flag(text)?;
                    if whole(text).is_none() {
                        words.entry(text.to_owned()).or_insert((flag, 0)).1 += 1;
                    }
                    Some(flag)
                });
                for (word, (flag, rows)) in words {
                    let means = Meaning::Known(if flag == 1 { "1" } else { "0" });
                    self.words.insert((field.name, word, means), rows);
                }
                Column::new(name, flags)
            }
        };
        self.columns.push(column);
        Ok(())
    }

    fn values<T>(
        &mut self,
        field: &'static Field,
        cells: Option<&Cells>,
        mut parse: impl FnMut(&str) -> Option<T>,
    ) -> Vec<Option<T>> {
        let Some(cells) = cells else {
            return self.raw.lines.iter().map(|_| None).collect();
        };
        let (problems, dates, words) = (&mut self.problems, &self.dates, &mut self.words);
        let is_word = matches!(field.kind, Kind::Id | Kind::Category(_));
        let lines = self.raw.lines.iter().enumerate();
        lines
            .map(|(index, line)| {
                let text = cells.text(index);
                let nothing = is_null(text) || (!is_word && may_be_null(text));
                if nothing && !matches!(field.kind, Kind::Id) {
                    if text.is_empty() {
                        return None;
                    }
                    let word = (field.name, text.to_owned(), Meaning::Nothing);
                    *words.entry(word).or_default() += 1;
                    return None;
                }
                let value = parse(text);
                if value.is_none() {
                    let problem = Problem {
                        row: *line,
                        column: Some(cells.header.clone()),
                        value: text.to_owned(),
                        expected: field.kind.expected(dates),
                    };
                    problems.push((problem, Some(field.name)));
                }
                value
            })
            .collect()
    }

    /// The lines of rows that do not fit, ascending; an error where they are not to be left out, or
    /// none other is there.
    pub fn bad_lines(&mut self, wanted: &Wanted<'_>, reject: bool) -> Result<Vec<usize>> {
        self.problems.sort_by_key(|(problem, _)| problem.row);
        let deciding: Vec<&Problem> = self
            .problems
            .iter()
            .filter(|problem| decides(problem, wanted))
            .map(|(problem, _)| problem)
            .collect();
        let mut bad: Vec<usize> = deciding.iter().map(|problem| problem.row).collect();
        bad.dedup();
        if !reject && !deciding.is_empty() {
            let total = deciding.len();
            let first = deciding.into_iter().take(LISTED);
            return Err(Error::BadValues {
                file: self.file.clone(),
                problems: first.cloned().collect(),
                total,
            });
        }
        if bad.len() == self.raw.rows_read {
            return Err(none_fits(&self.file, &deciding));
        }
        Ok(bad)
    }

    pub fn finish(
        mut self,
        reading: Reading,
        glance: Glance,
        wanted: &Wanted<'_>,
        bad: &[usize],
    ) -> Result<Loaded> {
        let unit = reading.money().map_or(1.0, Money::unit);
        for column in &mut self.columns {
            if let Some(values) = self.money.remove(column.name().as_str()) {
                let amounts: Float64Chunked = values
                    .into_iter()
                    .map(|value| value.map(|amount| amount * unit))
                    .collect();
                *column = amounts.with_name(column.name().clone()).into_column();
            }
        }
        let own = own::columns(self.raw, glance.decimal);
        self.columns
            .extend(own.iter().filter_map(|own| own.column.clone()));
        let is_kept = |line: &usize| bad.binary_search(line).is_err();
        let keep: BooleanChunked = self.raw.lines.iter().map(|l| Some(is_kept(l))).collect();
        let lines = self.raw.lines.iter().filter(|line| is_kept(line));
        let lines = lines.map(|line| *line as u64).collect();
        let rows = self.raw.lines.len();
        let customers = DataFrame::new(rows, self.columns)?.filter(&keep)?;
        let read = self.raw.rows_read;
        let kept = customers.height();
        let glance = df!(
            "file" => [self.file.display().to_string()],
            "separator" => [self.raw.separator.map(|separator| match separator {
                '\t' => "tab".to_owned(),
                other => other.to_string(),
            })],
            "encoding" => [self.raw.made.clone()],
            "decimal" => [glance.decimal.map(|decimal| decimal.to_string())],
            "dates" => [glance.dates],
            "money" => [glance.money],
            "rows_read" => [read as u64],
            "rows_kept" => [kept as u64],
            "rows_rejected" => [(read - kept) as u64],
        )?;
        let words = || self.words.iter();
        let recoded = df!(
            "column" => words().map(|((column, _, _), _)| *column).collect::<Vec<_>>(),
            "in_file" => words().map(|((_, from, _), _)| from.as_str()).collect::<Vec<_>>(),
            "in_table" => words().map(|((_, from, means), _)| match means {
                Meaning::Known(word) => Some(*word),
                Meaning::Unknown => Some(from.as_str()),
                Meaning::Nothing => None,
            }).collect::<Vec<_>>(),
            "rows" => words().map(|(_, rows)| *rows).collect::<Vec<_>>(),
            "why" => words().map(|((_, _, means), _)| match means {
                Meaning::Known(_) => "another word for it",
                Meaning::Unknown => "not a known word: kept as it is",
                Meaning::Nothing => "counts as nothing",
            }).collect::<Vec<_>>(),
        )?;
        let rejected = self.problems.iter().map(|problem| decides(problem, wanted));
        Ok(Loaded {
            customers,
            rejects: rejects(&self.problems, rejected.collect())?,
            columns: became(self.raw, &own)?,
            recoded,
            glance,
            reading,
            lines,
        })
    }
}

/// Whether a problem decides about its row: that of a column that nobody needs does not.
fn decides((problem, column): &(Problem, Option<&str>), wanted: &Wanted<'_>) -> bool {
    match column {
        Some(column) => wanted.needs(column),
        None => problem.column.is_none(),
    }
}

/// That no row is left, and what most of them have in common.
fn none_fits(file: &Path, problems: &[&Problem]) -> Error {
    let mut counts: BTreeMap<(Option<&str>, &str), (usize, &str)> = BTreeMap::new();
    for problem in problems {
        let what = (problem.column.as_deref(), problem.expected.as_str());
        counts.entry(what).or_insert((0, &problem.value)).0 += 1;
    }
    let most = counts.iter().max_by_key(|(_, (rows, _))| *rows);
    let (found, expected) = match most {
        Some(((column, expected), (rows, value))) => {
            let column = column.map_or(String::new(), |column| format!("in column {column} "));
            (
                format!("no row fits; most often ({rows} rows) {column}there is {value:?}"),
                format!("{expected}; or do without that column"),
            )
        }
        None => ("no row fits".to_owned(), "one customer a row".to_owned()),
    };
    Error::NotATable {
        file: file.to_owned(),
        found,
        expected,
    }
}

/// The table of what became of each column.
fn became(raw: &RawTable, own: &[own::Own]) -> Result<DataFrame> {
    let (mut in_file, mut in_table, mut why) = (Vec::new(), Vec::new(), Vec::new());
    for header in &raw.header {
        let (ours, reason) = match header.place {
            Place::Field { index, renamed } => {
                let name = FIELDS[index].name;
                let reason = match renamed {
                    true => "as you asked",
                    false if name == header.name => "",
                    false => "another name for it",
                };
                (Some(name.to_owned()), reason.to_owned())
            }
            Place::Own(place) => {
                let name = own[place]
                    .column
                    .as_ref()
                    .map(|column| column.name().to_string());
                (name, own[place].why.clone())
            }
            Place::Without => (None, "left out: as you asked".to_owned()),
        };
        in_file.push(Some(header.name.as_str()));
        in_table.push(ours);
        why.push(reason);
    }
    for index in &raw.missing {
        in_file.push(None);
        in_table.push(Some(FIELDS[*index].name.to_owned()));
        why.push("not read from the file: null in every row".into());
    }
    Ok(df!("in_file" => in_file, "in_table" => in_table, "why" => why)?)
}

fn rejects(problems: &[(Problem, Option<&'static str>)], rows: Vec<bool>) -> Result<DataFrame> {
    let of = || problems.iter().map(|(problem, _)| problem);
    let left_out = |row: &bool| if *row { "row" } else { "value" };
    Ok(df!(
        "row" => of().map(|p| p.row as u64).collect::<Vec<_>>(),
        "column" => of().map(|p| p.column.as_deref()).collect::<Vec<_>>(),
        "value" => of().map(|p| p.value.as_str()).collect::<Vec<_>>(),
        "expected" => of().map(|p| p.expected.as_str()).collect::<Vec<_>>(),
        "left_out" => rows.iter().map(left_out).collect::<Vec<_>>(),
    )?)
}
