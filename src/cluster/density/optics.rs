use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{ArrayBase, Data, Ix2};
use polars::prelude::*;

use super::neighbours::{square_of_nearest, visit};
use super::{AT_MOST, check_at_most, check_min_points, check_radius, drawn};
use crate::progress::Progress;
use crate::scale::Recipe;
use crate::table::column;
use crate::table::points::{LANES, Points};
use crate::{Error, Result};

/// How close is close? What each radius would give, before one is chosen.
///
/// OPTICS (Ankerst et al. 1999, SIGMOD 99, 49): customers in an order in which those of a dense region
/// follow each other, each with its reachability, the radius from which it is connected with those before.
/// Valleys of the reachability are groups at any radius between their floor and their rim. The order
/// starts with the first customer; the groups do not depend on that. It is scikit-learn's.
///
/// [`Dbscan`](super::Dbscan) makes the groups of a radius. With more than 20,000 customers a random
/// sample is looked at.
///
/// ```
/// use segmenta::cluster::Optics;
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.3, 0.5, 7.0, 7.2, 40.0])?;
/// let optics = Optics::fit(&table, &Recipe::new(["x"]), &Optics::params(2))?;
/// let at = optics.at(0.5)?;
/// assert_eq!(at.column("segments")?.u64()?.get(0), Some(2));
/// assert_eq!(at.column("alone")?.u64()?.get(0), Some(1));
/// // From 0.5 to 7.0 it is 6.5 far.
/// assert_eq!(optics.at(6.5)?.column("segments")?.u64()?.get(0), Some(1));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Optics {
    min_points: usize,
    n: usize,
    /// The rows that were looked at, in the table's order; all where it is `None`.
    drawn: Option<Vec<usize>>,
    walk: Visits,
}

/// How [`Optics`] looks at customers, to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct OpticsParams(OpticsValidParams);

/// [`OpticsParams`] that have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct OpticsValidParams {
    min_points: usize,
    at_most: usize,
    seed: u64,
}

impl Optics {
    /// `min_points`, 2 or more, customers make a neighbourhood, the own self among them. Twice the
    /// number of columns is usual (Sander et al. 1998, Data Min. Knowl. Disc. 2, 169). At most 20,000
    /// customers are looked at, drawn with seed 0.
    pub fn params(min_points: usize) -> OpticsParams {
        OpticsParams(OpticsValidParams {
            min_points,
            at_most: AT_MOST,
            seed: 0,
        })
    }

    /// Scales the table by the recipe, and looks at the distances in it.
    ///
    /// # Errors
    /// Those of [`Recipe::fit`]; [`Error::TooFew`] where there are fewer customers than `min_points`.
    pub fn fit(table: &DataFrame, recipe: &Recipe, params: &OpticsParams) -> Result<Self> {
        Ok(Optics::looked_at(table, recipe, params)?.0)
    }

    /// The same, with the points that were looked at.
    pub(super) fn looked_at(
        table: &DataFrame,
        recipe: &Recipe,
        params: &OpticsParams,
    ) -> Result<(Self, Points)> {
        let points = recipe.fit(table)?.points(table)?;
        let optics = params.check_ref()?.fit_points(&points)?;
        let points = match &optics.drawn {
            Some(rows) => points.select(rows),
            None => points,
        };
        Ok((optics, points))
    }

    /// The rows of the customers that were looked at, in the order of OPTICS.
    pub fn order(&self) -> Vec<usize> {
        let row = |place: &usize| self.drawn.as_ref().map_or(*place, |rows| rows[*place]);
        self.walk.order.iter().map(row).collect()
    }

    /// The radius where the curve of distances bends: below it most customers have their neighbours,
    /// above it come those who lie alone. It is the point of the sorted core distances farthest below
    /// the straight line from the least to the greatest (Satopaa et al. 2011, ICDCS Workshops, 166).
    /// A proposal: look at [`k_distance`](crate::plot::k_distance), and at what the radii around it give.
    pub fn bend(&self) -> f64 {
        let sorted = self.sorted();
        let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
        let steps = (sorted.len() - 1).max(1) as f64;
        let below = |place: usize| {
            let height = match most > least {
                true => (sorted[place] - least) / (most - least),
                false => 0.0,
            };
            place as f64 / steps - height
        };
        let bend = (0..sorted.len()).max_by(|a, b| below(*a).total_cmp(&below(*b)));
        sorted[bend.unwrap_or(0)]
    }

