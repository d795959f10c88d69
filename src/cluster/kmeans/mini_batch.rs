//! k-means on small random batches (Sculley 2010, Web-scale k-means clustering, WWW).

use rand_xoshiro::Xoshiro256PlusPlus;

use crate::stat::random::below;
use crate::table::points::{CHUNK, LANES, Points, nearest, vectorised};

/// Moves the centroids towards the customers of one batch after the other: each customer pulls
/// the nearest centroid by one over the number of those who have pulled it so far.
pub(crate) fn mini_batch(
    points: &Points,
    mut centroids: Vec<f64>,
    size: usize,
    batches: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Vec<f64> {
    let d = points.dimensions();
    let mut pulled = vec![0u64; centroids.len() / d];
    for _ in 0..batches {
        let rows: Vec<usize> = (0..size).map(|_| below(random, points.len())).collect();
        let batch = points.select(&rows);
        let mut labels = vec![0; rows.len()];
        for chunk in 0..batch.chunks() {
            let labels = &mut labels[chunk * CHUNK..];
            label(batch.chunk(chunk).0, &centroids, d, labels);
        }
        for (row, label) in labels.iter().enumerate() {
            pulled[*label] += 1;
            let share = 1.0 / pulled[*label] as f64;
            for (centre, x) in centroids[label * d..(label + 1) * d]
                .iter_mut()
                .zip(batch.row(row))
            {
                *centre += share * (x - *centre);
            }
        }
    }
    centroids
}

vectorised! {
    /// The nearest centroid of each point of a chunk.
    pub(crate) fn label(blocks: &[f64], centroids: &[f64], d: usize, labels: &mut [usize]) {
        for (block, labels) in blocks.chunks_exact(LANES * d).zip(labels.chunks_mut(LANES)) {
            let centre = nearest(block, centroids, d).centre;
            for (label, centre) in labels.iter_mut().zip(centre) {
                *label = centre as usize;
            }
        }
    }
}
