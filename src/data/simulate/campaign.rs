use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Simulated;
use super::draw::{normal, pick, poisson, some_rows};
use super::segments::{EDUCATION_SHARES, MARITAL_SHARES, SEGMENTS};
use crate::Result;
use crate::data::campaign::schema::{EDUCATION, FIELDS, MARITAL_STATUS};

/// How often the real table has each defect, out of 2,240 rows.
const NULL_INCOMES: usize = 24;
const REPEATED: usize = 183;
const OLD_BIRTHS: usize = 3;
const ABSURD_INCOMES: usize = 1;
const ZERO_VISITS: usize = 11;
const REAL_ROWS: usize = 2240;

/// What would a customer table with known segments look like? A builder.
///
/// The same settings give the same table, digit by digit.
///
/// ```
/// use segmenta::prelude::*;
///
/// let simulated = simulate::Campaign::new().rows(2240).seed(1).generate()?;
/// assert_eq!(simulated.customers.shape(), (2240, 27));
/// assert_eq!(simulated.customers.column("Income")?.null_count(), 24);
/// assert_eq!(simulated.truth.column("segment")?.n_unique()?, 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Campaign {
    rows: usize,
    seed: u64,
    defects: bool,
}

impl Default for Campaign {
    fn default() -> Self {
        Self {
            rows: REAL_ROWS,
            seed: 0,
            defects: true,
        }
    }
}

/// One made-up customer; money in thousands of rupiah.
#[derive(Clone)]
struct Customer {
    segment: usize,
    birth: i64,
    education: usize,
    marital_status: usize,
    income: Option<f64>,
    kids: i64,
    teens: i64,
    joined: i32,
    recency: i64,
    spend: [f64; 6],
    purchases: [i64; 4],
    visits: i64,
    accepted: [i64; 5],
    complain: i64,
    response: i64,
}

impl Campaign {
    /// 2,240 customers with the defects of the real table, seed 0.
    pub fn new() -> Self {
        Self::default()
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

    /// With null and absurd incomes, repeated rows, old births and zero visits
    /// as often as in the real table (from 20 rows on at least one each), or without.
    pub fn defects(mut self, defects: bool) -> Self {
        self.defects = defects;
        self
    }

    /// Draws the table.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) where no rows are asked for.
    pub fn generate(&self) -> Result<Simulated> {
        some_rows(self.rows)?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let repeated = self.count(REPEATED);
        let mut customers = Vec::with_capacity(self.rows);
        for _ in repeated..self.rows {
            customers.push(draw(&mut rng));
        }
        let mut order: Vec<usize> = (0..customers.len()).collect();
        order.shuffle(&mut rng);
        let mut order = order.into_iter();
        let mut spoilt: Vec<(usize, &str)> = Vec::new();
        let mut spoil = |customers: &mut Vec<Customer>,
                         count,
                         defect,
                         change: &dyn Fn(&mut Customer, usize)| {
            for (nth, row) in order.by_ref().take(count).enumerate() {
                change(&mut customers[row], nth);
                spoilt.push((row, defect));
            }
        };
        spoil(
            &mut customers,
            self.count(NULL_INCOMES),
            "null income",
            &|c, _| c.income = None,
        );
        spoil(
            &mut customers,
            self.count(OLD_BIRTHS),
            "old birth",
            &|c, nth| {
                c.birth = [1893, 1899, 1900][nth % 3];
            },
        );
        spoil(
            &mut customers,
            self.count(ABSURD_INCOMES),
            "absurd income",
            &|c, _| {
                c.income = Some(666_666.0);
            },
        );
        spoil(
            &mut customers,
            self.count(ZERO_VISITS),
            "zero visits",
            &|c, _| c.visits = 0,
        );
        // Rows that are whole are repeated, so that each defect is as often as said.
        let whole: Vec<usize> = order.collect();
        for _ in 0..repeated {
            let row = whole[rng.gen_range(0..whole.len())];
            spoilt.push((customers.len(), "repeated row"));
            customers.push(customers[row].clone());
        }

        let mut ids: Vec<i64> = (0..self.rows as i64)
            .map(|row| row * 5 + rng.gen_range(0..5))
            .collect();
        ids.shuffle(&mut rng);
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        // The repeated rows must not all stand at the end.
        let mut place: Vec<usize> = (0..self.rows).collect();
        place.shuffle(&mut rng);
        let truth = df!(
            "ID" => place.iter().map(|row| ids[*row].as_str()).collect::<Vec<_>>(),
            "segment" => place.iter().map(|row| SEGMENTS[customers[*row].segment].name).collect::<Vec<_>>(),
        )?;
        let defects = df!(
            "ID" => spoilt.iter().map(|(row, _)| ids[*row].as_str()).collect::<Vec<_>>(),
            "defect" => spoilt.iter().map(|(_, defect)| *defect).collect::<Vec<_>>(),
        )?;
        let customers = table(
            &place
                .iter()
                .map(|row| (ids[*row].as_str(), &customers[*row]))
                .collect::<Vec<_>>(),
        )?;
        Ok(Simulated {
            customers,
            truth,
            defects,
        })
    }

    fn count(&self, in_real_table: usize) -> usize {
        if !self.defects || self.rows < 20 {
            return 0;
        }
        let share = in_real_table as f64 / REAL_ROWS as f64;
        ((share * self.rows as f64).round() as usize).max(1)
    }
}

fn draw(rng: &mut Xoshiro256PlusPlus) -> Customer {
    let segment = pick(rng, SEGMENTS.iter().map(|s| s.weight));
    let kind = &SEGMENTS[segment];
    let income = normal(rng, kind.income).max(2_000.0).round();
    let spend = kind.spend.0 * (kind.spend.1 * normal(rng, (0.0, 1.0))).exp();
    // Within a segment, too, a higher income spends more.
    let spend = (spend * (income / kind.income.0).powf(0.5)).max(5.0);
    let weights = kind
        .goods
        .map(|share| share * (0.5 * normal(rng, (0.0, 1.0))).exp());
    let total: f64 = weights.iter().sum();
    let birth = normal(rng, kind.birth).round().clamp(1940.0, 1996.0) as i64;
    let recency = rng.gen_range(0..100);
    // Who bought lately answers more often.
    let response = kind.response * (1.9 - 1.8 * recency as f64 / 99.0);
    Customer {
        segment,
        birth,
        education: pick(rng, EDUCATION_SHARES.into_iter()),
        marital_status: pick(rng, MARITAL_SHARES.into_iter()),
        income: Some(income),
        kids: pick(rng, kind.kids.into_iter()) as i64,
        teens: pick(rng, kind.teens.into_iter()) as i64,
        joined: rng.gen_range(0..=699),
        recency,
        spend: weights.map(|weight| (spend * weight / total).round()),
        purchases: kind.purchases.map(|mean| poisson(rng, mean)),
        visits: 1
            + (0..8)
                .map(|_| i64::from(rng.gen_bool(kind.visits)))
                .sum::<i64>(),
        accepted: kind.accepted.map(|chance| rng.gen_bool(chance).into()),
        complain: rng.gen_bool(0.0094).into(),
        response: rng.gen_bool(response.clamp(0.0, 1.0)).into(),
    }
}

/// The first day on which one of the customers joined.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2012, 7, 30).unwrap_or_default()
}

