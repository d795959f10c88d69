use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use super::buyer::{Buying, Row, expected_of, rows};
use super::hypergeometric::hypergeometric;
use super::maximum::{Height, Peak, peak};
use crate::stat::interval::checked;
use crate::{Error, Result};

/// Customers in a part of the sum: the number of threads changes no digit.
const PART: usize = 4_096;

/// Who is still a customer, and how often will they buy again?
///
/// The BG/NBD model (Fader, Hardie and Lee 2005, Mark. Sci. 24, 275): while alive a customer buys at
/// random with a rate of their own, and after each purchase leaves with a chance of their own. Rates follow
/// a gamma distribution (shape `r`, rate `alpha`, per unit of time), chances a beta distribution (`a`, `b`).
/// The four are fitted by maximum likelihood, with standard errors from its curvature.
///
/// **Who has bought once only is alive by this model**, whenever that was: nobody leaves before a second
/// purchase could have been made. [`modified`](BgNbdParams::modified) lets them leave after the first one.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::BgNbd;
///
/// let history = df!(
///     "frequency" => [0u64, 0, 0, 1, 1, 2, 3, 6, 9, 4],
///     "recency" => [0.0, 0.0, 0.0, 3.0, 20.0, 12.0, 25.0, 30.0, 36.0, 9.0],
///     "observed" => [38.0, 30.0, 39.0, 38.0, 38.0, 37.0, 38.0, 36.0, 38.0, 38.0],
/// )?;
/// let model = BgNbd::fit(&history, &BgNbd::params())?;
/// let expected = model.augment(&history, 26.0)?;
/// let alive = expected.column("alive")?.f64()?;
/// // Nine times, and lately, against four times and long ago.
/// assert!(alive.get(8) > Some(0.8) && alive.get(9) < Some(0.4));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BgNbd {
    found: Peak<4>,
    n: u64,
    modified: bool,
    pub(super) confidence: f64,
}

/// How [`BgNbd`] is fitted. A builder, made by [`BgNbd::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct BgNbdParams {
    modified: bool,
    confidence: f64,
}

impl BgNbdParams {
    /// A customer may leave after the first purchase already: the MBG/NBD model (Batislam, Denizel and
    /// Filiztekin 2007, Int. J. Res. Mark. 24, 201).
    pub fn modified(mut self) -> Self {
        self.modified = true;
        self
    }

    /// The confidence of intervals; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

const NAMES: [&str; 4] = ["r", "alpha", "a", "b"];

impl BgNbd {
    /// Intervals of 95 %.
    pub fn params() -> BgNbdParams {
        BgNbdParams {
            modified: false,
            confidence: 0.95,
        }
    }

