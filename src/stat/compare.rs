//! Do these groups differ, and by how much?
//!
//! Each test gives a table with its statistic, the p-value, an effect size (a p-value says
//! whether a difference is more than chance, an effect size whether it matters) and a
//! `warning` where it was used beyond what it was made for. `left_out` counts the customers
//! without a value or without a group.
//!
//! | effect size | small | medium | large |
//! |---|---|---|---|
//! | Cramér's V (2 groups; less for more) | 0.1 | 0.3 | 0.5 |
//! | epsilon squared | 0.01 | 0.08 | 0.26 |
//! | rank-biserial | 0.1 | 0.3 | 0.5 |
//!
//! (Rules of thumb: Cohen 1988 for V and r, Mangiafico 2016 for epsilon squared.)

use polars::prelude::*;

use crate::stat::contingency::Contingency;
use crate::stat::distribution::{chi_square_upper, normal_upper};
use crate::stat::ranks;
use crate::table::column::{self, quantile};
use crate::table::groups::{By, Groups};
use crate::{Error, Result};

/// Do the shares of one grouping differ between the groups of another?
///
/// Pearson's chi-square test of independence, without Yates's correction. One row: `rows`
/// and `columns` (the two groupings), `n`, `left_out`, `statistic`, `degrees`, `p`,
/// `cramers_v`, `cramers_v_corrected` (Bergsma 2013, J. Korean Stat. Soc. 42, 323),
/// `smallest_expected` and `warning`: the test needs about 5 expected customers in four of
/// five cells, and 1 in each (Cochran 1954).
///
/// # Errors
/// [`Error::TooFew`] where either has fewer than two groups, [`Error::Parameter`] where one has
/// more than 100, [`Error::NoColumn`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "age" => ["young", "young", "young", "old", "old", "old"],
///     "Response" => [1, 1, 0, 0, 0, 1],
/// )?;
/// let test = compare::chi_square(&customers, "age", "Response")?;
/// // Expected is 1.5 in each of four cells, off by 0.5: 4 * 0.25 / 1.5.
/// assert!((test.column("statistic")?.f64()?.get(0).unwrap() - 2.0 / 3.0).abs() < 1e-12);
/// assert!(test.column("warning")?.str()?.get(0).is_some());
/// # Ok::<(), Error>(())
/// ```
pub fn chi_square(
    table: &DataFrame,
    rows: impl Into<By>,
    columns: impl Into<By>,
) -> Result<DataFrame> {
    let (rows, columns) = (rows.into().groups(table)?, columns.into().groups(table)?);
    let counts = Contingency::new(&rows, &columns);
    for (groups, used) in [(&rows, counts.rows()), (&columns, counts.columns())] {
        at_least_two_groups(&groups.name, used)?;
    }
    let (statistic, degrees) = counts.chi_square();
    let (plain, corrected) = counts.cramers_v();
    let (below_five, cells, smallest) = counts.expected();
    let warning = (smallest < 1.0 || below_five * 5 > cells)
        .then(|| format!("fewer than 5 customers expected in {below_five} of {cells} cells"));
    Ok(df!(
        "rows" => [rows.name],
        "columns" => [columns.name],
        "n" => [counts.n()],
        "left_out" => [table.height() as u64 - counts.n()],
        "statistic" => [statistic],
        "degrees" => [degrees],
        "p" => [chi_square_upper(statistic, degrees as f64)],
        "cramers_v" => [plain],
        "cramers_v_corrected" => [corrected],
        "smallest_expected" => [smallest],
        "warning" => [warning],
    )?)
}

