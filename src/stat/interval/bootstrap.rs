use polars::prelude::*;
use rand::RngCore;
use rand_distr::{Binomial, Distribution};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::{Estimates, Interval, checked};
use crate::progress::Progress;
use crate::stat::distribution::{normal_quantile, normal_upper};
use crate::stat::random::stream;
use crate::table::column::{self, quantile};
use crate::table::groups::By;
use crate::{Error, Result};

/// How does the spread of the resamples become an interval?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The quantiles of the resamples as they are.
    Percentile,
    /// The quantiles, shifted for bias and for a spread that changes with the value:
    /// bias-corrected and accelerated. Where all resamples lie on one side of the estimate
    /// there is no such shift, and the quantiles are taken as they are.
    Bca,
}

/// How much would a mean or a ratio change if we had met other customers?
///
/// The bootstrap draws as many customers from the sample, with replacement, many times, and
/// looks how the figure spreads (Efron and Tibshirani 1993, An Introduction to the Bootstrap,
/// chapters 13 and 14). BCa is the default. It needs no normal distribution.
///
/// The same seed gives the same digits, whatever the order of the rows and the number of
/// threads: values are sorted first, and each resample has a random stream of its own.
///
/// ```
/// use segmenta::prelude::*;
///
/// let spend = [10.0, 12.0, 14.0, 11.0, 90.0, 13.0, 12.0, 15.0];
/// let mean = Bootstrap::new().seed(7).mean(&spend)?;
/// assert_eq!(mean.estimate, 22.125);
/// assert!(mean.lower < 13.0 && mean.upper > 40.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    resamples: usize,
    seed: u64,
    confidence: f64,
    method: Method,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap::new()
    }
}

impl Bootstrap {
    /// 2,000 resamples, seed 0, 95 %, BCa.
    pub fn new() -> Self {
        Bootstrap {
            resamples: 2_000,
            seed: 0,
            confidence: 0.95,
            method: Method::Bca,
        }
    }

    /// How many resamples: 100 to 10,000,000.
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The share of samples whose interval holds the true value, such as 0.95.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// How the interval is made of the resamples.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Between which means may the true one lie? In the unit of `values`. A single value has an
    /// estimate and no spread: both ends are NaN, and null in the tables of [`means`](Bootstrap::means).
    ///
    /// # Errors
    /// [`Error::TooFew`] where there is no value, [`Error::Parameter`] where one is not finite
    /// or a setting is out of range.
    pub fn mean(&self, values: &[f64]) -> Result<Interval> {
        self.ratio(values, &vec![1.0; values.len()])
    }

