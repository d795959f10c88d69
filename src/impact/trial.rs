use polars::prelude::*;

use crate::stat::distribution::{normal_quantile, normal_upper};
use crate::table::column;
use crate::{Error, Result};

/// How many customers must get no offer, so that its effect on the others shows? A builder; [`design`](Trial::design) does
/// the work. For shares, such as who buys at all, see [`ControlGroup`](crate::recommend::ControlGroup).
///
/// ```
/// use segmenta::prelude::*;
///
/// // A thousand customers who spend 0 or 20, by turns: the standard deviation is 10.
/// let spent: Vec<f64> = (0..1_000).map(|own| 20.0 * f64::from(own % 2)).collect();
/// let design = impact::Trial::new().design(&df!("spent" => spent)?, "spent", 2.0)?;
/// // With halves the standard error is 10 times the root of 2 / 500, and 2.8 of these are seen in four of five trials.
/// let last = design.height() - 1;
/// assert_eq!(table::number(&design, "hold_out", last)?, 500.0);
/// assert!((table::number(&design, "detectable", last)? - 2.8016 * 10.0 * (2.0f64 / 500.0).sqrt()).abs() < 2e-3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    alpha: f64,
    power: f64,
}

/// Which shares of the customers are tried as those without an offer.
const SHARES: [f64; 6] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5];

impl Default for Trial {
    fn default() -> Self {
        Trial::new()
    }
}

impl Trial {
    /// False alarms in 5 of 100 trials without an effect, and the effect found in 80 of 100 with it.
    pub fn new() -> Self {
        Trial {
            alpha: 0.05,
            power: 0.8,
        }
    }

    /// How often the test may raise a false alarm.
    pub fn alpha(mut self, share: f64) -> Self {
        self.alpha = share;
        self
    }

    /// How often it should find an effect that is there.
    pub fn power(mut self, share: f64) -> Self {
        self.power = share;
        self
    }

    /// What would trials of different size show? From what each customer spent in a time as long as the trial (0 for who did
    /// not come), and the `effect` that is hoped for, in the same unit, on average over all who get the offer. A row for
    /// each share of customers without an offer: `hold_out` and `offered` (customers), `power` (how often the effect would be
    /// found), `detectable` (the effect that is found as often as wanted), `verdict`. By the normal approximation, with the
    /// spread of the customers as they are.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a share is none, or the effect is not a finite number; [`Error::TooFew`] where there are
    /// fewer than 40 customers; [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`].
    pub fn design(&self, customers: &DataFrame, spent: &str, effect: f64) -> Result<DataFrame> {
        const FEWEST: usize = 40;
        let wrong = |name: &'static str, value: f64, expected: &str| Error::Parameter {
            name,
            value: value.to_string(),
            expected: expected.into(),
        };
        for (name, share) in [("alpha", self.alpha), ("power", self.power)] {
            if !(share > 0.0 && share < 1.0) {
                return Err(wrong(name, share, "a share between 0 and 1"));
            }
        }
        if !effect.is_finite() {
            return Err(wrong("effect", effect, "a finite number"));
        }
        let values: Vec<f64> = column::measured(customers, spent)?
            .into_iter()
            .flatten()
            .collect();
        let n = values.len();
        if n < FEWEST {
            return Err(Error::TooFew {
                what: format!("customers with a value of {spent}"),
                found: n,
                expected: format!("{FEWEST} or more"),
            });
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
        let z = normal_quantile(1.0 - self.alpha / 2.0);
        let rows: Vec<(u64, u64, f64, f64)> = SHARES
            .iter()
            .map(|share| {
                let out = (n as f64 * share).round() as u64;
                let offered = n as u64 - out;
                let error = (variance * (1.0 / out as f64 + 1.0 / offered as f64)).sqrt();
                let far = match error > 0.0 {
                    true => effect.abs() / error,
                    false if effect == 0.0 => 0.0,
                    false => f64::INFINITY,
                };
                // Found on either side, of which the wrong one hardly counts.
                let power = normal_upper(z - far) + normal_upper(z + far);
                (
                    out,
                    offered,
                    power,
                    (z + normal_quantile(self.power)) * error,
                )
            })
            .collect();
        let verdict = |row: &(u64, u64, f64, f64)| match row.2 >= self.power {
            true => "enough",
            false => "too small: the effect would often be missed",
        };
        Ok(df!(
            "hold_out" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            "offered" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "power" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            "detectable" => rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            "verdict" => rows.iter().map(verdict).collect::<Vec<_>>(),
        )?)
    }
}
