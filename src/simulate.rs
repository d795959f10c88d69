//! What would a table with known segments look like?
//!
//! A made-up customer table serves where the real one may not be passed on,
//! where more rows are wanted than there are, and where one must know the
//! truth to judge a method: every customer comes from a segment that is told.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use polars::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Normal, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::campaign::DateFormat;
use crate::campaign::schema::{EDUCATION, FIELDS, Kind, MARITAL_STATUS};
use crate::{Error, Result};

/// What sets one made-up segment apart. Money in thousands of rupiah.
struct Segment {
    name: &'static str,
    /// Share of all customers.
    weight: f64,
    /// Mean and standard deviation of the yearly income.
    income: (f64, f64),
    /// Median of two years' spending, standard deviation of its logarithm.
    spend: (f64, f64),
    /// Share of each kind of goods in the spending.
    goods: [f64; 6],
    /// Mean purchases: deals, web, catalogue, store.
    purchases: [f64; 4],
    /// Chance of each of eight visits in the last month, above the first.
    visits: f64,
    birth: (f64, f64),
    /// Chance of none, one, two.
    kids: [f64; 3],
    teens: [f64; 3],
    /// Chance to accept campaigns 1 to 5, and the last one.
    accepted: [f64; 5],
    response: f64,
}

const SEGMENTS: [Segment; 4] = [
    Segment {
        name: "careful young families",
        weight: 0.41,
        income: (34_500.0, 9_000.0),
        spend: (60.0, 0.80),
        goods: [0.38, 0.06, 0.24, 0.08, 0.06, 0.18],
        purchases: [2.0, 2.1, 0.5, 3.1],
        visits: 0.78,
        birth: (1973.0, 11.0),
        kids: [0.25, 0.71, 0.04],
        teens: [0.57, 0.41, 0.02],
        accepted: [0.003, 0.002, 0.06, 0.015, 0.001],
        response: 0.10,
    },
    Segment {
        name: "bargain hunters with teenagers",
        weight: 0.27,
        income: (54_000.0, 9_000.0),
        spend: (470.0, 0.45),
        goods: [0.58, 0.03, 0.20, 0.04, 0.03, 0.12],
        purchases: [3.8, 6.0, 2.6, 7.0],
        visits: 0.65,
        birth: (1967.0, 10.0),
        kids: [0.68, 0.31, 0.01],
        teens: [0.18, 0.77, 0.05],
        accepted: [0.03, 0.01, 0.06, 0.11, 0.01],
        response: 0.11,
    },
    Segment {
        name: "settled spenders",
        weight: 0.25,
        income: (70_000.0, 9_000.0),
        spend: (1_140.0, 0.32),
        goods: [0.46, 0.06, 0.30, 0.08, 0.06, 0.04],
        purchases: [1.5, 5.2, 5.2, 8.4],
        visits: 0.22,
        birth: (1968.0, 13.0),
        kids: [0.94, 0.06, 0.0],
        teens: [0.66, 0.33, 0.01],
        accepted: [0.10, 0.01, 0.07, 0.08, 0.08],
        response: 0.15,
    },
    Segment {
        name: "campaign lovers",
        weight: 0.07,
        income: (81_000.0, 7_000.0),
        spend: (1_640.0, 0.20),
        goods: [0.54, 0.03, 0.33, 0.04, 0.03, 0.03],
        purchases: [0.9, 5.4, 6.2, 7.8],
        visits: 0.15,
        birth: (1969.0, 14.0),
        kids: [0.98, 0.02, 0.0],
        teens: [0.93, 0.07, 0.0],
        accepted: [0.48, 0.12, 0.15, 0.35, 0.66],
        response: 0.55,
    },
];

/// Shares as published for the real table, in the order of the schema.
const EDUCATION_SHARES: [f64; 5] = [0.0241, 0.0906, 0.5031, 0.1652, 0.2170];
const MARITAL_SHARES: [f64; 6] = [0.3857, 0.2589, 0.2161, 0.1036, 0.0344, 0.0013];

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

