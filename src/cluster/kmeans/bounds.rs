//! What the triangle inequality says cannot change.
//!
//! Each customer keeps an upper bound of the distance to their own centroid and a lower bound of
//! that to any other (Hamerly 2010, Making k-means even faster, SDM). The bounds are single
//! precision, rounded outwards; all decisions are made on exact distances.

use crate::table::points::squared;

/// What moved since the bounds were right, group by group.
pub(super) struct Drift(Vec<Moved>);

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

#[inline]
pub(super) fn above(x: f64) -> f32 {
    x as f32 * UP
}

#[inline]
pub(super) fn below(x: f64) -> f32 {
    x as f32 * DOWN
}

impl Drift {
    pub fn new(old: &[f64], new: &[f64], d: usize) -> Self {
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

/// Moves the bounds by what the centroids moved, and lists who may have a new nearest one.
pub(super) fn move_bounds(
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
