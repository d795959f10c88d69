use std::path::Path;

use polars::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Simulated;
use super::draw::{around, normal, pick, poisson, some_rows};
use crate::Result;
use crate::table::export::{self, Existing};

/// What would the customers of a telephone company look like, some of whom have left? A builder.
///
/// Columns with names of their own: `customer_id`, `gender`, `senior`, `contract`, `payment`,
/// `tenure_months`, `monthly_charges`, `total_charges`, `data_gb`, `support_calls`, `churn`. Whoever has just
/// come has no `total_charges` yet, and one in a hundred no `data_gb`. The same settings give the same table.
///
/// ```
/// use segmenta::prelude::*;
///
/// let telco = simulate::Telco::new().rows(500).seed(8).generate()?;
/// assert_eq!(telco.customers.shape(), (500, 11));
/// assert_eq!(telco.truth.column("segment")?.n_unique()?, 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Telco {
    rows: usize,
    seed: u64,
}

/// What sets one kind of customer apart.
struct Kind {
    name: &'static str,
    weight: f64,
    /// Mean and standard deviation, in months.
    tenure: (f64, f64),
    monthly: (f64, f64),
    /// Median, and the standard deviation of the logarithm.
    data: (f64, f64),
    calls: f64,
    /// Month to month, one year, two years.
    contract: [f64; 3],
    churn: f64,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "newcomers",
        weight: 0.30,
        tenure: (8.0, 5.0),
        monthly: (70.0, 12.0),
        data: (22.0, 0.30),
        calls: 2.4,
        contract: [0.90, 0.08, 0.02],
        churn: 0.44,
    },
    Kind {
        name: "settled, few services",
        weight: 0.30,
        tenure: (50.0, 11.0),
        monthly: (24.0, 4.0),
        data: (3.5, 0.40),
        calls: 0.4,
        contract: [0.15, 0.30, 0.55],
        churn: 0.05,
    },
    Kind {
        name: "settled, many services",
        weight: 0.25,
        tenure: (56.0, 10.0),
        monthly: (98.0, 9.0),
        data: (40.0, 0.30),
        calls: 0.8,
        contract: [0.20, 0.35, 0.45],
        churn: 0.10,
    },
    Kind {
        name: "streamers",
        weight: 0.15,
        tenure: (26.0, 7.0),
        monthly: (80.0, 8.0),
        data: (190.0, 0.25),
        calls: 1.2,
        contract: [0.60, 0.30, 0.10],
        churn: 0.22,
    },
];

const CONTRACTS: [&str; 3] = ["month to month", "one year", "two years"];
const PAYMENTS: [&str; 4] = ["card", "direct debit", "invoice", "wallet"];

impl Telco {
    /// 2,000 customers, seed 0.
    pub fn new() -> Self {
        Telco {
            rows: 2_000,
            seed: 0,
        }
    }

    /// How many rows, at least one.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Draws the table.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) where no rows are asked for.
    pub fn generate(&self) -> Result<Simulated> {
        some_rows(self.rows)?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let (mut ids, mut kinds) = (Vec::new(), Vec::new());
        let (mut genders, mut seniors, mut contracts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut payments, mut churns) = (Vec::new(), Vec::new());
        let (mut tenures, mut calls) = (Vec::new(), Vec::new());
        let (mut monthly, mut totals, mut data) = (Vec::new(), Vec::new(), Vec::new());
        let (mut spoilt, mut defects) = (Vec::new(), Vec::new());
        for row in 0..self.rows {
            let kind = &KINDS[pick(&mut rng, KINDS.iter().map(|kind| kind.weight))];
            let id = format!("{:04}-{:05}", rng.gen_range(1000..10_000), row * 7 % 99_991);
            let tenure = normal(&mut rng, kind.tenure).round().clamp(0.0, 72.0);
            let charge = cents(normal(&mut rng, kind.monthly).max(15.0));
            let total = cents(tenure * charge * normal(&mut rng, (1.0, 0.03)));
            let used = (around(&mut rng, kind.data) * 10.0).round() / 10.0;
            let lost = rng.gen_bool(0.01);
            for (is_so, what) in [(tenure == 0.0, "no total yet"), (lost, "no data volume")] {
                if is_so {
                    spoilt.push(id.clone());
                    defects.push(what);
                }
            }
            ids.push(id);
            kinds.push(kind.name);
            genders.push(if rng.gen_bool(0.5) { "Female" } else { "Male" });
            seniors.push(if rng.gen_bool(0.16) { "Yes" } else { "No" });
            contracts.push(CONTRACTS[pick(&mut rng, kind.contract.into_iter())]);
            payments.push(PAYMENTS[rng.gen_range(0..PAYMENTS.len())]);
            tenures.push(tenure as i64);
            monthly.push(charge);
            totals.push((tenure > 0.0).then_some(total));
            data.push((!lost).then_some(used));
            calls.push(poisson(&mut rng, kind.calls));
            churns.push(if rng.gen_bool(kind.churn) {
                "Yes"
            } else {
                "No"
            });
        }
        let truth = df!("customer_id" => &ids, "segment" => kinds)?;
        let customers = df!(
            "customer_id" => ids,
            "gender" => genders,
            "senior" => seniors,
            "contract" => contracts,
            "payment" => payments,
            "tenure_months" => tenures,
            "monthly_charges" => monthly,
            "total_charges" => totals,
            "data_gb" => data,
            "support_calls" => calls,
            "churn" => churns,
        )?;
        let defects = df!("customer_id" => spoilt, "defect" => defects)?;
        Ok(Simulated {
            customers,
            truth,
            defects,
        })
    }

    /// Draws the table, and writes it as CSV.
    ///
    /// # Errors
    /// Those of [`generate`](Telco::generate), and [`Error::Write`](crate::Error::Write).
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        export::csv(&self.generate()?.customers, file, existing)
    }
}

impl Default for Telco {
    fn default() -> Self {
        Telco::new()
    }
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
