use polars::prelude::*;

use crate::stat::distribution::{student_quantile_two_sided, student_two_sided};
use crate::stat::interval::checked;
use crate::table::column;
use crate::{Error, Result};

/// What did an offer add? The change of customers who got it, less the change of those who did not.
///
/// A table with a row for each customer: a column of 0 and 1 that says who got the offer, and what each spent `before` and
/// `after`, in times of the same length (0 for who did not come). The difference of the differences (Snow 1855; Ashenfelter
/// and Card 1985) takes out what both kinds have in common, such as the season, and what set them apart before. It is an
/// effect where without the offer both would have changed alike: so it is where chance decided who got it.
///
/// One row: `offered` and `hold_out` (customers), `offered_change` and `hold_out_change` (means), `difference` with `lower`
/// and `upper` and `p` (Welch 1947), and `after_only`, the difference of what was spent after, which knows nothing of before.
/// `left_out` are customers without one of the values.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`]; [`Error::TooFew`] where either kind has fewer than two
/// customers; [`Error::Parameter`] where the confidence is none.
///
/// ```
/// use segmenta::prelude::*;
///
/// // It is spring: everybody spends 5 more, and who got the offer 2 more than that.
/// let customers = df!(
///     "offer" => [1, 1, 1, 0, 0, 0],
///     "before" => [10.0, 20.0, 30.0, 1.0, 2.0, 3.0],
///     "after" => [17.0, 26.0, 38.0, 6.0, 7.0, 8.0],
/// )?;
/// let effect = impact::difference_in_differences(&customers, "offer", "before", "after", 0.95)?;
/// assert!((table::number(&effect, "difference", 0)? - 2.0).abs() < 1e-12);
/// assert!((table::number(&effect, "after_only", 0)? - 20.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn difference_in_differences(
    customers: &DataFrame,
    offer: &str,
    before: &str,
    after: &str,
    confidence: f64,
) -> Result<DataFrame> {
    checked(confidence)?;
    let offers = column::flags(customers, offer)?;
    let (first, second) = (
        column::measured(customers, before)?,
        column::measured(customers, after)?,
    );
    let (mut with, mut without) = (Sample::default(), Sample::default());
    let mut left_out = 0u64;
    for ((offer, before), after) in offers.iter().zip(first).zip(second) {
        match (offer, before, after) {
            (Some(true), Some(before), Some(after)) => with.push(before, after),
            (Some(false), Some(before), Some(after)) => without.push(before, after),
            _ => left_out += 1,
        }
    }
    for (what, sample) in [("with the offer", &with), ("without the offer", &without)] {
        if sample.changes.len() < 2 {
            return Err(Error::TooFew {
                what: format!("customers {what}"),
                found: sample.changes.len(),
                expected: "2 or more".into(),
            });
        }
    }
    let (a, b) = (with.error(), without.error());
    let error = (a + b).sqrt();
    let difference = with.change() - without.change();
    let freedom = |part: f64, n: usize| part * part / (n as f64 - 1.0);
    let degrees =
        (a + b).powi(2) / (freedom(a, with.changes.len()) + freedom(b, without.changes.len()));
    let (reach, p) = match error > 0.0 {
        true => (
            error * student_quantile_two_sided(1.0 - confidence, degrees),
            student_two_sided(difference / error, degrees),
        ),
        // Everybody has changed by the same.
        false => (0.0, if difference == 0.0 { 1.0 } else { 0.0 }),
    };
    Ok(df!(
        "offered" => [with.changes.len() as u64],
        "hold_out" => [without.changes.len() as u64],
        "left_out" => [left_out],
        "offered_change" => [with.change()],
        "hold_out_change" => [without.change()],
        "difference" => [difference],
        "lower" => [difference - reach],
        "upper" => [difference + reach],
        "p" => [p],
        "after_only" => [with.after() - without.after()],
    )?)
}

/// Customers of one kind.
#[derive(Default)]
struct Sample {
    changes: Vec<f64>,
    after: f64,
}

impl Sample {
    fn push(&mut self, before: f64, after: f64) {
        self.changes.push(after - before);
        self.after += after;
    }

    fn change(&self) -> f64 {
        self.changes.iter().sum::<f64>() / self.changes.len() as f64
    }

    fn after(&self) -> f64 {
        self.after / self.changes.len() as f64
    }

    /// The square of the standard error of the mean change.
    fn error(&self) -> f64 {
        let (n, mean) = (self.changes.len() as f64, self.change());
        let squares: f64 = self.changes.iter().map(|x| (x - mean).powi(2)).sum();
        squares / (n - 1.0) / n
    }
}
