//! From the rows of the files to bills and their lines.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Orders;
use super::file::{Contents, Products};
use super::groups::{Groups, decide};
use super::loader::AmountOf;
use super::products::Rule;
use super::role::Role;
use super::twice::twice;
use crate::table::{calendar, column};
use crate::{Error, Problem, Result};

/// What a row of the files is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A line of a bill.
    Lines,
    /// A bill with a list of products.
    Products,
    /// A bill, or a part of one, without products.
    Totals,
}

/// Bills and lines, before it is said what becomes of what does not fit.
pub(super) struct Draft {
    bills: DataFrame,
    lines: DataFrame,
    /// In the order of the files and their rows.
    problems: Vec<(PathBuf, Problem)>,
    rules: DataFrame,
    glance: DataFrame,
}

/// The bills of all files, numbered in their order.
pub(super) fn orders(
    mut contents: Vec<Contents>,
    used: &[(Role, String)],
    refused: u16,
    amount_of: Option<AmountOf>,
) -> Result<Draft> {
    let has = |role: Role| used.iter().any(|(own, _)| *own == role);
    let in_file = |role: Role| {
        let name = used.iter().find(|(own, _)| *own == role);
        name.map(|(_, name)| name.clone())
    };
    let shape = shape(&contents, has(Role::Product))?;
    let mut rules: Vec<(&str, u64, &str)> = Vec::new();
    let mut met = |(found, done): (&'static str, &'static str), rows: u64| {
        if rows > 0 {
            rules.push((found, rows, done));
        }
    };

    // What does not fit leaves with its row; the lists of products are read and their texts go.
    let mut lists = Vec::new();
    let mut odd: Vec<Vec<u16>> = Vec::new();
    for own in &mut contents {
        let mut bad = vec![false; own.table.height()];
        let mut problem =
            |own: &mut Contents, row: usize, role: Role, value: String, expected: String| {
                bad[row] = true;
                own.problems.push(Problem {
                    row: own.rows[row] as usize,
                    column: in_file(role),
                    value,
                    expected,
                });
            };
        let times = own.table.column("time")?.cast(&DataType::Int64)?;
        for (row, time) in times.i64()?.iter().enumerate() {
            let day = time.map(|time| time.div_euclid(86_400_000));
            if !day.is_some_and(|day| calendar::DAYS.contains(&day)) {
                let value = match time {
                    Some(_) => column::label(own.table.column("time")?, row)?,
                    None => String::new(),
                };
                problem(own, row, Role::Time, value, "a day or a moment".into());
            }
        }
        if let Products::Lists(own_lists) = std::mem::replace(&mut own.products, Products::Nothing)
        {
            for (row, value, expected) in own_lists.problems {
                problem(own, row, Role::Product, value, expected);
            }
            lists.push(own_lists.lines);
            odd.push(own_lists.met);
        } else if shape == Shape::Products {
            // It has the column, and nothing in it.
            own.table = own.table.drop("product")?;
            let rule = Rule::NoList;
            for row in 0..own.table.height() {
                if refused & rule.bit() != 0 {
                    let expected = format!("a list of products, not {}", rule.told().0);
                    problem(own, row, Role::Product, String::new(), expected);
                }
            }
            lists.push(df!(
                "row" => Vec::<u32>::new(), "product" => Vec::<String>::new(), "quantity" => Vec::<f64>::new(),
            )?);
            odd.push(vec![rule.bit(); own.table.height()]);
        }
        // A row that the reader of a typed file found fault with is still there.
        let faults: HashSet<u64> = own.problems.iter().map(|p| p.row as u64).collect();
        for (row, line) in own.rows.iter().enumerate() {
            bad[row] |= faults.contains(line);
        }
        leave_out(own, lists.last_mut(), odd.last_mut(), &bad)?;
    }
    twice(
        &mut contents,
        &mut lists,
        &mut odd,
        has(Role::Bill),
        &in_file,
    )?;
    for rule in Rule::ALL {
        let rows = odd.iter().flatten().filter(|met| **met & rule.bit() != 0);
        met(rule.told(), rows.count() as u64);
    }
    // Where a row stood is told by now.
    contents.iter_mut().for_each(|own| own.rows = Vec::new());
    if contents.iter().all(|own| own.table.height() == 0) {
        let first = contents.iter().flat_map(|own| &own.problems).next();
        return Err(Error::NotATable {
            file: contents[0].file.clone(),
            found: match first {
                Some(problem) => format!("no row fits; the first has {problem}"),
                None => "there is no row".into(),
            },
            expected: "bills".into(),
        });
    }

    let grouped = shape == Shape::Lines || (shape == Shape::Totals && has(Role::Bill));
    let mut groups: Vec<Option<Groups>> = Vec::new();
    for own in &contents {
        groups.push(match grouped {
            true => Some(Groups::of(&own.table, has(Role::Bill))?),
            false => None,
        });
    }
    let rows: u64 = contents.iter().map(|own| own.table.height() as u64).sum();
    if shape == Shape::Lines && !has(Role::Bill) {
        let found = "lines without the number of a bill";
        met(
            (found, "those of a customer at one time are one bill"),
            rows,
        );
    }
    if shape == Shape::Lines && !has(Role::Quantity) {
        met(("lines without a quantity", "one of it"), rows);
    }
    let amount_of = match (amount_of, grouped && has(Role::Amount)) {
        (Some(AmountOf::Bill), false) => {
            return Err(Error::Parameter {
                name: "amount_of",
                value: "AmountOf::Bill".into(),
                expected: "bills with several rows, each with an amount".into(),
            });
        }
        (Some(said), _) => said,
        (None, true) => decide(&contents, &groups, in_file(Role::Amount))?,
        _ => AmountOf::Line,
    };

    let mut bills: Option<DataFrame> = None;
    let mut all_lines: Vec<DataFrame> = Vec::new();
    let mut first = 0u32;
    for (place, own) in contents.iter().enumerate() {
        let table = &own.table;
        let (own_bills, own_lines) = match (&groups[place], shape) {
            (Some(groups), Shape::Lines) => {
                let lines = lines_of(table, &groups.bill, first, amount_of)?;
                (groups.bills(table, Some(&lines), amount_of)?, Some(lines))
            }
            (Some(groups), _) => (groups.bills(table, None, amount_of)?, None),
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
        if has(Role::Bill) {
            let names = own_bills.column("bill")?.cast(&DataType::String)?;
            own_bills = own_bills.drop("bill")?;
            own_bills.with_column(names.with_name("bill_in_file".into()))?;
        }
        own_bills.insert_column(0, number.into_column())?;
        first = next;
        append(&mut bills, own_bills)?;
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
                let nothing = Column::full_null((*name).into(), own.height(), &DataType::Float64);
                own.with_column(nothing)?;
            }
        }
        let names: Vec<PlSmallStr> = match &lines {
            Some(lines) => lines.get_column_names_owned(),
            None => own.get_column_names_owned(),
        };
        append(&mut lines, own.select(names)?)?;
    }
    let bills = arranged(bills.unwrap_or_default())?;
    let lines = match lines {
        Some(lines) => lines,
        None => df!(
            "bill" => Vec::<u32>::new(), "product" => Vec::<String>::new(), "quantity" => Vec::<f64>::new(),
        )?,
    };

    let glance = glance(&contents)?;
    let mut problems = Vec::new();
    for mut own in contents {
        own.problems.sort_by_key(|problem| problem.row);
        let of_file = own.problems.into_iter();
        problems.extend(of_file.map(|problem| (own.file.clone(), problem)));
    }
    let rules = df!(
        "found" => rules.iter().map(|rule| rule.0).collect::<Vec<_>>(),
        "rows" => rules.iter().map(|rule| rule.1).collect::<Vec<_>>(),
        "done" => rules.iter().map(|rule| rule.2).collect::<Vec<_>>(),
    )?;
    Ok(Draft {
        bills,
        lines,
        problems,
        rules,
        glance,
    })
}

