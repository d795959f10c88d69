//! Where k-means starts: k-means++ (Arthur and Vassilvitskii 2007, SODA).

use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::stat::random::{below, unit};
use crate::table::points::{CHUNK, LANES, Points, added, distances, vectorised};
use crate::{Error, Result};

/// Draws `k` different customers, each with a probability that grows with the squared distance to
/// those drawn before. Of a few tries each time, the one that leaves the least is taken.
///
/// An error where fewer than `k` customers differ.
pub(crate) fn plus_plus(
    points: &Points,
    k: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Vec<f64>> {
    let d = points.dimensions();
    let tries = 2 + (k as f64).ln() as usize;
    let mut centroids: Vec<f64> = points.row(below(random, points.len())).to_vec();
    let mut least = vec![f64::INFINITY; points.len().div_ceil(LANES) * LANES];
    let mut sums = lower(points, &centroids, &mut least);
    while centroids.len() < k * d {
        let total: f64 = sums.iter().sum();
        if total <= 0.0 {
            return Err(Error::TooFew {
                what: "customers that differ".into(),
                found: centroids.len() / d,
                expected: format!("{k} or more, one for each segment"),
            });
        }
        let drawn: Vec<f64> = (0..tries)
            .flat_map(|_| {
                let row = place(&least, &sums, unit(random) * total);
                points.row(row.min(points.len() - 1)).iter().copied()
            })
            .collect();
        let left = left_over(points, &drawn, &least);
        let best = (0..tries).fold(0, |best, t| if left[t] < left[best] { t } else { best });
        let taken = &drawn[best * d..(best + 1) * d];
        sums = lower(points, taken, &mut least);
        centroids.extend_from_slice(taken);
    }
    Ok(centroids)
}

/// Where a running sum passes `at`.
fn place(least: &[f64], sums: &[f64], at: f64) -> usize {
    let mut left = at;
    let mut last = 0;
    for (chunk, sum) in sums.iter().enumerate() {
        if *sum > 0.0 {
            if left < *sum {
                let values = &least[chunk * CHUNK..least.len().min((chunk + 1) * CHUNK)];
                for (row, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
                    last = chunk * CHUNK + row;
                    left -= value;
                    if left < 0.0 {
                        return last;
                    }
                }
                // Rounding: the sum was passed within this chunk after all.
                return last;
            }
            left -= sum;
            last = chunk;
        }
    }
    // Rounding again: the last customer who is not a centroid.
    let rows = last * CHUNK..least.len().min((last + 1) * CHUNK);
    rows.rev().find(|row| least[*row] > 0.0).unwrap_or(0)
}

/// Lowers the squared distances to those to a new centroid, and adds them up by chunks.
fn lower(points: &Points, centroid: &[f64], least: &mut [f64]) -> Vec<f64> {
    least
        .par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(chunk, least)| {
            let (blocks, n) = points.chunk(chunk);
            lower_chunk(blocks, n, centroid, least)
        })
        .collect()
}

/// For each of some candidates: what would be left of the squared distances?
fn left_over(points: &Points, drawn: &[f64], least: &[f64]) -> Vec<f64> {
    let d = points.dimensions();
    added(least.par_chunks(CHUNK).enumerate().map(|(chunk, least)| {
        let (blocks, n) = points.chunk(chunk);
        let mut sums = vec![0.0; drawn.len() / d];
        left_over_chunk(blocks, n, drawn, least, &mut sums);
        sums
    }))
}

vectorised! {
    fn lower_chunk(blocks: &[f64], n: usize, centroid: &[f64], least: &mut [f64]) -> f64 {
        let d = centroid.len();
        let mut sum = [0.0; LANES];
        for (number, (block, least)) in
            blocks.chunks_exact(LANES * d).zip(least.chunks_exact_mut(LANES)).enumerate()
        {
            let distance = distances(block, centroid);
            for lane in 0..LANES {
                let there = number * LANES + lane < n;
                let value = if distance[lane] < least[lane] { distance[lane] } else { least[lane] };
                least[lane] = if there { value } else { 0.0 };
                sum[lane] += least[lane];
            }
        }
        sum.iter().sum()
    }
}

vectorised! {
    fn left_over_chunk(blocks: &[f64], n: usize, drawn: &[f64], least: &[f64], sums: &mut [f64]) {
        let d = drawn.len() / sums.len();
        let mut lanes = vec![[0.0; LANES]; sums.len()];
        for (number, (block, least)) in
            blocks.chunks_exact(LANES * d).zip(least.chunks_exact(LANES)).enumerate()
        {
            for (centroid, sum) in drawn.chunks_exact(d).zip(&mut lanes) {
                let distance = distances(block, centroid);
                for lane in 0..LANES {
                    let there = number * LANES + lane < n;
                    let value = if distance[lane] < least[lane] { distance[lane] } else { least[lane] };
                    sum[lane] += if there { value } else { 0.0 };
                }
            }
        }
        for (sum, lanes) in sums.iter_mut().zip(lanes) {
            *sum = lanes.iter().sum();
        }
    }
}
