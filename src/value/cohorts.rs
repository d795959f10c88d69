use std::collections::HashMap;

use polars::prelude::*;

use crate::data::read::dates::said_day;
use crate::stat::interval::wilson;
use crate::table::calendar::{self, first_day, month_of};
use crate::table::column;
use crate::{Error, Result};

/// Of those who came first in a month, how many come in the months after?
///
/// From bills with `customer`, `time` and `amount`, one row for each cohort and month: `cohort` (the first day of
/// the month of the first bill), `month` (months since then, from 0), `customers` of the cohort, `active` ones
/// in that month, `retention` with its interval by Wilson (`lower`, `upper`), the `amount` of that month,
/// `amount_each` (by the customers of the cohort), and whether the month is `complete`: the last one is not
/// unless the bills reach its last day.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where the confidence is not between 0 and 1.
///
/// ```
/// use segmenta::prelude::*;
///
/// let days = [0i64, 3, 35, 40, 62].map(|day| day * 86_400_000);
/// let bills = df!("customer" => ["a", "b", "a", "c", "a"], "time" => days, "amount" => [1.0, 2.0, 3.0, 4.0, 5.0])?
///     .lazy().with_column(col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None))).collect()?;
/// let cohorts = segmenta::value::cohorts(&bills, 0.95)?;
/// // Two came in January 1970, one of them again in February and in March.
/// let retention = cohorts.column("retention")?.f64()?;
/// assert_eq!(retention.to_vec(), [1.0, 0.5, 0.5, 1.0, 0.0].map(Some));
/// assert_eq!(cohorts.column("complete")?.bool()?.get(2), Some(false));
/// # Ok::<(), Error>(())
/// ```
pub fn cohorts(bills: &DataFrame, confidence: f64) -> Result<DataFrame> {
    let visits = Visit::all(bills)?;
    let mut first: HashMap<u32, i32, foldhash::fast::RandomState> = HashMap::default();
    for visit in &visits {
        let own = first.entry(visit.customer).or_insert(visit.day);
        *own = (*own).min(visit.day);
    }
    let Some(last) = visits.iter().map(|visit| visit.day).max() else {
        return Err(nobody());
    };
    let last_month = month_of(last);
    let is_whole = month_of(last + 1) > last_month;
    let begin = first
        .values()
        .map(|day| month_of(*day))
        .min()
        .unwrap_or(last_month);
    let months = (last_month - begin + 1) as usize;
    let mut sizes = vec![0u64; months];
    first
        .values()
        .for_each(|day| sizes[(month_of(*day) - begin) as usize] += 1);
    let mut pairs: Vec<(usize, usize, u32)> = Vec::with_capacity(visits.len());
    let mut amounts: HashMap<(usize, usize), f64> = HashMap::new();
    for visit in &visits {
        let cohort = (month_of(first[&visit.customer]) - begin) as usize;
        let month = (month_of(visit.day) - begin) as usize - cohort;
        pairs.push((cohort, month, visit.customer));
        *amounts.entry((cohort, month)).or_default() += visit.amount.unwrap_or(0.0);
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut active: HashMap<(usize, usize), u64> = HashMap::new();
    pairs
        .iter()
        .for_each(|(cohort, month, _)| *active.entry((*cohort, *month)).or_default() += 1);

    let (mut cohort_day, mut month, mut customers, mut came) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rates: [Vec<f64>; 3] = Default::default();
    let (mut amount, mut each, mut complete) = (Vec::new(), Vec::new(), Vec::new());
    for (cohort, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
        for since in 0..months - cohort {
            let own = active.get(&(cohort, since)).copied().unwrap_or(0);
            let rate = wilson(own, *size, confidence)?;
            for (column, value) in rates
                .iter_mut()
                .zip([rate.estimate, rate.lower, rate.upper])
            {
                column.push(value);
            }
            let sum = amounts.get(&(cohort, since)).copied().unwrap_or(0.0);
            cohort_day.push(first_day(begin + cohort as i32));
            month.push(since as u32);
            customers.push(*size);
            came.push(own);
            amount.push(sum);
            each.push(sum / *size as f64);
            complete.push(cohort + since + 1 < months || is_whole);
        }
    }
    let [retention, lower, upper] = rates;
    Ok(df!(
        "cohort" => calendar::days(cohort_day)?,
        "month" => month,
        "customers" => customers,
        "active" => came,
        "retention" => retention,
        "lower" => lower,
        "upper" => upper,
        "amount" => amount,
        "amount_each" => each,
        "complete" => complete,
    )?)
}

/// What has changed the turnover from one period to the next: customers, orders, pieces or prices?
///
/// Turnover is customers x orders of a customer x pieces of an order x price of a piece. From bills with
/// `customer`, `time`, `amount` and `quantity`, one row for each of these, and one for the `total`: `driver`,
/// `before` and `after` (its value in the two periods), and its `effect` on the turnover, in money. The effects
/// add up to the difference to the cent: each is the logarithmic mean of the two turnovers times the
/// logarithm of how much the driver has changed (the LMDI-I of Ang 2005, Energy Policy 33, 867). The first period
/// is from `from` on and before `middle`, the second from `middle` on and before `end`; bills without a
/// customer, an amount or a quantity are left out of it.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where the days are not in order;
/// [`Error::TooFew`] where a period has no turnover or no pieces above 0.
///
/// ```
/// use segmenta::prelude::*;
///
/// let days = [0i64, 3, 40, 41, 42].map(|day| day * 86_400_000);
/// let bills = df!(
///     "customer" => ["a", "b", "a", "b", "c"], "time" => days, "amount" => [10.0, 20.0, 10.0, 20.0, 30.0],
///     "quantity" => [1.0, 2.0, 1.0, 2.0, 3.0],
/// )?.lazy().with_column(col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None))).collect()?;
/// let bridge = segmenta::value::bridge(&bills, "1970-01-01", "1970-02-01", "1970-03-01")?;
/// // One customer more, and larger orders, at the same prices.
/// let effect = |row| table::number(&bridge, "effect", row);
/// assert_eq!((effect(1)?, effect(3)?, effect(4)?), (0.0, 0.0, 30.0));
/// assert!((effect(0)? + effect(2)? - 30.0).abs() < 1e-9);
/// # Ok::<(), Error>(())
/// ```
pub fn bridge(bills: &DataFrame, from: &str, middle: &str, end: &str) -> Result<DataFrame> {
    let [from_day, middle_day, end_day] = [from, middle, end].map(|text| said_day("days", text));
    let days = [from_day?, middle_day?, end_day?];
    if !(days[0] < days[1] && days[1] < days[2]) {
        return Err(Error::Parameter {
            name: "days",
            value: format!("{from}, {middle}, {end}"),
            expected: "three days in their order".into(),
        });
    }
    let quantity = column::numbers(bills, "quantity")?;
    let visits = Visit::all_with(bills, Some(&quantity))?;
    let drivers = |from: i32, before: i32| -> Result<[f64; 5]> {
        let own: Vec<&Visit> = visits
            .iter()
            .filter(|visit| {
                (from..before).contains(&visit.day)
                    && visit.amount.is_some()
                    && visit.quantity.is_some()
            })
            .collect();
        let mut customers: Vec<u32> = own.iter().map(|visit| visit.customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let sum = |value: &dyn Fn(&Visit) -> Option<f64>| {
            own.iter().filter_map(|visit| value(visit)).sum::<f64>()
        };
        let (amount, pieces) = (sum(&|visit| visit.amount), sum(&|visit| visit.quantity));
        if !(amount > 0.0 && pieces > 0.0) {
            return Err(Error::TooFew {
                what: "bills of a period, with an amount and pieces above 0 in all".into(),
                found: own.len(),
                expected: "1 or more".into(),
            });
        }
        let (n, orders) = (customers.len() as f64, own.len() as f64);
        Ok([n, orders / n, pieces / orders, amount / pieces, amount])
    };
    let (before, after) = (drivers(days[0], days[1])?, drivers(days[1], days[2])?);
    let difference = after[4] - before[4];
    let mean = match difference == 0.0 {
        true => before[4],
        // Where they are nearly the same, their quotient has lost the difference.
        false => difference / (difference / before[4]).ln_1p(),
    };
    let mut effects: Vec<f64> = (0..4)
        .map(|place| mean * (after[place] / before[place]).ln())
        .collect();
    effects.push(difference);
    Ok(df!(
        "driver" => ["customers", "orders of a customer", "pieces of an order", "price of a piece", "total"],
        "before" => before,
        "after" => after,
        "effect" => effects,
    )?)
}

/// A bill of a customer on a day.
struct Visit {
    customer: u32,
    day: i32,
    amount: Option<f64>,
    quantity: Option<f64>,
}

impl Visit {
    fn all(bills: &DataFrame) -> Result<Vec<Visit>> {
        Self::all_with(bills, None)
    }

    fn all_with(bills: &DataFrame, quantity: Option<&[Option<f64>]>) -> Result<Vec<Visit>> {
        let names = column::find(bills, "customer")?.cast(&DataType::String)?;
        let days = calendar::day_numbers(bills, "time")?;
        let amounts = column::numbers(bills, "amount")?;
        let mut codes: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut visits = Vec::with_capacity(bills.height());
        for (row, (name, day)) in names.str()?.iter().zip(days).enumerate() {
            let (Some(name), Some(day)) = (name, day) else {
                continue;
            };
            let next = codes.len() as u32;
            visits.push(Visit {
                customer: *codes.entry(name).or_insert(next),
                day,
                amount: amounts[row],
                quantity: quantity.and_then(|quantity| quantity[row]),
            });
        }
        match visits.is_empty() {
            true => Err(nobody()),
            false => Ok(visits),
        }
    }
}

fn nobody() -> Error {
    Error::TooFew {
        what: "bills of customers".into(),
        found: 0,
        expected: "1 or more".into(),
    }
}
