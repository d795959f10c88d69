use std::collections::HashMap;

use polars::prelude::*;
use rand::Rng;
use rayon::prelude::*;

use super::judged::{Judged, Unit};
use super::purchases::Event;
use super::rank::{best_of, tops};
use super::{Bought, Offer, Past, Purchases, Recommender};
use crate::data::read::dates::said_day;
use crate::stat::random;
use crate::table::calendar;
use crate::{Error, Result};

/// How well would offers have been chosen? The bills before a day are the [`Past`], on which recommenders are fitted; the
/// bills from that day on, before another, are what they are judged by.
///
/// Judged are customers who bought before the day and after it. All products that are sold are ranked for each of them, and none is
/// drawn by lot to be ranked against: that makes every method look better, and not all of them alike (Krichene and Rendle
/// 2020).
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Ann"], "time" => ["2022-03-01", "2022-03-05", "2022-04-02"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 2], "product" => ["tea", "jam", "tea", "jam"])?;
/// let split = TimeSplit::new(&Purchases::of(&bills, &lines)?, "2022-04-01", "2022-05-01")?;
/// let (popular, repeat) = (Popularity::fit(split.past()), Repeat::fit(split.past()));
/// let judged = split.judge(&[&popular, &repeat], 1, Offer::All)?;
/// // Ann bought jam in April. Tea sells most; she has had both.
/// assert_eq!(table::number(&judged.glance()?, "hit_rate", 0)?, 0.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimeSplit {
    past: Past,
    later: Vec<Event>,
    until: i32,
}

