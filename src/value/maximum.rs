//! The peak of a likelihood whose parameters are above 0, and how sharp it is.

use linfa_linalg::cholesky::InverseCInplace;
use linfa_linalg::eigh::EighInto;
use ndarray::{Array1, Array2};
use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::stat::distribution::normal_quantile;
use crate::{Error, Result};

const STEPS: usize = 200;
const HALVINGS: usize = 40;

/// A log-likelihood and its slope by each parameter.
pub(super) type Height<const N: usize> = (f64, [f64; N]);

/// Where the peak is, how high, and how far its place is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Peak<const N: usize> {
    pub at: [f64; N],
    pub log_likelihood: f64,
    /// The covariances of the parameters.
    pub covariance: [[f64; N]; N],
    pub steps: usize,
}

/// A peak in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    at: Vec<f64>,
    log_likelihood: f64,
    covariance: Vec<Vec<f64>>,
    steps: usize,
}

impl<const N: usize> From<Peak<N>> for Written {
    fn from(peak: Peak<N>) -> Self {
        Written {
            at: peak.at.to_vec(),
            log_likelihood: peak.log_likelihood,
            covariance: peak.covariance.iter().map(|row| row.to_vec()).collect(),
            steps: peak.steps,
        }
    }
}

impl<const N: usize> TryFrom<Written> for Peak<N> {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Self, String> {
        let wrong = || format!("not {N} parameters above 0, with their covariances");
        let covariance = written.covariance.into_iter();
        let covariance: Vec<[f64; N]> = covariance
            .map(|row| row.try_into().map_err(|_| wrong()))
            .collect::<std::result::Result<_, _>>()?;
        let peak = Peak {
            at: written.at.try_into().map_err(|_| wrong())?,
            log_likelihood: written.log_likelihood,
            covariance: covariance.try_into().map_err(|_| wrong())?,
            steps: written.steps,
        };
        let is_sound = peak
            .at
            .iter()
            .all(|own: &f64| *own > 0.0 && own.is_finite())
            && peak.covariance.iter().flatten().all(|own| own.is_finite());
        if is_sound { Ok(peak) } else { Err(wrong()) }
    }
}

/// Climbs by Newton's method in the logarithms of the parameters, which keeps them above 0. The curvature
/// is that of the slopes, by differences; where it is no peak's, its eigenvalues are turned.
/// Standard errors come from the curvature by the parameters themselves.
pub(super) fn peak<const N: usize>(
    what: &'static str,
    start: [f64; N],
    height: impl Fn(&[f64; N]) -> Height<N>,
) -> Result<Peak<N>> {
    let no_peak = |why: String| Error::Parameter {
        name: what,
        value: format!("one without a peak that can be found: {why}"),
        expected: "customers of whom some buy again and some do not".into(),
    };
    let by_logs = |logs: &[f64; N]| -> Height<N> {
        let own = logs.map(f64::exp);
        let (at, mut slope) = height(&own);
        for (slope, own) in slope.iter_mut().zip(own) {
            *slope *= own;
        }
        (at, slope)
    };
    let found = |logs: &[f64; N], log_likelihood: f64, steps: usize| {
        let own = logs.map(f64::exp);
        let covariance = covariance(&own, &height).map_err(|error| no_peak(error.to_string()))?;
        Ok(Peak {
            at: own,
            log_likelihood,
            covariance,
            steps,
        })
    };
    let mut logs = start.map(f64::ln);
    let (mut at, mut slope) = by_logs(&logs);
    if !at.is_finite() {
        return Err(no_peak("it has no value where the search begins".into()));
    }
    for steps in 0..STEPS {
        let curvature = curvature_ahead(&logs, &slope, &by_logs);
        let step = uphill(&curvature, &slope).map_err(|error| no_peak(error.to_string()))?;
        let gain: f64 = step
            .iter()
            .zip(&slope)
            .map(|(step, slope)| step * slope)
            .sum();
        if gain.abs() <= 1e-12 * (1.0 + at.abs()) && step.iter().all(|step| step.abs() < 1e-6) {
            return found(&logs, at, steps);
        }
        // No parameter changes by more than a factor of e at once.
        let longest = step
            .iter()
            .fold(1.0f64, |longest, step| longest.max(step.abs()));
        let mut share = 1.0 / longest;
        let mut halvings = 0;
        loop {
            let mut next = logs;
            for (log, step) in next.iter_mut().zip(&step) {
                *log += share * step;
            }
            let (higher, its_slope) = by_logs(&next);
            // Near the peak the height is level but for rounding.
            let level = (higher - at).abs() <= 1e-11 * at.abs();
            if higher.is_finite() && (higher > at || level) {
                (logs, at, slope) = (next, higher, its_slope);
                break;
            }
            halvings += 1;
            if halvings > HALVINGS {
                // So near the top that what could be gained is less than what rounding hides.
                if gain.abs() <= 1e-11 * (1.0 + at.abs()) {
                    return found(&logs, at, steps);
                }
                return Err(no_peak("no step leads upwards".into()));
            }
            share /= 2.0;
        }
        if logs.iter().any(|log| log.abs() > 30.0) {
            return Err(no_peak("a parameter runs away to 0, or without end".into()));
        }
    }
    Err(no_peak(format!("{STEPS} steps do not lead there")))
}

