use std::sync::Arc;

use polars::prelude::*;

use super::Baskets;
use super::eclat::{self, Level, Wanted};
use super::share::Share;
use crate::stat::interval::{checked, wilson};
use crate::{Error, Result};

/// What is often bought together? Every set of items that is in enough baskets; made by [`ItemsetsParams::find`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let lines = df!(
///     "bill" => [1, 1, 1, 2, 2, 3, 3, 4],
///     "product" => ["tea", "jam", "rice", "tea", "jam", "tea", "jam", "rice"],
/// )?;
/// let baskets = Baskets::of_table(&lines, "bill", "product")?;
/// let found = Itemsets::params().support(0.5).find(&baskets)?;
/// let sets = found.tidy(0.95)?;
/// assert_eq!(sets.height(), 4);
/// // Tea is never without jam: the two together say all that it says.
/// let closed = sets.lazy().filter(col("closed")).select([col("itemset")]).collect()?;
/// assert_eq!(closed.column("itemset")?.str()?.get(0), Some("jam + tea"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Itemsets {
    pub(super) what: &'static str,
    pub(super) items: Arc<[String]>,
    pub(super) baskets: u64,
    /// By the size of the sets, from 1.
    pub(super) levels: Vec<Level>,
    pub(super) longest: usize,
    least: u64,
    /// Of each level which sets are closed, and which are maximal.
    marks: Vec<(Vec<bool>, Vec<bool>)>,
}

/// Which sets of items are wanted? A builder; [`find`](ItemsetsParams::find) does the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemsetsParams {
    support: f64,
    longest: usize,
    most: usize,
}

/// Longer sets than this cannot be asked for; nobody reads them.
const LONGEST: usize = 63;

impl Itemsets {
    /// Sets in 1 % of the baskets or more, of up to 10 items, and not more than five million of them.
    pub fn params() -> ItemsetsParams {
        ItemsetsParams {
            support: 0.01,
            longest: 10,
            most: 5_000_000,
        }
    }

    /// Which sets are they? A row for each, the most frequent first: `itemset` (its items with ` + ` between them),
    /// `size` (how many they are), `baskets` that hold all of them, `support` (the share of all baskets) with `lower`
    /// and `upper` (Wilson), and whether it is
    ///
    /// - `closed`: no larger set is in as many baskets, so that it is not only a part of one that says more,
    /// - `maximal`: no larger set is frequent at all.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn tidy(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let mut rows: Vec<(&Level, usize)> = Vec::new();
        for level in &self.levels {
            rows.extend((0..level.len()).map(|place| (level, place)));
        }
        rows.sort_by_key(|(level, place)| std::cmp::Reverse(level.counts[*place]));
        let each = || rows.iter();
        let shares = each()
            .map(|(level, place)| wilson(level.counts[*place], self.baskets, confidence))
            .collect::<Result<Vec<_>>>()?;
        let mark = |(level, place): &(&Level, usize)| {
            let (closed, maximal) = &self.marks[level.size - 1];
            (closed[*place], maximal[*place])
        };
        Ok(df!(
            "itemset" => each().map(|(level, place)| named(&self.items, level.set(*place))).collect::<Vec<_>>(),
            "size" => each().map(|(level, _)| level.size as u32).collect::<Vec<_>>(),
            "baskets" => each().map(|(level, place)| level.counts[*place]).collect::<Vec<_>>(),
            "support" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
            "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
            "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
            "closed" => each().map(|row| mark(row).0).collect::<Vec<_>>(),
            "maximal" => each().map(|row| mark(row).1).collect::<Vec<_>>(),
        )?)
    }

    /// How many are there of each size? A row for each: `size`, `itemsets`, and how many of them are `closed_itemsets`
    /// and `maximal_itemsets`; with what was asked for: `basket` (what is one), `all_baskets`, `least_baskets`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let marked = |marks: &[bool]| marks.iter().filter(|mark| **mark).count() as u64;
        let n = self.levels.len();
        Ok(df!(
            "size" => self.levels.iter().map(|level| level.size as u32).collect::<Vec<_>>(),
            "itemsets" => self.levels.iter().map(|level| level.len() as u64).collect::<Vec<_>>(),
            "closed_itemsets" => self.marks.iter().map(|marks| marked(&marks.0)).collect::<Vec<_>>(),
            "maximal_itemsets" => self.marks.iter().map(|marks| marked(&marks.1)).collect::<Vec<_>>(),
            "basket" => vec![self.what; n],
            "all_baskets" => vec![self.baskets; n],
            "least_baskets" => vec![self.least; n],
        )?)
    }

    /// In how many baskets a set is that was found.
    pub(super) fn count(&self, set: &[u32]) -> Option<u64> {
        if set.is_empty() {
            return Some(self.baskets);
        }
        let level = self.levels.get(set.len() - 1)?;
        Some(level.counts[level.place(set)?])
    }
}