/// A made-up table and the truth about it.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// A customer table with the schema of [`campaign`](crate::campaign).
    pub customers: DataFrame,
    /// `ID` and the `segment` that the customer was drawn from, in the same order.
    pub truth: DataFrame,
    /// `ID` and `defect`, one row for each value that was spoilt.
    pub defects: DataFrame,
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
    /// [`Error::Parameter`] where no rows are asked for.
    pub fn generate(&self) -> Result<Simulated> {
        if self.rows == 0 {
            return Err(Error::Parameter {
                name: "rows",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
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
        // The repeated rows must not all stand at the end.
        let mut place: Vec<usize> = (0..self.rows).collect();
        place.shuffle(&mut rng);
        let truth = df!(
            "ID" => place.iter().map(|row| ids[*row]).collect::<Vec<_>>(),
            "segment" => place.iter().map(|row| SEGMENTS[customers[*row].segment].name).collect::<Vec<_>>(),
        )?;
        let defects = df!(
            "ID" => spoilt.iter().map(|(row, _)| ids[*row]).collect::<Vec<_>>(),
            "defect" => spoilt.iter().map(|(_, defect)| *defect).collect::<Vec<_>>(),
        )?;
        let customers = table(
            &place
                .iter()
                .map(|row| (ids[*row], &customers[*row]))
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

fn pick(rng: &mut impl Rng, weights: impl Iterator<Item = f64> + Clone) -> usize {
    let total: f64 = weights.clone().sum();
    let mut left = rng.gen_range(0.0..total);
    let mut last = 0;
    for (index, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        last = index;
        if left < weight {
            break;
        }
        left -= weight;
    }
    last
}

fn normal(rng: &mut impl Rng, (mean, sd): (f64, f64)) -> f64 {
    Normal::new(mean, sd).map_or(mean, |normal| normal.sample(rng))
}

fn poisson(rng: &mut impl Rng, mean: f64) -> i64 {
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as i64)
}

/// The first day on which one of the customers joined.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2012, 7, 30).unwrap_or_default()
}

fn epoch_days(joined: i32) -> i32 {
    first_day().num_days_from_ce() - NaiveDate::default().num_days_from_ce() + joined
}

fn table(rows: &[(i64, &Customer)]) -> Result<DataFrame> {
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

/// In which of its public shapes is a customer table written?
///
/// The fields are public: start from [`Shape::rakamin`] or [`Shape::kaggle`]
/// and change what differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Between the values: `,`, `;`, TAB or `|`.
    pub separator: u8,
    /// Every value in double quotes.
    pub quotes: bool,
    /// A byte order mark at the start.
    pub bom: bool,
    /// Lines end in CR LF.
    pub crlf: bool,
    /// A first column with an empty name that counts the rows.
    pub index: bool,
    /// The constant columns Z_CostContact and Z_Revenue.
    pub z_columns: bool,
    /// MntWines instead of MntCoke.
    pub wines: bool,
    /// Indonesian words for education and marital status.
    pub indonesian: bool,
    /// Money in full, or in thousands of rupiah.
    pub full_money: bool,
    /// How dates are written.
    pub dates: DateFormat,
    /// Between the numbers of a date.
    pub date_separator: char,
    /// Two digits for days and months below ten.
    pub padded: bool,
}

impl Shape {
    /// The shape of the Rakamin copy, which the five analyses used.
    pub fn rakamin() -> Self {
        Shape {
            separator: b',',
            quotes: false,
            bom: false,
            crlf: false,
            index: true,
            z_columns: true,
            wines: false,
            indonesian: true,
            full_money: true,
            dates: DateFormat::DayFirst,
            date_separator: '-',
            padded: true,
        }
    }

    /// The shape of the Kaggle original.
    pub fn kaggle() -> Self {
        Shape {
            separator: b'\t',
            index: false,
            wines: true,
            indonesian: false,
            full_money: false,
            ..Shape::rakamin()
        }
    }

    /// Writes a customer table as a text file in this shape.
    ///
    /// # Errors
    /// [`Error::Write`] where the file cannot be written, [`Error::NoColumn`]
    /// where the table lacks a column of the schema.
    pub fn write(&self, customers: &DataFrame, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let failed = |source: std::io::Error| Error::Write {
            file: file.to_owned(),
            source,
        };
        let columns = self.texts(customers)?;
        let mut out = BufWriter::new(File::create(file).map_err(failed)?);
        if self.bom {
            out.write_all(&[0xEF, 0xBB, 0xBF]).map_err(failed)?;
        }
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .quote_style(if self.quotes {
                csv::QuoteStyle::Always
            } else {
                csv::QuoteStyle::Necessary
            })
            .terminator(if self.crlf {
                csv::Terminator::CRLF
            } else {
                csv::Terminator::Any(b'\n')
            })
            .from_writer(out);
        let csv_failed = |error: csv::Error| failed(std::io::Error::other(error));
        writer
            .write_record(columns.iter().map(|(name, _)| name))
            .map_err(csv_failed)?;
        for row in 0..customers.height() {
            writer
                .write_record(columns.iter().map(|(_, texts)| &texts[row]))
                .map_err(csv_failed)?;
        }
        writer.flush().map_err(failed)
    }

    fn texts(&self, customers: &DataFrame) -> Result<Vec<(String, Vec<String>)>> {
        let rows = customers.height();
        let mut columns: Vec<(String, Vec<String>)> = Vec::new();
        if self.index {
            columns.push((
                String::new(),
                (0..rows).map(|row| row.to_string()).collect(),
            ));
        }
        for field in FIELDS {
            let column = customers.column(field.name).map_err(|_| Error::NoColumn {
                column: field.name.into(),
                available: customers
                    .get_column_names()
                    .iter()
                    .map(|n| n.to_string())
                    .collect(),
            })?;
            let mut texts = Vec::with_capacity(rows);
            for row in 0..rows {
                texts.push(self.text(&field.kind, column.get(row)?));
            }
            let name = if self.wines && field.name == "MntCoke" {
                "MntWines"
            } else {
                field.name
            };
            columns.push((name.to_owned(), texts));
        }
        if self.z_columns {
            columns.push(("Z_CostContact".into(), vec!["3".into(); rows]));
            columns.push(("Z_Revenue".into(), vec!["11".into(); rows]));
        }
        // Both copies end in the last campaign's response.
        if let Some(response) = columns.iter().position(|(name, _)| name == "Response") {
            let response = columns.remove(response);
            columns.push(response);
        }
        Ok(columns)
    }

    fn text(&self, kind: &Kind, value: AnyValue<'_>) -> String {
        match (kind, value) {
            (_, AnyValue::Null) => String::new(),
            (Kind::Category(words), AnyValue::String(word)) => {
                let alias = words
                    .iter()
                    .find(|(ours, _)| *ours == word && self.indonesian);
                alias
                    .and_then(|(_, aliases)| aliases.first())
                    .unwrap_or(&word)
                    .to_string()
            }
            (Kind::Money, AnyValue::Float64(amount)) => (if self.full_money {
                amount
            } else {
                amount / 1000.0
            })
            .to_string(),
            (Kind::Date, AnyValue::Date(days)) => self.date(days),
            (_, other) => other.to_string(),
        }
    }

    fn date(&self, days: i32) -> String {
        let date = NaiveDate::default()
            .checked_add_signed(chrono::TimeDelta::days(days.into()))
            .unwrap_or_default();
        let two = |n: u32| {
            if self.padded {
                format!("{n:02}")
            } else {
                n.to_string()
            }
        };
        let (year, month, day) = (date.year().to_string(), two(date.month()), two(date.day()));
        let parts = match self.dates {
            DateFormat::DayFirst => [day, month, year],
            DateFormat::MonthFirst => [month, day, year],
            DateFormat::YearFirst => [year, month, day],
            DateFormat::ExcelSerial => return (days + 25_569).to_string(),
        };
        parts.join(&self.date_separator.to_string())
    }
}
