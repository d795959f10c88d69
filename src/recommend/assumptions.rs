use polars::prelude::*;

use crate::data::Currency;
use crate::stat::interval::checked;
use crate::{Error, Result};

/// What must be assumed, because the customer table does not say it? A builder.
///
/// ```
/// use segmenta::prelude::*;
///
/// let assumptions = recommend::Assumptions::new().cost(5_000.0).organic(0.25);
/// let told = assumptions.tidy()?;
/// assert_eq!(told.column("value")?.f64()?.get(0), Some(5_000.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    pub(super) cost: f64,
    pub(super) revenue: f64,
    pub(super) organic: f64,
    pub(super) discount: f64,
    pub(super) alpha: f64,
    pub(super) power: f64,
    pub(super) confidence: f64,
    pub(super) currency: Currency,
}

impl Default for Assumptions {
    fn default() -> Self {
        Assumptions::new()
    }
}

impl Assumptions {
    /// A contact costs 3,000 rupiah and an answer brings 11,000 (the published table says so for its
    /// last campaign, in thousands, in columns that are the same for everybody); made up are: a fifth
    /// of those who answer would have bought anyway, discounts could be halved, and a test at 5 % that
    /// finds an effect in 80 % of cases.
    pub fn new() -> Self {
        Assumptions {
            cost: 3_000.0,
            revenue: 11_000.0,
            organic: 0.2,
            discount: 0.5,
            alpha: 0.05,
            power: 0.8,
            confidence: 0.95,
            currency: Currency::default(),
        }
    }

    /// What it costs to write to one customer, in the money of the table.
    pub fn cost(mut self, amount: f64) -> Self {
        self.cost = amount;
        self
    }

    /// What an answer brings in, in the money of the table, before the cost of the contact.
    pub fn revenue(mut self, amount: f64) -> Self {
        self.revenue = amount;
        self
    }

    /// The share of those who answer that would have bought without a campaign.
    pub fn organic(mut self, share: f64) -> Self {
        self.organic = share;
        self
    }

    /// The share of purchases with a discount that could do without.
    pub fn discount(mut self, share: f64) -> Self {
        self.discount = share;
        self
    }

    /// How often a test may raise a false alarm.
    pub fn alpha(mut self, share: f64) -> Self {
        self.alpha = share;
        self
    }

    /// How often a test should find an effect that is there.
    pub fn power(mut self, share: f64) -> Self {
        self.power = share;
        self
    }

    /// How sure the intervals of what follows are; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// In which money the amounts are: rupiah where it is not said.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// All of them, to be shown beside what follows from them: `assumption`, `value`, `unit`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where one is out of range.
    pub fn tidy(&self) -> Result<DataFrame> {
        self.check()?;
        let money = self.currency.word();
        Ok(df!(
            "assumption" => [
                "cost of a contact",
                "revenue of an answer",
                "answers that would have bought anyway",
                "discounts that could be spared",
                "false alarms of a test",
                "power of a test",
            ],
            "value" => [self.cost, self.revenue, self.organic, self.discount, self.alpha, self.power],
            "unit" => [money, money, "share", "share", "share", "share"],
        )?)
    }

    /// What an answer brings that would not have come by itself.
    pub(super) fn earned(&self) -> f64 {
        self.revenue * (1.0 - self.organic)
    }

    /// The rate of answers from which on a contact pays.
    pub(super) fn break_even(&self) -> f64 {
        self.cost / self.earned()
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = |name, value: f64, expected: &str| {
            Err(Error::Parameter {
                name,
                value: value.to_string(),
                expected: expected.to_owned(),
            })
        };
        for (name, amount) in [("cost", self.cost), ("revenue", self.revenue)] {
            if !amount.is_finite() || amount < 0.0 {
                return wrong(name, amount, "an amount of 0 or more");
            }
        }
        for (name, share) in [("organic", self.organic), ("discount", self.discount)] {
            if !(0.0..=1.0).contains(&share) {
                return wrong(name, share, "a share from 0 to 1");
            }
        }
        for (name, share) in [("alpha", self.alpha), ("power", self.power)] {
            if !(1e-6..=1.0 - 1e-6).contains(&share) {
                return wrong(name, share, "a share between 0 and 1");
            }
        }
        checked(self.confidence)?;
        Ok(())
    }
}
