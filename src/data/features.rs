//! What do the columns of the customer table say together?
//!
//! Each feature is a polars expression with a name, so that a cell picks the ones it needs:
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let customers = campaign::load("data/marketing_campaign.csv")?.customers;
//! let customers = customers
//!     .lazy()
//!     .with_columns([features::age(2022), features::spend(), features::transactions()])
//!     .collect()?;
//! let first = customers.column("spend")?.f64()?.get(0);
//! assert_eq!(first, Some(1_186_000.0));
//! # Ok::<(), Error>(())
//! ```
//!
//! [`groups::Bands`](crate::table::groups::Bands) cut such a column into a few groups.

use chrono::NaiveDate;
use polars::prelude::*;

use crate::{Error, Result};

/// The columns that hold money spent, one for each kind of goods.
pub const SPEND: [&str; 6] = [
    "MntCoke",
    "MntFruits",
    "MntMeatProducts",
    "MntFishProducts",
    "MntSweetProducts",
    "MntGoldProds",
];

/// The columns that count purchases: one for each channel, and those with a discount.
///
/// A purchase with a discount may also stand in its channel; the published analyses add
/// all four, and so does [`transactions`].
pub const PURCHASES: [&str; 4] = [
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
];

/// The columns that say whether a customer accepted a campaign, without the last one, `Response`.
pub const CAMPAIGNS: [&str; 5] = [
    "AcceptedCmp1",
    "AcceptedCmp2",
    "AcceptedCmp3",
    "AcceptedCmp4",
    "AcceptedCmp5",
];

/// The columns of the LRFM model: length of the relation, recency, frequency and monetary value,
/// under the names that they have here.
pub const LRFM: [&str; 4] = ["length", "Recency", "transactions", "spend"];

/// The columns of the RFMLC model, in its order: recency, frequency, monetary value, length and a
/// trait of the customer, here the age.
pub const RFMLC: [&str; 5] = ["Recency", "transactions", "spend", "length", "age"];

/// How old does a customer get in this year? `age`, in years, from `Year_Birth`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Year_Birth" => [1980i64])?.lazy().with_column(features::age(2022)).collect()?;
/// assert_eq!(customers.column("age")?.i64()?.get(0), Some(42));
/// # Ok::<(), Error>(())
/// ```
pub fn age(year: i32) -> Expr {
    (lit(i64::from(year)) - col("Year_Birth")).alias("age")
}

/// How much has a customer spent in two years? `spend`, in rupiah: the sum of [`SPEND`].
///
/// Null where one of the six is null: a sum with a gap is not a sum.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let spend = customers.lazy().select([features::spend().sum()]).collect()?;
/// assert!(spend.column("spend")?.f64()?.get(0) > Some(1e9));
/// # Ok::<(), Error>(())
/// ```
pub fn spend() -> Expr {
    sum(&SPEND).alias("spend")
}

/// How often has a customer bought in two years? `transactions`: the sum of [`PURCHASES`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "NumDealsPurchases" => [1i64], "NumWebPurchases" => [2i64],
///     "NumCatalogPurchases" => [3i64], "NumStorePurchases" => [4i64],
/// )?;
/// let transactions = customers.lazy().select([features::transactions()]).collect()?;
/// assert_eq!(transactions, df!("transactions" => [10i64])?);
/// # Ok::<(), Error>(())
/// ```
pub fn transactions() -> Expr {
    sum(&PURCHASES).alias("transactions")
}

/// How long has a customer been one, on this day? `length`, in days since `Dt_Customer`: the L of
/// LRFM.
///
/// # Errors
/// [`Error::Parameter`] where there is no such day.
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?.customers;
/// let table = loaded.lazy().with_column(features::length(2015, 1, 1)?).collect()?;
/// let days = table.column("length")?.i64()?;
/// assert!(days.iter().flatten().all(|days| (1..1500).contains(&days)));
/// assert!(features::length(2015, 2, 30).is_err());
/// # Ok::<(), Error>(())
/// ```
pub fn length(year: i32, month: u32, day: u32) -> Result<Expr> {
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| Error::Parameter {
        name: "day",
        value: format!("{year}-{month}-{day}"),
        expected: "a day of the calendar".into(),
    })?;
    let joined = col("Dt_Customer")
        .cast(DataType::Int32)
        .cast(DataType::Int64);
    Ok((lit(i64::from(date.to_epoch_days())) - joined).alias("length"))
}

