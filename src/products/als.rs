use ndarray::Array2;
use polars::prelude::*;
use rand::Rng;
use rayon::prelude::*;

use super::taste::{Counts, Taste, checked};
use super::{Bought, Past, Recommender};
use crate::progress::Progress;
use crate::stat::random;
use crate::table::points::vectorised;
use crate::{Error, Result};

/// Which tastes explain who buys what, where not to have bought is no dislike? Alternating least squares for implicit
/// feedback (Hu, Koren and Volinsky 2008): each customer and each product gets a few numbers, whose product is near 1
/// where the customer has bought and near 0 where not; a purchase weighs as often as it was made, no purchase weighs 1.
/// Each half of a round takes a few steps of conjugate gradients (Takács, Pilászy and Tikk 2011).
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2, 3], "customer" => ["Ann", "Bob", "Cid", "Dee"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06", "2022-03-06"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 2, 2, 3], "product" => ["tea", "jam", "tea", "rice", "beans", "rice"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let als = Als::params().factors(2).seed(1).fit(&past)?;
/// let offers = als.rank(&["Bob", "Dee"], 1, Offer::New)?;
/// assert_eq!(offers.column("product")?.str()?.get(0), Some("jam"));
/// assert_eq!(offers.column("product")?.str()?.get(1), Some("beans"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Als {
    past: Past,
    params: AlsParams,
    taste: Taste,
    /// The products' tastes in whole registers.
    wide: Vec<f64>,
    /// What belongs to all products, whatever a customer has bought.
    gram: Vec<f64>,
}

/// How are tastes learned? A builder; [`fit`](AlsParams::fit) does the work.
#[derive(Clone, Debug, PartialEq)]
pub struct AlsParams {
    factors: usize,
    regularization: f64,
    weight: f64,
    rounds: usize,
    steps: usize,
    seed: u64,
    start: Option<(Array2<f64>, Array2<f64>)>,
}

/// Customers, or products, that a thread is given at a time.
const BLOCK: usize = 32;
/// Of these so many are solved for side by side, so that what is common to all is read once for them.
const ABREAST: usize = 4;
/// Numbers that are worked on together.
const LANES: usize = 8;

impl Als {
    /// 32 factors, regularization 1, weight 10, 15 rounds of 3 steps, seed 0.
    pub fn params() -> AlsParams {
        AlsParams {
            factors: 32,
            regularization: 1.0,
            weight: 10.0,
            rounds: 15,
            steps: 3,
            seed: 0,
            start: None,
        }
    }

    /// The tastes of the products: a row for each that was bought: `product`, `customers` who bought it, `factor_1` and so
    /// on. For a map take [principal components](crate::scale::Pca) of the factors.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self) -> Result<DataFrame> {
        self.taste.tidy(&self.past)
    }

    /// Which products are liked by the same tastes? The nearest first: `product`, `customers`, `cosine` between the factors.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such product.
    pub fn neighbours(&self, product: &str, top: usize) -> Result<DataFrame> {
        self.taste.neighbours(&self.past, product, top)
    }
}

impl AlsParams {
    /// How many numbers describe a taste, from 1 to the number of products.
    pub fn factors(mut self, factors: usize) -> Self {
        self.factors = factors;
        self
    }

    /// How much tastes are held back, 0 or more.
    pub fn regularization(mut self, strength: f64) -> Self {
        self.regularization = strength;
        self
    }

    /// How much one bill with a product weighs, above 0, where no bill weighs 1.
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// How often customers and products take turns.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// How many steps of conjugate gradients each turn takes, from where the last one ended.
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Where the random numbers of the start come from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// From where to start instead: a row of factors for each customer in the order of their first bills, and one for
    /// each product in the order of the alphabet.
    pub fn start(mut self, customers: Array2<f64>, products: Array2<f64>) -> Self {
        self.start = Some((customers, products));
        self
    }

