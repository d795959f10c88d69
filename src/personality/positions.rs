use polars::prelude::*;

use crate::Result;
use crate::stat::ranks;
use crate::table::column::{self, quantile};
use crate::table::groups::{By, as_in, own_name};

/// Where does each segment stand among all customers?
///
/// One row a segment and column: the segment, `column`, `median` (in its unit) and `position`, from 0
/// to 1: the chance that a customer of the segment has more than one drawn from all customers, where
/// a draw counts half (the mean ridit; Bross 1958, Biometrics 14, 18). 0.5 is like everybody. Weighted
/// by the numbers of customers with a value there, the positions of all segments have the mean 0.5: the
/// highest is never below it, and the lowest never above, which is why a name that follows from it
/// cannot be the wrong way round. Customers without a value there, or of no segment, count nowhere.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType),
/// [`Error::Value`](crate::Error::Value), and [`Error::Parameter`](crate::Error::Parameter) where
/// there are more than 100 segments.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2, 2], "spend" => [1.0, 2.0, 3.0, 4.0])?;
/// let positions = personality::positions(&customers, "segment", ["spend"])?;
/// // Ranks 1 and 2 of 4, each less a half.
/// assert_eq!(positions.column("position")?.f64()?.to_vec(), [Some(0.25), Some(0.75)]);
/// # Ok::<(), Error>(())
/// ```
pub fn positions<'a>(
    table: &DataFrame,
    segment: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<DataFrame> {
    own_name(segment, &["column", "median", "position"])?;
    let columns: Vec<&str> = columns.into_iter().collect();
    let positions = Positions::of(table, segment, &columns)?;
    let (mut segments, mut names) = (Vec::new(), Vec::new());
    let (mut medians, mut places) = (Vec::new(), Vec::new());
    for (name, own) in columns.iter().zip(&positions.columns) {
        for (label, (median, place)) in positions.labels.iter().zip(own) {
            segments.push(label.as_str());
            names.push(*name);
            medians.push(*median);
            places.push(*place);
        }
    }
    let positions = df!(
        segment => segments,
        "column" => names,
        "median" => medians,
        "position" => places,
    )?;
    as_in(table, segment, positions)
}

/// The median and the position of each segment in each column.
pub(crate) struct Positions {
    pub labels: Vec<String>,
    pub columns: Vec<Vec<(Option<f64>, Option<f64>)>>,
}

impl Positions {
    pub fn of(table: &DataFrame, segment: &str, columns: &[&str]) -> Result<Self> {
        let groups = By::from(segment).groups(table)?;
        let mut found = Vec::new();
        for name in columns {
            let values = column::measured(table, name)?
                .into_iter()
                .zip(&groups.codes);
            let mut known: Vec<(f64, u32)> = values
                .filter_map(|(value, code)| Some((value?, (*code)?)))
                .collect();
            known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let n = known.len() as f64;
            let mut own: Vec<(Vec<f64>, f64)> = vec![(Vec::new(), 0.0); groups.labels.len()];
            ranks::walk(
                &known,
                |x| x.0,
                |(value, code), rank| {
                    let (values, sum) = &mut own[*code as usize];
                    values.push(*value);
                    *sum += (rank - 0.5) / n;
                },
            );
            let place = |(values, sum): &(Vec<f64>, f64)| {
                let mean = (!values.is_empty()).then(|| sum / values.len() as f64);
                (quantile(values, 0.5), mean)
            };
            found.push(own.iter().map(place).collect());
        }
        Ok(Positions {
            labels: groups.labels,
            columns: found,
        })
    }
}
