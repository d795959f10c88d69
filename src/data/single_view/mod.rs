//! What do the bills say of each customer, in one row?
//!
//! [`SingleView`] makes one row for each customer of a table of bills (see [`orders`]): the
//! table of customers that everything else works on. [`rfm`] scores it.
//!
//! | column | is | unit |
//! |---|---|---|
//! | `first_day`, `last_day` | of the first and the last bill | days |
//! | `visits` | bills | |
//! | `quantity`, `amount`, `discount`, `paid` | sums over the bills; null where no bill says it | pieces, money |
//! | `basket_size` | amount by quantity | money a piece |
//! | `order_size` | amount by visits | money a bill |
//! | `visit_size` | quantity by visits | pieces a bill |
//! | `visit_period` | from the first day to the last | days |
//! | `time_between` | visit period by visits less one: what lies between two visits on average; null after one | days |
//! | `centres` | different ones | |
//! | `online_share`, ... | visits by each word of the channel | 0 to 1 |
//! | `price_q1_share`, ... | of the pieces those of each quarter of the products by price, the cheapest first; returns do not count | 0 to 1 |
//! | `recruits` | members whom the customer brought, as their rows say; null for one whom the table of members does not name. [`Network`](crate::network::Network) leaves out what is no tree | |
//! | `recency` | from the last day to the day of the view | days |
//!
//! Recency, visits and amount are the R, F and M of RFM; with the visit period as L they are LRFM (Chang and
//! Tsay 2004).

pub mod rfm;

use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;
use rayon::prelude::*;

use crate::data::orders::{self, LinePrices, Parts};
use crate::data::read::dates::said_day;
use crate::progress::Progress;
use crate::table::{calendar, column, fingerprint};
use crate::{Error, Result};

/// What do the bills say of each customer? A builder; [`SingleView::of`] does the work.
///
/// ```
/// use segmenta::prelude::*;
///
/// let shop = simulate::Shop::new().customers(200).seed(3).generate()?;
/// # let dir = std::env::temp_dir().join(format!("segmenta-view-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("bills.csv");
/// export::csv(&shop.bills, &file, Existing::Replace)?;
/// let orders = orders::Loader::new().reject_bad_rows().load([&file])?;
/// let view = SingleView::new().lines(&orders.lines).of(&orders.bills)?;
/// assert_eq!(view.height(), orders.bills.column("customer")?.drop_nulls().n_unique()?);
/// let half = SingleView::new().between("2022-01-01", "2022-07-01").of(&orders.bills)?;
/// assert!(half.height() < view.height());
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SingleView<'a> {
    between: Option<(String, String)>,
    lines: Option<&'a DataFrame>,
    prices: Option<&'a DataFrame>,
    members: Option<(&'a DataFrame, String, String)>,
    published: bool,
}

impl<'a> SingleView<'a> {
    /// The view of all bills, on the day after the last of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// The view of the bills from one day on (`2022-01-01`) and before another, on that other day.
    pub fn between(mut self, from: &str, before: &str) -> Self {
        self.between = Some((from.to_owned(), before.to_owned()));
        self
    }

    /// The lines of the bills, for the shares by price.
    pub fn lines(mut self, lines: &'a DataFrame) -> Self {
        self.lines = Some(lines);
        self
    }

    /// What products cost: a table with `product` and `price`, as [`orders::prices`] makes it. Without it
    /// the median price of the lines is taken, or where they have none, that of `orders::prices`.
    pub fn prices(mut self, prices: &'a DataFrame) -> Self {
        self.prices = Some(prices);
        self
    }

    /// The table of members: which column has the member, and which the one who brought them.
    pub fn members(mut self, members: &'a DataFrame, member: &str, sponsor: &str) -> Self {
        self.members = Some((members, member.to_owned(), sponsor.to_owned()));
        self
    }

    /// With three figures as they were published, under their published names, to be shown and not used:
    ///
    /// - `ARPU`: the amount by visits, which is `order_size` again;
    /// - `MTBP`: the visit period by visits, where between n visits there are n - 1 times: it is too short
    ///   by half for who came twice;
    /// - `CLTV`: the amount by visits times the days since the first visit: who bought once, long ago, is
    ///   worth the most, so it grows with absence and predicts nothing.
    pub fn published(mut self) -> Self {
        self.published = true;
        self
    }

