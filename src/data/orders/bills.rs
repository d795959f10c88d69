//! From the rows of the files to bills and their lines.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Orders;
use super::file::{Contents, Products};
use super::groups::{Amounts, Groups};
use super::loader::AmountOf;
use super::products::Rule;
use super::role::Role;
use super::twice::twice;
use crate::table::{calendar, column};
use crate::{Error, Problem, Result};

/// The milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;

/// What a row of the files is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line of a bill.
    Lines,
    /// A bill with a list of products.
    Products,
    /// A bill, or a part of one, without products.
    Totals,
}

/// What is said of the files, by the caller or by all of them together.
#[derive(Clone)]
pub(super) struct Said {
    /// The columns that have a role.
    pub used: Vec<(Role, String)>,
    pub refused: u16,
    pub shape: Shape,
}

/// The column that has a role.
fn in_file(used: &[(Role, String)], role: Role) -> Option<String> {
    let name = used.iter().find(|(own, _)| *own == role);
    name.map(|(_, name)| name.clone())
}

impl Said {
    pub fn has(&self, role: Role) -> bool {
        self.used.iter().any(|(own, _)| *own == role)
    }

    pub fn in_file(&self, role: Role) -> Option<String> {
        in_file(&self.used, role)
    }

    /// Whether several rows may be one bill.
    fn is_grouped(&self) -> bool {
        self.shape == Shape::Lines || (self.shape == Shape::Totals && self.has(Role::Bill))
    }

    /// Whether it is open of what the amounts are.
    pub fn has_amounts_of_rows(&self) -> bool {
        self.is_grouped() && self.has(Role::Amount)
    }
}

/// Rows that fit, and which of them are one bill.
pub(super) struct Rows {
    said: Said,
    contents: Vec<Contents>,
    lists: Vec<DataFrame>,
    odd: Vec<Vec<u16>>,
    groups: Vec<Option<Groups>>,
}

/// Bills and lines, before it is said what becomes of what does not fit.
pub(super) struct Draft {
    pub bills: DataFrame,
    pub lines: DataFrame,
    /// By the number of the file, in the order of its rows.
    pub problems: Vec<(usize, Problem)>,
    /// What was found, in how many rows, and what was done.
    pub rules: Vec<(&'static str, u64, &'static str)>,
    pub files: Vec<OfFile>,
    /// Of each bill the file and the first of its rows; empty where nobody asked.
    pub places: Vec<u64>,
}

/// What is told of a file.
#[derive(Clone)]
pub(super) struct OfFile {
    pub file: PathBuf,
    pub format: String,
    pub dates: Option<String>,
    pub decimal: Option<String>,
    pub rows_read: u64,
    pub rows_kept: u64,
    /// The first day and the last.
    pub days: Option<(i32, i32)>,
}

/// What does not fit by itself leaves with its row; the lists of products are read and their texts go.
pub(super) fn clean(own: &mut Contents, used: &[(Role, String)]) -> Result<()> {
    let mut bad = vec![false; own.table.height()];
    let mut problem =
        |own: &mut Contents, row: usize, role: Role, value: String, expected: String| {
            bad[row] = true;
            own.problems.push(Problem {
                row: own.rows[row] as usize,
                column: in_file(used, role),
                value,
                expected,
            });
        };
    let times = own.table.column("time")?.cast(&DataType::Int64)?;
    for (row, time) in times.i64()?.iter().enumerate() {
        let day = time.map(|time| time.div_euclid(DAY));
        if !day.is_some_and(|day| calendar::DAYS.contains(&day)) {
            let value = match time {
                Some(_) => column::label(own.table.column("time")?, row)?,
                None => String::new(),
            };
            problem(own, row, Role::Time, value, "a day or a moment".into());
        }
    }
    if let (Ok(price), Ok(quantity)) = (own.table.column("price"), own.table.column("quantity")) {
        let amounts = price.f64()? * quantity.f64()?;
        for (row, amount) in amounts.iter().enumerate() {
            if let Some(amount) = amount.filter(|amount| amount.is_infinite()) {
                let expected = "a price that times the quantity is a number".into();
                problem(own, row, Role::Price, amount.to_string(), expected);
            }
        }
    }
    if let Products::Lists(lists) = &mut own.products {
        let problems = std::mem::take(&mut lists.problems);
        for (row, value, expected) in problems {
            problem(own, row, Role::Product, value, expected);
        }
    }
    // A row that the reader of a typed file found fault with is still there.
    let faults: HashSet<u64> = own.problems.iter().map(|p| p.row as u64).collect();
    for (row, line) in own.rows.iter().enumerate() {
        bad[row] |= faults.contains(line);
    }
    let mut products = std::mem::replace(&mut own.products, Products::Nothing);
    match &mut products {
        Products::Lists(lists) => {
            leave_out(own, Some(&mut lists.lines), Some(&mut lists.met), &bad)?
        }
        _ => leave_out(own, None, None, &bad)?,
    }
    own.products = products;
    Ok(())
}

