//! What is wrong with these bills?

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;
use rayon::prelude::*;

use super::share;
use crate::Result;
use crate::data::orders::{self, Orders, Parts};
use crate::progress::Progress;
use crate::table::{calendar, column, fingerprint};

/// A sheet has 1,048,576 rows in newer programs, 65,536 in older ones; one is the header.
const SHEETS: [u64; 2] = [1_048_575, 65_535];
/// An amount that is off by more than this share of the sum of its lines is another one.
const OFF: f64 = 0.01;

/// What is odd about the bills, or may not be meant as it stands?
///
/// One row for each rule that can be looked at: `rule`, `rows`, `of` (`bills`, `lines` or the name of a file),
/// `share`, `why` it matters. Whether an amount is the sum of its lines is told by their own amounts, or where
/// they have none, by the usual price of each product ([`orders::prices`]), for bills whose products all have
/// one.
///
/// # Errors
/// None but those of polars, where the tables are those of [`orders::load`].
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-quality-bills-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("lines.csv");
/// std::fs::write(&file, "invoice,customer,date,product,quantity,price\n\
///     1,Ann,2021-03-04,tea,2,15\n1,Ann,2021-03-04,tea,2,15\n2,,2021-03-05,jam,-1,4\n").unwrap();
/// let found = quality::bills(&orders::load([&file])?)?;
/// let rows = |rule: &str| -> Option<u64> {
///     let place = found.column("rule").unwrap().str().unwrap().iter().position(|own| own == Some(rule))?;
///     found.column("rows").unwrap().u64().unwrap().get(place)
/// };
/// assert_eq!(rows("no customer"), Some(1));
/// assert_eq!(rows("amount below 0"), Some(1));
/// assert_eq!(rows("product twice on a bill"), Some(1));
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn bills(orders: &Orders) -> Result<DataFrame> {
    let mut found = found(orders, orders.lines.height() > 0, None)?;
    if let Some(own) = found.iter_mut().find(|own| own.rule == NUMBER_AGAIN) {
        own.rows = numbers_again(&orders.bills)?;
    }
    found.extend(full_sheets(&orders.glance)?);
    listed(&found)
}

/// The same of bills that do not fit into memory.
///
/// # Errors
/// [`Error::Read`](crate::Error::Read) where the parts are gone.
pub fn bills_in_parts(parts: &Parts) -> Result<DataFrame> {
    let mut found: Vec<Found> = Vec::new();
    let mut prices = None;
    let progress = Progress::new("parts of what is odd", parts.count());
    for part in 0..parts.count() {
        let orders = parts.orders(part)?;
        if orders.lines.column("amount").is_err() && parts.has_lines() && prices.is_none() {
            prices = Some(parts.prices()?);
        }
        for own in self::found(&orders, parts.has_lines(), prices.as_ref())? {
            match found.iter_mut().find(|all| all.rule == own.rule) {
                Some(all) => {
                    all.rows += own.rows;
                    all.among += own.among;
                }
                None => found.push(own),
            }
        }
        progress.tick()?;
    }
    if let Some(own) = found.iter_mut().find(|own| own.rule == NUMBER_AGAIN) {
        own.rows = parts.numbers_again()?.unwrap_or(0);
    }
    found.extend(full_sheets(&parts.glance)?);
    listed(&found)
}

/// What a rule found.
struct Found {
    rule: &'static str,
    rows: u64,
    /// So many were looked at.
    among: u64,
    of: String,
    why: &'static str,
}

const NUMBER_AGAIN: &str = "number of a bill used again";

