//! Customer segmentation in Rust.
//!
//! Data goes one way, and each step is a module:
//!
//! | step | module | answers |
//! |---|---|---|
//! | load | [`campaign`] | what is in this customer file? |
//! | check | [`quality`] | what is wrong with it? |
//! | clean | [`clean`] | which customers can be clustered at all? |
//! | features | [`features`] | what do its columns say together? |
//! | group | [`groups`] | by what are the customers told apart? |
//! | explore | [`explore`] | how are they spread, and which go together? |
//! | convert | [`conversion`] | who converts, and what does that mean? |
//! | estimate | [`interval`] | how sure are we of a rate, a mean or a ratio? |
//! | compare | [`compare`] | do groups differ, and by how much? |
//! | scale | [`scale`] | in which numbers should a model see the customers? |
//! | cluster | [`cluster`] | into which segments do they fall, if into any? |
//! | personality | [`personality`] | who are they, what should they be called, how does one tell them? |
//! | recommend | [`recommend`] | what to do about them, and does it pay? |
//! | show | [`plot`] | what does it look like? |
//! | take away | [`report`], [`export`] | how does it get on paper, and out of here? |
//! | display | [`display`] | how does a table look in a notebook? |
//! | reproduce | [`published`] | are these the published figures? |
//! | practise | [`simulate`] | what would a table with known segments look like? |
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

pub mod campaign;
pub mod clean;
pub mod cluster;
mod column;
pub mod compare;
mod contingency;
pub mod conversion;
pub mod display;
mod distribution;
mod error;
pub mod explore;
pub mod export;
pub mod features;
pub mod groups;
pub mod interval;
pub mod personality;
pub mod plot;
mod points;
pub mod prelude;
mod progress;
pub mod published;
pub mod quality;
mod random;
mod ranks;
pub mod recommend;
pub mod report;
pub mod scale;
pub mod simulate;

pub use error::{Error, Problem, Result};

/// The crates that a notebook works with, so that there is one version of each; those for
/// models are built in from the start, because to add one later builds much of the rest anew.
pub use {linfa, linfa_clustering, ndarray, plotly, polars};