    /// Between which ratios of two sums may the true one lie?
    ///
    /// Customer by customer, `numerator` and `denominator` belong together and are drawn
    /// together: sum of the one over sum of the other. A share of a sum is such a ratio, with
    /// 0 in the numerator for everybody outside the group.
    ///
    /// # Errors
    /// As [`mean`](Bootstrap::mean), and [`Error::Parameter`] where the lengths differ, a
    /// denominator is negative, or all are 0.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let ratio = Bootstrap::new().ratio(&[2.0, 4.0, 9.0], &[1.0, 2.0, 3.0])?;
    /// assert_eq!(ratio.estimate, 2.5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn ratio(&self, numerator: &[f64], denominator: &[f64]) -> Result<Interval> {
        self.check(numerator, denominator)?;
        let mut pairs: Vec<[f64; 2]> = numerator
            .iter()
            .zip(denominator)
            .map(|(n, d)| [*n, *d])
            .collect();
        if pairs.len() == 1 {
            return Ok(Interval {
                estimate: numerator[0] / denominator[0],
                lower: f64::NAN,
                upper: f64::NAN,
            });
        }
        pairs.par_sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let total = sum(pairs.iter());
        let estimate = total[0] / total[1];
        let ratios = self.resample(&pairs)?;
        let tail = (1.0 - self.confidence) / 2.0;
        let (low, high) = match self.method {
            Method::Percentile => (tail, 1.0 - tail),
            Method::Bca => bca(&pairs, total, &ratios, tail),
        };
        let end = |at| quantile(&ratios, at).unwrap_or(estimate);
        // With a handful of customers, quantiles of the resamples can pass the estimate by.
        Ok(Interval {
            estimate,
            lower: end(low).min(estimate),
            upper: end(high).max(estimate),
        })
    }

    /// What is the mean of each group? One row a group, as the module describes.
    ///
    /// # Errors
    /// Those of [`mean`](Bootstrap::mean), [`Error::NoColumn`], [`Error::WrongType`], and
    /// [`Error::Parameter`] where there are more than 100 groups.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 3.0, 10.0], "status" => ["a", "a", "b"])?;
    /// let means = Bootstrap::new().means(&customers, "spend", "status")?;
    /// assert_eq!(means.column("estimate")?.f64()?.get(0), Some(2.0));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn means(&self, table: &DataFrame, value: &str, by: impl Into<By>) -> Result<DataFrame> {
        let groups = by.into().groups(table)?;
        let (labels, parts) = groups.split_all(column::numbers(table, value)?);
        let mut rows = Estimates::default();
        for part in parts {
            let known: Vec<f64> = part.iter().copied().flatten().collect();
            rows.push(part.len(), known.len(), self.mean_of_group(&known)?);
        }
        rows.table(&groups.name, labels)
    }

    /// The mean of those who have a value, where there is one.
    pub(crate) fn mean_of_group(&self, known: &[f64]) -> Result<Option<Interval>> {
        self.check_settings()?;
        Ok(match known {
            [] => None,
            some => Some(self.mean(some)?),
        })
    }

    fn check_settings(&self) -> Result<()> {
        checked(self.confidence)?;
        if (100..=10_000_000).contains(&self.resamples) {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "resamples",
            value: self.resamples.to_string(),
            expected: "100 to 10,000,000".into(),
        })
    }

    fn check(&self, numerator: &[f64], denominator: &[f64]) -> Result<()> {
        self.check_settings()?;
        let wrong = |name, value: String, expected: &str| {
            Err(Error::Parameter {
                name,
                value,
                expected: expected.into(),
            })
        };
        if numerator.is_empty() {
            return Err(Error::TooFew {
                what: "values".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        if numerator.len() != denominator.len() {
            let lengths = format!("{} long", denominator.len());
            return wrong("denominator", lengths, "as many values as the numerator");
        }
        if let Some(odd) = numerator
            .iter()
            .chain(denominator)
            .find(|value| !value.is_finite())
        {
            return wrong("a value", odd.to_string(), "a finite number");
        }
        if denominator.iter().any(|d| *d < 0.0) || denominator.iter().all(|d| *d == 0.0) {
            return wrong(
                "denominator",
                "negative, or 0 throughout".into(),
                "0 or more for each customer, and more than 0 for one",
            );
        }
        Ok(())
    }

    /// The ratio of each resample, ascending. `pairs` are sorted.
    fn resample(&self, pairs: &[[f64; 2]]) -> Result<Vec<f64>> {
        let progress = Progress::new("bootstrap", self.resamples);
        let tied: Vec<([f64; 2], u64)> = pairs
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as u64))
            .collect();
        // Drawing how often each value comes takes longer than drawing a customer.
        let by_value = tied.len() * 8 < pairs.len();
        let draw = |index: usize| {
            let mut random = stream(self.seed, index);
            // A resample whose denominators are all 0 has no ratio, and is drawn again.
            loop {
                let total = if by_value {
                    draw_values(&tied, pairs.len() as u64, &mut random)
                } else {
                    draw_customers(pairs, &mut random)
                };
                if total[1] > 0.0 {
                    progress.tick()?;
                    return Ok(total[0] / total[1]);
                }
            }
        };
        let mut ratios: Vec<f64> = (0..self.resamples)
            .into_par_iter()
            .map(draw)
            .collect::<Result<_>>()?;
        ratios.sort_unstable_by(f64::total_cmp);
        Ok(ratios)
    }
}

/// The sums of as many customers as there are, each drawn from all.
fn draw_customers(pairs: &[[f64; 2]], random: &mut Xoshiro256PlusPlus) -> [f64; 2] {
    let n = pairs.len() as u128;
    sum((0..pairs.len()).map(|_| {
        let place = (u128::from(random.next_u64()) * n) >> 64;
        &pairs[place as usize]
    }))
}

