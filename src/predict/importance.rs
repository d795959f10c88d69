//! What do the answers rest on?

use polars::prelude::*;
use rand::seq::SliceRandom;

use super::Classifier;
use super::forest::likeliest;
use crate::progress::Progress;
use crate::stat::distribution::normal_quantile;
use crate::stat::random::{derive, stream};
use crate::stat::ranks;
use crate::{Error, Result};

impl Classifier {
    /// What do the answers rest on? For each column, and for those together that say nearly the same, how many
    /// answers more are wrong once their values are shuffled among the rows (Breiman 2001).
    ///
    /// The table should be one that was not learned from, with the classes. Columns whose rank correlation (of
    /// Spearman, either sign) is `together` or more are a group, also over a third: shuffled alone, each of them
    /// looks as if it did not matter, as the others say the same. A row for each column and group, the heaviest
    /// first: `columns`, `group` (how many), `drop` (of the accuracy, the mean of so many `repeats`), `lower` and
    /// `upper` (95 %, by the rows of the table).
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where the table is not of the kind, or has a class
    /// that was not learned; [`Error::TooFew`] where it has fewer than 2 rows; [`Error::Parameter`] where
    /// `together` is not between 0 and 1, or `repeats` is 0.
    ///
    /// ```
    /// use segmenta::predict::{Classifier, RandomForest};
    /// use segmenta::prelude::*;
    ///
    /// let x: Vec<f64> = (0..200).map(f64::from).collect();
    /// let noise: Vec<f64> = (0..200).map(|row| f64::from(row * 73 % 200)).collect();
    /// let class: Vec<bool> = x.iter().map(|x| *x < 100.0).collect();
    /// let twice: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
    /// let table = df!("x" => x, "twice" => twice, "noise" => noise, "class" => class)?;
    /// let classifier = Classifier::fit(&table, "class", ["x", "twice", "noise"], &RandomForest::params())?;
    /// let importance = classifier.importance(&table, 5, 0.9)?;
    /// // Together the two are worth half of the answers.
    /// assert_eq!(importance.column("columns")?.str()?.get(0), Some("x + twice"));
    /// assert!(table::number(&importance, "drop", 0)? > 0.3);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn importance(
        &self,
        table: &DataFrame,
        repeats: usize,
        together: f64,
    ) -> Result<DataFrame> {
        if !(0.0..=1.0).contains(&together) {
            return Err(Error::Parameter {
                name: "together",
                value: together.to_string(),
                expected: "a correlation from 0 to 1, such as 0.9".into(),
            });
        }
        if repeats == 0 {
            return Err(Error::Parameter {
                name: "repeats",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
        let (rows, classes) = (self.rows(table)?, self.known(table)?);
        let (n, d, k) = (classes.len(), self.columns().len(), self.forest().classes());
        if n < 2 {
            return Err(Error::TooFew {
                what: "rows".into(),
                found: n,
                expected: "2 or more".into(),
            });
        }
        let right = |rows: &[f64]| -> Vec<bool> {
            let chances = self.forest().chances(rows);
            let answers = chances.chunks_exact(k).map(likeliest);
            answers
                .zip(&classes)
                .map(|(answer, class)| answer == *class)
                .collect()
        };
        let before = right(&rows);
        let mut groups: Vec<Vec<usize>> = (0..d).map(|column| vec![column]).collect();
        groups.extend(
            alike(&rows, d, together)
                .into_iter()
                .filter(|group| group.len() > 1),
        );
        let progress = Progress::new("importance", groups.len() * repeats);
        let mut found = Vec::new();
        for (place, group) in groups.iter().enumerate() {
            // Of each row in how many repeats it was right before and wrong after, less the other way round.
            let mut lost = vec![0.0; n];
            for repeat in 0..repeats {
                let mut random = stream(derive(self.own_seed(), 43), place * repeats + repeat);
                let mut order: Vec<usize> = (0..n).collect();
                order.shuffle(&mut random);
                let mut shuffled = rows.clone();
                for (row, other) in order.iter().enumerate() {
                    for column in group {
                        shuffled[row * d + column] = rows[other * d + column];
                    }
                }
                for ((lost, before), after) in lost.iter_mut().zip(&before).zip(right(&shuffled)) {
                    *lost += f64::from(i8::from(*before) - i8::from(after)) / repeats as f64;
                }
                progress.tick()?;
            }
            let mean = lost.iter().sum::<f64>() / n as f64;
            let variance =
                lost.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            let reach = -normal_quantile(0.025) * (variance / n as f64).sqrt();
            let names: Vec<&str> = group
                .iter()
                .map(|column| self.columns()[*column].as_str())
                .collect();
            found.push((
                names.join(" + "),
                group.len() as u64,
                mean,
                mean - reach,
                mean + reach,
            ));
        }
        found.sort_by(|a, b| b.2.total_cmp(&a.2).then(b.1.cmp(&a.1)));
        let each = || found.iter();
        Ok(df!(
            "columns" => each().map(|own| own.0.as_str()).collect::<Vec<_>>(),
            "group" => each().map(|own| own.1).collect::<Vec<_>>(),
            "drop" => each().map(|own| own.2).collect::<Vec<_>>(),
            "lower" => each().map(|own| own.3).collect::<Vec<_>>(),
            "upper" => each().map(|own| own.4).collect::<Vec<_>>(),
        )?)
    }
}

/// The columns in groups of those that say nearly the same.
fn alike(rows: &[f64], d: usize, together: f64) -> Vec<Vec<usize>> {
    let n = rows.len() / d;
    // Ranks around their mean; what is missing lies in the middle.
    let centred: Vec<Vec<f64>> = (0..d)
        .map(|column| {
            let values = rows.iter().skip(column).step_by(d).copied().enumerate();
            let mut sorted: Vec<(f64, usize)> = values
                .filter(|(_, x)| !x.is_nan())
                .map(|(row, x)| (x, row))
                .collect();
            sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let middle = (sorted.len() as f64 + 1.0) / 2.0;
            let mut own = vec![0.0; n];
            ranks::walk(&sorted, |x| x.0, |(_, row), rank| own[*row] = rank - middle);
            let size = own.iter().map(|x| x * x).sum::<f64>().sqrt();
            if size > 0.0 {
                own.iter_mut().for_each(|x| *x /= size);
            }
            own
        })
        .collect();
    let mut group_of: Vec<usize> = (0..d).collect();
    for a in 0..d {
        for b in a + 1..d {
            let dot: f64 = centred[a].iter().zip(&centred[b]).map(|(a, b)| a * b).sum();
            // Columns that are the same have 1, but for rounding.
            if dot.abs() >= together - 1e-12 {
                let (to, from) = (group_of[a], group_of[b]);
                group_of
                    .iter_mut()
                    .filter(|own| **own == from)
                    .for_each(|own| *own = to);
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for name in 0..d {
        let group: Vec<usize> = (0..d).filter(|column| group_of[*column] == name).collect();
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}
