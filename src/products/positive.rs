//! The inverse of a large symmetric positive definite matrix. linfa-linalg's goes element by element; this one goes
//! block by block, so that most of the work are products of blocks.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Rows in a block.
const BLOCK: usize = 64;

/// The inverse, by Cholesky's decomposition: of `A = L L'` it is `L'^-1 L^-1`. Nothing where it is not positive definite.
pub(super) fn inverse(mut a: Array2<f64>) -> Option<Array2<f64>> {
    decompose(&mut a)?;
    let n = a.nrows();
    let blocks: Vec<(usize, usize)> = (0..n)
        .step_by(BLOCK)
        .map(|from| (from, (from + BLOCK).min(n)))
        .collect();
    // The columns of L^-1, block by block, each with the rows from its diagonal on.
    let columns: Vec<Array2<f64>> = blocks
        .par_iter()
        .map(|(from, to)| forward(a.view(), *from, *to))
        .collect();
    let products: Vec<Vec<Array2<f64>>> = (0..blocks.len())
        .into_par_iter()
        .map(|i| {
            let lower = |j: usize| {
                let (from, own) = (blocks[i].0, &columns[j]);
                let other = columns[i].view();
                own.slice(s![from - blocks[j].0.., ..]).t().dot(&other)
            };
            (0..=i).map(lower).collect()
        })
        .collect();
    let mut inverse = a;
    for (i, row) in products.into_iter().enumerate() {
        for (j, block) in row.into_iter().enumerate() {
            let ((top, bottom), (left, right)) = (blocks[i], blocks[j]);
            inverse
                .slice_mut(s![left..right, top..bottom])
                .assign(&block);
            inverse
                .slice_mut(s![top..bottom, left..right])
                .assign(&block.t());
        }
    }
    Some(inverse)
}

/// L in the lower half; what is above the diagonal stays.
fn decompose(a: &mut Array2<f64>) -> Option<()> {
    let n = a.nrows();
    for from in (0..n).step_by(BLOCK) {
        let to = (from + BLOCK).min(n);
        for row in from..to {
            for column in from..=row {
                let sum: f64 = (from..column).map(|k| a[[row, k]] * a[[column, k]]).sum();
                let rest = a[[row, column]] - sum;
                a[[row, column]] = match row == column {
                    true if rest > 0.0 => rest.sqrt(),
                    true => return None,
                    false => rest / a[[column, column]],
                };
            }
        }
        let (upper, mut below) = a.view_mut().split_at(Axis(0), to);
        let corner = upper.slice(s![from..to, from..to]);
        below
            .axis_iter_mut(Axis(0))
            .into_par_iter()
            .for_each(|mut row| {
                for column in 0..to - from {
                    let before = (0..column).map(|k| row[from + k] * corner[[column, k]]);
                    let sum: f64 = before.sum();
                    row[from + column] = (row[from + column] - sum) / corner[[column, column]];
                }
            });
        let panel = below.slice(s![.., from..to]).to_owned();
        below
            .axis_chunks_iter_mut(Axis(0), BLOCK)
            .into_par_iter()
            .enumerate()
            .for_each(|(place, mut rows)| {
                let begin = place * BLOCK;
                let own = panel.slice(s![begin..begin + rows.nrows(), ..]);
                let left = panel.slice(s![..begin + rows.nrows(), ..]);
                let mut rest = rows.slice_mut(s![.., to..to + left.nrows()]);
                general_mat_mul(-1.0, &own, &left.t(), 1.0, &mut rest);
            });
    }
    Some(())
}

/// Some columns of L^-1, from the diagonal down.
fn forward(l: ArrayView2<'_, f64>, from: usize, to: usize) -> Array2<f64> {
    let n = l.nrows();
    let mut x = Array2::zeros((n - from, to - from));
    for column in 0..to - from {
        x[[column, column]] = 1.0;
    }
    for top in (from..n).step_by(BLOCK) {
        let bottom = (top + BLOCK).min(n);
        let (known, mut rest) = x.view_mut().split_at(Axis(0), top - from);
        let mut own = rest.slice_mut(s![..bottom - top, ..]);
        if top > from {
            let left = l.slice(s![top..bottom, from..top]);
            general_mat_mul(-1.0, &left, &known, 1.0, &mut own);
        }
        for row in 0..bottom - top {
            let (above, mut below) = own.view_mut().split_at(Axis(0), row);
            let mut now = below.row_mut(0);
            for k in 0..row {
                now.scaled_add(-l[[top + row, top + k]], &above.row(k));
            }
            now /= l[[top + row, top + row]];
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_by_its_inverse_is_one_in_any_size() {
        for n in [1, 7, 64, 65, 150] {
            let root = Array2::from_shape_fn((n, n), |(i, j)| {
                ((i * 31 + j * 17) % 23) as f64 / 23.0 - 0.5
            });
            let a = root.dot(&root.t()) + Array2::<f64>::eye(n);
            let one = a.dot(&inverse(a.clone()).unwrap());
            let off = (one - Array2::<f64>::eye(n)).mapv(f64::abs);
            assert!(off.iter().all(|x| *x < 1e-10), "{n}");
        }
        assert!(inverse(Array2::from_elem((2, 2), 1.0)).is_none());
    }
}
