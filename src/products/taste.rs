//! Tastes: a few numbers for each customer and each product, whose product is the score.

use polars::prelude::*;

use super::Past;
use crate::table::points::vectorised;
use crate::{Error, Result};

/// The tastes of customers and products.
#[derive(Clone, Debug)]
pub(super) struct Taste {
    pub factors: usize,
    /// A row for each customer, and one for each product.
    pub customers: Vec<f64>,
    pub products: Vec<f64>,
    /// The products' with a row for each factor.
    across: Vec<f64>,
}

impl Taste {
    pub fn new(factors: usize, customers: Vec<f64>, products: Vec<f64>) -> Self {
        let m = products.len() / factors;
        let mut across = vec![0.0; products.len()];
        for (product, row) in products.chunks_exact(factors).enumerate() {
            for (factor, value) in row.iter().enumerate() {
                across[factor * m + product] = *value;
            }
        }
        Taste {
            factors,
            customers,
            products,
            across,
        }
    }

    pub fn customer(&self, own: usize) -> &[f64] {
        &self.customers[own * self.factors..][..self.factors]
    }

    pub fn product(&self, own: usize) -> &[f64] {
        &self.products[own * self.factors..][..self.factors]
    }

    /// Of all products, for a taste.
    pub fn scores(&self, taste: &[f64], scores: &mut [f64]) {
        add_scores(taste, &self.across, scores);
    }

    /// A row for each product that was bought: `product`, `customers` who bought it, `factor_1`, ...
    pub fn tidy(&self, past: &Past) -> Result<DataFrame> {
        let own: Vec<usize> = bought(past).collect();
        let known = &past.known;
        let mut columns = df!(
            "product" => own.iter().map(|own| known.products[*own].as_str()).collect::<Vec<_>>(),
            "customers" => own.iter().map(|own| known.buyers[*own]).collect::<Vec<_>>(),
        )?;
        for factor in 0..self.factors {
            let values: Vec<f64> = own.iter().map(|own| self.product(*own)[factor]).collect();
            columns.with_column(Column::new(format!("factor_{}", factor + 1).into(), values))?;
        }
        Ok(columns)
    }

    /// The products whose tastes point in the most similar direction: `product`, `customers`, `cosine`.
    pub fn neighbours(&self, past: &Past, product: &str, top: usize) -> Result<DataFrame> {
        let own = past.product(product)?;
        let length = |own: usize| self.product(own).iter().map(|x| x * x).sum::<f64>().sqrt();
        let here = length(own);
        if here == 0.0 {
            return Err(Error::Parameter {
                name: "product",
                value: product.to_owned(),
                expected: "one with a taste; this one's factors are all 0".into(),
            });
        }
        let cosine = |other: usize| {
            let both = self.product(own).iter().zip(self.product(other));
            let length = length(other);
            (length > 0.0).then(|| both.map(|(a, b)| a * b).sum::<f64>() / (here * length))
        };
        let others = bought(past).filter(|other| *other != own);
        let mut near: Vec<(usize, f64)> = others
            .filter_map(|other| Some((other, cosine(other)?)))
            .collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        near.truncate(top);
        Ok(df!(
            "product" => near.iter().map(|own| past.known.products[own.0].as_str()).collect::<Vec<_>>(),
            "customers" => near.iter().map(|own| past.known.buyers[own.0]).collect::<Vec<_>>(),
            "cosine" => near.iter().map(|own| own.1).collect::<Vec<_>>(),
        )?)
    }
}

fn bought(past: &Past) -> impl Iterator<Item = usize> {
    (0..past.products()).filter(|own| past.known.buyers[*own] > 0)
}

vectorised! {
    fn add_scores(taste: &[f64], across: &[f64], scores: &mut [f64]) {
        let m = scores.len();
        // Four at a time, so that scores are read and written a quarter as often.
        let (fours, fours_across) = (taste.chunks_exact(4), across.chunks_exact(4 * m));
        let rest = fours.remainder().iter().zip(fours_across.remainder().chunks_exact(m));
        for (value, row) in rest {
            for (score, other) in scores.iter_mut().zip(row) {
                *score = value.mul_add(*other, *score);
            }
        }
        for (x, rows) in fours.zip(fours_across) {
            let (a, rest) = rows.split_at(m);
            let (b, rest) = rest.split_at(m);
            let (c, d) = rest.split_at(m);
            for ((((score, a), b), c), d) in scores.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *score = x[3].mul_add(*d, x[2].mul_add(*c, x[1].mul_add(*b, x[0].mul_add(*a, *score))));
            }
        }
    }
}

/// So many tastes as were asked for, where there are products enough.
pub(super) fn checked(factors: usize, past: &Past) -> Result<()> {
    let most = bought(past).count().min(past.customers());
    match (1..=most).contains(&factors) {
        true => Ok(()),
        false => Err(Error::Parameter {
            name: "factors",
            value: factors.to_string(),
            expected: format!(
                "from 1 to {most}: there are not more customers, or products that were bought"
            ),
        }),
    }
}

/// A table of who bought what on how many bills, by customer or by product.
pub(super) struct Counts {
    pub starts: Vec<usize>,
    pub others: Vec<u32>,
    pub counts: Vec<f64>,
}

impl Counts {
    pub fn by_customer(past: &Past) -> Self {
        Counts {
            starts: past.known.starts.clone(),
            others: past.known.bought.clone(),
            counts: past.known.counts.clone(),
        }
    }

    /// The same table with a row for each of `m` others.
    pub fn turned(&self, m: usize) -> Self {
        let mut starts = vec![0; m + 1];
        self.others
            .iter()
            .for_each(|other| starts[*other as usize + 1] += 1);
        for place in 0..m {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let (mut others, mut counts) = (vec![0; self.others.len()], vec![0.0; self.others.len()]);
        for row in 0..self.rows() {
            let (own, of) = self.row(row);
            for (other, count) in own.iter().zip(of) {
                let at = &mut next[*other as usize];
                others[*at] = row as u32;
                counts[*at] = *count;
                *at += 1;
            }
        }
        Counts {
            starts,
            others,
            counts,
        }
    }

    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.others[own.clone()], &self.counts[own])
    }
}