    /// Learns from the columns `frequency`, `recency` and `observed` of a [`history`](super::history). A row is a
    /// customer, or so many as a column `customers` says, where there is one.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where a value is missing, below 0, or a
    /// recency beyond what was observed; [`Error::TooFew`] where nobody or everybody came back;
    /// [`Error::Parameter`] where the likelihood has no peak.
    pub fn fit(history: &DataFrame, params: &BgNbdParams) -> Result<Self> {
        let confidence = checked(params.confidence)?;
        let customers = Customers::read(history, params.modified)?;
        let back = customers.rows.iter().any(|row| row.frequency > 0.0);
        if !back {
            return Err(Error::TooFew {
                what: "customers who came back".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        // Around a purchase for each half of the mean time that customers were observed.
        let observed: f64 = customers
            .rows
            .iter()
            .map(|row| row.weight * row.observed)
            .sum();
        let scale = (observed / customers.n / 4.0).max(f64::MIN_POSITIVE);
        let found = peak("BG/NBD", [1.0, scale, 1.0, 2.0], |at| customers.height(at))?;
        Ok(BgNbd {
            n: customers.n as u64,
            found,
            modified: params.modified,
            confidence,
        })
    }

    /// `r`, `alpha`, `a` and `b`.
    pub fn parameters(&self) -> [f64; 4] {
        self.found.at
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, `lower` and `upper` (on a logarithmic
    /// scale, as parameters are above 0).
    pub fn tidy(&self) -> Result<DataFrame> {
        self.found.tidy(NAMES, self.confidence)
    }

    /// One row: `n`, `log_likelihood`, `iterations`.
    pub fn glance(&self) -> Result<DataFrame> {
        self.found.glance(self.n)
    }

    /// How many purchases after the first does a customer make, about whom nothing else is known, in so
    /// much time from the first on?
    pub fn expected(&self, time: f64) -> f64 {
        let stays = match self.modified {
            true => self.found.at[3] / (self.found.at[2] + self.found.at[3]),
            false => 1.0,
        };
        stays * Row::new().ahead(&self.shifted(&self.found.at), time)
    }

    /// The customers of a history with what is to be expected of them in so much time from its end on:
    /// `alive`, the chance that they have not left, and `purchases`, how many are to be expected, with the ends of its
    /// interval: how well the parameters are known, and not how far a single customer may be from that.
    ///
    /// # Errors
    /// Those of [`fit`](BgNbd::fit); [`Error::Parameter`] where the time is below 0.
    pub fn augment(&self, history: &DataFrame, time: f64) -> Result<DataFrame> {
        expected_of(self, history, time)
    }
}

impl Buying for BgNbd {
    fn found(&self) -> &Peak<4> {
        &self.found
    }

    fn alive(&self, row: &Row, at: &[f64; 4]) -> f64 {
        1.0 / (1.0 + row.left(&self.shifted(at), self.modified))
    }

    fn purchases(&self, row: &Row, at: &[f64; 4], time: f64) -> f64 {
        row.expected(&self.shifted(at), time, self.modified)
    }

    fn of_newcomer(&self, time: f64) -> f64 {
        self.expected(time)
    }

    fn parameters_table(&self) -> Result<DataFrame> {
        self.tidy()
    }
}

impl BgNbd {
    /// The modified model is that with one purchase more that was survived.
    fn shifted(&self, [r, alpha, a, b]: &[f64; 4]) -> [f64; 4] {
        [*r, *alpha, *a, b + f64::from(u8::from(self.modified))]
    }
}

/// Where a is 1 the expectations are a limit, that of a beside it.
fn away_from_one([r, alpha, a, b]: [f64; 4]) -> [f64; 4] {
    let a = if (a - 1.0).abs() < 1e-7 {
        1.0 + 1e-7
    } else {
        a
    };
    [r, alpha, a, b]
}

impl Row {
    /// How likely it is that the customer has left after the last purchase, over that it has not.
    fn left(&self, [r, alpha, a, b]: &[f64; 4], modified: bool) -> f64 {
        let x = self.frequency;
        if x == 0.0 && !modified {
            return 0.0;
        }
        let longer = (alpha + self.observed) / (alpha + self.recency);
        a / (b + x - 1.0) * longer.powf(r + x)
    }

    /// The purchases of who is alive (Fader, Hardie and Lee 2005, the first part of (10)).
    fn ahead(&self, at: &[f64; 4], time: f64) -> f64 {
        let [r, alpha, a, b] = away_from_one(*at);
        let (x, all) = (self.frequency, alpha + self.observed);
        let z = time / (all + time);
        let left =
            (all / (all + time)).powf(r + x) * hypergeometric(r + x, b + x, a + b + x - 1.0, z);
        (a + b + x - 1.0) / (a - 1.0) * (1.0 - left)
    }

    fn expected(&self, at: &[f64; 4], time: f64, modified: bool) -> f64 {
        self.ahead(at, time) / (1.0 + self.left(at, modified))
    }
}

/// Customers who are the same are one row, with their number.
struct Customers {
    rows: Vec<Row>,
    /// The different frequencies, each with its customers; rows name them by their places.
    frequencies: Vec<(f64, f64)>,
    places: Vec<usize>,
    n: f64,
    modified: bool,
}

impl Customers {
    fn read(history: &DataFrame, modified: bool) -> Result<Self> {
        let mut all = rows(history)?;
        let n = all.iter().map(|row| row.weight).sum();
        all.sort_unstable_by(|one, other| {
            let by = |a: f64, b: f64| a.total_cmp(&b);
            by(one.frequency, other.frequency)
                .then(by(one.recency, other.recency))
                .then(by(one.observed, other.observed))
        });
        let mut rows: Vec<Row> = Vec::new();
        for row in all {
            match rows.last_mut() {
                Some(last)
                    if last.frequency == row.frequency
                        && last.recency == row.recency
                        && last.observed == row.observed =>
                {
                    last.weight += row.weight;
                }
                _ => rows.push(row),
            }
        }
        let mut frequencies: Vec<(f64, f64)> = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        for row in &rows {
            match frequencies.last_mut() {
                Some((frequency, customers)) if *frequency == row.frequency => {
                    *customers += row.weight;
                }
                _ => frequencies.push((row.frequency, row.weight)),
            }
            places.push(frequencies.len() - 1);
        }
        Ok(Customers {
            rows,
            frequencies,
            places,
            n,
            modified,
        })
    }

    /// The log-likelihood (Fader, Hardie and Lee 2005, (6)) and its slopes. What depends on the frequency
    /// alone is computed once for each.
    fn height(&self, [r, alpha, a, b]: &[f64; 4]) -> Height<4> {
        let (mut height, mut slope) = (0.0, [0.0; 4]);
        // One purchase more was survived in the modified model.
        let more = f64::from(u8::from(self.modified));
        let mut ratios = Vec::with_capacity(self.frequencies.len());
        for (x, weight) in &self.frequencies {
            let survived = x + more;
            let beta = ln_gamma(b + survived) - ln_gamma(*b) + ln_gamma(a + b)
                - ln_gamma(a + b + survived);
            let gamma = ln_gamma(r + x) - ln_gamma(*r) + r * alpha.ln();
            height += weight * (beta + gamma);
            let together = digamma(a + b) - digamma(a + b + survived);
            slope[0] += weight * (digamma(r + x) - digamma(*r) + alpha.ln());
            slope[1] += weight * r / alpha;
            slope[2] += weight * together;
            slope[3] += weight * (digamma(b + survived) - digamma(*b) + together);
            ratios.push((a / (b + survived - 1.0)).ln());
        }
        let parts: Vec<Height<4>> = self
            .rows
            .par_chunks(PART)
            .zip(self.places.par_chunks(PART))
            .map(|(rows, places)| {
                let (mut height, mut slope) = (0.0, [0.0; 4]);
                for (row, place) in rows.iter().zip(places) {
                    let (x, weight) = (row.frequency, row.weight);
                    let (late, early) = (alpha + row.observed, alpha + row.recency);
                    let (ln_late, ln_early) = (late.ln(), early.ln());
                    let stayed = -(r + x) * ln_late;
                    let (total, has_left) = if x + more > 0.0 {
                        let left = ratios[*place] - (r + x) * ln_early;
                        let most = stayed.max(left);
                        let total = most + ((stayed - most).exp() + (left - most).exp()).ln();
                        (total, (left - total).exp())
                    } else {
                        (stayed, 0.0)
                    };
                    let is_there = 1.0 - has_left;
                    height += weight * total;
                    slope[0] -= weight * (is_there * ln_late + has_left * ln_early);
                    slope[1] -= weight * (r + x) * (is_there / late + has_left / early);
                    slope[2] += weight * has_left / a;
                    if x + more > 0.0 {
                        slope[3] -= weight * has_left / (b + x + more - 1.0);
                    }
                }
                (height, slope)
            })
            .collect();
        for (own, slopes) in parts {
            height += own;
            for (slope, own) in slope.iter_mut().zip(slopes) {
                *slope += own;
            }
        }
        (height, slope)
    }
}
