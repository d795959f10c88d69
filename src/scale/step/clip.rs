use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::scale::expressions::Expressions;
use crate::scale::work::Work;
use crate::table::column::quantile;
use crate::table::display::short;
use crate::table::sql;
use crate::{Error, Result};

/// What lies beyond two quantiles becomes the quantile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Clip {
    column: String,
    lower: f64,
    upper: f64,
}

impl Clip {
    pub fn learn(work: &Work, name: &str, (lower, upper): (f64, f64)) -> Result<Self> {
        if !(0.0 <= lower && lower < upper && upper <= 1.0) {
            return Err(Error::Parameter {
                name: "quantiles",
                value: format!("{lower} and {upper}"),
                expected: "two from 0 to 1, the lower first".into(),
            });
        }
        let sorted = work.sorted(name)?;
        Ok(Clip {
            column: name.to_owned(),
            lower: quantile(&sorted, lower).unwrap_or(f64::NAN),
            upper: quantile(&sorted, upper).unwrap_or(f64::NAN),
        })
    }
}

impl Learned for Clip {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        work.change(&self.column, |x| Ok(x.clamp(self.lower, self.upper)))
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let (lower, upper) = (sql::number(self.lower), sql::number(self.upper));
        columns.change(&self.column, |x| {
            format!(
                "case when {x} < {lower} then {lower} when {x} > {upper} then {upper} else {x} end"
            )
        })
    }

    fn told(&self) -> [String; 3] {
        let with = format!("{} to {}", short(self.lower, 6), short(self.upper, 6));
        told("clip", &self.column, with)
    }

    fn is_sound(&self) -> bool {
        self.lower <= self.upper
    }
}