/// What is odd about some bills. How many numbers are used again is left to the caller.
fn found(orders: &Orders, has_lines: bool, prices: Option<&DataFrame>) -> Result<Vec<Found>> {
    let (bills, lines) = (&orders.bills, &orders.lines);
    let mut found: Vec<Found> = Vec::new();
    let nulls = |table: &DataFrame, name: &str| -> Result<u64> {
        Ok(column::find(table, name)?.null_count() as u64)
    };
    let count = |table: &DataFrame, name: &str, is: &dyn Fn(f64) -> bool| -> Result<u64> {
        let values = column::find(table, name)?.f64()?.clone();
        Ok(values.iter().flatten().filter(|value| is(*value)).count() as u64)
    };
    let mut of = |rule: &'static str, rows: u64, what: &str, why: &'static str| {
        let table = if what == "lines" { lines } else { bills };
        found.push(Found {
            rule,
            rows,
            among: table.height() as u64,
            of: what.to_owned(),
            why,
        });
    };
    of(
        "no customer",
        nulls(bills, "customer")?,
        "bills",
        "they belong to nobody: no view has them",
    );
    of(
        "no amount",
        nulls(bills, "amount")?,
        "bills",
        "sums are without them",
    );
    of(
        "amount 0",
        count(bills, "amount", &|amount| amount == 0.0)?,
        "bills",
        "gifts, or prices that are missing",
    );
    of(
        "amount below 0",
        count(bills, "amount", &|amount| amount < 0.0)?,
        "bills",
        "returns and cancellations: they are visits that nobody paid for",
    );
    of(
        "the same bill again",
        again(bills)?,
        "bills",
        "alike in everything: written twice, or bought twice",
    );
    if bills.column("bill_in_file").is_ok() {
        of(
            NUMBER_AGAIN,
            0,
            "bills",
            "another customer, or another file, has a bill of that number",
        );
    }
    if has_lines {
        of(
            "quantity below 0",
            count(lines, "quantity", &|pieces| pieces < 0.0)?,
            "lines",
            "returns",
        );
        of(
            "quantity 0",
            count(lines, "quantity", &|pieces| pieces == 0.0)?,
            "lines",
            "they sell nothing",
        );
        if lines.column("price").is_ok() {
            of(
                "price 0",
                count(lines, "price", &|price| price == 0.0)?,
                "lines",
                "gifts, or prices that are missing",
            );
            of(
                "price below 0",
                count(lines, "price", &|price| price < 0.0)?,
                "lines",
                "corrections of the books, no sale",
            );
        }
        of(
            "product twice on a bill",
            twice(lines)?,
            "lines",
            "scanned one by one, or written twice",
        );
        let none = bills.column("lines")?.u32()?.iter();
        of(
            "no lines",
            none.filter(|lines| *lines == Some(0)).count() as u64,
            "bills",
            "an amount, and nobody knows for what",
        );
        of(
            "amount is not the sum of its lines",
            not_the_sum(bills, lines, prices)?,
            "bills",
            "a discount inside the amount, a typing error, or a price that changed",
        );
    }
    Ok(found)
}

/// Files that are as long as a sheet can be.
fn full_sheets(glance: &DataFrame) -> Result<Vec<Found>> {
    let (files, rows) = (
        glance.column("file")?.str()?,
        glance.column("rows_read")?.u64()?,
    );
    let full = |(file, rows): (Option<&str>, Option<u64>)| {
        let rows = rows.filter(|rows| SHEETS.contains(rows))?;
        Some(Found {
            rule: "as many rows as a sheet can hold",
            rows,
            among: rows,
            of: file?.to_owned(),
            why: "the program that wrote the file stopped there: the rest is missing",
        })
    };
    Ok(files.iter().zip(rows.iter()).filter_map(full).collect())
}

fn listed(found: &[Found]) -> Result<DataFrame> {
    Ok(df!(
        "rule" => found.iter().map(|own| own.rule).collect::<Vec<_>>(),
        "rows" => found.iter().map(|own| own.rows).collect::<Vec<_>>(),
        "of" => found.iter().map(|own| own.of.as_str()).collect::<Vec<_>>(),
        "share" => found.iter().map(|own| share(own.rows, own.among as usize)).collect::<Vec<_>>(),
        "why" => found.iter().map(|own| own.why).collect::<Vec<_>>(),
    )?)
}

/// From when to when are there no bills, where there should be some?
///
/// One row for each stretch of 7 days or more without a bill in which, by the bills of the 28 days before it
/// and after it that have any, 21 or more would be expected (that none comes by chance happens once in a
/// billion): `from`, `to` (the first and the last day without), `days`, `expected`.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn) where there is no `time`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let days: Vec<i64> = (0..100).filter(|day| !(40..60).contains(day)).flat_map(|day| [day; 3]).collect();
/// let time: Vec<i64> = days.iter().map(|day| day * 86_400_000).collect();
/// let bills = df!("time" => time)?.lazy()
///     .with_column(col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None))).collect()?;
/// let gaps = quality::gaps(&bills)?;
/// assert_eq!(table::number(&gaps, "days", 0)?, 20.0);
/// assert_eq!(table::number(&gaps, "expected", 0)?, 60.0);
/// # Ok::<(), Error>(())
/// ```
pub fn gaps(bills: &DataFrame) -> Result<DataFrame> {
    let mut days = BTreeMap::new();
    busy(bills, &mut days)?;
    without(days)
}

/// The same of bills that do not fit into memory.
///
/// # Errors
/// [`Error::Read`](crate::Error::Read) where the parts are gone.
pub fn gaps_in_parts(parts: &Parts) -> Result<DataFrame> {
    let mut days = BTreeMap::new();
    for part in 0..parts.count() {
        busy(&parts.times(part)?, &mut days)?;
    }
    without(days)
}

/// Counts the bills of each day.
fn busy(bills: &DataFrame, days: &mut BTreeMap<i32, usize>) -> Result<()> {
    let of = calendar::day_numbers(bills, "time")?;
    of.into_iter()
        .flatten()
        .for_each(|day| *days.entry(day).or_default() += 1);
    Ok(())
}

