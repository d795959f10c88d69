//! One tree of a forest: CART with the Gini impurity (Breiman, Friedman, Olshen and Stone 1984), on bins.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::bins::Binned;
use super::tree::{Node, Tree};
use crate::stat::random::below;

/// What all trees grow on.
pub(super) struct Soil<'a> {
    pub columns: &'a [Binned],
    /// The class of each row.
    pub classes: &'a [u16],
    /// What a row of each class counts.
    pub weights: &'a [f64],
    pub depth: usize,
    pub least: usize,
    /// How many columns are tried at each split.
    pub tried: usize,
}

/// A tree, and by how much each column made it purer.
pub(super) struct Grown {
    pub tree: Tree,
    pub purer: Vec<f64>,
}

/// A split of some rows.
struct Split {
    column: usize,
    /// Rows up to this bin go left.
    bin: u16,
    threshold: f64,
    missing_left: bool,
    gain: f64,
}

/// Rows that are still to be split: a part of all, and their place in the tree.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
    counts: Vec<u32>,
}

/// Where a split is looked for.
struct Search<'a> {
    soil: &'a Soil<'a>,
    /// How often each row was drawn.
    times: &'a [u8],
    k: usize,
    /// For each bin the rows of each class, drawn ones as often as they were, and the rows.
    histogram: Vec<u32>,
    /// Bins, classes and times of few rows, to be sorted.
    few: Vec<(u16, u16, u8)>,
    left: Vec<u32>,
}

/// Fewer rows than this are sorted rather than counted.
const FEW: usize = 48;

impl Soil<'_> {
    /// Grows a tree on rows that were drawn so many times.
    pub fn grow(&self, times: &[u8], random: &mut Xoshiro256PlusPlus) -> Grown {
        let k = self.weights.len();
        let mut rows: Vec<u32> = (0..times.len() as u32)
            .filter(|row| times[*row as usize] > 0)
            .collect();
        let mut counts = vec![0u32; k];
        for row in &rows {
            counts[self.classes[*row as usize] as usize] += u32::from(times[*row as usize]);
        }
        let bins = self.columns.iter().map(|column| column.low.len() + 1).max();
        let mut search = Search {
            soil: self,
            times,
            k,
            histogram: vec![0; bins.unwrap_or(1) * (k + 1)],
            few: Vec::with_capacity(FEW),
            left: vec![0; k],
        };
        let mut tree = Tree::new(k);
        let mut purer = vec![0.0; self.columns.len()];
        let mut order: Vec<u32> = (0..self.columns.len() as u32).collect();
        let mut aside = Vec::new();
        let mut open = vec![Open {
            node: tree.push(),
            start: 0,
            end: rows.len(),
            depth: 0,
            counts,
        }];
        while let Some(Open {
            node,
            start,
            end,
            depth,
            counts,
        }) = open.pop()
        {
            let is_pure = counts.iter().filter(|count| **count > 0).count() <= 1;
            let own = &mut rows[start..end];
            let split = match is_pure || depth >= self.depth || own.len() / 2 < self.least {
                true => None,
                false => search.best(own, &counts, &mut order, random),
            };
            let Some(split) = split else {
                tree.leaf(node, &counts, self.weights);
                continue;
            };
            let column = &self.columns[split.column];
            let missing = column.missing();
            let is_left = |row: u32| match column.codes[row as usize] {
                code if code == missing => split.missing_left,
                code => code <= split.bin,
            };
            // Rows keep their order, so that they are read from memory one after another.
            aside.clear();
            let mut at = 0;
            for place in 0..own.len() {
                let row = own[place];
                if is_left(row) {
                    own[at] = row;
                    at += 1;
                } else {
                    aside.push(row);
                }
            }
            own[at..].copy_from_slice(&aside);
            let mut left = vec![0u32; k];
            for row in &own[..at] {
                left[self.classes[*row as usize] as usize] += u32::from(times[*row as usize]);
            }
            let right: Vec<u32> = counts
                .iter()
                .zip(&left)
                .map(|(all, left)| all - left)
                .collect();
            purer[split.column] += split.gain;
            let more_left = left.iter().sum::<u32>() > right.iter().sum();
            let has_missing = own.iter().any(|row| column.codes[*row as usize] == missing);
            // Where no row was without a value, one that is goes where most go.
            let missing_left = if has_missing {
                split.missing_left
            } else {
                more_left
            };
            let children = tree.push();
            tree.push();
            tree.nodes[node] = Node::split(split.column, split.threshold, missing_left, children);
            for (place, (start, end), counts) in [
                (1, (start + at, end), right),
                (0, (start, start + at), left),
            ] {
                open.push(Open {
                    node: children + place,
                    start,
                    end,
                    depth: depth + 1,
                    counts,
                });
            }
        }
        Grown { tree, purer }
    }
}

