//! Customers as points, laid out for the processor's wide registers.

mod coordinates;

use ndarray::{ArrayBase, ArrayView2, Data, Ix2};
use rayon::prelude::*;

use crate::{Error, Result};
pub(crate) use coordinates::{complete, coordinates, known, labels, ordinary};

/// Points that are worked on at a time.
pub(crate) const LANES: usize = 8;
/// Points in a chunk, the unit that is given to a thread. Sums are added up within a chunk, then
/// chunk by chunk in their order, so that the number of threads changes no digit.
pub(crate) const CHUNK: usize = 2_048;

/// Compiles a function once for each kind of register that processors have, and picks at run
/// time. All of them compute the same digits: each lane does the same steps in the same order.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) $(-> $answer:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $kind),*) $(-> $answer)? {
            #[inline(always)]
            fn body($($arg: $kind),*) $(-> $answer)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx2,fma")]
                fn eight_lanes($($arg: $kind),*) $(-> $answer)? { body($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                fn four_lanes($($arg: $kind),*) $(-> $answer)? { body($($arg),*) }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    if is_x86_feature_detected!("avx512f") {
                        // SAFETY: the processor has just said that it can.
                        return unsafe { eight_lanes($($arg),*) };
                    }
                    // SAFETY: the processor has just said that it can.
                    return unsafe { four_lanes($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use vectorised;

/// The largest number that can be squared and added up without leaving what numbers can hold.
pub(crate) const LARGEST: f64 = 1e150;

/// Whether a number is not beyond that.
pub(crate) fn is_ordinary(x: f64) -> bool {
    x.abs() <= LARGEST
}

/// That rows are as wide as those that were learned from: the traits of linfa's leave no room for an
/// error, and its own models panic too.
pub(crate) fn check_width<D: Data<Elem = f64>>(
    model: &str,
    rows: &ArrayBase<D, Ix2>,
    answers: usize,
    width: usize,
) {
    assert_eq!(
        rows.ncols(),
        width,
        "{model} was fitted to {width} columns, and is to predict from {}",
        rows.ncols()
    );
    assert_eq!(
        rows.nrows(),
        answers,
        "{model} has {answers} places for the answers of {} rows",
        rows.nrows()
    );
}

/// What [`is_ordinary`] asks for.
pub(crate) const ORDINARY: &str = "a finite number, and none beyond 1e150";

/// Rows of numbers, twice: row by row, to pick single points, and in blocks of [`LANES`] points,
/// to go through all. Within a block, all values of one dimension lie beside each other.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    rows: Vec<f64>,
    blocks: Vec<f64>,
    n: usize,
    d: usize,
}

impl Points {
    /// Reads a matrix with a row for each customer.
    ///
    /// An error where there is no row, no column, or a value that is not finite.
    pub fn new(rows: ArrayView2<'_, f64>) -> Result<Self> {
        let (n, d) = rows.dim();
        for (what, found) in [("customers", n), ("columns", d)] {
            if found == 0 {
                return Err(Error::TooFew {
                    what: what.into(),
                    found,
                    expected: "1 or more".into(),
                });
            }
        }
        let values: Vec<f64> = match rows.as_slice() {
            Some(values) => values.to_vec(),
            None => rows.iter().copied().collect(),
        };
        // A look at each chunk as a whole is five times as fast as one at each value.
        let is_odd = |part: &[f64]| !part.iter().fold(true, |all, x| all & is_ordinary(*x));
        let odd = values.par_chunks(CHUNK).position_first(is_odd);
        let odd =
            odd.and_then(|part| (part * CHUNK..values.len()).find(|at| !is_ordinary(values[*at])));
        if let Some(place) = odd {
            return Err(Error::Value {
                column: format!("number {}", place % d),
                row: place / d,
                value: values[place].to_string(),
                expected: ORDINARY.into(),
            });
        }
        Ok(Points::from_rows(values, d))
    }

    /// Points of `d` values each, row by row.
    pub fn from_rows(rows: Vec<f64>, d: usize) -> Self {
        let n = rows.len() / d;
        let mut blocks = vec![0.0; n.div_ceil(LANES) * LANES * d];
        blocks
            .par_chunks_mut(LANES * d)
            .zip(rows.par_chunks(LANES * d))
            .with_min_len(64)
            .for_each(|(block, rows)| turn(rows, d, block));
        Points { rows, blocks, n, d }
    }

    /// Points from their columns, which are equally long.
    pub fn from_columns(columns: &[Vec<f64>]) -> Self {
        let (n, d) = (columns.first().map_or(0, Vec::len), columns.len());
        let mut rows = vec![0.0; n * d];
        for (place, column) in columns.iter().enumerate() {
            for (row, value) in column.iter().enumerate() {
                rows[row * d + place] = *value;
            }
        }
        Points::from_rows(rows, d)
    }

    /// Some of the points, in this order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|row| self.row(*row)).copied();
        Points::from_rows(values.collect(), self.d)
    }

    pub fn len(&self) -> usize {
        self.n
    }

    /// How many of the points differ, counted up to so many.
    pub fn different(&self, most: usize) -> usize {
        let mut seen = std::collections::HashSet::new();
        for row in self.rows() {
            // 0 and -0 are the same place.
            seen.insert(row.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>());
            if seen.len() >= most {
                break;
            }
        }
        seen.len()
    }

    pub fn dimensions(&self) -> usize {
        self.d
    }

    pub fn row(&self, row: usize) -> &[f64] {
        &self.rows[row * self.d..(row + 1) * self.d]
    }

    /// Some points that lie beside each other.
    pub fn several(&self, first: usize, count: usize) -> &[f64] {
        &self.rows[first * self.d..(first + count) * self.d]
    }

    /// All points as a matrix with a row for each.
    pub fn view(&self) -> Result<ArrayView2<'_, f64>> {
        let view = ArrayView2::from_shape((self.n, self.d), &self.rows);
        Ok(view.map_err(linfa::Error::from)?)
    }

    /// All points, one after the other.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.rows.chunks_exact(self.d)
    }

    /// The points of a chunk of [`CHUNK`], one after the other.
    pub fn chunk_rows(&self, chunk: usize) -> &[f64] {
        let size = CHUNK * self.d;
        &self.rows[chunk * size..self.rows.len().min((chunk + 1) * size)]
    }

    /// All blocks, each [`LANES`] times the dimensions long.
    pub fn blocks(&self) -> &[f64] {
        &self.blocks
    }

    /// The blocks of a chunk of [`CHUNK`] points, and how many points are in it.
    pub fn chunk(&self, chunk: usize) -> (&[f64], usize) {
        let size = CHUNK * self.d;
        let blocks = &self.blocks[chunk * size..self.blocks.len().min((chunk + 1) * size)];
        (blocks, (self.n - chunk * CHUNK).min(CHUNK))
    }

    pub fn chunks(&self) -> usize {
        self.n.div_ceil(CHUNK)
    }

    /// The points as seen from another one.
    pub fn minus(&self, centre: &[f64]) -> Self {
        let rows = self
            .rows()
            .flat_map(|row| row.iter().zip(centre).map(|(x, c)| x - c));
        Points::from_rows(rows.collect(), self.d)
    }

    /// The mean point.
    pub fn mean(&self) -> Vec<f64> {
        let sum = self.sums(|x, _| x);
        sum.into_iter().map(|sum| sum / self.n as f64).collect()
    }

    /// The sum of squares around a point, for each dimension.
    pub fn squares_around(&self, centre: &[f64]) -> Vec<f64> {
        self.sums(|x, column| (x - centre[column]).powi(2))
    }

    /// The sum of what is made of each value, dimension by dimension.
    fn sums(&self, term: impl Fn(f64, usize) -> f64 + Sync) -> Vec<f64> {
        added((0..self.chunks()).into_par_iter().map(|chunk| {
            let mut sums = vec![0.0; self.d];
            for row in self.chunk_rows(chunk).chunks_exact(self.d) {
                for (column, (sum, x)) in sums.iter_mut().zip(row).enumerate() {
                    *sum += term(*x, column);
                }
            }
            sums
        }))
    }
}

