//! How many of those who answer are reached, by whom is written to first?

use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::Result;
use crate::progress::Progress;
use crate::stat::random::{below, stream};
use crate::table::column::quantile;

/// The shares of customers at which the curves are read.
pub(super) const SHARES: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Customers in the order in which they are written to, and whether each answers.
pub(super) struct Order {
    answers: Vec<bool>,
    /// The place of each in the table.
    places: Vec<usize>,
}

impl Order {
    /// The highest score first; of equal ones by lot, the same on each run: the order of the file may
    /// have to do with who answers.
    pub fn by(scores: &[f64], answers: &[bool]) -> Self {
        let mut places: Vec<usize> = (0..scores.len()).collect();
        places.shuffle(&mut stream(0, 0));
        places.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        Order {
            answers: places.iter().map(|place| answers[*place]).collect(),
            places,
        }
    }

    /// How many are written to at each share, and how many of them answer.
    pub fn reached(&self) -> Vec<(u64, u64)> {
        let n = self.answers.len();
        let count = |share: f64| (share * n as f64).round() as usize;
        let answer = |count: usize| self.answers[..count].iter().filter(|x| **x).count() as u64;
        SHARES
            .iter()
            .map(|share| (count(*share) as u64, answer(count(*share))))
            .collect()
    }

    /// The gain at each share where customers stand in the table as often as they were drawn.
    fn gains(&self, drawn: &[u32]) -> Vec<f64> {
        let n = self.answers.len() as f64;
        let (mut seen, mut answered) = (0.0, 0.0);
        let mut gains = Vec::with_capacity(SHARES.len());
        let mut ends = SHARES.iter().map(|share| (share * n).round()).peekable();
        for (answers, place) in self.answers.iter().zip(&self.places) {
            let times = f64::from(drawn[*place]);
            let hits = if *answers { times } else { 0.0 };
            while let Some(end) = ends.next_if(|end| *end <= seen + times) {
                let part = if times > 0.0 {
                    (end - seen) / times
                } else {
                    0.0
                };
                gains.push(answered + part * hits);
            }
            seen += times;
            answered += hits;
        }
        gains.resize(SHARES.len(), answered);
        gains.iter().map(|gain| gain / answered).collect()
    }
}

/// The gains of each order in so many resamples: a row for each resample, a list for each order.
/// Resamples in which nobody answers are left out.
pub(super) fn resampled(
    orders: &[&Order],
    resamples: usize,
    seed: u64,
) -> Result<Vec<Vec<Vec<f64>>>> {
    let n = orders.first().map_or(0, |order| order.answers.len());
    let progress = Progress::new("gain curves", resamples);
    let draw = |part: usize| {
        progress.tick()?;
        let mut random = stream(seed, part);
        let mut drawn = vec![0u32; n];
        for _ in 0..n {
            drawn[below(&mut random, n)] += 1;
        }
        let gains: Vec<Vec<f64>> = orders.iter().map(|order| order.gains(&drawn)).collect();
        let answered = gains.iter().flatten().all(|gain| gain.is_finite());
        Ok(answered.then_some(gains))
    };
    let drawn: Vec<Option<Vec<Vec<f64>>>> = (0..resamples)
        .into_par_iter()
        .map(draw)
        .collect::<Result<_>>()?;
    Ok(drawn.into_iter().flatten().collect())
}

/// Between which values such a share of the resamples lies.
pub(super) fn interval(
    values: impl Iterator<Item = f64>,
    confidence: f64,
) -> (Option<f64>, Option<f64>) {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail))
}
