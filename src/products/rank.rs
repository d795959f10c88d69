use std::collections::HashMap;

use polars::prelude::*;
use rayon::prelude::*;

use super::Past;
use crate::progress::Progress;
use crate::{Error, Result};

/// Which products may be offered to a customer?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Any that is sold.
    All,
    /// Those that the customer has not bought before.
    New,
    /// Those that the customer has bought before.
    Repeat,
}

impl Offer {
    pub(super) fn allows(self, has_bought: bool) -> bool {
        match self {
            Offer::All => true,
            Offer::New => !has_bought,
            Offer::Repeat => has_bought,
        }
    }
}

/// What is known of who is to get an offer.
#[derive(Clone, Copy, Debug)]
pub struct Bought<'a> {
    /// The number of the customer, where it is one of the past and these are all their products.
    pub(super) customer: Option<usize>,
    /// The products by number, ascending.
    pub(super) products: &'a [u32],
    /// On how many bills each is.
    pub(super) counts: &'a [f64],
}

impl Bought<'_> {
    pub(super) const NOTHING: Bought<'static> = Bought {
        customer: None,
        products: &[],
        counts: &[],
    };

    /// On how many bills a product is.
    pub(super) fn of(&self, product: u32) -> f64 {
        self.products
            .binary_search(&product)
            .map_or(0.0, |place| self.counts[place])
    }
}

/// What should be offered to whom? What was fitted on a [`Past`] ranks products for customers.
///
/// ```
/// use segmenta::prelude::*;
///
/// let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Cid"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06"])?;
/// let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// let lines = df!("bill" => [0u32, 0, 1, 1, 2], "product" => ["tea", "jam", "tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let cosine = ItemCosine::fit(&past)?;
/// let offers = cosine.rank(&["Cid", "Dee"], 1, Offer::New)?;
/// // Who buys tea buys jam; of Dee nothing is known, and tea sells most.
/// assert_eq!(offers.column("product")?.str()?.get(0), Some("jam"));
/// assert_eq!(offers.column("product")?.str()?.get(1), Some("tea"));
/// assert_eq!(offers.column("known")?.bool()?.get(1), Some(false));
/// # Ok::<(), Error>(())
/// ```
pub trait Recommender: Send + Sync {
    /// What it is called in tables.
    fn name(&self) -> String;

    /// What it was fitted on.
    fn past(&self) -> &Past;

    /// A score for each product by number, all of which are 0 before: the higher, the sooner it is offered. Of equal
    /// scores the one that sells more now comes first.
    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]);

    /// Which products should be offered to these customers? A row for each customer and offer: `customer`, `known`
    /// (whether they bought anything before the day; who did not gets what sells most), `rank` from 1, `product`,
    /// `offer_score`, and `bought`, on how many bills the customer had it before. Where fewer products may be offered
    /// than are asked for, there are fewer rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] where no offer is asked for; [`Error::TooFew`] where no product is sold that day;
    /// [`Error::Interrupted`].
    fn rank(&self, customers: &[&str], top: usize, offer: Offer) -> Result<DataFrame> {
        let past = self.past();
        let numbers: HashMap<&str, usize, foldhash::fast::RandomState> = past
            .known
            .customers
            .iter()
            .enumerate()
            .map(|(number, name)| (name.as_str(), number))
            .collect();
        let known: Vec<Option<usize>> = customers
            .iter()
            .map(|name| numbers.get(name).copied())
            .collect();
        ranked(self, customers, &known, top, offer)
    }

    /// The same for all customers who bought before the day.
    ///
    /// # Errors
    /// Those of [`rank`](Recommender::rank).
    fn rank_all(&self, top: usize, offer: Offer) -> Result<DataFrame> {
        let known = &self.past().known;
        let own: Vec<Option<usize>> = (0..known.visits.len())
            .filter(|customer| known.visits[*customer] > 0)
            .map(Some)
            .collect();
        let names: Vec<&str> = own
            .iter()
            .flatten()
            .map(|own| known.customers[*own].as_str())
            .collect();
        ranked(self, &names, &own, top, offer)
    }
}

