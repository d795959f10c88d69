use polars::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::kmeans::KMeansParams;
use crate::points::Points;
use crate::points::coordinates;
use crate::progress::Progress;
use crate::random::{below, derive, stream, unit};
use crate::scale::components;
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
/// Every column of the table is a coordinate. For the gap the customers and the made-up tables are
/// clustered alike: as `params` say, but without refinement. What has no logarithm is null: an inertia
/// of 0, or that of a table with fewer different customers than segments.
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
    let inertia = |k| Ok(params.with_k(k).fit_points(&points)?.0.inertia());
    let inertias: Vec<f64> = (1..=most).map(inertia).collect::<Result<_>>()?;
    let gaps = gaps(&points, most, params, references, reference)?;
    Ok(df!(
        "k" => (1..=most as u64).collect::<Vec<_>>(),
        "inertia" => inertias,
        "gap" => gaps.iter().map(|gap| gap.gap).collect::<Vec<_>>(),
        "gap_se" => gaps.iter().map(|gap| gap.error).collect::<Vec<_>>(),
        "enough" => gaps.iter().map(|gap| gap.enough).collect::<Vec<_>>(),
    )?)
}

/// The gap of one number of segments. What has no logarithm is `None`: an inertia of 0, or one of a
/// table with too few different customers.
#[derive(Default)]
pub(crate) struct Gap {
    pub gap: Option<f64>,
    pub error: Option<f64>,
    pub enough: Option<bool>,
    /// How far the fall of the inertia's logarithm from one segment lies beyond that of the reference,
    /// in standard errors: infinite where the customers' own inertia is 0, and no reference's is.
    pub beyond: Option<f64>,
}

/// The gaps at 1 to `most` segments. Customers and references are clustered alike, without refinement.
pub(crate) fn gaps(
    points: &Points,
    most: usize,
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
    let logs_of = |points: &Points, params: &KMeansParams| -> Result<Vec<Option<f64>>> {
        let squares: f64 = points.squares_around(&points.mean()).iter().sum();
        let log = |k| match params.with_k(k).fit_points(points) {
            // Below this an inertia is the rounding of 0.
            Ok((model, _)) => Ok((model.inertia() > 1e-24 * squares).then(|| model.inertia().ln())),
            Err(Error::TooFew { .. }) => Ok(None),
            Err(other) => Err(other),
        };
        (1..=most).map(log).collect()
    };
    let params = params.clone().refine(false);
    let own = logs_of(points, &params)?;
    let frame = Frame::new(points, reference)?;
    let seed = derive(params.own_seed(), 1);
    let progress = Progress::new("gap statistic", references);
    let logs: Vec<Vec<Option<f64>>> = (0..references)
        .into_par_iter()
        .map(|number| {
            let made_up = frame.draw(&mut stream(seed, number));
            let logs = logs_of(&made_up, &params.reseeded(seed, number))?;
            progress.tick()?;
            Ok(logs)
        })
        .collect::<Result<_>>()?;
    let mut gaps: Vec<Gap> = (0..most).map(|place| Gap::at(place, &own, &logs)).collect();
    for place in 1..gaps.len() {
        let (before, next) = (gaps[place - 1].gap, gaps[place].gap.zip(gaps[place].error));
        let enough = before
            .zip(next)
            .map(|(gap, (next, error))| gap >= next - error);
        gaps[place - 1].enough = enough;
    }
    Ok(gaps)
}

impl Gap {
    fn at(place: usize, own: &[Option<f64>], logs: &[Vec<Option<f64>>]) -> Gap {
        let b = logs.len() as f64;
        // The mean of the references, and its standard error together with that of one more.
        let reference = |value: &dyn Fn(&[Option<f64>]) -> Option<f64>| {
            let values: Vec<f64> = logs.iter().map(|logs| value(logs)).collect::<Option<_>>()?;
            let mean = values.iter().sum::<f64>() / b;
            let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
            Some((mean, (squares / b).sqrt() * (1.0 + 1.0 / b).sqrt()))
        };
        let fall_of = |logs: &[Option<f64>]| Some(logs[0]? - logs[place]?);
        let log = reference(&|logs| logs[place]);
        let fall = reference(&fall_of);
        let beyond = match (fall, own[0], own[place]) {
            (Some(_), Some(_), None) => Some(f64::INFINITY),
            (Some((mean, error)), ..) => fall_of(own).map(|own| (own - mean) / error),
            (None, ..) => None,
        };
        Gap {
            gap: log.zip(own[place]).map(|((log, _), own)| log - own),
            error: log.map(|(_, error)| error),
            enough: None,
            beyond: beyond.filter(|beyond| !beyond.is_nan()),
        }
    }
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
