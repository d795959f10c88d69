//! Does this table give the published figures?
//!
//! Published analyses of the customer table are rebuilt in the lessons, each figure beside
//! ours. [`verdicts`] makes that table, and says so where another file was loaded.

mod age_bands;

use polars::prelude::*;

use crate::Result;
use crate::table::column;
pub use age_bands::AgeBands;

/// The columns of the published spender groups that were standardised. (Two more were, which are the
/// same for every customer.)
pub const SPENDERS_SCALED: [&str; 19] = [
    "Income",
    "Kidhome",
    "Teenhome",
    "Recency",
    "MntCoke",
    "MntFruits",
    "MntMeatProducts",
    "MntFishProducts",
    "MntSweetProducts",
    "MntGoldProds",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "age",
    "age_at_joining",
    "children",
    "spend",
];

/// The columns of the published spender groups that were forgotten when the others were standardised.
pub const SPENDERS_FORGOTTEN: [&str; 12] = [
    "AcceptedCmp1",
    "AcceptedCmp2",
    "AcceptedCmp3",
    "AcceptedCmp4",
    "AcceptedCmp5",
    "Complain",
    "Response",
    "is_parent",
    "accepted_campaigns",
    "transactions",
    "purchases_per_visit",
    "Education",
];

/// Is this the table that the published analyses used?
///
/// Told by its 2,240 customers and the sums of three columns, so that any copy of the file
/// will do, in whatever language and order. Rows must not have been dropped before.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn) where one of the three is not there.
///
/// ```
/// use segmenta::prelude::*;
///
/// let sample = campaign::load("data/marketing_campaign.csv")?.customers;
/// assert!(!published::is_source(&sample)?);
/// # Ok::<(), Error>(())
/// ```
pub fn is_source(customers: &DataFrame) -> Result<bool> {
    if customers.height() != 2_240 {
        return Ok(false);
    }
    for (name, sum) in [
        ("Year_Birth", 4_410_125.0),
        ("Income", 115_779_909_000.0),
        ("Recency", 110_005.0),
    ] {
        if column::numbers(customers, name)?
            .into_iter()
            .flatten()
            .sum::<f64>()
            != sum
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Which table is this, in a sentence for the reader of a lesson?
///
/// # Errors
/// As [`is_source`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let sample = campaign::load("data/marketing_campaign.csv")?.customers;
/// assert!(published::origin(&sample)?.starts_with("This is not the published table"));
/// # Ok::<(), Error>(())
/// ```
pub fn origin(customers: &DataFrame) -> Result<&'static str> {
    Ok(if is_source(customers)? {
        "This is the published table: our figures should be the published ones."
    } else {
        "This is not the published table: our figures need not be the published ones."
    })
}

/// Which days did the published RFMLC analysis read? `Dt_Customer` with its defect.
///
/// The file writes the day first. The analysis took the first number for the month wherever it can
/// be one, so that 04-09-2012 became the 9th of April, and 21-08-2013 stayed what it is: on days up
/// to the 12th, day and month are swapped.
///
/// ```
/// use segmenta::prelude::*;
///
/// let days = df!("Dt_Customer" => ["2012-09-04", "2013-08-21"])?.lazy();
/// let days = days.with_column(col("Dt_Customer").cast(DataType::Date));
/// let read = days.with_column(published::month_first_dates()).collect()?;
/// let read = read.column("Dt_Customer")?.cast(&DataType::String)?;
/// assert_eq!(read.str()?.get(0), Some("2012-04-09"));
/// assert_eq!(read.str()?.get(1), Some("2013-08-21"));
/// # Ok::<(), Error>(())
/// ```
pub fn month_first_dates() -> Expr {
    let date = || col("Dt_Customer");
    let (day, month) = (date().dt().day(), date().dt().month());
    // Both branches are computed for every day, so that of no use must be a day too.
    let as_month = when(day.clone().lt_eq(lit(12)))
        .then(day.clone())
        .otherwise(lit(1));
    let swapped = datetime(DatetimeArgs::new(date().dt().year(), as_month, month));
    when(day.lt_eq(lit(12)))
        .then(swapped.cast(DataType::Date))
        .otherwise(date())
        .alias("Dt_Customer")
}

/// Do our figures agree with the published ones?
///
/// `figures` are triples: what it is, the published value as it was printed (`"14.19"`, or
/// `"0.35 to 0.40"` where a range was), and ours. One row each: `figure`, `published`, `ours`,
/// `verdict`. A figure is `reproduced` where ours, rounded to the decimals that were printed,
/// is the published one or lies in the range, and `differs` elsewhere; on any table but the
/// source each verdict is `another table`.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where a published value is not a number.
///
/// ```
/// use segmenta::prelude::*;
///
/// let sample = campaign::load("data/marketing_campaign.csv")?.customers;
/// let answer = published::verdicts(&sample, [("share of the young", "14.19", 14.1877)])?;
/// assert_eq!(answer.column("verdict")?.str()?.get(0), Some("another table"));
/// # Ok::<(), Error>(())
/// ```
pub fn verdicts<'a>(
    customers: &DataFrame,
    figures: impl IntoIterator<Item = (&'a str, &'a str, f64)>,
) -> Result<DataFrame> {
    let source = is_source(customers)?;
    let figures: Vec<(&str, &str, f64)> = figures.into_iter().collect();
    let mut verdicts = Vec::new();
    for (_, published, ours) in &figures {
        let agrees = agrees(published, *ours)?;
        verdicts.push(match (source, agrees) {
            (false, _) => "another table",
            (true, true) => "reproduced",
            (true, false) => "differs",
        });
    }
    Ok(df!(
        "figure" => figures.iter().map(|f| f.0).collect::<Vec<_>>(),
        "published" => figures.iter().map(|f| f.1).collect::<Vec<_>>(),
        "ours" => figures.iter().map(|f| f.2).collect::<Vec<_>>(),
        "verdict" => verdicts,
    )?)
}

/// Whether a value, rounded to the decimals of a printed one, is that one or in its range.
fn agrees(published: &str, ours: f64) -> Result<bool> {
    let (low, high) = published
        .split_once(" to ")
        .unwrap_or((published, published));
    let (low, below) = printed(low)?;
    let (high, above) = printed(high)?;
    // A value exactly between two may have been rounded either way.
    let slack = 1.0 + 1e-9;
    Ok(low - below * slack <= ours && ours <= high + above * slack)
}

/// A printed number, and half a unit of its last decimal.
fn printed(text: &str) -> Result<(f64, f64)> {
    let number = text.replace(',', "");
    let value = number.parse().map_err(|_| crate::Error::Parameter {
        name: "published",
        value: text.to_owned(),
        expected: "a number as it was printed, such as 14.19, or 0.35 to 0.40".into(),
    })?;
    let decimals = number
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    Ok((value, 0.5 * 10f64.powi(-(decimals as i32))))
}

#[cfg(test)]
mod tests {
    use super::agrees;

    #[test]
    fn a_figure_agrees_when_it_rounds_to_what_was_printed() {
        assert!(agrees("14.19", 14.1877).unwrap());
        assert!(!agrees("14.19", 14.1847).unwrap());
        assert!(agrees("1,357", 1357.4).unwrap());
        assert!(agrees("0.35 to 0.40", 0.38).unwrap());
        assert!(!agrees("0.35 to 0.40", 0.069).unwrap());
        assert!(agrees("about 14", 14.0).is_err());
    }
}