/// In which year of membership is a customer, in this year? `membership`: the year minus that of
/// `Dt_Customer`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?.customers;
/// let table = loaded.lazy().select([features::membership(2015)]).collect()?;
/// assert!(table.column("membership")?.i64()?.iter().flatten().all(|years| (1..4).contains(&years)));
/// # Ok::<(), Error>(())
/// ```
pub fn membership(year: i32) -> Expr {
    (lit(i64::from(year)) - joined()).alias("membership")
}

/// How old did a customer get in the year of joining? `age_at_joining`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?.customers;
/// let table = loaded.lazy().select([features::age_at_joining()]).collect()?;
/// assert!(table.column("age_at_joining")?.i64()?.iter().flatten().all(|age| age > 10));
/// # Ok::<(), Error>(())
/// ```
pub fn age_at_joining() -> Expr {
    (joined() - col("Year_Birth")).alias("age_at_joining")
}

fn joined() -> Expr {
    col("Dt_Customer").dt().year().cast(DataType::Int64)
}

/// Has a customer children at home? `is_parent`: 1 or 0.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Kidhome" => [1i64, 0], "Teenhome" => [2i64, 0])?;
/// let parents = customers.lazy().select([features::is_parent()]).collect()?;
/// assert_eq!(parents, df!("is_parent" => [1i64, 0])?);
/// # Ok::<(), Error>(())
/// ```
pub fn is_parent() -> Expr {
    children()
        .gt(lit(0))
        .cast(DataType::Int64)
        .alias("is_parent")
}

/// How many children live at home? `children`: small ones and teenagers.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Kidhome" => [1i64], "Teenhome" => [2i64])?;
/// assert_eq!(customers.lazy().select([features::children()]).collect()?, df!("children" => [3i64])?);
/// # Ok::<(), Error>(())
/// ```
pub fn children() -> Expr {
    sum(&["Kidhome", "Teenhome"]).alias("children")
}

/// How many of the five earlier campaigns has a customer accepted? `accepted_campaigns`:
/// the sum of [`CAMPAIGNS`]. The last campaign, `Response`, is not among them.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "AcceptedCmp1" => [1i64], "AcceptedCmp2" => [0i64], "AcceptedCmp3" => [1i64],
///     "AcceptedCmp4" => [0i64], "AcceptedCmp5" => [1i64],
/// )?;
/// let accepted = customers.lazy().select([features::accepted_campaigns()]).collect()?;
/// assert_eq!(accepted, df!("accepted_campaigns" => [3i64])?);
/// # Ok::<(), Error>(())
/// ```
pub fn accepted_campaigns() -> Expr {
    sum(&CAMPAIGNS).alias("accepted_campaigns")
}

/// How many purchases come on one visit? `purchases_per_visit`: [`transactions`] over
/// `NumWebVisitsMonth`, and null where there was no visit.
///
/// The purchases are those of two years in all channels, the visits those of one month: the
/// published analyses call it a conversion rate, but it is a ratio, and can be above 1.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "NumDealsPurchases" => [1i64, 1], "NumWebPurchases" => [2i64, 2],
///     "NumCatalogPurchases" => [3i64, 3], "NumStorePurchases" => [4i64, 4],
///     "NumWebVisitsMonth" => [4i64, 0],
/// )?;
/// let ratio = customers.lazy().select([features::purchases_per_visit()]).collect()?;
/// assert_eq!(ratio, df!("purchases_per_visit" => [Some(2.5), None])?);
/// # Ok::<(), Error>(())
/// ```
pub fn purchases_per_visit() -> Expr {
    per_visit(sum(&PURCHASES)).alias("purchases_per_visit")
}

/// How does the answer to the last campaign relate to visits? `response_per_visit`:
/// `Response` over `NumWebVisitsMonth`, and null where there was no visit.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Response" => [1i64, 1], "NumWebVisitsMonth" => [4i64, 0])?;
/// let ratio = customers.lazy().select([features::response_per_visit()]).collect()?;
/// assert_eq!(ratio, df!("response_per_visit" => [Some(0.25), None])?);
/// # Ok::<(), Error>(())
/// ```
pub fn response_per_visit() -> Expr {
    per_visit(col("Response")).alias("response_per_visit")
}

fn per_visit(what: Expr) -> Expr {
    let visits = col("NumWebVisitsMonth").cast(DataType::Float64);
    when(visits.clone().gt(lit(0.0)))
        .then(what.cast(DataType::Float64) / visits)
        .otherwise(lit(NULL))
}

fn sum(columns: &[&str]) -> Expr {
    columns
        .iter()
        .map(|column| col(*column))
        .reduce(|a, b| a + b)
        .unwrap_or_else(|| lit(0))
}