    /// What would radii give? A row for each of those that hold for 50 to 99 percent of the customers, and
    /// for the [`bend`](Optics::bend): the columns of [`at`](Optics::at).
    pub fn tidy(&self) -> Result<DataFrame> {
        let sorted = self.sorted();
        let shares = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99];
        let mut radii: Vec<f64> = shares
            .iter()
            .filter_map(|p| column::quantile(&sorted, *p))
            .collect();
        radii.push(self.bend());
        radii.retain(|radius| *radius > 0.0);
        radii.sort_by(f64::total_cmp);
        radii.dedup();
        let rows = radii.into_iter().map(|radius| Ok(self.at(radius)?.lazy()));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        if rows.is_empty() {
            return Err(Error::TooFew {
                what: "distances above 0".into(),
                found: 0,
                expected: "1 or more: customers who are not all the same".into(),
            });
        }
        Ok(concat(rows, UnionArgs::default())?.collect()?)
    }

    /// What would this radius give? One row: `radius`, `segments`, `core` (customers who have
    /// `min_points` within it), `largest` (those of them in the largest segment), `edge` (others who
    /// are in reach of one), `alone` (those who are not).
    ///
    /// # Errors
    /// [`Error::Parameter`] where the radius is not above 0.
    pub fn at(&self, radius: f64) -> Result<DataFrame> {
        check_radius(radius)?;
        let (mut edge, mut alone) = (0u64, 0u64);
        let mut sizes: Vec<u64> = Vec::new();
        for customer in &self.walk.order {
            if self.walk.core_distance[*customer] <= radius {
                if self.walk.reachability[*customer] > radius {
                    sizes.push(0);
                }
                if let Some(size) = sizes.last_mut() {
                    *size += 1;
                }
            } else if self.walk.attached[*customer] <= radius {
                edge += 1;
            } else {
                alone += 1;
            }
        }
        Ok(df!(
            "radius" => [radius],
            "segments" => [sizes.len() as u64],
            "core" => [sizes.iter().sum::<u64>()],
            "largest" => [sizes.iter().copied().max().unwrap_or(0)],
            "edge" => [edge],
            "alone" => [alone],
        )?)
    }

    /// The customers with `order` (counted from 1), `core_distance` (the radius from which they have
    /// `min_points` neighbours) and `reachability` (the radius from which they are connected with those
    /// before; none where nobody is before). All three are null for who was not looked at.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the table has not as many rows as that which was looked at, or a column
    /// of one of these names.
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        if table.height() != self.n {
            return Err(Error::Parameter {
                name: "table",
                value: format!("one of {} rows", table.height()),
                expected: format!("the table that was looked at, of {} rows", self.n),
            });
        }
        let mut order = vec![None; self.n];
        let (mut core, mut reach) = (vec![None; self.n], vec![None; self.n]);
        for (place, (customer, row)) in self.walk.order.iter().zip(self.order()).enumerate() {
            order[row] = Some(place as u64 + 1);
            core[row] = Some(self.walk.core_distance[*customer]);
            reach[row] = Some(self.walk.reachability[*customer]).filter(|x| x.is_finite());
        }
        let own = df!("order" => order, "core_distance" => core, "reachability" => reach)?;
        column::beside(table, &own)
    }

    /// One row: `n`, `learned_from` (how many customers were looked at), `min_points`, `bend`.
    pub fn glance(&self) -> Result<DataFrame> {
        Ok(df!(
            "n" => [self.n as u64],
            "learned_from" => [self.walk.order.len() as u64],
            "min_points" => [self.min_points as u64],
            "bend" => [self.bend()],
        )?)
    }

    /// The core distances, the least first.
    pub(crate) fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.walk.core_distance.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// Reachability and core distance of the customers in their order; the former is infinite where nobody
    /// is before.
    pub(crate) fn in_order(&self) -> (Vec<f64>, Vec<f64>) {
        self.walk.in_order()
    }

    /// The radius from which at least half of the customers are in a segment.
    pub(super) fn holds_half(&self) -> f64 {
        let nearest = self.walk.core_distance.iter().zip(&self.walk.attached);
        let mut inside: Vec<f64> = nearest.map(|(core, reach)| core.min(*reach)).collect();
        inside.sort_by(f64::total_cmp);
        inside[(inside.len() - 1) / 2]
    }

    /// How many customers were looked at.
    pub(super) fn seen(&self) -> usize {
        self.walk.order.len()
    }

    pub(crate) fn min_points(&self) -> usize {
        self.min_points
    }
}

