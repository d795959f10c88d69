//! In which numbers should a model see the customers?
//!
//! Distances add up over columns, so a column with large numbers counts for more than one with
//! small ones. A [`Recipe`] names the columns and the steps; fitted to a table it is a [`Scaler`],
//! which remembers the numbers it used (quantiles, means, words), so that new customers are treated
//! as those it learned from.

mod candidates;
mod expressions;
mod pca;
mod recipe;
mod scaler;
mod step;
mod suggest;
mod work;

use polars::prelude::*;

use crate::table::points::coordinates;
use crate::{Error, Result};
pub use candidates::candidates;
pub(crate) use pca::components;
pub use pca::{Pca, PcaParams, PcaValidParams};
pub use recipe::{Columns, Recipe};
pub use scaler::Scaler;
pub use suggest::suggest;
pub(crate) use work::Work;

/// Which columns decide how far apart two customers are?
///
/// The squared distance of two customers is a sum over columns, and on average over all pairs each
/// column adds twice its variance. A row for each column of the table, the most important first:
/// `column`, `variance` (population), and `estimate`, its share of all.
///
/// # Errors
/// [`Error::TooFew`] where there is no column, no customer, or no difference between them,
/// [`Error::Value`] where a value is missing, [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("spend" => [1000.0, 3000.0], "visits" => [1.0, 3.0])?;
/// let shares = scale::distance_shares(&table)?;
/// assert!(shares.column("estimate")?.f64()?.get(0).unwrap() > 0.999_99);
/// # Ok::<(), Error>(())
/// ```
pub fn distance_shares(table: &DataFrame) -> Result<DataFrame> {
    let (points, names) = coordinates(table, &[])?;
    let squares = points.squares_around(&points.mean());
    let total: f64 = squares.iter().sum();
    if total <= 0.0 {
        return Err(Error::TooFew {
            what: "customers that differ".into(),
            found: 1,
            expected: "2 or more".into(),
        });
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| squares[*b].total_cmp(&squares[*a]));
    let n = points.len() as f64;
    Ok(df!(
        "column" => order.iter().map(|place| names[*place].as_str()).collect::<Vec<_>>(),
        "variance" => order.iter().map(|place| squares[*place] / n).collect::<Vec<_>>(),
        "estimate" => order.iter().map(|place| squares[*place] / total).collect::<Vec<_>>(),
    )?)
}
