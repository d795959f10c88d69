//! A penalised logistic regression (linfa's), with standard errors.

use linfa::prelude::Fit;
use linfa::{Dataset, ParamGuard};
use linfa_linalg::cholesky::InverseCInplace;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis};

use crate::{Error, Result};

/// Steps to the peak at most; two or three are usual.
const STEPS: usize = 20;

/// The weights of scaled columns, and how sure they are; the first error is the intercept's.
#[derive(Clone, Debug)]
pub(super) struct Logistic {
    pub intercept: f64,
    pub weights: Vec<f64>,
    pub errors: Vec<f64>,
}

impl Logistic {
    pub fn fit(records: &Array2<f64>, answers: &[bool], penalty: f64) -> Result<Self> {
        let data = Dataset::new(records.clone(), Array1::from(answers.to_vec()));
        let model = LogisticRegression::default()
            .alpha(penalty)
            .gradient_tolerance(1e-3 * answers.len() as f64)
            .check()
            .map_err(linfa)?
            .fit(&data)
            .map_err(linfa)?;
        // linfa models the chance of the more frequent class, whichever it is.
        let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
        let mut model = Logistic {
            intercept: sign * model.intercept(),
            weights: model.params().iter().map(|weight| sign * weight).collect(),
            errors: Vec::new(),
        };
        // L-BFGS comes near the peak, and creeps from there; the curvature, which the errors need
        // anyway, leads straight to it (Newton's method).
        for _ in 0..STEPS {
            let (step, errors) = model.newton(records, answers, penalty)?;
            model.errors = errors;
            model.intercept += step[0];
            for (weight, step) in model.weights.iter_mut().zip(step.iter().skip(1)) {
                *weight += step;
            }
            if step.iter().all(|step| step.abs() < 1e-9) {
                break;
            }
        }
        Ok(model)
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

fn linfa(error: linfa_logistic::error::Error) -> Error {
    Error::Parameter {
        name: "propensity",
        value: error.to_string(),
        expected: "customers that a logistic regression can be fitted to".into(),
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

    /// scikit-learn 1.9.1, by tests/oracles/recommend.py.
    #[test]
    fn weights_errors_and_chances_are_those_of_scikit_learn() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/oracles/recommend.json")).unwrap();
        let expected = &oracle["logistic"];
        let list =
            |name: &str| -> Vec<f64> { serde_json::from_value(expected[name].clone()).unwrap() };
        let customers = crate::campaign::load("data/marketing_campaign.csv")
            .unwrap()
            .customers;
        let features = [
            crate::features::spend(),
            crate::features::transactions(),
            crate::features::age(2022),
            crate::features::children(),
            crate::features::accepted_campaigns(),
        ];
        let customers = customers.lazy().with_columns(features);
        let customers = customers
            .filter(col("Income").is_not_null())
            .collect()
            .unwrap();
        let names: Vec<String> = serde_json::from_value(expected["columns"].clone()).unwrap();
        let recipe = Recipe::new(names.iter().map(String::as_str)).standardise(Columns::All);
        let data = recipe.fit(&customers).unwrap().dataset(&customers).unwrap();
        let answers = crate::column::flags(&customers, "Response").unwrap();
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
