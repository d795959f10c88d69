use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::kmeans::{KMeans, KMeansParams};
use super::validity::{Criteria, EXACT, silhouettes};
use crate::data::campaign::Reading;
use crate::data::read::Plan;
use crate::scale::{Recipe, Scaler};
use crate::table::column;
use crate::table::export::{self, Existing};
use crate::table::points::{Points, squared};
use crate::{Error, Result};

/// What a file of segments begins with, and the version of its make-up.
const FORMAT: &str = "segmenta segments";
const VERSION: u64 = 1;

/// The segments of a table: how customers become numbers, and where the segments' centres are.
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
    model: KMeans,
    typical: Vec<(String, Typical)>,
    glance: Glance,
    /// How the file was read that they were found in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    /// The same of a table with columns of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
}

/// What is typical of the segments in one column of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Typical {
    Mean(Vec<Option<f64>>),
    MostFrequent(Vec<Option<String>>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Glance {
    n: u64,
    silhouette: Option<f64>,
    silhouette_n: u64,
    davies_bouldin: Option<f64>,
    calinski_harabasz: Option<f64>,
    explained: Option<f64>,
    restarts: u64,
    seed: u64,
}

#[derive(Serialize)]
struct Saved<'a> {
    format: &'static str,
    version: u64,
    segments: &'a Segments,
}

impl Segments {
    /// Scales the table by the recipe, and finds the segments with k-means.
    ///
    /// # Errors
    /// Those of [`Recipe::fit`] and of [`KMeans`]'s fit; [`Error::Parameter`] where the recipe reads a
    /// column whose name is one of those that [`tidy`](Segments::tidy) adds.
    pub fn fit(table: &DataFrame, recipe: &Recipe, params: &KMeansParams) -> Result<Self> {
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
        let criteria = Criteria::new(&points, &labels, params.own_seed());
        let typical = scaler
            .columns()
            .into_iter()
            .map(|name| Ok((name.to_owned(), Typical::of(table, name, &labels, &model)?)))
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
                restarts: params.own_restarts() as u64,
                seed: params.own_seed(),
            },
            scaler,
            model,
            reading: None,
            plan: None,
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

    /// How customers become numbers.
    pub fn scaler(&self) -> &Scaler {
        &self.scaler
    }

    /// The centres of the segments in those numbers.
    pub fn model(&self) -> &KMeans {
        &self.model
    }

    /// Who are they? A row for each segment: `segment`, `customers`, `share`, `within_ss` (the sum of
    /// squared distances to its centre, in scaled numbers), and what is typical of it in each column
    /// that the recipe reads, under its own name and in its own unit: the mean, or the most frequent
    /// word. Customers without a value there do not count.
    pub fn tidy(&self) -> Result<DataFrame> {
        let counts = self.model.counts();
        let n = self.glance.n as f64;
        let mut tidy = df!(
            "segment" => (1..=counts.len() as u64).collect::<Vec<_>>(),
            "customers" => counts,
            "share" => counts.iter().map(|count| *count as f64 / n).collect::<Vec<_>>(),
            "within_ss" => self.model.within(),
        )?;
        for (name, typical) in &self.typical {
            let name = name.as_str().into();
            tidy.with_column(match typical {
                Typical::Mean(means) => Column::new(name, means.as_slice()),
                Typical::MostFrequent(words) => Column::new(name, words.as_slice()),
            })?;
        }
        Ok(tidy)
    }

    /// How good are they? One row: `n`, `segments`, the figures of [`criteria`](super::criteria),
    /// and how they were found: `restarts`, `iterations` and `converged` of the best, `seed`.
    pub fn glance(&self) -> Result<DataFrame> {
        let Glance {
            n,
            silhouette,
            silhouette_n,
            davies_bouldin,
            ..
        } = &self.glance;
        Ok(df!(
            "n" => [*n],
            "segments" => [self.model.counts().len() as u64],
            "inertia" => [self.model.inertia()],
            "silhouette" => [*silhouette],
            "silhouette_n" => [*silhouette_n],
            "davies_bouldin" => [*davies_bouldin],
            "calinski_harabasz" => [self.glance.calinski_harabasz],
            "explained" => [self.glance.explained],
            "restarts" => [self.glance.restarts],
            "iterations" => [self.model.iterations() as u64],
            "converged" => [self.model.converged()],
            "seed" => [self.glance.seed],
        )?)
    }

    /// To which segment do these customers belong? The table with `segment` and `distance`, that to
    /// the segment's centre in scaled numbers. They may be new ones: the numbers of the scaler are
    /// those of the table that was learned from.
    ///
    /// # Errors
    /// [`Error::NoColumn`] and [`Error::WrongType`] where the table's columns are not those that were
    /// learned from, [`Error::Value`] where a value is missing or cannot be scaled,
    /// [`Error::Parameter`] where the table has a column of one of these names.
    pub fn assign(&self, table: &DataFrame) -> Result<DataFrame> {
        let (points, labels) = self.labels(table)?;
        self.assigned(table, &points, &labels)
    }

