//! What to do about the segments?
//!
//! | question | function |
//! |---|---|
//! | who is in which tier? | [`tiers`] |
//! | how much money does each segment stand for? | [`value_at_stake`] |
//! | what would fewer discounts save? | [`promo_saving`] |
//! | what if some leave, and others buy more? | [`what_if`] |
//! | which campaign for whom, and does it pay? | [`Campaigns`], under [`Assumptions`], in the words of [`Texts`] |
//! | how many customers must be left alone to see its effect? | [`ControlGroup`] |
//! | who is likely to answer? | [`Propensity`] |
//! | whom to write to, for a given budget? | [`target`] |
//!
//! Amounts are in rupiah, and those of spend are totals of two years, as the table has them. What the
//! table cannot know, such as the cost of a letter, is an assumption, and stands beside the answer.

mod assumptions;
mod campaigns;
mod control;
mod gain;
mod logistic;
mod promo;
mod propensity;
mod roc;
mod target;
mod texts;
mod tiers;
mod value;
mod what_if;

pub use assumptions::Assumptions;
pub use campaigns::Campaigns;
pub use control::ControlGroup;
pub use promo::promo_saving;
pub use propensity::{AFTER_THE_CAMPAIGN, Propensity, PropensityParams};
pub use target::target;
pub use texts::Texts;
pub use tiers::{TIERS, tiers};
pub use value::value_at_stake;
pub use what_if::what_if;