impl OpticsParams {
    /// How many customers are looked at, at most; of more it is a random sample.
    pub fn at_most(mut self, customers: usize) -> Self {
        self.0.at_most = customers;
        self
    }

    /// Where the random numbers of that sample start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl ParamGuard for OpticsParams {
    type Checked = OpticsValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&OpticsValidParams> {
        check_min_points(self.0.min_points)?;
        check_at_most(self.0.at_most)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<OpticsValidParams> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl OpticsValidParams {
    fn fit_points(&self, points: &Points) -> Result<Optics> {
        let drawn = drawn(points, self.at_most, self.seed);
        let of_sample = drawn.as_ref().map(|rows| points.select(rows));
        let seen = of_sample.as_ref().unwrap_or(points);
        if seen.len() < self.min_points {
            return Err(Error::TooFew {
                what: "customers".into(),
                found: seen.len(),
                expected: format!("{} or more, as many as min_points", self.min_points),
            });
        }
        let walk = visits(seen, self.min_points, true)?;
        Ok(Optics {
            min_points: self.min_points,
            n: points.len(),
            drawn,
            walk,
        })
    }
}

/// A walk over the customers, always on to the one that is connected at the least radius.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visits {
    order: Vec<usize>,
    core_distance: Vec<f64>,
    reachability: Vec<f64>,
    /// The radius from which a customer is in reach of a core customer.
    attached: Vec<f64>,
}

impl Visits {
    pub fn in_order(&self) -> (Vec<f64>, Vec<f64>) {
        let of = |values: &[f64]| self.order.iter().map(|row| values[*row]).collect();
        (of(&self.reachability), of(&self.core_distance))
    }
}

/// The walk, with progress where it is the only one.
pub(super) fn visits(points: &Points, min_points: usize, alone: bool) -> Result<Visits> {
    let n = points.len();
    // All as squares, whose order is the same, up to the end.
    let core = square_of_nearest(points, min_points)?;
    let mut reachability = vec![f64::INFINITY; n];
    let mut order = Vec::with_capacity(n);
    // As long as the blocks: what is behind the last customer waits for nothing.
    let lanes = n.div_ceil(LANES) * LANES;
    let mut attached = vec![f64::INFINITY; lanes];
    let mut waits = vec![f64::INFINITY; lanes];
    waits[..n].fill(0.0);
    let progress = Progress::new("reachability", n);
    let mut next = Some(0);
    while let Some(customer) = next {
        order.push(customer);
        let own = attached[customer];
        reachability[customer] = own;
        waits[customer] = f64::INFINITY;
        let place = points.row(customer);
        let least = visit(points, place, core[customer], &mut attached, &waits);
        // Nobody is attached to the own self.
        attached[customer] = own;
        // Of several that are equally near, the first of the table.
        next = match least.is_finite() {
            true => (0..n).find(|other| attached[*other] + waits[*other] == least),
            false => (0..n).find(|other| waits[*other] == 0.0),
        };
        if alone {
            progress.tick()?;
        }
    }
    attached.truncate(n);
    let roots = |squares: Vec<f64>| squares.into_iter().map(f64::sqrt).collect();
    Ok(Visits {
        order,
        core_distance: roots(core),
        reachability: roots(reachability),
        attached: roots(attached),
    })
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for OpticsValidParams {
    type Object = Optics;

    /// # Errors
    /// [`Error::TooFew`] where there are fewer customers than `min_points`, [`Error::Value`] where a value
    /// is not finite.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Optics> {
        self.fit_points(&Points::new(dataset.records().view())?)
    }
}