impl Rows {
    /// The rows of all files, each [cleaned](clean) by itself.
    pub fn of(mut contents: Vec<Contents>, said: &Said) -> Result<Self> {
        let mut lists = Vec::new();
        let mut odd: Vec<Vec<u16>> = Vec::new();
        for own in &mut contents {
            if let Products::Lists(own_lists) =
                std::mem::replace(&mut own.products, Products::Nothing)
            {
                lists.push(own_lists.lines);
                odd.push(own_lists.met);
            } else if said.shape == Shape::Products {
                // It has the column, and nothing in it.
                own.table = own.table.drop("product")?;
                let rule = Rule::NoList;
                let height = own.table.height();
                let bad = vec![said.refused & rule.bit() != 0; height];
                for row in (0..height).filter(|row| bad[*row]) {
                    own.problems.push(Problem {
                        row: own.rows[row] as usize,
                        column: said.in_file(Role::Product),
                        value: String::new(),
                        expected: format!("a list of products, not {}", rule.told().0),
                    });
                }
                lists.push(df!(
                    "row" => Vec::<u32>::new(), "product" => Vec::<String>::new(), "quantity" => Vec::<f64>::new(),
                )?);
                odd.push(vec![rule.bit(); height]);
                leave_out(own, lists.last_mut(), odd.last_mut(), &bad)?;
            }
        }
        twice(
            &mut contents,
            &mut lists,
            &mut odd,
            said.has(Role::Bill),
            &|role| said.in_file(role),
        )?;
        let mut groups: Vec<Option<Groups>> = Vec::new();
        for own in &contents {
            groups.push(match said.is_grouped() {
                true => Some(Groups::of(&own.table, said.has(Role::Bill))?),
                false => None,
            });
        }
        Ok(Rows {
            said: said.clone(),
            contents,
            lists,
            odd,
            groups,
        })
    }

    /// Where no row is left, that this is so.
    pub fn are_some(&self) -> Result<()> {
        if self.contents.iter().any(|own| own.table.height() > 0) {
            return Ok(());
        }
        let mut of_files = self.contents.iter().map(|own| own.problems.iter());
        let first = of_files.find_map(|own| own.min_by_key(|problem| problem.row));
        Err(none_fits(&self.contents[0].decisions.file, first))
    }

    /// Of what the amounts of the rows seem to be.
    pub fn amounts(&self, amounts: &mut Amounts) -> Result<()> {
        for (own, groups) in self.contents.iter().zip(&self.groups) {
            if let Some(groups) = groups {
                amounts.count(&own.table, groups)?;
            }
        }
        Ok(())
    }

