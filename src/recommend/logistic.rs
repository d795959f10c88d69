//! A penalised logistic regression (linfa's), with standard errors.

use linfa::prelude::Fit;
use linfa::{Dataset, ParamGuard};
use linfa_linalg::cholesky::InverseCInplace;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis};

use crate::{Error, Result};

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
            .max_iterations(1_000)
            .gradient_tolerance(1e-9 * answers.len() as f64)
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
        model.errors = standard_errors(records, &model.chances(records), penalty)?;
        Ok(model)
    }

    /// The chance of each row.
    pub fn chances(&self, records: &Array2<f64>) -> Vec<f64> {
        let odds = records.dot(&Array1::from(self.weights.clone())) + self.intercept;
        odds.iter()
            .map(|odds| 1.0 / (1.0 + (-odds).exp()))
            .collect()
    }
}

fn linfa(error: linfa_logistic::error::Error) -> Error {
    Error::Parameter {
        name: "propensity",
        value: error.to_string(),
        expected: "customers that a logistic regression can be fitted to".into(),
    }
}

/// From the curvature of the penalised likelihood at its peak: X'WX and the penalty, inverted.
fn standard_errors(records: &Array2<f64>, chances: &[f64], penalty: f64) -> Result<Vec<f64>> {
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
    Ok(inverse
        .diag()
        .iter()
        .map(|variance| variance.sqrt())
        .collect())
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
            1e-6,
        );
        for (ours, theirs) in model.weights.iter().zip(list("coefficients")) {
            near(*ours, theirs, 1e-6);
        }
        for (ours, theirs) in model.errors.iter().zip(list("standard_errors")) {
            near(*ours, theirs, 1e-7);
        }
        let chances = model.chances(data.records());
        for (ours, theirs) in chances.iter().zip(list("first_probabilities")) {
            near(*ours, theirs, 1e-6);
        }
        let area = super::super::roc::Area::new(&chances, &answers);
        near(area.share, expected["auc"].as_f64().unwrap(), 1e-5);
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
