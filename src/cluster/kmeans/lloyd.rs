//! Lloyd's iterations, which leave out what the triangle inequality says cannot change, and
//! moves of single customers, which find what Lloyd's iterations cannot.
//!
//! Each customer keeps an upper bound of the distance to their own centroid and a lower bound of
//! that to any other (Hamerly 2010, Making k-means even faster, SDM). The bounds are single
//! precision, rounded outwards; all decisions are made on exact distances.

use rayon::prelude::*;

use crate::table::points::{
    CHUNK, LANES, Nearest, Points, distances, nearest, squared, vectorised,
};

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

/// Labels and bounds of the points of one chunk.
struct Chunk {
    labels: Vec<u32>,
    upper: Vec<f32>,
    lower: Vec<f32>,
    /// What the last pass changed.
    delta: Delta,
    active: Vec<u32>,
}

#[derive(Default)]
struct Delta {
    sums: Vec<f64>,
    counts: Vec<i64>,
    changed: usize,
}

impl Delta {
    fn clear(&mut self, k: usize, d: usize) {
        self.sums.clear();
        self.sums.resize(k * d, 0.0);
        self.counts.clear();
        self.counts.resize(k, 0);
        self.changed = 0;
    }
}

/// Adds a point to its group, or with the sign -1 takes it out.
fn add(sums: &mut [f64], counts: &mut [i64], label: u32, point: &[f64], sign: f64) {
    let place = label as usize * point.len();
    for (sum, x) in sums[place..].iter_mut().zip(point) {
        *sum += sign * x;
    }
    counts[label as usize] += sign as i64;
}

/// What moved since the bounds were right, group by group.
struct Drift(Vec<Moved>);

#[derive(Clone, Copy)]
struct Moved {
    /// How far the own centroid moved.
    own: f32,
    /// How far that of the others which moved farthest did.
    other: f32,
    /// Half the distance to the nearest other centroid, rounded down.
    half: f32,
}

/// Rounds outwards: single precision has 24 bits.
const UP: f32 = 1.0 + 2.5e-7;
const DOWN: f32 = 1.0 - 2.5e-7;

fn above(x: f64) -> f32 {
    x as f32 * UP
}

fn below(x: f64) -> f32 {
    x as f32 * DOWN
}

impl Drift {
    fn new(old: &[f64], new: &[f64], d: usize) -> Self {
        let own: Vec<f32> = old
            .chunks_exact(d)
            .zip(new.chunks_exact(d))
            .map(|(a, b)| above(squared(a, b).sqrt()))
            .collect();
        let moved = |(label, centroid): (usize, &[f64])| {
            let others = || (0..own.len()).filter(move |other| *other != label);
            let squares = others().map(|other| squared(centroid, &new[other * d..][..d]));
            Moved {
                own: own[label],
                other: others().map(|other| own[other]).fold(0.0, f32::max),
                half: below(squares.fold(f64::INFINITY, f64::min).sqrt() / 2.0),
            }
        };
        Drift(new.chunks_exact(d).enumerate().map(moved).collect())
    }
}

/// A difference that is so small a part of what it is the difference of has few digits left.
const LOST: f64 = 1e-6;

/// A run of Lloyd's iterations in progress.
pub(crate) struct Lloyd<'a> {
    points: &'a Points,
    centroids: Vec<f64>,
    chunks: Vec<Chunk>,
    sums: Vec<f64>,
    counts: Vec<i64>,
    iterations: usize,
    converged: bool,
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

    fn d(&self) -> usize {
        self.points.dimensions()
    }

    fn k(&self) -> usize {
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

    fn means(&self, old: &[f64]) -> Vec<f64> {
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
    fn assign_all(&mut self) -> usize {
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
    fn fill_empty(&mut self) -> bool {
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

    fn distance(&self, row: usize, label: usize) -> f64 {
        let d = self.d();
        squared(
            self.points.row(row),
            &self.centroids[label * d..(label + 1) * d],
        )
    }

    /// Moves one customer from one group to another, sums and counts with them.
    fn transfer(&mut self, row: usize, from: u32, to: u32) {
        let point = self.points.row(row);
        for (label, sign) in [(from, -1.0), (to, 1.0)] {
            add(&mut self.sums, &mut self.counts, label, point, sign);
        }
        self.chunks[row / CHUNK].labels[row % CHUNK] = to;
    }

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

impl Chunk {
    /// Gives the active points their nearest centroids.
    fn reassign(&mut self, points: &Points, number: usize, centroids: &[f64], d: usize) {
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

/// Moves the bounds by what the centroids moved, and lists who may have a new nearest one.
fn move_bounds(
    labels: &[u32],
    upper: &mut [f32],
    lower: &mut [f32],
    drift: &Drift,
    active: &mut Vec<u32>,
) {
    active.clear();
    active.resize(labels.len(), 0);
    let mut listed = 0;
    for (place, ((label, upper), lower)) in labels.iter().zip(upper).zip(lower).enumerate() {
        let Moved { own, other, half } = drift.0[*label as usize];
        let most = (*upper + own) * UP;
        // Below 0 a bound says nothing, and rounding it down would not be rounding outwards.
        let least = ((*lower - other) * DOWN).max(0.0);
        *upper = most;
        *lower = least;
        // Written in any case, and kept where it counts: nothing to guess for the processor.
        active[listed] = place as u32;
        listed += usize::from(most >= least.max(half));
    }
    active.truncate(listed);
}

vectorised! {
    /// Labels and bounds of all points of a chunk, and how many labels changed.
    fn assign_blocks(
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
fn sum_rows(rows: &[f64], labels: &[u32], d: usize, sums: &mut [f64], counts: &mut [i64]) {
    for (row, label) in rows.chunks_exact(d).zip(labels) {
        let label = *label as usize;
        counts[label] += 1;
        for (sum, x) in sums[label * d..(label + 1) * d].iter_mut().zip(row) {
            *sum += x;
        }
    }
}

/// The squared distances of a chunk's points to their own centroids, added up.
fn inertia(rows: &[f64], labels: &[u32], centroids: &[f64], d: usize) -> f64 {
    let own = |label: &u32| &centroids[*label as usize * d..][..d];
    let pairs = rows.chunks_exact(d).zip(labels);
    pairs.map(|(row, label)| squared(row, own(label))).sum()
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
