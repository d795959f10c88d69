use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::*;

use crate::data::orders;
use crate::data::read::dates::said_day;
use crate::table::{calendar, column};
use crate::{Error, Result};

/// What has not been sold for so many days is not sold any more, where nothing else is said.
const SOLD_WITHIN: u32 = 60;

/// Who bought what, and when? From the bills and lines of [`orders::load`](crate::data::orders::load).
///
/// What came back, lines without a product, and bills without a customer or a day do not count; a product that is twice
/// on a bill is on it once. [`quality`](Purchases::quality) counts them.
///
/// ```
/// use segmenta::prelude::*;
///
/// let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Ann"], "time" => ["2022-03-01", "2022-03-05", "2022-04-01"])?;
/// let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// let lines = df!("bill" => [0u32, 0, 1, 2], "product" => ["tea", "jam", "tea", "tea"])?;
/// let purchases = Purchases::of(&bills, &lines)?;
/// // Before April: three purchases of two products.
/// let past = purchases.before("2022-04-01")?;
/// assert_eq!(table::number(&past.glance()?, "bought_in_all", 0)?, 3.0);
/// assert_eq!(table::number(&past.glance()?, "products", 0)?, 2.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Purchases {
    pub(super) customers: Arc<[String]>,
    /// In the order of the alphabet.
    pub(super) products: Arc<[String]>,
    /// In the order of the days, then of the bills.
    pub(super) events: Vec<Event>,
    faults: Vec<(&'static str, u64)>,
}

/// A product on a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub day: i32,
    pub bill: u32,
    pub customer: u32,
    pub product: u32,
}

impl Purchases {
    /// The purchases on the lines of these bills.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where a table is none of the kind; [`Error::TooFew`] where nobody
    /// bought anything.
    pub fn of(bills: &DataFrame, lines: &DataFrame) -> Result<Self> {
        let places = orders::places(bills)?;
        let days = calendar::day_numbers(bills, "time")?;
        let buyers = column::names(bills, "customer")?;
        let buyers: Vec<Option<&str>> = buyers.iter().collect();
        let of = column::find(lines, "bill")?.cast(&DataType::UInt32)?;
        let names = column::names(lines, "product")?;
        let quantities = match lines.column("quantity") {
            Ok(_) => Some(column::numbers(lines, "quantity")?),
            Err(_) => None,
        };
        let (mut back, mut nobody, mut nothing, mut twice) = (0, 0, 0, 0);
        let mut customers = Numbered::default();
        let mut products = Numbered::default();
        let mut events = Vec::with_capacity(names.len());
        for (line, (bill, product)) in of.u32()?.iter().zip(names.iter()).enumerate() {
            let Some(row) = bill.and_then(|bill| places.get(bill)) else {
                continue;
            };
            let quantity = quantities.as_ref().and_then(|own| own[line]);
            if quantity.is_some_and(|quantity| quantity <= 0.0) {
                back += 1;
                continue;
            }
            let product = product.map(str::trim).filter(|name| !name.is_empty());
            let Some(product) = product else {
                nothing += 1;
                continue;
            };
            let (Some(day), Some(customer)) = (days[row as usize], buyers[row as usize]) else {
                nobody += 1;
                continue;
            };
            events.push(Event {
                day,
                bill: bill.unwrap_or(row),
                customer: customers.number(customer),
                product: products.number(product),
            });
        }
        if events.is_empty() {
            return Err(Error::TooFew {
                what: "products that a customer bought".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let (products, number) = products.sorted();
        for event in &mut events {
            event.product = number[event.product as usize];
        }
        events.sort_unstable();
        // Customers in the order of their first bills: those of a past are the first of all.
        const NEW: u32 = u32::MAX;
        let mut order = vec![NEW; customers.names.len()];
        let mut names = Vec::with_capacity(order.len());
        for event in &mut events {
            let own = &mut order[event.customer as usize];
            if *own == NEW {
                *own = names.len() as u32;
                names.push(customers.names[event.customer as usize].to_owned());
            }
            event.customer = *own;
        }
        let before = events.len();
        events.dedup();
        twice += (before - events.len()) as u64;
        Ok(Purchases {
            customers: names.into(),
            products,
            events,
            faults: vec![
                ("lines of what came back", back),
                ("lines without a product", nothing),
                ("lines of bills without a customer or a day", nobody),
                ("lines of a product that is on the bill already", twice),
            ],
        })
    }

    /// What did not count? A row for each kind: `found`, `rows`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn quality(&self) -> Result<DataFrame> {
        Ok(df!(
            "found" => self.faults.iter().map(|fault| fault.0).collect::<Vec<_>>(),
            "rows" => self.faults.iter().map(|fault| fault.1).collect::<Vec<_>>(),
        )?)
    }

    /// What was known on the morning of a day (`2022-10-01`): the purchases before it. A product is sold that day if it
    /// was sold in the 60 days before; [`Past::sold_within`] and [`Past::on_sale`] say it otherwise.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the day is none; [`Error::TooFew`] where nothing was bought before it.
    pub fn before(&self, day: &str) -> Result<Past> {
        Past::new(self, said_day("before", day)?)
    }

    pub(super) fn at(&self, day: i32) -> usize {
        self.events.partition_point(|event| event.day < day)
    }
}

/// Names with numbers in the order in which they come.
#[derive(Default)]
struct Numbered<'a> {
    numbers: HashMap<&'a str, u32, foldhash::fast::RandomState>,
    names: Vec<&'a str>,
}

impl<'a> Numbered<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        })
    }

    /// The names in the order of the alphabet, and where each has gone.
    fn sorted(&self) -> (Arc<[String]>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_unstable_by_key(|own| self.names[*own as usize]);
        let mut number = vec![0; order.len()];
        for (place, own) in order.iter().enumerate() {
            number[*own as usize] = place as u32;
        }
        let names = order.iter().map(|own| self.names[*own as usize].to_owned());
        (names.collect(), number)
    }
}

