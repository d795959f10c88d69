//! What was decided about a file, so that the next one is read in the same way.

use serde::{Deserialize, Serialize};

use super::Money;
use crate::data::read::Decimal;
use crate::data::read::dates::Dates;

/// How was a file read? It travels with a model, and [`Loader::like`](super::Loader::like) reads the
/// next file by it.
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?;
/// let again = campaign::Loader::new().like(&loaded.reading).load("data/marketing_campaign.csv")?;
/// assert_eq!(again.customers, loaded.customers);
/// assert_eq!(again.reading.money(), Some(Money::Full));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    renames: Vec<(String, String)>,
    without: Vec<String>,
    dates: Dates,
    decimal: Option<Decimal>,
    money: Option<Money>,
}

impl Reading {
    pub(super) fn new(
        renames: Vec<(String, String)>,
        without: Vec<String>,
        dates: Dates,
        decimal: Option<Decimal>,
        money: Option<Money>,
    ) -> Self {
        Reading {
            renames,
            without,
            dates,
            decimal,
            money,
        }
    }

    /// How its amounts of money were written; `None` where it has none.
    pub fn money(&self) -> Option<Money> {
        self.money
    }

    /// Which sign its decimals have; `None` where it has no decimals.
    pub fn decimal(&self) -> Option<Decimal> {
        self.decimal
    }

    pub(super) fn dates(&self) -> Dates {
        self.dates.clone()
    }

    /// Its names, for what the file at hand has and nobody has named otherwise.
    pub(super) fn add_to(
        &self,
        renames: &mut Vec<(String, String)>,
        without: &mut Vec<String>,
        names: &[String],
    ) {
        for (yours, ours) in &self.renames {
            let taken = |(here, means): &(String, String)| here == yours || means == ours;
            if names.contains(yours) && !renames.iter().any(taken) {
                renames.push((yours.clone(), ours.clone()));
            }
        }
        for name in &self.without {
            if !without.contains(name) && !renames.iter().any(|(_, ours)| ours == name) {
                without.push(name.clone());
            }
        }
    }
}
