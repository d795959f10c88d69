//! What should be offered to whom, and is any method better than offering what everybody buys?
//!
//! [`Purchases`] knows who bought what and when; [`Purchases::before`] is the [`Past`] of a day, which is all that a
//! recommender may see:
//!
//! | recommender | offers |
//! |---|---|
//! | [`Popularity`] | what sells most now |
//! | [`Repeat`] | what the customer has bought before, most often |
//! | [`ByRules`] | the consequents of [rules](crate::basket::Rules) whose antecedents the customer has |
//! | [`ItemCosine`] | what the same customers buy who buy what the customer has |
//! | [`Ease`] | the same, with weights learned for all products at once |
//! | [`Als`] | by tastes that are learned from who bought what, weighed by how often |
//! | [`Nmf`] | by tastes that only add up |
//!
//! All of them stand behind one trait, [`Recommender`]: they [rank](Recommender::rank) products for customers, never one
//! that the shop does not sell that day. [`TimeSplit`] judges them on the bills that came after.
//!
//! **A caution.** A recommender that foretells what customers will buy has not sold anything yet. What an offer adds is
//! what [`impact`](crate::impact) measures, with customers who do not get one.

mod als;
mod by_rules;
mod cosine;
mod ease;
mod judged;
mod nmf;
mod popularity;
mod positive;
mod purchases;
mod rank;
mod repeat;
mod split;
mod taste;

pub use als::{Als, AlsParams};
pub use by_rules::ByRules;
pub use cosine::ItemCosine;
pub use ease::{Ease, EaseParams};
pub use judged::Judged;
pub use nmf::{Nmf, NmfParams};
pub use popularity::Popularity;
pub use purchases::{Past, Purchases};
pub use rank::{Bought, Offer, Recommender};
pub use repeat::Repeat;
pub use split::TimeSplit;
