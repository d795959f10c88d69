//! A chunk of customers: their labels and bounds, and what a pass over them changes.

use super::bounds::{above, below};
use crate::table::points::{LANES, Nearest, Points, nearest, squared, vectorised};

/// Labels and bounds of the points of one chunk.
pub(super) struct Chunk {
    pub(super) labels: Vec<u32>,
    pub(super) upper: Vec<f32>,
    pub(super) lower: Vec<f32>,
    /// What the last pass changed.
    pub(super) delta: Delta,
    pub(super) active: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Delta {
    pub(super) sums: Vec<f64>,
    pub(super) counts: Vec<i64>,
    pub(super) changed: usize,
}

impl Delta {
    pub fn clear(&mut self, k: usize, d: usize) {
        self.sums.clear();
        self.sums.resize(k * d, 0.0);
        self.counts.clear();
        self.counts.resize(k, 0);
        self.changed = 0;
    }
}

/// Adds a point to its group, or with the sign -1 takes it out.
#[inline]
pub(super) fn add(sums: &mut [f64], counts: &mut [i64], label: u32, point: &[f64], sign: f64) {
    let place = label as usize * point.len();
    for (sum, x) in sums[place..].iter_mut().zip(point) {
        *sum += sign * x;
    }
    counts[label as usize] += sign as i64;
}

impl Chunk {
    /// Gives the active points their nearest centroids.
    pub fn reassign(&mut self, points: &Points, number: usize, centroids: &[f64], d: usize) {
        let rows = points.chunk_rows(number);
        let Chunk {
            labels,
            upper,
            lower,
            delta,
            active,
        } = self;
        let before: Vec<u32> = active.iter().map(|place| labels[*place as usize]).collect();
        if active.len() * 2 > labels.len() {
            assign_blocks(points.chunk(number).0, centroids, d, labels, upper, lower);
        } else {
            assign_some(rows, active, centroids, d, labels, upper, lower);
        }
        for (place, old) in active.iter().zip(before) {
            let place = *place as usize;
            let new = labels[place];
            if old != new {
                let point = &rows[place * d..(place + 1) * d];
                add(&mut delta.sums, &mut delta.counts, old, point, -1.0);
                add(&mut delta.sums, &mut delta.counts, new, point, 1.0);
                delta.changed += 1;
            }
        }
    }
}

vectorised! {
    /// Labels and bounds of all points of a chunk, and how many labels changed.
    pub(super) fn assign_blocks(
        blocks: &[f64],
        centroids: &[f64],
        d: usize,
        labels: &mut [u32],
        upper: &mut [f32],
        lower: &mut [f32],
    ) -> usize {
        let mut changed = 0;
        for (block, ((labels, upper), lower)) in blocks.chunks_exact(LANES * d).zip(
            labels.chunks_mut(LANES).zip(upper.chunks_mut(LANES)).zip(lower.chunks_mut(LANES)),
        ) {
            let Nearest { first, second, centre } = nearest(block, centroids, d);
            for lane in 0..labels.len() {
                let label = centre[lane] as u32;
                changed += usize::from(labels[lane] != label);
                labels[lane] = label;
                upper[lane] = above(first[lane].sqrt());
                lower[lane] = below(second[lane].sqrt());
            }
        }
        changed
    }
}

vectorised! {
    /// The same for some of the points.
    fn assign_some(
        rows: &[f64],
        places: &[u32],
        centroids: &[f64],
        d: usize,
        labels: &mut [u32],
        upper: &mut [f32],
        lower: &mut [f32],
    ) {
        // Asks for all of them at once, so that they are at hand when their turn comes.
        let near: f64 = places
            .iter()
            .map(|place| rows[*place as usize * d] + rows[*place as usize * d + d - 1])
            .sum();
        std::hint::black_box(near);
        let mut gathered = vec![0.0; LANES * d];
        for places in places.chunks(LANES) {
            for (lane, place) in places.iter().enumerate() {
                for (column, x) in rows[*place as usize * d..][..d].iter().enumerate() {
                    gathered[column * LANES + lane] = *x;
                }
            }
            let Nearest { first, second, centre } = nearest(&gathered, centroids, d);
            for (lane, place) in places.iter().enumerate() {
                let place = *place as usize;
                labels[place] = centre[lane] as u32;
                upper[place] = above(first[lane].sqrt());
                lower[place] = below(second[lane].sqrt());
            }
        }
    }
}

/// Adds each point to the sums of its group.
pub(super) fn sum_rows(
    rows: &[f64],
    labels: &[u32],
    d: usize,
    sums: &mut [f64],
    counts: &mut [i64],
) {
    for (row, label) in rows.chunks_exact(d).zip(labels) {
        let label = *label as usize;
        counts[label] += 1;
        for (sum, x) in sums[label * d..(label + 1) * d].iter_mut().zip(row) {
            *sum += x;
        }
    }
}

/// The squared distances of a chunk's points to their own centroids, added up.
pub(super) fn inertia(rows: &[f64], labels: &[u32], centroids: &[f64], d: usize) -> f64 {
    let own = |label: &u32| &centroids[*label as usize * d..][..d];
    let pairs = rows.chunks_exact(d).zip(labels);
    pairs.map(|(row, label)| squared(row, own(label))).sum()
}
