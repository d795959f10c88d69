//! How sure are we of a rate, a mean or a ratio?
//!
//! An estimate comes with the interval that holds the true value in, say, 95 of 100 such
//! samples, and with the number of customers behind it. The functions that answer by group
//! all give the same columns: the groups, `customers`, `missing` (those of the group without
//! a value, who are left out), `estimate`, `lower`, `upper` and a `warning` where the group
//! is too small to be trusted. [`plot::bars`](crate::plot::bars) draws such a table. Customers
//! without a group get a row of their own, with null for a name.

mod bootstrap;

use polars::prelude::*;

use crate::stat::distribution::normal_quantile;
use crate::table::column;
use crate::table::groups::By;
use crate::{Error, Result};
pub use bootstrap::{Bootstrap, Method};

/// How large is it, and between which values may it lie?
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The value in this sample.
    pub estimate: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// A group with fewer customers than this gets a warning.
pub(crate) const SMALL: usize = 20;

/// Between which rates may the true one lie, where `successes` of `n` customers did it?
///
/// Wilson's score interval without continuity correction (Wilson 1927, J. Am. Stat. Assoc.
/// 22, 209): unlike the textbook's p ± 1.96 se it stays inside 0..1, and is of use for small
/// n and for rates near 0 or 1. Shares, not percentages.
///
/// # Errors
/// [`Error::Parameter`] where `n` is 0, `successes` above `n`, or `confidence` outside 0..1.
///
/// ```
/// use segmenta::prelude::*;
///
/// let rate = interval::wilson(1, 10, 0.95)?;
/// assert_eq!(rate.estimate, 0.1);
/// assert!((rate.lower - 0.017876).abs() < 1e-6 && (rate.upper - 0.404150).abs() < 1e-6);
/// # Ok::<(), Error>(())
/// ```
pub fn wilson(successes: u64, n: u64, confidence: f64) -> Result<Interval> {
    if n == 0 || successes > n {
        return Err(Error::Parameter {
            name: "successes of n",
            value: format!("{successes} of {n}"),
            expected: "one customer or more, and no more successes than customers".into(),
        });
    }
    let z = two_sided(confidence)?;
    let (hits, count) = (successes as f64, n as f64);
    let (p, zz) = (hits / count, z * z);
    let centre = (hits + zz / 2.0) / (count + zz);
    let reach = z / (count + zz) * (hits * (count - hits) / count + zz / 4.0).sqrt();
    Ok(Interval {
        estimate: p,
        // At 0 and at n of n the formula's end is the rate itself, but for rounding.
        lower: (centre - reach).clamp(0.0, p),
        upper: (centre + reach).clamp(p, 1.0),
    })
}

/// What share of each group did it?
///
/// `flag` is a column of 0 and 1. One row a group: the group, `customers`, `missing`,
/// `successes`, `estimate`, `lower`, `upper` ([`wilson`]; shares from 0 to 1), `warning`.
///
/// # Errors
/// [`Error::Value`] where `flag` holds anything but 0, 1 and null, [`Error::NoColumn`],
/// [`Error::WrongType`]; [`Error::Parameter`] where `confidence` is outside 0..1 or there are
/// more than 100 groups.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Response" => [1, 0, 0, 0, 1], "status" => ["a", "a", "a", "a", "b"])?;
/// let rates = interval::rates(&customers, "Response", "status", 0.95)?;
/// assert_eq!(rates.column("estimate")?.f64()?.get(0), Some(0.25));
/// assert_eq!(rates.column("customers")?.u64()?.get(1), Some(1));
/// assert!(rates.column("warning")?.str()?.get(1).is_some());
/// # Ok::<(), Error>(())
/// ```
pub fn rates(
    table: &DataFrame,
    flag: &str,
    by: impl Into<By>,
    confidence: f64,
) -> Result<DataFrame> {
    checked(confidence)?;
    let groups = by.into().groups(table)?;
    let (labels, parts) = groups.split_all(column::flags(table, flag)?);
    let mut rows = Estimates::default();
    let mut successes = Vec::new();
    for part in &parts {
        let known = part.iter().flatten().count();
        let hits = part.iter().flatten().filter(|hit| **hit).count() as u64;
        let interval = match known {
            0 => None,
            n => Some(wilson(hits, n as u64, confidence)?),
        };
        rows.push(part.len(), known, interval);
        successes.push(hits);
    }
    let mut answer = rows.table(&groups.name, labels)?;
    answer.insert_column(3, Column::new("successes".into(), successes))?;
    Ok(answer)
}

/// The columns that every table of estimates has.
#[derive(Default)]
pub(crate) struct Estimates {
    customers: Vec<u64>,
    missing: Vec<u64>,
    intervals: Vec<Option<Interval>>,
    warnings: Vec<Option<String>>,
}

impl Estimates {
    /// A group of so many customers, of whom so many have a value.
    pub fn push(&mut self, customers: usize, known: usize, interval: Option<Interval>) {
        self.customers.push(customers as u64);
        self.missing.push((customers - known) as u64);
        self.warnings.push(match known {
            0 => Some("no customer with a value".into()),
            1 => Some("only one customer".into()),
            n if n < SMALL => Some(format!("only {n} customers, fewer than {SMALL}")),
            _ => None,
        });
        self.intervals.push(interval);
    }

    pub fn table(self, name: &str, labels: Vec<Option<String>>) -> Result<DataFrame> {
        let own = [
            "customers",
            "missing",
            "estimate",
            "lower",
            "upper",
            "warning",
        ];
        if own.contains(&name) {
            return Err(Error::Parameter {
                name: "by",
                value: name.to_owned(),
                expected: format!("a column with another name than {}", own.join(", ")),
            });
        }
        let part = |f: fn(&Interval) -> f64| -> Vec<Option<f64>> {
            self.intervals
                .iter()
                .map(|interval| interval.as_ref().map(f).filter(|end| end.is_finite()))
                .collect()
        };
        Ok(df!(
            name => labels,
            "customers" => &self.customers,
            "missing" => &self.missing,
            "estimate" => part(|i| i.estimate),
            "lower" => part(|i| i.lower),
            "upper" => part(|i| i.upper),
            "warning" => &self.warnings,
        )?)
    }
}

/// The confidence, where it is one.
pub(crate) fn checked(confidence: f64) -> Result<f64> {
    // Nearer to 1 the quantiles of the distributions are no numbers any more.
    if (1e-9..=1.0 - 1e-9).contains(&confidence) {
        return Ok(confidence);
    }
    Err(Error::Parameter {
        name: "confidence",
        value: confidence.to_string(),
        expected: "a share between 0 and 1, such as 0.95".into(),
    })
}

/// How many standard errors the normal distribution reaches to both sides: 1.96 for 0.95.
pub(crate) fn two_sided(confidence: f64) -> Result<f64> {
    Ok(-normal_quantile((1.0 - checked(confidence)?) / 2.0))
}
