//! Which figures say something of the customers, and how sure are we of them?
//!
//! | question | answer |
//! |---|---|
//! | how are the columns spread, and which go together? | [`explore`] |
//! | who converts, and what does that mean? | [`conversion`] |
//! | how sure are we of a rate, a mean or a ratio? | [`interval`] |
//! | do groups differ, and by how much? | [`compare`] |

pub mod compare;
pub(crate) mod contingency;
pub mod conversion;
pub(crate) mod distribution;
pub mod explore;
pub mod interval;
pub(crate) mod random;
pub(crate) mod ranks;
