//! What is bought together, and is it more than chance?
//!
//! | question | answer |
//! |---|---|
//! | what is in the baskets? | [`Baskets`]: of bills, of customers, or of any table |
//! | what is often bought together? | [`Itemsets`], with those that are closed and maximal |
//! | who buys this, buys that as well? | [`Rules`], with twenty [`measures`](Rules::measures) |
//! | which of them to believe? | [`Rules::tidy`]: tested, corrected for all that was searched |
//! | do they hold later, or elsewhere? | [`Rules::again`] |
//!
//! **A caution.** A rule of bills says what lies on one bill together; a rule of customers says what the same people
//! buy at some time. Neither says that the one makes anybody buy the other: that takes a trial.

mod baskets;
mod eclat;
mod itemsets;
mod load;
mod measures;
mod rules;
mod share;

pub use baskets::Baskets;
pub use itemsets::{Itemsets, ItemsetsParams};
pub use load::{Loader, load};
pub use rules::{Rules, RulesParams};
