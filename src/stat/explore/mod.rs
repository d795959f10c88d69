//! How are the columns spread, and which go together?
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let customers = campaign::load("data/marketing_campaign.csv")?.customers;
//! let summary = explore::summary(&customers)?;
//! assert_eq!(summary.height(), 23); // the columns of numbers
//! # Ok::<(), Error>(())
//! ```

mod associations;
mod regression;
mod summary;

pub use associations::associations;
pub(crate) use associations::correlation;
pub use regression::{Regression, regression};
pub use summary::{categories, summary};
