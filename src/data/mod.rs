//! What is in the customer file, and what becomes of it before anything is computed?
//!
//! | question | answer |
//! |---|---|
//! | what is in this file, whatever its columns are? | [`read`] |
//! | what is a column for? | [`roles`] |
//! | what is in this customer file? | [`campaign`] |
//! | what is wrong with it? | [`quality`] |
//! | which customers can be clustered at all? | [`clean`] |
//! | what do its columns say together? | [`features`] |
//! | which bills are in these files? | [`orders`] |
//! | what do the bills say of each customer? | [`single_view`] |
//! | what would a table with known segments look like? | [`simulate`] |
//! | are these the published figures? | [`published`] |
//! | in which money are the amounts? | [`Currency`] |

pub mod campaign;
pub mod clean;
mod currency;
pub mod features;
pub mod orders;
pub mod published;
pub mod quality;
pub mod read;
pub mod roles;
pub mod simulate;
pub mod single_view;

pub use currency::Currency;
