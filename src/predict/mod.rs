//! Which class will a customer be in, and is it worth asking a model?
//!
//! | question | answer |
//! |---|---|
//! | which class, and how sure? | [`Classifier`]: columns of a table and a [`RandomForest`] together, with `tidy`, `augment`, `glance` |
//! | how good are the answers? | [`scores`](fn@scores), beside saying the most frequent class each time |
//! | is one way better than another? | [`compare`](fn@compare) |
//! | do the chances come true? | [`calibration`](fn@calibration) |
//! | what do the answers rest on? | [`Classifier::importance`] |
//!
//! **A caution.** Segments are a function of the very columns that they were made of. A forest that predicts them
//! from these columns copies their borders, however well: [`Segments::assign`](crate::cluster::Segments::assign)
//! knows them exactly. Worth predicting is what is not known yet, such as the segment of the next period.
//!
//! [`RandomForest`] stands behind linfa's `Fit` and `Predict`.

mod classifier;
mod forest;
mod importance;
mod score;

pub use classifier::Classifier;
pub use forest::{ClassWeights, RandomForest, RandomForestParams, RandomForestValidParams};
pub use score::{calibration, compare, scores};