impl Draft {
    /// The orders, or an error where something does not fit and rows are not to be left out.
    pub fn finish(self, reject: bool, listed: usize, columns: DataFrame) -> Result<Orders> {
        if let (false, Some((file, _))) = (reject, self.problems.first()) {
            let own = self.problems.iter().filter(|(other, _)| other == file);
            let own: Vec<Problem> = own.map(|(_, problem)| problem.clone()).collect();
            return Err(Error::BadValues {
                file: file.clone(),
                total: own.len(),
                problems: own.into_iter().take(listed).collect(),
            });
        }
        let problems = self.problems;
        let of = || problems.iter().map(|(_, problem)| problem);
        let rejects = df!(
            "file" => problems.iter().map(|(file, _)| file.display().to_string()).collect::<Vec<_>>(),
            "row" => of().map(|problem| problem.row as u64).collect::<Vec<_>>(),
            "column" => of().map(|problem| problem.column.as_deref()).collect::<Vec<_>>(),
            "value" => of().map(|problem| problem.value.as_str()).collect::<Vec<_>>(),
            "expected" => of().map(|problem| problem.expected.as_str()).collect::<Vec<_>>(),
        )?;
        Ok(Orders {
            bills: self.bills,
            lines: self.lines,
            rejects,
            columns,
            rules: self.rules,
            glance: self.glance,
        })
    }
}