/// The second derivatives, by differences of the slopes ahead: near enough for a step, in half the time.
fn curvature_ahead<const N: usize>(
    at: &[f64; N],
    slope: &[f64; N],
    height: &impl Fn(&[f64; N]) -> Height<N>,
) -> Array2<f64> {
    const WIDTH: f64 = 1e-6;
    let mut curvature = Array2::zeros((N, N));
    for row in 0..N {
        let mut moved = *at;
        moved[row] += WIDTH;
        let ahead = height(&moved).1;
        for column in 0..N {
            curvature[[row, column]] = (ahead[column] - slope[column]) / WIDTH;
        }
    }
    (&curvature + &curvature.t()) / 2.0
}

/// The second derivatives, by central differences of the slopes.
fn curvature<const N: usize>(
    at: &[f64; N],
    width: f64,
    height: &impl Fn(&[f64; N]) -> Height<N>,
) -> Array2<f64> {
    let mut curvature = Array2::zeros((N, N));
    for row in 0..N {
        let moved = |by: f64| {
            let mut moved = *at;
            moved[row] += by;
            height(&moved).1
        };
        let (above, below) = (moved(width), moved(-width));
        for column in 0..N {
            curvature[[row, column]] = (above[column] - below[column]) / (2.0 * width);
        }
    }
    // The two halves differ by rounding.
    (&curvature + &curvature.t()) / 2.0
}

/// Newton's step, or where the hill is hollow, one of the same lengths that leads upwards.
fn uphill<const N: usize>(
    curvature: &Array2<f64>,
    slope: &[f64; N],
) -> std::result::Result<[f64; N], linfa_linalg::LinalgError> {
    let (values, vectors) = (-curvature).eigh_into()?;
    let slope = Array1::from(slope.to_vec());
    let most = values
        .iter()
        .fold(0.0f64, |most, value| most.max(value.abs()));
    let along =
        vectors.t().dot(&slope) / values.mapv(|value| value.abs().max(1e-10 * most).max(1e-300));
    let step = vectors.dot(&along);
    Ok(std::array::from_fn(|place| step[place]))
}

fn covariance<const N: usize>(
    at: &[f64; N],
    height: &impl Fn(&[f64; N]) -> Height<N>,
) -> std::result::Result<[[f64; N]; N], linfa_linalg::LinalgError> {
    // In units of the parameters themselves, so that one width suits all.
    let scaled = |shares: &[f64; N]| {
        let own: [f64; N] = std::array::from_fn(|place| at[place] * shares[place]);
        let (value, mut slope) = height(&own);
        for (slope, at) in slope.iter_mut().zip(at) {
            *slope *= at;
        }
        (value, slope)
    };
    let mut information = -curvature(&[1.0; N], 1e-5, &scaled);
    let inverse = information.invc_inplace()?;
    Ok(std::array::from_fn(|row| {
        std::array::from_fn(|column| at[row] * at[column] * inverse[[row, column]])
    }))
}

impl<const N: usize> Peak<N> {
    /// One row: `n`, `log_likelihood`, `iterations`.
    pub fn glance(&self, n: u64) -> Result<DataFrame> {
        Ok(df!(
            "n" => [n],
            "log_likelihood" => [self.log_likelihood],
            "iterations" => [self.steps as u64],
        )?)
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, and the ends of its interval, on a
    /// logarithmic scale, as parameters are above 0.
    pub fn tidy(&self, names: [&str; N], confidence: f64) -> Result<DataFrame> {
        let errors: Vec<f64> = (0..N)
            .map(|place| self.covariance[place][place].sqrt())
            .collect();
        let z = normal_quantile(0.5 + confidence / 2.0);
        let end = |sign: f64| -> Vec<f64> {
            let pairs = self.at.iter().zip(&errors);
            pairs
                .map(|(own, error)| own * (sign * z * error / own).exp())
                .collect()
        };
        Ok(df!(
            "parameter" => names.as_slice(),
            "estimate" => self.at.as_slice(),
            "se" => &errors,
            "lower" => end(-1.0),
            "upper" => end(1.0),
        )?)
    }
}

/// The standard error of what follows from the parameters: by the slope of it, and their covariances.
pub(super) fn error_of<const N: usize>(
    at: &[f64; N],
    covariance: &[[f64; N]; N],
    what: impl Fn(&[f64; N]) -> f64,
) -> f64 {
    let slope: [f64; N] = std::array::from_fn(|place| {
        let moved = |by: f64| {
            let mut moved = *at;
            moved[place] *= 1.0 + by;
            what(&moved)
        };
        (moved(1e-5) - moved(-1e-5)) / (2e-5 * at[place])
    });
    let mut variance = 0.0;
    for (row, left) in covariance.iter().zip(slope) {
        for (own, right) in row.iter().zip(slope) {
            variance += left * own * right;
        }
    }
    variance.max(0.0).sqrt()
}

/// The standard errors of figures that follow from the parameters together, `own` at the peak: by steps to one
/// side, which is half the work, and gives four digits.
pub(super) fn errors_of<const N: usize, const M: usize>(
    at: &[f64; N],
    covariance: &[[f64; N]; N],
    own: [f64; M],
    what: impl Fn(&[f64; N]) -> [f64; M],
) -> [f64; M] {
    const STEP: f64 = 1e-6;
    let slopes: [[f64; M]; N] = std::array::from_fn(|place| {
        let mut moved = *at;
        moved[place] *= 1.0 + STEP;
        let moved = what(&moved);
        std::array::from_fn(|figure| (moved[figure] - own[figure]) / (STEP * at[place]))
    });
    std::array::from_fn(|figure| {
        let mut variance = 0.0;
        for (row, left) in covariance.iter().zip(&slopes) {
            for (own, right) in row.iter().zip(&slopes) {
                variance += left[figure] * own * right[figure];
            }
        }
        variance.max(0.0).sqrt()
    })
}
