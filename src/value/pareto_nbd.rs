use std::sync::OnceLock;

use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::buyer::{Buying, Row, expected_of, rows};
use super::dual::Dual;
use super::maximum::{Height, Peak, peak};
use crate::stat::interval::checked;
use crate::{Error, Result};

/// Customers in a part of the sum: the number of threads changes no digit.
const PART: usize = 256;

/// Who is still a customer, where one can leave at any time?
///
/// The Pareto/NBD model (Schmittlein, Morrison and Colombo 1987, Manag. Sci. 33, 1; in the form of Fader and
/// Hardie 2005, brucehardie.com/notes/009): as [`BgNbd`](super::BgNbd), but customers do not leave after a
/// purchase; they leave after a time of their own, whether they buy or not. Buying rates follow a gamma
/// distribution (`r`, `alpha`), and so do the rates of leaving (`s`, `beta`).
///
/// ```
/// use rand::SeedableRng;
/// use rand_distr::{Distribution, Exp, Gamma};
/// use segmenta::prelude::*;
/// use segmenta::value::ParetoNbd;
///
/// // Customers as the model has them, looked at for 38 weeks.
/// let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
/// let (buying, leaving) = (Gamma::new(0.6, 0.1).unwrap(), Gamma::new(0.7, 0.08).unwrap());
/// let (mut frequency, mut recency) = (Vec::new(), Vec::new());
/// for _ in 0..2_000 {
///     let gaps = Exp::new(buying.sample(&mut random)).unwrap();
///     let life: f64 = Exp::new(leaving.sample(&mut random)).unwrap().sample(&mut random);
///     let (mut purchases, mut last) = (0u64, 0.0);
///     loop {
///         let next = last + gaps.sample(&mut random);
///         if next > life.min(38.0) {
///             break;
///         }
///         (purchases, last) = (purchases + 1, next);
///     }
///     frequency.push(purchases);
///     recency.push(last);
/// }
/// let history = df!("frequency" => frequency, "recency" => recency, "observed" => vec![38.0; 2_000])?;
/// let model = ParetoNbd::fit(&history, &ParetoNbd::params())?;
/// let often = df!("frequency" => [6u64, 6], "recency" => [37.0, 9.0], "observed" => [38.0, 38.0])?;
/// let alive = model.augment(&often, 26.0)?;
/// let alive = alive.column("alive")?.f64()?;
/// // Six times, the last lately, or long ago.
/// assert!(alive.get(0) > Some(0.9) && alive.get(1) < Some(0.3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParetoNbd {
    found: Peak<4>,
    n: u64,
    pub(super) confidence: f64,
}

/// How [`ParetoNbd`] is fitted. A builder, made by [`ParetoNbd::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct ParetoNbdParams {
    confidence: f64,
}

impl ParetoNbdParams {
    /// The confidence of intervals; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

impl ParetoNbd {
    /// Intervals of 95 %.
    pub fn params() -> ParetoNbdParams {
        ParetoNbdParams { confidence: 0.95 }
    }

