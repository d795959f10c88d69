use linfa_linalg::eigh::{EigSort, Eigh};
use ndarray::Array2;
use polars::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::taste::{Counts, Taste, checked};
use super::{Bought, Past, Recommender};
use crate::progress::Progress;
use crate::stat::random;
use crate::table::points::vectorised;
use crate::{Error, Result};

/// Which tastes, added up, make what customers buy? Non-negative matrix factorisation (Lee and Seung 1999): the table of
/// customers and products, with the number of bills, is nearly the product of two smaller ones without negative numbers.
/// By coordinate descent (Cichocki and Phan 2009), from the start of Boutsidis and Gallopoulos (2008) with zeros filled
/// by the mean. Unlike [`Als`](super::Als), it takes all that was not bought as disliked, as much as what was is liked.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2, 3], "customer" => ["Ann", "Bob", "Cid", "Dee"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06", "2022-03-06"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 1, 2, 2, 3, 3], "product" => ["tea", "jam", "tea", "jam", "rice", "beans", "rice", "beans"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// // Two tastes explain it all.
/// let nmf = Nmf::params().factors(2).fit(&past)?;
/// assert!(table::number(&nmf.glance()?, "error", 0)? < 1e-3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Nmf {
    past: Past,
    taste: Taste,
    gram: Vec<f64>,
    error: f64,
    rounds: usize,
}

/// How are tastes learned? A builder; [`fit`](NmfParams::fit) does the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NmfParams {
    factors: usize,
    rounds: usize,
    tolerance: f64,
    seed: u64,
}

/// Rows that a thread is given at a time.
const PART: usize = 256;

impl Nmf {
    /// The twelve factors of the published analysis, and as many rounds as it takes, up to 500.
    pub fn params() -> NmfParams {
        NmfParams {
            factors: 12,
            rounds: 500,
            tolerance: 1e-5,
            seed: 0,
        }
    }

    /// The tastes of the products: a row for each that was bought: `product`, `customers` who bought it, `factor_1` and so
    /// on, none below 0.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self) -> Result<DataFrame> {
        self.taste.tidy(&self.past)
    }

    /// How near is it? One row: `factors`, `error` (the root of the sum of squares of all that is off), `rounds` it took.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        Ok(df!(
            "factors" => [self.taste.factors as u64],
            "error" => [self.error],
            "rounds" => [self.rounds as u64],
        )?)
    }

    /// Which products are liked by the same tastes? The nearest first: `product`, `customers`, `cosine` between the factors.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such product.
    pub fn neighbours(&self, product: &str, top: usize) -> Result<DataFrame> {
        self.taste.neighbours(&self.past, product, top)
    }
}

impl NmfParams {
    /// How many tastes, from 1 to the number of products.
    pub fn factors(mut self, factors: usize) -> Self {
        self.factors = factors;
        self
    }

    /// How many rounds at most.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// It ends when a round moves the factors by less than this share of what the first one did.
    pub fn tolerance(mut self, share: f64) -> Self {
        self.tolerance = share;
        self
    }

    /// Where the random numbers of the start come from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// From how often each customer has bought each product.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there are more factors than products or customers; [`Error::Interrupted`].
    pub fn fit(&self, past: &Past) -> Result<Nmf> {
        checked(self.factors, past)?;
        let f = self.factors;
        let by_customer = Counts::by_customer(past);
        let by_product = by_customer.turned(past.products());
        let (mut customers, mut products) = self.begin(&by_customer, &by_product)?;
        let progress = Progress::new("rounds of coordinate descent", self.rounds);
        let mut first = None;
        let mut rounds = 0;
        while rounds < self.rounds {
            let gram = gram(&products, f);
            let moved = descend(&by_customer, &mut customers, &products, &gram, f);
            let gram = self::gram(&customers, f);
            let moved = moved + descend(&by_product, &mut products, &customers, &gram, f);
            rounds += 1;
            progress.tick()?;
            let first = *first.get_or_insert(moved);
            if moved <= self.tolerance * first {
                break;
            }
        }
        let error = error(&by_customer, &customers, &products, f);
        Ok(Nmf {
            past: past.clone(),
            gram: gram(&products, f),
            taste: Taste::new(f, customers, products),
            error,
            rounds,
        })
    }

