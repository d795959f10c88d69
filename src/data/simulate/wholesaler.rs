use std::fmt::Write as _;
use std::path::Path;

use encoding_rs::WINDOWS_1252;
use polars::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Simulated;
use super::draw::{around, pick, poisson, some_rows};
use crate::Result;
use crate::table::export::{self, Existing};

/// What would the customers of a wholesaler look like? A builder.
///
/// `Customer no`, `City`, `Trade`, `Orders`, `Days since order`, a year's purchases of five kinds of goods,
/// and `Turnover`, their sum. The same settings give the same table.
///
/// ```
/// use segmenta::prelude::*;
///
/// let wholesaler = simulate::Wholesaler::new().seed(8).generate()?;
/// assert_eq!(wholesaler.customers.shape(), (900, 11));
/// assert_eq!(wholesaler.truth.column("segment")?.n_unique()?, 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Wholesaler {
    rows: usize,
    seed: u64,
}

/// What sets one kind of customer apart.
struct Kind {
    name: &'static str,
    weight: f64,
    /// Medians of a year's purchases of each of [`GOODS`].
    goods: [f64; 5],
    /// Mean orders in a year.
    orders: f64,
    /// Median of the days since the last order.
    recency: f64,
    /// Chances of each of [`TRADES`].
    trades: [f64; 4],
}

const GOODS: [&str; 5] = ["Fresh", "Dairy", "Grocery", "Frozen", "Cleaning"];
const TRADES: [&str; 4] = ["Restaurant", "Café", "Shop", "Canteen"];
const CITIES: [&str; 5] = ["Zürich", "Genève", "Basel", "Bern", "Lugano"];

const KINDS: [Kind; 4] = [
    Kind {
        name: "kitchens",
        weight: 0.38,
        goods: [14_000.0, 2_600.0, 3_400.0, 4_200.0, 500.0],
        orders: 60.0,
        recency: 6.0,
        trades: [0.70, 0.22, 0.03, 0.05],
    },
    Kind {
        name: "corner shops",
        weight: 0.30,
        goods: [4_500.0, 9_500.0, 15_000.0, 1_100.0, 6_500.0],
        orders: 42.0,
        recency: 9.0,
        trades: [0.02, 0.08, 0.88, 0.02],
    },
    Kind {
        name: "large canteens",
        weight: 0.14,
        goods: [42_000.0, 12_000.0, 11_000.0, 13_000.0, 3_500.0],
        orders: 120.0,
        recency: 2.5,
        trades: [0.15, 0.02, 0.03, 0.80],
    },
    Kind {
        name: "fading",
        weight: 0.18,
        goods: [1_500.0, 700.0, 1_100.0, 500.0, 200.0],
        orders: 7.0,
        recency: 110.0,
        trades: [0.45, 0.30, 0.20, 0.05],
    },
];

impl Wholesaler {
    /// 900 customers, seed 0.
    pub fn new() -> Self {
        Wholesaler { rows: 900, seed: 0 }
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
        let (mut names, mut kinds) = (Vec::new(), Vec::new());
        let (mut cities, mut trades) = (Vec::new(), Vec::new());
        let (mut orders, mut days) = (Vec::new(), Vec::new());
        let mut goods: [Vec<f64>; 5] = Default::default();
        let mut turnover = Vec::new();
        for row in 0..self.rows {
            let kind = &KINDS[pick(&mut rng, KINDS.iter().map(|kind| kind.weight))];
            let size = around(&mut rng, (1.0, 0.30));
            let mut sum = 0.0;
            for (column, median) in goods.iter_mut().zip(kind.goods) {
                let amount = (size * around(&mut rng, (median, 0.35)) * 100.0).round() / 100.0;
                sum += amount;
                column.push(amount);
            }
            names.push(format!("K-{:05}", 10_000 + 3 * row));
            kinds.push(kind.name);
            cities.push(CITIES[rng.gen_range(0..CITIES.len())]);
            trades.push(TRADES[pick(&mut rng, kind.trades.into_iter())]);
            orders.push(poisson(&mut rng, kind.orders * size).max(1));
            days.push(around(&mut rng, (kind.recency, 0.5)).round() as i64);
            turnover.push((sum * 100.0).round() / 100.0);
        }
        let truth = df!("Customer no" => &names, "segment" => kinds)?;
        let mut customers = df!(
            "Customer no" => names,
            "City" => cities,
            "Trade" => trades,
            "Orders" => orders,
            "Days since order" => days,
        )?;
        for (name, amounts) in GOODS.into_iter().zip(goods) {
            customers.with_column(Column::new(name.into(), amounts))?;
        }
        customers.with_column(Column::new("Turnover".into(), turnover))?;
        Ok(Simulated {
            customers,
            truth,
            defects: df!("Customer no" => Vec::<String>::new(), "defect" => Vec::<String>::new())?,
        })
    }

    /// Draws the table, and writes it as a spreadsheet program in Zürich would: `sep=;` in the first line,
    /// decimal commas and marks for thousands, Windows-1252, and a row of totals at the end.
    ///
    /// # Errors
    /// Those of [`generate`](Wholesaler::generate), and [`Error::Write`](crate::Error::Write).
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        let customers = self.generate()?.customers;
        let names = customers.get_column_names();
        let names: Vec<&str> = names.into_iter().map(|name| name.as_str()).collect();
        let mut text = format!("sep=;\r\n{}\r\n", names.join(";"));
        let mut totals = vec![String::new(); customers.width()];
        let mut columns: Vec<Vec<String>> = Vec::new();
        for (place, column) in customers.columns().iter().enumerate() {
            columns.push(match column.dtype() {
                DataType::Float64 => {
                    let amounts = column.f64()?;
                    totals[place] = amount(amounts.sum().unwrap_or(0.0));
                    amounts.iter().flatten().map(amount).collect()
                }
                _ => {
                    let words = column.cast(&DataType::String)?;
                    words.str()?.iter().flatten().map(str::to_owned).collect()
                }
            });
        }
        for row in 0..customers.height() {
            let values: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            let _ = write!(text, "{}\r\n", values.join(";"));
        }
        totals[0] = "Total".to_owned();
        let _ = write!(text, "{}\r\n", totals.join(";"));
        let (bytes, ..) = WINDOWS_1252.encode(&text);
        export::bytes(&bytes, file.as_ref(), existing)
    }
}

impl Default for Wholesaler {
    fn default() -> Self {
        Wholesaler::new()
    }
}

/// 1234.5 as `1.234,50`.
fn amount(amount: f64) -> String {
    let cents = (amount * 100.0).round() as i64;
    let (whole, rest) = (cents / 100, cents % 100);
    let digits = whole.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    format!("{text},{rest:02}")
}
