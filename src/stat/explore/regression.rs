use polars::prelude::*;

use crate::stat::distribution::{student_quantile_two_sided, student_two_sided};
use crate::stat::interval::checked;
use crate::table::column;
use crate::{Error, Result};

/// By how much does one column rise when another rises by one?
///
/// A straight line by least squares. [`tidy`](Regression::tidy) gives its two coefficients,
/// [`glance`](Regression::glance) how well it fits, [`augment`](Regression::augment) the table
/// with fitted values, [`band`](Regression::band) the line with its interval.
#[derive(Clone, Debug)]
pub struct Regression {
    x: String,
    y: String,
    confidence: f64,
    n: u64,
    left_out: u64,
    mean_x: f64,
    spread_x: f64,
    intercept: f64,
    slope: f64,
    r_squared: Option<f64>,
    sigma: f64,
}

/// Which straight line of `x` comes nearest to `y`?
///
/// By least squares, leaving out (and counting) customers who lack either.
///
/// # Errors
/// [`Error::TooFew`] where fewer than three customers have both, [`Error::Parameter`] where
/// `x` does not vary, squares are beyond all bounds, or `confidence` is outside 0..1;
/// [`Error::NoColumn`], [`Error::WrongType`] and [`Error::Value`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("income" => [1.0, 2.0, 3.0, 4.0], "spend" => [3.0, 5.0, 7.0, 9.5])?;
/// let line = explore::regression(&customers, "income", "spend", 0.95)?;
/// let slope = line.tidy()?.column("estimate")?.f64()?.get(1);
/// assert!((slope.unwrap() - 2.15).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
pub fn regression(table: &DataFrame, x: &str, y: &str, confidence: f64) -> Result<Regression> {
    checked(confidence)?;
    let (xs, ys) = rayon::join(|| column::numbers(table, x), || column::numbers(table, y));
    let pairs: Vec<(f64, f64)> = xs?
        .into_iter()
        .zip(ys?)
        .filter_map(|(x, y)| Some((x?, y?)))
        .collect();
    if pairs.len() < 3 {
        return Err(Error::TooFew {
            what: format!("customers with {x} and {y}"),
            found: pairs.len(),
            expected: "3 or more, for a line with an interval".into(),
        });
    }
    let n = pairs.len() as f64;
    let mean_x = pairs.iter().map(|(x, _)| x).sum::<f64>() / n;
    let (first_x, first_y) = pairs[0];
    let x_constant = pairs.iter().all(|(x, _)| *x == first_x);
    let y_constant = pairs.iter().all(|(_, y)| *y == first_y);
    // The mean of equal decimals is off by a rounding, which must not pass for spread.
    let mean_y = if y_constant {
        first_y
    } else {
        pairs.iter().map(|(_, y)| y).sum::<f64>() / n
    };
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        xx += (x - mean_x) * (x - mean_x);
        xy += (x - mean_x) * (y - mean_y);
        yy += (y - mean_y) * (y - mean_y);
    }
    if x_constant || xx <= 0.0 || !(xx + xy + yy).is_finite() {
        return Err(Error::Parameter {
            name: "x",
            value: format!("{x}, the same for everybody or beyond all bounds"),
            expected: "a column that varies, with values whose squares are numbers".into(),
        });
    }
    let slope = xy / xx;
    let intercept = mean_y - slope * mean_x;
    let rest: f64 = pairs
        .iter()
        .map(|(x, y)| (y - mean_y - slope * (x - mean_x)).powi(2))
        .sum();
    Ok(Regression {
        x: x.to_owned(),
        y: y.to_owned(),
        confidence,
        n: pairs.len() as u64,
        left_out: (table.height() - pairs.len()) as u64,
        mean_x,
        spread_x: xx,
        intercept,
        slope,
        r_squared: (yy > 0.0).then(|| 1.0 - rest / yy),
        sigma: (rest / (n - 2.0)).sqrt(),
    })
}

