use polars::prelude::*;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use super::buyer::weights;
use super::maximum::{Height, Peak, error_of, peak};
use crate::stat::distribution::normal_quantile;
use crate::stat::explore::correlation;
use crate::stat::interval::checked;
use crate::table::column;
use crate::table::points::known;
use crate::table::sql;
use crate::{Error, Result};

/// Customers in a part of the sum: the number of threads changes no digit.
const PART: usize = 4_096;

/// What is an order of a customer worth?
///
/// The gamma-gamma model (Fader and Hardie 2013, brucehardie.com/notes/025): the amounts of a customer's
/// orders vary around a mean of their own, and the means vary between customers. Who has ordered often is
/// taken at the own mean, who has ordered once or twice nearer to that of all. Amounts must be above 0, and
/// have nothing to do with how often somebody buys: [`glance`](GammaGamma::glance) has the correlation.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::GammaGamma;
///
/// let history = df!(
///     "frequency" => [1u64, 2, 12, 1, 4, 0, 6, 3],
///     "mean_amount" => [Some(90.0), Some(35.0), Some(88.0), Some(22.0), Some(41.0), None, Some(29.0), Some(55.0)],
/// )?;
/// let model = GammaGamma::fit(&history, &GammaGamma::params())?;
/// let value = model.augment(&history)?;
/// let value = value.column("order_value")?.f64()?;
/// // Once 90, and twelve times 88: the first is hardly known.
/// assert!(value.get(0) < value.get(2));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GammaGamma {
    found: Peak<3>,
    n: u64,
    correlation: Option<f64>,
    pub(super) confidence: f64,
}

/// How [`GammaGamma`] is fitted. A builder, made by [`GammaGamma::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct GammaGammaParams {
    confidence: f64,
}

impl GammaGammaParams {
    /// The confidence of intervals; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

const NAMES: [&str; 3] = ["p", "q", "gamma"];

impl GammaGamma {
    /// Intervals of 95 %.
    pub fn params() -> GammaGammaParams {
        GammaGammaParams { confidence: 0.95 }
    }

    /// Learns from the customers of a [`history`](super::history) who came back: their `frequency` and
    /// `mean_amount`. A row is a customer, or so many as a column `customers` says, where there is one.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where somebody came back and has no
    /// amount, or one that is not above 0; [`Error::TooFew`] where fewer than 2 came back;
    /// [`Error::Parameter`] where the likelihood has no peak.
    pub fn fit(history: &DataFrame, params: &GammaGammaParams) -> Result<Self> {
        let confidence = checked(params.confidence)?;
        let rows: Vec<Back> = rows(history)?.into_iter().flatten().collect();
        let n: f64 = rows.iter().map(|row| row.weight).sum();
        if n < 2.0 {
            return Err(Error::TooFew {
                what: "customers who came back".into(),
                found: n as usize,
                expected: "2 or more".into(),
            });
        }
        let mean = rows.iter().map(|row| row.weight * row.amount).sum::<f64>() / n;
        let often = Often::of(&rows);
        let found = peak("gamma-gamma", [2.0, 3.0, mean], |at| {
            height(&rows, &often, at)
        })?;
        Ok(GammaGamma {
            n: n as u64,
            found,
            correlation: correlation(rows.iter().flat_map(Back::each)).0,
            confidence,
        })
    }

    /// `p`, `q` and `gamma`.
    pub fn parameters(&self) -> [f64; 3] {
        self.found.at
    }

    /// A row for each parameter: `parameter`, `estimate`, `se`, `lower` and `upper` (on a logarithmic
    /// scale, as parameters are above 0).
    pub fn tidy(&self) -> Result<DataFrame> {
        self.found.tidy(NAMES, self.confidence)
    }

    /// One row: `n` (customers who came back), `log_likelihood`, `iterations`, and `correlation`, that of
    /// frequency and mean amount: far from 0 the model does not hold.
    pub fn glance(&self) -> Result<DataFrame> {
        let mut glance = self.found.glance(self.n)?;
        let correlation = df!("correlation" => [self.correlation])?;
        glance.hstack_mut(correlation.columns())?;
        Ok(glance)
    }

