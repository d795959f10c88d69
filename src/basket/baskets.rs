use std::collections::HashMap;
use std::sync::Arc;

use polars::prelude::*;

use crate::data::orders;
use crate::stat::interval::{checked, wilson};
use crate::table::column;
use crate::{Error, Result};

/// What lies in each basket? Sets of items: how many pieces of each plays no role.
///
/// What is a basket is said once, and travels with all that comes of it: a [bill](Baskets::of_bills), all that a
/// [customer](Baskets::of_customers) bought, or what a [table](Baskets::of_table) or a [file](super::load) says.
/// Blanks around a name are left away; an item that is twice in a basket is in it once; a basket without any item
/// says nothing and is left out. [`quality`](Baskets::quality) counts all of these.
///
/// ```
/// use segmenta::prelude::*;
///
/// let lines = df!(
///     "bill" => [1, 1, 1, 2, 2, 3],
///     "product" => ["tea", "jam ", "tea", "tea", "jam", "rice"],
/// )?;
/// let baskets = Baskets::of_table(&lines, "bill", "product")?;
/// assert_eq!(table::number(&baskets.glance()?, "baskets", 0)?, 3.0);
/// let items = baskets.tidy(0.95)?;
/// assert_eq!(items.column("item")?.str()?.get(0), Some("jam"));
/// assert_eq!(table::number(&items, "baskets", 0)?, 2.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Baskets {
    what: &'static str,
    /// In the order of the alphabet.
    items: Arc<[String]>,
    /// Of each basket where its items begin, and where the last one's end.
    starts: Vec<usize>,
    /// The items of each basket by number, ascending, each once.
    held: Vec<u32>,
    faults: Vec<Fault>,
}

/// Something odd, and what was done.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub found: &'static str,
    pub rows: u64,
    pub example: Option<String>,
    pub done: &'static str,
}

impl Fault {
    pub fn new(found: &'static str, done: &'static str) -> Self {
        Fault {
            found,
            rows: 0,
            example: None,
            done,
        }
    }

    pub fn met(&mut self, example: &str) {
        self.rows += 1;
        if self.example.is_none() {
            self.example = Some(example.to_owned());
        }
    }
}

