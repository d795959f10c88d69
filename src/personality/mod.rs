//! Who are the segments?
//!
//! A table of customers goes in, with a column that tells the segment of each (as
//! [`Segments::augment`](crate::cluster::Segments::augment) adds it); a table with rows for the
//! segments comes out, in the units of the columns.
//!
//! | question | function |
//! |---|---|
//! | how large are they? | [`sizes`] |
//! | what do they earn, buy, spend? | [`profile`], [`positions`] |
//! | who lives in them? | [`crosstab`] |
//! | do they differ, and by how much? | [`differences`] |
//! | what should they be called? | [`names`], by [`NamingRules`] |
//! | how would one tell them without a computer? | [`Explain`] |
//! | who is on the border? | [`border`] |
//!
//! **A caution.** Segments differ in the columns that they were made of, because that is what they
//! were made for: a small p-value there says nothing. It says something in other columns.

mod border;
mod crosstab;
mod differences;
mod explain;
mod names;
mod positions;
mod profile;
mod tree;

pub use border::border;
pub use crosstab::crosstab;
pub use differences::differences;
pub use explain::Explain;
pub use names::{Condition, NamingRules, names};
pub(crate) use positions::Positions;
pub use positions::positions;
pub use profile::{profile, sizes};
