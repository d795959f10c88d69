//! From the rows of the files to bills and their lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Orders;
use super::file::{Contents, Products};
use super::loader::AmountOf;
use super::products::Rule;
use super::role::Role;
use crate::error::Question;
use crate::table::{column, fingerprint};
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
    let mut rules: BTreeMap<(usize, &str, &str), u64> = BTreeMap::new();
    let mut met = |place: usize, told: (&'static str, &'static str), rows: u64| {
        if rows > 0 {
            *rules.entry((place, told.0, told.1)).or_default() += rows;
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
            if !day.is_some_and(|day| column::DAYS.contains(&day)) {
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
    for (place, rule) in Rule::ALL.into_iter().enumerate() {
        let rows = odd.iter().flatten().filter(|met| **met & rule.bit() != 0);
        met(place, rule.told(), rows.count() as u64);
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
    if shape == Shape::Lines && !has(Role::Bill) {
        let rows = contents.iter().map(|own| own.table.height() as u64).sum();
        met(
            20,
            (
                "lines without the number of a bill",
                "those of a customer at one time are one bill",
            ),
            rows,
        );
    }
    if shape == Shape::Lines && !has(Role::Quantity) {
        let rows = contents.iter().map(|own| own.table.height() as u64).sum();
        met(21, ("lines without a quantity", "one of it"), rows);
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
        (None, true) => decide(&contents, &groups)?,
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
        let number: UInt32Chunked = (first..next).map(Some).collect();
        let mut own_bills = own_bills;
        if has(Role::Bill) {
            let names = own_bills.column("bill")?.cast(&DataType::String)?;
            own_bills = own_bills.drop("bill")?;
            own_bills.with_column(names.with_name("bill_in_file".into()))?;
        }
        own_bills.insert_column(0, number.with_name("bill".into()).into_column())?;
        first = next;
        append(&mut bills, own_bills)?;
        all_lines.extend(own_lines);
    }
    // Where the lists of one file have prices, those of another have none.
    let mut lines: Option<DataFrame> = None;
    let priced =
        ["price", "amount"].map(|name| all_lines.iter().any(|own| own.column(name).is_ok()));
    for mut own in all_lines {
        for (name, _) in ["price", "amount"]
            .into_iter()
            .zip(priced)
            .filter(|(_, has)| *has)
        {
            if own.column(name).is_err() {
                own.with_column(Column::full_null(
                    name.into(),
                    own.height(),
                    &DataType::Float64,
                ))?;
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
    for own in contents {
        problems.extend(
            own.problems
                .into_iter()
                .map(|problem| (own.file.clone(), problem)),
        );
    }
    let rules = df!(
        "found" => rules.keys().map(|(_, found, _)| *found).collect::<Vec<_>>(),
        "rows" => rules.values().copied().collect::<Vec<_>>(),
        "done" => rules.keys().map(|(.., done)| *done).collect::<Vec<_>>(),
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
            let own = || self.problems.iter().filter(|(other, _)| other == file);
            let mut problems: Vec<Problem> = own().map(|(_, problem)| problem.clone()).collect();
            problems.sort_by_key(|problem| problem.row);
            return Err(Error::BadValues {
                file: file.clone(),
                total: problems.len(),
                problems: problems.into_iter().take(listed).collect(),
            });
        }
        let mut problems = self.problems;
        // The sort keeps the files in their order.
        let mut order: HashMap<PathBuf, usize> = HashMap::new();
        for (file, _) in &problems {
            let next = order.len();
            order.entry(file.clone()).or_insert(next);
        }
        problems.sort_by_key(|(file, problem)| (order.get(file).copied(), problem.row));
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
fn leave_out(
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

/// Takes out bills that an earlier file has too, as two exports that overlap have them.
fn twice(
    contents: &mut [Contents],
    lists: &mut [DataFrame],
    odd: &mut [Vec<u16>],
    has_bill: bool,
    in_file: &dyn Fn(Role) -> Option<String>,
) -> Result<()> {
    const DAY: i64 = 86_400_000;
    let mut ranges = Vec::new();
    for own in contents.iter() {
        let time = own.table.column("time")?.cast(&DataType::Int64)?;
        let time = time.i64()?;
        ranges.push(time.min().zip(time.max()));
    }
    // Only where the times of two files overlap can a bill be in both.
    let shared = |file: usize, time: i64| {
        let inside = |range: &Option<(i64, i64)>| {
            range.is_some_and(|(from, to)| (from..=to).contains(&time))
        };
        ranges
            .iter()
            .enumerate()
            .any(|(other, range)| other != file && inside(range))
    };
    let mut first: HashMap<u128, usize, foldhash::fast::RandomState> = HashMap::default();
    let role = if has_bill { Role::Bill } else { Role::Time };
    for file in 0..contents.len() {
        let table = &contents[file].table;
        let names: Vec<&str> = match has_bill {
            true => vec!["bill", "customer", "time"],
            false => table
                .get_column_names()
                .into_iter()
                .map(|name| name.as_str())
                .collect(),
        };
        let named = match has_bill {
            true => table.column("bill")?.is_not_null(),
            false => BooleanChunked::full("named".into(), false, table.height()),
        };
        let times = table.column("time")?.cast(&DataType::Int64)?;
        let times: Vec<i64> = times.i64()?.iter().map(|time| time.unwrap_or(0)).collect();
        if !times.iter().any(|time| shared(file, *time)) {
            continue;
        }
        let keys = fingerprint::of_rows(table, &names)?;
        let mut bad = vec![false; keys.len()];
        let mut found = Vec::new();
        for (row, ((key, time), named)) in keys.into_iter().zip(times).zip(named.iter()).enumerate()
        {
            if !shared(file, time) {
                continue;
            }
            let earlier = *first.entry(key).or_insert(file);
            // Without a clock two bills of a day may well be alike; without its number a bill is nobody's.
            let is_clear = named == Some(true) || (!has_bill && time.rem_euclid(DAY) != 0);
            if earlier != file && is_clear {
                bad[row] = true;
                found.push((row, earlier));
            }
        }
        let shown = table.column(role.name())?.clone();
        for (row, earlier) in found {
            let problem = Problem {
                row: contents[file].rows[row] as usize,
                column: in_file(role),
                value: column::label(&shown, row)?,
                expected: format!(
                    "a bill that {} does not have",
                    contents[earlier].file.display()
                ),
            };
            contents[file].problems.push(problem);
        }
        leave_out(
            &mut contents[file],
            lists.get_mut(file),
            odd.get_mut(file),
            &bad,
        )?;
    }
    Ok(())
}

/// Which rows of a file are one bill.
struct Groups {
    /// The bill of each row, from 0.
    bill: Vec<u32>,
    /// The first row of each bill.
    first: Vec<IdxSize>,
}

impl Groups {
    /// Rows of one bill have the same name and customer; without names, the same customer and time.
    fn of(table: &DataFrame, has_bill: bool) -> Result<Self> {
        let names = if has_bill {
            ["bill", "customer"]
        } else {
            ["customer", "time"]
        };
        let keys = fingerprint::of_rows(table, &names)?;
        // What has neither a name nor a customer is a bill of its own.
        let is_known = table.column(names[0])?.is_not_null();
        let mut seen: HashMap<u128, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut groups = Groups {
            bill: Vec::with_capacity(table.height()),
            first: Vec::new(),
        };
        let mut before = None;
        for (row, (key, is_known)) in keys.into_iter().zip(is_known.iter()).enumerate() {
            let next = groups.first.len() as u32;
            let own = match (is_known, before) {
                (Some(true), Some((last, bill))) if last == key => bill,
                (Some(true), _) => *seen.entry(key).or_insert(next),
                _ => next,
            };
            if own == next {
                groups.first.push(row as IdxSize);
            }
            before = (is_known == Some(true)).then_some((key, own));
            groups.bill.push(own);
        }
        Ok(groups)
    }

    /// A row for each bill, with sums over its rows.
    fn bills(
        &self,
        table: &DataFrame,
        lines: Option<&DataFrame>,
        amount_of: AmountOf,
    ) -> Result<DataFrame> {
        let first = IdxCa::from_vec("first".into(), self.first.clone());
        let mut columns = Vec::new();
        for role in [Role::Bill, Role::Customer, Role::Channel, Role::Centre] {
            if let Ok(column) = table.column(role.name()) {
                columns.push(column.take(&first)?.cast(&DataType::String)?);
            }
        }
        let times = table.column("time")?.cast(&DataType::Int64)?;
        let mut earliest = vec![i64::MAX; self.first.len()];
        for (bill, time) in self.bill.iter().zip(times.i64()?.iter()) {
            if let Some(time) = time {
                let own = &mut earliest[*bill as usize];
                *own = (*own).min(time);
            }
        }
        let time = Column::new("time".into(), earliest);
        columns.push(time.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?);
        if let Some(lines) = lines {
            let mut count = vec![0u32; self.first.len()];
            self.bill.iter().for_each(|bill| count[*bill as usize] += 1);
            columns.push(Column::new("lines".into(), count));
            columns.push(self.sum(lines.column("quantity")?)?);
        } else if let Ok(quantity) = table.column("quantity") {
            columns.push(self.sum(quantity)?);
        }
        columns.push(match (amount_of, lines) {
            (AmountOf::Bill, _) => self.one(table.column("amount")?)?,
            (AmountOf::Line, Some(lines)) => self.sum(lines.column("amount")?)?,
            (AmountOf::Line, None) => self.sum(table.column("amount")?)?,
        });
        for name in ["discount", "paid"] {
            if let Ok(column) = table.column(name) {
                columns.push(match amount_of {
                    AmountOf::Bill => self.one(column)?,
                    AmountOf::Line => self.sum(column)?,
                });
            }
        }
        Ok(DataFrame::new(self.first.len(), columns)?)
    }

    /// What all rows of a bill say, those apart that say nothing.
    fn one(&self, column: &Column) -> Result<Column> {
        let mut own: Vec<Option<f64>> = vec![None; self.first.len()];
        for (row, (bill, value)) in self.bill.iter().zip(column.f64()?.iter()).enumerate() {
            let own = &mut own[*bill as usize];
            match (*own, value) {
                (Some(before), Some(value)) if before != value => {
                    return Err(Error::Value {
                        column: column.name().to_string(),
                        row,
                        value: value.to_string(),
                        expected: format!(
                            "{before} as in the other rows of its bill, of which it is to be"
                        ),
                    });
                }
                (None, value) => *own = value,
                _ => {}
            }
        }
        Ok(Column::new(column.name().clone(), own))
    }

    /// The sum over the rows of each bill; null where none has a value.
    fn sum(&self, column: &Column) -> Result<Column> {
        let mut sums = vec![None; self.first.len()];
        for (bill, value) in self.bill.iter().zip(column.f64()?.iter()) {
            if let Some(value) = value {
                let own = &mut sums[*bill as usize];
                *own = Some(own.unwrap_or(0.0) + value);
            }
        }
        Ok(Column::new(column.name().clone(), sums))
    }
}

/// Whether the amounts are those of lines, by the prices or by what bills with several rows say.
fn decide(contents: &[Contents], groups: &[Option<Groups>]) -> Result<AmountOf> {
    let (mut fit, mut compared) = (0usize, 0usize);
    let (mut alike, mut several) = (0usize, 0usize);
    let mut column = "amount".to_owned();
    for (own, groups) in contents.iter().zip(groups) {
        let Some(groups) = groups else { continue };
        let amount = own.table.column("amount")?.f64()?.rechunk().into_owned();
        if let (Ok(price), Ok(quantity)) = (own.table.column("price"), own.table.column("quantity"))
        {
            let (price, quantity) = (price.f64()?, quantity.f64()?);
            for ((price, quantity), amount) in price.iter().zip(quantity.iter()).zip(amount.iter())
            {
                if let (Some(price), Some(quantity), Some(amount)) = (price, quantity, amount) {
                    compared += 1;
                    fit += usize::from((price * quantity - amount).abs() <= 0.011);
                }
            }
        }
        let mut state: Vec<Option<(u64, bool, bool)>> = vec![None; groups.first.len()];
        for (bill, amount) in groups.bill.iter().zip(amount.iter()) {
            let bits = amount.map_or(u64::MAX, f64::to_bits);
            let own = &mut state[*bill as usize];
            *own = Some(match *own {
                None => (bits, false, true),
                Some((first, _, alike)) => (first, true, alike && first == bits),
            });
        }
        for (_, is_several, is_alike) in state.into_iter().flatten() {
            several += usize::from(is_several);
            alike += usize::from(is_several && is_alike);
        }
        column = own.table.column("amount")?.name().to_string();
    }
    let by_price = compared > 0 && fit as f64 >= 0.9 * compared as f64;
    if by_price || several < 5 || (alike as f64) < 0.9 * several as f64 {
        return Ok(AmountOf::Line);
    }
    Err(Error::Undecided {
        file: contents[0].file.clone(),
        questions: vec![Question {
            column: Some(column),
            kind: None,
            found: format!(
                "of {several} bills with several rows {alike} have the same amount in each: it may be that \
                 of the bill, or that of the line"
            ),
            answer: ".amount_of(AmountOf::Bill) or .amount_of(AmountOf::Line)".into(),
        }],
    })
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
        Column::new("bill".into(), bill),
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
    let (mut count, mut quantity) = (vec![0u32; height], vec![None; height]);
    let mut amount: Vec<Option<f64>> = vec![None; height];
    let own_amount = table.column("amount").is_err();
    let add = |to: &mut Option<f64>, value: Option<f64>| {
        if let Some(value) = value {
            *to = Some(to.unwrap_or(0.0) + value);
        }
    };
    for (bill, pieces) in lines
        .column("bill")?
        .u32()?
        .iter()
        .zip(lines.column("quantity")?.f64()?.iter())
    {
        let Some(row) = bill.map(|bill| (bill - first) as usize) else {
            continue;
        };
        count[row] += 1;
        add(&mut quantity[row], pieces);
    }
    if own_amount && let Ok(amounts) = lines.column("amount") {
        for (bill, value) in lines
            .column("bill")?
            .u32()?
            .iter()
            .zip(amounts.f64()?.iter())
        {
            if let Some(bill) = bill {
                add(&mut amount[(bill - first) as usize], value);
            }
        }
    }
    let mut bills = table.clone();
    bills.with_column(Column::new("lines".into(), count))?;
    bills.with_column(Column::new("quantity".into(), quantity))?;
    if own_amount {
        bills.with_column(Column::new("amount".into(), amount))?;
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
        "first" => column::days(first)?,
        "last" => column::days(last)?,
    )?)
}
