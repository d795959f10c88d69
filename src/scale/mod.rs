//! In which numbers should a model see the customers?
//!
//! Distances add up over columns, so a column with large numbers counts for more than one with
//! small ones. A [`Recipe`] names the columns and the steps; fitted to a table it is a [`Scaler`],
//! which remembers the numbers it used (quantiles, means, words), so that new customers are treated
//! as those it learned from.

mod recipe;
mod scaler;

pub use recipe::{Columns, Recipe};
pub use scaler::Scaler;