impl TimeSplit {
    /// The purchases before a day (`2022-10-01`), and those from that day on and before another.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a day is none, or the second is not later; [`Error::TooFew`] where nothing was bought
    /// before the day, or nothing between the two.
    pub fn new(purchases: &Purchases, day: &str, until: &str) -> Result<Self> {
        let past = purchases.before(day)?;
        let (first, end) = (past.known.day, said_day("until", until)?);
        if end <= first {
            return Err(Error::Parameter {
                name: "until",
                value: until.to_owned(),
                expected: format!("a day after {day}"),
            });
        }
        // What was not known before the day has numbers behind those that were.
        let behind = past.products() as u32;
        let own = |event: &Event| {
            let number = past.known.number[event.product as usize];
            Event {
                product: number.unwrap_or(behind + event.product),
                ..*event
            }
        };
        let later = &purchases.events[purchases.at(first)..purchases.at(end)];
        let later: Vec<Event> = later.iter().map(own).collect();
        if later.is_empty() {
            return Err(Error::TooFew {
                what: format!("purchases from {day} and before {until}"),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        Ok(TimeSplit {
            past,
            later,
            until: end,
        })
    }

    /// The same with another idea of what is sold on the day (see [`Past::sold_within`] and [`Past::on_sale`]).
    ///
    /// # Errors
    /// [`Error::Parameter`] where it is the past of another day, or of other purchases.
    pub fn with_past(mut self, past: Past) -> Result<Self> {
        if !self.past.is_of(&past) {
            return Err(Error::Parameter {
                name: "past",
                value: format!("that of {}", calendar::text(past.known.day)),
                expected: format!(
                    "that of this split, {}",
                    calendar::text(self.past.known.day)
                ),
            });
        }
        self.past = past;
        Ok(self)
    }

    /// What recommenders may be fitted on.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// What came after? One row: `day`, `until`, `customers` who bought in this time, `known_customers` (who had bought
    /// before: the others are not judged), `pairs` of these with a product, and of these pairs `new_share` (not bought by them
    /// before) and `out_of_reach_share` (of products that are not sold on the day; they count as missed).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let later = self.by_customer();
        let known = later.iter().filter(|own| self.is_known(own.0));
        let (mut customers, mut pairs, mut new, mut out) = (0u64, 0u64, 0u64, 0u64);
        for (customer, products) in known {
            customers += 1;
            let bought = self.bought(*customer);
            for product in products {
                pairs += 1;
                new += u64::from(bought.of(*product) == 0.0);
                out += u64::from(self.past.sold().binary_search(product).is_err());
            }
        }
        let share = |part: u64| (pairs > 0).then(|| part as f64 / pairs as f64);
        Ok(df!(
            "day" => calendar::days(vec![Some(self.past.known.day)])?,
            "until" => calendar::days(vec![Some(self.until)])?,
            "customers" => [later.len() as u64],
            "known_customers" => [customers],
            "pairs" => [pairs],
            "new_share" => [share(new)],
            "out_of_reach_share" => [share(out)],
        )?)
    }

    /// Which recommender foretells best what customers buy? Each offers so many products to each customer who bought before
    /// the day; right are those that the customer bought after it. With [`Offer::New`] only what the customer had not
    /// bought before is offered and looked for, with [`Offer::Repeat`] only what they had.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a recommender was fitted on another past; [`Error::TooFew`] where nobody is left to judge
    /// by; those of [`Recommender::rank`].
    pub fn judge(
        &self,
        recommenders: &[&dyn Recommender],
        top: usize,
        offer: Offer,
    ) -> Result<Judged> {
        self.same_past(recommenders)?;
        let mut units = Vec::new();
        for (customer, mut products) in self.by_customer() {
            let bought = self.bought(customer);
            products.retain(|product| offer.allows(bought.of(*product) > 0.0));
            if self.is_known(customer) && !products.is_empty() {
                units.push((customer, products));
            }
        }
        let what = match offer {
            Offer::All => "customers who bought before the day and after it",
            Offer::New => "customers who bought before the day, and something new after it",
            Offer::Repeat => "customers who bought before the day, and the same after it",
        };
        let left = TimeSplit::some(what, units)?;
        let customers: Vec<Option<usize>> = left.iter().map(|own| Some(own.0 as usize)).collect();
        let offers = recommenders
            .iter()
            .map(|own| tops(*own, &customers, top, offer))
            .collect::<Result<Vec<_>>>()?;
        let known = &self.past.known;
        let units = left.into_iter().map(|(customer, wanted)| Unit {
            name: known.customers[customer as usize].clone(),
            visits: known.visits[customer as usize],
            wanted,
        });
        Ok(Judged::new(
            "customer",
            units.collect(),
            recommenders,
            offers,
            top,
            &self.past,
        ))
    }

    /// Which recommender completes baskets best? From each later bill with two products or more one is taken away, drawn
    /// with the seed; from the others each recommender is to say which, among all that is sold and not in the basket. What the
    /// customer bought before plays no role.
    ///
    /// # Errors
    /// Those of [`judge`](TimeSplit::judge).
    pub fn complete(
        &self,
        recommenders: &[&dyn Recommender],
        top: usize,
        seed: u64,
    ) -> Result<Judged> {
        self.same_past(recommenders)?;
        let mut rng = random::stream(seed, 0);
        let mut bills: Vec<(u32, u32, Vec<u32>)> = Vec::new();
        for same in self
            .later
            .chunk_by(|a, b| a.bill == b.bill && a.day == b.day)
        {
            let products = same.iter().map(|event| event.product);
            let mut own: Vec<u32> = products
                .filter(|own| (*own as usize) < self.past.products())
                .collect();
            own.sort_unstable();
            if own.len() > 1 {
                let away = own.remove(rng.gen_range(0..own.len()));
                bills.push((same[0].bill, away, own));
            }
        }
        let bills = TimeSplit::some(
            "later bills with two products that were known before",
            bills,
        )?;
        if top == 0 {
            return Err(Error::Parameter {
                name: "top",
                value: "0".into(),
                expected: "1 offer or more".into(),
            });
        }
        let offers = recommenders
            .iter()
            .map(|recommender| {
                let each = bills.par_iter().map_init(
                    || (vec![0.0; self.past.products()], Vec::new()),
                    |(scores, best), (_, _, rest)| {
                        let counts = vec![1.0; rest.len()];
                        let bought = Bought {
                            customer: None,
                            products: rest,
                            counts: &counts,
                        };
                        scores.fill(0.0);
                        recommender.scores(&bought, scores);
                        let is_elsewhere = |own: u32| rest.binary_search(&own).is_err();
                        best_of(&self.past, scores, top, is_elsewhere, best);
                        best.clone()
                    },
                );
                each.collect()
            })
            .collect();
        let units = bills.into_iter().map(|(bill, away, rest)| Unit {
            name: bill.to_string(),
            visits: rest.len() as u32,
            wanted: vec![away],
        });
        Ok(Judged::new(
            "bill",
            units.collect(),
            recommenders,
            offers,
            top,
            &self.past,
        ))
    }

    fn some<T>(what: &str, left: Vec<T>) -> Result<Vec<T>> {
        match left.is_empty() {
            true => Err(Error::TooFew {
                what: what.to_owned(),
                found: 0,
                expected: "1 or more".into(),
            }),
            false => Ok(left),
        }
    }

    fn same_past(&self, recommenders: &[&dyn Recommender]) -> Result<()> {
        match recommenders.iter().find(|own| !own.past().is(&self.past)) {
            Some(other) => Err(Error::Parameter {
                name: "recommenders",
                value: format!("one that was fitted on another past: {}", other.name()),
                expected: "those that were fitted on .past() of this split".into(),
            }),
            None => Ok(()),
        }
    }

    fn is_known(&self, customer: u32) -> bool {
        (customer as usize) < self.past.customers()
    }

    fn bought(&self, customer: u32) -> Bought<'_> {
        let customer = Some(customer as usize).filter(|own| *own < self.past.customers());
        let (products, counts) = customer.map_or(Default::default(), |own| self.past.of(own));
        Bought {
            customer,
            products,
            counts,
        }
    }

    /// What each customer bought later, each product once.
    fn by_customer(&self) -> Vec<(u32, Vec<u32>)> {
        let mut later: HashMap<u32, Vec<u32>, foldhash::fast::RandomState> = HashMap::default();
        for event in &self.later {
            later.entry(event.customer).or_default().push(event.product);
        }
        let mut later: Vec<(u32, Vec<u32>)> = later.into_iter().collect();
        later.sort_unstable_by_key(|own| own.0);
        for (_, products) in &mut later {
            products.sort_unstable();
            products.dedup();
        }
        later
    }
}