/// The same sums, in the same distribution, from how often each value is drawn: one binomial
/// number after the other is a multinomial one.
fn draw_values(tied: &[([f64; 2], u64)], n: u64, random: &mut Xoshiro256PlusPlus) -> [f64; 2] {
    let (mut draws, mut customers) = (n, n);
    let mut total = [0.0, 0.0];
    for (pair, size) in tied {
        let share = *size as f64 / customers as f64;
        let times = match Binomial::new(draws, share.min(1.0)) {
            Ok(binomial) => binomial.sample(random),
            // Not reached: the share lies between 0 and 1.
            Err(_) => draws,
        }
        .min(draws);
        total[0] += times as f64 * pair[0];
        total[1] += times as f64 * pair[1];
        draws -= times;
        customers -= size;
        if draws == 0 {
            break;
        }
    }
    total
}

fn sum<'a>(pairs: impl Iterator<Item = &'a [f64; 2]>) -> [f64; 2] {
    pairs.fold([0.0, 0.0], |total, pair| {
        [total[0] + pair[0], total[1] + pair[1]]
    })
}

/// At which quantiles of the resamples the interval ends (Efron 1987, J. Am. Stat. Assoc.
/// 82, 171): shifted by the bias z0 and the acceleration a, which comes from leaving out
/// one customer at a time.
fn bca(pairs: &[[f64; 2]], total: [f64; 2], ratios: &[f64], tail: f64) -> (f64, f64) {
    let estimate = total[0] / total[1];
    let acceleration = acceleration(pairs, total);
    // Resamples that hit the estimate count half, as in scipy.stats.bootstrap; but for the
    // rounding of their sums, which were taken in another order.
    let size = ratios
        .iter()
        .fold(0.0f64, |size, ratio| size.max(ratio.abs()));
    let near = 1e-12 * size;
    let below = ratios.partition_point(|ratio| *ratio < estimate - near);
    let not_above = ratios.partition_point(|ratio| *ratio <= estimate + near);
    let share = (below + not_above) as f64 / (2 * ratios.len()) as f64;
    let bias = normal_quantile(share);
    if !bias.is_finite() || !acceleration.is_finite() {
        return (tail, 1.0 - tail);
    }
    let at = |z: f64| {
        let shifted = bias + (bias + z) / (1.0 - acceleration * (bias + z));
        normal_upper(-shifted).clamp(0.0, 1.0)
    };
    let z = normal_quantile(1.0 - tail);
    (at(-z), at(z))
}

/// The skewness of the jackknife values, over six.
fn acceleration(pairs: &[[f64; 2]], total: [f64; 2]) -> f64 {
    let left: Vec<f64> = pairs
        .iter()
        .map(|pair| (total[0] - pair[0]) / (total[1] - pair[1]))
        .filter(|ratio| ratio.is_finite())
        .collect();
    let mean = left.iter().sum::<f64>() / left.len() as f64;
    let moment = |power| left.iter().map(|x| (mean - x).powi(power)).sum::<f64>();
    let squares = moment(2);
    if squares <= 0.0 {
        return 0.0;
    }
    moment(3) / (6.0 * squares.powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(ours: f64, scipy: f64) {
        assert!(
            (ours - scipy).abs() <= 1e-10 * scipy.abs(),
            "{ours} {scipy}"
        );
    }

    /// SciPy 1.17.1, `scipy.stats._resampling._bca_interval`, given the same data and the
    /// same resamples, 200 values from 1 to 12.
    #[test]
    fn bca_turns_resamples_into_quantiles_as_scipy_does() {
        let ratios: Vec<f64> = (0..200)
            .map(|i| 1.0 + 11.0 * f64::from(i) / 199.0)
            .collect();
        let pairs = [1.0, 2.0, 4.0, 8.0, 16.0].map(|x| [x, 1.0]);
        agrees(acceleration(&pairs, [31.0, 5.0]), 0.06626573549067026);
        let (low, high) = bca(&pairs, [31.0, 5.0], &ratios, 0.025);
        agrees(low, 0.03242331639806848);
        agrees(high, 0.9824577009071184);
        let pairs = [[3.0, 2.0], [1.0, 2.0], [0.0, 1.0], [7.0, 3.0], [2.0, 5.0]];
        agrees(acceleration(&pairs, [13.0, 13.0]), 0.019948551450402308);
    }
}
