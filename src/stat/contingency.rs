//! How often do two groupings meet?

use std::collections::HashMap;

use crate::table::groups::Groups;

/// A grid with more cells than this is kept as a list of those that occur.
const MOST_CELLS: usize = 1 << 20;

/// Counts of pairs of groups, and what they say about association. Only the cells that
/// occur are kept, so that two columns with many words fit into memory.
pub(crate) struct Contingency {
    cells: Vec<((u32, u32), u64)>,
    row_totals: Vec<u64>,
    column_totals: Vec<u64>,
    n: u64,
}

impl Contingency {
    /// Counts the rows in which both groupings have a group.
    pub fn new(rows: &Groups, columns: &Groups) -> Self {
        let pairs = rows.codes.iter().zip(&columns.codes);
        let pairs = pairs.filter_map(|(row, column)| Some(((*row)?, (*column)?)));
        let (height, width) = (rows.labels.len(), columns.labels.len());
        let cells: Vec<((u32, u32), u64)> = if height * width <= MOST_CELLS {
            let mut grid = vec![0; height * width];
            for (row, column) in pairs {
                grid[row as usize * width + column as usize] += 1;
            }
            let place = |i: usize| ((i / width) as u32, (i % width) as u32);
            let cells = grid.into_iter().enumerate();
            let seen = cells.filter(|(_, count)| *count > 0);
            seen.map(|(i, count)| (place(i), count)).collect()
        } else {
            let mut seen: HashMap<(u32, u32), u64> = HashMap::new();
            for pair in pairs {
                *seen.entry(pair).or_default() += 1;
            }
            // The order decides how sums of floats are rounded: a hash map has none.
            let mut cells: Vec<_> = seen.into_iter().collect();
            cells.sort_unstable();
            cells
        };
        let mut counts = Contingency {
            cells: Vec::new(),
            row_totals: vec![0; height],
            column_totals: vec![0; width],
            n: 0,
        };
        for ((row, column), count) in &cells {
            counts.row_totals[*row as usize] += count;
            counts.column_totals[*column as usize] += count;
            counts.n += count;
        }
        counts.cells = cells;
        counts
    }

    /// Rows of counts beside each other; all have the same length.
    pub fn of_counts(rows: &[Vec<u64>]) -> Self {
        let columns = rows.first().map_or(0, Vec::len);
        let mut counts = Contingency {
            cells: Vec::new(),
            row_totals: rows.iter().map(|row| row.iter().sum()).collect(),
            column_totals: vec![0; columns],
            n: rows.iter().flatten().sum(),
        };
        for (row, own) in rows.iter().enumerate() {
            for (column, count) in own.iter().enumerate().filter(|(_, count)| **count > 0) {
                counts.column_totals[column] += count;
                counts.cells.push(((row as u32, column as u32), *count));
            }
        }
        counts
    }

    /// The same for two divisions whose labels count from 0.
    pub fn of_labels(a: &[usize], b: &[usize]) -> Self {
        let groups = |labels: &[usize]| Groups {
            name: String::new(),
            labels: vec![String::new(); labels.iter().max().map_or(0, |most| most + 1)],
            codes: labels.iter().map(|label| Some(*label as u32)).collect(),
        };
        Contingency::new(&groups(a), &groups(b))
    }

    /// All cells, those that do not occur too.
    pub fn grid(&self) -> Vec<Vec<u64>> {
        let mut grid = vec![vec![0; self.column_totals.len()]; self.row_totals.len()];
        for ((row, column), count) in &self.cells {
            grid[*row as usize][*column as usize] = *count;
        }
        grid
    }

    /// The rows counted.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// The groups of the first grouping that occur.
    pub fn rows(&self) -> usize {
        occurring(&self.row_totals).count()
    }

    /// The groups of the second grouping that occur.
    pub fn columns(&self) -> usize {
        occurring(&self.column_totals).count()
    }

