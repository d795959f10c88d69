use polars::prelude::*;
use rayon::prelude::*;

use crate::table::points::{LANES, Points, distances, vectorised};
use crate::table::points::{coordinates, labels};
use crate::{Error, Result};

/// Does each customer lie well inside the own segment?
///
/// `segment` is the column of labels; all other columns are coordinates. A row for each customer,
/// in their order: `segment`, `silhouette`, and `neighbour`, the segment that is nearest besides
/// the own. The silhouette is (b - a) / max(a, b), where a is the mean distance to the others of
/// the own segment, and b the least mean distance to another segment (Rousseeuw 1987, J. Comput.
/// Appl. Math. 20, 53): near 1 inside, about 0 on the border, below 0 nearer to the neighbour. A
/// customer alone in a segment has 0.
///
/// It takes the distances between all pairs, so the time grows with the square of the rows:
/// about half a second for 20,000.
///
/// # Errors
/// [`Error::TooFew`] where there are fewer than two segments, [`Error::Value`] where a value is
/// null or not finite, [`Error::NoColumn`], [`Error::WrongType`], [`Error::Parameter`] where the column of
/// labels has the name of one that is added.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 1.0, 10.0], "segment" => ["a", "a", "b"])?;
/// let silhouette = cluster::silhouette(&table, "segment")?;
/// let values = silhouette.column("silhouette")?.f64()?;
/// // To the own segment 1, to the other 10 and 9; the last is alone.
/// assert_eq!(values.to_vec(), [Some(0.9), Some(8.0 / 9.0), Some(0.0)]);
/// # Ok::<(), Error>(())
/// ```
pub fn silhouette(table: &DataFrame, segment: &str) -> Result<DataFrame> {
    if ["silhouette", "neighbour"].contains(&segment) {
        return Err(Error::Parameter {
            name: "segment",
            value: segment.to_owned(),
            expected: "a column of another name, as one of this name is added".into(),
        });
    }
    let (points, _) = coordinates(table, &[segment])?;
    let (labels, names) = labels(table, segment)?;
    at_least_two(&labels)?;
    let rows = silhouettes(&points, &labels);
    let neighbour: Vec<&str> = rows.iter().map(|row| names[row.1].as_str()).collect();
    let mut answer = table.select([segment])?;
    answer.with_column(Column::new(
        "silhouette".into(),
        rows.iter().map(|row| row.0).collect::<Vec<_>>(),
    ))?;
    let neighbour = Column::new("neighbour".into(), neighbour);
    let kind = answer.column(segment)?.dtype().clone();
    answer.with_column(if kind.is_integer() {
        neighbour.cast(&kind)?
    } else {
        neighbour
    })?;
    Ok(answer)
}

/// A criterion of separation needs something to be separated from.
pub(crate) fn at_least_two(labels: &[usize]) -> Result<()> {
    let first = labels.first();
    if labels.iter().any(|label| Some(label) != first) {
        return Ok(());
    }
    Err(Error::TooFew {
        what: "segments with customers".into(),
        found: usize::from(first.is_some()),
        expected: "2 or more".into(),
    })
}

/// The silhouette of each point and the nearest other segment.
pub(crate) fn silhouettes(points: &Points, labels: &[usize]) -> Vec<(f64, usize)> {
    let d = points.dimensions();
    let k = labels.iter().max().map_or(0, |most| most + 1);
    let groups: Vec<Points> = (0..k)
        .map(|label| {
            let rows = (0..points.len()).filter(|row| labels[*row] == label);
            points.select(&rows.collect::<Vec<_>>())
        })
        .collect();
    // Four customers at a time use each block of the others while it is near.
    const SIDE: usize = 4;
    let mut answers = vec![(0.0, 0); points.len()];
    answers
        .par_chunks_mut(SIDE)
        .enumerate()
        .for_each(|(number, answers)| {
            let first = number * SIDE;
            let mut means = vec![[0.0; SIDE]; k];
            let spare;
            let rows: &[f64] = if answers.len() == SIDE {
                points.several(first, SIDE)
            } else {
                // The last few: repeated, so that there are as many as elsewhere.
                let mut few = Vec::with_capacity(SIDE * d);
                for place in 0..SIDE {
                    few.extend_from_slice(points.row((first + place).min(points.len() - 1)));
                }
                spare = few;
                &spare
            };
            for (sums, group) in means.iter_mut().zip(&groups) {
                *sums = sums_of_distances(rows, group.blocks(), d, group.len());
            }
            for (place, answer) in answers.iter_mut().enumerate() {
                let mine = labels[first + place];
                let size = groups[mine].len();
                let mut nearest = (f64::INFINITY, mine);
                for (label, group) in groups.iter().enumerate() {
                    let mean = means[label][place] / group.len() as f64;
                    if label != mine && group.len() > 0 && mean < nearest.0 {
                        nearest = (mean, label);
                    }
                }
                let within = means[mine][place] / (size - 1).max(1) as f64;
                let larger = within.max(nearest.0);
                let value = if size > 1 && larger > 0.0 {
                    (nearest.0 - within) / larger
                } else {
                    0.0
                };
                *answer = (value, nearest.1);
            }
        });
    answers
}

vectorised! {
    /// For each of four points: the sum of distances to all points of a group.
    fn sums_of_distances(rows: &[f64], blocks: &[f64], d: usize, n: usize) -> [f64; 4] {
        let mut sums = [[0.0f64; LANES]; 4];
        let whole = n / LANES;
        for block in blocks.chunks_exact(LANES * d).take(whole) {
            for (sum, row) in sums.iter_mut().zip(rows.chunks_exact(d)) {
                let distance = distances(block, row);
                for lane in 0..LANES {
                    sum[lane] += distance[lane].sqrt();
                }
            }
        }
        let mut answer = [0.0; 4];
        for (place, (sum, row)) in sums.iter().zip(rows.chunks_exact(d)).enumerate() {
            answer[place] = sum.iter().sum();
            if let Some(block) = blocks.chunks_exact(LANES * d).nth(whole) {
                let distance = distances(block, row);
                for distance in &distance[..n % LANES] {
                    answer[place] += distance.sqrt();
                }
            }
        }
        answer
    }
}
