use ndarray::Array2;
use polars::prelude::*;

use super::cosine::add_rows;
use super::positive::inverse;
use super::{Bought, Past, Recommender};
use crate::{Error, Result};

/// Which products foretell which? Weights between all products, learned at once so that each customer's products are
/// foretold from their others; a product's score is the sum of the weights of what the customer has. EASE (Steck 2019,
/// Embarrassingly Shallow Autoencoders for Sparse Data): with `P` as the inverse of `X'X + regularization`, the weight
/// from i to j is `-P[i,j] / P[j,j]`, and none from a product to itself.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Cid"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 1, 2], "product" => ["tea", "jam", "tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let ease = Ease::params().regularization(1.0).fit(&past)?;
/// // X'X + 1 is [[3, 2], [2, 4]], and its inverse [[4, -2], [-2, 3]] / 8.
/// let tidy = ease.tidy(10)?;
/// assert!((table::number(&tidy, "adds", 0)? - 2.0 / 3.0).abs() < 1e-12);
/// assert!((table::number(&tidy, "adds", 1)? - 2.0 / 4.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ease {
    past: Past,
    /// From each product, a row behind the other.
    weights: Vec<f64>,
}

/// How is it learned? A builder; [`fit`](EaseParams::fit) does the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EaseParams {
    regularization: f64,
}

impl Ease {
    /// With a regularization of 100.
    pub fn params() -> EaseParams {
        EaseParams {
            regularization: 100.0,
        }
    }

    /// The strongest weights, a row for each: `product`, `other_product`, and what the first `adds` to the score of the other.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self, top: usize) -> Result<DataFrame> {
        let m = self.past.products();
        let mut order: Vec<usize> = (0..m * m).filter(|own| self.weights[*own] != 0.0).collect();
        order.sort_by(|a, b| self.weights[*b].total_cmp(&self.weights[*a]));
        order.truncate(top);
        let name = |own: usize| self.past.known.products[own].as_str();
        Ok(df!(
            "product" => order.iter().map(|own| name(own / m)).collect::<Vec<_>>(),
            "other_product" => order.iter().map(|own| name(own % m)).collect::<Vec<_>>(),
            "adds" => order.iter().map(|own| self.weights[*own]).collect::<Vec<_>>(),
        )?)
    }
}

impl EaseParams {
    /// How much weights are held back, above 0: the larger, the more a product rests on many customers.
    pub fn regularization(mut self, strength: f64) -> Self {
        self.regularization = strength;
        self
    }

    /// From which products each customer has bought.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the regularization is not above 0, or there are more products than fit into memory.
    pub fn fit(&self, past: &Past) -> Result<Ease> {
        if !(self.regularization > 0.0 && self.regularization < 1e12) {
            return Err(self.wrong());
        }
        let m = past.products();
        let mut together = past.together()?;
        for own in 0..m {
            together[own * m + own] += self.regularization;
        }
        let gram = Array2::from_shape_vec((m, m), together).map_err(|_| self.wrong())?;
        let mut p = inverse(gram).ok_or_else(|| self.wrong())?;
        let own: Vec<f64> = p.diag().to_vec();
        for ((from, to), value) in p.indexed_iter_mut() {
            *value = if from == to { 0.0 } else { -*value / own[to] };
        }
        Ok(Ease {
            past: past.clone(),
            weights: p.into_raw_vec_and_offset().0,
        })
    }

    fn wrong(&self) -> Error {
        Error::Parameter {
            name: "regularization",
            value: self.regularization.to_string(),
            expected: "a number above 0, such as 100".into(),
        }
    }
}

impl Recommender for Ease {
    fn name(&self) -> String {
        "EASE".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]) {
        add_rows(&self.weights, bought.products, scores);
    }
}