impl ItemsetsParams {
    /// In which share of the baskets a set must be, above 0 and up to 1: exactly this decimal number, so that 7 of
    /// 100 reach 0.07.
    pub fn support(mut self, share: f64) -> Self {
        self.support = share;
        self
    }

    /// Of how many items at most, from 1 to 63.
    pub fn longest(mut self, items: usize) -> Self {
        self.longest = items;
        self
    }

    /// With more sets than this it is an error: the support is too low for the data then, and memory would run out. Sets
    /// of one item more than the longest count as well, as they tell which of the longest are closed.
    pub fn most(mut self, itemsets: usize) -> Self {
        self.most = itemsets;
        self
    }

    /// All sets that are in enough baskets, each with the exact number of its baskets.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the support is not above 0 and up to 1, the length not from 1 to 63, or there are
    /// too many sets; [`Error::TooFew`] where no item is in enough baskets; [`Error::Interrupted`].
    pub fn find(&self, baskets: &Baskets) -> Result<Itemsets> {
        let n = baskets.len() as u64;
        let least = Share::new("support", self.support, true)?.of(n);
        if !(1..=LONGEST).contains(&self.longest) {
            return Err(Error::Parameter {
                name: "longest",
                value: self.longest.to_string(),
                expected: format!("from 1 to {LONGEST} items"),
            });
        }
        // One more item tells which of the longest sets are closed and maximal.
        let wanted = Wanted {
            baskets: least,
            longest: self.longest + 1,
            most: self.most,
        };
        let mut levels = eclat::frequent(baskets, wanted)?;
        if levels.is_empty() {
            let counts = baskets.counts();
            return Err(Error::TooFew {
                what: format!("items in {least} of {n} baskets"),
                found: 0,
                expected: format!(
                    "1 or more; the most frequent one is in {}",
                    counts.iter().max().unwrap_or(&0)
                ),
            });
        }
        let marks = marks(&levels).into_iter().take(self.longest).collect();
        levels.truncate(self.longest);
        Ok(Itemsets {
            what: baskets.what(),
            items: baskets.items().clone(),
            baskets: n,
            levels,
            longest: self.longest,
            least,
            marks,
        })
    }
}

/// Of each level which sets are closed, and which are maximal.
fn marks(levels: &[Level]) -> Vec<(Vec<bool>, Vec<bool>)> {
    let mut marks: Vec<(Vec<bool>, Vec<bool>)> = levels
        .iter()
        .map(|level| (vec![true; level.len()], vec![true; level.len()]))
        .collect();
    let mut part = Vec::new();
    for larger in 1..levels.len() {
        let (level, below) = (&levels[larger], &levels[larger - 1]);
        let (closed, maximal) = &mut marks[larger - 1];
        for place in 0..level.len() {
            let set = level.set(place);
            for left_out in 0..set.len() {
                part.clear();
                part.extend_from_slice(&set[..left_out]);
                part.extend_from_slice(&set[left_out + 1..]);
                if let Some(own) = below.place(&part) {
                    maximal[own] = false;
                    if below.counts[own] == level.counts[place] {
                        closed[own] = false;
                    }
                }
            }
        }
    }
    marks
}

/// A set in words.
pub(super) fn named(items: &[String], set: &[u32]) -> String {
    let names: Vec<&str> = set
        .iter()
        .map(|item| items[*item as usize].as_str())
        .collect();
    names.join(" + ")
}
