//! Moves of single customers, which find what Lloyd's iterations cannot.

use rayon::prelude::*;

use super::lloyd::{Lloyd, Stop};
use crate::table::points::{CHUNK, LANES, distances, vectorised};

impl Lloyd<'_> {
    /// Moves single customers to another group while that lowers the inertia, counting that both
    /// centroids move along (Hartigan and Wong 1979, Applied Statistics 28, 100), and iterates
    /// again; until there is none to move.
    pub fn refine(&mut self, stop: Stop) {
        for _ in 0..100 {
            self.assign_all();
            if self.fill_empty() || !self.move_singles() {
                return;
            }
            self.iterate(stop);
        }
    }

    fn move_singles(&mut self) -> bool {
        let mut moved = false;
        // Each pass ends with fewer squares than it began with, so this ends by itself.
        for _ in 0..1_000 {
            let old = std::mem::take(&mut self.centroids);
            self.centroids = self.means(&old);
            let candidates = self.candidates();
            let mut moved_now = false;
            for row in candidates {
                moved_now |= self.move_if_better(row);
            }
            if !moved_now {
                return moved;
            }
            moved = true;
        }
        moved
    }

    /// Who would lower the inertia by moving, as the centroids stand now?
    fn candidates(&self) -> Vec<usize> {
        let d = self.d();
        let weights = Weights::new(&self.counts);
        let parts: Vec<Vec<usize>> = self
            .chunks
            .par_iter()
            .enumerate()
            .map(|(number, chunk)| {
                let mut found = Vec::new();
                let blocks = self.points.chunk(number).0;
                candidates(
                    blocks,
                    &chunk.labels,
                    &self.centroids,
                    d,
                    &weights,
                    &mut found,
                );
                found.iter().map(|place| number * CHUNK + place).collect()
            })
            .collect();
        parts.concat()
    }

    fn move_if_better(&mut self, row: usize) -> bool {
        let own = self.chunks[row / CHUNK].labels[row % CHUNK];
        if self.counts[own as usize] < 2 {
            return false;
        }
        let weights = Weights::new(&self.counts);
        let leave = weights.leave[own as usize] * self.distance(row, own as usize);
        let mut best = (leave * (1.0 - 1e-12), own);
        for label in (0..self.k() as u32).filter(|label| *label != own) {
            let join = weights.join[label as usize] * self.distance(row, label as usize);
            if join < best.0 {
                best = (join, label);
            }
        }
        if best.1 == own {
            return false;
        }
        self.transfer(row, own, best.1);
        let d = self.d();
        for label in [own as usize, best.1 as usize] {
            for column in label * d..(label + 1) * d {
                self.centroids[column] = self.sums[column] / self.counts[label] as f64;
            }
        }
        true
    }
}

/// By which factor of the squared distance does the inertia fall when a customer leaves, and rise
/// when one joins?
struct Weights {
    leave: Vec<f64>,
    join: Vec<f64>,
}

impl Weights {
    fn new(counts: &[i64]) -> Self {
        let leave = |n: &i64| {
            if *n > 1 {
                *n as f64 / (*n - 1) as f64
            } else {
                0.0
            }
        };
        Weights {
            leave: counts.iter().map(leave).collect(),
            join: counts.iter().map(|n| *n as f64 / (*n + 1) as f64).collect(),
        }
    }
}

vectorised! {
    /// Which points of a chunk would lower the inertia by leaving their group?
    fn candidates(
        blocks: &[f64],
        labels: &[u32],
        centroids: &[f64],
        d: usize,
        weights: &Weights,
        found: &mut Vec<usize>,
    ) {
        for (number, (block, labels)) in
            blocks.chunks_exact(LANES * d).zip(labels.chunks(LANES)).enumerate()
        {
            let mut leave = [0.0; LANES];
            let mut join = [f64::INFINITY; LANES];
            let mut own = [u64::MAX; LANES];
            for (lane, label) in labels.iter().enumerate() {
                own[lane] = u64::from(*label);
            }
            for (label, centroid) in centroids.chunks_exact(d).enumerate() {
                let distance = distances(block, centroid);
                let (leaving, joining) = (weights.leave[label], weights.join[label]);
                for lane in 0..LANES {
                    let mine = own[lane] == label as u64;
                    leave[lane] = if mine { distance[lane] * leaving } else { leave[lane] };
                    let other = if mine { f64::INFINITY } else { distance[lane] * joining };
                    join[lane] = if other < join[lane] { other } else { join[lane] };
                }
            }
            for lane in 0..labels.len() {
                if join[lane] < leave[lane] * (1.0 - 1e-12) {
                    found.push(number * LANES + lane);
                }
            }
        }
    }
}
