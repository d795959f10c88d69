//! One customer's visits, and what is bought on them.

use std::fmt::Write as _;

use polars::prelude::*;
use rand::Rng;
use rand_distr::{Beta, Distribution, Exp1, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{CENTRES, CHANCE, KINDS, PRODUCTS, Shop, days};
use crate::Result;
use crate::data::simulate::draw::poisson;

const DAY: i64 = 86_400_000;
/// How busy each month is; the mean of a year is 1.
const SEASONS: [f64; 12] = [
    0.85, 0.9, 1.0, 0.95, 1.0, 1.05, 0.95, 0.9, 1.0, 1.05, 1.15, 1.2,
];
/// One of so many visits is followed by a return.
const RETURNS: f64 = 0.01;

/// A customer, as nobody but the simulation knows them.
pub(super) struct Buyer {
    pub customer: u32,
    pub kind: usize,
    pub rate: f64,
    pub leaves: f64,
    /// The day of the first visit, and of the visit after which they left.
    pub first: i32,
    pub left: Option<i32>,
    pub visits: u64,
}

impl Buyer {
    pub fn name(&self) -> String {
        name(self.customer)
    }
}

/// The number of a member, as the shop writes it.
pub(super) fn name(customer: u32) -> String {
    format!("TH{:07}", 1_000_003 + u64::from(customer) * 7)
}

#[derive(Clone, Debug)]
pub(super) struct Bill {
    /// In milliseconds since 1970.
    pub time: i64,
    pub written: Written,
    pub customer: u32,
    /// Whether the file says who it was.
    pub named: bool,
    pub centre: u8,
    pub online: bool,
    pub products: Option<String>,
    pub amount: Option<f64>,
    pub discount: Option<f64>,
}

/// How the moment stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written {
    Well,
    NoSuchDay,
    Nothing,
}

impl Bill {
    pub fn day(&self) -> i32 {
        self.time.div_euclid(DAY) as i32
    }
}

/// Time as the customers feel it: it goes faster where the shop is busy.
pub(super) struct Seasons {
    first: i32,
    /// How much has passed at the beginning of each day, and at the end of the last.
    passed: Vec<f64>,
}

impl Seasons {
    /// By the months, or the same on all days.
    pub fn new(differ: bool) -> Self {
        use chrono::{Datelike, NaiveDate};
        let (first, end) = (days(2021, 1, 1), days(2023, 7, 1));
        let mut passed = vec![0.0];
        for day in first..end {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1)
                .and_then(|epoch| epoch.checked_add_signed(chrono::Duration::days(i64::from(day))));
            let month = date.map_or(0, |date| date.month0() as usize);
            let busy = if differ { SEASONS[month] } else { 1.0 };
            passed.push(passed[passed.len() - 1] + busy);
        }
        Seasons { first, passed }
    }

    fn end(&self) -> f64 {
        self.passed[self.passed.len() - 1]
    }

    /// The moment at which so much has passed.
    fn moment(&self, passed: f64) -> (i32, f64) {
        let day = self
            .passed
            .partition_point(|own| *own <= passed)
            .saturating_sub(1);
        let day = day.min(self.passed.len() - 2);
        let share = (passed - self.passed[day]) / (self.passed[day + 1] - self.passed[day]);
        (self.first + day as i32, share)
    }
}

/// What there is to buy.
pub(super) struct Shelf {
    codes: Vec<String>,
    prices: Vec<f64>,
    /// The price from a later day on, where it is another.
    dearer: Vec<Option<f64>>,
    rise: i32,
    /// What each product brings along.
    with: Vec<Option<usize>>,
    /// For each kind of customer the sums of the weights of the products.
    sums: Vec<Vec<f64>>,
}

impl Shelf {
    pub fn new(
        rng: &mut Xoshiro256PlusPlus,
        codes: &[String],
        (prices, dearer): (&[f64], &[Option<f64>]),
        pairs: &[(usize, usize)],
    ) -> Self {
        let mut by_price: Vec<usize> = (0..PRODUCTS).collect();
        by_price.sort_by(|a, b| prices[*a].total_cmp(&prices[*b]));
        let mut quarter = vec![0; PRODUCTS];
        for (place, product) in by_price.into_iter().enumerate() {
            quarter[product] = place * 4 / PRODUCTS;
        }
        // A few sell much, and most sell little.
        let mut liked: Vec<f64> = (0..PRODUCTS)
            .map(|place| 1.0 / (place as f64 + 8.0))
            .collect();
        for place in (1..PRODUCTS).rev() {
            liked.swap(place, rng.gen_range(0..=place));
        }
        let sums = KINDS.iter().map(|kind| {
            let mut sum = 0.0;
            let add = |product: usize| {
                sum += liked[product] * kind.quarters[quarter[product]];
                sum
            };
            (0..PRODUCTS).map(add).collect()
        });
        let mut with = vec![None; PRODUCTS];
        for (product, other) in pairs {
            with[*product] = Some(*other);
        }
        Shelf {
            sums: sums.collect(),
            codes: codes.to_vec(),
            prices: prices.to_vec(),
            dearer: dearer.to_vec(),
            rise: days(super::RISE.0, super::RISE.1, super::RISE.2),
            with,
        }
    }

