use polars::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use super::maximum::{Height, Peak, peak};
use crate::stat::interval::checked;
use crate::table::column;
use crate::table::points::known;
use crate::{Error, Result};

/// Who gives again at the next occasion, where occasions are counted: each year's appeal, each season?
///
/// The BG/BB model (Fader, Hardie and Shang 2010, Mark. Sci. 29, 1086): at each occasion a customer who is
/// still there buys with a chance of their own (beta distribution `alpha`, `beta`), and before it leaves
/// with another (`gamma`, `delta`).
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::BgBb;
///
/// let history = df!(
///     "frequency" => [0u64, 1, 1, 2, 3, 4, 4], "recency" => [0u64, 1, 4, 3, 4, 4, 4],
///     "occasions" => [4u64; 7], "customers" => [300u64, 90, 20, 40, 60, 30, 50],
/// )?;
/// let model = BgBb::fit(&history, &BgBb::params())?;
/// let ahead = model.augment(&history, 2)?;
/// let purchases = ahead.column("purchases")?.f64()?;
/// // Once, and long ago, against every time.
/// assert!(purchases.get(1) < Some(0.3) && purchases.get(6) > Some(1.2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BgBb {
    found: Peak<4>,
    n: u64,
    pub(super) confidence: f64,
}

/// How [`BgBb`] is fitted. A builder, made by [`BgBb::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct BgBbParams {
    confidence: f64,
}

impl BgBbParams {
    /// The confidence of intervals; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

impl BgBb {
    /// Intervals of 95 %.
    pub fn params() -> BgBbParams {
        BgBbParams { confidence: 0.95 }
    }

