//! A customer as the models of buying and leaving see one, and what they say of each.

use std::collections::HashMap;

use polars::prelude::*;
use rayon::prelude::*;

use super::Model;
use super::maximum::{Peak, error_of};
use crate::stat::distribution::normal_quantile;
use crate::table::column;
use crate::table::points::known;
use crate::{Error, Result};

/// One customer, or several who are the same.
#[derive(Clone, Copy, Debug)]
pub struct Row {
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

/// Which models say who is still a customer, and how often they will buy again? [`BgNbd`](super::BgNbd) and
/// [`ParetoNbd`](super::ParetoNbd): what takes such a model takes either. It cannot be implemented elsewhere.
pub trait Buying: Model + Sync {
    /// What was found, and how well it is known.
    #[doc(hidden)]
    fn found(&self) -> &Peak<4>;
    /// The chance that the customer has not left, for these parameters.
    #[doc(hidden)]
    fn alive(&self, row: &Row, at: &[f64; 4]) -> f64;
    /// How many purchases are to be expected in so much time from the end of the history on.
    #[doc(hidden)]
    fn purchases(&self, row: &Row, at: &[f64; 4], time: f64) -> f64;
    /// The same of one who has just bought for the first time, for the parameters that were found.
    #[doc(hidden)]
    fn of_newcomer(&self, time: f64) -> f64;

    /// The table of parameters, as `tidy` of the model has it.
    fn parameters_table(&self) -> Result<DataFrame>;
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
    let weights = weights(history)?;
    Ok((0..frequency.len())
        .map(|row| Row {
            frequency: frequency[row],
            recency: recency[row],
            observed: observed[row],
            weight: weights[row],
        })
        .collect())
}

/// How many customers each row of a history stands for: one, where no column `customers` says it.
pub(super) fn weights(history: &DataFrame) -> Result<Vec<f64>> {
    if history.column("customers").is_err() {
        return Ok(vec![1.0; history.height()]);
    }
    let customers = known(history, "customers")?;
    let is_number = |n: &f64| *n >= 1.0 && n.fract() == 0.0;
    match customers.iter().position(|n| !is_number(n)) {
        None => Ok(customers),
        Some(row) => Err(Error::Value {
            column: "customers".into(),
            row,
            value: customers[row].to_string(),
            expected: "a whole number, 1 or more".into(),
        }),
    }
}

/// The customers of a history with `alive`, `purchases` and the ends of its interval.
pub(super) fn expected_of(
    model: &impl Buying,
    history: &DataFrame,
    time: f64,
) -> Result<DataFrame> {
    check_time("time", time)?;
    let (found, z) = (
        model.found(),
        normal_quantile(0.5 + model.confidence() / 2.0),
    );
    let rows = rows(history)?;
    let figures = of_each(&rows, |row| {
        let own = model.purchases(row, &found.at, time);
        let error = error_of(&found.at, &found.covariance, |at| {
            model.purchases(row, at, time)
        });
        let factor = match own > 0.0 {
            true => (z * error / own).exp(),
            false => 1.0,
        };
        [model.alive(row, &found.at), own, own / factor, own * factor]
    });
    let own = |place: usize| figures.iter().map(|row| row[place]).collect::<Vec<_>>();
    let columns = df!(
        "alive" => own(0),
        "purchases" => own(1),
        "purchases_lower" => own(2),
        "purchases_upper" => own(3),
    )?;
    column::beside(history, &columns)
}

pub(super) fn check_time(name: &'static str, time: f64) -> Result<()> {
    match time >= 0.0 && time.is_finite() {
        true => Ok(()),
        false => Err(Error::Parameter {
            name,
            value: time.to_string(),
            expected: "0 or more, in the unit of the history".into(),
        }),
    }
}

/// A figure of each customer; of those who are the same it is computed once.
pub(super) fn of_each<T: Copy + Send + Sync>(
    rows: &[Row],
    figure: impl Fn(&Row) -> T + Sync,
) -> Vec<T> {
    let key = |row: &Row| [row.frequency, row.recency, row.observed].map(f64::to_bits);
    let mut places: HashMap<[u64; 3], usize, foldhash::fast::RandomState> = HashMap::default();
    let mut different: Vec<&Row> = Vec::new();
    let place: Vec<usize> = rows
        .iter()
        .map(|row| {
            *places.entry(key(row)).or_insert_with(|| {
                different.push(row);
                different.len() - 1
            })
        })
        .collect();
    let figures: Vec<T> = different.par_iter().map(|row| figure(row)).collect();
    place.into_iter().map(|place| figures[place]).collect()
}