    fn price(&self, product: usize, day: i32) -> f64 {
        let dearer = self.dearer[product].filter(|_| day >= self.rise);
        dearer.unwrap_or(self.prices[product])
    }

    fn pick(&self, rng: &mut impl Rng, kind: usize) -> usize {
        let sums = &self.sums[kind];
        let at = rng.gen_range(0.0..sums[PRODUCTS - 1]);
        sums.partition_point(|sum| *sum <= at).min(PRODUCTS - 1)
    }
}

/// Draws a customer and their bills.
pub(super) fn buyer(
    rng: &mut Xoshiro256PlusPlus,
    customer: u32,
    shelf: &Shelf,
    seasons: &Seasons,
    bills: &mut Vec<Bill>,
) -> Buyer {
    let kind = super::kind(rng);
    let rate = Gamma::new(Shop::R, 1.0 / Shop::ALPHA).map_or(0.1, |gamma| gamma.sample(rng));
    let leaves = Beta::new(Shop::A, Shop::B).map_or(0.2, |beta| beta.sample(rng));
    let mut passed = rng.gen_range(0.0..seasons.end());
    let home = rng.gen_range(0..CENTRES.len());
    let (first, _) = seasons.moment(passed);
    let mut own = Buyer {
        customer,
        kind,
        rate,
        leaves,
        first,
        left: None,
        visits: 0,
    };
    loop {
        let (day, share) = seasons.moment(passed);
        let bill = visit(rng, &own, home, day, share, shelf);
        own.visits += 1;
        if rng.gen_bool(RETURNS) {
            bills.extend(returned(rng, &bill, seasons));
        }
        bills.push(bill);
        if rng.gen_bool(leaves.clamp(0.0, 1.0)) {
            own.left = Some(day);
            return own;
        }
        let wait: f64 = Exp1.sample(rng);
        passed += wait / rate * 7.0;
        // A rate near 0 waits for ever.
        if passed.is_nan() || passed >= seasons.end() {
            return own;
        }
    }
}

fn visit(
    rng: &mut Xoshiro256PlusPlus,
    own: &Buyer,
    home: usize,
    day: i32,
    share: f64,
    shelf: &Shelf,
) -> Bill {
    let kind = &KINDS[own.kind];
    let mut lines: Vec<(usize, i64)> = Vec::new();
    for _ in 0..=if kind.lines > 0.0 {
        poisson(rng, kind.lines)
    } else {
        0
    } {
        let product = shelf.pick(rng, own.kind);
        let others = match shelf.with[product] {
            Some(other) if kind.lines > 0.0 && rng.gen_bool(CHANCE) => [Some(product), Some(other)],
            _ => [Some(product), None],
        };
        for product in others.into_iter().flatten() {
            if lines.iter().all(|(own, _)| *own != product) {
                lines.push((product, 1 + poisson(rng, kind.pieces)));
            }
        }
    }
    let amount: f64 = lines
        .iter()
        .map(|(product, pieces)| shelf.price(*product, day) * *pieces as f64)
        .sum();
    let discount = match rng.gen_range(0..100) {
        0..=6 => (amount * 0.05).round(),
        7..=11 => (amount * 0.10).round(),
        12..=14 => (amount * 0.20).round(),
        _ => 0.0,
    };
    let centre = if rng.gen_bool(0.85) {
        home
    } else {
        rng.gen_range(0..CENTRES.len())
    };
    // From nine in the morning to nine in the evening.
    let clock = 9 * 3_600_000 + (share * 12.0 * 3_600_000.0) as i64;
    Bill {
        time: i64::from(day) * DAY + clock,
        written: Written::Well,
        customer: own.customer,
        named: true,
        centre: centre as u8,
        online: rng.gen_bool(kind.online),
        products: Some(list(
            lines
                .iter()
                .map(|(product, pieces)| (shelf.codes[*product].as_str(), *pieces)),
        )),
        amount: Some(amount),
        discount: Some(discount),
    }
}