/// The offers for each of these customers.
pub(super) fn tops<R: Recommender + ?Sized>(
    recommender: &R,
    customers: &[Option<usize>],
    top: usize,
    offer: Offer,
) -> Result<Vec<Vec<(u32, f64)>>> {
    let past = recommender.past();
    if top == 0 {
        return Err(Error::Parameter {
            name: "top",
            value: "0".into(),
            expected: "1 offer or more".into(),
        });
    }
    if past.sold().is_empty() {
        return Err(Error::TooFew {
            what: "products that are sold on the day".into(),
            found: 0,
            expected: "1 or more; see .sold_within(..) and .on_sale(..)".into(),
        });
    }
    const PART: usize = 256;
    let progress = Progress::new("offers", customers.len().div_ceil(PART));
    let parts: Vec<Vec<Vec<(u32, f64)>>> = customers
        .par_chunks(PART)
        .map(|part| {
            let mut scores = vec![0.0; past.products()];
            let mut best = Vec::new();
            let tops = part.iter().map(|customer| {
                // Who bought only later is as unknown as who never did.
                let (products, counts) = customer.map_or(Default::default(), |own| past.of(own));
                let bought = Bought {
                    customer: customer.filter(|_| !products.is_empty()),
                    products,
                    counts,
                };
                scores.fill(0.0);
                recommender.scores(&bought, &mut scores);
                let allowed = |product: u32| offer.allows(bought.of(product) > 0.0);
                best_of(past, &scores, top, allowed, &mut best);
                best.clone()
            });
            let tops = tops.collect();
            progress.tick()?;
            Ok(tops)
        })
        .collect::<Result<_>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// The best products that are sold and allowed, the best first.
pub(super) fn best_of(
    past: &Past,
    scores: &[f64],
    top: usize,
    allowed: impl Fn(u32) -> bool,
    best: &mut Vec<(u32, f64)>,
) {
    best.clear();
    let place = |product: u32| past.known.place[product as usize];
    let is_before = |(product, score): (u32, f64), other: &(u32, f64)| {
        score > other.1 || (score == other.1 && place(product) < place(other.0))
    };
    for product in past.sold() {
        let own = (*product, scores[*product as usize]);
        // Most are worse than the worst that was kept: they are not looked at any further.
        let is_full = best.len() == top;
        if (is_full && !best.last().is_some_and(|worst| is_before(own, worst)))
            || !allowed(*product)
        {
            continue;
        }
        if is_full {
            best.pop();
        }
        let at = best.partition_point(|other| !is_before(own, other));
        best.insert(at, own);
    }
}

fn ranked<R: Recommender + ?Sized>(
    recommender: &R,
    names: &[&str],
    customers: &[Option<usize>],
    top: usize,
    offer: Offer,
) -> Result<DataFrame> {
    let past = recommender.past();
    let tops = tops(recommender, customers, top, offer)?;
    let rows: usize = tops.iter().map(Vec::len).sum();
    let (mut customer, mut known) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (mut rank, mut product) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (mut score, mut bought) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for ((name, own), top) in names.iter().zip(customers).zip(&tops) {
        let (products, counts) = own.map_or(Default::default(), |own| past.of(own));
        let before = Bought {
            customer: *own,
            products,
            counts,
        };
        for (place, (own, own_score)) in top.iter().enumerate() {
            customer.push(*name);
            known.push(!products.is_empty());
            rank.push(place as u32 + 1);
            product.push(past.known.products[*own as usize].as_str());
            score.push(*own_score);
            bought.push(before.of(*own) as u64);
        }
    }
    Ok(df!(
        "customer" => customer,
        "known" => known,
        "rank" => rank,
        "product" => product,
        "offer_score" => score,
        "bought" => bought,
    )?)
}
