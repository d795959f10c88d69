mod bill;
mod member;

use std::path::Path;

use chrono::NaiveDate;
use polars::prelude::*;
use polars_io::SerWriter;
use polars_io::prelude::CsvWriter;
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::draw::{around, pick, some_rows};
use crate::Result;
use crate::stat::random;
use crate::table::calendar;
use crate::table::export::{Existing, Folder};
use bill::{Bill, Seasons};

/// What would the bills of a shop look like, whose customers are known better than any shop knows them? A
/// builder.
///
/// Health products, five centres, online and offline, members who bring members, from 2021-01-01 to
/// 2023-06-30. Customers buy as MBG/NBD says (Batislam, Denizel and Filiztekin 2007): each has a rate, drawn
/// from a gamma distribution, and leaves after a visit, the first one or a later one, with a chance, drawn from
/// a beta distribution ([`Shop::R`], [`Shop::ALPHA`], [`Shop::A`], [`Shop::B`]); seasons stretch and shrink the
/// time. On 2022-10-01 one product in ten becomes dearer. The same settings give the same bytes, on any number
/// of threads.
///
/// ```
/// use segmenta::prelude::*;
///
/// let shop = simulate::Shop::new().customers(300).seed(5).generate()?;
/// assert_eq!(shop.customers.height(), 300);
/// assert_eq!(shop.bills.width(), 8);
/// assert_eq!(shop.products.height(), 240);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shop {
    customers: usize,
    seed: u64,
    seasons: bool,
    defects: bool,
}

/// What a shop wrote down, and the truth about it.
#[derive(Clone, Debug)]
pub struct SimulatedShop {
    /// A row for each bill, in the order of time, as the shop's system gives it away: `payment_date`, `ent` (the
    /// customer), `center`, `product_json`, `total_amount`, `discount`, `paid_amount`, `trans_origin_type`.
    pub bills: DataFrame,
    /// `ent`, `original_status`, `join_month`, `join_year`, `sponsor`.
    pub members: DataFrame,
    /// The truth about each customer: `ent`, `kind`, `rate` (visits a week), `leaves` (the chance to leave after
    /// a visit), `alive` (on the last day), `visits`, `last_alive` (the day of the visit after which they
    /// left; null for who is alive), `sponsor`.
    pub customers: DataFrame,
    /// The price list: `product`, `price`, and `new_price` from 2022-10-01 on; null where it stays.
    pub products: DataFrame,
    /// Which products go together: `product`, `with`, and the `chance` that the first brings the second.
    pub pairs: DataFrame,
    /// `row` of the bills (from 0) and `defect`, one row for each that was spoilt.
    pub defects: DataFrame,
}

/// What sets one kind of customer apart.
pub(super) struct Kind {
    name: &'static str,
    weight: f64,
    /// Mean lines beyond the first, and mean pieces of a line beyond the first.
    lines: f64,
    pieces: f64,
    /// Weights of the quarters of the products by price.
    quarters: [f64; 4],
    online: f64,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "one thing",
        weight: 0.46,
        lines: 0.0,
        pieces: 0.15,
        quarters: [1.0, 1.0, 0.8, 0.5],
        online: 0.25,
    },
    Kind {
        name: "household",
        weight: 0.30,
        lines: 1.4,
        pieces: 0.5,
        quarters: [1.2, 1.0, 0.7, 0.2],
        online: 0.35,
    },
    Kind {
        name: "premium",
        weight: 0.15,
        lines: 0.9,
        pieces: 0.1,
        quarters: [0.2, 0.5, 1.2, 2.5],
        online: 0.6,
    },
    Kind {
        name: "reseller",
        weight: 0.09,
        lines: 2.2,
        pieces: 3.0,
        quarters: [1.0, 1.0, 1.0, 0.8],
        online: 0.1,
    },
];

const PRODUCTS: usize = 240;
/// Which share of the products becomes dearer, and when.
const DEARER: f64 = 0.1;
const RISE: (i32, u32, u32) = (2022, 10, 1);
const PAIRS: usize = 12;
const CHANCE: f64 = 0.45;
const CENTRES: [&str; 5] = ["BKK", "HAN", "JKT", "KUL", "MNL"];
/// How often each defect is made, of a thousand bills.
const DEFECTS: [(&str, f64); 12] = [
    ("no customer", 2.0),
    ("no amount", 3.0),
    ("no list of products", 2.0),
    ("a product without a list around it", 1.0),
    ("a product without a quantity", 1.0),
    ("a quantity between quotes", 1.0),
    ("an empty list", 0.5),
    ("a broken list", 0.5),
    ("a day that is none", 0.5),
    ("no day", 0.5),
    ("an amount with a digit too many", 1.0),
    ("the same bill again", 1.0),
];
/// The day in 2021 from which on the export lacks the rest of the year.
const STOPS: (i32, u32, u32) = (2021, 5, 21);

