use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::expressions::Expressions;
use crate::scale::work::{Values, Work};
use crate::table::column::quantile;
use crate::table::display::short;
use crate::table::sql;

/// A missing value becomes the median of those that are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FillMedian {
    column: String,
    median: f64,
}

impl FillMedian {
    pub fn learn(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        Ok(FillMedian {
            column: name.to_owned(),
            median: quantile(&sorted, 0.5).unwrap_or(f64::NAN),
        })
    }
}

impl Learned for FillMedian {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let place = work.place(&self.column)?;
        work.numbers(&self.column)?;
        let mut filled = 0;
        if let Values::Numbers(values) = &mut work.columns[place].1 {
            for value in values.iter_mut().filter(|value| value.is_none()) {
                *value = Some(self.median);
                filled += 1;
            }
        }
        Ok(filled)
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let median = sql::number(self.median);
        columns.change(&self.column, |x| format!("coalesce({x}, {median})"))
    }

    fn told(&self) -> [String; 3] {
        let with = format!("median {}", short(self.median, 4));
        told("fill_median", &self.column, with)
    }
}
