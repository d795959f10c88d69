use std::ops::RangeInclusive;

use polars::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::cluster::kmeans::KMeansParams;
use crate::progress::Progress;
use crate::scale::{Recipe, components};
use crate::stat::random::{below, derive, stream, unit};
use crate::table::points::Points;
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

/// Is there more structure than in a table without any? A builder.
///
/// The gap statistic (Tibshirani, Walther and Hastie 2001, J. R. Stat. Soc. B 63, 411) for each
/// number of segments of a range: how much smaller the inertia's logarithm is than that of made-up
/// tables, which are drawn where the customers lie once the recipe has scaled them.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::cluster::{Gap, Reference};
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 5.2])?;
/// let gap = Gap::new(1..=3).references(50).reference(Reference::Box);
/// let gaps = gap.fit(&table, &Recipe::new(["x"]), &KMeans::params(1))?;
/// let gap = gaps.column("gap")?.f64()?;
/// assert!(gap.get(1) > gap.get(0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    range: RangeInclusive<usize>,
    references: usize,
    reference: Reference,
}

impl Gap {
    /// These numbers of segments; 20 reference tables along the components.
    pub fn new(range: RangeInclusive<usize>) -> Self {
        Gap {
            range,
            references: 20,
            reference: Reference::Components,
        }
    }

    /// How many reference tables: 2 or more.
    pub fn references(mut self, references: usize) -> Self {
        self.references = references;
        self
    }

    /// What a table without segments looks like.
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// A row for each number of segments: `k`, `inertia`, `gap`, `gap_se` (the standard error of the
    /// reference, with that of its estimate), and `enough`: the gap is no less than the next one minus
    /// its error. The first k with that is the paper's answer; at 1 there are no segments. The last k
    /// has none, as there is no next.
    ///
    /// For the gap the customers and the made-up tables are clustered alike: as `params` say, but
    /// without refinement; its own `k` does not count. What has no logarithm is null: an inertia of 0,
    /// or that of a table with fewer different customers than segments.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there are fewer than 2 references or the range is empty or begins at
    /// 0, and those of [`Segments::fit`](crate::cluster::Segments::fit).
    pub fn fit(
        &self,
        table: &DataFrame,
        recipe: &Recipe,
        params: &KMeansParams,
    ) -> Result<DataFrame> {
        let ks = numbers(&self.range, 1)?;
        let (_, points) = recipe.fit_work(recipe.read(table)?)?;
        let inertia = |k: &usize| Ok(params.with_k(*k).fit_points(&points)?.0.inertia());
        let inertias: Vec<f64> = ks.iter().map(inertia).collect::<Result<_>>()?;
        let own = Own::of(&points, *self.range.end(), params)?;
        let mut noise = Noise::new(&points, &own, self.reference)?;
        noise.draw(self.references, &ks)?;
        let gap = |k: &usize| noise.gap(*k);
        let enough = |k: &usize| {
            let next = noise.enough(*k).filter(|_| k < self.range.end())?;
            Some(next.0 >= 0.0)
        };
        Ok(df!(
            "k" => ks.iter().map(|k| *k as u64).collect::<Vec<_>>(),
            "inertia" => inertias,
            "gap" => ks.iter().map(|k| gap(k).map(|gap| gap.0)).collect::<Vec<_>>(),
            "gap_se" => ks.iter().map(|k| gap(k).map(|gap| gap.1)).collect::<Vec<_>>(),
            "enough" => ks.iter().map(enough).collect::<Vec<_>>(),
        )?)
    }
}

/// The numbers of segments of a range, which must have one, from `least` on.
pub(crate) fn numbers(range: &RangeInclusive<usize>, least: usize) -> Result<Vec<usize>> {
    if range.is_empty() || *range.start() == 0 || *range.end() < least {
        return Err(Error::Parameter {
            name: "range",
            value: format!("{} to {}", range.start(), range.end()),
            expected: format!("numbers of segments from 1, up to {least} or more"),
        });
    }
    Ok(range.clone().collect())
}

/// The customers' own logarithms of inertias, from one segment on, and how they were clustered.
#[derive(Clone)]
pub(crate) struct Own {
    params: KMeansParams,
    /// What has no logarithm is `None`.
    logs: Vec<Option<f64>>,
}

impl Own {
    pub fn of(points: &Points, most: usize, params: &KMeansParams) -> Result<Self> {
        let params = params.clone().refine(false);
        let logs = (1..=most)
            .map(|k| log(points, &params, k))
            .collect::<Result<_>>()?;
        Ok(Own { params, logs })
    }
}

/// How the logarithm of the inertia falls in made-up tables without segments, beside the customers' own.
/// More tables can be drawn later: the same come out as if all had been drawn at once.
pub(crate) struct Noise<'a> {
    frame: Frame<'a>,
    params: KMeansParams,
    /// The customers' own, from one segment on. What has no logarithm is `None`.
    own: Vec<Option<f64>>,
    /// For each number of segments, table by table: that of one segment, of k, and of the next.
    drawn: Vec<Vec<[Option<f64>; 3]>>,
}

impl<'a> Noise<'a> {
    pub fn new(points: &'a Points, own: &Own, reference: Reference) -> Result<Self> {
        Ok(Noise {
            frame: Frame::new(points, reference)?,
            params: own.params.clone(),
            drawn: vec![Vec::new(); own.logs.len()],
            own: own.logs.clone(),
        })
    }

