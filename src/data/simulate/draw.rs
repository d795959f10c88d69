//! Draws that the made-up tables share.

use rand::Rng;
use rand_distr::{Distribution, Normal, Poisson};

use crate::{Error, Result};

/// That there is something to draw.
pub(super) fn some_rows(rows: usize) -> Result<()> {
    match rows {
        0 => Err(Error::Parameter {
            name: "rows",
            value: "0".into(),
            expected: "1 or more".into(),
        }),
        _ => Ok(()),
    }
}

/// One of several, by their weights.
pub(super) fn pick(rng: &mut impl Rng, weights: impl Iterator<Item = f64> + Clone) -> usize {
    let total: f64 = weights.clone().sum();
    let mut left = rng.gen_range(0.0..total);
    let mut last = 0;
    for (index, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        last = index;
        if left < weight {
            break;
        }
        left -= weight;
    }
    last
}

pub(super) fn normal(rng: &mut impl Rng, (mean, sd): (f64, f64)) -> f64 {
    Normal::new(mean, sd).map_or(mean, |normal| normal.sample(rng))
}

pub(super) fn poisson(rng: &mut impl Rng, mean: f64) -> i64 {
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as i64)
}

/// A value around a median, with the standard deviation of its logarithm.
pub(super) fn around(rng: &mut impl Rng, (median, spread): (f64, f64)) -> f64 {
    median * (spread * normal(rng, (0.0, 1.0))).exp()
}
