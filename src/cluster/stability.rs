use polars::prelude::*;
use rayon::prelude::*;

use super::kmeans::{KMeans, KMeansParams};
use crate::column::quantile;
use crate::contingency::Contingency;
use crate::points::Points;
use crate::points::coordinates;
use crate::progress::Progress;
use crate::random::{below, derive, stream};
use crate::{Error, Result};

/// A segment whose mean Jaccard is below this is not found again (Hennig 2007).
pub(crate) const STABLE: f64 = 0.75;

/// Would the same segments come out of other customers?
///
/// Made by [`stability`].
#[derive(Clone, Debug)]
pub struct Stability {
    tidy: DataFrame,
    glance: DataFrame,
}

impl Stability {
    /// A row for each segment: `segment`, `size`; `jaccard`, the mean over the resamples, and
    /// `lower` and `upper`, between which 95 % of them lie; `dissolved` and `recovered`, the shares
    /// of resamples with at most 0.5 and at least 0.75; `verdict`, by the rules of thumb of the
    /// paper: stable from 0.75, a pattern from 0.6, not to be trusted below.
    pub fn tidy(&self) -> DataFrame {
        self.tidy.clone()
    }

    /// One row: `resamples`; `ari`, the mean adjusted Rand index between the segments of a resample
    /// and those of the whole table, with `lower` and `upper`, between which 95 % lie;
    /// `least_jaccard`, that of the least stable segment.
    pub fn glance(&self) -> DataFrame {
        self.glance.clone()
    }
}