/// What was known on the morning of a day: all that a recommender may see. Made by [`Purchases::before`].
#[derive(Clone, Debug)]
pub struct Past {
    pub(super) known: Arc<Known>,
    /// The products that are sold on the day, by number, ascending.
    on_sale: Arc<[u32]>,
}

#[derive(Debug)]
pub(super) struct Known {
    pub day: i32,
    pub customers: Arc<[String]>,
    pub products: Arc<[String]>,
    /// Of each product of the purchases the number that it has here, where it was bought before the day.
    pub number: Vec<Option<u32>>,
    /// Of each customer where their products begin, and where the last one's end.
    pub starts: Vec<usize>,
    pub bought: Vec<u32>,
    /// On how many bills each is.
    pub counts: Vec<f64>,
    /// Of each customer the bills, and of each product the customers.
    pub visits: Vec<u32>,
    pub buyers: Vec<u64>,
    /// The last day on which each product was sold, and on how many bills of the last days it was.
    last: Vec<i32>,
    pub recent: Vec<f64>,
    /// The place of each product where those that sell most now come first.
    pub place: Vec<u32>,
}

impl Past {
    fn new(purchases: &Purchases, day: i32) -> Result<Self> {
        let end = purchases.at(day);
        if end == 0 {
            return Err(Error::TooFew {
                what: format!("purchases before {}", calendar::text(day)),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let events = &purchases.events[..end];
        // Nothing of what comes later is known, not even that it exists.
        let last_customer = events.iter().map(|event| event.customer).max();
        let n = last_customer.map_or(0, |own| own as usize + 1);
        let mut is_known = vec![false; purchases.products.len()];
        events
            .iter()
            .for_each(|event| is_known[event.product as usize] = true);
        let mut number: Vec<Option<u32>> = Vec::with_capacity(is_known.len());
        let mut products: Vec<String> = Vec::new();
        for (own, name) in is_known.iter().zip(purchases.products.iter()) {
            number.push(own.then(|| {
                products.push(name.clone());
                products.len() as u32 - 1
            }));
        }
        let m = products.len();
        let own = |event: &Event| {
            let product = number[event.product as usize].unwrap_or(u32::MAX);
            Event { product, ..*event }
        };
        let events: Vec<Event> = events.iter().map(own).collect();
        let events = events.as_slice();
        let mut pairs: Vec<(u32, u32)> = events
            .iter()
            .map(|event| (event.customer, event.product))
            .collect();
        pairs.sort_unstable();
        let (mut starts, mut bought, mut counts) = (vec![0; n + 1], Vec::new(), Vec::new());
        for same in pairs.chunk_by(|a, b| a == b) {
            starts[same[0].0 as usize + 1] += 1;
            bought.push(same[0].1);
            counts.push(same.len() as f64);
        }
        for customer in 0..n {
            starts[customer + 1] += starts[customer];
        }
        let mut visits = vec![0; n];
        for same in events.chunk_by(|a, b| a.bill == b.bill) {
            visits[same[0].customer as usize] += 1;
        }
        let mut buyers = vec![0; m];
        bought
            .iter()
            .for_each(|product: &u32| buyers[*product as usize] += 1);
        let mut last = vec![i32::MIN; m];
        events
            .iter()
            .for_each(|event| last[event.product as usize] = event.day);
        let recent = recent(events, m, day, SOLD_WITHIN);
        let place = places(&recent, &buyers);
        let known = Known {
            day,
            customers: purchases.customers[..n].into(),
            products: products.into(),
            number,
            starts,
            bought,
            counts,
            visits,
            buyers,
            last,
            recent,
            place,
        };
        let past = Past {
            known: Arc::new(known),
            on_sale: Arc::new([]),
        };
        Ok(past.sold_within(SOLD_WITHIN))
    }

    /// A product is sold on the day if it was sold in the last so many days before.
    pub fn sold_within(mut self, days: u32) -> Self {
        let known = &self.known;
        let first = known
            .day
            .saturating_sub(i32::try_from(days).unwrap_or(i32::MAX));
        let sold = known
            .last
            .iter()
            .zip(0..)
            .filter(|(last, _)| **last >= first);
        self.on_sale = sold.map(|(_, product)| product).collect();
        self
    }

    /// These products are sold on the day, and no others.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a name is that of no product that was bought before the day.
    pub fn on_sale<'a>(mut self, products: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let numbers = products.into_iter().map(|name| self.product(name));
        let mut on_sale: Vec<u32> = numbers
            .map(|own| own.map(|own| own as u32))
            .collect::<Result<_>>()?;
        on_sale.sort_unstable();
        on_sale.dedup();
        self.on_sale = on_sale.into();
        Ok(self)
    }

    /// What is known? One row: `day`, `customers` who bought, `products` that were bought, `products_on_sale` on the
    /// day, `bought_in_all` (products on bills), `pairs` of a customer and a product.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let known = &self.known;
        Ok(df!(
            "day" => calendar::days(vec![Some(known.day)])?,
            "customers" => [known.visits.iter().filter(|visits| **visits > 0).count() as u64],
            "products" => [known.buyers.iter().filter(|buyers| **buyers > 0).count() as u64],
            "products_on_sale" => [self.on_sale.len() as u64],
            "bought_in_all" => [known.counts.iter().sum::<f64>() as u64],
            "pairs" => [known.bought.len() as u64],
        )?)
    }

    /// Who bought one product on each of their bills? A table with `customer` and `visits`, in the order of the first
    /// bills: the customers that the published analysis wanted to sell a second thing.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn single_item_buyers(&self) -> Result<DataFrame> {
        let known = &self.known;
        let of = |customer: &usize| {
            let lines: f64 = self.of(*customer).1.iter().sum();
            known.visits[*customer] > 0 && lines == f64::from(known.visits[*customer])
        };
        let own: Vec<usize> = (0..known.visits.len()).filter(of).collect();
        Ok(df!(
            "customer" => own.iter().map(|own| known.customers[*own].as_str()).collect::<Vec<_>>(),
            "visits" => own.iter().map(|own| known.visits[*own]).collect::<Vec<_>>(),
        )?)
    }