    /// The customers of a history with `order_value`, the mean amount that is to be expected of an order
    /// of theirs, and the ends of its interval: how well the parameters are known. Who has not come back
    /// is taken at the mean of all; where that does not exist (q of 1 or less) it is null.
    ///
    /// # Errors
    /// Those of [`fit`](GammaGamma::fit).
    pub fn augment(&self, history: &DataFrame) -> Result<DataFrame> {
        let z = normal_quantile(0.5 + self.confidence / 2.0);
        let figures: Vec<[Option<f64>; 3]> = rows(history)?
            .into_iter()
            .map(|row| {
                let (x, m) = row.map_or((0.0, 0.0), |row| (row.frequency, row.amount));
                let value = |[p, q, gamma]: &[f64; 3]| p * (gamma + m * x) / (p * x + q - 1.0);
                if self.found.at[0] * x + self.found.at[1] <= 1.0 {
                    return [None; 3];
                }
                let own = value(&self.found.at);
                let error = error_of(&self.found.at, &self.found.covariance, value);
                let factor = (z * error / own).exp();
                [Some(own), Some(own / factor), Some(own * factor)]
            })
            .collect();
        let own = |place: usize| figures.iter().map(|row| row[place]).collect::<Vec<_>>();
        let columns = df!(
            "order_value" => own(0),
            "order_value_lower" => own(1),
            "order_value_upper" => own(2),
        )?;
        column::beside(history, &columns)
    }
}

impl GammaGamma {
    /// How does a cluster or a database say what an order of each customer is worth? The columns that
    /// [`augment`](GammaGamma::augment) adds, each with its expression in the terms of `frequency` and `mean_amount` (see
    /// [`sql`]): slopes by their formulas, which agrees with the steps of `augment` to seven digits in the ends of the
    /// intervals.
    ///
    /// ```
    /// use segmenta::prelude::*;
    /// use segmenta::value::GammaGamma;
    ///
    /// let history = df!(
    ///     "frequency" => [1u64, 2, 12, 1, 4, 6, 3],
    ///     "mean_amount" => [90.0, 35.0, 88.0, 22.0, 41.0, 29.0, 55.0],
    /// )?;
    /// let [(name, value), ..] = GammaGamma::fit(&history, &GammaGamma::params())?.sql();
    /// assert_eq!(name, "order_value");
    /// assert!(value.starts_with("case when") && value.contains("`mean_amount`"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn sql(&self) -> [(&'static str, String); 3] {
        let [p, q, gamma] = self.found.at.map(sql::number);
        let x = "cast(`frequency` as double)";
        let sum =
            format!("({gamma} + case when {x} > 0E0D then {x} * `mean_amount` else 0E0D end)");
        let shape = format!("({p} * {x} + {q} - 1E0D)");
        // Of its logarithm by each parameter.
        let slopes = [
            format!("(1E0D / {p} - {x} / {shape})"),
            format!("(-1E0D / {shape})"),
            format!("(1E0D / {sum})"),
        ];
        let terms = self
            .found
            .covariance
            .iter()
            .zip(&slopes)
            .flat_map(|(row, left)| {
                let own = row.iter().zip(&slopes);
                own.map(move |(own, right)| format!("{left} * {} * {right}", sql::number(*own)))
            });
        let variance = terms.collect::<Vec<_>>().join(" + ");
        let z = sql::number(normal_quantile(0.5 + self.confidence / 2.0));
        let error = format!("{z} * sqrt(greatest({variance}, 0E0D))");
        let known = |what: String| format!("case when {shape} > 0E0D then {what} end");
        let value = format!("{p} * {sum} / {shape}");
        [
            ("order_value", known(value.clone())),
            (
                "order_value_lower",
                known(format!("{value} / exp({error})")),
            ),
            (
                "order_value_upper",
                known(format!("{value} * exp({error})")),
            ),
        ]
    }
}

/// A customer who came back, or several who are the same.
#[derive(Clone)]
struct Back {
    frequency: f64,
    amount: f64,
    weight: f64,
}

impl Back {
    /// Frequency and amount of each customer.
    fn each(&self) -> impl Iterator<Item = (f64, f64)> + Clone + use<> {
        std::iter::repeat_n((self.frequency, self.amount), self.weight as usize)
    }
}

/// Customers who came back equally often.
struct Often {
    frequency: f64,
    n: f64,
    /// The sum of the logarithms of their mean amounts.
    logs: f64,
}

impl Often {
    fn of(rows: &[Back]) -> Vec<Self> {
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| a.frequency.total_cmp(&b.frequency));
        let same = sorted.chunk_by(|a, b| a.frequency == b.frequency);
        same.map(|own| Often {
            frequency: own[0].frequency,
            n: own.iter().map(|row| row.weight).sum(),
            logs: own.iter().map(|row| row.weight * row.amount.ln()).sum(),
        })
        .collect()
    }
}

/// The log-likelihood and its slopes. What depends on the frequency alone is computed once for each.
fn height(rows: &[Back], often: &[Often], [p, q, gamma]: &[f64; 3]) -> Height<3> {
    let (mut height, mut slope) = (0.0, [0.0; 3]);
    for Often {
        frequency: x,
        n,
        logs,
    } in often
    {
        let shape = p * x + q;
        height += n
            * (ln_gamma(shape) - ln_gamma(p * x) - ln_gamma(*q) + q * gamma.ln() + p * x * x.ln())
            + (p * x - 1.0) * logs;
        let of_shape = digamma(shape);
        slope[0] += x * (n * (of_shape - digamma(p * x) + x.ln()) + logs);
        slope[1] += n * (of_shape - digamma(*q) + gamma.ln());
        slope[2] += n * q / gamma;
    }
    let parts: Vec<[f64; 4]> = rows
        .par_chunks(PART)
        .map(|rows| {
            let mut sums = [0.0; 4];
            for Back {
                frequency: x,
                amount: m,
                weight,
            } in rows
            {
                let (all, shape) = (gamma + m * x, p * x + q);
                let log = all.ln();
                sums[0] += weight * (shape * log);
                sums[1] += weight * (x * log);
                sums[2] += weight * log;
                sums[3] += weight * (shape / all);
            }
            sums
        })
        .collect();
    for [by_shape, by_frequency, log, share] in parts {
        height -= by_shape;
        slope[0] -= by_frequency;
        slope[1] -= log;
        slope[2] -= share;
    }
    (height, slope)
}

/// Each customer, where they came back.
fn rows(history: &DataFrame) -> Result<Vec<Option<Back>>> {
    let frequency = known(history, "frequency")?;
    let amounts = column::measured(history, "mean_amount")?;
    let weights = weights(history)?;
    let row = |(row, (x, amount)): (usize, (&f64, Option<f64>))| match amount {
        _ if *x <= 0.0 => Ok(None),
        Some(amount) if amount > 0.0 => Ok(Some(Back {
            frequency: *x,
            amount,
            weight: weights[row],
        })),
        other => Err(Error::Value {
            column: "mean_amount".into(),
            row,
            value: other.map_or("null".to_owned(), |amount| amount.to_string()),
            expected: "an amount above 0 for who came back".into(),
        }),
    };
    frequency.iter().zip(amounts).enumerate().map(row).collect()
}
