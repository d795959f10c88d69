use polars::prelude::*;
use rayon::prelude::*;

use crate::Result;
use crate::progress::Progress;
use crate::stat::compare::holm;
use crate::stat::contingency::Contingency;
use crate::stat::distribution::{chi_square_upper, f_upper, student_two_sided};
use crate::stat::interval::two_sided;
use crate::stat::ranks;
use crate::table::column;
use crate::table::groups::{Groups, encode};

/// Which columns go together, and how strongly?
///
/// One row a pair of columns and measure: `a`, `b`, `measure`, `n` (customers with both),
/// `left_out`, `estimate`, `lower`, `upper`, `p`, `p_holm` (Holm's correction over all pairs
/// of one measure). Numbers, dates and flags count as numbers, texts as categories:
///
/// | pair | measure | range | p and interval |
/// |---|---|---|---|
/// | numbers | `pearson` | -1 to 1 | Student's t; Fisher's z |
/// | numbers | `spearman` | -1 to 1 | Student's t; Fisher's z with variance (1 + r²/2)/(n - 3) (Bonett and Wright 2000) |
/// | number, category | `correlation_ratio` | 0 to 1 | F of the one-way analysis of variance; no interval |
/// | categories | `cramers_v` | 0 to 1 | chi-square; no interval |
/// | categories | `cramers_v_corrected` | 0 to 1 | the same test; Bergsma 2013 |
///
/// Where a measure does not exist (a constant column, fewer than three customers), its row
/// holds nulls; the intervals need four.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where `confidence` is outside 0..1,
/// [`Error::Value`](crate::Error::Value) where a value is not finite,
/// [`Error::WrongType`](crate::Error::WrongType) where a column is neither (a time, a list).
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("income" => [1.0, 2.0, 3.0, 4.0], "spend" => [1.0, 2.0, 3.0, 5.0])?;
/// let pairs = explore::associations(&customers, 0.95)?;
/// assert_eq!(pairs.height(), 2);
/// assert!((pairs.column("estimate")?.f64()?.get(0).unwrap() - 0.982708).abs() < 1e-6);
/// assert_eq!(pairs.column("estimate")?.f64()?.get(1), Some(1.0)); // the order is the same
/// # Ok::<(), Error>(())
/// ```
pub fn associations(table: &DataFrame, confidence: f64) -> Result<DataFrame> {
    let z = two_sided(confidence)?;
    let mut variables = Vec::new();
    for column in table.columns() {
        let name = column.name().as_str();
        if column::is_numeric(column) {
            variables.push((
                name,
                Variable::Number(Number::new(column::numbers(table, name)?)),
            ));
        } else {
            variables.push((name, Variable::Category(encode(column)?)));
        }
    }
    variables.par_iter_mut().for_each(|(_, variable)| {
        if let Variable::Number(number) = variable {
            number.sort();
        }
    });
    let mut pairs = Vec::new();
    for (i, (a, first)) in variables.iter().enumerate() {
        for (b, second) in &variables[i + 1..] {
            pairs.push((*a, first, *b, second));
        }
    }
    let progress = Progress::new("associations", pairs.len());
    let measured: Vec<Vec<Row>> = pairs
        .par_iter()
        .map(|(a, first, b, second)| {
            let measured = measure(first, second, z);
            progress.tick()?;
            let rows = measured.into_iter().map(|measured| Row {
                a: (*a).to_owned(),
                b: (*b).to_owned(),
                measured,
                p_holm: None,
            });
            Ok(rows.collect())
        })
        .collect::<Result<_>>()?;
    let mut rows: Vec<Row> = measured.into_iter().flatten().collect();
    correct(&mut rows)?;
    let part = |f: fn(&Measured) -> Option<f64>| {
        rows.iter().map(|row| f(&row.measured)).collect::<Vec<_>>()
    };
    let height = table.height() as u64;
    Ok(df!(
        "a" => rows.iter().map(|row| row.a.as_str()).collect::<Vec<_>>(),
        "b" => rows.iter().map(|row| row.b.as_str()).collect::<Vec<_>>(),
        "measure" => rows.iter().map(|row| row.measured.measure).collect::<Vec<_>>(),
        "n" => rows.iter().map(|row| row.measured.n).collect::<Vec<_>>(),
        "left_out" => rows.iter().map(|row| height - row.measured.n).collect::<Vec<_>>(),
        "estimate" => part(|m| m.estimate),
        "lower" => part(|m| m.lower),
        "upper" => part(|m| m.upper),
        "p" => part(|m| m.p),
        "p_holm" => rows.iter().map(|row| row.p_holm).collect::<Vec<_>>(),
    )?)
}

