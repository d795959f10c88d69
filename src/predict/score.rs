//! How good are answers?

use polars::prelude::*;

use super::forest::log_chance;
use crate::stat::distribution::chi_square_upper;
use crate::stat::interval::{checked, two_sided, wilson};
use crate::table::column;
use crate::{Error, Result};

/// How good are these answers?
///
/// `actual` and `predicted` name columns of classes. One row: `n` (rows with both), `left_out`, `accuracy` with
/// `accuracy_lower` and `accuracy_upper` (Wilson), `most_frequent` (what saying the most frequent class each time
/// is right), `balanced_accuracy` (the mean over the classes of the share of each that was told), and where the
/// table has `probability_...` of each class, as [`Classifier::augment`](super::Classifier::augment) adds them,
/// `log_loss` and `log_loss_shares`, that of giving each class its share as its chance: null otherwise.
///
/// # Errors
/// [`Error::NoColumn`]; [`Error::TooFew`] where no row has both; [`Error::Parameter`] where the confidence is none.
///
/// ```
/// use segmenta::prelude::*;
///
/// let answers = df!("segment" => [1, 1, 1, 2], "predicted" => [1, 1, 2, 2])?;
/// let scores = predict::scores(&answers, "segment", "predicted", 0.95)?;
/// assert_eq!(table::number(&scores, "accuracy", 0)?, 0.75);
/// assert_eq!(table::number(&scores, "most_frequent", 0)?, 0.75);
/// assert!((table::number(&scores, "balanced_accuracy", 0)? - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn scores(
    table: &DataFrame,
    actual: &str,
    predicted: &str,
    confidence: f64,
) -> Result<DataFrame> {
    let pairs = pairs(table, &[actual, predicted])?;
    let n = pairs.len() as u64;
    let right = pairs.iter().filter(|(_, own)| own[0] == own[1]).count() as u64;
    let accuracy = wilson(right, n, confidence)?;
    let mut classes: Vec<&str> = pairs.iter().map(|(_, own)| own[0].as_str()).collect();
    classes.sort_unstable();
    let sizes: Vec<(&str, u64)> = classes
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len() as u64))
        .collect();
    let told = |class: &str| {
        let own = pairs
            .iter()
            .filter(|(_, own)| own[0] == class && own[1] == class);
        own.count() as f64
    };
    let recall: f64 = sizes
        .iter()
        .map(|(class, size)| told(class) / *size as f64)
        .sum();
    let most = sizes.iter().map(|own| own.1).max().unwrap_or(0);
    let entropy: f64 = sizes
        .iter()
        .map(|(_, size)| *size as f64 / n as f64)
        .map(|p| -p * p.ln())
        .sum();
    let mut loss = Some(0.0);
    for (class, _) in &sizes {
        let name = format!("probability_{class}");
        if table.column(&name).is_err() {
            loss = None;
            break;
        }
        let chances = column::numbers(table, &name)?;
        for (row, own) in &pairs {
            if own[0] == *class {
                let chance = chances[*row].ok_or_else(|| Error::Value {
                    column: name.clone(),
                    row: *row,
                    value: "null".into(),
                    expected: "a chance from 0 to 1".into(),
                })?;
                loss = loss.map(|loss| loss - log_chance(chance));
            }
        }
    }
    let loss = loss.map(|loss| loss / n as f64);
    Ok(df!(
        "n" => [n],
        "left_out" => [table.height() as u64 - n],
        "accuracy" => [accuracy.estimate],
        "accuracy_lower" => [accuracy.lower],
        "accuracy_upper" => [accuracy.upper],
        "most_frequent" => [most as f64 / n as f64],
        "balanced_accuracy" => [recall / sizes.len() as f64],
        "log_loss" => [loss],
        "log_loss_shares" => [loss.map(|_| entropy)],
    )?)
}

/// Is one way to answer better than another, on the same rows?
///
/// `a` and `b` name two columns of answers. One row: `a`, `b`, `n`, `accuracy_a`, `accuracy_b`, their `difference` (b
/// less a) with `lower` and `upper`, `only_a` and `only_b` (rows where only this one is right), and `p` of McNemar's
/// test (1947) of these two being alike: exact for fewer than 25 such rows, by chi-square for more.
///
/// # Errors
/// [`Error::NoColumn`]; [`Error::TooFew`] where no row has all three; [`Error::Parameter`] where the confidence is
/// none.
///
/// ```
/// use segmenta::prelude::*;
///
/// let answers = df!(
///     "segment" => [1, 1, 1, 2, 2, 2], "stays" => [1, 1, 1, 1, 1, 1], "forest" => [1, 1, 1, 2, 2, 1],
/// )?;
/// let compared = predict::compare(&answers, "segment", "stays", "forest", 0.95)?;
/// assert_eq!(table::number(&compared, "only_b", 0)?, 2.0);
/// assert_eq!(table::number(&compared, "p", 0)?, 0.5);
/// # Ok::<(), Error>(())
/// ```
pub fn compare(
    table: &DataFrame,
    actual: &str,
    a: &str,
    b: &str,
    confidence: f64,
) -> Result<DataFrame> {
    let z = two_sided(confidence)?;
    let pairs = pairs(table, &[actual, a, b])?;
    let n = pairs.len() as f64;
    let count = |is: &dyn Fn(bool, bool) -> bool| {
        let own = pairs
            .iter()
            .filter(|(_, own)| is(own[0] == own[1], own[0] == own[2]));
        own.count() as u64
    };
    let (only_a, only_b) = (count(&|a, b| a && !b), count(&|a, b| b && !a));
    let (right_a, right_b) = (count(&|a, _| a), count(&|_, b| b));
    let (fewer, more) = (only_a as f64, only_b as f64);
    let difference = (more - fewer) / n;
    let reach = z
        * ((more + fewer) - (more - fewer).powi(2) / n)
            .max(0.0)
            .sqrt()
        / n;
    Ok(df!(
        "a" => [a],
        "b" => [b],
        "n" => [pairs.len() as u64],
        "accuracy_a" => [right_a as f64 / n],
        "accuracy_b" => [right_b as f64 / n],
        "difference" => [difference],
        "lower" => [difference - reach],
        "upper" => [difference + reach],
        "only_a" => [only_a],
        "only_b" => [only_b],
        "p" => [mcnemar(only_a, only_b)],
    )?)
}