/// Do the values of some groups tend to be larger than those of others?
///
/// Kruskal and Wallis's test on ranks (1952), corrected for ties. One row: `value`, `by`, `n`,
/// `left_out`, `groups`, `statistic` (H), `degrees`, `p`, `epsilon_squared` (H over n - 1;
/// Tomczak and Tomczak 2014),
/// and a `warning` where a group has fewer than 5 customers, as the chi-square approximation
/// is then rough.
///
/// # Errors
/// [`Error::TooFew`] where fewer than two groups have a value, [`Error::Parameter`] where there
/// are more than 100; [`Error::NoColumn`], [`Error::WrongType`] and [`Error::Value`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [1.0, 2.0, 3.0, 4.0], "age" => ["a", "a", "b", "b"])?;
/// let test = compare::kruskal_wallis(&customers, "spend", "age")?;
/// assert!((test.column("statistic")?.f64()?.get(0).unwrap() - 2.4).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn kruskal_wallis(table: &DataFrame, value: &str, by: impl Into<By>) -> Result<DataFrame> {
    let groups = by.into().groups(table)?;
    let samples = samples(table, value, &groups)?;
    at_least_two_groups(&groups.name, samples.len())?;
    let mut tagged = Vec::new();
    for (group, sample) in samples.iter().enumerate() {
        tagged.extend(sample.values.iter().map(|value| (*value, group)));
    }
    tagged.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut rank_sums = vec![0.0; samples.len()];
    let ties = ranks::walk(
        &tagged,
        |x| x.0,
        |(_, group), rank| rank_sums[*group] += rank,
    );
    let n = tagged.len() as f64;
    let squares: f64 = rank_sums
        .iter()
        .zip(&samples)
        .map(|(sum, sample)| sum * sum / sample.values.len() as f64)
        .sum();
    let uncorrected = 12.0 / (n * (n + 1.0)) * squares - 3.0 * (n + 1.0);
    let all_equal = tagged.first().map(|x| x.0) == tagged.last().map(|x| x.0);
    let statistic = if all_equal {
        0.0
    } else {
        (uncorrected / (1.0 - ties / (n * (n * n - 1.0)))).max(0.0)
    };
    let degrees = samples.len() as u64 - 1;
    let smallest = samples.iter().map(|sample| sample.values.len()).min();
    let warning = smallest
        .filter(|smallest| *smallest < 5)
        .map(|smallest| format!("the smallest group has {smallest} customers, fewer than 5"));
    Ok(df!(
        "value" => [value],
        "by" => [groups.name],
        "n" => [tagged.len() as u64],
        "left_out" => [(table.height() - tagged.len()) as u64],
        "groups" => [samples.len() as u64],
        "statistic" => [statistic],
        "degrees" => [degrees],
        "p" => [chi_square_upper(statistic, degrees as f64)],
        "epsilon_squared" => [statistic / (n - 1.0)],
        "warning" => [warning],
    )?)
}

/// Which pairs of groups differ?
///
/// Mann and Whitney's test (1947) for each pair, by the normal approximation with corrections
/// for ties and continuity. One row a pair: `a`, `b`, `n_a`, `n_b`, `median_a`, `median_b`,
/// `u` (pairs of customers in which the one from `a` has more; a draw counts half), `p`,
/// `p_holm` ([`holm`], for the number of pairs), `rank_biserial` (from -1, all of `b` above
/// `a`, to 1; Wendt 1972), `left_out` (customers of the table without a value or a group) and
/// a `warning` where a group has fewer than 8 customers.
///
/// # Errors
/// As [`kruskal_wallis`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [1.0, 5.0, 3.0, 4.0], "age" => ["a", "a", "b", "b"])?;
/// let pairs = compare::mann_whitney(&customers, "spend", "age")?;
/// // 5 is above 3 and 4, 1 above neither: 2 of 4 pairs.
/// assert_eq!(pairs.column("u")?.f64()?.get(0), Some(2.0));
/// assert_eq!(pairs.column("rank_biserial")?.f64()?.get(0), Some(0.0));
/// # Ok::<(), Error>(())
/// ```
pub fn mann_whitney(table: &DataFrame, value: &str, by: impl Into<By>) -> Result<DataFrame> {
    let groups = by.into().groups(table)?;
    let mut samples = samples(table, value, &groups)?;
    at_least_two_groups(&groups.name, samples.len())?;
    for sample in &mut samples {
        sample.values.sort_unstable_by(f64::total_cmp);
    }
    let mut pairs = Vec::new();
    for (i, a) in samples.iter().enumerate() {
        pairs.extend(samples.iter().skip(i + 1).map(|b| Pair::new(a, b)));
    }
    let used: usize = samples.iter().map(|sample| sample.values.len()).sum();
    let p: Vec<f64> = pairs.iter().map(|pair| pair.p).collect();
    let size = |sample: &Sample| sample.values.len() as u64;
    let median = |sample: &Sample| quantile(&sample.values, 0.5);
    let warning = |pair: &Pair| {
        let smallest = size(pair.a).min(size(pair.b));
        (smallest < 8).then(|| format!("a group has {smallest} customers, fewer than 8"))
    };
    Ok(df!(
        "a" => pairs.iter().map(|pair| pair.a.label.as_str()).collect::<Vec<_>>(),
        "b" => pairs.iter().map(|pair| pair.b.label.as_str()).collect::<Vec<_>>(),
        "n_a" => pairs.iter().map(|pair| size(pair.a)).collect::<Vec<_>>(),
        "n_b" => pairs.iter().map(|pair| size(pair.b)).collect::<Vec<_>>(),
        "median_a" => pairs.iter().map(|pair| median(pair.a)).collect::<Vec<_>>(),
        "median_b" => pairs.iter().map(|pair| median(pair.b)).collect::<Vec<_>>(),
        "u" => pairs.iter().map(|pair| pair.u).collect::<Vec<_>>(),
        "p" => &p,
        "p_holm" => holm(&p)?,
        "rank_biserial" => pairs.iter().map(Pair::rank_biserial).collect::<Vec<_>>(),
        "left_out" => vec![(table.height() - used) as u64; pairs.len()],
        "warning" => pairs.iter().map(warning).collect::<Vec<_>>(),
    )?)
}

