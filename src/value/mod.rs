//! What is a customer worth, who has not signed a contract?
//!
//! Nobody says goodbye to a shop. Who has not bought for long may have left, or may buy seldom: what tells
//! the two apart is how often they bought before.
//!
//! | question | answer |
//! |---|---|
//! | how often, how lately, for how long? | [`history`](fn@history), a row for each customer of a table of bills |
//! | who is still alive, and who will buy again? | [`BgNbd`], [`ParetoNbd`]; at counted occasions [`BgBb`] |
//! | who renews a contract? | [`BetaGeometric`] |
//! | what is an order of theirs worth? | [`GammaGamma`] |
//! | how often will they buy, and what is that worth today? | [`purchases`] |
//! | what will they bring in? | [`worth`](fn@worth) |
//! | does the model foretell what comes? | [`Holdout`] |
//! | how many of a month's new customers stay? | [`cohorts`](fn@cohorts) |
//! | what has changed the turnover? | [`bridge`] |
//! | who brings how much of it? | [`tenths`] |
//!
//! ```
//! use segmenta::prelude::*;
//! use segmenta::value::{self, BgNbd};
//!
//! let bills = df!(
//!     "customer" => ["a", "a", "a", "b", "c", "c", "d", "e", "e", "e", "e"],
//!     "day" => [1, 8, 20, 3, 5, 40, 9, 2, 30, 50, 55],
//!     "amount" => [9.0, 11.0, 10.0, 30.0, 5.0, 7.0, 12.0, 20.0, 22.0, 21.0, 19.0],
//! )?;
//! let history = value::history(&bills, "customer", "day", "amount", 60.0)?;
//! let frequency = history.column("frequency")?.u64()?;
//! assert_eq!(frequency.to_vec(), [Some(2), Some(0), Some(1), Some(0), Some(3)]);
//! assert_eq!(history.column("recency")?.f64()?.get(0), Some(19.0));
//! # Ok::<(), Error>(())
//! ```

mod beta_geometric;
mod bg_bb;
mod bg_nbd;
mod buyer;
mod cohorts;
mod dual;
mod gamma_gamma;
mod history;
mod holdout;
mod hypergeometric;
mod maximum;
mod pareto_nbd;
mod saved;
mod worth;

pub use beta_geometric::{BetaGeometric, BetaGeometricParams};
pub use bg_bb::{BgBb, BgBbParams};
pub use bg_nbd::{BgNbd, BgNbdParams};
pub use buyer::Buying;
pub use cohorts::{bridge, cohorts};
pub use gamma_gamma::{GammaGamma, GammaGammaParams};
pub use history::history;
pub use holdout::Holdout;
pub use pareto_nbd::{ParetoNbd, ParetoNbdParams};
pub use saved::{Model, load, save};
pub use worth::{purchases, tenths, worth};
