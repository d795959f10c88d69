//! A segment that was divided again.

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::typical::Typical;
use super::{Clusterer, Segments, inside};
use crate::scale::Recipe;
use crate::{Error, Result};

/// A segment, and what it was divided into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Which one, from 0.
    pub segment: usize,
    pub segments: Segments,
    /// What is typical of the parts in the columns of the whole.
    pub typical: Vec<(String, Typical)>,
}

impl Part {
    /// What is typical of each of the parts, in these columns of the customers of the segment.
    fn typical_of(&mut self, customers: &DataFrame, columns: &[String]) -> Result<()> {
        let paths = self.segments.paths();
        let (texts, _) = self.segments.places(customers)?;
        // Of another table some may be in none, where nobody was before: they are typical of nothing.
        let places: Vec<Option<usize>> = texts
            .iter()
            .map(|text| paths.iter().position(|path| path == text))
            .collect();
        let known: BooleanChunked = places.iter().map(|place| Some(place.is_some())).collect();
        let customers = &customers.filter(&known)?;
        let labels: Vec<usize> = places.into_iter().flatten().collect();
        self.typical = columns
            .iter()
            .map(|name| {
                Ok((
                    name.clone(),
                    Typical::of(customers, name, &labels, paths.len())?,
                ))
            })
            .collect::<Result<_>>()?;
        Ok(())
    }
}

impl Segments {
    /// Divides one of the segments again, by what tells its own customers apart: they are scaled by the recipe
    /// anew, as what is large among all may be small among them. From then on segments are paths: `2.1` is the
    /// first part of segment 2. A part can be divided again, by its path.
    ///
    /// # Errors
    /// Those of [`fit`](Segments::fit) for the customers of the segment; [`Error::Parameter`] where there is no
    /// such segment, or it is divided already.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 2.0, 3.0, 80.0, 81.0, 90.0, 91.0])?;
    /// let recipe = Recipe::new(["spend"]).standardise(Columns::All);
    /// let segments = Segments::fit(&customers, &recipe, &KMeans::params(2))?;
    /// let segments = segments.divide("1", &customers, &recipe, &KMeans::params(2))?;
    /// let tidy = segments.tidy()?;
    /// assert_eq!(tidy.column("segment")?.str()?.iter().flatten().collect::<Vec<_>>(), ["1.1", "1.2", "2"]);
    /// assert_eq!(tidy.column("spend")?.f64()?.to_vec(), [80.5, 90.5, 2.0].map(Some));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn divide(
        mut self,
        segment: &str,
        table: &DataFrame,
        recipe: &Recipe,
        params: impl Into<Clusterer>,
    ) -> Result<Self> {
        let wrong = |expected: String| Error::Parameter {
            name: "segment",
            value: segment.to_owned(),
            expected,
        };
        let (own, rest) = match segment.split_once('.') {
            Some((own, rest)) => (own, Some(rest)),
            None => (segment, None),
        };
        let count = self.model.counts().len();
        let number = own.parse::<usize>().ok().and_then(|own| own.checked_sub(1));
        let number = number.filter(|number| *number < count).ok_or_else(|| {
            wrong(format!(
                "a segment from 1 to {count}, or a path such as 1.2"
            ))
        })?;
        let (_, customers) = inside(table, &self.labels(table)?, number)?;
        let columns: Vec<String> = self.typical.iter().map(|own| own.0.clone()).collect();
        let place = self.parts.iter().position(|part| part.segment == number);
        match (place, rest) {
            (None, None) => {
                let mut part = Part {
                    segment: number,
                    segments: Segments::fit(&customers, recipe, params)?,
                    typical: Vec::new(),
                };
                part.typical_of(&customers, &columns)?;
                self.parts.push(part);
                self.parts.sort_by_key(|part| part.segment);
            }
            (Some(place), Some(rest)) => {
                let mut part = self.parts.remove(place);
                part.segments = part.segments.divide(rest, &customers, recipe, params)?;
                part.typical_of(&customers, &columns)?;
                self.parts.insert(place, part);
            }
            (Some(_), None) => {
                return Err(wrong(format!(
                    "a segment that is not divided yet; it is, into {}",
                    self.paths()
                        .into_iter()
                        .filter(|path| path.starts_with(&format!("{own}.")))
                        .collect::<Vec<_>>()
                        .join(", ")
                )));
            }
            (None, Some(_)) => return Err(wrong(format!("{own}, which is not divided"))),
        }
        Ok(self)
    }

    /// What a segment was divided into, by its path; `None` where it was not. Its
    /// [`tidy`](Segments::tidy) and [`glance`](Segments::glance) are those of that division.
    pub fn part(&self, segment: &str) -> Option<&Segments> {
        let (own, rest) = match segment.split_once('.') {
            Some((own, rest)) => (own, Some(rest)),
            None => (segment, None),
        };
        let number = own.parse::<usize>().ok()?.checked_sub(1)?;
        let part = self.parts.iter().find(|part| part.segment == number)?;
        match rest {
            Some(rest) => part.segments.part(rest),
            None => Some(&part.segments),
        }
    }

    /// Whether any segment was divided again: then segments are texts.
    pub fn is_divided(&self) -> bool {
        !self.parts.is_empty()
    }

    /// The segments that are not divided, in their order.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for number in 0..self.model.counts().len() {
            match self.parts.iter().find(|part| part.segment == number) {
                Some(part) => {
                    let below = part.segments.paths();
                    paths.extend(below.iter().map(|path| format!("{}.{path}", number + 1)));
                }
                None => paths.push((number + 1).to_string()),
            }
        }
        if self.model.alone().is_some_and(|alone| alone > 0) {
            paths.push(super::NONE.into());
        }
        paths
    }
}
