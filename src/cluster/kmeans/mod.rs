//! k-means: groups of customers around mean customers.
//!
//! `params` is what was asked for, `fit` how the restarts are led, `seed` where they start, `lloyd` how they
//! go on, with the `bounds` of the triangle inequality and a `chunk` of customers at a time; `singles`
//! moves single customers at the end. `model` is what comes out.

mod bounds;
mod chunk;
mod fit;
mod lloyd;
mod mini_batch;
mod model;
mod params;
mod seed;
mod singles;

pub use model::KMeans;
pub use params::{KMeansParams, KMeansValidParams};