/// The shape that all files have.
fn shape(contents: &[Contents], has_product: bool) -> Result<Shape> {
    if !has_product {
        return Ok(Shape::Totals);
    }
    let shapes: Vec<(bool, &PathBuf)> = contents
        .iter()
        .filter_map(|own| match own.products {
            Products::Nothing => None,
            Products::Words => Some((false, &own.file)),
            Products::Lists(_) => Some((true, &own.file)),
        })
        .collect();
    // A column of products in which nothing stands anywhere is none.
    let Some(is_list) = shapes.first().map(|(is_list, _)| *is_list) else {
        return Ok(Shape::Totals);
    };
    let words = |is_list| match is_list {
        true => "lists of products",
        false => "one product in each row",
    };
    if let Some((_, file)) = shapes.iter().find(|(other, _)| *other != is_list) {
        return Err(Error::NotATable {
            file: (*file).clone(),
            found: words(!is_list).into(),
            expected: format!("{}, as in {}", words(is_list), shapes[0].1.display()),
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

fn append(to: &mut Option<DataFrame>, table: DataFrame) -> Result<()> {
    match to {
        Some(all) => {
            all.vstack_mut_owned(table)?;
        }
        None => *to = Some(table),
    }
    Ok(())
}

/// One row for each file.
fn glance(contents: &[Contents]) -> Result<DataFrame> {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for own in contents {
        let time = own
            .table
            .column("time")?
            .cast(&DataType::Date)?
            .cast(&DataType::Int32)?;
        first.push(time.i32()?.min());
        last.push(time.i32()?.max());
    }
    let each = || contents.iter();
    let shown = |file: &Path| file.display().to_string();
    let dates = each().map(|own| {
        let by = own
            .decided_by
            .as_deref()
            .map_or(String::new(), |by| format!(", as in {}", shown(by)));
        (!own.dates.is_empty()).then(|| format!("{}{by}", own.dates))
    });
    let kept: Vec<u64> = each().map(|own| own.table.height() as u64).collect();
    Ok(df!(
        "file" => each().map(|own| shown(&own.file)).collect::<Vec<_>>(),
        "format" => each().map(|own| own.format.as_str()).collect::<Vec<_>>(),
        "dates" => dates.collect::<Vec<_>>(),
        "decimal" => each().map(|own| own.decimal.map(|sign| sign.to_string())).collect::<Vec<_>>(),
        "rows_read" => each().map(|own| own.rows_read).collect::<Vec<_>>(),
        "rows_rejected" => each().zip(&kept).map(|(own, kept)| own.rows_read - kept).collect::<Vec<_>>(),
        "rows_kept" => kept.clone(),
        "first" => calendar::days(first)?,
        "last" => calendar::days(last)?,
    )?)
}
