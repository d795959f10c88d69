//! Customer segmentation in Rust.
//!
//! Data goes one way, and each step is a module:
//!
//! | step | module | answers |
//! |---|---|---|
//! | read | [`data::read`] | what is in this file, whatever its columns are? |
//! | load | [`data::campaign`] | what is in this customer file? |
//! | check | [`data::quality`] | what is wrong with it? |
//! | clean | [`data::clean`] | which customers can be clustered at all? |
//! | orders | [`data::orders`] | which bills are in these files, and what is on them? |
//! | single view | [`data::single_view`] | what do the bills say of each customer, in one row? |
//! | features | [`data::features`] | what do its columns say together? |
//! | group | [`table::groups`] | by what are the customers told apart? |
//! | explore | [`stat::explore`] | how are they spread, and which go together? |
//! | convert | [`stat::conversion`] | who converts, and what does that mean? |
//! | estimate | [`stat::interval`] | how sure are we of a rate, a mean or a ratio? |
//! | compare | [`stat::compare`] | do groups differ, and by how much? |
//! | scale | [`scale`] | in which numbers should a model see the customers? |
//! | cluster | [`cluster`] | into which segments do they fall, if into any? |
//! | personality | [`personality`] | who are they, what should they be called, how does one tell them? |
//! | recommend | [`recommend`] | what to do about them, and does it pay? |
//! | worth | [`value`] | who will buy again, and what is a customer worth? |
//! | predict | [`predict`] | which class will a customer be in, and is it worth asking? |
//! | movement | [`movement`] | who moves from segment to segment, and does anybody? |
//! | baskets | [`basket`] | what is bought together, and is it more than chance? |
//! | products | [`products`] | what to offer whom, and is it better than what everybody buys? |
//! | impact | [`impact`] | would an offer pay, and what did it add? |
//! | network | [`network`] | who brought whom, and what came of it? |
//! | show | [`plot`] | what does it look like? |
//! | take away | [`report`], [`table::export`] | how does it get on paper, and out of here? |
//! | display | [`table::display`] | how does a table look in a notebook? |
//! | reproduce | [`data::published`] | are these the published figures? |
//! | practise | [`data::simulate`] | what would a table with known segments look like? |
//! | exercise | [`check`] | is the answer to an exercise right, and if not, in what? |
//!
//! Four rooms hold several of them: [`data`] knows the customer table, [`table`] works on any table,
//! [`stat`] computes figures with their uncertainty, and the models are in [`scale`] and [`cluster`].
//!
//! A table goes in and a table comes out: a polars [`DataFrame`](polars::prelude::DataFrame).
//! [`prelude`] brings what a notebook needs.
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let simulated = simulate::Campaign::new().rows(500).seed(7).generate()?;
//! let nulls = quality::nulls(&simulated.customers)?;
//! assert_eq!(nulls.height(), simulated.customers.width());
//! # Ok::<(), Error>(())
//! ```
#![deny(missing_docs)]

pub mod basket;
pub mod check;
pub mod cluster;
pub mod data;
mod error;
pub mod impact;
pub mod movement;
pub mod network;
pub mod personality;
pub mod plot;
pub mod predict;
pub mod prelude;
pub mod products;
mod progress;
pub mod recommend;
pub mod report;
mod saved;
pub mod scale;
pub mod stat;
pub mod table;
pub mod value;

pub use error::{Error, Problem, Question, Result};

/// The crates that a notebook works with, so that there is one version of each; those for
/// models are built in from the start, because to add one later builds much of the rest anew.
pub use {linfa, linfa_clustering, ndarray, plotly, polars};

/// The program of README.md, so that it compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
