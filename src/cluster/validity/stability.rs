use polars::prelude::*;
use rayon::prelude::*;

use crate::cluster::density::DbscanParams;
use crate::cluster::kmeans::KMeansParams;
use crate::cluster::segments::Clusterer;
use crate::progress::Progress;
use crate::scale::{Recipe, Work};
use crate::stat::contingency::Contingency;
use crate::stat::interval::checked;
use crate::stat::random::{below, derive, stream};
use crate::table::column::quantile;
use crate::table::points::Points;
use crate::{Error, Result};

/// A segment whose mean Jaccard is below this is not found again (Hennig 2007).
pub(crate) const STABLE: f64 = 0.75;

/// Would the same segments come out of other customers? A builder.
///
/// [`fit`](Resample::fit) clusters the table, then as many resamples: customers drawn with
/// replacement, each of whom counts once (about 63 % of all). The recipe is fitted to each resample by
/// itself: its quantiles and means are those of the customers who were drawn. In each resample every
/// segment is compared with the one that is most like it: the Jaccard index is the number of customers
/// in both over that in either (Hennig 2007, Comput. Stat. Data Anal. 52, 258). Segments are counted
/// from 1, the largest.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 9.0, 9.1, 9.2])?;
/// let stability = cluster::Resample::new(20).fit(&table, &Recipe::new(["x"]), &KMeans::params(2))?;
/// assert_eq!(stability.glance().column("ari")?.f64()?.get(0), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resample {
    resamples: usize,
    confidence: f64,
}

/// Would the same segments come out of other customers?
///
/// Made by [`Resample`].
#[derive(Clone, Debug)]
pub struct Stability {
    tidy: DataFrame,
    glance: DataFrame,
}

impl Stability {
    /// A row for each segment: `segment`, `customers`; `jaccard`, the mean over the resamples, and
    /// `lower` and `upper`, between which 95 % of them lie ([`Resample::confidence`]); `dissolved` and `recovered`, the shares
    /// of resamples with at most 0.5 and at least 0.75; `verdict`, by the rules of thumb of the
    /// paper: stable from 0.75, a pattern from 0.6, not to be trusted below.
    pub fn tidy(&self) -> DataFrame {
        self.tidy.clone()
    }

    /// One row: `resamples`; `ari`, the mean adjusted Rand index between the segments of a resample
    /// and those of the whole table, with `lower` and `upper`, between which 95 % lie;
    /// `least_jaccard`, that of the least stable segment.
    pub fn glance(&self) -> DataFrame {
        self.glance.clone()
    }
}

impl Resample {
    /// So many resamples: 2 or more.
    pub fn new(resamples: usize) -> Self {
        Resample {
            resamples,
            confidence: 0.95,
        }
    }

    /// Between the ends of an interval lies this share of the resamples; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Clusters the table as `params` say, and the resamples, those of k-means without refinement. The
    /// same seed gives the same digits.
    ///
    /// By density, who is drawn twice counts twice as a neighbour, so that a place stays as dense as it
    /// is; `segment` is a text then, and customers in no segment are in no Jaccard index.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there are fewer than 2 resamples, and those of
    /// [`Segments::fit`](crate::cluster::Segments::fit).
    pub fn fit(
        &self,
        table: &DataFrame,
        recipe: &Recipe,
        params: impl Into<Clusterer>,
    ) -> Result<Stability> {
        check(self.resamples)?;
        let work = recipe.read(table)?;
        let (_, points) = recipe.fit_work(work.clone())?;
        match params.into() {
            Clusterer::KMeans(params) => {
                let (model, labels) = params.fit_points(&points)?;
                let k = model.counts().len();
                let mut again = Resampled::new(&work, recipe, &params);
                again.add(k, labels);
                again.draw(self.resamples, &[k])?;
                let names = df!("segment" => (1..=k as u64).collect::<Vec<_>>())?;
                self.told(&again.found[0], names, model.counts())
            }
            Clusterer::Dbscan(params) => {
                let model = params.fit_points(&points)?;
                let found = self.dense(&work, recipe, &params, &model.labels(&points)?)?;
                let names = (1..=found.k).map(|segment| segment.to_string());
                let names = df!("segment" => names.collect::<Vec<_>>())?;
                self.told(&found, names, model.counts())
            }
        }
    }