impl Shop {
    /// The shape of the rates: they are gamma distributed.
    pub const R: f64 = 0.9;
    /// The scale of the rates, in weeks.
    pub const ALPHA: f64 = 9.0;
    /// The first shape of the chance to leave after a visit: it is beta distributed.
    pub const A: f64 = 0.8;
    /// The second.
    pub const B: f64 = 2.6;

    /// 6,000 customers with the defects of real exports, seed 0.
    pub fn new() -> Self {
        Shop {
            customers: 6_000,
            seed: 0,
            seasons: true,
            defects: true,
        }
    }

    /// How many customers, at least one. Each has about four bills.
    pub fn customers(mut self, customers: usize) -> Self {
        self.customers = customers;
        self
    }

    /// Where the random numbers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With months in which the shop is busy and others in which it is not, or the same all year.
    pub fn seasons(mut self, seasons: bool) -> Self {
        self.seasons = seasons;
        self
    }

    /// With what goes wrong in real exports (a year that stops in May, lists that are none, days that are
    /// none, bills that come twice, ...), or without. Returns and buyers who are no members are there in
    /// any case.
    pub fn defects(mut self, defects: bool) -> Self {
        self.defects = defects;
        self
    }

    /// Draws the shop.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) where no customers are asked for.
    pub fn generate(&self) -> Result<SimulatedShop> {
        const PART: usize = 4_096;
        some_rows(self.customers)?;
        let mut rng = random::stream(random::derive(self.seed, 1), 0);
        let prices: Vec<f64> = (0..PRODUCTS)
            .map(|_| (around(&mut rng, (60.0, 0.8)) / 5.0).round().max(1.0) * 5.0)
            .collect();
        let dearer: Vec<Option<f64>> = prices
            .iter()
            .map(|price| {
                let rise = 1.0 + rng.gen_range(0.1..0.25);
                rng.gen_bool(DEARER)
                    .then(|| (price * rise / 5.0).ceil() * 5.0)
            })
            .collect();
        let mut codes: Vec<String> = Vec::new();
        while codes.len() < PRODUCTS {
            let code: String = (0..6)
                .map(|_| char::from(rng.gen_range(b'A'..=b'Z')))
                .collect();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        let mut order: Vec<usize> = (0..PRODUCTS).collect();
        order.shuffle(&mut rng);
        let pairs: Vec<(usize, usize)> = order
            .chunks_exact(2)
            .take(PAIRS)
            .map(|two| (two[0], two[1]))
            .collect();
        let shelf = bill::Shelf::new(&mut rng, &codes, (&prices, &dearer), &pairs);
        let seasons = Seasons::new(self.seasons);

        let parts: Vec<usize> = (0..self.customers).step_by(PART).collect();
        let drawn: Vec<(Vec<bill::Buyer>, Vec<Bill>)> = parts
            .into_par_iter()
            .map(|start| {
                let mut rng = random::stream(random::derive(self.seed, 2), start / PART);
                let (mut buyers, mut bills) = (Vec::new(), Vec::new());
                for customer in start..(start + PART).min(self.customers) {
                    buyers.push(bill::buyer(
                        &mut rng,
                        customer as u32,
                        &shelf,
                        &seasons,
                        &mut bills,
                    ));
                }
                (buyers, bills)
            })
            .collect();
        let (mut buyers, mut bills) = (Vec::new(), Vec::new());
        for (own, of) in drawn {
            buyers.extend(own);
            bills.extend(of);
        }
        bills.par_sort_by_key(|bill| (bill.time, bill.customer));
        let members = member::members(
            &mut random::stream(random::derive(self.seed, 3), 0),
            &buyers,
        )?;
        let mut spoilt = Vec::new();
        if self.defects {
            let stops = days(STOPS.0, STOPS.1, STOPS.2);
            let rest = days(2022, 1, 1);
            bills.retain(|bill| !(stops..rest).contains(&bill.day()));
            spoilt = self.spoil(&mut bills);
        }
        let (rows, defects): (Vec<u64>, Vec<&str>) = spoilt.into_iter().unzip();
        let of = |value: &dyn Fn(&(usize, usize)) -> usize| {
            pairs
                .iter()
                .map(|pair| codes[value(pair)].as_str())
                .collect::<Vec<_>>()
        };
        Ok(SimulatedShop {
            bills: bill::table(&bills)?,
            members: members.table,
            customers: truth(&buyers, &members.sponsors)?,
            products: df!("product" => &codes, "price" => &prices, "new_price" => &dearer)?,
            pairs: df!(
                "product" => of(&|pair| pair.0), "with" => of(&|pair| pair.1), "chance" => [CHANCE; PAIRS],
            )?,
            defects: df!("row" => rows, "defect" => defects)?,
        })
    }

    /// Draws the shop, and writes what the shop wrote down: `2021.csv`, `2022.csv`, `2023.csv` and
    /// `members.csv`, into a folder that is made.
    ///
    /// # Errors
    /// Those of [`generate`](Shop::generate), and [`Error::Write`](crate::Error::Write).
    pub fn save(&self, folder: impl AsRef<Path>, existing: Existing) -> Result<()> {
        let shop = self.generate()?;
        let names = ["2021.csv", "2022.csv", "2023.csv", "members.csv"];
        let out = Folder::new(folder.as_ref(), names, existing)?;
        let years = shop.bills.column("payment_date")?.str()?.clone();
        // A bill without a readable day stands where it was written: behind the one before.
        let mut year = "2021";
        let years: Vec<&str> = years
            .iter()
            .map(|date| {
                if let Some(own) =
                    date.and_then(|date| names.iter().find(|name| date.starts_with(&name[..4])))
                {
                    year = &own[..4];
                }
                year
            })
            .collect();
        for name in &names[..3] {
            let own: BooleanChunked = years
                .iter()
                .map(|year| Some(name.starts_with(year)))
                .collect();
            write(&mut shop.bills.filter(&own)?, &out.path(name))?;
        }
        write(&mut shop.members.clone(), &out.path("members.csv"))?;
        out.finish()
    }

    /// Spoils bills, and tells which and how.
    fn spoil(&self, bills: &mut Vec<Bill>) -> Vec<(u64, &'static str)> {
        let mut rng = random::stream(random::derive(self.seed, 4), 0);
        let mut order: Vec<usize> = (0..bills.len()).collect();
        order.shuffle(&mut rng);
        let mut order = order.into_iter();
        let mut spoilt: Vec<(usize, &str)> = Vec::new();
        let mut again: Vec<(usize, Bill)> = Vec::new();
        for (defect, of_thousand) in DEFECTS {
            let wanted = (bills.len() as f64 * of_thousand / 1000.0).round() as usize;
            // Small shops have one of each, so that every rule can be seen.
            let wanted = if bills.len() >= 200 {
                wanted.max(1)
            } else {
                wanted
            };
            for row in order.by_ref().take(wanted) {
                let bill = &mut bills[row];
                match defect {
                    "no customer" => bill.named = false,
                    "no amount" => bill.amount = None,
                    "no list of products" => bill.products = None,
                    "the same bill again" => again.push((row, bill.clone())),
                    "an amount with a digit too many" => {
                        bill.amount = bill.amount.map(|amount| amount * 10.0)
                    }
                    "a day that is none" => bill.written = bill::Written::NoSuchDay,
                    "no day" => bill.written = bill::Written::Nothing,
                    other => {
                        bill.products = bill.products.take().map(|list| bill::broken(&list, other))
                    }
                }
                spoilt.push((row, defect));
            }
        }
        again.sort_by_key(|(row, _)| *row);
        spoilt.sort();
        // A bill that stands twice moves those behind it.
        let moved = |row: usize| row + again.iter().take_while(|(own, _)| *own < row).count();
        let spoilt = spoilt
            .into_iter()
            .map(|(row, defect)| {
                (
                    moved(row) as u64 + u64::from(defect == "the same bill again"),
                    defect,
                )
            })
            .collect();
        if !again.is_empty() {
            let mut all = Vec::with_capacity(bills.len() + again.len());
            let mut again = again.into_iter().peekable();
            for (row, bill) in std::mem::take(bills).into_iter().enumerate() {
                all.push(bill);
                if let Some((_, copy)) = again.next_if(|(own, _)| *own == row) {
                    all.push(copy);
                }
            }
            *bills = all;
        }
        spoilt
    }
}

impl Default for Shop {
    fn default() -> Self {
        Shop::new()
    }
}

fn write(table: &mut DataFrame, file: &Path) -> Result<()> {
    let out = std::fs::File::create(file).map_err(|source| crate::Error::Write {
        file: file.to_owned(),
        source,
    })?;
    Ok(CsvWriter::new(std::io::BufWriter::new(out)).finish(table)?)
}

/// Days since 1970.
fn days(year: i32, month: u32, day: u32) -> i32 {
    use chrono::Datelike;
    const EPOCH_FROM_CE: i32 = 719_163;
    NaiveDate::from_ymd_opt(year, month, day)
        .map_or(0, |date| date.num_days_from_ce() - EPOCH_FROM_CE)
}

/// Which kind of customer, by their shares.
fn kind(rng: &mut impl Rng) -> usize {
    pick(rng, KINDS.iter().map(|kind| kind.weight))
}

fn truth(buyers: &[bill::Buyer], sponsors: &[Option<String>]) -> Result<DataFrame> {
    let each = || buyers.iter();
    Ok(df!(
        "ent" => each().map(bill::Buyer::name).collect::<Vec<_>>(),
        "kind" => each().map(|own| KINDS[own.kind].name).collect::<Vec<_>>(),
        "rate" => each().map(|own| own.rate).collect::<Vec<_>>(),
        "leaves" => each().map(|own| own.leaves).collect::<Vec<_>>(),
        "alive" => each().map(|own| own.left.is_none()).collect::<Vec<_>>(),
        "visits" => each().map(|own| own.visits).collect::<Vec<_>>(),
        "last_alive" => calendar::days(each().map(|own| own.left).collect::<Vec<_>>())?,
        "sponsor" => sponsors,
    )?)
}
