use kodama::Method;
use polars::prelude::*;

use crate::table::points::coordinates;
use crate::table::points::{Points, squared};
use crate::{Error, Result};

/// The pairs of more customers than this do not fit into memory well.
const MOST: usize = 10_000;

/// Which customers, and then which groups of them, are most alike?
///
/// Hierarchical clustering: the two nearest groups are joined until one is left. The distance of
/// two groups is by how much joining them raises the inertia (Ward 1963, J. Am. Stat. Assoc. 58,
/// 236). It needs all pairs of customers, so it takes up to 10,000: a sample, or the centroids of
/// many small k-means groups. Made by [`hierarchy`].
#[derive(Clone, Debug)]
pub struct Hierarchy {
    /// Which two groups each step joins, and at which height. Customers are the groups 0 to n - 1,
    /// the group of step i is n + i.
    joined: Vec<(usize, usize, f64, usize)>,
    n: usize,
}

/// Joins the customers of a table, each of whose columns is a coordinate, step by step.
///
/// # Errors
/// [`Error::Parameter`] where there are more than 10,000 customers, [`Error::TooFew`] where there is
/// none, [`Error::Value`], [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let hierarchy = cluster::hierarchy(&df!("x" => [0.0, 1.0, 10.0, 12.0])?)?;
/// assert_eq!(hierarchy.labels(2)?, [0, 0, 1, 1]);
/// // The nearest two are 1 apart; the last two groups are joined at Ward's distance of their means.
/// let heights = hierarchy.tidy()?.column("height")?.f64()?.to_vec();
/// assert_eq!(heights[0], Some(1.0));
/// assert!((heights[2].unwrap() - 10.5 * 2f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn hierarchy(table: &DataFrame) -> Result<Hierarchy> {
    let (points, _) = coordinates(table, &[])?;
    let n = points.len();
    if n > MOST {
        return Err(Error::Parameter {
            name: "table",
            value: format!("{n} customers"),
            expected: format!("at most {MOST}: draw a sample, or join the centroids of k-means"),
        });
    }
    Ok(Hierarchy::new(&points))
}

impl Hierarchy {
    fn new(points: &Points) -> Self {
        let n = points.len();
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let distance = |(a, b)| squared(points.row(a), points.row(b)).sqrt();
        let mut distances: Vec<f64> = pairs.map(distance).collect();
        let tree = kodama::linkage(&mut distances, n, Method::Ward);
        let step = |step: &kodama::Step<f64>| {
            (step.cluster1, step.cluster2, step.dissimilarity, step.size)
        };
        Hierarchy {
            joined: tree.steps().iter().map(step).collect(),
            n,
        }
    }

    /// A row for each step: `step`, `a` and `b`, the groups it joins (customers are 0 to n - 1, the
    /// group that step i makes is n + i - 1), `height` and `customers`.
    pub fn tidy(&self) -> Result<DataFrame> {
        let joined = &self.joined;
        Ok(df!(
            "step" => (1..=joined.len() as u64).collect::<Vec<_>>(),
            "a" => joined.iter().map(|j| j.0 as u64).collect::<Vec<_>>(),
            "b" => joined.iter().map(|j| j.1 as u64).collect::<Vec<_>>(),
            "height" => joined.iter().map(|j| j.2).collect::<Vec<_>>(),
            "customers" => joined.iter().map(|j| j.3 as u64).collect::<Vec<_>>(),
        )?)
    }

    /// The label of each customer when `k` groups are left, counted from 0, the largest.
    ///
    /// # Errors
    /// [`Error::Parameter`] where `k` is not 1 to the number of customers.
    pub fn labels(&self, k: usize) -> Result<Vec<usize>> {
        if !(1..=self.n).contains(&k) {
            return Err(Error::Parameter {
                name: "k",
                value: k.to_string(),
                expected: format!("1 to {}, the number of customers", self.n),
            });
        }
        // From the last step kept to the first: each group's members get its number.
        let mut group: Vec<usize> = (0..self.n + self.joined.len()).collect();
        for (step, (a, b, _, _)) in self.joined.iter().enumerate().take(self.n - k).rev() {
            let own = group[self.n + step];
            group[*a] = own;
            group[*b] = own;
        }
        let mut sizes = vec![(0usize, usize::MAX); group.len()];
        for (row, own) in group.iter().take(self.n).enumerate() {
            sizes[*own].0 += 1;
            sizes[*own].1 = sizes[*own].1.min(row);
        }
        let mut order: Vec<usize> = (0..group.len()).filter(|own| sizes[*own].0 > 0).collect();
        order.sort_by_key(|own| (std::cmp::Reverse(sizes[*own].0), sizes[*own].1));
        let mut place = vec![0; group.len()];
        for (label, own) in order.iter().enumerate() {
            place[*own] = label;
        }
        Ok(group[..self.n].iter().map(|own| place[*own]).collect())
    }
}
