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
//! [`groups::Bands`](crate::groups::Bands) cut such a column into a few groups.

use polars::prelude::*;

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
