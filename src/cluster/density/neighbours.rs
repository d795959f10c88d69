//! Distances between all pairs, a row of them at a time: no more memory than customers, and 8 at once
//! in the processor's wide registers. The time does not depend on the radius, as that of a tree does, and
//! can be told and interrupted.

use rayon::prelude::*;

use crate::Result;
use crate::progress::Progress;
use crate::table::points::{LANES, Points, distances, vectorised};

/// Customers that a thread works on between two looks at whether it is still wanted.
const PART: usize = 64;

vectorised! {
    /// The squared distance of each point to a place.
    pub(super) fn squares_from(points: &Points, place: &[f64], squares: &mut Vec<f64>) {
        squares.clear();
        for block in points.blocks().chunks_exact(LANES * points.dimensions()) {
            squares.extend_from_slice(&distances(block, place));
        }
        squares.truncate(points.len());
    }
}

vectorised! {
    /// How a visit changes from which radius on each customer is attached: from the greater of the visited
    /// one's core distance and the distance to it, if that is less than before; all as squares. `waits` is 0
    /// for who waits to be visited, and infinite for who was. The least of those who wait.
    pub(super) fn visit(
        points: &Points,
        place: &[f64],
        core: f64,
        attached: &mut [f64],
        waits: &[f64],
    ) -> f64 {
        let d = points.dimensions();
        let mut least = [f64::INFINITY; LANES];
        let blocks = points.blocks().chunks_exact(LANES * d);
        let lanes = attached.chunks_exact_mut(LANES).zip(waits.chunks_exact(LANES));
        for (block, (attached, waits)) in blocks.zip(lanes) {
            let squares = distances(block, place);
            for lane in 0..LANES {
                let reach = if squares[lane] > core { squares[lane] } else { core };
                let own = if reach < attached[lane] { reach } else { attached[lane] };
                attached[lane] = own;
                let waiting = own + waits[lane];
                least[lane] = if waiting < least[lane] { waiting } else { least[lane] };
            }
        }
        least.into_iter().fold(f64::INFINITY, f64::min)
    }
}

vectorised! {
    /// The least squared distances of the points to a place, as many as there is room for, ascending.
    fn least_squares(points: &Points, place: &[f64], least: &mut [f64]) {
        least.fill(f64::INFINITY);
        let last = least.len() - 1;
        let mut left = points.len();
        for block in points.blocks().chunks_exact(LANES * points.dimensions()) {
            let squares = distances(block, place);
            let is_near = squares.iter().any(|square| *square < least[last]);
            if is_near {
                for square in squares.iter().take(left) {
                    // Most are too far: the rest moves up for the few that are not.
                    let mut at = last;
                    if *square >= least[last] {
                        continue;
                    }
                    while at > 0 && least[at - 1] > *square {
                        least[at] = least[at - 1];
                        at -= 1;
                    }
                    least[at] = *square;
                }
            }
            left = left.saturating_sub(LANES);
        }
    }
}

/// What is made of each customer, in their order, with a space of so many numbers to work in.
fn of_each<T: Send>(
    points: &Points,
    space: usize,
    made: impl Fn(&[f64], &mut Vec<f64>) -> T + Sync,
) -> Result<Vec<T>> {
    let rows: Vec<usize> = (0..points.len()).collect();
    let progress = Progress::new("neighbours", rows.len().div_ceil(PART));
    let parts = rows.par_chunks(PART).map(|rows| {
        let mut space = vec![0.0; space];
        let of_part = rows.iter().map(|row| made(points.row(*row), &mut space));
        let of_part: Vec<T> = of_part.collect();
        progress.tick()?;
        Ok(of_part)
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// The greatest square whose root is not above the radius, so that a radius which is itself a distance
/// holds the customer there: the square of a root may be rounded to less.
pub(super) fn square_within(radius: f64) -> f64 {
    let mut square = radius * radius;
    while square.sqrt() > radius {
        square = square.next_down();
    }
    while square.next_up().sqrt() <= radius {
        square = square.next_up();
    }
    square
}

/// How many customers, the own self among them, lie within a radius of each.
pub(super) fn neighbours_within(points: &Points, radius: f64) -> Result<Vec<usize>> {
    let most = square_within(radius);
    of_each(points, points.len(), |place, squares| {
        squares_from(points, place, squares);
        squares.iter().filter(|square| **square <= most).count()
    })
}

/// How far, squared, each customer's nearest few lie, the own self among them: at most as far as this.
pub(super) fn square_of_nearest(points: &Points, few: usize) -> Result<Vec<f64>> {
    of_each(points, few.min(points.len()), |place, least| {
        least_squares(points, place, least);
        least[least.len() - 1]
    })
}
