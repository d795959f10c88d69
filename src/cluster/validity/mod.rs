//! Is there anything to find, how good is what was found, and would it be found again?

mod agreement;
mod choose;
mod criteria;
mod decision;
mod gap;
mod matching;
mod silhouette;
mod split;
mod stability;

pub use agreement::{agreement, match_labels};
pub(in crate::cluster) use choose::NOISE;
pub use choose::{Choice, ChooseK};
pub use criteria::criteria;
pub(in crate::cluster) use criteria::{Criteria, EXACT, sample};
pub(in crate::cluster) use gap::Frame;
pub use gap::{Gap, Reference};
pub(crate) use silhouette::at_least_two;
pub use silhouette::silhouette;
pub(in crate::cluster) use silhouette::silhouettes;
pub use split::Split;
pub use stability::{Resample, Stability};
