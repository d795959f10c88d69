//! The segments as an expression, for customers who stay where they are.

use super::{Model, Segments};
use crate::table::sql;
use crate::{Error, Result};

impl Segments {
    /// How does a cluster or a database put its customers into these segments? A statement that selects from a `table`
    /// (its name, or a statement in brackets) these of its columns, and `segment` and `distance` as
    /// [`assign`](Segments::assign) gives them, in the SQL of Spark (see [`sql`](crate::table::sql)). Both are null for
    /// customers without a value that the segments need, or with one that cannot be scaled.
    ///
    /// # Errors
    /// [`Error::Parameter`] for segments by density, where each customer is compared with those that were learned from,
    /// for segments that were [divided](Segments::divide), for a recipe with a
    /// [quantile transform](crate::scale::Recipe::quantile_transform), and where one of the columns is called `segment` or
    /// `distance`.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("spend" => [1.0, 2.0, 80.0], "who" => ["a", "b", "c"])?;
    /// let segments = Segments::fit(&customers, &Recipe::new(["spend"]), &KMeans::params(2))?;
    /// let statement = segments.sql("everybody", ["who"])?;
    /// assert!(statement.starts_with("select `who`, case when"));
    /// // The centres are 1.5 and 80.
    /// assert!(statement.contains("1.5E0D") && statement.contains("8E1D") && statement.contains("from everybody"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn sql<'a>(
        &self,
        table: &str,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<String> {
        let cannot = |value: &str| Error::Parameter {
            name: "segments",
            value: value.to_owned(),
            expected: "segments around centres, each in one piece".into(),
        };
        let Model::KMeans(model) = &self.model else {
            return Err(cannot("those by density"));
        };
        if self.is_divided() {
            return Err(cannot("some that were divided"));
        }
        let mut kept = String::new();
        for name in columns {
            // Of Spark, names are the same in capitals.
            let is_one = |own: &&str| name.eq_ignore_ascii_case(own);
            if ["segment", "distance"].iter().any(is_one) {
                return Err(Error::Parameter {
                    name: "columns",
                    value: name.to_owned(),
                    expected: "other names: it is added here".into(),
                });
            }
            kept += &format!("{}, ", sql::name(name));
        }
        let (read, scaled) = self.scaler.expressions()?;
        let scaled = scaled.iter().enumerate();
        let scaled: Vec<String> = scaled
            .map(|(place, own)| format!("{own} as {}", scaled_name(place)))
            .collect();
        let centres: Vec<Vec<f64>> = model
            .centroids()
            .rows()
            .into_iter()
            .map(|own| own.to_vec())
            .collect();
        let squares: Vec<String> = centres
            .iter()
            .enumerate()
            .map(|(number, centre)| format!("{} as {}", squared(centre), square_name(number)))
            .collect();
        let squares_by_name: Vec<String> = (0..centres.len()).map(square_name).collect();
        let nearest = squares_by_name.iter().enumerate().map(|(number, own)| {
            let others = squares_by_name[number + 1..].iter();
            let is_least: Vec<String> = others.map(|other| format!("{own} <= {other}")).collect();
            let is_least = match is_least.is_empty() {
                true => format!("{own} is not null"),
                false => is_least.join(" and "),
            };
            format!("when {is_least} then {}", number + 1)
        });
        let nearest = nearest.collect::<Vec<_>>().join(" ");
        let least = match squares_by_name.as_slice() {
            [only] => only.clone(),
            several => format!("least({})", several.join(", ")),
        };
        Ok(format!(
            "select {kept}case {nearest} end as segment, sqrt({least}) as distance\n\
             from (select *, {} from (select *, {} from (select *, {} from {table})))",
            squares.join(", "),
            scaled.join(", "),
            read.join(", "),
        ))
    }
}

fn scaled_name(place: usize) -> String {
    format!("`segmenta scaled {}`", place + 1)
}

fn square_name(number: usize) -> String {
    format!("`segmenta square {}`", number + 1)
}

/// The squared distance to a centre.
fn squared(centre: &[f64]) -> String {
    let terms = centre.iter().enumerate().map(|(place, at)| {
        let away = format!("({} - {})", scaled_name(place), sql::number(*at));
        format!("{away} * {away}")
    });
    terms.collect::<Vec<_>>().join(" + ")
}
