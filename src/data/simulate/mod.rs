//! What would a table with known segments look like?
//!
//! A made-up customer table serves where the real one may not be passed on,
//! where more rows are wanted than there are, and where one must know the
//! truth to judge a method: every customer comes from a segment that is told.
//!
//! | whose customers | |
//! |---|---|
//! | a shop's, in the schema of the lessons | [`Campaign`], written in a [`Shape`] |
//! | a telephone company's, some of whom leave | [`Telco`] |
//! | a wholesaler's, in a file as a spreadsheet makes it | [`Wholesaler`] |
//! | a shop's with its bills, members and prices | [`Shop`] |

mod campaign;
mod draw;
mod segments;
mod shape;
mod shop;
mod telco;
mod wholesaler;

use polars::prelude::DataFrame;

pub use campaign::Campaign;
pub use shape::Shape;
pub use shop::{Shop, SimulatedShop};
pub use telco::Telco;
pub use wholesaler::Wholesaler;

/// A made-up table and the truth about it.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The customers.
    pub customers: DataFrame,
    /// The customer's name and the `segment` that the customer was drawn from, in the same order.
    pub truth: DataFrame,
    /// The customer's name and `defect`, one row for each value that was spoilt.
    pub defects: DataFrame,
}
