//! Which sets of items lie together in so many baskets? Eclat (Zaki 2000, IEEE Transactions on Knowledge and Data
//! Engineering 12, 372): sets grow by one item at a time, and carry the baskets that they are in.
//!
//! The rarest item of a set comes first, so that a set is looked for among the few baskets of its rarest item only.
//! These become bits, a row of them for each item that is in enough of them beside it.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Baskets;
use crate::progress::Progress;
use crate::table::points::vectorised;
use crate::{Error, Result};

/// Sets of one size: their items by number, one set behind the other in the order of the alphabet, and in how many
/// baskets each is.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    pub size: usize,
    pub items: Vec<u32>,
    pub counts: Vec<u64>,
}

impl Level {
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn set(&self, place: usize) -> &[u32] {
        &self.items[place * self.size..][..self.size]
    }

    /// Where a set stands.
    pub fn place(&self, set: &[u32]) -> Option<usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = (from + to) / 2;
            match self.set(middle).cmp(set) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// In so many baskets or more.
    pub baskets: u64,
    /// Of so many items or fewer.
    pub longest: usize,
    /// More sets than this are too many.
    pub most: usize,
}

/// The frequent items by how rare they are, and the baskets with these alone.
struct Frequent {
    /// The item of each rank, the rarest first.
    items: Vec<u32>,
    starts: Vec<u32>,
    /// The ranks of each basket's items, ascending.
    ranks: Vec<u32>,
    /// Of each rank where its baskets begin among `places`, and where the last one's end.
    ends: Vec<u32>,
    /// The baskets of each rank: which, and where the ranks behind it begin.
    places: Vec<(u32, u32)>,
}

impl Frequent {
    fn of(baskets: &Baskets, least: u64) -> Result<Self> {
        let counts = baskets.counts();
        let mut items: Vec<u32> = (0..counts.len() as u32)
            .filter(|item| counts[*item as usize] >= least)
            .collect();
        items.sort_by_key(|item| counts[*item as usize]);
        const RARE: u32 = u32::MAX;
        let mut rank_of = vec![RARE; counts.len()];
        for (rank, item) in items.iter().enumerate() {
            rank_of[*item as usize] = rank as u32;
        }
        let in_all: u64 = items.iter().map(|item| counts[*item as usize]).sum();
        if in_all >= u64::from(u32::MAX) {
            return Err(Error::Parameter {
                name: "baskets",
                value: format!("{in_all} items in all"),
                expected: format!("fewer than {}", u32::MAX),
            });
        }
        let (mut starts, mut ranks) = (vec![0], Vec::with_capacity(in_all as usize));
        for basket in baskets.each() {
            let before = ranks.len();
            let own = basket.iter().map(|item| rank_of[*item as usize]);
            ranks.extend(own.filter(|rank| *rank != RARE));
            ranks[before..].sort_unstable();
            starts.push(ranks.len() as u32);
        }
        let mut ends = vec![0];
        for item in &items {
            ends.push(ends[ends.len() - 1] + counts[*item as usize] as u32);
        }
        let mut next = ends.clone();
        let mut places = vec![(0, 0); ranks.len()];
        for basket in 0..starts.len() - 1 {
            for at in starts[basket]..starts[basket + 1] {
                let own = &mut next[ranks[at as usize] as usize];
                places[*own as usize] = (basket as u32, at + 1);
                *own += 1;
            }
        }
        Ok(Frequent {
            items,
            starts,
            ranks,
            ends,
            places,
        })
    }

    /// The ranks behind one in each of its baskets.
    fn behind(&self, rank: usize) -> impl Iterator<Item = &[u32]> {
        let own = &self.places[self.ends[rank] as usize..self.ends[rank + 1] as usize];
        own.iter().map(|(basket, at)| {
            &self.ranks[*at as usize..self.starts[*basket as usize + 1] as usize]
        })
    }
}

/// Sets as they are found: their sizes, their ranks one behind the other, and their counts.
#[derive(Default)]
struct Found {
    sizes: Vec<u8>,
    ranks: Vec<u32>,
    counts: Vec<u64>,
}

impl Found {
    fn push(&mut self, prefix: &[u32], rank: u32, count: u64) {
        self.sizes.push(prefix.len() as u8 + 1);
        self.ranks.extend_from_slice(prefix);
        self.ranks.push(rank);
        self.counts.push(count);
    }
}

/// An item that may extend a set: in which of the baskets, and in how many.
struct Extension {
    rank: u32,
    bits: Vec<u64>,
    count: u64,
}

