use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::scale::expressions::Expressions;
use crate::scale::work::Work;
use crate::{Error, Result};

/// The share of customers below a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    column: String,
    /// The different values, in ascending order.
    values: Vec<f64>,
    /// The share of customers below each.
    shares: Vec<f64>,
}

impl Quantiles {
    pub fn learn(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        let last = (sorted.len() - 1) as f64;
        let (mut values, mut shares) = (Vec::new(), Vec::new());
        let mut first = 0;
        for same in sorted.chunk_by(|a, b| a == b) {
            values.push(same[0]);
            let middle = first as f64 + (same.len() - 1) as f64 / 2.0;
            // A single value is at no place in particular.
            shares.push(if same.len() < sorted.len() {
                middle / last
            } else {
                0.0
            });
            first += same.len();
        }
        Ok(Quantiles {
            column: name.to_owned(),
            values,
            shares,
        })
    }
}

impl Learned for Quantiles {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        work.change(&self.column, |x| Ok(share(&self.values, &self.shares, x)))
    }

    fn express(&self, _: &mut Expressions) -> Result<()> {
        Err(Error::Parameter {
            name: "recipe",
            value: format!("a quantile transform of {}", self.column),
            expected: "steps that an expression can do: its table has a row for each value".into(),
        })
    }

    fn told(&self) -> [String; 3] {
        let with = format!("{} different values", self.values.len());
        told("quantile_transform", &self.column, with)
    }

    fn is_sound(&self) -> bool {
        !self.values.is_empty() && self.values.len() == self.shares.len()
    }

    fn is_constant(&self) -> bool {
        self.values.len() == 1
    }
}

/// Where between the known values a value lies, as a share of the customers.
fn share(values: &[f64], shares: &[f64], x: f64) -> f64 {
    let above = values.partition_point(|value| *value <= x);
    if above == 0 || values.len() == 1 {
        return 0.0;
    }
    if above == values.len() {
        let known = values[above - 1] == x;
        return if known { shares[above - 1] } else { 1.0 };
    }
    let (low, high) = (values[above - 1], values[above]);
    let (from, to) = (shares[above - 1], shares[above]);
    from + (to - from) * (x - low) / (high - low)
}