    /// The bills and their lines, numbered in the order of the files; and where each stands, if that is asked for.
    pub fn draft(self, amount_of: AmountOf, with_places: bool) -> Result<Draft> {
        let Rows {
            said,
            mut contents,
            lists,
            odd,
            groups,
        } = self;
        let shape = said.shape;
        if amount_of == AmountOf::Line && !with_places {
            // Nobody will ask where a row stood.
            contents.iter_mut().for_each(|own| own.rows = Vec::new());
        }
        let rows: u64 = contents.iter().map(|own| own.table.height() as u64).sum();
        let met = |rule: &Rule| {
            let rows = odd.iter().flatten().filter(|met| **met & rule.bit() != 0);
            let (found, done) = rule.told();
            (found, rows.count() as u64, done)
        };
        let mut rules: Vec<(&str, u64, &str)> = Rule::ALL.iter().map(met).collect();
        if shape == Shape::Lines && !said.has(Role::Bill) {
            let found = "lines without the number of a bill";
            rules.push((found, rows, "those of a customer at one time are one bill"));
        }
        if shape == Shape::Lines && !said.has(Role::Quantity) {
            rules.push(("lines without a quantity", rows, "one of it"));
        }

        let mut bills: Option<DataFrame> = None;
        let mut all_lines: Vec<DataFrame> = Vec::new();
        let mut first = 0u32;
        for (place, own) in contents.iter().enumerate() {
            let table = &own.table;
            let (own_bills, own_lines) = match (&groups[place], shape) {
                (Some(groups), Shape::Lines) => {
                    let lines = lines_of(table, &groups.bill, first, amount_of)?;
                    let bills = groups.bills(table, Some(&lines), amount_of);
                    (
                        bills.map_err(|error| of_file(error, own, &said))?,
                        Some(lines),
                    )
                }
                (Some(groups), _) => {
                    let bills = groups.bills(table, None, amount_of);
                    (bills.map_err(|error| of_file(error, own, &said))?, None)
                }
                (None, Shape::Products) => {
                    let lines = listed(&lists[place], first)?;
                    (listed_bills(table, &lines, first)?, Some(lines))
                }
                (None, _) => (table.clone(), None),
            };
            let height = own_bills.height() as u32;
            let next = first.checked_add(height).ok_or_else(|| Error::Parameter {
                name: "files",
                value: "more than 4,294,967,295 bills".into(),
                expected: "fewer at a time".into(),
            })?;
            let number = UInt32Chunked::from_vec("bill".into(), (first..next).collect());
            let mut own_bills = own_bills;
            if said.has(Role::Bill) {
                let names = own_bills.column("bill")?.cast(&DataType::String)?;
                own_bills = own_bills.drop("bill")?;
                own_bills.with_column(names.with_name("bill_in_file".into()))?;
            }
            own_bills.insert_column(0, number.into_column())?;
            first = next;
            column::append(&mut bills, own_bills)?;
            all_lines.extend(own_lines);
        }
        // Where the lists of one file have prices, those of another have none.
        let mut lines: Option<DataFrame> = None;
        let priced = ["price", "amount"]
            .into_iter()
            .filter(|name| all_lines.iter().any(|own| own.column(name).is_ok()));
        let priced: Vec<&str> = priced.collect();
        for mut own in all_lines {
            for name in &priced {
                if own.column(name).is_err() {
                    let nothing =
                        Column::full_null((*name).into(), own.height(), &DataType::Float64);
                    own.with_column(nothing)?;
                }
            }
            let names: Vec<PlSmallStr> = match &lines {
                Some(lines) => lines.get_column_names_owned(),
                None => own.get_column_names_owned(),
            };
            column::append(&mut lines, own.select(names)?)?;
        }
        let bills = arranged(bills.unwrap_or_default())?;
        let lines = match lines {
            Some(lines) => lines,
            None => df!(
                "bill" => Vec::<u32>::new(), "product" => Vec::<String>::new(), "quantity" => Vec::<f64>::new(),
            )?,
        };

        let mut places = Vec::new();
        for (file, own) in contents.iter().enumerate().filter(|_| with_places) {
            let of = |row: &u64| ((file as u64) << 40) | *row;
            match &groups[file] {
                Some(groups) => places.extend(groups.first_of(&own.rows).iter().map(of)),
                None => places.extend(own.rows.iter().map(of)),
            }
        }
        let (mut problems, mut files) = (Vec::new(), Vec::new());
        for (file, mut own) in contents.into_iter().enumerate() {
            files.push(OfFile::of(&own)?);
            own.problems.sort_by_key(|problem| problem.row);
            problems.extend(own.problems.into_iter().map(|problem| (file, problem)));
        }
        Ok(Draft {
            bills,
            lines,
            problems,
            rules,
            files,
            places,
        })
    }
}

impl Draft {
    /// The orders, or an error where something does not fit and rows are not to be left out.
    pub fn finish(self, reject: bool, listed: usize, columns: DataFrame) -> Result<Orders> {
        let rejects = rejects(&self.problems, &self.files, reject, listed)?;
        Ok(Orders {
            bills: self.bills,
            lines: self.lines,
            rejects,
            columns,
            rules: rules(&self.rules)?,
            glance: glance(&self.files)?,
        })
    }
}

/// What does not fit as a table, or as an error where rows are not to be left out.
pub(super) fn rejects(
    problems: &[(usize, Problem)],
    files: &[OfFile],
    reject: bool,
    listed: usize,
) -> Result<DataFrame> {
    if let (false, Some((file, _))) = (reject, problems.first()) {
        let own = problems.iter().filter(|(other, _)| other == file);
        let own: Vec<Problem> = own.map(|(_, problem)| problem.clone()).collect();
        return Err(Error::BadValues {
            file: files[*file].file.clone(),
            total: own.len(),
            problems: own.into_iter().take(listed).collect(),
        });
    }
    let of = || problems.iter().map(|(_, problem)| problem);
    Ok(df!(
        "file" => problems.iter().map(|(file, _)| files[*file].file.display().to_string()).collect::<Vec<_>>(),
        "row" => of().map(|problem| problem.row as u64).collect::<Vec<_>>(),
        "column" => of().map(|problem| problem.column.as_deref()).collect::<Vec<_>>(),
        "value" => of().map(|problem| problem.value.as_str()).collect::<Vec<_>>(),
        "expected" => of().map(|problem| problem.expected.as_str()).collect::<Vec<_>>(),
    )?)
}

