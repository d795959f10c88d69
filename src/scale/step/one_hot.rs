use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::scale::work::{Values, Work};
use crate::table::groups::{MOST, encode};
use crate::table::points::complete;
use crate::{Error, Result};

/// A column of 0 and 1 for each of the different values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneHot {
    column: String,
    values: Vec<String>,
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
        })
    }
}

impl Learned for OneHot {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let OneHot { column, values } = self;
        let codes = complete(column, work.codes(column, values)?)?;
        let place = work.place(column)?;
        let flags = values.iter().enumerate().map(|(number, value)| {
            let flag = |code: &usize| Some(f64::from(u8::from(*code == number)));
            let flags = codes.iter().map(flag).collect();
            (format!("{column}={value}"), Values::Numbers(flags))
        });
        let flags: Vec<_> = flags.collect();
        work.columns.splice(place..=place, flags);
        Ok(codes.len() as u64)
    }

    fn told(&self) -> [String; 3] {
        told("one_hot", &self.column, self.values.join(", "))
    }

    fn is_sound(&self) -> bool {
        !self.values.is_empty()
    }
}
