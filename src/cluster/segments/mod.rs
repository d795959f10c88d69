//! The segments of a table, whatever found them.

mod model;
mod part;
mod sql;
mod typical;

use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

pub use model::{Clusterer, Model};
use part::Part;
use typical::Typical;

use super::validity::{Criteria, EXACT, silhouettes};
use crate::data::campaign::Reading;
use crate::data::read::Plan;
use crate::data::read::dates::said_day;
use crate::saved::{self, Kind};
use crate::scale::{Recipe, Scaler};
use crate::table::column;
use crate::table::export::Existing;
use crate::table::points::Points;
use crate::{Error, Result};

/// A file of segments.
const FILE: Kind = Kind {
    format: "segmenta segments",
    version: 1,
    name: "segments",
    noun: "segments",
    spoilt: "spoilt segments",
    written: "Segments::save writes them",
};

/// What the segment of a customer is called who is in none.
const NONE: &str = "none";

/// The segments of a table: how customers become numbers, and where the segments lie in these.
///
/// [`KMeans`](super::KMeans) puts each customer into a segment. [`Dbscan`](super::Dbscan) leaves out
/// those who lie alone: segments are texts then, `"1"`, `"2"`, and `"none"`.
///
/// [`fit`](Segments::fit) finds them, [`tidy`](Segments::tidy) tells who they are,
/// [`augment`](Segments::augment) adds them to the customers, [`glance`](Segments::glance) says how
/// good they are, and [`assign`](Segments::assign) finds the segment of new customers. Segments are
/// counted from 1, the largest.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [10.0, 12.0, 14.0, 900.0, 990.0], "visits" => [7, 8, 9, 1, 2])?;
/// let recipe = Recipe::new(["spend", "visits"]).log("spend").min_max(Columns::All);
/// let segments = Segments::fit(&customers, &recipe, &KMeans::params(2).seed(1))?;
/// let tidy = segments.tidy()?;
/// assert_eq!(tidy.column("customers")?.u64()?.to_vec(), [Some(3), Some(2)]);
/// assert_eq!(tidy.column("spend")?.f64()?.to_vec(), [Some(12.0), Some(945.0)]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    scaler: Scaler,
    #[serde(flatten)]
    model: Model,
    typical: Vec<(String, Typical)>,
    glance: Glance,
    /// How the file was read that they were found in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    /// The same of a table with columns of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// From which day on and before which the customers were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<(String, String)>,
    /// Segments that were divided again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Glance {
    n: u64,
    silhouette: Option<f64>,
    silhouette_n: u64,
    davies_bouldin: Option<f64>,
    calinski_harabasz: Option<f64>,
    explained: Option<f64>,
    /// Of k-means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restarts: Option<u64>,
    seed: u64,
}

impl Segments {
    /// Scales the table by the recipe, and finds the segments: with k-means, or by density.
    ///
    /// # Errors
    /// Those of [`Recipe::fit`], and of the fit of [`KMeans`](super::KMeans) or
    /// [`Dbscan`](super::Dbscan); [`Error::Parameter`] where the recipe reads a
    /// column whose name is one of those that [`tidy`](Segments::tidy) adds.
    pub fn fit(table: &DataFrame, recipe: &Recipe, params: impl Into<Clusterer>) -> Result<Self> {
        let params = params.into();
        let scaler = recipe.fit(table)?;
        let own = ["segment", "customers", "share", "within_ss"];
        if let Some(name) = scaler.columns().into_iter().find(|name| own.contains(name)) {
            return Err(Error::Parameter {
                name: "recipe",
                value: format!("one that reads a column {name}"),
                expected: format!(
                    "other names than {}, which tidy gives to its own",
                    own.join(", ")
                ),
            });
        }
        let points = scaler.points(table)?;
        let (model, labels) = params.fit_points(&points)?;
        let criteria = match in_segments(&points, &labels) {
            (Some(some), labels) => Criteria::new(&some, &labels, params.seed()),
            (None, labels) => Criteria::new(&points, &labels, params.seed()),
        };
        // Who is in none comes last.
        let none = model.counts().len();
        let groups = none + usize::from(model.alone().is_some_and(|alone| alone > 0));
        let labels: Vec<usize> = labels.iter().map(|label| label.unwrap_or(none)).collect();
        let typical = scaler
            .columns()
            .into_iter()
            .map(|name| Ok((name.to_owned(), Typical::of(table, name, &labels, groups)?)))
            .collect::<Result<_>>()?;
        Ok(Segments {
            typical,
            glance: Glance {
                n: points.len() as u64,
                silhouette: criteria.silhouette,
                silhouette_n: criteria.silhouette_n as u64,
                davies_bouldin: criteria.davies_bouldin,
                calinski_harabasz: criteria.calinski_harabasz,
                explained: criteria.explained,
                restarts: params.restarts(),
                seed: params.seed(),
            },
            scaler,
            model,
            reading: None,
            plan: None,
            window: None,
            parts: Vec::new(),
        })
    }