/// The rules that were needed.
pub(super) fn rules(rules: &[(&str, u64, &str)]) -> Result<DataFrame> {
    let met = || rules.iter().filter(|rule| rule.1 > 0);
    Ok(df!(
        "found" => met().map(|rule| rule.0).collect::<Vec<_>>(),
        "rows" => met().map(|rule| rule.1).collect::<Vec<_>>(),
        "done" => met().map(|rule| rule.2).collect::<Vec<_>>(),
    )?)
}

/// An error about a value of the rows, by where it stands in the file.
fn of_file(error: Error, own: &Contents, said: &Said) -> Error {
    match error {
        Error::Value {
            column,
            row,
            value,
            expected,
        } => {
            let role = said.used.iter().find(|(role, _)| role.name() == column);
            Error::BadValues {
                file: own.decisions.file.clone(),
                total: 1,
                problems: vec![Problem {
                    row: own.rows.get(row).copied().unwrap_or(0) as usize,
                    column: Some(role.map_or(column, |(_, name)| name.clone())),
                    value,
                    expected,
                }],
            }
        }
        other => other,
    }
}

/// That there are no bills at all.
pub(super) fn none_fits(file: &Path, first: Option<&Problem>) -> Error {
    Error::NotATable {
        file: file.to_owned(),
        found: match first {
            Some(problem) => format!("no row fits; the first has {problem}"),
            None => "there is no row".into(),
        },
        expected: "bills".into(),
    }
}

/// The shape that all files have, by whether their products are lists; `None` where there are none.
pub(super) fn shape<'a>(
    are_lists: impl IntoIterator<Item = (Option<bool>, &'a Path)>,
    has_product: bool,
) -> Result<Shape> {
    if !has_product {
        return Ok(Shape::Totals);
    }
    let shapes: Vec<(bool, &Path)> = are_lists
        .into_iter()
        .filter_map(|(is_list, file)| Some((is_list?, file)))
        .collect();
    // A column of products in which nothing stands anywhere is none.
    let Some((is_list, first)) = shapes.first().copied() else {
        return Ok(Shape::Totals);
    };
    let words = |is_list| match is_list {
        true => "lists of products",
        false => "one product in each row",
    };
    if let Some((_, file)) = shapes.iter().find(|(other, _)| *other != is_list) {
        return Err(Error::NotATable {
            file: (*file).to_owned(),
            found: words(!is_list).into(),
            expected: format!("{}, as in {}", words(is_list), first.display()),
        });
    }
    Ok(match is_list {
        true => Shape::Products,
        false => Shape::Lines,
    })
}

/// Takes rows out of the contents of a file, and their lines.
pub(super) fn leave_out(
    own: &mut Contents,
    lines: Option<&mut DataFrame>,
    odd: Option<&mut Vec<u16>>,
    bad: &[bool],
) -> Result<()> {
    if !bad.contains(&true) {
        return Ok(());
    }
    let mask: BooleanChunked = bad.iter().map(|bad| Some(!bad)).collect();
    own.table = own.table.filter(&mask)?;
    let mut each = bad.iter();
    own.rows.retain(|_| !each.next().copied().unwrap_or(false));
    if let Some(odd) = odd {
        let mut each = bad.iter();
        odd.retain(|_| !each.next().copied().unwrap_or(false));
    }
    if let Some(lines) = lines {
        // The lines count the rows that are left.
        let mut left = 0;
        let places = bad.iter().map(|bad| {
            let place = left;
            left += u32::from(!bad);
            (!bad).then_some(place)
        });
        let places: Vec<Option<u32>> = places.collect();
        let rows = lines.column("row")?.u32()?;
        let place = |row: u32| places.get(row as usize).copied().flatten();
        let rows: UInt32Chunked = rows.iter().map(|row| row.and_then(place)).collect();
        let kept = rows.is_not_null();
        lines.with_column(rows.with_name("row".into()).into_column())?;
        *lines = lines.filter(&kept)?;
    }
    Ok(())
}