    /// Two vectors for each singular value, cut where they are negative; zeros become the mean of the table.
    fn begin(&self, by_customer: &Counts, by_product: &Counts) -> Result<(Vec<f64>, Vec<f64>)> {
        let f = self.factors;
        let (n, m) = (by_customer.rows(), by_product.rows());
        let mean = by_customer.counts.iter().sum::<f64>() / (n as f64 * m as f64);
        let (values, left, right) = singular(by_customer, by_product, f, self.seed)?;
        let (mut customers, mut products) = (vec![0.0; n * f], vec![0.0; m * f]);
        for factor in 0..f {
            let (u, v) = (left.column(factor), right.column(factor));
            let part = |x: f64, sign: f64| (sign * x).max(0.0);
            let length = |own: &dyn Fn(f64) -> f64, of: &ndarray::ArrayView1<'_, f64>| {
                of.iter().map(|x| own(*x).powi(2)).sum::<f64>().sqrt()
            };
            let sizes = [1.0, -1.0].map(|sign| {
                let own = |x: f64| part(x, sign);
                (sign, length(&own, &u), length(&own, &v))
            });
            let larger = if sizes[0].1 * sizes[0].2 >= sizes[1].1 * sizes[1].2 {
                sizes[0]
            } else {
                sizes[1]
            };
            let (sign, u_size, v_size) = larger;
            let scale = (values[factor] * u_size * v_size).sqrt();
            let fill = |to: &mut [f64], of: &ndarray::ArrayView1<'_, f64>, size: f64| {
                for (row, x) in of.iter().enumerate() {
                    let value = match size > 0.0 {
                        true => scale * part(*x, sign) / size,
                        false => 0.0,
                    };
                    to[row * f + factor] = if value < 1e-6 { mean } else { value };
                }
            };
            fill(&mut customers, &u, u_size);
            fill(&mut products, &v, v_size);
        }
        Ok((customers, products))
    }
}

impl Recommender for Nmf {
    fn name(&self) -> String {
        "NMF".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]) {
        if bought.products.is_empty() {
            return;
        }
        match bought.customer {
            Some(own) => self.taste.scores(self.taste.customer(own), scores),
            None => {
                /// Enough for a row of its own to stand still.
                const ROUNDS: usize = 50;
                let f = self.taste.factors;
                let mut taste = vec![0.0; f];
                let sums = sums(bought.products, bought.counts, &self.taste.products, f);
                for _ in 0..ROUNDS {
                    move_row(&mut taste, &sums, &self.gram);
                }
                self.taste.scores(&taste, scores);
            }
        }
    }
}

/// The factors by themselves.
fn gram(rows: &[f64], f: usize) -> Vec<f64> {
    let mut gram = vec![0.0; f * f];
    for row in rows.chunks_exact(f) {
        for (a, gram) in row.iter().zip(gram.chunks_exact_mut(f)) {
            gram.iter_mut().zip(row).for_each(|(sum, b)| *sum += a * b);
        }
    }
    gram
}

/// The purchases of a row times the factors of the others.
fn sums(others: &[u32], counts: &[f64], factors: &[f64], f: usize) -> Vec<f64> {
    let mut sums = vec![0.0; f];
    add_rows(others, counts, factors, &mut sums);
    sums
}

/// Sets each factor of a row in turn to the best that is not below 0, given the others. How far it was from that.
fn move_row(row: &mut [f64], sums: &[f64], gram: &[f64]) -> f64 {
    let f = row.len();
    let mut moved = 0.0;
    for factor in 0..f {
        let of = &gram[factor * f..][..f];
        let slope = of.iter().zip(row.iter()).map(|(a, b)| a * b).sum::<f64>() - sums[factor];
        let down = if row[factor] == 0.0 {
            slope.min(0.0)
        } else {
            slope
        };
        moved += down.abs();
        if of[factor] > 0.0 {
            row[factor] = (row[factor] - slope / of[factor]).max(0.0);
        }
    }
    moved
}

/// A turn for all rows.
fn descend(counts: &Counts, rows: &mut [f64], others: &[f64], gram: &[f64], f: usize) -> f64 {
    let moved: Vec<f64> = rows
        .par_chunks_mut(PART * f)
        .enumerate()
        .map(|(part, rows)| {
            let rows = rows.chunks_exact_mut(f).enumerate();
            let moved = rows.map(|(own, row)| {
                let (bought, of) = counts.row(part * PART + own);
                move_row(row, &sums(bought, of, others, f), gram)
            });
            moved.sum()
        })
        .collect();
    moved.iter().sum()
}