    /// One row for each customer, in the order of their first bills; the columns stand
    /// [above](self). What the bills do not have, the view does not have either. Bills without a customer
    /// or a time are left out.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where a table is none of the kind; [`Error::Parameter`]
    /// where a day of [`between`](SingleView::between) is none; [`Error::TooFew`] where no bill is left.
    pub fn of(&self, bills: &DataFrame) -> Result<DataFrame> {
        let period = self.period()?;
        let own;
        let prices = match (self.prices, self.lines) {
            (None, Some(lines)) => {
                own = match lines.column("price") {
                    Ok(_) => {
                        let mut prices = LinePrices::default();
                        prices.add(lines)?;
                        prices.median()?
                    }
                    Err(_) => orders::prices(bills, lines)?,
                };
                Some(&own)
            }
            (prices, _) => prices,
        };
        let part = self.part(bills, self.lines.zip(prices), period)?;
        self.whole(vec![part], period)
    }

    /// The same of bills that do not fit into memory, with their own lines where they have any. The memory it takes
    /// grows with the customers, and with how many different prices there are.
    ///
    /// # Errors
    /// As [`SingleView::of`]; [`Error::Read`] where the parts are gone.
    pub fn in_parts(&self, parts: &Parts) -> Result<DataFrame> {
        let period = self.period()?;
        let own;
        let prices = match self.prices {
            None if parts.has_lines() => {
                own = parts.usual_prices()?;
                Some(&own)
            }
            prices => prices,
        };
        let progress = Progress::new("parts of the view", parts.count());
        let mut of_parts = Vec::new();
        for part in 0..parts.count() {
            let (orders, places) = parts.part(part)?;
            let lines = parts.has_lines().then_some(&orders.lines).zip(prices);
            let mut own = self.part(&orders.bills, lines, period)?;
            let place = |row: &u64| places[*row as usize];
            own.first_bills = own.first_bills.iter().map(place).collect();
            of_parts.push(own);
            progress.tick()?;
        }
        self.whole(of_parts, period)
    }

    /// The view of some customers, all but what depends on the others.
    fn part(
        &self,
        bills: &DataFrame,
        lines: Option<(&DataFrame, &DataFrame)>,
        period: Option<(i32, i32)>,
    ) -> Result<OfPart> {
        let buyers = Buyers::of(bills, period)?;
        let n = buyers.names.len();
        let date = |name: &str, days: &[i32]| Column::new(name.into(), days).cast(&DataType::Date);
        let mut columns = vec![
            buyers
                .names
                .clone()
                .with_name("customer".into())
                .into_column(),
            date("first_day", &buyers.first)?,
            date("last_day", &buyers.last)?,
            Column::new("visits".into(), &buyers.visits),
        ];
        let visits = |row: usize| buyers.visits[row] as f64;
        let period_of = |row: usize| f64::from(buyers.last[row] - buyers.first[row]);
        // The lines are the longest table: their shares are summed beside all else.
        let (by_price, sums) = rayon::join(
            || {
                lines
                    .map(|(lines, prices)| by_price(&buyers, bills, lines, prices))
                    .transpose()
            },
            || -> Result<_> {
                let [quantity, amount, discount, paid] =
                    ["quantity", "amount", "discount", "paid"].map(|name| buyers.sum(bills, name));
                let centres = bills
                    .column("centre")
                    .ok()
                    .map(|own| buyers.different(own))
                    .transpose()?;
                let channels = bills
                    .column("channel")
                    .ok()
                    .map(|own| buyers.channels(own))
                    .transpose()?;
                Ok((quantity?, amount?, discount?, paid?, centres, channels))
            },
        );
        let (quantity, amount, discount, paid, centres, channels) = sums?;
        let by = |part: &Option<Vec<Option<f64>>>, whole: &dyn Fn(usize) -> Option<f64>| {
            let part = part.as_ref()?;
            let share = |row: usize| match (part[row], whole(row)) {
                (Some(part), Some(whole)) if whole != 0.0 => Some(part / whole),
                _ => None,
            };
            Some((0..n).map(share).collect::<Vec<_>>())
        };
        let pieces = |row: usize| quantity.as_ref().and_then(|quantity| quantity[row]);
        let basket_size = quantity.as_ref().and_then(|_| by(&amount, &pieces));
        let order_size = by(&amount, &|row| Some(visits(row)));
        let visit_size = by(&quantity, &|row| Some(visits(row)));
        for (name, values) in [
            ("quantity", &quantity),
            ("amount", &amount),
            ("basket_size", &basket_size),
            ("order_size", &order_size),
            ("visit_size", &visit_size),
        ] {
            if let Some(values) = values {
                columns.push(Column::new(name.into(), values));
            }
        }
        let periods: Vec<f64> = (0..n).map(period_of).collect();
        let between =
            (0..n).map(|row| (visits(row) > 1.0).then(|| period_of(row) / (visits(row) - 1.0)));
        let between: Vec<Option<f64>> = between.collect();
        columns.push(Column::new("visit_period".into(), &periods));
        columns.push(Column::new("time_between".into(), between));
        if let Some(centres) = centres {
            columns.push(Column::new("centres".into(), centres));
        }
        for (name, sums) in [("discount", discount), ("paid", paid)] {
            if let Some(sums) = sums {
                columns.push(Column::new(name.into(), sums));
            }
        }
        let mut after: Vec<Column> = by_price?.into_iter().flatten().collect();
        if let Some((members, member, sponsor)) = &self.members {
            after.push(recruits(&buyers.names, members, member, sponsor)?);
        }
        Ok(OfPart {
            before: DataFrame::new(n, columns)?,
            channels: channels.unwrap_or_default(),
            after: DataFrame::new(n, after)?,
            first_bills: buyers.first_bills,
        })
    }