/// All sets that are wanted, by their size from 1.
pub(super) fn frequent(baskets: &Baskets, wanted: Wanted) -> Result<Vec<Level>> {
    let frequent = Frequent::of(baskets, wanted.baskets)?;
    let total = AtomicUsize::new(0);
    let progress = Progress::new("itemsets", frequent.items.len());
    let too_many = |found: usize| {
        let before = total.fetch_add(found, Ordering::Relaxed);
        match before + found > wanted.most {
            true => Err(Error::Parameter {
                name: "support",
                value: format!("{} baskets", wanted.baskets),
                expected: format!(
                    "more, or shorter sets: there are more than {} (see .longest(..) and .most(..))",
                    wanted.most
                ),
            }),
            false => Ok(()),
        }
    };
    let parts: Vec<Found> = (0..frequent.items.len())
        .into_par_iter()
        .map(|rank| {
            let mut found = Found::default();
            let own = u64::from(frequent.ends[rank + 1] - frequent.ends[rank]);
            found.push(&[], rank as u32, own);
            if wanted.longest > 1 {
                let extensions = beside(&frequent, rank, wanted.baskets);
                let mut prefix = vec![rank as u32];
                grow(&mut prefix, &extensions, wanted, &mut found, &too_many)?;
            }
            too_many(1)?;
            progress.tick()?;
            Ok(found)
        })
        .collect::<Result<_>>()?;
    Ok(levels(&frequent.items, parts))
}

/// The items behind one that are in enough of its baskets.
fn beside(frequent: &Frequent, rank: usize, least: u64) -> Vec<Extension> {
    let mut counts = vec![0u64; frequent.items.len()];
    for own in frequent.behind(rank) {
        own.iter().for_each(|other| counts[*other as usize] += 1);
    }
    const NONE: u32 = u32::MAX;
    let words = ((frequent.ends[rank + 1] - frequent.ends[rank]) as usize).div_ceil(64);
    let mut place = vec![NONE; counts.len()];
    let mut extensions = Vec::new();
    for (other, count) in counts.into_iter().enumerate() {
        if count >= least {
            place[other] = extensions.len() as u32;
            extensions.push(Extension {
                rank: other as u32,
                bits: vec![0; words],
                count,
            });
        }
    }
    if extensions.len() > 1 {
        for (bit, own) in frequent.behind(rank).enumerate() {
            for other in own {
                let place = place[*other as usize];
                if place != NONE {
                    extensions[place as usize].bits[bit / 64] |= 1 << (bit % 64);
                }
            }
        }
    }
    extensions
}

/// Adds to a set each of its extensions, and to these each that stands behind.
fn grow(
    prefix: &mut Vec<u32>,
    extensions: &[Extension],
    wanted: Wanted,
    found: &mut Found,
    too_many: &impl Fn(usize) -> Result<()>,
) -> Result<()> {
    too_many(extensions.len())?;
    for (place, own) in extensions.iter().enumerate() {
        found.push(prefix, own.rank, own.count);
        if prefix.len() + 2 > wanted.longest {
            continue;
        }
        let mut next = Vec::new();
        let mut both = vec![0; own.bits.len()];
        for other in &extensions[place + 1..] {
            let count = in_both(&own.bits, &other.bits, &mut both);
            if count >= wanted.baskets {
                next.push(Extension {
                    rank: other.rank,
                    bits: both.clone(),
                    count,
                });
            }
        }
        if !next.is_empty() {
            prefix.push(own.rank);
            grow(prefix, &next, wanted, found, too_many)?;
            prefix.pop();
        }
    }
    Ok(())
}

vectorised! {
    /// The bits of both, and how many they are.
    fn in_both(a: &[u64], b: &[u64], both: &mut [u64]) -> u64 {
        let mut count = 0;
        for ((both, a), b) in both.iter_mut().zip(a).zip(b) {
            *both = a & b;
            count += u64::from(both.count_ones());
        }
        count
    }
}

/// The sets by their sizes, with the numbers of their items in ascending order.
fn levels(items: &[u32], parts: Vec<Found>) -> Vec<Level> {
    let mut unsorted: Vec<Level> = Vec::new();
    for part in parts {
        let mut ranks = part.ranks.as_slice();
        for (size, count) in part.sizes.iter().zip(part.counts) {
            let size = usize::from(*size);
            while unsorted.len() < size {
                unsorted.push(Level {
                    size: unsorted.len() + 1,
                    ..Level::default()
                });
            }
            let (own, rest) = ranks.split_at(size);
            ranks = rest;
            let level = &mut unsorted[size - 1];
            let start = level.items.len();
            level
                .items
                .extend(own.iter().map(|rank| items[*rank as usize]));
            level.items[start..].sort_unstable();
            level.counts.push(count);
        }
    }
    unsorted.into_par_iter().map(sorted).collect()
}

fn sorted(level: Level) -> Level {
    let mut order: Vec<usize> = (0..level.len()).collect();
    order.par_sort_unstable_by(|a, b| level.set(*a).cmp(level.set(*b)));
    let mut items = Vec::with_capacity(level.items.len());
    for place in &order {
        items.extend_from_slice(level.set(*place));
    }
    Level {
        size: level.size,
        items,
        counts: order.iter().map(|place| level.counts[*place]).collect(),
    }
}