/// The lines of a file in which each row is one.
fn lines_of(table: &DataFrame, bill: &[u32], first: u32, amount_of: AmountOf) -> Result<DataFrame> {
    let height = table.height();
    let bill: Vec<u32> = bill.iter().map(|bill| first + bill).collect();
    let quantity = match table.column("quantity") {
        Ok(quantity) => quantity.clone(),
        Err(_) => Column::new("quantity".into(), vec![1.0; height]),
    };
    let mut columns = vec![
        UInt32Chunked::from_vec("bill".into(), bill).into_column(),
        table.column("product")?.clone(),
        quantity.clone(),
    ];
    let price = table.column("price").ok().cloned();
    let amount = match (table.column("amount"), &price) {
        (Ok(amount), _) if amount_of == AmountOf::Line => Some(amount.clone()),
        (_, Some(price)) => {
            let amounts = price.f64()? * quantity.f64()?;
            Some(amounts.with_name("amount".into()).into_column())
        }
        _ => None,
    };
    columns.extend(price);
    columns.extend(amount);
    Ok(DataFrame::new(height, columns)?)
}

/// The lines of lists of products.
fn listed(lists: &DataFrame, first: u32) -> Result<DataFrame> {
    let bill: UInt32Chunked = lists
        .column("row")?
        .u32()?
        .iter()
        .map(|row| row.map(|row| first + row))
        .collect();
    let mut lines = lists.drop("row")?;
    lines.insert_column(0, bill.with_name("bill".into()).into_column())?;
    if let Ok(price) = lines.column("price") {
        let amounts = price.f64()? * lines.column("quantity")?.f64()?;
        lines.with_column(amounts.with_name("amount".into()).into_column())?;
    }
    Ok(lines)
}

/// The bills of a file in which each row has a list.
fn listed_bills(table: &DataFrame, lines: &DataFrame, first: u32) -> Result<DataFrame> {
    let height = table.height();
    let of = lines.column("bill")?.u32()?.iter();
    let of: Vec<u32> = of.flatten().map(|bill| bill - first).collect();
    let mut count = vec![0u32; height];
    of.iter().for_each(|row| count[*row as usize] += 1);
    let sums = |name: &str| -> Result<Column> {
        let values = lines.column(name)?.f64()?.iter();
        Ok(Column::new(name.into(), column::sums(&of, height, values)))
    };
    let mut bills = table.clone();
    bills.with_column(Column::new("lines".into(), count))?;
    bills.with_column(sums("quantity")?)?;
    if table.column("amount").is_err() {
        bills.with_column(match lines.column("amount") {
            Ok(_) => sums("amount")?,
            Err(_) => Column::full_null("amount".into(), height, &DataType::Float64),
        })?;
    }
    Ok(bills)
}

/// The columns in the order in which they are described.
fn arranged(bills: DataFrame) -> Result<DataFrame> {
    const ORDER: [&str; 11] = [
        "bill",
        "bill_in_file",
        "customer",
        "time",
        "lines",
        "quantity",
        "amount",
        "discount",
        "paid",
        "channel",
        "centre",
    ];
    let there = ORDER.into_iter().filter(|name| bills.column(name).is_ok());
    Ok(bills.select(there)?)
}

impl OfFile {
    pub fn of(own: &Contents) -> Result<Self> {
        let days = own.table.column("time")?.cast(&DataType::Date)?;
        let days = days.date()?.physical();
        let how = &own.decisions;
        let by = how.decided_by.as_deref();
        let by = by.map_or(String::new(), |by| format!(", as in {}", by.display()));
        Ok(OfFile {
            file: how.file.clone(),
            format: how.format.clone(),
            dates: (!how.dates.is_empty()).then(|| format!("{}{by}", how.dates)),
            decimal: how.decimal.map(|sign| sign.to_string()),
            rows_read: own.rows_read,
            rows_kept: own.table.height() as u64,
            days: days.min().zip(days.max()),
        })
    }
}

/// One row for each file.
pub(super) fn glance(files: &[OfFile]) -> Result<DataFrame> {
    let each = || files.iter();
    let first: Vec<Option<i32>> = each().map(|own| own.days.map(|days| days.0)).collect();
    let last: Vec<Option<i32>> = each().map(|own| own.days.map(|days| days.1)).collect();
    Ok(df!(
        "file" => each().map(|own| own.file.display().to_string()).collect::<Vec<_>>(),
        "format" => each().map(|own| own.format.as_str()).collect::<Vec<_>>(),
        "dates" => each().map(|own| own.dates.as_deref()).collect::<Vec<_>>(),
        "decimal" => each().map(|own| own.decimal.as_deref()).collect::<Vec<_>>(),
        "rows_read" => each().map(|own| own.rows_read).collect::<Vec<_>>(),
        "rows_rejected" => each().map(|own| own.rows_read - own.rows_kept).collect::<Vec<_>>(),
        "rows_kept" => each().map(|own| own.rows_kept).collect::<Vec<_>>(),
        "first" => calendar::days(first)?,
        "last" => calendar::days(last)?,
    )?)
}
