//! A penalised logistic regression by Newton's method, with standard errors.

use linfa_linalg::cholesky::InverseCInplace;
use ndarray::{Array1, Array2, Axis};

use crate::{Error, Result};

/// Steps at most; five to ten are usual.
const STEPS: usize = 100;
/// A step that does not lead upwards is halved, at most so often.
const HALVINGS: usize = 40;

/// The weights of scaled columns, and how sure they are; the first error is the intercept's.
#[derive(Clone, Debug)]
pub(super) struct Logistic {
    pub intercept: f64,
    pub weights: Vec<f64>,
    pub errors: Vec<f64>,
}

impl Logistic {
    /// The peak of the log-likelihood less half the penalty times the sum of squared weights.
    ///
    /// It starts where all have the rate as their chance, so that a rate of a few in ten thousand is
    /// no slope to creep up, and ends with an error where it does not arrive.
    pub fn fit(records: &Array2<f64>, answers: &[bool], penalty: f64) -> Result<Self> {
        let answered = answers.iter().filter(|answer| **answer).count() as f64;
        let mut model = Logistic {
            intercept: (answered / (answers.len() as f64 - answered)).ln(),
            weights: vec![0.0; records.ncols()],
            errors: Vec::new(),
        };
        let mut height = model.height(records, answers, penalty);
        for _ in 0..STEPS {
            let (step, errors) = model.newton(records, answers, penalty)?;
            model.errors = errors;
            let small = |(step, own): (&f64, &f64)| step.abs() <= 1e-9 * (1.0 + own.abs());
            let own: Vec<f64> = [&[model.intercept], model.weights.as_slice()].concat();
            if step.iter().zip(&own).all(small) {
                return Ok(model);
            }
            let mut share = 1.0;
            let mut halvings = 0;
            let (next, at) = loop {
                let next = model.moved(&step, share);
                let at = next.height(records, answers, penalty);
                // Near the peak the height is level but for rounding.
                let level = (at - height).abs() <= 1e-12 * height.abs();
                if at > height || level {
                    break (next, at);
                }
                halvings += 1;
                if halvings > HALVINGS {
                    return Err(not_found("its steps lead nowhere"));
                }
                share /= 2.0;
            };
            (model, height) = (next, at);
        }
        Err(not_found(&format!("{STEPS} steps do not lead there")))
    }

    fn moved(&self, step: &Array1<f64>, share: f64) -> Self {
        let steps = step.iter().skip(1);
        Logistic {
            intercept: self.intercept + share * step[0],
            weights: self
                .weights
                .iter()
                .zip(steps)
                .map(|(weight, step)| weight + share * step)
                .collect(),
            errors: self.errors.clone(),
        }
    }

    /// The log-likelihood, less the penalty.
    fn height(&self, records: &Array2<f64>, answers: &[bool], penalty: f64) -> f64 {
        let odds = records.dot(&Array1::from(self.weights.clone())) + self.intercept;
        let likely: f64 = odds
            .iter()
            .zip(answers)
            .map(|(odds, answer)| {
                let wrong = if *answer { -odds } else { *odds };
                // ln(1 + e^x), which for a large x is x.
                -(wrong.max(0.0) + (-wrong.abs()).exp().ln_1p())
            })
            .sum();
        let squares: f64 = self.weights.iter().map(|weight| weight * weight).sum();
        likely - penalty / 2.0 * squares
    }

    /// The chance of each row.
    pub fn chances(&self, records: &Array2<f64>) -> Vec<f64> {
        let odds = records.dot(&Array1::from(self.weights.clone())) + self.intercept;
        odds.iter()
            .map(|odds| 1.0 / (1.0 + (-odds).exp()))
            .collect()
    }

