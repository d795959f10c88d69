use polars::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::coordinates::coordinates;
use super::kmeans::KMeansParams;
use super::pca::components;
use super::points::Points;
use crate::progress::Progress;
use crate::random::{below, derive, stream, unit};
use crate::{Error, Result};

/// What would the customers look like if there were no segments?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Spread evenly over the range of each column.
    Box,
    /// Spread evenly over a box that is turned along the principal components, so that columns
    /// that go together still do: method b of the paper.
    Components,
    /// One normal distribution with the mean and the covariance of the customers.
    Normal,
    /// The customers' own values, each column shuffled for itself: the columns look as they do,
    /// and nothing goes with anything.
    Shuffled,
}

/// Is there more structure than in a table without any?
///
/// The gap statistic (Tibshirani, Walther and Hastie 2001, J. R. Stat. Soc. B 63, 411) for each
/// number of segments from 1 to `most`: how much smaller the inertia's logarithm is than that of
/// `references` made-up tables. A row for each: `k`, `inertia`, `gap`, `gap_se` (the standard
/// error of the reference, with that of its estimate), and `enough`: the gap is no less than the
/// next one minus its error. The first k with that is the paper's answer; at 1 there are no
/// segments. The last k has none, as there is no next.
///
/// Every column of the table is a coordinate. Each table is clustered as `params` say, with k and
/// seeds of their own.
///
/// # Errors
/// [`Error::Parameter`] where `references` is below 2 or `most` is 0, those of
/// [`KMeans`](super::KMeans)'s fit; [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::cluster::Reference;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 5.2])?;
/// let gaps = cluster::gap(&table, 3, &KMeans::params(1), 50, Reference::Box)?;
/// let gap = gaps.column("gap")?.f64()?;
/// assert!(gap.get(1) > gap.get(0));
/// # Ok::<(), Error>(())
/// ```
pub fn gap(
    table: &DataFrame,
    most: usize,
    params: &KMeansParams,
    references: usize,
    reference: Reference,
) -> Result<DataFrame> {
    let (points, _) = coordinates(table, &[])?;
    if most == 0 {
        return Err(Error::Parameter {
            name: "most",
            value: "0".into(),
            expected: "1 or more segments".into(),
        });
    }
    let inertias: Vec<f64> = (1..=most)
        .map(|k| Ok(params.with_k(k).fit_points(&points)?.0.inertia()))
        .collect::<Result<_>>()?;
    let gaps = gaps(&points, &inertias, params, references, reference)?;
    Ok(df!(
        "k" => (1..=most as u64).collect::<Vec<_>>(),
        "inertia" => inertias,
        "gap" => gaps.iter().map(|gap| gap.gap).collect::<Vec<_>>(),
        "gap_se" => gaps.iter().map(|gap| gap.error).collect::<Vec<_>>(),
        "enough" => gaps.iter().map(|gap| gap.enough).collect::<Vec<_>>(),
    )?)
}

/// The gap of one number of segments.
pub(crate) struct Gap {
    pub gap: f64,
    pub error: f64,
    pub enough: Option<bool>,
    /// How far the fall of the inertia's logarithm from one segment lies beyond that of the reference,
    /// in standard errors.
    pub beyond: f64,
}

