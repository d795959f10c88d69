//! Into which segments do the customers fall, and is there anything to find?
//!
//! What is judged is a table, a [`Recipe`](crate::scale::Recipe) that makes numbers of it, and the way
//! to cluster these, together: on each resample and each part the recipe is fitted anew, so that no
//! customer who is left out has had a say.
//!
//! | question | answer |
//! |---|---|
//! | how many segments, if any? | [`ChooseK`], a table of criteria and a verdict |
//! | which ones? | [`Segments`]: recipe and [`KMeans`] or [`Dbscan`] together, with `tidy`, `augment`, `glance` |
//! | and within one of them? | [`Segments::divide`], again with a scaler of its own: `2.1` is the first part of segment 2 |
//! | how good are they? | [`criteria`](fn@criteria), [`silhouette`](fn@silhouette), [`Gap`] |
//! | would they come out again? | [`Resample`], [`Split`] |
//! | do two divisions agree? | [`agreement`](fn@agreement), [`match_labels`] |
//! | along which directions do they lie? | [`Pca`](crate::scale::Pca), in [`scale`](crate::scale) |
//! | would another method find others? | [`GaussianMixture`], [`hierarchy`](fn@hierarchy), [`Dbscan`] |
//! | how close is close? | [`Optics`], what each radius of [`Dbscan`] would give; [`ChooseRadius`], and whether noise would give as much |
//!
//! [`KMeans`], [`Dbscan`], [`GaussianMixture`] and [`Pca`](crate::scale::Pca) stand behind linfa's `Fit` and `Predict`, so they can
//! take the place of linfa's own, and be judged by linfa's tools.
//!
//! All of it gives the same digits for the same seed, on any number of threads.
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let customers = campaign::load("data/marketing_campaign.csv")?.customers;
//! let customers = Clean::new(&customers)?.drop_nulls(["Income"])?.kept().clone();
//! let recipe = Recipe::new(["Income", "NumStorePurchases", "NumWebVisitsMonth"])
//!     .clip(Columns::All, 0.01, 0.99)
//!     .standardise(Columns::All);
//! let segments = Segments::fit(&customers, &recipe, &KMeans::params(3).seed(1))?;
//! assert_eq!(segments.tidy()?.height(), 3);
//! # Ok::<(), Error>(())
//! ```

mod density;
mod hierarchy;
mod kmeans;
mod mixture;
mod segments;
mod validity;

pub use density::{
    ChooseRadius, Dbscan, DbscanParams, DbscanValidParams, Optics, OpticsParams, OpticsValidParams,
    RadiusChoice,
};
pub use hierarchy::{Hierarchy, hierarchy};
pub use kmeans::{KMeans, KMeansParams, KMeansValidParams};
pub use mixture::{GaussianMixture, GaussianMixtureParams, GaussianMixtureValidParams};
pub use segments::{Clusterer, Model, Segments};
pub(crate) use validity::at_least_two;
pub use validity::{
    Choice, ChooseK, Gap, Reference, Resample, Split, Stability, agreement, criteria, match_labels,
    silhouette,
};