    /// The same segments, with how the file was read that they were found in: it is saved with them,
    /// so that the next file is read in the same way.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let loaded = campaign::load("data/marketing_campaign.csv")?;
    /// let recipe = Recipe::new(["MntCoke", "NumStorePurchases"]).standardise(Columns::All);
    /// let segments = Segments::fit(&loaded.customers, &recipe, &KMeans::params(2))?;
    /// let segments = segments.read_as(&loaded.reading);
    /// assert_eq!(segments.reading().and_then(|reading| reading.money()), Some(Money::Full));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_as(mut self, reading: &Reading) -> Self {
        self.reading = Some(reading.clone());
        self
    }

    /// How the file was read that they were found in, where it was [said](Segments::read_as).
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// The same as [`read_as`](Segments::read_as), for a file of any other make.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let read = read::file("data/marketing_campaign.csv")?;
    /// let recipe = Recipe::new(["MntCoke", "NumStorePurchases"]).standardise(Columns::All);
    /// let segments = Segments::fit(&read.table, &recipe, &KMeans::params(2))?.planned(read.plan());
    /// assert_eq!(segments.plan(), Some(read.plan()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn planned(mut self, plan: &Plan) -> Self {
        self.plan = Some(plan.clone());
        self
    }

    /// How the file was read that they were found in, where it was [planned](Segments::planned).
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// The same segments, with the window of time that the customers were looked at in, from one day on and
    /// before another: in a window of another length the same customers look different (see
    /// [`movement`](crate::movement)).
    ///
    /// # Errors
    /// [`Error::Parameter`] where a day is none, or the second is not after the first.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let view = df!("visits" => [1.0, 2.0, 8.0, 9.0])?;
    /// let segments = Segments::fit(&view, &Recipe::new(["visits"]), &KMeans::params(2))?;
    /// let segments = segments.learned_between("2022-01-01", "2022-07-01")?;
    /// assert_eq!(segments.learned(), Some(("2022-01-01", "2022-07-01")));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn learned_between(mut self, from: &str, before: &str) -> Result<Self> {
        if said_day("learned_between", from)? >= said_day("learned_between", before)? {
            return Err(Error::Parameter {
                name: "learned_between",
                value: format!("{from} and {before}"),
                expected: "two days, the earlier one first".into(),
            });
        }
        self.window = Some((from.to_owned(), before.to_owned()));
        Ok(self)
    }

    /// The window of time that the customers were looked at in, where it was
    /// [said](Segments::learned_between).
    pub fn learned(&self) -> Option<(&str, &str)> {
        let window = self.window.as_ref();
        window.map(|(from, before)| (from.as_str(), before.as_str()))
    }

    /// How customers become numbers.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// Where the segments lie in those numbers.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Who are they? A row for each segment: `segment`, `customers`, `share`, `within_ss` (the sum of
    /// squared distances to its mean, in scaled numbers), and what is typical of it in each column
    /// that the recipe reads, under its own name and in its own unit: the mean, or the most frequent
    /// word. Customers without a value there do not count. By density, a last row `"none"` tells of those
    /// in no segment, where there are any. Segments that were [divided](Segments::divide) stand there with their
    /// parts, whose `within_ss` is in their own scaled numbers.
    pub fn tidy(&self) -> Result<DataFrame> {
        let undivided = self.tidy_undivided()?;
        if self.parts.is_empty() {
            return Ok(undivided);
        }
        let n = self.glance.n as f64;
        let names: Vec<String> = column::labels(&undivided, "segment")?;
        let segment = Column::new("segment".into(), &names);
        let whole = undivided.clone().with_column(segment)?.clone();
        let mut rows = Vec::new();
        for number in 0..whole.height() {
            let Some(part) = self.parts.iter().find(|part| part.segment == number) else {
                rows.push(whole.slice(number as i64, 1));
                continue;
            };
            let own = part.segments.tidy()?;
            let share: Vec<f64> = column::numbers(&own, "customers")?
                .iter()
                .map(|customers| customers.unwrap_or(0.0) / n)
                .collect();
            let path = |label: String| format!("{}.{label}", number + 1);
            let paths = column::labels(&own, "segment")?.into_iter().map(path);
            let mut below = df!(
                "segment" => paths.collect::<Vec<_>>(),
                "share" => share,
            )?;
            below.insert_column(1, own.column("customers")?.clone())?;
            below.with_column(own.column("within_ss")?.clone())?;
            for (name, typical) in &part.typical {
                below.with_column(typical.column(name))?;
            }
            rows.push(below);
        }
        let mut tidy = rows[0].clone();
        for row in &rows[1..] {
            tidy.vstack_mut(row)?;
        }
        Ok(tidy)
    }

    fn tidy_undivided(&self) -> Result<DataFrame> {
        let n = self.glance.n as f64;
        let mut counts = self.model.counts().to_vec();
        let mut labels: Vec<Option<usize>> = (0..counts.len()).map(Some).collect();
        let mut within: Vec<Option<f64>> = self.model.within().iter().copied().map(Some).collect();
        if let Some(alone) = self.model.alone().filter(|alone| *alone > 0) {
            counts.push(alone);
            labels.push(None);
            within.push(None);
        }
        let share: Vec<f64> = counts.iter().map(|count| *count as f64 / n).collect();
        let mut tidy = df!("customers" => counts, "share" => share, "within_ss" => within)?;
        tidy.insert_column(0, self.named(&labels))?;
        for (name, typical) in &self.typical {
            tidy.with_column(typical.column(name))?;
        }
        Ok(tidy)
    }

    /// How good are they? Of segments that were divided, the first division. One row: `n`, `segments`, the figures of [`criteria`](super::criteria),
    /// and how they were found. K-means: `restarts`, `iterations` and `converged` of the best, `seed`.
    /// Density: `alone` (customers in no segment, who have no part in the figures before),
    /// `min_points`, `radius`, `learned_from` (among how many customers core customers were looked
    /// for), `seed`.
    pub fn glance(&self) -> Result<DataFrame> {
        let Glance {
            n,
            silhouette,
            silhouette_n,
            davies_bouldin,
            ..
        } = &self.glance;
        let mut glance = df!(
            "n" => [*n],
            "segments" => [self.model.counts().len() as u64],
            "inertia" => [self.model.inertia()],
            "silhouette" => [*silhouette],
            "silhouette_n" => [*silhouette_n],
            "davies_bouldin" => [*davies_bouldin],
            "calinski_harabasz" => [self.glance.calinski_harabasz],
            "explained" => [self.glance.explained],
        )?;
        let how = match &self.model {
            Model::KMeans(model) => df!(
                "restarts" => [self.glance.restarts],
                "iterations" => [model.iterations() as u64],
                "converged" => [model.converged()],
                "seed" => [self.glance.seed],
            )?,
            Model::Dbscan(model) => df!(
                "alone" => [model.alone()],
                "min_points" => [model.min_points() as u64],
                "radius" => [model.radius()],
                "learned_from" => [model.learned_from()],
                "seed" => [self.glance.seed],
            )?,
        };
        glance.hstack_mut(how.columns())?;
        Ok(glance)
    }

    /// To which segment do these customers belong? The table with `segment` and `distance`, that to
    /// the segment's centre in scaled numbers, or by density that to the nearest core customer. They may
    /// be new ones: the numbers of the scaler are those of the table that was learned from.
    ///
    /// By density, a new customer belongs to the segment of the nearest core customer within the radius,
    /// and to `"none"` where none is. Nobody becomes a core customer afterwards.
    ///
    /// # Errors
    /// [`Error::NoColumn`] and [`Error::WrongType`] where the table's columns are not those that were
    /// learned from, [`Error::Value`] where a value is missing or cannot be scaled,
    /// [`Error::Parameter`] where the table has a column of one of these names.
    pub fn assign(&self, table: &DataFrame) -> Result<DataFrame> {
        self.assigned(table)
    }

    /// The customers with their segment: the table with `segment`, `distance` and `silhouette` (see
    /// [`silhouette`](super::silhouette); null in a table of more than 20,000 customers, where it
    /// takes long, where all are in one segment, and for who is in none).
    ///
    /// # Errors
    /// Those of [`assign`](Segments::assign).
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        column::is_new(table, "silhouette")?;
        let mut augmented = self.assigned(table)?;
        let silhouettes = self.silhouettes(table)?;
        augmented.with_column(Column::new("silhouette".into(), silhouettes))?;
        Ok(augmented)
    }

    /// The silhouettes of the customers, in the division that the last number of their path names.
    fn silhouettes(&self, table: &DataFrame) -> Result<Vec<Option<f64>>> {
        let points = self.scaler.points(table)?;
        let labels: Vec<Option<usize>> = self
            .model
            .assign(&points)?
            .into_iter()
            .map(|own| own.0)
            .collect();
        let mut values = vec![None; points.len()];
        let (some, own) = in_segments(&points, &labels);
        let several = own.iter().any(|label| Some(label) != own.first());
        if several && own.len() <= EXACT {
            let rows = silhouettes(some.as_ref().unwrap_or(&points), &own);
            let places = (0..points.len()).filter(|row| labels[*row].is_some());
            for (place, row) in places.zip(rows) {
                values[place] = Some(row.0);
            }
        }
        for part in &self.parts {
            let (rows, customers) = inside(table, &labels, part.segment)?;
            if rows.is_empty() {
                continue;
            }
            for (row, own) in rows.iter().zip(part.segments.silhouettes(&customers)?) {
                values[*row as usize] = own;
            }
        }
        Ok(values)
    }

    /// The division of the first number of each path.
    fn labels(&self, table: &DataFrame) -> Result<Vec<Option<usize>>> {
        let found = self.model.assign(&self.scaler.points(table)?)?;
        Ok(found.into_iter().map(|own| own.0).collect())
    }

    /// The path of each customer, and the distance to its centre.
    fn places(&self, table: &DataFrame) -> Result<(Vec<String>, Vec<f64>)> {
        let found = self.model.assign(&self.scaler.points(table)?)?;
        let (labels, mut distances): (Vec<Option<usize>>, Vec<f64>) = found.into_iter().unzip();
        let text = |label: &Option<usize>| match label {
            Some(label) => (label + 1).to_string(),
            None => NONE.to_owned(),
        };
        let mut texts: Vec<String> = labels.iter().map(text).collect();
        for part in &self.parts {
            let (rows, customers) = inside(table, &labels, part.segment)?;
            if rows.is_empty() {
                continue;
            }
            let (paths, own) = part.segments.places(&customers)?;
            for ((row, path), distance) in rows.into_iter().zip(paths).zip(own) {
                texts[row as usize] = format!("{}.{path}", part.segment + 1);
                distances[row as usize] = distance;
            }
        }
        Ok((texts, distances))
    }

    fn assigned(&self, table: &DataFrame) -> Result<DataFrame> {
        let (segment, distances) = if self.is_divided() {
            let (texts, distances) = self.places(table)?;
            (Column::new("segment".into(), texts), distances)
        } else {
            let found = self.model.assign(&self.scaler.points(table)?)?;
            let (labels, distances): (Vec<Option<usize>>, Vec<f64>) = found.into_iter().unzip();
            (self.named(&labels), distances)
        };
        let mut assigned = table.clone();
        for column in [segment, Column::new("distance".into(), distances)] {
            column::is_new(table, column.name())?;
            assigned.with_column(column)?;
        }
        Ok(assigned)
    }

    /// The segments as they are shown: counted from 1, or as texts where somebody may be in none.
    fn named(&self, labels: &[Option<usize>]) -> Column {
        let numbers = labels
            .iter()
            .map(|label| label.map(|label| label as u64 + 1));
        match self.model {
            Model::KMeans(_) => Column::new("segment".into(), numbers.collect::<Vec<_>>()),
            Model::Dbscan(_) => {
                let text =
                    |label: Option<u64>| label.map_or(NONE.into(), |label| label.to_string());
                Column::new("segment".into(), numbers.map(text).collect::<Vec<_>>())
            }
        }
    }

    /// Writes the segments to a file, as JSON, to be [loaded](Segments::load) another day. The file
    /// is written whole or not at all.
    ///
    /// # Errors
    /// [`Error::Write`], also where there is a file of that name, and it is to be kept.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 2.0, 8.0, 9.0])?;
    /// let segments = Segments::fit(&customers, &Recipe::new(["spend"]), &KMeans::params(2))?;
    /// let file = std::env::temp_dir().join("segmenta-doc-segments.json");
    /// segments.save(&file, Existing::Replace)?;
    /// assert_eq!(Segments::load(&file)?, segments);
    /// # std::fs::remove_file(file).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        saved::save(&FILE, self, true, file.as_ref(), existing)
    }

    /// Reads segments from a file that [`save`](Segments::save) wrote.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::NotATable`] where the file holds something else, or segments
    /// of another version.
    pub fn load(file: impl AsRef<Path>) -> Result<Self> {
        saved::load(&FILE, file.as_ref(), Segments::is_sound)
    }

    /// Whether the parts have the sizes that belong together: a file may have been changed.
    fn is_sound(&self) -> bool {
        let alone = self.model.alone().is_some_and(|alone| alone > 0);
        let groups = self.model.counts().len() + usize::from(alone);
        self.model.is_sound(self.scaler.outcome().len())
            && self.typical.iter().all(|(_, own)| own.groups() == groups)
            && self.scaler.is_sound()
            && self
                .parts
                .windows(2)
                .all(|two| two[0].segment < two[1].segment)
            && self.parts.iter().all(|part| {
                let paths = part.segments.paths().len();
                part.segment < self.model.counts().len()
                    && part.segments.is_sound()
                    && part.typical.len() == self.typical.len()
                    && part.typical.iter().all(|(_, own)| own.groups() == paths)
            })
    }
}

/// The customers of one segment, and their rows.
fn inside(
    table: &DataFrame,
    labels: &[Option<usize>],
    segment: usize,
) -> Result<(Vec<IdxSize>, DataFrame)> {
    let rows = (0..labels.len()).filter(|row| labels[*row] == Some(segment));
    let rows: Vec<IdxSize> = rows.map(|row| row as IdxSize).collect();
    let customers = table.take(&IdxCa::from_vec("row".into(), rows.clone()))?;
    Ok((rows, customers))
}

/// Those who are in a segment, where not all are, and the segment of each.
fn in_segments(points: &Points, labels: &[Option<usize>]) -> (Option<Points>, Vec<usize>) {
    let own: Vec<usize> = labels.iter().flatten().copied().collect();
    let some = (own.len() < labels.len()).then(|| {
        let rows: Vec<usize> = (0..labels.len())
            .filter(|row| labels[*row].is_some())
            .collect();
        points.select(&rows)
    });
    (some, own)
}
