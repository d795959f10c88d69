//! Lloyd's iterations, which leave out what the triangle inequality says cannot change.

use rayon::prelude::*;

use super::bounds::{Drift, move_bounds};
use super::chunk::{Chunk, Delta, add, assign_blocks, inertia, sum_rows};
use crate::table::points::{CHUNK, Points, squared};

/// Where a run of k-means ended.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// Row by row.
    pub centroids: Vec<f64>,
    /// The sum of squared distances to the own centroid, but for a last rounding: enough to tell
    /// which of several ends is the lowest.
    pub inertia: f64,
    pub iterations: usize,
    /// Whether it ended before the iterations did.
    pub converged: bool,
}

/// The end that was kept.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub end: End,
    pub labels: Vec<u32>,
}

/// When does a run end?
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub iterations: usize,
    /// The squared shift of all centroids that counts as none.
    pub shift: f64,
}

/// A difference that is so small a part of what it is the difference of has few digits left.
const LOST: f64 = 1e-6;

/// A run of Lloyd's iterations in progress.
pub(crate) struct Lloyd<'a> {
    pub(super) points: &'a Points,
    pub(super) centroids: Vec<f64>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) sums: Vec<f64>,
    pub(super) counts: Vec<i64>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

impl<'a> Lloyd<'a> {
    /// Starts from these centroids, row by row.
    pub fn new(points: &'a Points, centroids: Vec<f64>) -> Self {
        let chunks = (0..points.chunks())
            .map(|chunk| {
                let n = points.chunk(chunk).1;
                Chunk {
                    labels: vec![0; n],
                    upper: vec![0.0; n],
                    lower: vec![0.0; n],
                    delta: Delta::default(),
                    active: Vec::new(),
                }
            })
            .collect();
        Lloyd {
            points,
            centroids,
            chunks,
            sums: Vec::new(),
            counts: Vec::new(),
            iterations: 0,
            converged: false,
        }
    }

    pub(super) fn d(&self) -> usize {
        self.points.dimensions()
    }

    pub(super) fn k(&self) -> usize {
        self.centroids.len() / self.d()
    }

    /// Iterates until the labels stay, the centroids hardly move, or time is up.
    pub fn iterate(&mut self, stop: Stop) {
        let mut drift: Option<Drift> = None;
        self.converged = false;
        while self.iterations < stop.iterations {
            self.iterations += 1;
            let changed = match &drift {
                None => self.assign_all(),
                Some(drift) => self.assign_active(drift),
            };
            let first = drift.is_none();
            let relocated = self.fill_empty();
            if changed == 0 && !first && !relocated {
                self.converged = true;
                return;
            }
            let old = std::mem::take(&mut self.centroids);
            self.centroids = self.means(&old);
            let shift = squared(&old, &self.centroids);
            if shift <= stop.shift && !relocated {
                self.converged = true;
                return;
            }
            drift = (!relocated).then(|| Drift::new(&old, &self.centroids, self.d()));
        }
    }

    /// Where it has come to. `total` is the mean of all points and their squares around it: what of
    /// these does not lie between the centroids lies around them.
    pub fn end(self, total: &(Vec<f64>, f64)) -> End {
        let d = self.d();
        let between: f64 = self
            .sums
            .chunks_exact(d)
            .zip(&self.counts)
            .filter(|(_, count)| **count > 0)
            .map(|(sums, count)| {
                let n = *count as f64;
                let apart = sums.iter().zip(&total.0).map(|(sum, mean)| sum / n - mean);
                n * apart.map(|x| x * x).sum::<f64>()
            })
            .sum();
        let around = total.1 - between;
        // Beside a customer far out the others' squares are lost in rounding: they are added up.
        let inertia = match around > LOST * total.1 {
            true => around,
            false => self.inertia(),
        };
        End {
            inertia,
            centroids: self.centroids,
            iterations: self.iterations,
            converged: self.converged,
        }
    }

    /// The labels at the end, and all figures without rounding that was carried along.
    pub fn finish(points: &Points, end: End) -> Run {
        let mut lloyd = Lloyd::new(points, end.centroids);
        lloyd.assign_all();
        if end.converged {
            let old = std::mem::take(&mut lloyd.centroids);
            lloyd.centroids = lloyd.means(&old);
            lloyd.assign_all();
        }
        let inertia = lloyd.inertia();
        let labels = lloyd
            .chunks
            .iter()
            .flat_map(|chunk| chunk.labels.iter().copied());
        Run {
            labels: labels.collect(),
            end: End {
                inertia,
                centroids: lloyd.centroids,
                iterations: end.iterations,
                converged: end.converged,
            },
        }
    }

