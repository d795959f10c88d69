//! Where do customers lie close together, and who lies alone?

mod choose;
mod dbscan;
mod neighbours;
mod optics;

pub use choose::{ChooseRadius, RadiusChoice};
pub use dbscan::{Dbscan, DbscanParams, DbscanValidParams};
pub use optics::{Optics, OpticsParams, OpticsValidParams};

use super::validity::sample;
use crate::table::points::Points;
use crate::{Error, Result};

/// Above so many customers a sample is learned from, unless it is said otherwise: the time grows with
/// the square of the customers.
const AT_MOST: usize = 20_000;

/// That a number of customers can be a neighbourhood.
fn check_min_points(min_points: usize) -> Result<()> {
    if min_points > 1 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "min_points",
        value: min_points.to_string(),
        expected: "2 or more: a customer counts as one of the own neighbours".into(),
    })
}

fn check_radius(radius: f64) -> Result<()> {
    if radius > 0.0 && radius <= 1e150 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "radius",
        value: radius.to_string(),
        expected: "a distance above 0, in scaled numbers".into(),
    })
}

fn check_at_most(at_most: usize) -> Result<()> {
    if at_most > 0 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "at_most",
        value: "0".into(),
        expected: "1 or more customers to learn from".into(),
    })
}

/// The rows that are learned from, where these are not all, in their order.
fn drawn(points: &Points, at_most: usize, seed: u64) -> Option<Vec<usize>> {
    (points.len() > at_most).then(|| sample(points.len(), at_most, seed))
}