/// The sums of all chunks, added up in their order.
pub(crate) fn added(parts: impl IndexedParallelIterator<Item = Vec<f64>>) -> Vec<f64> {
    let parts: Vec<Vec<f64>> = parts.collect();
    let add = |mut total: Vec<f64>, part: Vec<f64>| {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
        total
    };
    parts.into_iter().reduce(add).unwrap_or_default()
}

/// Puts up to [`LANES`] rows beside each other.
#[inline(always)]
pub(crate) fn turn(rows: &[f64], d: usize, block: &mut [f64]) {
    for (lane, row) in rows.chunks_exact(d).enumerate() {
        for (column, x) in row.iter().enumerate() {
            block[column * LANES + lane] = *x;
        }
    }
}

/// The squared distance of two points.
pub(crate) fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// For each point of a block: the squared distances to the nearest and the second nearest centre,
/// and which is the nearest. Of two that are equally near it is the first.
pub(crate) struct Nearest {
    pub first: [f64; LANES],
    pub second: [f64; LANES],
    pub centre: [u64; LANES],
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // Lanes of several arrays go together.
pub(crate) fn nearest(block: &[f64], centres: &[f64], d: usize) -> Nearest {
    let mut answer = Nearest {
        first: [f64::INFINITY; LANES],
        second: [f64::INFINITY; LANES],
        centre: [0; LANES],
    };
    for (number, centre) in centres.chunks_exact(d).enumerate() {
        let distance = distances(block, centre);
        for lane in 0..LANES {
            let nearer = distance[lane] < answer.first[lane];
            let behind = if nearer {
                answer.first[lane]
            } else {
                distance[lane]
            };
            answer.second[lane] = if behind < answer.second[lane] {
                behind
            } else {
                answer.second[lane]
            };
            answer.first[lane] = if nearer {
                distance[lane]
            } else {
                answer.first[lane]
            };
            answer.centre[lane] = if nearer {
                number as u64
            } else {
                answer.centre[lane]
            };
        }
    }
    answer
}

/// The squared distance of each point of a block to one centre.
#[inline(always)]
pub(crate) fn distances(block: &[f64], centre: &[f64]) -> [f64; LANES] {
    let mut sum = [0.0; LANES];
    for (values, centre) in block.chunks_exact(LANES).zip(centre) {
        for lane in 0..LANES {
            let difference = values[lane] - centre;
            sum[lane] = difference.mul_add(difference, sum[lane]);
        }
    }
    sum
}
