//! A shallow decision tree for one question with yes and no, by Gini impurity (Breiman et al. 1984).

use rayon::prelude::*;

/// Different values that a column keeps; of more, neighbours are put together.
const MOST_BINS: usize = 4_096;

/// A column as places in the order of its values.
pub(super) struct Binned {
    codes: Vec<u16>,
    /// `cuts[i]` lies above all values of bin i, and not above those of bin i + 1.
    cuts: Vec<f64>,
}

impl Binned {
    /// The bins are those of the rows that are learned from; all rows are put into them.
    pub fn new(values: &[f64], learned: &[u32]) -> Self {
        let mut sorted: Vec<f64> = learned.iter().map(|row| values[*row as usize]).collect();
        sorted.par_sort_unstable_by(f64::total_cmp);
        let mut kinds = sorted.clone();
        kinds.dedup();
        // The first value of each bin.
        let starts: Vec<f64> = if kinds.len() <= MOST_BINS {
            kinds
        } else {
            let mut starts: Vec<f64> = (0..MOST_BINS)
                .map(|bin| sorted[bin * sorted.len() / MOST_BINS])
                .collect();
            starts.dedup();
            starts
        };
        let cut = |start: &f64| {
            let above = sorted.partition_point(|value| value < start);
            round_between(sorted[above - 1], *start)
        };
        let cuts: Vec<f64> = starts.iter().skip(1).map(cut).collect();
        let code = |value: &f64| cuts.partition_point(|cut| cut <= value) as u16;
        Binned {
            codes: values.par_iter().map(code).collect(),
            cuts,
        }
    }
}

/// The number with the fewest digits above `low` and not above `high`.
fn round_between(low: f64, high: f64) -> f64 {
    let size = low.abs().max(high.abs()).log10().ceil() as i32;
    for digits in (size - 16..=size).rev() {
        let unit = 10f64.powi(digits);
        for step in [5.0 * unit, unit] {
            let rounded = (high / step).floor() * step;
            if rounded > low && rounded <= high {
                return rounded;
            }
        }
    }
    high
}

/// The values of a column that belong to a leaf: bins from `low` to `high`, both inside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    pub column: usize,
    pub low: u16,
    pub high: u16,
}

impl Range {
    pub fn holds(&self, columns: &[Binned], row: usize) -> bool {
        (self.low..=self.high).contains(&columns[self.column].codes[row])
    }

    /// The ends in the column's unit: from the first (inside) to the second (outside), where there
    /// is one.
    pub fn ends(&self, columns: &[Binned]) -> (Option<f64>, Option<f64>) {
        let cuts = &columns[self.column].cuts;
        let low = (self.low > 0).then(|| cuts[self.low as usize - 1]);
        (low, cuts.get(self.high as usize).copied())
    }
}

/// The paths to the leaves of a tree that is so deep at most, each with so many rows at least.
pub(super) fn leaves(
    columns: &[Binned],
    yes: &[bool],
    rows: Vec<u32>,
    depth: usize,
    least: usize,
) -> Vec<Vec<Range>> {
    let mut found = Vec::new();
    grow(
        &Data {
            columns,
            yes,
            least,
        },
        rows,
        Vec::new(),
        depth,
        &mut found,
    );
    found
}

struct Data<'a> {
    columns: &'a [Binned],
    yes: &'a [bool],
    least: usize,
}

fn grow(
    data: &Data<'_>,
    rows: Vec<u32>,
    path: Vec<Range>,
    depth: usize,
    found: &mut Vec<Vec<Range>>,
) {
    let yes = rows.iter().filter(|row| data.yes[**row as usize]).count();
    let pure = yes == 0 || yes == rows.len();
    let split = if depth == 0 || pure {
        None
    } else {
        data.best_split(&rows, yes)
    };
    let Some(split) = split else {
        return found.push(path);
    };
    let codes = &data.columns[split.column].codes;
    let (below, above): (Vec<u32>, Vec<u32>) = rows
        .into_iter()
        .partition(|row| codes[*row as usize] <= split.bin);
    let whole = Range {
        column: split.column,
        low: 0,
        high: data.columns[split.column].cuts.len() as u16,
    };
    for (rows, is_below) in [(below, true), (above, false)] {
        let mut path = path.clone();
        let place = path.iter().position(|range| range.column == split.column);
        let place = place.unwrap_or_else(|| {
            path.push(whole.clone());
            path.len() - 1
        });
        if is_below {
            path[place].high = split.bin;
        } else {
            path[place].low = split.bin + 1;
        }
        grow(data, rows, path, depth - 1, found);
    }
}

#[derive(Clone, Copy)]
struct Split {
    column: usize,
    /// The last bin of the lower side.
    bin: u16,
    gain: f64,
}