/// Two-sided p of so many against so many, where both are as likely.
fn mcnemar(a: u64, b: u64) -> f64 {
    const FEW: u64 = 25;
    let n = a + b;
    if n == 0 {
        return 1.0;
    }
    if n >= FEW {
        let apart = a.abs_diff(b) as f64;
        return chi_square_upper(apart * apart / n as f64, 1.0);
    }
    // The chance of no more than the smaller one, twice.
    let (mut term, mut sum) = (0.5f64.powi(n as i32), 0.0);
    for i in 0..=a.min(b) {
        sum += term;
        term *= (n - i) as f64 / (i + 1) as f64;
    }
    (2.0 * sum).min(1.0)
}

/// Do the chances come true?
///
/// From the chances that [`Classifier::augment`](super::Classifier::augment) adds, for each class a row for each of
/// so many bins with about as many rows each: `class`, `bin` (from 1), `n`, the mean `probability` that was foretold, the
/// `share` that was of the class, with `lower` and `upper` (Wilson).
///
/// # Errors
/// [`Error::NoColumn`] where no column of the table is called `probability_...`; [`Error::WrongType`];
/// [`Error::Parameter`] where there are no bins or the confidence is none; [`Error::TooFew`] where no row has a class.
///
/// ```
/// use segmenta::prelude::*;
///
/// let answers = df!("class" => ["a", "b", "b", "b"], "probability_b" => [0.4, 0.6, 0.7, 0.9])?;
/// let calibration = predict::calibration(&answers, "class", 2, 0.95)?;
/// assert_eq!(calibration.column("probability")?.f64()?.to_vec(), [0.5, 0.8].map(Some));
/// assert_eq!(calibration.column("share")?.f64()?.to_vec(), [0.5, 1.0].map(Some));
/// # Ok::<(), Error>(())
/// ```
pub fn calibration(
    table: &DataFrame,
    actual: &str,
    bins: usize,
    confidence: f64,
) -> Result<DataFrame> {
    const PREFIX: &str = "probability_";
    checked(confidence)?;
    if bins == 0 {
        return Err(Error::Parameter {
            name: "bins",
            value: "0".into(),
            expected: "1 or more".into(),
        });
    }
    let known = pairs(table, &[actual])?;
    let names: Vec<String> = table
        .get_column_names()
        .into_iter()
        .filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
        .collect();
    if names.is_empty() {
        column::find(table, "probability_...")?;
    }
    let (mut class, mut bin, mut n) = (Vec::new(), Vec::new(), Vec::new());
    let (mut chance, mut shares) = (Vec::new(), Vec::new());
    for name in names {
        let values = column::measured(table, &format!("{PREFIX}{name}"))?;
        let mut pairs: Vec<(f64, bool)> = known
            .iter()
            .filter_map(|(row, own)| Some((values[*row]?, own[0] == name)))
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let bins = bins.min(pairs.len());
        let edge = |bin: usize| bin * pairs.len() / bins;
        for place in 0..bins {
            let own = &pairs[edge(place)..edge(place + 1)];
            if own.is_empty() {
                continue;
            }
            let hits = own.iter().filter(|pair| pair.1).count() as u64;
            class.push(name.clone());
            bin.push(place as u32 + 1);
            n.push(own.len() as u64);
            chance.push(own.iter().map(|pair| pair.0).sum::<f64>() / own.len() as f64);
            shares.push(wilson(hits, own.len() as u64, confidence)?);
        }
    }
    Ok(df!(
        "class" => class,
        "bin" => bin,
        "n" => n,
        "probability" => chance,
        "share" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
        "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
        "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
    )?)
}

/// The rows in which all of these columns say something, and what they say.
fn pairs(table: &DataFrame, names: &[&str]) -> Result<Vec<(usize, Vec<String>)>> {
    let mut there = vec![true; table.height()];
    let mut columns = Vec::new();
    for name in names {
        let column = column::find(table, name)?;
        for (there, null) in there.iter_mut().zip(column.is_null().iter()) {
            *there &= null != Some(true);
        }
        columns.push(column::labels(table, name)?);
    }
    let rows = (0..table.height()).filter(|row| there[*row]);
    let pairs: Vec<(usize, Vec<String>)> = rows
        .map(|row| (row, columns.iter().map(|own| own[row].clone()).collect()))
        .collect();
    match pairs.is_empty() {
        false => Ok(pairs),
        true => Err(Error::TooFew {
            what: format!("rows with {}", names.join(" and ")),
            found: 0,
            expected: "1 or more".into(),
        }),
    }
}