    /// Learns from the columns `frequency`, `recency` and `observed` of a [`history`](super::history).
    ///
    /// # Errors
    /// Those of [`BgNbd::fit`](super::BgNbd::fit).
    pub fn fit(history: &DataFrame, params: &ParetoNbdParams) -> Result<Self> {
        let confidence = checked(params.confidence)?;
        let rows = rows(history)?;
        if rows.iter().all(|row| row.frequency == 0.0) {
            return Err(Error::TooFew {
                what: "customers who came back".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let observed: f64 = rows.iter().map(|row| row.weight * row.observed).sum();
        let n: f64 = rows.iter().map(|row| row.weight).sum();
        let scale = (observed / n / 4.0).max(f64::MIN_POSITIVE);
        let found = peak("Pareto/NBD", [1.0, scale, 1.0, scale], |at| {
            let at = Dual::parameters(at);
            let parts: Vec<Height<4>> = rows
                .par_chunks(PART)
                .map(|rows| {
                    let sum = rows.iter().map(|row| likelihood(row, &at) * row.weight);
                    let sum = sum.fold(Dual::constant(0.0), |sum, own| sum + own);
                    (sum.value, sum.slope)
                })
                .collect();
            let (mut height, mut slope) = (0.0, [0.0; 4]);
            for (own, slopes) in parts {
                height += own;
                for (slope, own) in slope.iter_mut().zip(slopes) {
                    *slope += own;
                }
            }
            (height, slope)
        })?;
        Ok(ParetoNbd {
            found,
            n: n as u64,
            confidence,
        })
    }

    /// `r`, `alpha`, `s` and `beta`.
    pub fn parameters(&self) -> [f64; 4] {
        self.found.at
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, `lower` and `upper` (on a logarithmic
    /// scale, as parameters are above 0).
    pub fn tidy(&self) -> Result<DataFrame> {
        self.found
            .tidy(["r", "alpha", "s", "beta"], self.confidence)
    }

    /// One row: `n`, `log_likelihood`, `iterations`.
    pub fn glance(&self) -> Result<DataFrame> {
        self.found.glance(self.n)
    }

    /// How many purchases after the first does a customer make, about whom nothing else is known, in so
    /// much time from the first on?
    pub fn expected(&self, time: f64) -> f64 {
        let newcomer = Row::new();
        ahead(&newcomer, &self.found.at, time)
    }

    /// The customers of a history with what is to be expected of them in so much time from its end on:
    /// `alive`, the chance that they have not left, and `purchases`, with the ends of its
    /// interval: how well the parameters are known, and not how far a single customer may be from that.
    ///
    /// # Errors
    /// Those of [`fit`](ParetoNbd::fit); [`Error::Parameter`] where the time is below 0.
    pub fn augment(&self, history: &DataFrame, time: f64) -> Result<DataFrame> {
        expected_of(self, history, time)
    }
}

impl Buying for ParetoNbd {
    fn found(&self) -> &Peak<4> {
        &self.found
    }

    fn alive(&self, row: &Row, at: &[f64; 4]) -> f64 {
        alive(row, at)
    }

    fn purchases(&self, row: &Row, at: &[f64; 4], time: f64) -> f64 {
        alive(row, at) * ahead(row, at, time)
    }

    fn of_newcomer(&self, time: f64) -> f64 {
        self.expected(time)
    }

    fn parameters_table(&self) -> Result<DataFrame> {
        self.tidy()
    }
}

/// The logarithms of what it takes to be there still, and to have left since the last purchase; the latter
/// is not there where that was this moment. Both lack a factor that they share.
fn still_and_left<const N: usize>(
    row: &Row,
    [r, alpha, s, beta]: &[Dual<N>; 4],
) -> (Dual<N>, Option<Dual<N>>) {
    let shape = *r + row.frequency;
    let still = -(shape * (*alpha + row.observed).ln()) - *s * (*beta + row.observed).ln();
    if row.recency >= row.observed {
        return (still, None);
    }
    (
        still,
        Some(s.ln() + left_between(row, shape, *alpha, *s, *beta)),
    )
}

/// The logarithm of the integral of (alpha + y)^-shape (beta + y)^-(s + 1) from the last purchase to the end:
/// by Gauss's hypergeometric function where its series is short, and else by quadrature.
fn left_between<const N: usize>(
    row: &Row,
    shape: Dual<N>,
    alpha: Dual<N>,
    s: Dual<N>,
    beta: Dual<N>,
) -> Dual<N> {
    let all = shape + s;
    let (more, less, second) = match alpha.value >= beta.value {
        true => (alpha, beta, s + 1.0),
        false => (beta, alpha, shape),
    };
    let z = |time: f64| (more - less) / (more + time);
    if z(row.recency).value > SHORT {
        return by_quadrature(row, shape, alpha, s, beta, less);
    }
    let at = |time: f64| series(all, second, all + 1.0, z(time)).ln() - all * (more + time).ln();
    let (early, late) = (at(row.recency), at(row.observed));
    early + (Dual::constant(1.0) - (late - early).exp()).ln() - all.ln()
}

/// Up to here the series has a hundred terms or two.
const SHORT: f64 = 0.85;

/// The same over the logarithm of the lesser scale and the time, in which the integrand is smooth.
fn by_quadrature<const N: usize>(
    row: &Row,
    shape: Dual<N>,
    alpha: Dual<N>,
    s: Dual<N>,
    beta: Dual<N>,
    less: Dual<N>,
) -> Dual<N> {
    const PARTS: usize = 16;
    let (from, to) = ((less + row.recency).ln(), (less + row.observed).ln());
    let width = (to - from) * (1.0 / PARTS as f64);
    let height = |place: Dual<N>| {
        let (own, time) = (place, place.exp() - less);
        own - shape * (alpha + time).ln() - (s + 1.0) * (beta + time).ln()
    };
    // Relative to the first, so that nothing leaves what numbers can hold.
    let first = height(from);
    let mut sum = Dual::constant(0.0);
    for part in 0..PARTS {
        for (place, weight) in nodes() {
            let at = from + width * (part as f64 + place);
            sum = sum + (height(at) - first).exp() * *weight;
        }
    }
    first + (sum * width).ln()
}

/// The places and weights of Gauss and Legendre from 0 to 1, by Newton's method on the polynomial.
fn nodes() -> &'static [(f64, f64)] {
    const NODES: usize = 12;
    static FOUND: OnceLock<Vec<(f64, f64)>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let n = NODES as f64;
        let node = |number: usize| {
            let mut x = (std::f64::consts::PI * (number as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..50 {
                let (mut before, mut own) = (1.0, x);
                for k in 2..=NODES {
                    let k = k as f64;
                    (before, own) = (own, ((2.0 * k - 1.0) * x * own - (k - 1.0) * before) / k);
                }
                slope = n * (x * own - before) / (x * x - 1.0);
                x -= own / slope;
            }
            ((1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
        };
        (0..NODES).map(node).collect()
    })
}

/// 2F1(a, b; c; z) by its series; here z is far enough from 1.
fn series<const N: usize>(a: Dual<N>, b: Dual<N>, c: Dual<N>, z: Dual<N>) -> Dual<N> {
    const TERMS: usize = 100_000;
    let (mut term, mut sum) = (Dual::constant(1.0), Dual::constant(1.0));
    for n in 0..TERMS {
        let n = n as f64;
        term = term * (a + n) * (b + n) / (c + n) * z * (1.0 / (n + 1.0));
        sum = sum + term;
        let small = |x: f64| x.abs() <= 1e-16 * sum.value.abs();
        if small(term.value) && term.slope.iter().all(|slope| small(*slope)) {
            break;
        }
    }
    sum
}

fn likelihood(row: &Row, at: &[Dual<4>; 4]) -> Dual<4> {
    let [r, alpha, s, beta] = *at;
    let shared = (r + row.frequency).ln_gamma() - r.ln_gamma() + r * alpha.ln() + s * beta.ln();
    let (still, left) = still_and_left(row, at);
    let sum = match left {
        None => still,
        Some(left) => {
            let (more, less) = match still.value >= left.value {
                true => (still, left),
                false => (left, still),
            };
            more + ((less - more).exp() + 1.0).ln()
        }
    };
    shared + sum
}

fn alive(row: &Row, at: &[f64; 4]) -> f64 {
    let (still, left) = still_and_left(row, &at.map(Dual::<0>::constant));
    1.0 / (1.0 + left.map_or(0.0, |left| (left.value - still.value).exp()))
}

/// The purchases of who is there still.
fn ahead(row: &Row, [r, alpha, s, beta]: &[f64; 4], time: f64) -> f64 {
    // Where s is 1 it is a limit, that of an s beside it.
    let s = if (s - 1.0).abs() < 1e-7 {
        1.0 + 1e-7
    } else {
        *s
    };
    let life = beta + row.observed;
    let left = (life / (life + time)).powf(s - 1.0);
    (r + row.frequency) * life / ((alpha + row.observed) * (s - 1.0)) * (1.0 - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two ways to one figure, and to its slopes.
    #[test]
    fn the_series_and_the_quadrature_agree() {
        for at in [
            [0.55, 10.6, 0.61, 11.7],
            [0.2, 3.0, 1.8, 9.0],
            [2.5, 12.0, 0.3, 2.5],
        ] {
            for (frequency, recency) in [(0.0, 0.0), (1.0, 4.0), (30.0, 38.0)] {
                let row = Row {
                    frequency,
                    recency,
                    observed: 39.0,
                    ..Row::new()
                };
                let [r, alpha, s, beta] = Dual::parameters(&at);
                let less = if at[1] < at[3] { alpha } else { beta };
                let shape = r + frequency;
                let one = left_between(&row, shape, alpha, s, beta);
                let other = by_quadrature(&row, shape, alpha, s, beta, less);
                assert!((one.value - other.value).abs() < 1e-11, "{one:?} {other:?}");
                for (one, other) in one.slope.iter().zip(other.slope) {
                    assert!((one - other).abs() < 1e-9, "{one} {other}");
                }
            }
        }
    }
}
