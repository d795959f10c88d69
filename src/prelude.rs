//! Which names does a notebook need? `use segmenta::prelude::*;` brings them.
//!
//! polars' own prelude comes along, and tables show themselves as HTML with a
//! plain-text twin (see [`Show`]).
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let visits = df!("visits" => [7, 5, 4])?;
//! assert_eq!(visits.clone().lazy().sum().collect()?.column("visits")?.i32()?.get(0), Some(16));
//! # Ok::<(), Error>(())
//! ```
pub use crate::campaign::{self, DateFormat, Money};
pub use crate::clean::Clean;
pub use crate::cluster::{self, ChooseK, KMeans, Segments};
pub use crate::conversion::ZeroVisits;
pub use crate::display::{Show, ShowValue};
pub use crate::error::Error;
pub use crate::export::Existing;
pub use crate::groups::{AgeBands, Bands, By};
pub use crate::interval::Bootstrap;
pub use crate::plot::Figure;
pub use crate::quality::OutlierRule;
pub use crate::recommend::Propensity;
pub use crate::report::Report;
pub use crate::scale::{Columns, Pca, Recipe, Scaler};
pub use crate::{
    clean, compare, conversion, explore, export, features, groups, interval, personality, plot,
    published, quality, recommend, scale, simulate,
};
pub use linfa::traits::{Fit, Predict};
pub use polars::prelude::*;
