//! Who converts, and what does that word mean?
//!
//! Four published analyses of one table speak of conversion, and mean four things. Each has a
//! function of its own name here:
//!
//! | function | per customer | published as |
//! |---|---|---|
//! | [`purchases_per_visit`] | purchases of two years over visits of one month | conversion rate |
//! | [`response_per_visit`] | answer to the last campaign over visits of one month | conversion rate |
//! | [`accepted_campaigns`] | campaigns accepted, of five | conversion rate |
//! | [`response_rate`] | answered the last campaign, or not | response |
//!
//! [`share_of_purchases_per_visit`] is the figure of an analysis that added the ratios of
//! all customers up, and asked for each group's share of that sum: it grows with the group.
//!
//! All answer by group, with the columns of [`interval`]; those per visit
//! also say for how many customers the ratio does not exist, in `zero_visits`.

use polars::prelude::*;

use crate::Result;
use crate::data::features;
use crate::stat::interval::{self, Bootstrap, Estimates};
use crate::table::column;
use crate::table::groups::By;

/// What becomes of customers without a visit, for whom a ratio per visit does not exist?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroVisits {
    /// They are left out, and counted.
    LeaveOut,
    /// They count as 0, as in the published analyses, and are counted.
    CountAsZero,
}

/// How many purchases come on one visit, on average over the customers of each group?
///
/// The mean of [`features::purchases_per_visit`]. Beyond the usual columns: `zero_visits`,
/// and `pooled`, all purchases of the group's customers with a visit over all their visits:
/// where the two differ much, a few customers with hardly a visit make the mean.
///
/// # Errors
/// [`Error`](crate::Error) where a column is missing, has the wrong type, or `by` has more
/// than 100 groups.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let bootstrap = Bootstrap::new().seed(1);
/// let by = conversion::purchases_per_visit(&customers, "Kidhome", ZeroVisits::LeaveOut, &bootstrap)?;
/// assert!(by.column("lower")?.f64()?.get(0) < by.column("estimate")?.f64()?.get(0));
/// # Ok::<(), Error>(())
/// ```
pub fn purchases_per_visit(
    customers: &DataFrame,
    by: impl Into<By>,
    zero_visits: ZeroVisits,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    per_visit(customers, purchases(customers)?, by, zero_visits, bootstrap)
}

/// How often was the last campaign answered for one visit, on average over the customers?
///
/// The mean of [`features::response_per_visit`], in the columns of [`purchases_per_visit`].
///
/// # Errors
/// As [`purchases_per_visit`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "Response" => [1i64, 0, 1], "NumWebVisitsMonth" => [2i64, 5, 0], "age" => [30, 30, 30],
/// )?;
/// let by = conversion::response_per_visit(&customers, "age", ZeroVisits::LeaveOut, &Bootstrap::new())?;
/// assert_eq!(by.column("estimate")?.f64()?.get(0), Some(0.25));
/// assert_eq!(by.column("zero_visits")?.u64()?.get(0), Some(1));
/// # Ok::<(), Error>(())
/// ```
pub fn response_per_visit(
    customers: &DataFrame,
    by: impl Into<By>,
    zero_visits: ZeroVisits,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    per_visit(customers, responses(customers)?, by, zero_visits, bootstrap)
}

/// How many of the five earlier campaigns has a customer of each group accepted, on average?
///
/// The mean of [`features::accepted_campaigns`], from 0 to 5.
///
/// # Errors
/// As [`purchases_per_visit`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let by = conversion::accepted_campaigns(&customers, "Education", &Bootstrap::new())?;
/// assert_eq!(by.column("Education")?.str()?.get(0), Some("Basic"));
/// # Ok::<(), Error>(())
/// ```
pub fn accepted_campaigns(
    customers: &DataFrame,
    by: impl Into<By>,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    let customers = with(
        customers,
        features::accepted_campaigns(),
        &features::CAMPAIGNS,
    )?;
    bootstrap.means(&customers, "accepted_campaigns", by)
}

/// Which share of each group answered the last campaign?
///
/// [`interval::rates`] of `Response`: shares from 0 to 1 with Wilson's interval.
///
/// # Errors
/// As [`interval::rates`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let rates = conversion::response_rate(&customers, "Marital_Status", 0.95)?;
/// assert_eq!(rates.column("Marital_Status")?.str()?.get(0), Some("Married"));
/// # Ok::<(), Error>(())
/// ```
pub fn response_rate(
    customers: &DataFrame,
    by: impl Into<By>,
    confidence: f64,
) -> Result<DataFrame> {
    column::must_have(
        customers,
        ["Response"],
        "interval::rates(&table, \"yours\", by, confidence) is the same for any column of yes and no",
    )?;
    interval::rates(customers, "Response", by, confidence)
}

