//! What does the table look like?
//!
//! One question, one function, one [`Figure`]. A cell that ends in a figure sends it in three
//! forms at once: interactive for JupyterLab and VS Code, as HTML for exported pages, and in
//! words and numbers for terminals and screen readers. No form needs a network.
//!
//! Axes are named after the columns; those of the customer table and of
//! [`features`](crate::data::features) with their unit, such as rupiah. [`Figure::x_axis`] names them
//! otherwise. Colours are those of Okabe and Ito, which can be told apart without red and green.
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let customers = campaign::load("data/marketing_campaign.csv")?.customers;
//! let figure = plot::histogram(&customers, "Recency")?.title("When did they last buy?");
//! assert!(figure.text().starts_with("When did they last buy?"));
//! # Ok::<(), Error>(())
//! ```

mod associations;
mod bars;
mod basket;
mod bills;
mod browser;
mod choice;
mod density;
mod figure;
mod histogram;
mod missing;
mod movement;
mod network;
mod page;
mod personality;
mod scatter;
mod segments;
mod targeting;

pub use associations::associations;
pub use bars::{bars, grouped_bars};
pub use basket::{graph, pairs, rules};
pub use bills::{alive, cohorts, prices, sales, tracking};
pub use choice::{criteria, elbow};
pub use density::{k_distance, reachability};
pub use figure::Figure;
pub use histogram::histogram;
pub use missing::missing;
pub use movement::{flows, importance, transitions};
pub use network::{icicle, levels, sponsors, tree};
pub use page::library;
pub use personality::{lifts, parallel, scatter_by};
pub use scatter::scatter;
pub use segments::{map, silhouettes, stability};
pub use targeting::{gain, lift};

/// Okabe and Ito's colours (2008), the most distinct first.
const COLOURS: [&str; 7] = [
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442",
];
const GREY: &str = "#999999";
