use polars::prelude::*;

use super::silhouette::{at_least_two, silhouettes};
use crate::Result;
use crate::stat::random::stream;
use crate::table::points::{Points, squared};
use crate::table::points::{coordinates, labels};

/// Above so many customers the silhouette is that of a sample.
pub(crate) const EXACT: usize = 20_000;
/// The customers of that sample.
const SAMPLE: usize = 10_000;

/// How well do these segments divide the customers?
///
/// `segment` is the column of labels; all other columns are coordinates. One row: `n`,
/// `segments`; `inertia`, the sum of squared distances to the segment means; `silhouette`, the
/// mean of [`silhouette`](crate::cluster::silhouette), and `silhouette_n`, from how many customers (all
/// up to 20,000, 10,000 drawn at random above); `davies_bouldin` (1979, IEEE Trans. Pattern Anal.
/// 1, 224; less is better); `calinski_harabasz` (1974, Commun. Stat. 3, 1; more is better);
/// `explained`, the share of all squares that lies between the segments. A figure that does not
/// exist, such as that of segments without any spread, is null.
///
/// # Errors
/// Those of [`silhouette`](crate::cluster::silhouette).
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 2.0, 10.0, 12.0], "segment" => [1, 1, 2, 2])?;
/// let criteria = cluster::criteria(&table, "segment")?;
/// let value = |name: &str| criteria.column(name).unwrap().f64().unwrap().get(0).unwrap();
/// assert_eq!(value("inertia"), 4.0);
/// // Mean distances of 1 to means that are 10 apart.
/// assert_eq!(value("davies_bouldin"), 0.2);
/// // Between: 4 * 25 over 1; within: 4 over 2.
/// assert_eq!(value("calinski_harabasz"), 50.0);
/// # Ok::<(), Error>(())
/// ```
pub fn criteria(table: &DataFrame, segment: &str) -> Result<DataFrame> {
    let (points, _) = coordinates(table, &[segment])?;
    let (labels, _) = labels(table, segment)?;
    at_least_two(&labels)?;
    let criteria = Criteria::new(&points, &labels, 0);
    Ok(df!(
        "n" => [points.len() as u64],
        "segments" => [criteria.segments as u64],
        "inertia" => [criteria.inertia],
        "silhouette" => [criteria.silhouette],
        "silhouette_n" => [criteria.silhouette_n as u64],
        "davies_bouldin" => [criteria.davies_bouldin],
        "calinski_harabasz" => [criteria.calinski_harabasz],
        "explained" => [criteria.explained],
    )?)
}

/// The figures of one division of the customers.
pub(crate) struct Criteria {
    pub segments: usize,
    pub inertia: f64,
    pub silhouette: Option<f64>,
    pub silhouette_n: usize,
    pub davies_bouldin: Option<f64>,
    pub calinski_harabasz: Option<f64>,
    pub explained: Option<f64>,
}

impl Criteria {
    pub fn new(points: &Points, labels: &[usize], seed: u64) -> Self {
        let (n, d) = (points.len(), points.dimensions());
        let k = labels.iter().max().map_or(0, |most| most + 1);
        let mut counts = vec![0usize; k];
        let mut centres = vec![0.0; k * d];
        for (row, label) in points.rows().zip(labels) {
            counts[*label] += 1;
            for (sum, x) in centres[label * d..(label + 1) * d].iter_mut().zip(row) {
                *sum += x;
            }
        }
        for (label, count) in counts.iter().enumerate() {
            for sum in &mut centres[label * d..(label + 1) * d] {
                *sum /= (*count).max(1) as f64;
            }
        }
        let centre = |label: usize| &centres[label * d..(label + 1) * d];
        let mut inertia = 0.0;
        let mut spread = vec![0.0; k];
        for (row, label) in points.rows().zip(labels) {
            let distance = squared(row, centre(*label));
            inertia += distance;
            spread[*label] += distance.sqrt();
        }
        let there: Vec<usize> = (0..k).filter(|label| counts[*label] > 0).collect();
        for label in &there {
            spread[*label] /= counts[*label] as f64;
        }
        let total: f64 = points.squares_around(&points.mean()).iter().sum();
        let segments = there.len();
        let enough = segments > 1;
        let davies_bouldin = there.iter().map(|a| {
            let others = there.iter().filter(|b| *b != a);
            let ratio = |b: &usize| {
                let apart = squared(centre(*a), centre(*b)).sqrt();
                (spread[*a] + spread[*b]) / apart
            };
            others.map(ratio).fold(0.0, f64::max)
        });
        let davies_bouldin = davies_bouldin.sum::<f64>() / segments as f64;
        let between = (total - inertia) / (segments.max(2) - 1) as f64;
        // Below this an inertia is the rounding of 0.
        let rounded = if inertia > 1e-24 * total {
            inertia
        } else {
            0.0
        };
        let within = rounded / (n - segments) as f64;
        let (silhouette, silhouette_n) = mean_silhouette(points, labels, seed);
        Criteria {
            segments,
            inertia,
            silhouette: silhouette.filter(|_| enough),
            silhouette_n: if enough { silhouette_n } else { 0 },
            davies_bouldin: Some(davies_bouldin).filter(|x| enough && x.is_finite()),
            calinski_harabasz: Some(between / within).filter(|x| enough && x.is_finite()),
            explained: Some(1.0 - inertia / total).filter(|x| x.is_finite()),
        }
    }
}

/// The mean silhouette, and of how many customers it is. A sample that meets one segment alone
/// has none.
fn mean_silhouette(points: &Points, labels: &[usize], seed: u64) -> (Option<f64>, usize) {
    let values = if points.len() <= EXACT {
        silhouettes(points, labels)
    } else {
        let rows = sample(points.len(), SAMPLE, seed);
        let labels: Vec<usize> = rows.iter().map(|row| labels[*row]).collect();
        if at_least_two(&labels).is_err() {
            return (None, rows.len());
        }
        silhouettes(&points.select(&rows), &labels)
    };
    let sum: f64 = values.iter().map(|row| row.0).sum();
    (Some(sum / values.len() as f64), values.len())
}

/// Different rows, drawn at random, in ascending order.
pub(crate) fn sample(n: usize, size: usize, seed: u64) -> Vec<usize> {
    let mut random = stream(seed, 0);
    let mut rows = rand::seq::index::sample(&mut random, n, size.min(n)).into_vec();
    rows.sort_unstable();
    rows
}
