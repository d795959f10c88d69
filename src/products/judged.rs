use polars::prelude::*;

use super::{Past, Recommender};
use crate::stat::compare::holm;
use crate::stat::distribution::{student_quantile_two_sided, student_two_sided};
use crate::stat::interval::{Bootstrap, checked};
use crate::{Error, Result};

/// How good are the offers of each recommender? Made by [`TimeSplit::judge`](super::TimeSplit::judge) and
/// [`complete`](super::TimeSplit::complete).
///
/// | figure | is, for one customer |
/// |---|---|
/// | `precision` | offers that were right, of all that were asked for |
/// | `recall` | offers that were right, of all that the customer bought |
/// | `recall_capped` | the same, of all that could have been right: at most as many as were asked for. Some publish this one as recall |
/// | `ndcg` | right offers, each worth `1 / log2(1 + rank)`, of what the best order would have been worth (Järvelin and Kekäläinen 2002) |
/// | `hit_rate` | 1 where any offer was right |
#[derive(Clone, Debug)]
pub struct Judged {
    what: &'static str,
    units: Vec<Unit>,
    names: Vec<String>,
    /// Of each recommender the right offers of each unit, by their ranks from 0.
    hits: Vec<Vec<Vec<u32>>>,
    /// Of each recommender which share of what is sold it offers to anybody, and how surprising its offers are.
    breadth: Vec<(f64, f64)>,
    top: usize,
}

/// Who is judged by: a customer, or a bill.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub name: String,
    pub visits: u32,
    pub wanted: Vec<u32>,
}