    /// How segments by density are found again. Those in none are a group of their own, after the others.
    fn dense(
        &self,
        work: &Work,
        recipe: &Recipe,
        params: &DbscanParams,
        labels: &[Option<usize>],
    ) -> Result<Found> {
        let k = labels.iter().flatten().max().map_or(0, |most| most + 1);
        let labels: Vec<usize> = labels.iter().map(|label| label.unwrap_or(k)).collect();
        let seed = derive(params.own_seed(), 2);
        let progress = Progress::new("resamples", self.resamples);
        let of_one = |number: usize| -> Result<Compared> {
            let rows = drawn_each_time(work.len(), &mut stream(seed, number));
            let fitted = recipe.fit_work(work.select(&rows));
            let after = fitted.and_then(|(_, points)| params.fit_points(&points)?.labels(&points));
            progress.tick()?;
            let after = match after {
                Ok(after) => after,
                // Nobody lies close enough to anybody: no segment is found again.
                Err(Error::TooFew { .. }) => return Ok((0.0, vec![0.0; k])),
                Err(other) => return Err(other),
            };
            let groups = after.iter().flatten().max().map_or(0, |most| most + 1);
            let firsts: Vec<usize> = (0..rows.len())
                .filter(|place| *place == 0 || rows[*place] != rows[place - 1])
                .collect();
            let before: Vec<usize> = firsts.iter().map(|place| labels[rows[*place]]).collect();
            let after: Vec<usize> = firsts
                .iter()
                .map(|place| after[*place].unwrap_or(groups))
                .collect();
            let ari = Contingency::of_labels(&before, &after).adjusted_rand();
            let mut grid = vec![vec![0u64; groups + 1]; k + 1];
            for (before, after) in before.iter().zip(&after) {
                grid[*before][*after] += 1;
            }
            Ok((ari, best_jaccard(&grid, k, groups)))
        };
        let compared = (0..self.resamples)
            .into_par_iter()
            .map(of_one)
            .collect::<Result<Vec<_>>>()?;
        let mut found = Found {
            k,
            labels,
            ari: Vec::new(),
            jaccard: vec![Vec::new(); k],
        };
        for compared in compared {
            found.push(compared);
        }
        Ok(found)
    }

    /// What the resamples say of each segment, and of all.
    fn told(&self, found: &Found, mut tidy: DataFrame, counts: &[u64]) -> Result<Stability> {
        let tail = (1.0 - checked(self.confidence)?) / 2.0;
        let k = found.k;
        let segments = 0..k;
        let share = |values: &[f64], holds: &dyn Fn(f64) -> bool| {
            values.iter().filter(|value| holds(**value)).count() as f64 / values.len() as f64
        };
        let ascending: Vec<Vec<f64>> = found.jaccard.iter().map(|of_one| sorted(of_one)).collect();
        let jaccard = |label: usize| ascending[label].as_slice();
        let means: Vec<f64> = segments.clone().map(|label| mean(jaccard(label))).collect();
        let verdict = |mean: &f64| match *mean {
            stable if stable >= STABLE => "stable",
            pattern if pattern >= 0.6 => "a pattern",
            _ => "not to be trusted",
        };
        let figures = df!(
            "customers" => counts,
            "jaccard" => means.as_slice(),
            "lower" => segments.clone().map(|label| quantile(jaccard(label), tail)).collect::<Vec<_>>(),
            "upper" => segments.clone().map(|label| quantile(jaccard(label), 1.0 - tail)).collect::<Vec<_>>(),
            "dissolved" => segments.clone().map(|label| share(jaccard(label), &|x| x <= 0.5)).collect::<Vec<_>>(),
            "recovered" => segments.map(|label| share(jaccard(label), &|x| x >= 0.75)).collect::<Vec<_>>(),
            "verdict" => means.iter().map(verdict).collect::<Vec<_>>(),
        )?;
        tidy.hstack_mut(figures.columns())?;
        let ari = sorted(&found.ari);
        let glance = df!(
            "resamples" => [self.resamples as u64],
            "ari" => [mean(&ari)],
            "lower" => [quantile(&ari, tail)],
            "upper" => [quantile(&ari, 1.0 - tail)],
            "least_jaccard" => [found.least_jaccard().0],
        )?;
        Ok(Stability { tidy, glance })
    }
}