impl Data<'_> {
    /// The split that makes the two sides purest; of equally good ones the first.
    fn best_split(&self, rows: &[u32], yes: usize) -> Option<Split> {
        let of_column = |column: usize| self.best_of_column(column, rows, yes);
        let best: Vec<Option<Split>> = (0..self.columns.len())
            .into_par_iter()
            .map(of_column)
            .collect();
        best.into_iter().flatten().reduce(|best, other| {
            // Sums in another order differ in their last digits: that is no better split.
            if other.gain > best.gain * (1.0 + 1e-12) {
                other
            } else {
                best
            }
        })
    }

    fn best_of_column(&self, column: usize, rows: &[u32], yes: usize) -> Option<Split> {
        let Binned { codes, cuts } = &self.columns[column];
        let mut counts = vec![[0u32; 2]; cuts.len() + 1];
        for row in rows {
            let count = &mut counts[codes[*row as usize] as usize];
            count[0] += 1;
            count[1] += u32::from(self.yes[*row as usize]);
        }
        let (n, yes) = (rows.len() as f64, yes as f64);
        // n times the Gini impurity, halved.
        let impurity = |n: f64, yes: f64| yes * (n - yes) / n;
        let (mut below, mut below_yes) = (0.0, 0.0);
        let mut best: Option<Split> = None;
        for (bin, [count, count_yes]) in counts.iter().enumerate().take(cuts.len()) {
            below += f64::from(*count);
            below_yes += f64::from(*count_yes);
            let above = n - below;
            if *count == 0 || below < self.least as f64 || above < self.least as f64 {
                continue;
            }
            let left = impurity(below, below_yes) + impurity(above, yes - below_yes);
            let gain = impurity(n, yes) - left;
            if gain > best.map_or(1e-9, |best| best.gain * (1.0 + 1e-12)) {
                let bin = bin as u16;
                best = Some(Split { column, bin, gain });
            }
        }
        let best = best?;
        // Between the two sides there may be bins without a customer: any cut there is as good.
        let empty = counts
            .iter()
            .skip(best.bin as usize + 1)
            .take_while(|count| count[0] == 0);
        let last = best.bin + empty.count() as u16;
        let bin = (best.bin..=last)
            .rev()
            .max_by_key(|bin| roundness(cuts[*bin as usize]));
        Some(Split {
            bin: bin.unwrap_or(best.bin),
            ..best
        })
    }
}

/// The power of ten that a number is a multiple of.
fn roundness(x: f64) -> i32 {
    let divides = |power: &i32| (x / 10f64.powi(*power)).fract() == 0.0;
    (-6..=15).rev().find(divides).unwrap_or(-7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_as_round_as_the_gap_allows() {
        assert_eq!(round_between(811_800.0, 812_600.0), 812_000.0);
        assert_eq!(round_between(48.0, 52.0), 50.0);
        assert_eq!(round_between(0.0, 1.0), 1.0);
        assert_eq!(round_between(-3.0, -2.0), -2.0);
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        assert_eq!(round_between(1.0, next), next);
    }

    #[test]
    fn a_tree_asks_what_tells_most_first_and_stops_when_all_is_told() {
        let columns = [
            Binned::new(&[1.0, 1.0, 2.0, 2.0, 1.0, 2.0], &[0, 1, 2, 3, 4, 5]),
            Binned::new(&[5.0, 6.0, 7.0, 8.0, 9.0, 10.0], &[0, 1, 2, 3, 4, 5]),
        ];
        let yes = [false, false, false, false, true, true];
        let leaves = leaves(&columns, &yes, (0..6).collect(), 3, 1);
        assert_eq!(counts(&columns, &yes, &leaves), [(4, 0), (2, 2)]);
        assert_eq!(leaves[1][0].ends(&columns), (Some(9.0), None));
    }

    fn counts(columns: &[Binned], yes: &[bool], leaves: &[Vec<Range>]) -> Vec<(usize, usize)> {
        let count = |path: &Vec<Range>| {
            let in_it = |row: &usize| path.iter().all(|range| range.holds(columns, *row));
            let rows: Vec<usize> = (0..yes.len()).filter(in_it).collect();
            (rows.len(), rows.iter().filter(|row| yes[**row]).count())
        };
        leaves.iter().map(count).collect()
    }

    /// scikit-learn 1.9.1, by tests/oracles/recommend.py: who answers in the sample?
    #[test]
    fn a_tree_has_the_leaves_of_scikit_learn() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/oracles/recommend.json")).unwrap();
        let customers = crate::data::campaign::load("data/marketing_campaign.csv")
            .unwrap()
            .customers;
        let features = [
            crate::data::features::spend(),
            crate::data::features::accepted_campaigns(),
            crate::data::features::age(2022),
        ];
        let customers = polars::prelude::IntoLazy::lazy(customers)
            .with_columns(features)
            .collect()
            .unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let numbers = crate::table::column::numbers(&customers, name).unwrap();
            numbers.into_iter().flatten().collect()
        };
        let columns = [
            "spend",
            "Recency",
            "NumWebVisitsMonth",
            "accepted_campaigns",
            "age",
        ];
        let all: Vec<u32> = (0..customers.height() as u32).collect();
        let columns = columns.map(|name| Binned::new(&numbers(name), &all));
        let yes: Vec<bool> = numbers("Response").iter().map(|x| *x == 1.0).collect();
        let leaves = leaves(&columns, &yes, all, 3, 20);
        let mut ours = counts(&columns, &yes, &leaves);
        ours.sort_unstable();
        let theirs: Vec<(usize, usize)> =
            serde_json::from_value(oracle["tree"]["leaves"].clone()).unwrap();
        assert_eq!(ours, theirs);
    }
}
