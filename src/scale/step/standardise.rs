use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::expressions::Expressions;
use crate::scale::work::Work;
use crate::table::display::short;
use crate::table::sql;

/// How many standard deviations from the mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standardise {
    column: String,
    mean: f64,
    sd: f64,
}

impl Standardise {
    pub fn learn(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        let n = sorted.len() as f64;
        let constant = sorted[0] == sorted[sorted.len() - 1];
        let mean = sorted.iter().sum::<f64>() / n;
        let squares: f64 = sorted.iter().map(|x| (x - mean).powi(2)).sum();
        Ok(Standardise {
            column: name.to_owned(),
            // Rounding must not make a tiny spread out of none.
            mean: if constant { sorted[0] } else { mean },
            sd: if constant { 0.0 } else { (squares / n).sqrt() },
        })
    }
}

impl Learned for Standardise {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        work.change(&self.column, |x| {
            Ok(if self.sd > 0.0 {
                (x - self.mean) / self.sd
            } else {
                0.0
            })
        })
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let mean = sql::number(self.mean);
        columns.change(&self.column, |x| match self.sd > 0.0 {
            true => format!("({x} - {mean}) / {}", sql::number(self.sd)),
            false => format!("0E0D * {x}"),
        })
    }

    fn told(&self) -> [String; 3] {
        let (mean, sd) = (short(self.mean, 6), short(self.sd, 6));
        let with = format!("mean {mean}, standard deviation {sd}");
        told("standardise", &self.column, with)
    }

    fn is_constant(&self) -> bool {
        self.sd == 0.0
    }
}