    /// Learns from a history by occasions: `frequency` (at how many of them the customer bought),
    /// `recency` (which was the last, counted from 1; 0 for none), `occasions` (how many there were), and
    /// `customers`, where a row stands for several.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where a number is missing, or they do
    /// not fit together; [`Error::TooFew`] where nobody bought; [`Error::Parameter`] where the likelihood
    /// has no peak.
    pub fn fit(history: &DataFrame, params: &BgBbParams) -> Result<Self> {
        let confidence = checked(params.confidence)?;
        let rows = rows(history)?;
        if rows.iter().all(|row| row.frequency == 0.0) {
            return Err(Error::TooFew {
                what: "customers who bought at an occasion".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let found = peak("BG/BB", [1.0, 1.0, 0.5, 2.0], |at| {
            let (mut height, mut slope) = (0.0, [0.0; 4]);
            for row in &rows {
                let (own, slopes) = row.height(at);
                height += row.weight * own;
                for (slope, own) in slope.iter_mut().zip(slopes) {
                    *slope += row.weight * own;
                }
            }
            (height, slope)
        })?;
        Ok(BgBb {
            found,
            n: rows.iter().map(|row| row.weight).sum::<f64>() as u64,
            confidence,
        })
    }

    /// `alpha`, `beta`, `gamma` and `delta`.
    pub fn parameters(&self) -> [f64; 4] {
        self.found.at
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, `lower` and `upper` (on a logarithmic
    /// scale, as parameters are above 0).
    pub fn tidy(&self) -> Result<DataFrame> {
        let names = ["alpha", "beta", "gamma", "delta"];
        self.found.tidy(names, self.confidence)
    }

    /// One row: `n`, `log_likelihood`, `iterations`.
    pub fn glance(&self) -> Result<DataFrame> {
        self.found.glance(self.n)
    }

    /// The history with what is to be expected at the next occasions: `alive`, the chance that a customer
    /// is there at the next one, and `purchases`, how many of these each customer of a row will use.
    ///
    /// # Errors
    /// Those of [`fit`](BgBb::fit).
    pub fn augment(&self, history: &DataFrame, occasions: u64) -> Result<DataFrame> {
        let rows = rows(history)?;
        let at = &self.found.at;
        let mut augmented = history.clone();
        for (name, values) in [
            (
                "alive",
                rows.iter().map(|row| row.alive(at)).collect::<Vec<_>>(),
            ),
            (
                "purchases",
                rows.iter().map(|row| row.expected(at, occasions)).collect(),
            ),
        ] {
            column::is_new(history, name)?;
            augmented.with_column(Column::new(name.into(), values))?;
        }
        Ok(augmented)
    }
}

struct Row {
    frequency: f64,
    recency: f64,
    occasions: f64,
    weight: f64,
}

/// The logarithm of B(a + x, b + y) over B(a, b), and its slopes by a and b.
fn beta_ratio(a: f64, b: f64, x: f64, y: f64) -> (f64, [f64; 2]) {
    let value = ln_gamma(a + x) - ln_gamma(a) + ln_gamma(b + y) - ln_gamma(b) + ln_gamma(a + b)
        - ln_gamma(a + b + x + y);
    let together = digamma(a + b) - digamma(a + b + x + y);
    (
        value,
        [
            digamma(a + x) - digamma(a) + together,
            digamma(b + y) - digamma(b) + together,
        ],
    )
}

impl Row {
    /// The logarithm of the likelihood (Fader, Hardie and Shang 2010, (5)): there all the time, or left
    /// after one of the occasions since the last purchase.
    fn height(&self, [alpha, beta, gamma, delta]: &[f64; 4]) -> Height<4> {
        let (x, last, n) = (self.frequency, self.recency, self.occasions);
        let mut terms = Vec::new();
        let mut add = |not_bought: f64, left: f64, stayed: f64| {
            let (buys, by_buys) = beta_ratio(*alpha, *beta, x, not_bought);
            let (stays, by_stays) = beta_ratio(*gamma, *delta, left, stayed);
            terms.push((
                buys + stays,
                [by_buys[0], by_buys[1], by_stays[0], by_stays[1]],
            ));
        };
        add(n - x, 0.0, n);
        for since in 0..(n - last) as u64 {
            let since = since as f64;
            add(last - x + since, 1.0, last + since);
        }
        let most = terms
            .iter()
            .map(|term| term.0)
            .fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = terms.iter().map(|term| (term.0 - most).exp()).sum();
        let height = most + sum.ln();
        let mut slope = [0.0; 4];
        for (own, slopes) in &terms {
            let share = (own - height).exp();
            for (slope, own) in slope.iter_mut().zip(slopes) {
                *slope += share * own;
            }
        }
        (height, slope)
    }

    /// The chance to be there at the next occasion: to have been there all the time, and to stay.
    fn alive(&self, at: &[f64; 4]) -> f64 {
        let [alpha, beta, gamma, delta] = *at;
        let (x, n) = (self.frequency, self.occasions);
        let there = beta_ratio(alpha, beta, x, n - x).0 + beta_ratio(gamma, delta, 0.0, n + 1.0).0;
        (there - self.height(at).0).exp()
    }

    /// Of so many next occasions (Fader, Hardie and Shang 2010, (12), occasion by occasion).
    fn expected(&self, at: &[f64; 4], occasions: u64) -> f64 {
        let [alpha, beta, gamma, delta] = *at;
        let (x, n) = (self.frequency, self.occasions);
        let buys = beta_ratio(alpha, beta, x + 1.0, n - x).0 - self.height(at).0;
        (1..=occasions)
            .map(|next| (buys + beta_ratio(gamma, delta, 0.0, n + next as f64).0).exp())
            .sum()
    }
}

fn rows(history: &DataFrame) -> Result<Vec<Row>> {
    let frequency = known(history, "frequency")?;
    let recency = known(history, "recency")?;
    let occasions = known(history, "occasions")?;
    let weights = match history.column("customers") {
        Ok(_) => known(history, "customers")?,
        Err(_) => vec![1.0; frequency.len()],
    };
    (0..frequency.len())
        .map(|row| {
            let own = Row {
                frequency: frequency[row],
                recency: recency[row],
                occasions: occasions[row],
                weight: weights[row],
            };
            let all = [own.frequency, own.recency, own.occasions, own.weight];
            let whole = all
                .iter()
                .all(|x| *x >= 0.0 && x.fract() == 0.0 && *x < 1e9);
            let ordered = own.frequency <= own.recency && own.recency <= own.occasions;
            let none = (own.frequency == 0.0) == (own.recency == 0.0);
            match whole && ordered && none {
                true => Ok(own),
                false => Err(Error::Value {
                    column: "frequency".into(),
                    row,
                    value: format!(
                        "{} purchases, the last at {} of {}",
                        own.frequency, own.recency, own.occasions
                    ),
                    expected: "whole numbers: no more purchases than occasions up to the last"
                        .into(),
                }),
            }
        })
        .collect()
}