    fn inertia(&self) -> f64 {
        let d = self.d();
        let parts: Vec<f64> = self
            .chunks
            .par_iter()
            .enumerate()
            .map(|(number, chunk)| {
                inertia(
                    self.points.chunk_rows(number),
                    &chunk.labels,
                    &self.centroids,
                    d,
                )
            })
            .collect();
        parts.iter().sum()
    }

    pub(super) fn means(&self, old: &[f64]) -> Vec<f64> {
        let d = self.d();
        let mut means = self.sums.clone();
        for (label, count) in self.counts.iter().enumerate() {
            for column in 0..d {
                let place = label * d + column;
                means[place] = if *count > 0 {
                    means[place] / *count as f64
                } else {
                    old[place]
                };
            }
        }
        means
    }

    /// Gives every point its nearest centroid, and counts how many labels that changed.
    pub(super) fn assign_all(&mut self) -> usize {
        let (points, centroids) = (self.points, &self.centroids);
        let (k, d) = (self.k(), self.d());
        self.chunks
            .par_iter_mut()
            .enumerate()
            .for_each(|(number, chunk)| {
                chunk.delta.clear(k, d);
                let Chunk {
                    labels,
                    upper,
                    lower,
                    delta,
                    ..
                } = chunk;
                let blocks = points.chunk(number).0;
                delta.changed = assign_blocks(blocks, centroids, d, labels, upper, lower);
                let rows = points.chunk_rows(number);
                sum_rows(rows, labels, d, &mut delta.sums, &mut delta.counts);
            });
        self.sums = vec![0.0; k * d];
        self.counts = vec![0; k];
        self.reduce()
    }

    /// The same for those points alone whose bounds do not exclude a change.
    fn assign_active(&mut self, drift: &Drift) -> usize {
        let (points, centroids) = (self.points, &self.centroids);
        let (k, d) = (self.k(), self.d());
        self.chunks
            .par_iter_mut()
            .enumerate()
            .for_each(|(number, chunk)| {
                chunk.delta.clear(k, d);
                let Chunk {
                    labels,
                    upper,
                    lower,
                    active,
                    ..
                } = chunk;
                move_bounds(labels, upper, lower, drift, active);
                if !chunk.active.is_empty() {
                    chunk.reassign(points, number, centroids, d);
                }
            });
        self.reduce()
    }

    fn reduce(&mut self) -> usize {
        let mut changed = 0;
        for chunk in &self.chunks {
            changed += chunk.delta.changed;
            for (sum, part) in self.sums.iter_mut().zip(&chunk.delta.sums) {
                *sum += part;
            }
            for (count, part) in self.counts.iter_mut().zip(&chunk.delta.counts) {
                *count += part;
            }
        }
        changed
    }

    /// A centroid that lost all its customers takes the one who is farthest from their own,
    /// out of a group that has others. True where there was one.
    pub(super) fn fill_empty(&mut self) -> bool {
        let empty: Vec<u32> = (0..self.k() as u32)
            .filter(|label| self.counts[*label as usize] == 0)
            .collect();
        for label in &empty {
            let mut farthest: Option<(f64, usize)> = None;
            for row in 0..self.points.len() {
                let own = self.chunks[row / CHUNK].labels[row % CHUNK] as usize;
                let distance = self.distance(row, own);
                if self.counts[own] > 1 && farthest.is_none_or(|(most, _)| distance > most) {
                    farthest = Some((distance, row));
                }
            }
            if let Some((_, row)) = farthest {
                let own = self.chunks[row / CHUNK].labels[row % CHUNK];
                self.transfer(row, own, *label);
            }
        }
        !empty.is_empty()
    }

    pub(super) fn distance(&self, row: usize, label: usize) -> f64 {
        let d = self.d();
        squared(
            self.points.row(row),
            &self.centroids[label * d..(label + 1) * d],
        )
    }

    /// Moves one customer from one group to another, sums and counts with them.
    pub(super) fn transfer(&mut self, row: usize, from: u32, to: u32) {
        let point = self.points.row(row);
        for (label, sign) in [(from, -1.0), (to, 1.0)] {
            add(&mut self.sums, &mut self.counts, label, point, sign);
        }
        self.chunks[row / CHUNK].labels[row % CHUNK] = to;
    }
}
