//! Has the movement itself changed?

use polars::prelude::*;

use crate::stat::compare::holm;
use crate::stat::contingency::Contingency;
use crate::stat::distribution::chi_square_upper;
use crate::table::column;
use crate::{Error, Result};

/// Are two transition matrices the same but for chance?
///
/// From two tables with `from`, `to` and `customers`, such as a step of [`Movement::tidy`](super::Movement::tidy)
/// or published figures: for each state before a row with `from`, `n`, Pearson's `statistic` of the two rows
/// beside each other, `degrees`, `p`, `p_holm` (corrected for the number of rows), and `cramers_v` as the effect
/// size; and a last row `all`, where statistics and degrees are added up (Anderson and Goodman 1957, Annals of
/// Mathematical Statistics 28, 89). The effect size of all is that of the mean customer.
///
/// A state without customers in one of the tables has no test, and no part in the sum.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where a table has more than one `step`;
/// [`Error::Value`] where a count is below 0 or no whole number;
/// [`Error::TooFew`] where no state is in both tables.
///
/// ```
/// use segmenta::prelude::*;
///
/// let matrix = |counts: [u64; 4]| df!(
///     "from" => ["1", "1", "2", "2"], "to" => ["1", "2", "1", "2"], "customers" => counts,
/// );
/// let same = movement::same(&matrix([80, 20, 30, 70])?, &matrix([80, 20, 10, 90])?)?;
/// // The first rows are the same, the second ones are not.
/// assert_eq!(table::number(&same, "statistic", 0)?, 0.0);
/// assert_eq!(table::number(&same, "statistic", 1)?, 12.5);
/// assert!(table::number(&same, "p", 2)? < 0.01);
/// # Ok::<(), Error>(())
/// ```
pub fn same(a: &DataFrame, b: &DataFrame) -> Result<DataFrame> {
    let (a, b) = (cells(a)?, cells(b)?);
    let mut states: Vec<&str> = Vec::new();
    for (from, _, _) in a.iter().chain(&b) {
        if !states.contains(&from.as_str()) {
            states.push(from);
        }
    }
    let mut targets: Vec<&str> = a.iter().chain(&b).map(|own| own.1.as_str()).collect();
    targets.sort_unstable();
    targets.dedup();
    let (mut from, mut n, mut tests) = (Vec::new(), Vec::new(), Vec::new());
    for state in states {
        let row = |cells: &[(String, String, u64)]| -> Vec<u64> {
            let of = |target: &&str| {
                let own = cells
                    .iter()
                    .filter(|own| own.0 == state && own.1 == *target);
                own.map(|own| own.2).sum()
            };
            targets.iter().map(of).collect()
        };
        let rows = [row(&a), row(&b)];
        from.push(state.to_owned());
        n.push(rows.iter().flatten().sum::<u64>());
        let is_in_both = rows.iter().all(|row| row.iter().any(|count| *count > 0));
        tests.push(is_in_both.then(|| {
            let counts = Contingency::of_counts(&rows);
            let (statistic, degrees) = counts.chi_square();
            (statistic, degrees, counts.cramers_v().0)
        }));
    }
    let known: Vec<(f64, u64, Option<f64>)> = tests.iter().flatten().copied().collect();
    if known.is_empty() {
        return Err(Error::TooFew {
            what: "states with customers in both tables".into(),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    let p_of = |(statistic, degrees, _): &(f64, u64, Option<f64>)| match degrees {
        0 => 1.0,
        degrees => chi_square_upper(*statistic, *degrees as f64),
    };
    let of_known: Vec<f64> = known.iter().map(p_of).collect();
    let mut corrected = holm(&of_known)?.into_iter();
    let mut p_holm: Vec<Option<f64>> = tests
        .iter()
        .map(|test| test.as_ref().and_then(|_| corrected.next()))
        .collect();
    let both = n.iter().zip(&tests).filter(|(_, test)| test.is_some());
    let total: u64 = both.map(|(n, _)| n).sum();
    let all = (
        known.iter().map(|test| test.0).sum::<f64>(),
        known.iter().map(|test| test.1).sum::<u64>(),
    );
    let strength = (all.0 / total as f64).sqrt().min(1.0);
    tests.push(Some((all.0, all.1, Some(strength))));
    p_holm.push(None);
    from.push("all".into());
    n.push(total);
    let each = || tests.iter().map(Option::as_ref);
    Ok(df!(
        "from" => from,
        "n" => n,
        "statistic" => each().map(|test| test.map(|test| test.0)).collect::<Vec<_>>(),
        "degrees" => each().map(|test| test.map(|test| test.1)).collect::<Vec<_>>(),
        "p" => each().map(|test| test.map(p_of)).collect::<Vec<_>>(),
        "p_holm" => p_holm,
        "cramers_v" => each().map(|test| test.and_then(|test| test.2)).collect::<Vec<_>>(),
    )?)
}

/// From where, to where, and how many.
fn cells(table: &DataFrame) -> Result<Vec<(String, String, u64)>> {
    one_step(table)?;
    let (from, to) = (column::labels(table, "from")?, column::labels(table, "to")?);
    let counts = column::measured(table, "customers")?;
    let cells = from.into_iter().zip(to).zip(counts).enumerate();
    cells
        .map(|(row, ((from, to), count))| match count {
            Some(count) if count >= 0.0 && count.fract() == 0.0 => Ok((from, to, count as u64)),
            other => Err(Error::Value {
                column: "customers".into(),
                row,
                value: other.map_or("null".into(), |count| count.to_string()),
                expected: "a whole number, 0 or more".into(),
            }),
        })
        .collect()
}

/// That a table is of a single step.
pub(crate) fn one_step(table: &DataFrame) -> Result<()> {
    match table.column("step") {
        Ok(step) if step.n_unique()? > 1 => Err(Error::Parameter {
            name: "table",
            value: format!("{} steps", step.n_unique()?),
            expected: "one, as in .filter(col(\"step\").eq(lit(1)))".into(),
        }),
        _ => Ok(()),
    }
}