/// The first thing of a bill comes back within two weeks, at what was paid for the whole bill if it was alone.
fn returned(rng: &mut Xoshiro256PlusPlus, bill: &Bill, seasons: &Seasons) -> Option<Bill> {
    let later = bill.time + rng.gen_range(1..=14) * DAY;
    let last = seasons.first as i64 + seasons.passed.len() as i64 - 1;
    let text = bill.products.as_ref()?;
    // Lists of one alone: the price of the thing is that of the bill.
    if later >= last * DAY || text.contains("},{") {
        return None;
    }
    Some(Bill {
        time: later,
        products: Some(text.replace("\"qty\":", "\"qty\":-")),
        amount: bill.amount.map(|amount| -amount),
        discount: bill
            .discount
            .map(|discount| if discount > 0.0 { -discount } else { 0.0 }),
        ..bill.clone()
    })
}

fn list<'a>(lines: impl Iterator<Item = (&'a str, i64)>) -> String {
    let mut text = String::from("[");
    for (place, (product, pieces)) in lines.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}{{\"product\":\"{product}\",\"qty\":{pieces}}}"
        );
    }
    text.push(']');
    text
}

/// The list of a bill with a defect.
pub(super) fn broken(list: &str, defect: &str) -> String {
    let first = list.split("},{").next().unwrap_or(list);
    match defect {
        "a product without a list around it" => {
            let first = first
                .trim_start_matches('[')
                .trim_end_matches(']')
                .trim_end_matches('}');
            format!("{first}}}")
        }
        "a product without a quantity" => {
            let product = first.split(",\"qty\"").next().unwrap_or(first);
            let rest = list
                .split_once("},{")
                .map_or("]".to_owned(), |(_, rest)| format!(",{{{rest}"));
            format!("{product}}}{rest}")
        }
        "a quantity between quotes" => {
            let (before, after) = list.split_once("\"qty\":").unwrap_or((list, ""));
            let end = after.find('}').unwrap_or(after.len());
            format!("{before}\"qty\":\"{}\"{}", &after[..end], &after[end..])
        }
        "an empty list" => "[]".to_owned(),
        // The export cut the text.
        _ => list[..list.len() - 5].to_owned(),
    }
}

/// The bills as the shop's system writes them.
pub(super) fn table(bills: &[Bill]) -> Result<DataFrame> {
    let (mut dates, mut customers) = (
        StringChunkedBuilder::new("payment_date".into(), bills.len()),
        StringChunkedBuilder::new("ent".into(), bills.len()),
    );
    let mut products = StringChunkedBuilder::new("product_json".into(), bills.len());
    let mut text = String::new();
    for bill in bills {
        text.clear();
        match bill.written {
            Written::Well => {
                moment(&mut text, bill.time);
                dates.append_value(&text);
            }
            Written::NoSuchDay => {
                moment(&mut text, bill.time);
                text.replace_range(5..10, "02-30");
                dates.append_value(&text);
            }
            Written::Nothing => dates.append_null(),
        }
        customers.append_option(bill.named.then(|| name(bill.customer)));
        products.append_option(bill.products.as_deref());
    }
    let paid = |bill: &Bill| Some(bill.amount? - bill.discount?);
    Ok(df!(
        "payment_date" => dates.finish().into_series(),
        "ent" => customers.finish().into_series(),
        "center" => bills.iter().map(|bill| CENTRES[usize::from(bill.centre)]).collect::<Vec<_>>(),
        "product_json" => products.finish().into_series(),
        "total_amount" => bills.iter().map(|bill| bill.amount).collect::<Vec<_>>(),
        "discount" => bills.iter().map(|bill| bill.discount).collect::<Vec<_>>(),
        "paid_amount" => bills.iter().map(paid).collect::<Vec<_>>(),
        "trans_origin_type" => bills.iter().map(|bill| if bill.online { "online" } else { "offline" }).collect::<Vec<_>>(),
    )?)
}

/// `2022-03-04 10:05:07.123`
fn moment(text: &mut String, time: i64) {
    use chrono::{Datelike, Timelike};
    let Some(moment) = chrono::DateTime::from_timestamp_millis(time) else {
        return;
    };
    let _ = write!(
        text,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        time.rem_euclid(1000)
    );
}
