//! What can be done with any table, whatever its columns mean?
//!
//! | question | answer |
//! |---|---|
//! | by what are its rows told apart? | [`groups`] |
//! | how does it look in a notebook? | [`display`] |
//! | how does it get out of here? | [`export`] |

pub(crate) mod column;
pub mod display;
pub mod export;
pub mod groups;
pub(crate) mod points;