    /// The customers with their segment: the table with `segment`, `distance` and `silhouette` (see
    /// [`silhouette`](super::silhouette); null in a table of more than 20,000 customers, where it
    /// takes long, or where all are in one segment).
    ///
    /// # Errors
    /// Those of [`assign`](Segments::assign).
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        column::is_new(table, "silhouette")?;
        let (points, labels) = self.labels(table)?;
        let mut augmented = self.assigned(table, &points, &labels)?;
        let several = labels.iter().any(|label| Some(label) != labels.first());
        let values = if several && points.len() <= EXACT {
            let rows = silhouettes(&points, &labels);
            rows.into_iter().map(|row| Some(row.0)).collect()
        } else {
            vec![None; points.len()]
        };
        augmented.with_column(Column::new("silhouette".into(), values))?;
        Ok(augmented)
    }

    fn labels(&self, table: &DataFrame) -> Result<(Points, Vec<usize>)> {
        let points = self.scaler.points(table)?;
        let labels = self.model.assign(&points);
        Ok((points, labels))
    }

    fn assigned(&self, table: &DataFrame, points: &Points, labels: &[usize]) -> Result<DataFrame> {
        let mut assigned = table.clone();
        let distance = |(row, label): (&[f64], &usize)| {
            squared(row, &self.model.centroids().row(*label).to_vec()).sqrt()
        };
        let distances: Vec<f64> = points.rows().zip(labels).map(distance).collect();
        let segments: Vec<u64> = labels.iter().map(|label| *label as u64 + 1).collect();
        for column in [
            Column::new("segment".into(), segments),
            Column::new("distance".into(), distances),
        ] {
            column::is_new(table, column.name())?;
            assigned.with_column(column)?;
        }
        Ok(assigned)
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
        let file = file.as_ref();
        let failed = |source| Error::Write {
            file: file.to_owned(),
            source,
        };
        let saved = Saved {
            format: FORMAT,
            version: VERSION,
            segments: self,
        };
        let text = serde_json::to_string_pretty(&saved).map_err(|error| failed(error.into()))?;
        export::text(&text, file, existing)
    }

    /// Reads segments from a file that [`save`](Segments::save) wrote.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::NotATable`] where the file holds something else, or segments
    /// of another version.
    pub fn load(file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file).map_err(|source| Error::Read {
            file: file.to_owned(),
            source,
        })?;
        let other = |found: String| Error::NotATable {
            file: file.to_owned(),
            found,
            expected: format!("segments of version {VERSION}, as Segments::save writes them"),
        };
        let mut json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| other(format!("no JSON ({error})")))?;
        if json["format"] != FORMAT {
            return Err(other("JSON of another kind".into()));
        }
        if json["version"] != VERSION {
            return Err(other(format!("segments of version {}", json["version"])));
        }
        let segments: Segments = serde_json::from_value(json["segments"].take())
            .map_err(|error| other(format!("spoilt segments ({error})")))?;
        if !segments.is_sound() {
            return Err(other(
                "spoilt segments (their parts do not fit together)".into(),
            ));
        }
        Ok(segments)
    }

    /// Whether the parts have the sizes that belong together: a file may have been changed.
    fn is_sound(&self) -> bool {
        let k = self.model.counts().len();
        let typical = |typical: &Typical| match typical {
            Typical::Mean(means) => means.len(),
            Typical::MostFrequent(words) => words.len(),
        };
        k > 0
            && self.model.centroids().dim() == (k, self.scaler.outcome().len())
            && self.model.within().len() == k
            && self.typical.iter().all(|(_, own)| typical(own) == k)
            && self.scaler.is_sound()
    }
}

impl Typical {
    fn of(table: &DataFrame, name: &str, labels: &[usize], model: &KMeans) -> Result<Self> {
        let k = model.counts().len();
        let column = column::find(table, name)?;
        if *column.dtype() != DataType::String {
            let mut sums = vec![(0.0, 0u64); k];
            for (value, label) in column::measured(table, name)?.into_iter().zip(labels) {
                if let Some(value) = value {
                    sums[*label].0 += value;
                    sums[*label].1 += 1;
                }
            }
            let mean = |(sum, n): (f64, u64)| (n > 0).then(|| sum / n as f64);
            return Ok(Typical::Mean(sums.into_iter().map(mean).collect()));
        }
        let groups = crate::table::groups::encode(column)?;
        let mut counts = vec![vec![0u64; groups.labels.len()]; k];
        for (code, label) in groups.codes.iter().zip(labels) {
            if let Some(code) = code {
                counts[*label][*code as usize] += 1;
            }
        }
        let most = |counts: &Vec<u64>| {
            let most = counts.iter().max().filter(|most| **most > 0)?;
            let place = counts.iter().position(|count| count == most)?;
            Some(groups.labels[place].clone())
        };
        Ok(Typical::MostFrequent(counts.iter().map(most).collect()))
    }
}
