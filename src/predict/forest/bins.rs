//! A column as places in the order of its values.

use rayon::prelude::*;

/// A column of numbers, each in its bin. What is missing is in the bin behind the last.
#[derive(Clone, Debug)]
pub(super) struct Binned {
    pub codes: Vec<u16>,
    /// The smallest value of each bin, and the largest.
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

impl Binned {
    /// So many bins at most: one for each value, or where there are more, neighbours together, about as many rows
    /// in each.
    pub fn new(values: &[f64], most: usize) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        sorted.par_sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let (mut low, mut high) = (Vec::new(), Vec::new());
        let kinds = sorted.chunk_by(|a, b| a == b).count();
        // A bin is full once it has its share of the rows that were left when it began.
        let (mut done, mut full) = (0, 0);
        for same in sorted.chunk_by(|a, b| a == b) {
            if kinds <= most || done >= full {
                full = done + (n - done).div_ceil((most - low.len().min(most - 1)).max(1));
                low.push(same[0]);
                high.push(same[0]);
            } else if let Some(high) = high.last_mut() {
                *high = same[0];
            }
            done += same.len();
        }
        let missing = low.len() as u16;
        let code = |value: &f64| match value.is_nan() {
            true => missing,
            false => (low.partition_point(|low| low <= value) - 1) as u16,
        };
        Binned {
            codes: values.par_iter().map(code).collect(),
            low,
            high,
        }
    }

    /// The bin of what is missing.
    pub fn missing(&self) -> u16 {
        self.low.len() as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each_and_many_share_them_evenly() {
        let few = Binned::new(&[3.0, 1.0, f64::NAN, 1.0, 2.0], 10);
        assert_eq!(few.codes, [2, 0, 3, 0, 1]);
        assert_eq!(
            (few.low, few.high),
            (vec![1.0, 2.0, 3.0], vec![1.0, 2.0, 3.0])
        );

        let values: Vec<f64> = (0..1000).map(|x| f64::from((x * 7) % 1000)).collect();
        let many = Binned::new(&values, 10);
        let mut counts = [0; 10];
        many.codes
            .iter()
            .for_each(|code| counts[*code as usize] += 1);
        assert_eq!(counts, [100; 10]);
        for (value, code) in values.iter().zip(&many.codes) {
            let code = *code as usize;
            assert!((many.low[code]..=many.high[code]).contains(value));
        }
    }

    #[test]
    fn a_value_that_half_of_the_rows_have_is_a_bin_of_its_own() {
        let values: Vec<f64> = (0..1000)
            .map(|x| if x < 500 { 0.0 } else { f64::from(x) })
            .collect();
        let binned = Binned::new(&values, 20);
        assert_eq!((binned.low[0], binned.high[0]), (0.0, 0.0));
        // The others share what is left, nearly evenly.
        let mut counts = vec![0; binned.low.len()];
        binned
            .codes
            .iter()
            .for_each(|code| counts[*code as usize] += 1);
        assert_eq!(counts.len(), 20);
        assert!(
            counts[1..].iter().all(|count| (25..=28).contains(count)),
            "{counts:?}"
        );
    }
}