    /// The view of all customers, in the order of their first bills.
    fn whole(&self, parts: Vec<OfPart>, period: Option<(i32, i32)>) -> Result<DataFrame> {
        let n: usize = parts.iter().map(|own| own.first_bills.len()).sum();
        if n == 0 {
            return Err(Error::TooFew {
                what: match &self.between {
                    Some((from, before)) => {
                        format!("bills of customers from {from} and before {before}")
                    }
                    None => "bills of customers".into(),
                },
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let words: BTreeSet<String> = parts
            .iter()
            .flat_map(|own| own.channels.iter().map(|(word, _)| word.clone()))
            .collect();
        few_channels(&words)?;
        let is_sorted = parts.len() == 1;
        let (mut view, mut first_bills) = (None, Vec::new());
        for own in parts {
            let customers = own.first_bills.len();
            let mut columns = own.before.into_columns();
            for word in &words {
                let shares = own.channels.iter().find(|(other, _)| other == word);
                // Nobody of this part comes by this channel.
                let shares = shares.map_or_else(|| vec![0.0; customers], |own| own.1.clone());
                columns.push(Column::new(format!("{word}_share").into(), shares));
            }
            columns.extend(own.after.into_columns());
            first_bills.extend(own.first_bills);
            column::append(&mut view, DataFrame::new(customers, columns)?)?;
        }
        let mut view: DataFrame = view.unwrap_or_default();
        if !is_sorted {
            view.rechunk_mut();
            let mut order: Vec<IdxSize> = (0..n as IdxSize).collect();
            order.sort_unstable_by_key(|row| first_bills[*row as usize]);
            view = view.take(&IdxCa::from_vec("row".into(), order))?;
        }
        let days = |name: &str| -> Result<Vec<i32>> {
            let days = view.column(name)?.date()?.physical();
            Ok(days.iter().flatten().collect())
        };
        let (first, last) = (days("first_day")?, days("last_day")?);
        let day = match period {
            Some((_, before)) => before,
            None => last.iter().max().map_or(0, |last| last + 1),
        };
        let recency = last.iter().map(|last| i64::from(day - last));
        let recency: Vec<i64> = recency.collect();
        view.with_column(Column::new("recency".into(), recency))?;
        if self.published {
            let visits = view.column("visits")?.u64()?;
            let visits: Vec<f64> = visits.iter().flatten().map(|own| own as f64).collect();
            let order_size: Vec<Option<f64>> = match view.column("order_size") {
                Ok(size) => size.f64()?.iter().collect(),
                Err(_) => vec![None; n],
            };
            let since = |row: usize| f64::from(day - first[row]);
            let cltv = (0..n).map(|row| order_size[row].map(|size| size * since(row)));
            let cltv: Vec<Option<f64>> = cltv.collect();
            let mtbp = (0..n).map(|row| f64::from(last[row] - first[row]) / visits[row]);
            let mtbp: Vec<f64> = mtbp.collect();
            view.with_column(Column::new("ARPU".into(), &order_size))?;
            view.with_column(Column::new("MTBP".into(), mtbp))?;
            view.with_column(Column::new("CLTV".into(), cltv))?;
        }
        Ok(view)
    }

    /// The days from which on and before which bills count.
    fn period(&self) -> Result<Option<(i32, i32)>> {
        let Some((from, before)) = &self.between else {
            return Ok(None);
        };
        let (first, end) = (said_day("between", from)?, said_day("between", before)?);
        match first < end {
            true => Ok(Some((first, end))),
            false => Err(Error::Parameter {
                name: "between",
                value: format!("{from} and {before}"),
                expected: "two days, the earlier one first".into(),
            }),
        }
    }
}

/// The view of some customers.
struct OfPart {
    before: DataFrame,
    /// The share of the visits by each word of the channel.
    channels: Vec<(String, Vec<f64>)>,
    after: DataFrame,
    /// Of each customer the place of the first bill among all.
    first_bills: Vec<u64>,
}

/// The shares of the pieces by the price of the product.
fn by_price(
    buyers: &Buyers,
    bills: &DataFrame,
    lines: &DataFrame,
    prices: &DataFrame,
) -> Result<Vec<Column>> {
    let quarters = orders::quarters(prices)?;
    let (names, places) = (
        quarters.column("product")?.str()?,
        quarters.column("quarter")?.u32()?,
    );
    let each = names.iter().zip(places.iter());
    let quarter: HashMap<&str, usize, foldhash::fast::RandomState> = each
        .filter_map(|(name, place)| Some((name?, place? as usize - 1)))
        .collect();
    // Each thread goes through all lines, and adds up those of some buyers, in their order.
    const PARTS: usize = 4;
    let n = buyers.names.len();
    let mut pieces = vec![[0.0; 4]; n];
    let places = orders::places(bills)?;
    let product = column::find(lines, "product")?.str()?;
    let of = column::find(lines, "bill")?.cast(&DataType::UInt32)?;
    let of = of.u32()?;
    let quantity = column::find(lines, "quantity")?.cast(&DataType::Float64)?;
    let quantity = quantity.f64()?;
    let size = n.div_ceil(PARTS).max(1);
    let parts = pieces.par_chunks_mut(size).enumerate();
    parts.for_each(|(part, pieces)| {
        let lines = of.iter().zip(product.iter()).zip(quantity.iter());
        for ((bill, product), quantity) in lines {
            let (Some(bill), Some(product), Some(quantity)) = (bill, product, quantity) else {
                continue;
            };
            let buyer = places.get(bill).and_then(|row| buyers.of_row(row));
            let own = buyer.and_then(|buyer| buyer.checked_sub(part * size));
            let Some(own) = own.and_then(|own| pieces.get_mut(own)) else {
                continue;
            };
            if let Some(quarter) = quarter.get(product)
                && quantity > 0.0
            {
                own[*quarter] += quantity;
            }
        }
    });
    Ok((0..4)
        .map(|place| {
            let share = |own: &[f64; 4]| {
                let all: f64 = own.iter().sum();
                (all > 0.0).then(|| own[place] / all)
            };
            let shares: Vec<Option<f64>> = pieces.iter().map(share).collect();
            Column::new(format!("price_q{}_share", place + 1).into(), shares)
        })
        .collect())
}

/// The customers of a table of bills, and which bills are theirs.
struct Buyers {
    names: StringChunked,
    /// For each bill its customer; `NOBODY` where it does not count.
    of: Vec<u32>,
    visits: Vec<u64>,
    first: Vec<i32>,
    last: Vec<i32>,
    /// The row of the first bill of each.
    first_bills: Vec<u64>,
}

const NOBODY: u32 = u32::MAX;

impl Buyers {
    fn of(bills: &DataFrame, period: Option<(i32, i32)>) -> Result<Self> {
        let customers = column::names(bills, "customer")?;
        let days = calendar::day_numbers(bills, "time")?;
        let own = DataFrame::new(
            bills.height(),
            vec![customers.clone().with_name("customer".into()).into_column()],
        )?;
        let prints = fingerprint::of_rows(&own, &["customer"])?;
        let inside = |day: &i32| period.is_none_or(|(from, before)| (from..before).contains(day));
        let counts: Vec<bool> = customers
            .iter()
            .zip(&days)
            .map(|(customer, day)| customer.is_some() && day.filter(inside).is_some())
            .collect();
        let mut of = fingerprint::first_rows(&prints, Some(&counts));
        let mut rows: Vec<IdxSize> = Vec::new();
        let (mut visits, mut first, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..of.len() {
            let (true, Some(day)) = (counts[row], days[row]) else {
                of[row] = NOBODY;
                continue;
            };
            if of[row] as usize == row {
                of[row] = rows.len() as u32;
                rows.push(row as IdxSize);
                visits.push(0);
                first.push(day);
                last.push(day);
            } else {
                of[row] = of[of[row] as usize];
            }
            let at = of[row] as usize;
            visits[at] += 1;
            first[at] = day.min(first[at]);
            last[at] = day.max(last[at]);
        }
        let first_bills = rows.iter().map(|row| u64::from(*row)).collect();
        Ok(Buyers {
            names: customers.take(&IdxCa::from_vec("row".into(), rows))?,
            of,
            visits,
            first,
            last,
            first_bills,
        })
    }

    fn of_row(&self, row: u32) -> Option<usize> {
        let buyer = *self.of.get(row as usize)?;
        (buyer != NOBODY).then_some(buyer as usize)
    }

    /// The sum of a column over the bills of each; `None` where there is no such column.
    fn sum(&self, bills: &DataFrame, name: &str) -> Result<Option<Vec<Option<f64>>>> {
        if bills.column(name).is_err() {
            return Ok(None);
        }
        let values = column::numbers(bills, name)?;
        let sums = column::sums(&self.of, self.names.len(), values.into_iter());
        Ok(Some(sums))
    }

    /// How many different words each has.
    fn different(&self, column: &Column) -> Result<Vec<u32>> {
        let column = column.cast(&DataType::String)?;
        let mut codes: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        // Most have one centre, and come to it again: the last one is remembered.
        let mut before = vec![NOBODY; self.names.len()];
        for (buyer, word) in self.of.iter().zip(column.str()?.iter()) {
            if let Some(word) = word.filter(|_| *buyer != NOBODY) {
                let next = codes.len() as u32;
                let code = *codes.entry(word).or_insert(next);
                if before[*buyer as usize] != code {
                    before[*buyer as usize] = code;
                    pairs.push((*buyer, code));
                }
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let mut different = vec![0; self.names.len()];
        pairs
            .iter()
            .for_each(|(buyer, _)| different[*buyer as usize] += 1);
        Ok(different)
    }

    /// The share of the visits by each word of the channel.
    fn channels(&self, column: &Column) -> Result<Vec<(String, Vec<f64>)>> {
        let column = column.cast(&DataType::String)?;
        let mut words: BTreeSet<String> = BTreeSet::new();
        let mut counts: Vec<(String, Vec<u64>)> = Vec::new();
        // `Online` and `online`, or `web shop` and `web_shop`, are one column.
        let plain = |word: &str| word.to_lowercase().replace(' ', "_");
        let mut known: HashMap<&str, usize, foldhash::fast::RandomState> = HashMap::default();
        for (buyer, word) in self.of.iter().zip(column.str()?.iter()) {
            let Some(word) = word.filter(|_| *buyer != NOBODY) else {
                continue;
            };
            let place = match known.get(word).copied() {
                Some(place) => place,
                None => {
                    let name = plain(word);
                    let place = counts.iter().position(|(other, _)| *other == name);
                    let place = place.unwrap_or(counts.len());
                    if place == counts.len() {
                        words.insert(name.clone());
                        few_channels(&words)?;
                        counts.push((name, vec![0; self.names.len()]));
                    }
                    known.insert(word, place);
                    place
                }
            };
            counts[place].1[*buyer as usize] += 1;
        }
        let shares = counts.into_iter().map(|(word, counts)| {
            let each = counts.iter().zip(&self.visits);
            (
                word,
                each.map(|(n, visits)| *n as f64 / *visits as f64).collect(),
            )
        });
        Ok(shares.collect())
    }
}

/// That there are not too many words for channels to be columns.
fn few_channels(words: &BTreeSet<String>) -> Result<()> {
    const AT_MOST: usize = 20;
    match words.len() <= AT_MOST {
        true => Ok(()),
        false => Err(Error::WrongType {
            column: "channel".into(),
            found: format!("more than {AT_MOST} different words"),
            expected: "a few words, such as online and offline".into(),
        }),
    }
}

/// How many members each of these brought.
fn recruits(
    names: &StringChunked,
    members: &DataFrame,
    member: &str,
    sponsor: &str,
) -> Result<Column> {
    let (member, sponsor) = (
        column::names(members, member)?,
        column::names(members, sponsor)?,
    );
    let mut brought: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
    for name in member.iter().flatten() {
        brought.entry(name).or_default();
    }
    let mut seen = std::collections::HashSet::new();
    for (member, name) in member.iter().zip(sponsor.iter()) {
        // Who brought themselves brought nobody, and who stands there twice was brought once.
        let is_new = member.is_none() || seen.insert((member, name));
        if let Some(name) = name.filter(|name| member != Some(*name) && is_new) {
            *brought.entry(name).or_default() += 1;
        }
    }
    let counts: Vec<Option<u32>> = names
        .iter()
        .map(|name| brought.get(name?).copied())
        .collect();
    Ok(Column::new("recruits".into(), counts))
}