    /// How far the peak of the penalised likelihood lies by its slope and its curvature here, and the
    /// standard errors by that curvature.
    fn newton(
        &self,
        records: &Array2<f64>,
        answers: &[bool],
        penalty: f64,
    ) -> Result<(Array1<f64>, Vec<f64>)> {
        let chances = self.chances(records);
        let off = answers.iter().zip(&chances);
        let off: Array1<f64> = off
            .map(|(answer, p)| f64::from(u8::from(*answer)) - p)
            .collect();
        let mut slope = Array1::zeros(self.weights.len() + 1);
        slope[0] = off.sum();
        for (place, slope_of_one) in records.t().dot(&off).iter().enumerate() {
            slope[place + 1] = slope_of_one - penalty * self.weights[place];
        }
        let inverse = inverse_curvature(records, &chances, penalty)?;
        let errors = inverse.diag().mapv(f64::sqrt).to_vec();
        Ok((inverse.dot(&slope), errors))
    }
}

fn not_found(why: &str) -> Error {
    Error::Parameter {
        name: "propensity",
        value: format!("a regression whose best weights are not found ({why})"),
        expected: "scaled columns, and a penalty above 0".into(),
    }
}

/// The curvature of the penalised likelihood, inverted: X'WX and the penalty.
fn inverse_curvature(records: &Array2<f64>, chances: &[f64], penalty: f64) -> Result<Array2<f64>> {
    let spread: Array1<f64> = chances.iter().map(|p| p * (1.0 - p)).collect();
    let d = records.ncols();
    let weighted = records * &spread.view().insert_axis(Axis(1));
    let mut curvature = Array2::zeros((d + 1, d + 1));
    curvature[[0, 0]] = spread.sum();
    for (place, sum) in weighted.sum_axis(Axis(0)).iter().enumerate() {
        curvature[[0, place + 1]] = *sum;
        curvature[[place + 1, 0]] = *sum;
    }
    let inner = records.t().dot(&weighted);
    for row in 0..d {
        for column in 0..d {
            let own = if row == column { penalty } else { 0.0 };
            // The two halves may differ in their last digit; the inverse needs them alike.
            curvature[[row + 1, column + 1]] =
                (inner[[row, column]] + inner[[column, row]]) / 2.0 + own;
        }
    }
    let inverse = curvature.invc_inplace().map_err(|error| Error::Parameter {
        name: "recipe",
        value: error.to_string(),
        expected: "columns that do not follow from each other".into(),
    })?;
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Columns, Recipe};
    use polars::prelude::*;

    /// Two columns, of which the first shifts the odds; `rate` of the customers answer.
    fn made_up(n: usize, rate: f64, seed: u64) -> (Array2<f64>, Vec<bool>) {
        let mut random = crate::stat::random::stream(seed, 0);
        let mut unit = || crate::stat::random::unit(&mut random);
        let normal = |u: f64| crate::stat::distribution::normal_quantile(u.clamp(1e-9, 1.0 - 1e-9));
        let records = Array2::from_shape_fn((n, 2), |_| normal(unit()));
        let answers = (0..n).map(|row| {
            let odds = (rate / (1.0 - rate)).ln() + 0.5 * records[[row, 0]];
            unit() < 1.0 / (1.0 + (-odds).exp())
        });
        let answers = answers.collect();
        (records, answers)
    }

    /// At the peak the chances add up to the answers, as no penalty holds the intercept, and each
    /// column's chances and answers differ by the penalty on its weight.
    fn is_at_the_peak(model: &Logistic, records: &Array2<f64>, answers: &[bool], penalty: f64) {
        let off: Array1<f64> = answers
            .iter()
            .zip(model.chances(records))
            .map(|(answer, chance)| f64::from(u8::from(*answer)) - chance)
            .collect();
        let n = answers.len() as f64;
        assert!(off.sum().abs() < 1e-9 * n, "{}", off.sum());
        for (slope, weight) in records.t().dot(&off).iter().zip(&model.weights) {
            assert!(
                (slope - penalty * weight).abs() < 1e-9 * n,
                "{slope} {weight}"
            );
        }
    }

    #[test]
    fn the_peak_is_found_at_any_rate() {
        for (rate, n) in [
            (0.0005, 60_000),
            (0.0008, 35_000),
            (0.01, 5_000),
            (0.15, 2_000),
            (0.5, 500),
        ] {
            let (records, answers) = made_up(n, rate, 3);
            let answered = answers.iter().filter(|x| **x).count();
            assert!(answered > 15, "{answered}");
            for penalty in [1e-6, 1.0, 100.0] {
                let model = Logistic::fit(&records, &answers, penalty).unwrap();
                is_at_the_peak(&model, &records, &answers, penalty);
            }
        }
    }

    #[test]
    fn a_penalty_holds_weights_that_would_have_no_end() {
        let (records, _) = made_up(400, 0.5, 5);
        let apart: Vec<bool> = records.column(0).iter().map(|x| *x > 0.3).collect();
        for penalty in [0.01, 1.0] {
            let model = Logistic::fit(&records, &apart, penalty).unwrap();
            is_at_the_peak(&model, &records, &apart, penalty);
            assert!(model.weights[0] > 1.0 && model.weights[0].is_finite());
        }
    }

    /// scikit-learn 1.9.1, by tests/oracles/recommend.py.
    #[test]
    fn weights_errors_and_chances_are_those_of_scikit_learn() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/oracles/recommend.json")).unwrap();
        let expected = &oracle["logistic"];
        let list =
            |name: &str| -> Vec<f64> { serde_json::from_value(expected[name].clone()).unwrap() };
        let customers = crate::data::campaign::load("data/marketing_campaign.csv")
            .unwrap()
            .customers;
        let features = [
            crate::data::features::spend(),
            crate::data::features::transactions(),
            crate::data::features::age(2022),
            crate::data::features::children(),
            crate::data::features::accepted_campaigns(),
        ];
        let customers = customers.lazy().with_columns(features);
        let customers = customers
            .filter(col("Income").is_not_null())
            .collect()
            .unwrap();
        let names: Vec<String> = serde_json::from_value(expected["columns"].clone()).unwrap();
        let recipe = Recipe::new(names.iter().map(String::as_str)).standardise(Columns::All);
        let data = recipe.fit(&customers).unwrap().dataset(&customers).unwrap();
        let answers = crate::table::column::flags(&customers, "Response").unwrap();
        let answers: Vec<bool> = answers.into_iter().flatten().collect();
        let model = Logistic::fit(data.records(), &answers, 1.0).unwrap();
        let near = |ours: f64, theirs: f64, within: f64| {
            assert!((ours - theirs).abs() < within, "{ours} {theirs}");
        };
        near(
            model.intercept,
            expected["intercept"].as_f64().unwrap(),
            1e-9,
        );
        for (ours, theirs) in model.weights.iter().zip(list("coefficients")) {
            near(*ours, theirs, 1e-9);
        }
        for (ours, theirs) in model.errors.iter().zip(list("standard_errors")) {
            near(*ours, theirs, 1e-9);
        }
        let chances = model.chances(data.records());
        for (ours, theirs) in chances.iter().zip(list("first_probabilities")) {
            near(*ours, theirs, 1e-9);
        }
        let area = super::super::roc::Area::new(&chances, &answers);
        near(area.share, expected["auc"].as_f64().unwrap(), 1e-9);
        near(
            area.variance,
            oracle["auc_interval"]["variance"].as_f64().unwrap(),
            1e-8,
        );
        let order = super::super::gain::Order::by(&chances, &answers);
        let gain = oracle["gain"]["probability"].as_array().unwrap();
        for ((contacted, answered), theirs) in order.reached().into_iter().zip(gain) {
            assert_eq!(Some(contacted), theirs["contacted"].as_u64());
            assert_eq!(Some(answered), theirs["responders"].as_u64());
        }
    }
}