pub(crate) fn check(resamples: usize) -> Result<()> {
    match resamples {
        0 | 1 => Err(Error::Parameter {
            name: "resamples",
            value: resamples.to_string(),
            expected: "2 or more".into(),
        }),
        _ => Ok(()),
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean, and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let (mean, n) = (mean(values), values.len() as f64);
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

/// Resamples of a table, clustered with several numbers of segments. More can be drawn later: the same
/// ones come out as if all had been drawn at once.
pub(crate) struct Resampled<'a> {
    work: &'a Work,
    recipe: &'a Recipe,
    params: &'a KMeansParams,
    pub found: Vec<Found>,
}

/// How one number of segments is found again.
pub(crate) struct Found {
    k: usize,
    /// The labels that all customers have.
    labels: Vec<usize>,
    pub ari: Vec<f64>,
    /// Segment by segment.
    jaccard: Vec<Vec<f64>>,
}

impl<'a> Resampled<'a> {
    pub fn new(work: &'a Work, recipe: &'a Recipe, params: &'a KMeansParams) -> Self {
        Resampled {
            work,
            recipe,
            params,
            found: Vec::new(),
        }
    }

    /// A number of segments, and the labels that they give to all customers.
    pub fn add(&mut self, k: usize, labels: Vec<usize>) {
        self.found.push(Found {
            k,
            labels,
            ari: Vec::new(),
            jaccard: vec![Vec::new(); k],
        });
    }

    /// Draws until there are so many resamples for these numbers of segments.
    pub fn draw(&mut self, wanted: usize, ks: &[usize]) -> Result<()> {
        let open: Vec<usize> = (0..self.found.len())
            .filter(|place| {
                let found = &self.found[*place];
                ks.contains(&found.k) && found.ari.len() < wanted
            })
            .collect();
        let from = open.iter().map(|place| self.found[*place].ari.len()).min();
        let Some(from) = from else { return Ok(()) };
        let seed = derive(self.params.own_seed(), 2);
        let progress = Progress::new("resamples", wanted - from);
        let of_one = |number: usize| -> Result<Vec<Option<Compared>>> {
            let rows = drawn(self.work.len(), &mut stream(seed, number));
            let params = self.params.reseeded(seed, number).refine(false);
            let points = self
                .recipe
                .fit_work(self.work.select(&rows))
                .map(|fitted| fitted.1);
            let compare = |place: &usize| {
                let found = &self.found[*place];
                if number < found.ari.len() {
                    return Ok(None);
                }
                found.compare(&points, &rows, &params).map(Some)
            };
            let compared = open.iter().map(compare).collect();
            progress.tick()?;
            compared
        };
        let compared: Vec<Vec<Option<Compared>>> = (from..wanted)
            .into_par_iter()
            .map(of_one)
            .collect::<Result<_>>()?;
        for of_one in compared {
            for (place, compared) in open.iter().zip(of_one) {
                let found = &mut self.found[*place];
                if let Some(compared) = compared {
                    found.push(compared);
                }
            }
        }
        Ok(())
    }

    pub fn of(&self, k: usize) -> Option<&Found> {
        self.found
            .iter()
            .find(|found| found.k == k && !found.ari.is_empty())
    }
}

/// The adjusted Rand index, and the Jaccard index of each segment.
type Compared = (f64, Vec<f64>);

impl Found {
    fn push(&mut self, (ari, jaccard): Compared) {
        self.ari.push(ari);
        for (list, value) in self.jaccard.iter_mut().zip(jaccard) {
            list.push(value);
        }
    }

    fn compare(
        &self,
        points: &Result<Points>,
        rows: &[usize],
        params: &KMeansParams,
    ) -> Result<Compared> {
        let before: Vec<usize> = rows.iter().map(|row| self.labels[*row]).collect();
        let after = match points {
            Ok(points) => params.with_k(self.k).fit_points(points).map(|fit| fit.1),
            Err(Error::TooFew { .. }) => return Ok((0.0, vec![0.0; self.k])),
            // A resample may lack what the recipe needs, such as a value in a column.
            Err(other) => {
                return Err(Error::Parameter {
                    name: "recipe",
                    value: format!("one that cannot be fitted to a resample ({other})"),
                    expected: "steps that a part of the customers can be fitted to".into(),
                });
            }
        };
        match after {
            Ok(after) => {
                let counts = Contingency::of_labels(&before, &after);
                let grid = counts.grid();
                let columns = grid.first().map_or(0, Vec::len);
                Ok((counts.adjusted_rand(), best_jaccard(&grid, self.k, columns)))
            }
            // A resample of a handful may have too few different customers for k segments: then none
            // is found again.
            Err(Error::TooFew { .. }) => Ok((0.0, vec![0.0; self.k])),
            Err(other) => Err(other),
        }
    }

    pub fn mean_ari(&self) -> (f64, f64) {
        mean_and_error(&self.ari)
    }

    /// The mean Jaccard of the least stable segment, and its standard error.
    pub fn least_jaccard(&self) -> (f64, f64) {
        let means = self.jaccard.iter().map(|values| mean_and_error(values));
        means.fold((f64::INFINITY, 0.0), |least, own| {
            if own.0 < least.0 { own } else { least }
        })
    }

    /// The segment that comes nearest to not being found again, in standard errors from the bound:
    /// above 0 all are above it.
    pub fn beyond_bound(&self) -> f64 {
        let apart = self.jaccard.iter().map(|values| {
            let (mean, error) = mean_and_error(values);
            errors_from(mean, STABLE, error)
        });
        apart.fold(f64::INFINITY, f64::min)
    }
}

/// How many standard errors a figure lies above a bound; without an error, infinitely many.
pub(crate) fn errors_from(figure: f64, bound: f64, error: f64) -> f64 {
    match figure - bound {
        apart if error > 0.0 => apart / error,
        apart if apart >= 0.0 => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    }
}

/// Who is drawn at least once when as many are drawn as there are.
fn drawn(n: usize, random: &mut rand_xoshiro::Xoshiro256PlusPlus) -> Vec<usize> {
    let mut seen = vec![false; n];
    for _ in 0..n {
        seen[below(random, n)] = true;
    }
    (0..n).filter(|row| seen[*row]).collect()
}

/// As many as there are, one after the other in ascending order: some several times, some not at all.
fn drawn_each_time(n: usize, random: &mut rand_xoshiro::Xoshiro256PlusPlus) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n).map(|_| below(random, n)).collect();
    rows.sort_unstable();
    rows
}