    /// The products of a customer by number, and on how many bills each is.
    pub(super) fn of(&self, customer: usize) -> (&[u32], &[f64]) {
        let known = &self.known;
        let own = known.starts[customer]..known.starts[customer + 1];
        (&known.bought[own.clone()], &known.counts[own])
    }

    /// The products that are sold on the day, by number, ascending.
    pub(super) fn sold(&self) -> &[u32] {
        &self.on_sale
    }

    pub(super) fn customers(&self) -> usize {
        self.known.customers.len()
    }

    pub(super) fn products(&self) -> usize {
        self.known.products.len()
    }

    /// The number of a product.
    pub(super) fn product(&self, name: &str) -> Result<usize> {
        let place = self
            .known
            .products
            .binary_search_by(|own| own.as_str().cmp(name));
        let place = place.ok().filter(|own| self.known.buyers[*own] > 0);
        place.ok_or_else(|| Error::Parameter {
            name: "product",
            value: name.to_owned(),
            expected: format!(
                "one that was bought before {}",
                calendar::text(self.known.day)
            ),
        })
    }

    /// How many customers have bought each two products, and on the diagonal each one: a row behind the other.
    pub(super) fn together(&self) -> Result<Vec<f64>> {
        /// A square of them takes three gigabytes.
        const MOST: usize = 20_000;
        let m = self.products();
        if m > MOST {
            return Err(Error::Parameter {
                name: "products",
                value: m.to_string(),
                expected: format!("up to {MOST}; name coarser products, such as their category"),
            });
        }
        let mut together = vec![0.0; m * m];
        for customer in 0..self.customers() {
            let (bought, _) = self.of(customer);
            for a in bought {
                let row = &mut together[*a as usize * m..][..m];
                bought.iter().for_each(|b| row[*b as usize] += 1.0);
            }
        }
        Ok(together)
    }