/// The stretches without bills.
fn without(days: BTreeMap<i32, usize>) -> Result<DataFrame> {
    const LONG: i32 = 7;
    const AROUND: usize = 28;
    const ENOUGH: f64 = 21.0;
    let busy: Vec<(i32, usize)> = days.into_iter().collect();
    let mean = |days: &[(i32, usize)]| {
        days.iter().map(|(_, n)| *n as f64).sum::<f64>() / days.len().max(1) as f64
    };
    let (mut from, mut to, mut length, mut expected) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, two) in busy.windows(2).enumerate() {
        let without = two[1].0 - two[0].0 - 1;
        let before = &busy[(place + 1).saturating_sub(AROUND)..=place];
        let after = &busy[place + 1..(place + 1 + AROUND).min(busy.len())];
        // What a day brings, days without a bill among them.
        let a_day = |part: &[(i32, usize)]| match (part.first(), part.last()) {
            (Some(first), Some(last)) => {
                mean(part) * part.len() as f64 / f64::from(last.0 - first.0 + 1)
            }
            _ => 0.0,
        };
        let own = f64::from(without) * (a_day(before) + a_day(after)) / 2.0;
        if without >= LONG && own >= ENOUGH {
            from.push(two[0].0 + 1);
            to.push(two[1].0 - 1);
            length.push(i64::from(without));
            expected.push(own);
        }
    }
    Ok(df!(
        "from" => calendar::days(from)?,
        "to" => calendar::days(to)?,
        "days" => length,
        "expected" => expected,
    )?)
}

/// Bills that are alike in all columns, their numbers here apart, beyond the first.
fn again(bills: &DataFrame) -> Result<u64> {
    let names = bills.get_column_names();
    let names: Vec<&str> = names
        .into_iter()
        .map(|name| name.as_str())
        .filter(|name| *name != "bill")
        .collect();
    let mut prints = fingerprint::of_rows(bills, &names)?;
    prints.par_sort_unstable();
    Ok(prints.windows(2).filter(|two| two[0] == two[1]).count() as u64)
}

fn numbers_again(bills: &DataFrame) -> Result<u64> {
    let known = bills.select(["bill_in_file"])?.drop_nulls::<String>(None)?;
    let mut prints = fingerprint::of_rows(&known, &["bill_in_file"])?;
    prints.par_sort_unstable();
    Ok(prints.windows(2).filter(|two| two[0] == two[1]).count() as u64)
}

/// Lines whose product stands on their bill already.
fn twice(lines: &DataFrame) -> Result<u64> {
    let (bill, product) = (
        lines.column("bill")?.u32()?,
        lines.column("product")?.str()?,
    );
    let mut codes: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(lines.height());
    for (bill, product) in bill.iter().zip(product.iter()) {
        if let (Some(bill), Some(product)) = (bill, product) {
            let next = codes.len() as u32;
            pairs.push((bill, *codes.entry(product).or_insert(next)));
        }
    }
    // The lines of a bill mostly stand beside each other already.
    if !pairs.is_sorted_by_key(|pair| pair.0) {
        pairs.par_sort_unstable();
    }
    let again = |of_bill: &mut [(u32, u32)]| {
        of_bill.sort_unstable();
        of_bill.windows(2).filter(|two| two[0] == two[1]).count() as u64
    };
    Ok(pairs.chunk_by_mut(|a, b| a.0 == b.0).map(again).sum())
}

/// Bills whose amount is not what their lines come to, by these prices where lines have no amounts.
fn not_the_sum(bills: &DataFrame, lines: &DataFrame, prices: Option<&DataFrame>) -> Result<u64> {
    let amounts = match lines.column("amount") {
        Ok(amount) => amount.f64()?.clone(),
        Err(_) => {
            let own;
            let prices = match prices {
                Some(prices) => prices,
                None => {
                    own = orders::prices(bills, lines)?;
                    &own
                }
            };
            let (names, price) = (
                prices.column("product")?.str()?,
                prices.column("price")?.f64()?,
            );
            let of: HashMap<&str, f64, foldhash::fast::RandomState> = names
                .iter()
                .zip(price.iter())
                .filter_map(|(name, price)| Some((name?, price?)))
                .collect();
            let (product, quantity) = (
                lines.column("product")?.str()?,
                lines.column("quantity")?.f64()?,
            );
            let each = product.iter().zip(quantity.iter());
            each.map(|(product, quantity)| Some(of.get(product?)? * quantity?))
                .collect()
        }
    };
    let mut sums: Vec<Option<f64>> = vec![None; bills.height()];
    let mut open = vec![false; bills.height()];
    let places = orders::places(bills)?;
    for (bill, amount) in lines.column("bill")?.u32()?.iter().zip(amounts.iter()) {
        let Some(row) = bill.and_then(|bill| places.get(bill)) else {
            continue;
        };
        match amount {
            Some(amount) => *sums[row as usize].get_or_insert(0.0) += amount,
            None => open[row as usize] = true,
        }
    }
    let amount = bills.column("amount")?.f64()?;
    let other = |((amount, sum), open): ((Option<f64>, &Option<f64>), &bool)| match (amount, sum) {
        (Some(amount), Some(sum)) => !open && (amount - sum).abs() > (OFF * sum.abs()).max(0.011),
        _ => false,
    };
    Ok(amount
        .iter()
        .zip(&sums)
        .zip(&open)
        .filter(|own| other(*own))
        .count() as u64)
}