/// Would the same segments come out of other customers?
///
/// Clusters the table, then as many resamples: customers drawn with replacement, each of whom
/// counts once (about 63 % of all). In each resample every segment is compared with the one that
/// is most like it: the Jaccard index is the number of customers in both over that in either
/// (Hennig 2007, Comput. Stat. Data Anal. 52, 258). Segments are counted from 1, the largest.
///
/// Every column of the table is a coordinate. The table is clustered as `params` say, the resamples
/// without refinement. The same seed gives the same digits.
///
/// # Errors
/// [`Error::Parameter`] where there are fewer than 2 resamples, and those of
/// [`KMeans`]'s fit; [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 9.0, 9.1, 9.2])?;
/// let stability = cluster::stability(&table, &KMeans::params(2), 20)?;
/// assert_eq!(stability.glance().column("ari")?.f64()?.get(0), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
pub fn stability(table: &DataFrame, params: &KMeansParams, resamples: usize) -> Result<Stability> {
    let (points, _) = coordinates(table, &[])?;
    let (model, labels) = params.fit_points(&points)?;
    let resampled = Resampled::new(&points, &model, &labels, params, resamples)?;
    let segments = 0..model.counts().len();
    let share = |values: &[f64], holds: &dyn Fn(f64) -> bool| {
        values.iter().filter(|value| holds(**value)).count() as f64 / values.len() as f64
    };
    let jaccard = |label: usize| resampled.jaccard[label].as_slice();
    let means: Vec<f64> = segments.clone().map(|label| mean(jaccard(label))).collect();
    let verdict = |mean: &f64| match *mean {
        stable if stable >= STABLE => "stable",
        pattern if pattern >= 0.6 => "a pattern",
        _ => "not to be trusted",
    };
    let tidy = df!(
        "segment" => segments.clone().map(|label| label as u64 + 1).collect::<Vec<_>>(),
        "size" => model.counts(),
        "jaccard" => means.as_slice(),
        "lower" => segments.clone().map(|label| quantile(jaccard(label), 0.025)).collect::<Vec<_>>(),
        "upper" => segments.clone().map(|label| quantile(jaccard(label), 0.975)).collect::<Vec<_>>(),
        "dissolved" => segments.clone().map(|label| share(jaccard(label), &|x| x <= 0.5)).collect::<Vec<_>>(),
        "recovered" => segments.map(|label| share(jaccard(label), &|x| x >= 0.75)).collect::<Vec<_>>(),
        "verdict" => means.iter().map(verdict).collect::<Vec<_>>(),
    )?;
    let glance = df!(
        "resamples" => [resamples as u64],
        "ari" => [mean(&resampled.ari)],
        "lower" => [quantile(&resampled.ari, 0.025)],
        "upper" => [quantile(&resampled.ari, 0.975)],
        "least_jaccard" => [resampled.least_jaccard()],
    )?;
    Ok(Stability { tidy, glance })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What came out of the resamples; each list is in ascending order.
pub(crate) struct Resampled {
    pub ari: Vec<f64>,
    /// Segment by segment.
    pub jaccard: Vec<Vec<f64>>,
}

impl Resampled {
    pub fn new(
        points: &Points,
        model: &KMeans,
        labels: &[usize],
        params: &KMeansParams,
        resamples: usize,
    ) -> Result<Self> {
        if resamples < 2 {
            return Err(Error::Parameter {
                name: "resamples",
                value: resamples.to_string(),
                expected: "2 or more".into(),
            });
        }
        let k = model.counts().len();
        let seed = derive(params.own_seed(), 2);
        let progress = Progress::new("resamples", resamples);
        let compared: Vec<(f64, Vec<f64>)> = (0..resamples)
            .into_par_iter()
            .map(|number| {
                let rows = drawn(points.len(), &mut stream(seed, number));
                let params = params.reseeded(seed, number).refine(false);
                let before: Vec<usize> = rows.iter().map(|row| labels[*row]).collect();
                let compared = match params.fit_points(&points.select(&rows)) {
                    Ok((_, after)) => {
                        let counts = Contingency::of_labels(&before, &after);
                        (counts.adjusted_rand(), best_jaccard(&counts.grid(), k))
                    }
                    // A resample of a handful may have too few different customers for k
                    // segments: then none is found again.
                    Err(Error::TooFew { .. }) => (0.0, vec![0.0; k]),
                    Err(other) => return Err(other),
                };
                progress.tick()?;
                Ok(compared)
            })
            .collect::<Result<_>>()?;
        let ascending = |values: &mut dyn Iterator<Item = f64>| {
            let mut values: Vec<f64> = values.collect();
            values.sort_unstable_by(f64::total_cmp);
            values
        };
        Ok(Resampled {
            ari: ascending(&mut compared.iter().map(|pair| pair.0)),
            jaccard: (0..k)
                .map(|label| ascending(&mut compared.iter().map(|pair| pair.1[label])))
                .collect(),
        })
    }

    pub fn mean_ari(&self) -> f64 {
        mean(&self.ari)
    }

    /// The mean Jaccard of the least stable segment.
    pub fn least_jaccard(&self) -> f64 {
        let means = self.jaccard.iter().map(|values| mean(values));
        means.fold(f64::INFINITY, f64::min)
    }
}

/// Who is drawn at least once when as many are drawn as there are.
fn drawn(n: usize, random: &mut rand_xoshiro::Xoshiro256PlusPlus) -> Vec<usize> {
    let mut seen = vec![false; n];
    for _ in 0..n {
        seen[below(random, n)] = true;
    }
    (0..n).filter(|row| seen[*row]).collect()
}

/// For each segment (row of the counts): the Jaccard index with the one most like it. A segment
/// that no drawn customer belongs to has 0.
fn best_jaccard(counts: &[Vec<u64>], k: usize) -> Vec<f64> {
    let width = counts.first().map_or(0, Vec::len);
    let columns: Vec<u64> = (0..width)
        .map(|column| counts.iter().map(|row| row[column]).sum())
        .collect();
    let mut best: Vec<f64> = counts
        .iter()
        .map(|row| {
            let total: u64 = row.iter().sum();
            let pairs = row.iter().zip(&columns);
            let jaccard = pairs.map(|(both, other)| match total + other - both {
                0 => 0.0,
                either => *both as f64 / either as f64,
            });
            jaccard.fold(0.0, f64::max)
        })
        .collect();
    best.resize(k, 0.0);
    best
}

/// What becomes of segments that were learned from one part of the customers, in the other?
///
/// Draws a share of the customers to learn from (0.7 for a 70:30 split), and gives the others the
/// nearest centroid. One row: `learned_n`, `held_out_n`; `ari`, how far the labels of those held out
/// agree with the ones that they have when all are clustered; `learned_inertia` and
/// `held_out_inertia`, the mean squared distance to the own centroid, and their `ratio`: about 1
/// where the centroids fit new customers as well as their own.
///
/// # Errors
/// [`Error::Parameter`] where the share is not above 0 and below 1, [`Error::TooFew`] where a part
/// is too small, [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 0.4, 9.0, 9.1, 9.2, 9.3, 9.4])?;
/// let split = cluster::hold_out(&table, &KMeans::params(2), 0.7)?;
/// assert_eq!(split.column("held_out_n")?.u64()?.get(0), Some(3));
/// assert_eq!(split.column("ari")?.f64()?.get(0), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
pub fn hold_out(table: &DataFrame, params: &KMeansParams, share: f64) -> Result<DataFrame> {
    let (points, _) = coordinates(table, &[])?;
    let (_, labels) = params.fit_points(&points)?;
    let split = HeldOut::new(&points, &labels, params, share)?;
    Ok(df!(
        "learned_n" => [split.learned as u64],
        "held_out_n" => [split.held_out as u64],
        "ari" => [split.ari],
        "learned_inertia" => [split.inertia.0],
        "held_out_inertia" => [split.inertia.1],
        "ratio" => [split.ratio()],
    )?)
}

pub(crate) struct HeldOut {
    learned: usize,
    held_out: usize,
    pub ari: f64,
    inertia: (f64, f64),
}

impl HeldOut {
    pub fn new(
        points: &Points,
        labels: &[usize],
        params: &KMeansParams,
        share: f64,
    ) -> Result<Self> {
        let n = points.len();
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::Parameter {
                name: "share",
                value: share.to_string(),
                expected: "above 0 and below 1".into(),
            });
        }
        let size = (n as f64 * share).round() as usize;
        if size == n {
            return Err(Error::TooFew {
                what: "customers held out".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let learned = super::criteria::sample(n, size, derive(params.own_seed(), 3));
        let mut is_learned = vec![false; n];
        for row in &learned {
            is_learned[*row] = true;
        }
        let others: Vec<usize> = (0..n).filter(|row| !is_learned[*row]).collect();
        let (model, _) = params.fit_points(&points.select(&learned))?;
        let held_out = points.select(&others);
        let assigned = model.assign(&held_out);
        let before: Vec<usize> = others.iter().map(|row| labels[*row]).collect();
        let distances = held_out.rows().zip(&assigned).map(|(row, label)| {
            let centroid = model.centroids().row(*label);
            row.iter()
                .zip(centroid)
                .map(|(x, c)| (x - c).powi(2))
                .sum::<f64>()
        });
        Ok(HeldOut {
            learned: learned.len(),
            held_out: others.len(),
            ari: Contingency::of_labels(&before, &assigned).adjusted_rand(),
            inertia: (
                model.inertia() / learned.len() as f64,
                distances.sum::<f64>() / others.len() as f64,
            ),
        })
    }

    pub fn ratio(&self) -> Option<f64> {
        Some(self.inertia.1 / self.inertia.0).filter(|ratio| ratio.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: segments {1, 2, 3} and {4, 5} become {1, 2} and {3, 4, 5}.
    #[test]
    fn a_segment_is_compared_with_the_one_most_like_it() {
        let counts = Contingency::of_labels(&[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
        assert_eq!(best_jaccard(&counts.grid(), 3), [2.0 / 3.0, 2.0 / 3.0, 0.0]);
    }

    /// (1 - 1/n)^n of the customers are never drawn, which comes near 1/e.
    #[test]
    fn a_resample_has_63_percent_of_the_customers() {
        let n = 100_000;
        let rows = drawn(n, &mut stream(1, 0));
        let share = rows.len() as f64 / n as f64;
        assert!((share - (1.0 - (-1.0f64).exp())).abs() < 0.005, "{share}");
    }
}
