use crate::stat::distribution::{normal_quantile, normal_upper};
use crate::{Error, Result};

/// How many customers must be left alone, so that the effect of a campaign on the others shows?
///
/// A builder. The control group gets nothing, and buys at the rate `without`; the others are written to,
/// and buy at the rate `with`.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert_eq!(recommend::ControlGroup::new(0.10, 0.15).size(2_000)?, Some(461));
/// // A hundredth more cannot be seen in 500 customers.
/// assert_eq!(recommend::ControlGroup::new(0.10, 0.11).size(500)?, None);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlGroup {
    without: f64,
    with: f64,
    alpha: f64,
    power: f64,
}

impl ControlGroup {
    /// The rates at which customers buy without and with the campaign, as shares from 0 to 1.
    pub fn new(without: f64, with: f64) -> Self {
        ControlGroup {
            without,
            with,
            alpha: 0.05,
            power: 0.8,
        }
    }

    /// How often the test may raise a false alarm; 0.05 where it is not said.
    pub fn alpha(mut self, share: f64) -> Self {
        self.alpha = share;
        self
    }

    /// How often the test should find an effect that is there; 0.8 where it is not said.
    pub fn power(mut self, share: f64) -> Self {
        self.power = share;
        self
    }

    /// How large must it be, of so many customers? The smallest, up to a half, with which a two-sided test
    /// of two proportions finds the difference as often as wanted; `None` where not even halves would
    /// do. By the normal approximation with the pooled variance under the null hypothesis, which needs
    /// 5 expected customers of either kind in the control group (Fleiss, Levin and Paik 2003,
    /// Statistical Methods for Rates and Proportions, chapter 4).
    ///
    /// # Errors
    /// [`Error::Parameter`] where a rate, `alpha` or `power` is not between 0 and 1.
    pub fn size(&self, customers: u64) -> Result<Option<u64>> {
        let ControlGroup {
            without,
            with,
            alpha,
            power,
        } = *self;
        for (name, share, open) in [
            ("without", without, false),
            ("with", with, false),
            ("alpha", alpha, true),
            ("power", power, true),
        ] {
            let edge = if open { 1e-9 } else { 0.0 };
            if !(edge..=1.0 - edge).contains(&share) {
                return Err(Error::Parameter {
                    name,
                    value: share.to_string(),
                    expected: "a share from 0 to 1".into(),
                });
            }
        }
        let z = normal_quantile(1.0 - alpha / 2.0);
        let found = |control: u64| {
            enough(control, customers, without, with)
                && found(control, customers, without, with, z) >= power
        };
        // The power rises to a peak that may lie a little before the half.
        let most = customers / 2;
        if most == 0 {
            return Ok(None);
        }
        let Some(size) = (0..=100u128)
            .map(|part| (u128::from(most) * part / 100).max(1) as u64)
            .find(|size| found(*size))
        else {
            return Ok(None);
        };
        let (mut low, mut high) = (0, size);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if found(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Some(high))
    }
}

/// Whether the normal approximation may be used: 5 expected in the control group of those who buy, and of
/// those who do not.
fn enough(control: u64, customers: u64, without: f64, with: f64) -> bool {
    let (n, rest) = (control as f64, (customers - control) as f64);
    let pooled = (n * without + rest * with) / (n + rest);
    n * pooled >= 5.0 && n * (1.0 - pooled) >= 5.0
}

/// The share of cases in which the test finds the difference.
fn found(control: u64, customers: u64, without: f64, with: f64, z: f64) -> f64 {
    let (a, b) = (control as f64, (customers - control) as f64);
    let pooled = (a * without + b * with) / (a + b);
    let under_null = (pooled * (1.0 - pooled) * (1.0 / a + 1.0 / b)).sqrt();
    let spread = (without * (1.0 - without) / a + with * (1.0 - with) / b).sqrt();
    let apart = (with - without).abs();
    if spread > 0.0 {
        normal_upper(-(apart - z * under_null) / spread)
    } else {
        f64::from(u8::from(apart > z * under_null))
    }
}
