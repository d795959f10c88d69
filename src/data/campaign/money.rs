//! Money: whether its amounts are in full or in thousands, which only incomes can show.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How are amounts of money written?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Money {
    /// In full: an income of 58138000.
    Full,
    /// In thousands: the same income is 58138.
    Thousands,
}

impl Money {
    pub(super) fn unit(self) -> f64 {
        match self {
            Money::Full => 1.0,
            Money::Thousands => 1000.0,
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Money::Full => "in full",
            Money::Thousands => "in thousands, times 1000",
        })
    }
}

/// What to do where the unit is open.
pub(super) const SAY: &str = ".money(Money::Full) or .money(Money::Thousands) to say which";

/// No household lives on less than this in a year, in rupiah in full.
const LEAST_IN_FULL: f64 = 1e6;
/// The highest income of the published copies in thousands is 666,666.
const MOST_IN_THOUSANDS: f64 = 700_000.0;

/// The unit that each single income shows, and how; the error says why it is open.
pub(super) fn shown<'a>(
    incomes: Option<&Vec<Option<f64>>>,
    amounts: impl Iterator<Item = &'a Vec<Option<f64>>>,
) -> Result<(Money, &'static str), String> {
    let incomes: Vec<f64> = incomes
        .into_iter()
        .flatten()
        .flatten()
        .copied()
        .filter(|income| *income > 0.0)
        .collect();
    let full = incomes.iter().filter(|x| **x >= LEAST_IN_FULL).count();
    let thousands = incomes.iter().filter(|x| **x < MOST_IN_THOUSANDS).count();
    match (incomes.len(), full, thousands) {
        (0, _, _) => Err("no value of Income shows which".into()),
        (n, full, _) if full == n => Ok((Money::Full, "every Income is a million or more")),
        (n, _, thousands) if thousands == n => {
            let mut amounts = amounts.flatten().flatten();
            if amounts.any(|amount| amount % 1000.0 != 0.0) {
                Ok((Money::Thousands, "every Income is below 700,000"))
            } else {
                Err("every Income is below 700,000, and every amount a multiple of 1000".into())
            }
        }
        (n, full, thousands) => Err(format!(
            "of {n} values of Income {full} are a million or more, {thousands} below 700,000"
        )),
    }
}
