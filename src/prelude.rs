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
pub use crate::basket::{self, Baskets, Itemsets, Rules};
pub use crate::check;
pub use crate::cluster::{self, ChooseK, Dbscan, KMeans, Optics, Segments};
pub use crate::data::campaign::{self, Money};
pub use crate::data::clean::{self, Clean};
pub use crate::data::published::{self, AgeBands};
pub use crate::data::quality::{self, OutlierRule};
pub use crate::data::read::{self, DateFormat, Decimal};
pub use crate::data::roles::{self, Role, Roles};
pub use crate::data::single_view::{self, SingleView, rfm};
pub use crate::data::{Currency, features, orders, simulate};
pub use crate::error::Error;
pub use crate::impact;
pub use crate::movement::{self, Movement, Periods};
pub use crate::network::{self, Network};
pub use crate::personality::{self, NamingRules};
pub use crate::plot::{self, Figure};
pub use crate::predict::{self, Classifier, RandomForest};
pub use crate::products::{
    self, Als, ByRules, Ease, ItemCosine, Nmf, Offer, Popularity, Purchases, Recommender, Repeat,
    TimeSplit,
};
pub use crate::recommend::{self, Propensity};
pub use crate::report::Report;
pub use crate::scale::{self, Columns, Pca, Recipe, Scaler};
pub use crate::stat::conversion::{self, ZeroVisits};
pub use crate::stat::interval::{self, Bootstrap};
pub use crate::stat::{compare, explore};
pub use crate::table;
pub use crate::table::display::{Show, ShowValue};
pub use crate::table::export::{self, Existing};
pub use crate::table::groups::{self, Bands, By};
pub use crate::value::{self, BgNbd, GammaGamma, Holdout};
pub use linfa::traits::{Fit, Predict};
pub use polars::prelude::*;