fn epoch_days(joined: i32) -> i32 {
    first_day().num_days_from_ce() - NaiveDate::default().num_days_from_ce() + joined
}

fn table(rows: &[(&str, &Customer)]) -> Result<DataFrame> {
    let whole = |value: &dyn Fn(&Customer) -> i64| -> Vec<i64> {
        rows.iter().map(|(_, c)| value(c)).collect()
    };
    let money = |value: &dyn Fn(&Customer) -> Option<f64>| -> Vec<Option<f64>> {
        rows.iter()
            .map(|(_, c)| value(c).map(|thousands| thousands * 1000.0))
            .collect()
    };
    let mut columns = Vec::with_capacity(FIELDS.len());
    for field in FIELDS {
        let name = PlSmallStr::from_static(field.name);
        let nth = |prefix: &str, of: &[&str]| {
            field
                .name
                .strip_prefix(prefix)
                .and_then(|rest| of.iter().position(|o| *o == rest))
        };
        let goods = [
            "Coke",
            "Fruits",
            "MeatProducts",
            "FishProducts",
            "SweetProducts",
            "GoldProds",
        ];
        let channels = [
            "DealsPurchases",
            "WebPurchases",
            "CatalogPurchases",
            "StorePurchases",
        ];
        let column = match field.name {
            "ID" => Column::new(name, rows.iter().map(|(id, _)| *id).collect::<Vec<_>>()),
            "Year_Birth" => Column::new(name, whole(&|c| c.birth)),
            "Education" => Column::new(
                name,
                rows.iter()
                    .map(|(_, c)| EDUCATION[c.education].0)
                    .collect::<Vec<_>>(),
            ),
            "Marital_Status" => Column::new(
                name,
                rows.iter()
                    .map(|(_, c)| MARITAL_STATUS[c.marital_status].0)
                    .collect::<Vec<_>>(),
            ),
            "Income" => Column::new(name, money(&|c| c.income)),
            "Kidhome" => Column::new(name, whole(&|c| c.kids)),
            "Teenhome" => Column::new(name, whole(&|c| c.teens)),
            "Dt_Customer" => {
                let days: Vec<i32> = rows.iter().map(|(_, c)| epoch_days(c.joined)).collect();
                Column::new(name, days).cast(&DataType::Date)?
            }
            "Recency" => Column::new(name, whole(&|c| c.recency)),
            "NumWebVisitsMonth" => Column::new(name, whole(&|c| c.visits)),
            "Complain" => Column::new(name, whole(&|c| c.complain)),
            "Response" => Column::new(name, whole(&|c| c.response)),
            _ => {
                if let Some(kind) = nth("Mnt", &goods) {
                    Column::new(name, money(&|c| Some(c.spend[kind])))
                } else if let Some(channel) = nth("Num", &channels) {
                    Column::new(name, whole(&|c| c.purchases[channel]))
                } else if let Some(nth) = nth("AcceptedCmp", &["1", "2", "3", "4", "5"]) {
                    Column::new(name, whole(&|c| c.accepted[nth]))
                } else {
                    Column::full_null(name, rows.len(), &DataType::Null)
                }
            }
        };
        columns.push(column);
    }
    Ok(DataFrame::new(rows.len(), columns)?)
}