/// The gaps at 1, 2 and so on, from the customers' inertias there.
pub(crate) fn gaps(
    points: &Points,
    inertias: &[f64],
    params: &KMeansParams,
    references: usize,
    reference: Reference,
) -> Result<Vec<Gap>> {
    if references < 2 {
        return Err(Error::Parameter {
            name: "references",
            value: references.to_string(),
            expected: "2 or more".into(),
        });
    }
    let frame = Frame::new(points, reference)?;
    let seed = derive(params.own_seed(), 1);
    let progress = Progress::new("gap statistic", references);
    let logs: Vec<Vec<f64>> = (0..references)
        .into_par_iter()
        .map(|number| {
            let made_up = frame.draw(&mut stream(seed, number));
            let params = params.reseeded(number as u64).refine(false);
            let log = |k| Ok(params.with_k(k).fit_points(&made_up)?.0.inertia().ln());
            let logs = (1..=inertias.len()).map(log).collect::<Result<_>>()?;
            progress.tick();
            Ok(logs)
        })
        .collect::<Result<_>>()?;
    let b = references as f64;
    let mut gaps: Vec<Gap> = Vec::new();
    for (place, inertia) in inertias.iter().enumerate() {
        // The mean of the references, and its standard error together with that of one more.
        let reference = |value: &dyn Fn(&Vec<f64>) -> f64| {
            let mean = logs.iter().map(value).sum::<f64>() / b;
            let squares: f64 = logs.iter().map(|logs| (value(logs) - mean).powi(2)).sum();
            (mean, (squares / b).sqrt() * (1.0 + 1.0 / b).sqrt())
        };
        let (log, error) = reference(&|logs| logs[place]);
        let (fall, fall_error) = reference(&|logs| logs[0] - logs[place]);
        gaps.push(Gap {
            gap: log - inertia.ln(),
            error,
            enough: None,
            beyond: (inertias[0].ln() - inertia.ln() - fall) / fall_error,
        });
    }
    for place in 1..gaps.len() {
        let next = gaps[place].gap - gaps[place].error;
        gaps[place - 1].enough = Some(gaps[place - 1].gap >= next);
    }
    Ok(gaps)
}

/// From where the made-up customers are drawn.
struct Frame<'a> {
    points: &'a Points,
    reference: Reference,
    /// The axes of the box, row by row, and its sides along them; for the normal distribution a
    /// standard deviation in place of the end.
    axes: Vec<f64>,
    sides: Vec<(f64, f64)>,
    mean: Vec<f64>,
}

impl<'a> Frame<'a> {
    fn new(points: &'a Points, reference: Reference) -> Result<Self> {
        let d = points.dimensions();
        let (mut axes, mut spread) = (Vec::new(), Vec::new());
        if matches!(reference, Reference::Components | Reference::Normal) {
            let components = components(points.view()?)?;
            axes = components.loadings.iter().copied().collect();
            spread = components
                .variances
                .iter()
                .map(|variance| (0.0, variance.sqrt()))
                .collect();
        }
        let axes: Vec<f64> = match reference {
            Reference::Components | Reference::Normal => axes,
            Reference::Box | Reference::Shuffled => {
                (0..d * d).map(|i| f64::from(i / d == i % d)).collect()
            }
        };
        let side = |axis: &[f64]| {
            points
                .rows()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), row| {
                    let place: f64 = row.iter().zip(axis).map(|(x, a)| x * a).sum();
                    (least.min(place), most.max(place))
                })
        };
        Ok(Frame {
            points,
            reference,
            sides: match reference {
                Reference::Normal => spread,
                _ => axes.chunks_exact(d).map(side).collect(),
            },
            mean: points.mean(),
            axes,
        })
    }

    fn draw(&self, random: &mut Xoshiro256PlusPlus) -> Points {
        let (n, d) = (self.points.len(), self.points.dimensions());
        let mut rows = vec![0.0; n * d];
        if self.reference == Reference::Shuffled {
            for column in 0..d {
                let mut order: Vec<usize> = (0..n).collect();
                for place in (1..n).rev() {
                    order.swap(place, below(random, place + 1));
                }
                for (row, from) in order.iter().enumerate() {
                    rows[row * d + column] = self.points.row(*from)[column];
                }
            }
        } else {
            for row in rows.chunks_exact_mut(d) {
                if self.reference == Reference::Normal {
                    row.copy_from_slice(&self.mean);
                }
                for ((least, most), axis) in self.sides.iter().zip(self.axes.chunks_exact(d)) {
                    let place = match self.reference {
                        Reference::Normal => {
                            let z: f64 = StandardNormal.sample(random);
                            most * z
                        }
                        _ => least + (most - least) * unit(random),
                    };
                    for (x, a) in row.iter_mut().zip(axis) {
                        *x += place * a;
                    }
                }
            }
        }
        Points::from_rows(rows, d)
    }
}