/// The root of the sum of squares of all that is off, zeros too.
fn error(counts: &Counts, customers: &[f64], products: &[f64], f: usize) -> f64 {
    let (a, b) = (gram(customers, f), gram(products, f));
    let all: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    let mut rest = all;
    for (own, row) in customers.chunks_exact(f).enumerate() {
        let (bought, of) = counts.row(own);
        let told = row.iter().zip(sums(bought, of, products, f));
        rest += of.iter().map(|count| count * count).sum::<f64>()
            - 2.0 * told.map(|(x, sum)| x * sum).sum::<f64>();
    }
    rest.max(0.0).sqrt()
}

/// The largest singular values and their vectors, by subspace iteration (Halko, Martinsson and Tropp 2011).
fn singular(
    by_customer: &Counts,
    by_product: &Counts,
    wanted: usize,
    seed: u64,
) -> Result<(Vec<f64>, Array2<f64>, Array2<f64>)> {
    const MORE: usize = 10;
    const ROUNDS: usize = 6;
    let width = (wanted + MORE)
        .min(by_product.rows())
        .min(by_customer.rows());
    let mut rng = random::stream(seed, 0);
    let size = (by_product.rows(), width);
    let mut right = Array2::from_shape_fn(size, |_| StandardNormal.sample(&mut rng));
    orthonormal(&mut right);
    for _ in 0..ROUNDS {
        right = by_rows(by_product, &by_rows(by_customer, &right));
        orthonormal(&mut right);
    }
    let left = by_rows(by_customer, &right);
    // Within the subspace the directions are those of a small symmetric matrix.
    let small = left.t().dot(&left);
    let solved = small.eigh().map_err(|error| Error::Parameter {
        name: "purchases",
        value: format!("a table without singular vectors ({error})"),
        expected: "one with them".into(),
    })?;
    let (values, vectors) = solved.sort_eig_desc();
    let mut values: Vec<f64> = values.iter().map(|x| x.max(0.0).sqrt()).collect();
    values.truncate(wanted);
    let vectors = vectors.slice(ndarray::s![.., ..wanted]).to_owned();
    let right = right.dot(&vectors);
    let mut left = left.dot(&vectors);
    for (mut column, value) in left.columns_mut().into_iter().zip(&values) {
        if *value > 0.0 {
            column /= *value;
        }
    }
    Ok((values, left, right))
}

/// The table times some columns.
fn by_rows(counts: &Counts, columns: &Array2<f64>) -> Array2<f64> {
    let width = columns.ncols();
    let mut out = Array2::zeros((counts.rows(), width));
    if let (Some(columns), Some(out)) = (columns.as_slice(), out.as_slice_mut()) {
        out.par_chunks_mut(PART * width)
            .enumerate()
            .for_each(|(part, rows)| {
                for (own, row) in rows.chunks_exact_mut(width).enumerate() {
                    let (others, of) = counts.row(part * PART + own);
                    add_rows(others, of, columns, row);
                }
            });
    }
    out
}

vectorised! {
    /// Adds the rows of the others, each as often as it counts.
    fn add_rows(others: &[u32], counts: &[f64], rows: &[f64], sums: &mut [f64]) {
        let f = sums.len();
        for (other, count) in others.iter().zip(counts) {
            let own = &rows[*other as usize * f..][..f];
            sums.iter_mut().zip(own).for_each(|(sum, x)| *sum += count * x);
        }
    }
}

/// Makes columns orthonormal, one after the other, twice for the sake of rounding; one that is none of its own becomes 0.
fn orthonormal(columns: &mut Array2<f64>) {
    for own in 0..columns.ncols() {
        let before = columns.column(own).dot(&columns.column(own)).sqrt();
        for _ in 0..2 {
            for other in 0..own {
                let share = columns.column(own).dot(&columns.column(other));
                let other = columns.column(other).to_owned();
                columns.column_mut(own).scaled_add(-share, &other);
            }
        }
        let length = columns.column(own).dot(&columns.column(own)).sqrt();
        let mut column = columns.column_mut(own);
        match length > 1e-12 * before && length > 0.0 {
            true => column /= length,
            false => column.fill(0.0),
        }
    }
}