    /// Pearson's statistic and its degrees of freedom.
    pub fn chi_square(&self) -> (f64, u64) {
        let n = self.n as f64;
        let mut statistic = 0.0;
        let mut expected_seen = 0.0;
        for ((row, column), count) in &self.cells {
            let (row, column) = (*row as usize, *column as usize);
            let expected = self.row_totals[row] as f64 * self.column_totals[column] as f64 / n;
            statistic += (*count as f64 - expected).powi(2) / expected;
            expected_seen += expected;
        }
        // A cell that does not occur adds what was expected of it; together that is the rest.
        let degrees = (self.rows().max(1) - 1) as u64 * (self.columns().max(1) - 1) as u64;
        let all_seen = self.cells.len() == self.rows() * self.columns();
        let unseen = if all_seen { 0.0 } else { n - expected_seen };
        (statistic + unseen.max(0.0), degrees)
    }

    /// How many cells expect fewer than five, of how many; and the smallest expectation.
    pub fn expected(&self) -> (usize, usize, f64) {
        let (mut below_five, mut cells, mut smallest) = (0, 0, f64::INFINITY);
        for row in occurring(&self.row_totals) {
            for column in occurring(&self.column_totals) {
                let expected = row as f64 * column as f64 / self.n as f64;
                below_five += usize::from(expected < 5.0);
                cells += 1;
                smallest = smallest.min(expected);
            }
        }
        (below_five, cells, smallest)
    }

    /// Cramér's V: 0 for independent, 1 where one grouping tells the other; and the same
    /// without the bias that makes it positive by chance (Bergsma 2013). `None` where either
    /// has a single group, or too few customers for the correction.
    pub fn cramers_v(&self) -> (Option<f64>, Option<f64>) {
        let n = self.n as f64;
        let (rows, columns) = (self.rows() as f64, self.columns() as f64);
        let (statistic, degrees) = self.chi_square();
        let strength = |phi: f64, reach: f64| (reach > 0.0).then(|| (phi / reach).sqrt().min(1.0));
        let plain = strength(statistic / n, rows.min(columns) - 1.0);
        let phi = (statistic / n - degrees as f64 / (n - 1.0)).max(0.0);
        let shrunk = |groups: f64| groups - (groups - 1.0).powi(2) / (n - 1.0);
        let corrected = strength(phi, shrunk(rows).min(shrunk(columns)) - 1.0);
        (plain, corrected)
    }

    /// The Rand index of two divisions, adjusted for chance (Hubert and Arabie 1985); 1 where
    /// neither divides anything.
    pub fn adjusted_rand(&self) -> f64 {
        let squares = |counts: &mut dyn Iterator<Item = u64>| {
            counts.map(|count| (count as f64).powi(2)).sum::<f64>()
        };
        // Pairs of customers, in order, that are together in both, in the first, in the second.
        let n = self.n as f64;
        let both = squares(&mut self.cells.iter().map(|cell| cell.1));
        let first = squares(&mut self.row_totals.iter().copied());
        let second = squares(&mut self.column_totals.iter().copied());
        let (together, neither) = (both - n, n * n + both - first - second);
        let (only_first, only_second) = (first - both, second - both);
        if only_first == 0.0 && only_second == 0.0 {
            return 1.0;
        }
        2.0 * (together * neither - only_first * only_second)
            / ((together + only_second) * (only_second + neither)
                + (together + only_first) * (only_first + neither))
    }

    /// Mutual information over the mean of the two entropies; 1 where neither divides anything.
    pub fn mutual_information(&self) -> f64 {
        let n = self.n as f64;
        let entropy = |totals: &[u64]| {
            let shares = occurring(totals).map(|total| total as f64 / n);
            -shares.map(|share| share * share.ln()).sum::<f64>()
        };
        let mean = (entropy(&self.row_totals) + entropy(&self.column_totals)) / 2.0;
        if mean <= 0.0 {
            return 1.0;
        }
        let shared = self.cells.iter().map(|((row, column), count)| {
            let expected =
                self.row_totals[*row as usize] as f64 * self.column_totals[*column as usize] as f64;
            *count as f64 / n * (*count as f64 * n / expected).ln()
        });
        (shared.sum::<f64>() / mean).clamp(0.0, 1.0)
    }
}

/// The totals of the groups that occur.
fn occurring(totals: &[u64]) -> impl Iterator<Item = u64> {
    totals.iter().copied().filter(|total| *total > 0)
}
