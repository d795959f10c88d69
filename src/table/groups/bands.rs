use polars::prelude::*;

use super::Groups;
use crate::table::column;
use crate::table::display::short;
use crate::{Error, Result};

/// Into which band does a value fall?
///
/// A band reaches from its lower edge (inside) to the next one (outside); the first and the
/// last are open. Where a function compares groups, `&Bands` can stand for a column.
///
/// ```
/// use segmenta::prelude::*;
///
/// let bands = Bands::new("age", [40.0, 60.0])?;
/// let customers = bands.add_to(&df!("age" => [39, 40, 75])?)?;
/// let labels: Vec<_> = customers.column("age_band")?.str()?.iter().flatten().collect();
/// assert_eq!(labels, ["under 40", "40 to under 60", "60 and over"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    column: String,
    edges: Vec<f64>,
    labels: Vec<String>,
}

impl Bands {
    /// Where should the bands end? At edges of one's own, in the unit of the column: one band
    /// more than there are edges.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no edge, or the edges do not ascend.
    pub fn new(column: &str, edges: impl IntoIterator<Item = f64>) -> Result<Self> {
        let edges: Vec<f64> = edges.into_iter().collect();
        let ascend = edges.windows(2).all(|pair| pair[0] < pair[1]);
        if edges.is_empty() || !ascend || edges.iter().any(|edge| !edge.is_finite()) {
            return Err(Error::Parameter {
                name: "edges",
                value: format!("{edges:?}"),
                expected: "one finite edge or more, in ascending order".into(),
            });
        }
        Ok(Bands {
            column: column.to_owned(),
            labels: labels(
                &edges
                    .iter()
                    .map(|edge| short(*edge, 15))
                    .collect::<Vec<_>>(),
            ),
            edges,
        })
    }

    /// Which bands hold about equally many customers? Four end at the quartiles.
    ///
    /// Where many customers share a value two edges can meet, and there is a band less. Nulls
    /// do not count. The labels show the edges rounded; the bands have them as they are.
    ///
    /// # Errors
    /// [`Error::Parameter`] where `count` is not 2 to 100, [`Error::TooFew`] where the column has
    /// fewer than two different values, [`Error::NoColumn`], [`Error::Value`], and
    /// [`Error::WrongType`] where it does not hold numbers (dates do not: take their year).
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("Income" => [10.0, 20.0, 30.0, 40.0])?;
    /// let halves = Bands::quantiles(&customers, "Income", 2)?;
    /// assert_eq!(halves.labels(), ["under 25", "25 and over"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn quantiles(table: &DataFrame, column: &str, count: usize) -> Result<Self> {
        if !(2..=100).contains(&count) {
            return Err(Error::Parameter {
                name: "count",
                value: count.to_string(),
                expected: "2 to 100 bands".into(),
            });
        }
        let sorted = column::sorted(column::measured(table, column)?);
        let least = sorted.first().copied();
        let mut edges: Vec<f64> = (1..count)
            .filter_map(|i| column::quantile(&sorted, i as f64 / count as f64))
            // An edge at the smallest value would leave an empty band below it.
            .filter(|edge| least.is_some_and(|least| *edge > least))
            .collect();
        if edges.is_empty() {
            // Most customers share the smallest value: they are one band, all others the next.
            edges.extend(sorted.iter().find(|value| Some(**value) > least));
        }
        edges.dedup();
        if edges.is_empty() {
            return Err(Error::TooFew {
                what: format!("different values of {column}"),
                found: sorted.len().min(1),
                expected: "2 or more, to make bands of them".into(),
            });
        }
        let mut bands = Bands::new(column, edges)?;
        bands.labels = labels(&rounded(&bands.edges));
        Ok(bands)
    }

    /// What are the bands called? Names from low to high, in place of the edges.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let bands = Bands::new("age", [40.0])?.named(["young", "old"])?;
    /// assert_eq!(bands.labels(), ["young", "old"]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is not one name for each band.
    pub fn named<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        if names.len() != self.labels.len() {
            return Err(Error::Parameter {
                name: "names",
                value: names.join(", "),
                expected: format!("{} names, one for each band", self.labels.len()),
            });
        }
        self.labels = names;
        Ok(self)
    }

    /// The labels of the bands, from low to high.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The table with one more column, named after the banded one: `age_band`.
    ///
    /// # Errors
    /// [`Error::NoColumn`] and [`Error::WrongType`]; [`Error::Parameter`] where the table has a
    /// column of that name already.
    pub fn add_to(&self, table: &DataFrame) -> Result<DataFrame> {
        let groups = self.groups(table)?;
        column::is_new(table, &groups.name)?;
        // Gathered from the few labels, which is quicker than a million texts.
        let labels = Series::new("labels".into(), &self.labels);
        let codes = IdxCa::from_iter(groups.codes.iter().copied());
        let band = labels.take(&codes)?.with_name(groups.name.into());
        let mut table = table.clone();
        table.with_column(band.into_column())?;
        Ok(table)
    }

    /// Bands whose edges are known to ascend, each with a name.
    pub(crate) fn ascending(column: &str, edges: &[f64], labels: &[&str]) -> Self {
        Bands {
            column: column.to_owned(),
            edges: edges.to_vec(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        }
    }

    pub(crate) fn groups(&self, table: &DataFrame) -> Result<Groups> {
        let code = |value: f64| self.edges.partition_point(|edge| *edge <= value) as u32;
        Ok(Groups {
            name: format!("{}_band", self.column),
            labels: self.labels.clone(),
            codes: column::measured(table, &self.column)?
                .into_iter()
                .map(|value| value.map(code))
                .collect(),
        })
    }
}

fn labels(names: &[String]) -> Vec<String> {
    let first = names.first().map(|edge| format!("under {edge}"));
    let between = names
        .windows(2)
        .map(|pair| format!("{} to under {}", pair[0], pair[1]));
    let last = names.last().map(|edge| format!("{edge} and over"));
    first.into_iter().chain(between).chain(last).collect()
}

/// The edges in as few digits as tell them apart, three at least: 35.3 M.
fn rounded(edges: &[f64]) -> Vec<String> {
    let written =
        |digits| -> Vec<String> { edges.iter().map(|edge| short(*edge, digits)).collect() };
    let distinct = |names: &Vec<String>| names.windows(2).all(|pair| pair[0] != pair[1]);
    (3..17)
        .map(written)
        .find(distinct)
        .unwrap_or_else(|| edges.iter().map(f64::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_written_in_as_few_digits_as_tell_them_apart() {
        assert_eq!(rounded(&[35_303_000.0, 51_381_500.0]), ["35.3 M", "51.4 M"]);
        assert_eq!(rounded(&[1_234_000.0, 1_234_600.0]), ["1.234 M", "1.235 M"]);
        assert_eq!(rounded(&[0.05, 40.0, 12_000.0]), ["0.05", "40", "12 K"]);
        assert_eq!(rounded(&[-3.0, 0.0, 7.5, 1e9]), ["-3", "0", "7.5", "1 B"]);
    }
}