/// For each of the first k rows of the counts, a segment: the Jaccard index with the most like it of the
/// first columns. A segment that no drawn customer belongs to has 0.
fn best_jaccard(counts: &[Vec<u64>], k: usize, columns: usize) -> Vec<f64> {
    let sums: Vec<u64> = (0..columns)
        .map(|column| counts.iter().map(|row| row[column]).sum())
        .collect();
    let jaccard = |row: &Vec<u64>| {
        let total: u64 = row.iter().sum();
        let of_pair = row
            .iter()
            .zip(&sums)
            .map(|(both, sum)| match total + sum - both {
                0 => 0.0,
                either => *both as f64 / either as f64,
            });
        of_pair.fold(0.0, f64::max)
    };
    let mut best: Vec<f64> = counts.iter().take(k).map(jaccard).collect();
    best.resize(k, 0.0);
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: segments {1, 2, 3} and {4, 5} become {1, 2} and {3, 4, 5}.
    #[test]
    fn a_segment_is_compared_with_the_one_most_like_it() {
        let counts = Contingency::of_labels(&[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
        assert_eq!(
            best_jaccard(&counts.grid(), 3, 2),
            [2.0 / 3.0, 2.0 / 3.0, 0.0]
        );
    }

    /// (1 - 1/n)^n of the customers are never drawn, which comes near 1/e.
    #[test]
    fn a_resample_has_63_percent_of_the_customers() {
        let n = 100_000;
        let rows = drawn(n, &mut stream(1, 0));
        let share = rows.len() as f64 / n as f64;
        assert!((share - (1.0 - (-1.0f64).exp())).abs() < 0.005, "{share}");
    }
}