    /// Whether two are of the same purchases before the same day.
    pub(super) fn is_of(&self, other: &Past) -> bool {
        let (own, other) = (&self.known, &other.known);
        let same = || {
            own.day == other.day
                && own.customers == other.customers
                && own.products == other.products
                && own.starts == other.starts
                && own.bought == other.bought
                && own.counts == other.counts
        };
        Arc::ptr_eq(own, other) || same()
    }

    /// Whether two are of the same purchases before the same day, with the same products on sale.
    pub(super) fn is(&self, other: &Past) -> bool {
        self.is_of(other) && self.on_sale == other.on_sale
    }
}

/// On how many bills of the last days each product is.
fn recent(events: &[Event], products: usize, day: i32, days: u32) -> Vec<f64> {
    let first = day.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX));
    let begin = events.partition_point(|event| event.day < first);
    let mut recent = vec![0.0; products];
    events[begin..]
        .iter()
        .for_each(|event| recent[event.product as usize] += 1.0);
    recent
}

/// The place of each product: what sells most now first, then what most customers have bought, then the alphabet.
fn places(recent: &[f64], buyers: &[u64]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..recent.len()).collect();
    order.sort_by(|a, b| {
        recent[*b]
            .total_cmp(&recent[*a])
            .then(buyers[*b].cmp(&buyers[*a]))
    });
    let mut places = vec![0; order.len()];
    for (place, product) in order.into_iter().enumerate() {
        places[product] = place as u32;
    }
    places
}