/// Two customers lie on a line, whatever they have.
const FEWEST: u64 = 3;

struct Row {
    a: String,
    b: String,
    measured: Measured,
    p_holm: Option<f64>,
}

struct Measured {
    measure: &'static str,
    n: u64,
    estimate: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    p: Option<f64>,
}

enum Variable {
    Number(Number),
    Category(Groups),
}

/// A column of numbers with its rows in ascending order, sorted once for all its pairs.
struct Number {
    values: Vec<Option<f64>>,
    order: Vec<u32>,
    ranks: Option<Vec<f64>>,
}

impl Number {
    fn new(values: Vec<Option<f64>>) -> Self {
        Number {
            values,
            order: Vec::new(),
            ranks: None,
        }
    }

    fn sort(&mut self) {
        let values = &self.values;
        let mut order: Vec<(f64, u32)> = values
            .iter()
            .enumerate()
            .filter_map(|(row, value)| Some(((*value)?, row as u32)))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.order = order.into_iter().map(|(_, row)| row).collect();
        if self.order.len() == values.len() {
            self.ranks = Some(self.ranks_where(|_| true));
        }
    }

    /// The ranks among the rows that are kept, row by row; 0 elsewhere.
    fn ranks_where(&self, kept: impl Fn(usize) -> bool) -> Vec<f64> {
        let value = |row: &u32| self.values[*row as usize].unwrap_or(f64::NAN);
        let order: Vec<u32> = self
            .order
            .iter()
            .copied()
            .filter(|row| kept(*row as usize))
            .collect();
        let mut ranks = vec![0.0; self.values.len()];
        ranks::walk(&order, value, |row, rank| ranks[*row as usize] = rank);
        ranks
    }
}

/// All that can be said of a pair.
fn measure(a: &Variable, b: &Variable, z: f64) -> Vec<Measured> {
    match (a, b) {
        (Variable::Number(a), Variable::Number(b)) => numbers(a, b, z),
        (Variable::Number(number), Variable::Category(groups))
        | (Variable::Category(groups), Variable::Number(number)) => {
            vec![correlation_ratio(number, groups)]
        }
        (Variable::Category(a), Variable::Category(b)) => categories(a, b),
    }
}

fn numbers(a: &Number, b: &Number, z: f64) -> Vec<Measured> {
    let both = |row: usize| a.values[row].is_some() && b.values[row].is_some();
    let known = a.values.iter().zip(&b.values);
    let known = known.filter_map(|(x, y)| Some(((*x)?, (*y)?)));
    let pearson = correlation(known);
    let spearman = match (&a.ranks, &b.ranks) {
        (Some(a), Some(b)) => correlation(a.iter().copied().zip(b.iter().copied())),
        _ => {
            let (x, y) = (a.ranks_where(both), b.ranks_where(both));
            // No rank is 0: that stands for a row left out.
            correlation(x.into_iter().zip(y).filter(|(x, _)| *x > 0.0))
        }
    };
    let spread_of_pearson: fn(f64) -> f64 = |_| 1.0;
    [
        ("pearson", pearson, spread_of_pearson),
        ("spearman", spearman, |r| 1.0 + r * r / 2.0),
    ]
    .into_iter()
    .map(|(measure, (r, n), spread)| {
        let end = |r: f64, sign: f64| {
            let reach = sign * z * (spread(r) / (n as f64 - 3.0)).sqrt();
            (n > 3).then(|| (r.atanh() + reach).tanh())
        };
        let p = |r: f64| {
            let degrees = n as f64 - 2.0;
            (n > 2).then(|| {
                let rest = (1.0 - r) * (1.0 + r);
                if rest <= 0.0 {
                    0.0
                } else {
                    student_two_sided(r * (degrees / rest).sqrt(), degrees)
                }
            })
        };
        Measured {
            measure,
            n,
            estimate: r,
            lower: r.and_then(|r| end(r, -1.0)),
            upper: r.and_then(|r| end(r, 1.0)),
            p: r.and_then(p),
        }
    })
    .collect()
}

