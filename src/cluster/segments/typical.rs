use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::table::column;

/// What is typical of the segments in one column of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Typical {
    Mean(Vec<Option<f64>>),
    MostFrequent(Vec<Option<String>>),
}

impl Typical {
    /// Of so many groups, to which the labels say who belongs.
    pub fn of(table: &DataFrame, name: &str, labels: &[usize], groups: usize) -> Result<Self> {
        let column = column::find(table, name)?;
        if *column.dtype() != DataType::String {
            let mut sums = vec![(0.0, 0u64); groups];
            for (value, label) in column::measured(table, name)?.into_iter().zip(labels) {
                if let Some(value) = value {
                    sums[*label].0 += value;
                    sums[*label].1 += 1;
                }
            }
            let mean = |(sum, n): (f64, u64)| (n > 0).then(|| sum / n as f64);
            return Ok(Typical::Mean(sums.into_iter().map(mean).collect()));
        }
        let words = crate::table::groups::encode(column)?;
        let mut counts = vec![vec![0u64; words.labels.len()]; groups];
        for (code, label) in words.codes.iter().zip(labels) {
            if let Some(code) = code {
                counts[*label][*code as usize] += 1;
            }
        }
        let most = |counts: &Vec<u64>| {
            let most = counts.iter().max().filter(|most| **most > 0)?;
            let place = counts.iter().position(|count| count == most)?;
            Some(words.labels[place].clone())
        };
        Ok(Typical::MostFrequent(counts.iter().map(most).collect()))
    }

    /// For how many groups something is known.
    pub fn groups(&self) -> usize {
        match self {
            Typical::Mean(means) => means.len(),
            Typical::MostFrequent(words) => words.len(),
        }
    }

    pub fn column(&self, name: &str) -> Column {
        match self {
            Typical::Mean(means) => Column::new(name.into(), means.as_slice()),
            Typical::MostFrequent(words) => Column::new(name.into(), words.as_slice()),
        }
    }
}
