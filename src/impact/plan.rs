use polars::prelude::*;

use crate::stat::interval::Bootstrap;
use crate::table::column;
use crate::{Error, Result};

/// How many must accept an offer, so that it pays, or reaches a goal? A builder; [`needed`](Plan::needed) does the work.
///
/// ```
/// use segmenta::prelude::*;
///
/// // A thousand offers at 2 each; of an accepted one of about 50 three tenths stay.
/// let plan = impact::Plan::new(1_000, 2.0, 0.3);
/// let sold = df!("amount" => [40.0, 50.0, 60.0])?;
/// let needed = plan.needed(&sold, "amount", 20_000.0, 0.1, &Bootstrap::new())?;
/// // 2 of 15 pay for it; a tenth more of sales of 20,000 are 40 accepted offers of 50.
/// assert!((table::number(&needed, "acceptance", 0)? - 2.0 / 15.0).abs() < 1e-12);
/// assert!((table::number(&needed, "acceptance", 1)? - 0.04).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    offers: u64,
    cost: f64,
    margin: f64,
    anyway: f64,
}

impl Plan {
    /// How many offers are made, what one of them costs, and which share of the price stays after what the goods cost.
    pub fn new(offers: u64, cost: f64, margin: f64) -> Self {
        Plan {
            offers,
            cost,
            margin,
            anyway: 0.0,
        }
    }

    /// Which share of those who accept would have bought it anyway, from 0 and below 1; nobody where it is not said. These
    /// cost an offer, and add nothing.
    pub fn anyway(mut self, share: f64) -> Self {
        self.anyway = share;
        self
    }

    /// Which share of the offers must be accepted? Two rows: to `break even`, and to lift `sales` by the share `goal` (0.1 for
    /// ten per cent). `question`, `acceptance` with `lower` and `upper` (as the mean value of what is sold, in a column of the
    /// table, is known by the bootstrap), `accepted` (that many offers), `verdict`: whether it is possible at all.
    ///
    /// # Errors
    /// [`Error::Parameter`] where no offer is made, a cost is negative, the margin or a share is none, or the mean value is
    /// not above 0; [`Error::NoColumn`], [`Error::WrongType`]; those of [`Bootstrap`].
    pub fn needed(
        &self,
        sold: &DataFrame,
        value: &str,
        sales: f64,
        goal: f64,
        bootstrap: &Bootstrap,
    ) -> Result<DataFrame> {
        let wrong = |name: &'static str, value: f64, expected: &str| Error::Parameter {
            name,
            value: value.to_string(),
            expected: expected.into(),
        };
        if self.offers == 0 {
            return Err(wrong("offers", 0.0, "1 or more"));
        }
        if !(self.cost >= 0.0 && self.cost.is_finite()) {
            return Err(wrong("cost", self.cost, "money of 0 or more"));
        }
        if !(self.margin > 0.0 && self.margin <= 1.0) {
            return Err(wrong("margin", self.margin, "a share above 0 and up to 1"));
        }
        if !(0.0..1.0).contains(&self.anyway) {
            return Err(wrong("anyway", self.anyway, "a share from 0 and below 1"));
        }
        if !(sales >= 0.0 && sales.is_finite()) {
            return Err(wrong("sales", sales, "money of 0 or more"));
        }
        if !(goal >= 0.0 && goal.is_finite()) {
            return Err(wrong("goal", goal, "a share of 0 or more, such as 0.1"));
        }
        let values: Vec<f64> = column::measured(sold, value)?
            .into_iter()
            .flatten()
            .collect();
        let mean = bootstrap.mean(&values)?;
        if mean.estimate <= 0.0 {
            return Err(wrong("value", mean.estimate, "a mean above 0"));
        }
        let added = 1.0 - self.anyway;
        let even = self.cost / (self.margin * added);
        let lift = goal * sales / (self.offers as f64 * added);
        let rows: Vec<(String, f64)> = vec![
            ("break even".into(), even),
            (format!("{:+.0} % of sales", 100.0 * goal), lift),
        ];
        // The dearer what is sold, the fewer must accept: the ends change places.
        let share = |money: f64, of: f64| (of > 0.0).then(|| money / of);
        let verdict = |acceptance: f64, lower: Option<f64>| match (acceptance > 1.0, lower) {
            (true, Some(lower)) if lower <= 1.0 => {
                "hardly possible: more than everybody, or nearly"
            }
            (true, _) => "impossible: more than everybody",
            (false, _) => "possible",
        };
        let acceptance = |money: &f64| money / mean.estimate;
        let lower: Vec<Option<f64>> = rows.iter().map(|row| share(row.1, mean.upper)).collect();
        let upper: Vec<Option<f64>> = rows.iter().map(|row| share(row.1, mean.lower)).collect();
        Ok(df!(
            "question" => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
            "acceptance" => rows.iter().map(|row| acceptance(&row.1)).collect::<Vec<_>>(),
            "lower" => &lower,
            "upper" => upper,
            "accepted" => rows.iter().map(|row| (acceptance(&row.1) * self.offers as f64 * (1.0 - 1e-12)).ceil()).collect::<Vec<_>>(),
            "verdict" => rows.iter().zip(&lower).map(|(row, lower)| verdict(acceptance(&row.1), *lower)).collect::<Vec<_>>(),
        )?)
    }
}