    /// From how often each customer has bought each product.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there are more factors than products or customers, a number is out of its range, or the
    /// start has another size; [`Error::Interrupted`].
    pub fn fit(&self, past: &Past) -> Result<Als> {
        checked(self.factors, past)?;
        let wrong = |name: &'static str, value: f64, expected: &str| Error::Parameter {
            name,
            value: value.to_string(),
            expected: expected.into(),
        };
        let regularization = self.regularization;
        if !(0.0..1e12).contains(&regularization) {
            return Err(wrong(
                "regularization",
                regularization,
                "a number of 0 or more",
            ));
        }
        if !(self.weight > 0.0 && self.weight < 1e12) {
            return Err(wrong("weight", self.weight, "a number above 0"));
        }
        let (n, m) = (past.customers(), past.products());
        let (mut customers, mut products) = self.begin(n, m)?;
        let by_customer = Counts::by_customer(past);
        let by_product = by_customer.turned(m);
        let progress = Progress::new("rounds of least squares", 2 * self.rounds);
        for _ in 0..self.rounds {
            let gram = self.gram(&products);
            self.solve(&by_customer, &mut customers, &products, &gram);
            progress.tick()?;
            let gram = self.gram(&customers);
            self.solve(&by_product, &mut products, &customers, &gram);
            progress.tick()?;
        }
        if !customers.iter().chain(&products).all(|x| x.is_finite()) {
            let expected = "a larger one: the tastes have no bounds";
            return Err(wrong("regularization", regularization, expected));
        }
        let gram = self.gram(&products);
        let narrow = |rows: &[f64]| -> Vec<f64> {
            let rows = rows.chunks_exact(self.width());
            rows.flat_map(|row| &row[..self.factors]).copied().collect()
        };
        Ok(Als {
            past: past.clone(),
            params: self.clone(),
            taste: Taste::new(self.factors, narrow(&customers), narrow(&products)),
            wide: products,
            gram,
        })
    }

    /// Rows of factors are filled up with zeros to whole registers.
    fn width(&self) -> usize {
        self.factors.next_multiple_of(LANES)
    }

    fn begin(&self, n: usize, m: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let f = self.factors;
        let wide = |rows: usize, value: &mut dyn FnMut(usize, usize) -> f64| {
            let mut wide = vec![0.0; rows * self.width()];
            for (row, own) in wide.chunks_exact_mut(self.width()).enumerate() {
                (0..f).for_each(|factor| own[factor] = value(row, factor));
            }
            wide
        };
        if let Some((customers, products)) = &self.start {
            if (customers.dim(), products.dim()) != ((n, f), (m, f)) {
                return Err(Error::Parameter {
                    name: "start",
                    value: format!("{:?} and {:?}", customers.dim(), products.dim()),
                    expected: format!("{:?} and {:?}", (n, f), (m, f)),
                });
            }
            return Ok((
                wide(n, &mut |row, factor| customers[[row, factor]]),
                wide(m, &mut |row, factor| products[[row, factor]]),
            ));
        }
        let draw = |purpose: u64, rows: usize| {
            let mut rng = random::stream(random::derive(self.seed, purpose), 0);
            wide(rows, &mut |_, _| rng.gen_range(0.0..0.01))
        };
        Ok((draw(1, n), draw(2, m)))
    }

    /// The factors by themselves, with the regularization: in panels of some columns, of which each has its rows one
    /// behind the other, as they are read.
    fn gram(&self, rows: &[f64]) -> Vec<f64> {
        const PART: usize = 4_096;
        let w = self.width();
        let parts: Vec<Vec<f64>> = rows
            .par_chunks(PART * w)
            .map(|part| {
                let mut gram = vec![0.0; w * w];
                squares(part, w, &mut gram);
                gram
            })
            .collect();
        let mut panels = vec![0.0; w * w];
        let place =
            |row: usize, column: usize| (column / LANES) * w * LANES + row * LANES + column % LANES;
        for own in 0..w {
            panels[place(own, own)] = self.regularization;
        }
        for part in parts {
            for (at, value) in part.into_iter().enumerate() {
                panels[place(at / w, at % w)] += value;
            }
        }
        panels
    }

    /// A turn: the factors of each row, given those of the others.
    fn solve(&self, counts: &Counts, rows: &mut [f64], others: &[f64], gram: &[f64]) {
        let w = self.width();
        let work = || (vec![0.0; 3 * ABREAST * w], Vec::new());
        rows.par_chunks_mut(BLOCK * w).enumerate().for_each_init(
            work,
            |(work, near), (block, part)| {
                for (group, x) in part.chunks_mut(ABREAST * w).enumerate() {
                    let first = block * BLOCK + group * ABREAST;
                    let mut bought = [Bought::NOTHING; ABREAST];
                    for (own, bought) in bought.iter_mut().take(x.len() / w).enumerate() {
                        (bought.products, bought.counts) = counts.row(first + own);
                    }
                    let (weight, steps) = (self.weight, self.steps);
                    if x.len() == ABREAST * w {
                        descend(&bought, weight, others, gram, steps, w, x, work, near);
                    } else {
                        // The last group is short: who is missing has bought nothing.
                        let mut all = x.to_vec();
                        all.resize(ABREAST * w, 0.0);
                        descend(
                            &bought, weight, others, gram, steps, w, &mut all, work, near,
                        );
                        x.copy_from_slice(&all[..x.len()]);
                    }
                }
            },
        );
    }
}

impl Recommender for Als {
    fn name(&self) -> String {
        "ALS".into()
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
                let w = self.params.width();
                let (mut x, mut work) = (vec![0.0; ABREAST * w], vec![0.0; 3 * ABREAST * w]);
                let mut near = Vec::new();
                let mut all = [Bought::NOTHING; ABREAST];
                all[0] = *bought;
                // From nothing it takes as many steps as there are directions.
                let steps = self.taste.factors.max(self.params.steps);
                let (weight, gram) = (self.params.weight, &self.gram);
                descend(
                    &all, weight, &self.wide, gram, steps, w, &mut x, &mut work, &mut near,
                );
                let taste = &x[..self.taste.factors];
                self.taste.scores(taste, scores);
            }
        }
    }
}

/// In lanes, so that wide registers can be used and the order of the sum is always the same.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        lanes = std::array::from_fn(|lane| a[lane].mul_add(b[lane], lanes[lane]));
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

