//! What can be done with any table, whatever its columns mean?
//!
//! | question | answer |
//! |---|---|
//! | by what are its rows told apart? | [`groups`] |
//! | how does it look in a notebook? | [`display`] |
//! | how does it get out of here? | [`export`] |
//! | which number stands in this row? | [`number`] |
//! | what does a column of a result mean? | [`glossary`](fn@glossary) |
//! | how does a name get into a statement of SQL? | [`sql`] |

pub(crate) mod calendar;
pub(crate) mod column;
pub(crate) mod dictionary;
pub mod display;
pub mod export;
pub(crate) mod fingerprint;
mod glossary;
pub mod groups;
pub(crate) mod points;
pub mod sql;

pub use column::number;
pub use glossary::glossary;
pub(crate) use glossary::meaning;