impl Search<'_> {
    /// The best split by some columns, drawn at random; more are drawn until one of them has two values.
    fn best(
        &mut self,
        rows: &[u32],
        counts: &[u32],
        order: &mut [u32],
        random: &mut Xoshiro256PlusPlus,
    ) -> Option<Split> {
        let d = order.len();
        let mut best: Option<Split> = None;
        let mut varies = false;
        for visited in 0..d {
            if visited >= self.soil.tried && varies {
                break;
            }
            let other = visited + below(random, d - visited);
            order.swap(visited, other);
            let column = order[visited] as usize;
            varies |= self.look(column, rows, counts, &mut best);
        }
        best
    }

    /// Looks at one column, and keeps its best split if it is better; says whether the column has two values here.
    fn look(
        &mut self,
        column: usize,
        rows: &[u32],
        counts: &[u32],
        best: &mut Option<Split>,
    ) -> bool {
        if rows.len() < FEW {
            return self.look_at_few(column, rows, counts, best);
        }
        let soil = self.soil;
        let binned = &soil.columns[column];
        let width = self.k + 1;
        let bins = binned.low.len();
        self.histogram[..(bins + 1) * width].fill(0);
        for row in rows {
            let row = *row as usize;
            let place = binned.codes[row] as usize * width;
            self.histogram[place + soil.classes[row] as usize] += u32::from(self.times[row]);
            self.histogram[place + self.k] += 1;
        }
        let histogram = std::mem::take(&mut self.histogram);
        let filled = histogram[..(bins + 1) * width]
            .chunks_exact(width)
            .enumerate();
        let k = self.k;
        let filled = filled.filter(|(_, bin)| bin[k] > 0);
        let mut cells = filled.map(|(bin, own)| (bin as u16, &own[..k], own[k]));
        let varies = self.sweep(column, rows.len(), counts, &mut cells, best);
        self.histogram = histogram;
        varies
    }

    fn look_at_few(
        &mut self,
        column: usize,
        rows: &[u32],
        counts: &[u32],
        best: &mut Option<Split>,
    ) -> bool {
        let soil = self.soil;
        let codes = &soil.columns[column].codes;
        let mut few = std::mem::take(&mut self.few);
        few.clear();
        few.extend(rows.iter().map(|row| {
            let row = *row as usize;
            (codes[row], soil.classes[row], self.times[row])
        }));
        few.sort_unstable();
        let width = self.k + 1;
        let mut histogram = std::mem::take(&mut self.histogram);
        let mut bins: Vec<u16> = Vec::with_capacity(few.len());
        for same in few.chunk_by(|a, b| a.0 == b.0) {
            let own = &mut histogram[bins.len() * width..(bins.len() + 1) * width];
            own.fill(0);
            for (_, class, times) in same {
                own[*class as usize] += u32::from(*times);
            }
            own[self.k] = same.len() as u32;
            bins.push(same[0].0);
        }
        let k = self.k;
        let cells = bins.iter().zip(histogram.chunks_exact(width));
        let mut cells = cells.map(|(bin, own)| (*bin, &own[..k], own[k]));
        let varies = self.sweep(column, rows.len(), counts, &mut cells, best);
        self.histogram = histogram;
        self.few = few;
        varies
    }

    /// Tries each border between two bins that have rows; what is missing goes to either side.
    fn sweep(
        &mut self,
        column: usize,
        n: usize,
        counts: &[u32],
        cells: &mut dyn Iterator<Item = (u16, &[u32], u32)>,
        best: &mut Option<Split>,
    ) -> bool {
        let soil = self.soil;
        let binned = &soil.columns[column];
        let cells: Vec<(u16, &[u32], u32)> = cells.collect();
        if cells.len() < 2 {
            return false;
        }
        let is_missing = |cell: &(u16, &[u32], u32)| cell.0 == binned.missing();
        let (missing, cells) = match cells.split_last() {
            Some((last, before)) if is_missing(last) => (Some(last), before),
            _ => (None, &cells[..]),
        };
        let all: f64 = weighted(counts, soil.weights).sum();
        let squares = |counts: &mut dyn Iterator<Item = f64>| {
            counts.fold((0.0, 0.0), |(sum, squares), own| {
                (sum + own, squares + own * own)
            })
        };
        let (_, of_all) = squares(&mut weighted(counts, soil.weights));
        let ways: &[bool] = if missing.is_some() {
            &[false, true]
        } else {
            &[false]
        };
        for missing_left in ways {
            self.left.fill(0);
            let mut rows_left = 0;
            if let (true, Some((_, own, rows))) = (*missing_left, missing) {
                self.left
                    .iter_mut()
                    .zip(*own)
                    .for_each(|(left, own)| *left += own);
                rows_left += *rows as usize;
            }
            for (place, (bin, own, rows)) in cells.iter().enumerate() {
                self.left
                    .iter_mut()
                    .zip(*own)
                    .for_each(|(left, own)| *left += own);
                rows_left += *rows as usize;
                let next = cells.get(place + 1);
                // Behind the last value lies only what is missing, where it goes right.
                if next.is_none() && (missing.is_none() || *missing_left) {
                    break;
                }
                if rows_left < soil.least || n - rows_left < soil.least {
                    continue;
                }
                let left = squares(&mut weighted(&self.left, soil.weights));
                let right = self.left.iter().zip(counts).zip(soil.weights);
                let mut right = right.map(|((left, all), weight)| f64::from(all - left) * weight);
                let right = squares(&mut right);
                let gain = left.1 / left.0 + right.1 / right.0 - of_all / all;
                if best.as_ref().is_none_or(|best| gain > best.gain) {
                    let high = binned.high[*bin as usize];
                    let threshold =
                        next.map_or(f64::MAX, |next| between(high, binned.low[next.0 as usize]));
                    *best = Some(Split {
                        column,
                        bin: *bin,
                        threshold,
                        missing_left: *missing_left,
                        gain,
                    });
                }
            }
        }
        true
    }
}

fn weighted<'a>(counts: &'a [u32], weights: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    counts
        .iter()
        .zip(weights)
        .map(|(count, weight)| f64::from(*count) * weight)
}

/// The middle, and never the upper one itself, which goes right.
fn between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle >= high || middle < low {
        low
    } else {
        middle
    }
}
