//! A customer as the models of buying and leaving see one, and what they say of each.

use polars::prelude::*;
use rayon::prelude::*;

use super::maximum::{Peak, error_of};
use crate::stat::distribution::normal_quantile;
use crate::table::column;
use crate::table::points::known;
use crate::{Error, Result};

/// One customer, or several who are the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub frequency: f64,
    pub recency: f64,
    pub observed: f64,
    pub weight: f64,
}

impl Row {
    /// One who has just bought for the first time.
    pub fn new() -> Self {
        Row {
            frequency: 0.0,
            recency: 0.0,
            observed: 0.0,
            weight: 1.0,
        }
    }
}

pub(super) fn rows(history: &DataFrame) -> Result<Vec<Row>> {
    let own = |name: &str| -> Result<Vec<f64>> {
        let values = known(history, name)?;
        match values
            .iter()
            .position(|value| !(*value >= 0.0 && value.is_finite()))
        {
            None => Ok(values),
            Some(row) => Err(Error::Value {
                column: name.to_owned(),
                row,
                value: values[row].to_string(),
                expected: "0 or more".into(),
            }),
        }
    };
    let (frequency, recency, observed) = (own("frequency")?, own("recency")?, own("observed")?);
    if let Some(row) = (0..observed.len()).find(|row| recency[*row] > observed[*row]) {
        return Err(Error::Value {
            column: "recency".into(),
            row,
            value: recency[row].to_string(),
            expected: format!(
                "{} or less, as long as the customer was observed",
                observed[row]
            ),
        });
    }
    Ok((0..frequency.len())
        .map(|row| Row {
            frequency: frequency[row],
            recency: recency[row],
            observed: observed[row],
            weight: 1.0,
        })
        .collect())
}

/// The customers of a history with `alive`, `purchases` and the ends of its interval, by what a model says of
/// a customer for its parameters.
pub(super) fn expected_of(
    history: &DataFrame,
    time: f64,
    (found, confidence): (&Peak<4>, f64),
    alive: impl Fn(&Row, &[f64; 4]) -> f64 + Sync,
    purchases: impl Fn(&Row, &[f64; 4]) -> f64 + Sync,
) -> Result<DataFrame> {
    if !(time >= 0.0 && time.is_finite()) {
        return Err(Error::Parameter {
            name: "time",
            value: time.to_string(),
            expected: "0 or more, in the unit of the history".into(),
        });
    }
    let z = normal_quantile(0.5 + confidence / 2.0);
    let figures: Vec<[f64; 4]> = rows(history)?
        .par_iter()
        .map(|row| {
            let own = purchases(row, &found.at);
            let error = error_of(&found.at, &found.covariance, |at| purchases(row, at));
            let factor = match own > 0.0 {
                true => (z * error / own).exp(),
                false => 1.0,
            };
            [alive(row, &found.at), own, own / factor, own * factor]
        })
        .collect();
    let own = |place: usize| figures.iter().map(|row| row[place]).collect::<Vec<_>>();
    let columns = df!(
        "alive" => own(0),
        "purchases" => own(1),
        "purchases_lower" => own(2),
        "purchases_upper" => own(3),
    )?;
    column::beside(history, &columns)
}