impl Baskets {
    /// A basket for each bill of the table: the bills and lines of [`orders::load`](crate::data::orders::load). Lines
    /// of bills that are not in the table do not count, so that a part of the bills is a filter of `bills`; what
    /// came back (a quantity of 0 or less) does not count either.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where a table is none of the kind; [`Error::TooFew`] where no
    /// basket has an item.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let bills = df!("bill" => [0u32, 1], "customer" => ["Ann", "Ann"])?;
    /// let lines = df!("bill" => [0u32, 0, 1], "product" => ["tea", "jam", "rice"], "quantity" => [1.0, 2.0, 1.0])?;
    /// assert_eq!(table::number(&Baskets::of_bills(&bills, &lines)?.glance()?, "baskets", 0)?, 2.0);
    /// assert_eq!(table::number(&Baskets::of_customers(&bills, &lines)?.glance()?, "baskets", 0)?, 1.0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of_bills(bills: &DataFrame, lines: &DataFrame) -> Result<Self> {
        let n = bills.height();
        Baskets::of_orders("bill", bills, lines, n, Some)
    }

    /// A basket for each customer of the bills: all that they bought at any time. Bills without a customer do not
    /// count.
    ///
    /// # Errors
    /// Those of [`of_bills`](Baskets::of_bills).
    pub fn of_customers(bills: &DataFrame, lines: &DataFrame) -> Result<Self> {
        let names = column::names(bills, "customer")?;
        let (customers, n) = numbered(&names);
        Baskets::of_orders("customer", bills, lines, n, |row| customers[row as usize])
    }

    fn of_orders(
        what: &'static str,
        bills: &DataFrame,
        lines: &DataFrame,
        n: usize,
        basket: impl Fn(u32) -> Option<u32>,
    ) -> Result<Self> {
        let places = orders::places(bills)?;
        let of = column::find(lines, "bill")?.cast(&DataType::UInt32)?;
        let products = column::names(lines, "product")?;
        let quantities = match lines.column("quantity") {
            Ok(_) => Some(column::numbers(lines, "quantity")?),
            Err(_) => None,
        };
        let mut back = Fault::new("lines of what came back", "left out");
        let mut nobody = Fault::new("lines of bills without a customer", "left out");
        let mut pairs = Vec::with_capacity(products.len());
        for (line, (bill, product)) in of.u32()?.iter().zip(products.iter()).enumerate() {
            let Some(row) = bill.and_then(|bill| places.get(bill)) else {
                continue;
            };
            let quantity = quantities.as_ref().and_then(|own| own[line]);
            if quantity.is_some_and(|quantity| quantity <= 0.0) {
                back.met(product.unwrap_or_default());
                continue;
            }
            match basket(row) {
                Some(basket) => pairs.push((basket, product)),
                None => nobody.met(product.unwrap_or_default()),
            }
        }
        Baskets::of_pairs(what, n, &pairs, vec![back, nobody])
    }

    /// The baskets of any table with a row for each item in each: which column names the basket, and which the item.
    ///
    /// # Errors
    /// [`Error::NoColumn`]; [`Error::TooFew`] where no basket has an item.
    pub fn of_table(table: &DataFrame, basket: &str, item: &str) -> Result<Self> {
        let (baskets, items) = (column::names(table, basket)?, column::names(table, item)?);
        let (numbers, n) = numbered(&baskets);
        let mut nameless = Fault::new("rows without a basket", "left out");
        let mut pairs = Vec::with_capacity(items.len());
        for (own, name) in numbers.iter().zip(items.iter()) {
            match own {
                Some(own) => pairs.push((*own, name)),
                None => nameless.met(name.unwrap_or_default()),
            }
        }
        Baskets::of_pairs("group of rows", n, &pairs, vec![nameless])
    }

    /// Pairs of a basket, counted from 0, and the name of an item.
    pub(super) fn of_pairs(
        what: &'static str,
        n: usize,
        pairs: &[(u32, Option<&str>)],
        mut faults: Vec<Fault>,
    ) -> Result<Self> {
        let mut blank = Fault::new("items without a name", "left out");
        let mut trimmed = Fault::new("names with blanks around them", "the blanks are left away");
        let mut twice = Fault::new("items that are in a basket already", "once is enough");
        let mut empty = Fault::new("baskets without an item", "left out");

        // Names are met many times, and looked at once.
        let mut codes: HashMap<&str, (Option<u32>, bool), foldhash::fast::RandomState> =
            HashMap::default();
        let mut known: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut names: Vec<&str> = Vec::new();
        let mut coded: Vec<(u32, u32)> = Vec::with_capacity(pairs.len());
        for (basket, name) in pairs {
            let name = name.unwrap_or_default();
            let (code, is_trimmed) = *codes.entry(name).or_insert_with(|| {
                let short = name.trim();
                let code = (!short.is_empty()).then(|| {
                    *known.entry(short).or_insert_with(|| {
                        names.push(short);
                        names.len() as u32 - 1
                    })
                });
                (code, short.len() < name.len())
            });
            match code {
                Some(code) => {
                    if is_trimmed {
                        trimmed.met(name);
                    }
                    coded.push((*basket, code));
                }
                None => blank.met(name),
            }
        }
        let mut order: Vec<u32> = (0..names.len() as u32).collect();
        order.sort_unstable_by_key(|code| names[*code as usize]);
        let mut number = vec![0u32; names.len()];
        for (place, code) in order.iter().enumerate() {
            number[*code as usize] = place as u32;
        }

        let mut ends = vec![0usize; n + 1];
        coded
            .iter()
            .for_each(|(basket, _)| ends[*basket as usize + 1] += 1);
        for place in 0..n {
            ends[place + 1] += ends[place];
        }
        let mut all = vec![0u32; coded.len()];
        let mut next = ends.clone();
        for (basket, code) in coded {
            let at = &mut next[basket as usize];
            all[*at] = number[code as usize];
            *at += 1;
        }
        let (mut starts, mut held) = (vec![0], Vec::with_capacity(all.len()));
        for basket in 0..n {
            let own = &mut all[ends[basket]..ends[basket + 1]];
            own.sort_unstable();
            let before = held.len();
            for (place, item) in own.iter().enumerate() {
                if place > 0 && own[place - 1] == *item {
                    twice.met(names[order[*item as usize] as usize]);
                } else {
                    held.push(*item);
                }
            }
            match held.len() > before {
                true => starts.push(held.len()),
                false => empty.rows += 1,
            }
        }
        if held.is_empty() {
            return Err(Error::TooFew {
                what: "baskets with an item".into(),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        faults.extend([blank, trimmed, twice, empty]);
        let items = order.iter().map(|code| names[*code as usize].to_owned());
        Ok(Baskets {
            what,
            items: items.collect(),
            starts,
            held,
            faults,
        })
    }

    /// What is a basket.
    pub(super) fn what(&self) -> &'static str {
        self.what
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn items(&self) -> &Arc<[String]> {
        &self.items
    }

    /// The items of each basket, ascending.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u32]> {
        self.starts
            .windows(2)
            .map(|ends| &self.held[ends[0]..ends[1]])
    }

    /// In how many baskets each item is.
    pub(super) fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.items.len()];
        self.held
            .iter()
            .for_each(|item| counts[*item as usize] += 1);
        counts
    }

    /// In how many baskets is each item? A row for each, the most frequent first: `item`, `baskets`, `support` (their
    /// share of all) with `lower` and `upper` (Wilson).
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn tidy(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let counts = self.counts();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|item| std::cmp::Reverse(counts[*item]));
        let shares = order
            .iter()
            .map(|item| wilson(counts[*item], self.len() as u64, confidence))
            .collect::<Result<Vec<_>>>()?;
        Ok(df!(
            "item" => order.iter().map(|item| self.items[*item].as_str()).collect::<Vec<_>>(),
            "baskets" => order.iter().map(|item| counts[*item]).collect::<Vec<_>>(),
            "support" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
            "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
            "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
        )?)
    }

    /// Which of the most frequent items lie together? A row for each two of so many items, in the order of
    /// [`tidy`](Baskets::tidy): `item`, `other_item`, `baskets` that hold both, `expected_baskets` (if the two had nothing to
    /// do with each other) and `lift`, how many times as many there are.
    ///
    /// # Errors
    /// [`Error::TooFew`] where there are not two items, or two are not asked for.
    pub fn pairs(&self, items: usize) -> Result<DataFrame> {
        let counts = self.counts();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|item| std::cmp::Reverse(counts[*item]));
        order.truncate(items);
        let n = order.len();
        if n < 2 {
            return Err(Error::TooFew {
                what: "items to make pairs of".into(),
                found: n,
                expected: "2 or more".into(),
            });
        }
        let mut place = vec![None; counts.len()];
        for (own, item) in order.iter().enumerate() {
            place[*item] = Some(own);
        }
        let mut together = vec![0u64; n * n];
        for basket in self.each() {
            let own = basket.iter().filter_map(|item| place[*item as usize]);
            let own: Vec<usize> = own.collect();
            for a in &own {
                own.iter().for_each(|b| together[a * n + b] += 1);
            }
        }
        let pairs: Vec<(usize, usize)> = (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
            .collect();
        let all = self.len() as f64;
        let name = |place: usize| self.items[order[place]].as_str();
        let expected =
            |(a, b): &(usize, usize)| counts[order[*a]] as f64 * counts[order[*b]] as f64 / all;
        let both = |(a, b): &(usize, usize)| together[a * n + b];
        Ok(df!(
            "item" => pairs.iter().map(|pair| name(pair.0)).collect::<Vec<_>>(),
            "other_item" => pairs.iter().map(|pair| name(pair.1)).collect::<Vec<_>>(),
            "baskets" => pairs.iter().map(both).collect::<Vec<_>>(),
            "expected_baskets" => pairs.iter().map(expected).collect::<Vec<_>>(),
            "lift" => pairs.iter().map(|pair| both(pair) as f64 / expected(pair)).collect::<Vec<_>>(),
        )?)
    }

    /// How many baskets are there, and how full are they? One row: `basket` (what is one), `baskets`, `items` (different
    /// ones), `items_in_all` (each as often as it is in a basket), `mean_items` and `most_items` of a basket,
    /// `one_item` (baskets that hold a single one).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let sizes = || self.each().map(<[u32]>::len);
        Ok(df!(
            "basket" => [self.what],
            "baskets" => [self.len() as u64],
            "items" => [self.items.len() as u64],
            "items_in_all" => [self.held.len() as u64],
            "mean_items" => [self.held.len() as f64 / self.len() as f64],
            "most_items" => [sizes().max().map(|most| most as u64)],
            "one_item" => [sizes().filter(|size| *size == 1).count() as u64],
        )?)
    }

    /// What was odd, and what was done? A row for each kind that was looked for: `found`, `rows`, `example` (the
    /// first), `done`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn quality(&self) -> Result<DataFrame> {
        let each = || self.faults.iter();
        Ok(df!(
            "found" => each().map(|fault| fault.found).collect::<Vec<_>>(),
            "rows" => each().map(|fault| fault.rows).collect::<Vec<_>>(),
            "example" => each().map(|fault| fault.example.as_deref()).collect::<Vec<_>>(),
            "done" => each().map(|fault| fault.done).collect::<Vec<_>>(),
        )?)
    }
}

/// The number of each name, in the order in which they come, and how many there are.
fn numbered(names: &StringChunked) -> (Vec<Option<u32>>, usize) {
    let mut numbers: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
    let each = names.iter().map(|name| {
        let next = numbers.len() as u32;
        name.map(|name| *numbers.entry(name).or_insert(next))
    });
    let each = each.collect();
    (each, numbers.len())
}