impl Regression {
    /// What are the coefficients? Two rows, `intercept` and the name of x: `term`,
    /// `estimate`, `se`, `lower`, `upper`, `t`, `p`; in units of y, and of y for one x.
    pub fn tidy(&self) -> Result<DataFrame> {
        let se_slope = self.sigma / self.spread_x.sqrt();
        let se_intercept = self.se_of_line(0.0);
        let estimate = [self.intercept, self.slope];
        let se = [se_intercept, se_slope];
        let reach = self.reach();
        let t = [0, 1].map(|i| estimate[i] / se[i]);
        Ok(df!(
            "term" => ["intercept", self.x.as_str()],
            "estimate" => estimate,
            "se" => se,
            "lower" => [0, 1].map(|i| estimate[i] - reach * se[i]),
            "upper" => [0, 1].map(|i| estimate[i] + reach * se[i]),
            "t" => t.map(|t| Some(t).filter(|t| !t.is_nan())),
            // On a line without any spread 0/0 has no p-value, and all else has 0.
            "p" => t.map(|t| match t {
                t if t.is_nan() => None,
                t if t.is_infinite() => Some(0.0),
                t => Some(student_two_sided(t, self.degrees())),
            }),
        )?)
    }

    /// How well does the line fit? One row: `x`, `y`, `n`, `left_out`, `r_squared` (the share
    /// of y's variance that the line explains; null where y is the same for everybody), `sigma` (the spread around it, in units of y).
    pub fn glance(&self) -> Result<DataFrame> {
        Ok(df!(
            "x" => [self.x.as_str()],
            "y" => [self.y.as_str()],
            "n" => [self.n],
            "left_out" => [self.left_out],
            "r_squared" => [self.r_squared],
            "sigma" => [self.sigma],
        )?)
    }

    /// What does the line say of each customer? The table with `fitted` and `residual`, in
    /// units of y; null where x is null, and the residual where y is.
    ///
    /// # Errors
    /// Those of a missing column, and [`Error::Parameter`] where the table has a column of
    /// either name already.
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        for name in ["fitted", "residual"] {
            column::is_new(table, name)?;
        }
        let y = column::numbers(table, &self.y)?;
        let fitted: Vec<Option<f64>> = column::numbers(table, &self.x)?
            .into_iter()
            .map(|x| x.map(|x| self.at(x)))
            .collect();
        let residual: Vec<Option<f64>> = y
            .iter()
            .zip(&fitted)
            .map(|(y, fitted)| Some((*y)? - (*fitted)?))
            .collect();
        let mut table = table.clone();
        table.with_column(Column::new("fitted".into(), fitted))?;
        table.with_column(Column::new("residual".into(), residual))?;
        Ok(table)
    }

    /// Where does the line run, and how sure is that? One row for each x: `x`, `estimate`,
    /// `lower`, `upper`: the interval of the mean of y, not of single customers.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("income" => [1.0, 2.0, 3.0], "spend" => [2.0, 4.0, 6.0])?;
    /// let line = explore::regression(&customers, "income", "spend", 0.95)?;
    /// assert_eq!(line.band(&[5.0])?.column("estimate")?.f64()?.get(0), Some(10.0));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn band(&self, x: &[f64]) -> Result<DataFrame> {
        let reach = self.reach();
        let end = |sign: f64| -> Vec<f64> {
            x.iter()
                .map(|x| self.at(*x) + sign * reach * self.se_of_line(*x))
                .collect()
        };
        Ok(df!(
            "x" => x,
            "estimate" => x.iter().map(|x| self.at(*x)).collect::<Vec<_>>(),
            "lower" => end(-1.0),
            "upper" => end(1.0),
        )?)
    }

    fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    fn degrees(&self) -> f64 {
        self.n as f64 - 2.0
    }

    fn reach(&self) -> f64 {
        student_quantile_two_sided(1.0 - self.confidence, self.degrees())
    }

    fn se_of_line(&self, x: f64) -> f64 {
        self.sigma * (1.0 / self.n as f64 + (x - self.mean_x).powi(2) / self.spread_x).sqrt()
    }
}
