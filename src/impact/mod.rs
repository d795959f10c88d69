//! Would an offer pay, and how would one know?
//!
//! | question | answer |
//! |---|---|
//! | how many must accept, so that it pays, or reaches a goal? | [`Plan`] |
//! | how many customers must get no offer, so that its effect shows? | [`Trial`] |
//! | what did it add? | [`difference_in_differences`] |
//!
//! What a recommender foretells would have been bought anyway is no effect of an offer, and a sum of predicted prices is
//! no sale. What an offer adds is the difference to customers who did not get it.

mod difference;
mod plan;
mod trial;

pub use difference::difference_in_differences;
pub use plan::Plan;
pub use trial::Trial;