/// A figure by its name.
type Metric = (&'static str, fn(&[u32], usize, usize) -> f64);

/// From the ranks of right offers, how many were wanted, and how many were offered.
const METRICS: [Metric; 5] = [
    ("precision", |hits, _, top| hits.len() as f64 / top as f64),
    ("recall", |hits, wanted, _| {
        hits.len() as f64 / wanted as f64
    }),
    ("recall_capped", |hits, wanted, top| {
        hits.len() as f64 / wanted.min(top) as f64
    }),
    ("ndcg", |hits, wanted, top| {
        let worth = |rank: u32| 1.0 / f64::from(rank + 2).log2();
        let best: f64 = (0..wanted.min(top) as u32).map(worth).sum();
        hits.iter().map(|rank| worth(*rank)).sum::<f64>() / best
    }),
    ("hit_rate", |hits, _, _| {
        f64::from(u8::from(!hits.is_empty()))
    }),
];

impl Judged {
    pub(super) fn new(
        what: &'static str,
        units: Vec<Unit>,
        recommenders: &[&dyn Recommender],
        offers: Vec<Vec<Vec<(u32, f64)>>>,
        top: usize,
        past: &Past,
    ) -> Self {
        let on_sale = past.sold().len();
        let customers = past
            .known
            .visits
            .iter()
            .filter(|visits| **visits > 0)
            .count();
        let (mut hits, mut breadth) = (Vec::new(), Vec::new());
        for own in &offers {
            let right = |(unit, offers): (&Unit, &Vec<(u32, f64)>)| {
                let ranks = offers.iter().zip(0..);
                ranks
                    .filter(|(offer, _)| unit.wanted.binary_search(&offer.0).is_ok())
                    .map(|(_, rank)| rank)
                    .collect()
            };
            hits.push(units.iter().zip(own).map(right).collect());
            let mut offered = vec![0u64; past.products()];
            own.iter()
                .flatten()
                .for_each(|offer| offered[offer.0 as usize] += 1);
            let different = offered.iter().filter(|times| **times > 0).count();
            let surprise = |(times, buyers): (&u64, &u64)| match times {
                0 => 0.0,
                times => -(*times as f64) * (*buyers as f64 / customers as f64).log2(),
            };
            let surprise: f64 = offered.iter().zip(&past.known.buyers).map(surprise).sum();
            let all: u64 = offered.iter().sum();
            breadth.push((
                different as f64 / on_sale.max(1) as f64,
                surprise / all.max(1) as f64,
            ));
        }
        Judged {
            what,
            units,
            names: names(recommenders),
            hits,
            breadth,
            top,
        }
    }

    /// The values of one figure for each unit.
    fn values(&self, method: usize, metric: &Metric) -> Vec<f64> {
        let each = self.units.iter().zip(&self.hits[method]);
        each.map(|(unit, hits)| (metric.1)(hits, unit.wanted.len(), self.top))
            .collect()
    }

    /// How good is each, at a glance? A row for each recommender: `method`, `customers` (or `bills`) it is judged by, the
    /// means of the [figures](Judged), and
    ///
    /// - `coverage`: the share of all products on sale that it offers to anybody,
    /// - `novelty`: how surprising its offers are, on average: minus the logarithm to base 2 of the share of customers who
    ///   have bought the product (Zhou and others 2010).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let n = self.names.len();
        let mut table = df!("method" => &self.names)?;
        let judged = if self.what == "bill" {
            "bills"
        } else {
            "customers"
        };
        table.with_column(Column::new(judged.into(), vec![self.units.len() as u64; n]))?;
        for metric in &METRICS {
            let means: Vec<f64> = (0..n)
                .map(|method| mean(&self.values(method, metric)))
                .collect();
            table.with_column(Column::new(metric.0.into(), means))?;
        }
        let breadth = |of: fn(&(f64, f64)) -> f64| self.breadth.iter().map(of).collect::<Vec<_>>();
        table.with_column(Column::new("coverage".into(), breadth(|own| own.0)))?;
        table.with_column(Column::new("novelty".into(), breadth(|own| own.1)))?;
        Ok(table)
    }

    /// How sure are these figures? A row for each recommender and figure: `method`, `metric`, `n` (customers, or bills),
    /// `estimate` with `lower` and `upper` (Student's).
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn tidy(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let (mut methods, mut metrics, mut estimates) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        let n = self.units.len();
        for (method, name) in self.names.iter().enumerate() {
            for metric in &METRICS {
                let values = self.values(method, metric);
                let (mean, error) = (mean(&values), standard_error(&values));
                let times = student_quantile_two_sided(1.0 - confidence, n as f64 - 1.0);
                let reach = error.map(|error| error * times);
                methods.push(name.as_str());
                metrics.push(metric.0);
                estimates.push(mean);
                lower.push(reach.map(|reach| (mean - reach).max(0.0)));
                upper.push(reach.map(|reach| (mean + reach).min(1.0)));
            }
        }
        Ok(df!(
            "method" => methods,
            "metric" => metrics,
            "n" => vec![n as u64; estimates.len()],
            "estimate" => estimates,
            "lower" => lower,
            "upper" => upper,
        )?)
    }

    /// How much better is each than a rival, on the same customers? A row for each other recommender: `method`, `rival`,
    /// `metric`, `estimate` and `rival_estimate`, their `difference` with `lower` and `upper` (by the bootstrap of the
    /// pairs), and `p_holm`, whether they differ (Student's test of the pairs, corrected for the number of methods).
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such method or figure; those of [`Bootstrap`].
    pub fn compare(&self, rival: &str, metric: &str, bootstrap: &Bootstrap) -> Result<DataFrame> {
        let missing = |name: &'static str, value: &str, known: Vec<&str>| Error::Parameter {
            name,
            value: value.to_owned(),
            expected: format!("one of {}", known.join(", ")),
        };
        let Some(other) = self.names.iter().position(|own| own == rival) else {
            let known = self.names.iter().map(String::as_str).collect();
            return Err(missing("rival", rival, known));
        };
        let Some(metric) = METRICS.iter().find(|own| own.0 == metric) else {
            return Err(missing("metric", metric, METRICS.map(|own| own.0).to_vec()));
        };
        let theirs = self.values(other, metric);
        let (mut methods, mut estimates, mut intervals, mut p) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (method, name) in self.names.iter().enumerate() {
            if method == other {
                continue;
            }
            let ours = self.values(method, metric);
            let apart: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
            methods.push(name.as_str());
            estimates.push(mean(&ours));
            intervals.push(bootstrap.mean(&apart)?);
            let error = standard_error(&apart);
            p.push(match error {
                // All differ by the same.
                Some(0.0) => f64::from(u8::from(mean(&apart) == 0.0)),
                Some(error) => student_two_sided(mean(&apart) / error, apart.len() as f64 - 1.0),
                None => 1.0,
            });
        }
        let n = methods.len();
        Ok(df!(
            "method" => methods,
            "rival" => vec![rival; n],
            "metric" => vec![metric.0; n],
            "estimate" => estimates,
            "rival_estimate" => vec![mean(&theirs); n],
            "difference" => intervals.iter().map(|own| own.estimate).collect::<Vec<_>>(),
            "lower" => intervals.iter().map(|own| known(own.lower)).collect::<Vec<_>>(),
            "upper" => intervals.iter().map(|own| known(own.upper)).collect::<Vec<_>>(),
            "p_holm" => holm(&p)?,
        )?)
    }

    /// How good were the offers for each customer (or bill)? A row for each recommender and customer: `method`, `customer`
    /// (or `bill`), `visits` before the day (or `products` that were left on the bill), `wanted` (what was to be found), `hits`,
    /// and the [figures](Judged): to be grouped by what one wants to know, such as how active customers are.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn augment(&self) -> Result<DataFrame> {
        let n = self.units.len();
        let times = self.names.len();
        let repeated = |values: Vec<u32>| values.repeat(times);
        let names: Vec<&str> = self.units.iter().map(|unit| unit.name.as_str()).collect();
        let methods = self
            .names
            .iter()
            .flat_map(|name| std::iter::repeat_n(name.as_str(), n));
        let visits = if self.what == "bill" {
            "products"
        } else {
            "visits"
        };
        let hits = self.hits.iter().flatten().map(|hits| hits.len() as u32);
        let mut columns = vec![
            Column::new("method".into(), methods.collect::<Vec<_>>()),
            Column::new(self.what.into(), names.repeat(times)),
            Column::new(
                visits.into(),
                repeated(self.units.iter().map(|unit| unit.visits).collect()),
            ),
            Column::new(
                "wanted".into(),
                repeated(
                    self.units
                        .iter()
                        .map(|unit| unit.wanted.len() as u32)
                        .collect(),
                ),
            ),
            Column::new("hits".into(), hits.collect::<Vec<_>>()),
        ];
        for metric in &METRICS {
            let values: Vec<f64> = (0..times)
                .flat_map(|method| self.values(method, metric))
                .collect();
            columns.push(Column::new(metric.0.into(), values));
        }
        Ok(DataFrame::new(n * times, columns)?)
    }
}

/// The names of recommenders; of two of the same kind the second has a number.
fn names(recommenders: &[&dyn Recommender]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for own in recommenders {
        let name = own.name();
        let mut unique = name.clone();
        let mut number = 1;
        while names.contains(&unique) {
            number += 1;
            unique = format!("{name} {number}");
        }
        names.push(unique);
    }
    names
}

/// An end of an interval, where there is one.
fn known(end: f64) -> Option<f64> {
    (!end.is_nan()).then_some(end)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of the mean; none of a single value.
fn standard_error(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt())
}