#[inline(always)]
fn add(times: f64, from: &[f64], to: &mut [f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = times.mul_add(*from, *to);
    }
}

/// A matrix in panels times the rows that stand abreast.
#[inline(always)]
fn times(panels: &[f64], x: &[f64], w: usize, out: &mut [f64]) {
    let (x_0, rest) = x.split_at(w);
    let (x_1, rest) = rest.split_at(w);
    let (x_2, x_3) = rest.split_at(w);
    let more = |x: f64, row: &[f64; LANES], sums: [f64; LANES]| -> [f64; LANES] {
        std::array::from_fn(|lane| x.mul_add(row[lane], sums[lane]))
    };
    for (panel, own) in panels.chunks_exact(w * LANES).enumerate() {
        let rows = own.as_chunks::<LANES>().0;
        let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; ABREAST];
        for ((((row, x_0), x_1), x_2), x_3) in rows.iter().zip(x_0).zip(x_1).zip(x_2).zip(x_3) {
            a = more(*x_0, row, a);
            b = more(*x_1, row, b);
            c = more(*x_2, row, c);
            d = more(*x_3, row, d);
        }
        for (own, sums) in [a, b, c, d].iter().enumerate() {
            out[own * w + panel * LANES..][..LANES].copy_from_slice(sums);
        }
    }
}

vectorised! {
    /// Adds the products of each row's factors with each other.
    fn squares(rows: &[f64], w: usize, gram: &mut [f64]) {
        let fours = rows.chunks_exact(4 * w);
        for row in fours.remainder().chunks_exact(w) {
            for (own, gram) in row.iter().zip(gram.chunks_exact_mut(w)) {
                add(*own, row, gram);
            }
        }
        for four in fours {
            let (a, rest) = four.split_at(w);
            let (b, rest) = rest.split_at(w);
            let (c, d) = rest.split_at(w);
            for (own, gram) in gram.chunks_exact_mut(w).enumerate() {
                let (x, y, z, u) = (a[own], b[own], c[own], d[own]);
                for ((((sum, a), b), c), d) in gram.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *sum = u.mul_add(*d, z.mul_add(*c, y.mul_add(*b, x.mul_add(*a, *sum))));
                }
            }
        }
    }
}

vectorised! {
    /// Conjugate gradients for the rows that stand abreast, from where they are. `work` has room for three times as
    /// many, and `near` for the others.
    fn descend(
        bought: &[Bought<'_>; ABREAST],
        weight: f64,
        others: &[f64],
        gram: &[f64],
        steps: usize,
        w: usize,
        x: &mut [f64],
        work: &mut [f64],
        near: &mut Vec<f64>,
    ) {
        /// Below this nothing is left to do.
        const DONE: f64 = 1e-20;
        let (r, rest) = work.split_at_mut(ABREAST * w);
        let (p, ap) = rest.split_at_mut(ABREAST * w);
        // Each of the others is needed once a step, and may be far away: they are fetched once.
        near.clear();
        for own in bought.iter().flat_map(|bought| bought.products) {
            near.extend_from_slice(&others[*own as usize * w..][..w]);
        }
        let mut ends = [0; ABREAST + 1];
        for (own, bought) in bought.iter().enumerate() {
            ends[own + 1] = ends[own] + bought.products.len() * w;
        }
        let mut left = [0.0; ABREAST];
        times(gram, x, w, ap);
        for (own, bought) in bought.iter().enumerate() {
            let row = own * w..(own + 1) * w;
            let (x, r, ap) = (&mut x[row.clone()], &mut r[row.clone()], &ap[row.clone()]);
            if bought.products.is_empty() {
                x.fill(0.0);
                r.fill(0.0);
            } else {
                r.iter_mut().zip(ap).for_each(|(r, ap)| *r = -ap);
            }
            let near = near[ends[own]..ends[own + 1]].chunks_exact(w);
            for (other, count) in near.zip(bought.counts) {
                let confidence = weight * count;
                let missing = confidence - (confidence - 1.0) * dot(other, x);
                add(missing, other, r);
            }
            left[own] = dot(r, r);
            p[row].copy_from_slice(r);
        }
        for _ in 0..steps {
            if left.iter().all(|left| *left < DONE) {
                return;
            }
            times(gram, p, w, ap);
            for (own, bought) in bought.iter().enumerate() {
                if left[own] < DONE {
                    continue;
                }
                let row = own * w..(own + 1) * w;
                let (x, r) = (&mut x[row.clone()], &mut r[row.clone()]);
                let (p, ap) = (&mut p[row.clone()], &mut ap[row]);
                let near = near[ends[own]..ends[own + 1]].chunks_exact(w);
                for (other, count) in near.zip(bought.counts) {
                    add((weight * count - 1.0) * dot(other, p), other, ap);
                }
                let step = left[own] / dot(p, ap);
                add(step, p, x);
                add(-step, ap, r);
                let now = dot(r, r);
                let turn = now / left[own];
                p.iter_mut().zip(r.iter()).for_each(|(p, r)| *p = turn.mul_add(*p, *r));
                left[own] = now;
            }
        }
    }
}
