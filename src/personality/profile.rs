use polars::prelude::*;

use crate::Result;
use crate::stat::interval::{Estimates, wilson};
use crate::table::column::{self, quantile};
use crate::table::groups::{By, as_in, own_name};

/// How large is each segment, and how sure is its share?
///
/// One row a segment, in the columns of [`interval`](crate::stat::interval): `estimate` is its share of
/// all customers (0 to 1), with Wilson's interval for that segment alone.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), and [`Error::Parameter`](crate::Error::Parameter)
/// where `confidence` is outside 0..1 or there are more than 100 segments.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 1, 2])?;
/// let sizes = personality::sizes(&customers, "segment", 0.95)?;
/// assert_eq!(sizes.column("estimate")?.f64()?.to_vec(), [Some(0.75), Some(0.25)]);
/// # Ok::<(), Error>(())
/// ```
pub fn sizes(table: &DataFrame, segment: &str, confidence: f64) -> Result<DataFrame> {
    let groups = By::from(segment).groups(table)?;
    let (labels, parts) = groups.split_all(0..table.height());
    let mut rows = Estimates::default();
    for part in &parts {
        let share = wilson(part.len() as u64, table.height() as u64, confidence)?;
        rows.push(part.len(), part.len(), Some(share));
    }
    as_in(table, segment, rows.table(&groups.name, labels)?)
}

/// What do the customers of each segment earn, buy, spend, in the columns' own units?
///
/// One row a segment and column: the segment, `column`, `n` (customers with a value), `missing`,
/// `mean`, `median`, `q25`, `q75` (linear interpolation), `all_mean` and `all_median` of all
/// customers, and `lift`, the mean over that of all: 2 is twice as much. Of a column of 0 and 1 the
/// mean is a share. Customers without a segment have rows of their own, with null for its name.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType) where a
/// column does not hold numbers, [`Error::Value`](crate::Error::Value), and
/// [`Error::Parameter`](crate::Error::Parameter) where there are more than 100 segments.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2, 2], "spend" => [1.0, 3.0, 5.0, 7.0])?;
/// let profile = personality::profile(&customers, "segment", ["spend"])?;
/// assert_eq!(profile.column("mean")?.f64()?.to_vec(), [Some(2.0), Some(6.0)]);
/// assert_eq!(profile.column("lift")?.f64()?.to_vec(), [Some(0.5), Some(1.5)]);
/// # Ok::<(), Error>(())
/// ```
pub fn profile<'a>(
    table: &DataFrame,
    segment: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<DataFrame> {
    own_name(
        segment,
        &[
            "column",
            "n",
            "missing",
            "mean",
            "median",
            "q25",
            "q75",
            "all_mean",
            "all_median",
            "lift",
        ],
    )?;
    let groups = By::from(segment).groups(table)?;
    let (mut segments, mut names) = (Vec::new(), Vec::new());
    let (mut n, mut missing) = (Vec::new(), Vec::new());
    let mut figures: [Vec<Option<f64>>; 7] = Default::default();
    for name in columns {
        let values = column::measured(table, name)?;
        let all = Spread::of(values.iter().copied());
        let (labels, parts) = groups.split_all(values);
        for (label, part) in labels.into_iter().zip(parts) {
            let own = Spread::of(part.iter().copied());
            segments.push(label);
            names.push(name.to_owned());
            n.push(own.n as u64);
            missing.push((part.len() - own.n) as u64);
            let lift = own.mean.zip(all.mean).filter(|(_, all)| *all != 0.0);
            let row = [
                own.mean,
                own.median,
                own.q25,
                own.q75,
                all.mean,
                all.median,
                lift.map(|(own, all)| own / all),
            ];
            for (figure, value) in figures.iter_mut().zip(row) {
                figure.push(value);
            }
        }
    }
    let [mean, median, q25, q75, all_mean, all_median, lift] = figures;
    let profile = df!(
        segment => segments,
        "column" => names,
        "n" => n,
        "missing" => missing,
        "mean" => mean,
        "median" => median,
        "q25" => q25,
        "q75" => q75,
        "all_mean" => all_mean,
        "all_median" => all_median,
        "lift" => lift,
    )?;
    as_in(table, segment, profile)
}

/// Where the values of some customers lie.
struct Spread {
    n: usize,
    mean: Option<f64>,
    median: Option<f64>,
    q25: Option<f64>,
    q75: Option<f64>,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let sorted = column::sorted(values);
        let n = sorted.len();
        Spread {
            n,
            mean: (n > 0).then(|| sorted.iter().sum::<f64>() / n as f64),
            median: quantile(&sorted, 0.5),
            q25: quantile(&sorted, 0.25),
            q75: quantile(&sorted, 0.75),
        }
    }
}
