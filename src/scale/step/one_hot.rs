use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::scale::expressions::Expressions;
use crate::scale::work::{Values, Work};
use crate::table::groups::{MOST, encode};
use crate::table::points::{complete, is_ordinary};
use crate::table::sql;
use crate::{Error, Result};

/// A column of 0 and 1, or another height, for each of the different values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneHot {
    column: String,
    values: Vec<String>,
    #[serde(default = "one")]
    height: f64,
}

/// The height in files of before it was told.
fn one() -> f64 {
    1.0
}

impl OneHot {
    pub fn learn(work: &Work, name: &str) -> Result<Self> {
        let column = match &work.columns[work.place(name)?].1 {
            Values::Words(words) => Column::new(name.into(), words.as_slice()),
            Values::Numbers(numbers) => Column::new(name.into(), numbers.as_slice()),
        };
        let values = encode(&column)?.labels;
        if values.len() > MOST {
            return Err(Error::Parameter {
                name: "one_hot",
                value: format!("{name} with {} different values", values.len()),
                expected: format!("at most {MOST}"),
            });
        }
        Ok(OneHot {
            column: name.to_owned(),
            values,
            height: 1.0,
        })
    }

    /// The same, so high that the variances of all columns add up to 1.
    pub fn learn_as_one(work: &Work, name: &str) -> Result<Self> {
        let mut own = OneHot::learn(work, name)?;
        let codes = work.codes(name, &own.values)?;
        let n = codes.len() as f64;
        let mut counts = vec![0.0; own.values.len()];
        for code in codes.iter().flatten() {
            counts[*code] += 1.0;
        }
        let squares: f64 = counts.iter().map(|count: &f64| (count / n).powi(2)).sum();
        if squares < 1.0 {
            own.height = 1.0 / (1.0 - squares).sqrt();
        }
        Ok(own)
    }
}

impl Learned for OneHot {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let OneHot {
            column,
            values,
            height,
        } = self;
        let codes = complete(column, work.codes(column, values)?)?;
        let place = work.place(column)?;
        let flags = values.iter().enumerate().map(|(number, value)| {
            let flag = |code: &usize| Some(if *code == number { *height } else { 0.0 });
            let flags = codes.iter().map(flag).collect();
            (format!("{column}={value}"), Values::Numbers(flags))
        });
        let flags: Vec<_> = flags.collect();
        work.columns.splice(place..=place, flags);
        Ok(codes.len() as u64)
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let own = columns.own(&self.column)?;
        let is_known: Vec<String> = self.values.iter().map(|value| own.is(value)).collect();
        let flag = |(value, is): (&String, &String)| {
            let height = sql::number(self.height);
            let known = is_known.join(" or ");
            let flag = format!("case when {is} then {height} when {known} then 0E0D end");
            (format!("{}={value}", self.column), flag)
        };
        let flags = self.values.iter().zip(&is_known).map(flag).collect();
        columns.replace(&self.column, flags)
    }

    fn told(&self) -> [String; 3] {
        let values = self.values.join(", ");
        match self.height {
            1.0 => told("one_hot", &self.column, values),
            height => told(
                "categories",
                &self.column,
                format!("{values}; height {height:.4}"),
            ),
        }
    }

    fn is_sound(&self) -> bool {
        !self.values.is_empty() && is_ordinary(self.height)
    }
}