/// Pearson's r and the number of pairs; `None` where one side does not vary.
pub(crate) fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> (Option<f64>, u64) {
    let (mut xs, mut ys) = (Range::default(), Range::default());
    for (x, y) in pairs.clone() {
        xs.add(x);
        ys.add(y);
    }
    if !(xs.varies() && ys.varies()) || xs.n < FEWEST {
        return (None, xs.n);
    }
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (x, y) = (xs.place(x), ys.place(y));
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    let r = xy / xx.sqrt() / yy.sqrt();
    // Points on a line, but for the rounding, which depends on their order.
    let on_a_line = 1.0 - r.abs() < 4.0 * f64::EPSILON;
    let r = if on_a_line { r.signum() } else { r };
    (r.is_finite().then_some(r), xs.n)
}

/// How far the values of a variable reach. A constant one is told by its ends: its mean, and
/// with it the squares around it, can be off by a rounding.
struct Range {
    n: u64,
    sum: f64,
    least: f64,
    most: f64,
}

impl Default for Range {
    fn default() -> Self {
        Range {
            n: 0,
            sum: 0.0,
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        }
    }
}

impl Range {
    fn add(&mut self, x: f64) {
        self.n += 1;
        self.sum += x;
        self.least = self.least.min(x);
        self.most = self.most.max(x);
    }

    fn varies(&self) -> bool {
        self.least < self.most
    }

    /// The distance from the mean, in ranges, so that squares cannot overflow.
    fn place(&self, x: f64) -> f64 {
        (x - self.sum / self.n as f64) / (self.most - self.least)
    }
}

/// Eta: the root of the share of the spread that lies between the groups.
fn correlation_ratio(number: &Number, groups: &Groups) -> Measured {
    let known = || {
        let rows = number.values.iter().zip(&groups.codes);
        rows.filter_map(|(value, code)| Some(((*value)?, (*code)? as usize)))
    };
    let mut range = Range::default();
    known().for_each(|(value, _)| range.add(value));
    let mut sums = vec![(0.0, 0u64); groups.labels.len()];
    let mut whole = 0.0;
    for (value, code) in known() {
        let place = range.place(value);
        sums[code].0 += place;
        sums[code].1 += 1;
        whole += place * place;
    }
    let means: Vec<f64> = sums
        .iter()
        .map(|(sum, count)| sum / *count as f64)
        .collect();
    // Not the difference of the two others: that is rounding where the groups tell everything.
    let within: f64 = known()
        .map(|(value, code)| (range.place(value) - means[code]).powi(2))
        .sum();
    sums.retain(|(_, count)| *count > 0);
    let between: f64 = sums
        .iter()
        .map(|(sum, count)| sum * sum / *count as f64)
        .sum();
    let n = range.n as f64;
    let (above, below) = (sums.len() as f64 - 1.0, n - sums.len() as f64);
    let exists = range.n >= FEWEST && range.varies() && above > 0.0 && whole.is_finite();
    let p = || {
        if within > 0.0 {
            f_upper(between / above / (within / below), above, below)
        } else {
            0.0
        }
    };
    Measured {
        measure: "correlation_ratio",
        n: range.n,
        estimate: exists.then(|| (between / whole).sqrt().min(1.0)),
        lower: None,
        upper: None,
        p: (exists && below > 0.0).then(p),
    }
}

fn categories(a: &Groups, b: &Groups) -> Vec<Measured> {
    let counts = Contingency::new(a, b);
    let (statistic, degrees) = counts.chi_square();
    let enough = counts.n() >= FEWEST;
    let p = (degrees > 0 && enough).then(|| chi_square_upper(statistic, degrees as f64));
    let (plain, corrected) = counts.cramers_v();
    [("cramers_v", plain), ("cramers_v_corrected", corrected)]
        .into_iter()
        .map(|(measure, estimate)| Measured {
            measure,
            n: counts.n(),
            estimate: estimate.filter(|_| enough),
            lower: None,
            upper: None,
            p,
        })
        .collect()
}

/// Holm's correction, among the rows of each measure.
fn correct(rows: &mut [Row]) -> Result<()> {
    for measure in [
        "pearson",
        "spearman",
        "correlation_ratio",
        "cramers_v",
        "cramers_v_corrected",
    ] {
        let (places, p): (Vec<usize>, Vec<f64>) = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.measured.measure == measure)
            .filter_map(|(place, row)| Some((place, row.measured.p?)))
            .unzip();
        for (place, p) in places.into_iter().zip(holm(&p)?) {
            rows[place].p_holm = Some(p);
        }
    }
    Ok(())
}