    /// Draws until there are so many tables for these numbers of segments.
    pub fn draw(&mut self, wanted: usize, ks: &[usize]) -> Result<()> {
        if wanted < 2 {
            return Err(Error::Parameter {
                name: "references",
                value: wanted.to_string(),
                expected: "2 or more".into(),
            });
        }
        let has = |k: &usize| self.drawn[k - 1].len();
        let open: Vec<usize> = ks.iter().copied().filter(|k| has(k) < wanted).collect();
        let Some(from) = open.iter().map(has).min() else {
            return Ok(());
        };
        let seed = derive(self.params.own_seed(), 1);
        let progress = Progress::new("gap statistic", wanted - from);
        let of_one = |number: usize| -> Result<Vec<Option<[Option<f64>; 3]>>> {
            let made_up = self.frame.draw(&mut stream(seed, number));
            let params = self.params.reseeded(seed, number);
            let mut logs = vec![None; self.own.len() + 1];
            let mut at = |k: usize| -> Result<Option<f64>> {
                match logs.get_mut(k - 1) {
                    None => Ok(None),
                    Some(Some(known)) => Ok(*known),
                    Some(unknown) => {
                        let found = match k <= self.own.len() {
                            true => log(&made_up, &params, k)?,
                            false => None,
                        };
                        *unknown = Some(found);
                        Ok(found)
                    }
                }
            };
            let mut row = Vec::with_capacity(open.len());
            for k in &open {
                row.push(match number < has(k) {
                    true => None,
                    false => Some([at(1)?, at(*k)?, at(k + 1)?]),
                });
            }
            progress.tick()?;
            Ok(row)
        };
        let rows: Vec<Vec<Option<[Option<f64>; 3]>>> = (from..wanted)
            .into_par_iter()
            .map(of_one)
            .collect::<Result<_>>()?;
        for row in rows {
            for (k, logs) in open.iter().zip(row) {
                self.drawn[k - 1].extend(logs);
            }
        }
        Ok(())
    }

    /// How many tables were drawn for this number of segments.
    pub fn draws(&self, k: usize) -> usize {
        self.drawn[k - 1].len()
    }

    /// The mean of a figure over the tables, and its standard deviation; `None` where it does not
    /// exist in one of them.
    fn of(&self, k: usize, figure: impl Fn(&[Option<f64>; 3]) -> Option<f64>) -> Option<Spread> {
        let values: Option<Vec<f64>> = self.drawn[k - 1].iter().map(figure).collect();
        let values = values.filter(|values| !values.is_empty())?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        Some(Spread {
            mean,
            sd: (squares / n).sqrt(),
            n,
        })
    }

    /// The gap, and the standard error of the reference with that of its estimate.
    pub fn gap(&self, k: usize) -> Option<(f64, f64)> {
        let reference = self.of(k, |logs| logs[1])?;
        Some((reference.mean - self.own[k - 1]?, reference.error_of_one()))
    }

    /// How much larger the gap is than the next one less its error, and the standard error of that
    /// difference: 0 or more is the paper's rule.
    pub fn enough(&self, k: usize) -> Option<(f64, f64)> {
        let next = self.of(k, |logs| logs[2])?;
        let fall = self.of(k, |logs| Some(logs[1]? - logs[2]?))?;
        let own = self.own[k - 1]? - self.own.get(k).copied().flatten()?;
        let over = fall.mean - own + next.error_of_one();
        let of_error = next.error_of_one() / (2.0 * (next.n - 1.0)).sqrt();
        Some((over, (fall.sd.powi(2) / fall.n + of_error.powi(2)).sqrt()))
    }

    /// How far the fall of the inertia's logarithm from one segment lies beyond that of the reference,
    /// in standard errors, and how well that is known: infinite where the customers' own inertia is 0,
    /// and no reference's is.
    pub fn beyond(&self, k: usize) -> Option<(f64, f64)> {
        let fall = self.of(k, |logs| Some(logs[0]? - logs[1]?))?;
        let one = self.own[0]?;
        let Some(own) = self.own[k - 1] else {
            return Some((f64::INFINITY, 0.0));
        };
        let beyond = (one - own - fall.mean) / fall.error_of_one();
        // Of the mean, and of the standard deviation, of so many tables.
        let error = (1.0 / fall.n + beyond * beyond / (2.0 * (fall.n - 1.0))).sqrt();
        (!beyond.is_nan()).then_some((beyond, error))
    }
}

/// The logarithm of the inertia; `None` where there is none.
fn log(points: &Points, params: &KMeansParams, k: usize) -> Result<Option<f64>> {
    match params.with_k(k).fit_points(points) {
        Ok((model, _)) => {
            let squares: f64 = points.squares_around(&points.mean()).iter().sum();
            // Below this an inertia is the rounding of 0.
            Ok((model.inertia() > 1e-24 * squares).then(|| model.inertia().ln()))
        }
        Err(Error::TooFew { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

struct Spread {
    mean: f64,
    sd: f64,
    n: f64,
}

impl Spread {
    /// That of one table more, whose mean is not known.
    fn error_of_one(&self) -> f64 {
        self.sd * (1.0 + 1.0 / self.n).sqrt()
    }
}

/// From where the made-up customers are drawn.
pub(in crate::cluster) struct Frame<'a> {
    points: &'a Points,
    reference: Reference,
    /// The axes of the box, row by row, and its sides along them; for the normal distribution a
    /// standard deviation in place of the end.
    axes: Vec<f64>,
    sides: Vec<(f64, f64)>,
    mean: Vec<f64>,
}

impl<'a> Frame<'a> {
    pub fn new(points: &'a Points, reference: Reference) -> Result<Self> {
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

    pub fn draw(&self, random: &mut Xoshiro256PlusPlus) -> Points {
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