/// Which share of the sum of all purchases per visit falls to each group?
///
/// Published as "conversion by age"; it says mostly how many customers a group has. Beyond
/// the usual columns `zero_visits` and `share_of_customers`, to compare with: where the two
/// shares are alike, the group is like the rest. Customers without a visit add nothing to
/// the sum, whichever way they are counted. Shares from 0 to 1.
///
/// # Errors
/// As [`purchases_per_visit`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let shares = conversion::share_of_purchases_per_visit(&customers, "Education", &Bootstrap::new())?;
/// let whole = shares.column("estimate")?.f64()?.sum();
/// assert!((whole.unwrap() - 1.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn share_of_purchases_per_visit(
    customers: &DataFrame,
    by: impl Into<By>,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    let groups = by.into().groups(customers)?;
    let visits = purchases(customers)?;
    let whole: Vec<f64> = visits
        .rows
        .iter()
        .map(|row| row.ratio().unwrap_or(0.0))
        .collect();
    // Where nobody bought anything there is no sum to have a share of.
    let some_bought = whole.iter().any(|ratio| *ratio > 0.0);
    let (labels, parts) = groups.split_all(visits.rows.iter().zip(0..));
    let mut rows = Estimates::default();
    let (mut none, mut shares) = (Vec::new(), Vec::new());
    for part in parts {
        let mut own = vec![0.0; whole.len()];
        for (_, row) in &part {
            own[*row] = whole[*row];
        }
        let known = part.iter().filter(|(row, _)| row.known()).count();
        let interval = if known > 0 && some_bought {
            Some(bootstrap.ratio(&own, &whole)?)
        } else {
            None
        };
        none.push(part.iter().filter(|(row, _)| row.zero_visits()).count() as u64);
        shares.push(part.len() as f64 / whole.len() as f64);
        rows.push(part.len(), known, interval);
    }
    let mut answer = rows.table(&groups.name, labels)?;
    answer.insert_column(3, Column::new("zero_visits".into(), none))?;
    answer.insert_column(4, Column::new("share_of_customers".into(), shares))?;
    Ok(answer)
}

fn purchases(customers: &DataFrame) -> Result<Visits> {
    Visits::of(customers, features::transactions(), &features::PURCHASES)
}

fn responses(customers: &DataFrame) -> Result<Visits> {
    Visits::of(customers, col("Response"), &["Response"])
}

/// What each customer did, and how often they visited.
struct Visits {
    rows: Vec<Visit>,
}

#[derive(Clone, Copy)]
struct Visit {
    what: Option<f64>,
    visits: Option<f64>,
}

impl Visits {
    fn of(customers: &DataFrame, what: Expr, columns: &[&str]) -> Result<Self> {
        let counted = with(customers, what.alias("what of a visit"), columns)?;
        let what = column::numbers(&counted, "what of a visit")?;
        column::must_have(customers, ["NumWebVisitsMonth"], column::RENAME)?;
        let visits = column::numbers(customers, "NumWebVisitsMonth")?;
        let rows = what.into_iter().zip(visits);
        Ok(Visits {
            rows: rows.map(|(what, visits)| Visit { what, visits }).collect(),
        })
    }
}

impl Visit {
    fn known(self) -> bool {
        self.what.is_some() && self.visits.is_some()
    }

    fn zero_visits(self) -> bool {
        self.known() && self.visits <= Some(0.0)
    }

    fn ratio(self) -> Option<f64> {
        let visits = self.visits.filter(|visits| *visits > 0.0)?;
        Some(self.what? / visits)
    }
}

/// The table with a feature that is made of some columns, or an error that names the missing one.
fn with(customers: &DataFrame, feature: Expr, columns: &[&str]) -> Result<DataFrame> {
    column::must_have(customers, columns.iter().copied(), column::RENAME)?;
    Ok(customers.clone().lazy().with_column(feature).collect()?)
}

fn per_visit(
    customers: &DataFrame,
    visits: Visits,
    by: impl Into<By>,
    zero_visits: ZeroVisits,
    bootstrap: &Bootstrap,
) -> Result<DataFrame> {
    let groups = by.into().groups(customers)?;
    let (labels, parts) = groups.split_all(visits.rows);
    let mut rows = Estimates::default();
    let (mut none, mut pooled) = (Vec::new(), Vec::new());
    for part in parts {
        let mut ratios: Vec<f64> = part.iter().filter_map(|row| row.ratio()).collect();
        let zero = part.iter().filter(|row| row.zero_visits()).count();
        if zero_visits == ZeroVisits::CountAsZero {
            ratios.resize(ratios.len() + zero, 0.0);
        }
        let visitors = part.iter().filter(|row| row.ratio().is_some());
        let sums = visitors.fold((0.0, 0.0), |(what, visits), row| {
            (
                what + row.what.unwrap_or(0.0),
                visits + row.visits.unwrap_or(0.0),
            )
        });
        none.push(zero as u64);
        pooled.push((sums.1 > 0.0).then(|| sums.0 / sums.1));
        rows.push(part.len(), ratios.len(), bootstrap.mean_of_group(&ratios)?);
    }
    let mut answer = rows.table(&groups.name, labels)?;
    answer.insert_column(3, Column::new("zero_visits".into(), none))?;
    let warning = answer.width() - 1;
    answer.insert_column(warning, Column::new("pooled".into(), pooled))?;
    Ok(answer)
}
