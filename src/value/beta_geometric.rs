use polars::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use super::maximum::{Peak, peak};
use crate::stat::interval::checked;
use crate::table::points::known;
use crate::{Error, Result};

/// How many of those who signed a contract will renew it?
///
/// The shifted beta-geometric model (Fader and Hardie 2007, J. Interact. Mark. 21, 76): at the end of each
/// period a customer leaves with a chance of their own, and the chances follow a beta distribution (`a`,
/// `b`). Those with a high chance leave first, so the share that renews rises, though nobody changes.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::BetaGeometric;
///
/// // Of 1,000 customers, how many were there at the beginning of each year.
/// let cohort = df!("customers" => [1000u64, 631, 468, 382, 326])?;
/// let model = BetaGeometric::fit(&cohort, &BetaGeometric::params())?;
/// assert!((model.survival(1) - 0.631).abs() < 0.01);
/// // The share that renews rises from 63 % to 86 %.
/// assert!(model.renewal(1) < 0.64 && model.renewal(5) > 0.86);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetaGeometric {
    found: Peak<2>,
    n: u64,
    pub(super) confidence: f64,
}

/// How [`BetaGeometric`] is fitted. A builder, made by [`BetaGeometric::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct BetaGeometricParams {
    confidence: f64,
}

impl BetaGeometricParams {
    /// The confidence of intervals; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

impl BetaGeometric {
    /// Intervals of 95 %.
    pub fn params() -> BetaGeometricParams {
        BetaGeometricParams { confidence: 0.95 }
    }

    /// Learns from a cohort: `customers`, how many were there at the beginning of each period, from the
    /// first on.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where a number is missing or above that
    /// before; [`Error::TooFew`] where there are fewer than 3 periods; [`Error::Parameter`] where the
    /// likelihood has no peak.
    pub fn fit(cohort: &DataFrame, params: &BetaGeometricParams) -> Result<Self> {
        let confidence = checked(params.confidence)?;
        let there = known(cohort, "customers")?;
        if there.len() < 3 {
            return Err(Error::TooFew {
                what: "periods".into(),
                found: there.len(),
                expected: "3 or more".into(),
            });
        }
        let wrong = |row: usize| !(there[row] >= 0.0 && (row == 0 || there[row] <= there[row - 1]));
        if let Some(row) = (0..there.len()).find(|row| wrong(*row)) {
            return Err(Error::Value {
                column: "customers".into(),
                row,
                value: there[row].to_string(),
                expected: "0 or more, and not more than in the period before".into(),
            });
        }
        let found = peak("the shifted beta-geometric", [1.0, 1.0], |[a, b]| {
            let (mut height, mut slope) = (0.0, [0.0; 2]);
            let (all, of_all) = (ln_gamma(a + b) - ln_gamma(*b), digamma(a + b));
            let mut add = |weight: f64, left: bool, time: f64| {
                // Who leaves in period t has survived t - 1 of them.
                let survived = time - f64::from(u8::from(left));
                height += weight
                    * (all + ln_gamma(b + survived) - ln_gamma(a + b + time)
                        + if left { a.ln() } else { 0.0 });
                let together = of_all - digamma(a + b + time);
                slope[0] += weight * (together + if left { 1.0 / a } else { 0.0 });
                slope[1] += weight * (together + digamma(b + survived) - digamma(*b));
            };
            for (time, pair) in there.windows(2).enumerate() {
                add(pair[0] - pair[1], true, time as f64 + 1.0);
            }
            let last = there.len() - 1;
            add(there[last], false, last as f64);
            (height, slope)
        })?;
        Ok(BetaGeometric {
            found,
            n: there[0] as u64,
            confidence,
        })
    }

    /// `a` and `b`.
    pub fn parameters(&self) -> [f64; 2] {
        self.found.at
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, `lower` and `upper` (on a logarithmic
    /// scale, as parameters are above 0).
    pub fn tidy(&self) -> Result<DataFrame> {
        self.found.tidy(["a", "b"], self.confidence)
    }

    /// One row: `n`, `log_likelihood`, `iterations`.
    pub fn glance(&self) -> Result<DataFrame> {
        self.found.glance(self.n)
    }

    /// The share of the cohort that is still there after so many periods.
    pub fn survival(&self, periods: u64) -> f64 {
        let [a, b] = self.found.at;
        let time = periods as f64;
        (ln_gamma(b + time) - ln_gamma(b) + ln_gamma(a + b) - ln_gamma(a + b + time)).exp()
    }

    /// The share that renews at the end of a period (counted from 1), of those who are there in it.
    pub fn renewal(&self, period: u64) -> f64 {
        let [a, b] = self.found.at;
        let before = period.max(1) as f64 - 1.0;
        (b + before) / (a + b + before)
    }
}