/// How small is each p-value still, when so many were looked at?
///
/// Holm's step-down correction (1979, Scand. J. Stat. 6, 65): who calls those below 0.05
/// different raises even one false alarm in at most 5 % of such studies. In the order of the
/// arguments.
///
/// # Errors
/// [`Error::Parameter`] where a value is outside 0..1.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert_eq!(compare::holm(&[0.01, 0.04, 0.02])?, [0.03, 0.04, 0.04]);
/// # Ok::<(), Error>(())
/// ```
pub fn holm(p: &[f64]) -> Result<Vec<f64>> {
    if let Some(odd) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::Parameter {
            name: "p",
            value: odd.to_string(),
            expected: "a probability from 0 to 1".into(),
        });
    }
    Ok(step_down(p, p.len() as u64))
}

/// Holm's correction where these are some of `tests` p-values, and none of the others is among those that are shown.
/// Each of the others is taken for 1, which makes no p-value smaller than it is.
pub(crate) fn step_down(p: &[f64], tests: u64) -> Vec<f64> {
    let mut corrected = vec![0.0; p.len()];
    let mut largest: f64 = 0.0;
    for (done, place) in ascending(p).into_iter().enumerate() {
        let left = tests.saturating_sub(done as u64).max(1);
        largest = largest.max(p[place] * left as f64).min(1.0);
        corrected[place] = largest;
    }
    corrected
}

/// Benjamini and Hochberg's correction (1995, J. R. Stat. Soc. B 57, 289) in the same case.
pub(crate) fn step_up(p: &[f64], tests: u64) -> Vec<f64> {
    let mut corrected = vec![0.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (below, place) in ascending(p).into_iter().enumerate().rev() {
        smallest = smallest.min(p[place] * tests as f64 / (below + 1) as f64);
        corrected[place] = smallest;
    }
    corrected
}

/// The places of the values, the smallest first.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    order
}

/// A group with its values.
struct Sample {
    label: String,
    values: Vec<f64>,
}

/// The groups that have a value.
fn samples(table: &DataFrame, value: &str, groups: &Groups) -> Result<Vec<Sample>> {
    let (parts, _) = groups.split(column::numbers(table, value)?);
    let samples = groups.labels.iter().zip(parts).map(|(label, part)| Sample {
        label: label.clone(),
        values: part.into_iter().flatten().collect(),
    });
    Ok(samples.filter(|sample| !sample.values.is_empty()).collect())
}

fn at_least_two_groups(name: &str, found: usize) -> Result<()> {
    if found >= 2 {
        return Ok(());
    }
    Err(Error::TooFew {
        what: format!("groups of {name}"),
        found,
        expected: "2 or more, to compare them".into(),
    })
}

/// Two samples, both ascending, with U of the first and the two-sided p-value.
struct Pair<'a> {
    a: &'a Sample,
    b: &'a Sample,
    u: f64,
    p: f64,
}

impl<'a> Pair<'a> {
    fn new(first: &'a Sample, second: &'a Sample) -> Self {
        let (a, b) = (&first.values, &second.values);
        let (n_a, n_b) = (a.len() as f64, b.len() as f64);
        let (mut rank_sum, mut ties) = (0.0, 0.0);
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let next = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => x.min(*y),
                (Some(x), None) => *x,
                (None, y) => y.copied().unwrap_or_default(),
            };
            let from_a = a[i..].iter().take_while(|x| **x == next).count();
            let from_b = b[j..].iter().take_while(|x| **x == next).count();
            let together = (from_a + from_b) as f64;
            rank_sum += from_a as f64 * ((i + j) as f64 + (together + 1.0) / 2.0);
            ties += together * (together * together - 1.0);
            i += from_a;
            j += from_b;
        }
        let u = rank_sum - n_a * (n_a + 1.0) / 2.0;
        let n = n_a + n_b;
        let variance = n_a * n_b / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
        let off = u.max(n_a * n_b - u) - n_a * n_b / 2.0 - 0.5;
        let p = if variance > 0.0 {
            (2.0 * normal_upper(off / variance.sqrt())).min(1.0)
        } else {
            1.0
        };
        Pair {
            a: first,
            b: second,
            u,
            p,
        }
    }

    fn rank_biserial(&self) -> f64 {
        2.0 * self.u / (self.a.values.len() as f64 * self.b.values.len() as f64) - 1.0
    }
}
