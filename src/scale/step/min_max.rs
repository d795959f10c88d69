use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::expressions::Expressions;
use crate::scale::work::Work;
use crate::table::display::short;
use crate::table::sql;

/// The least becomes 0, the most becomes 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MinMax {
    column: String,
    least: f64,
    most: f64,
}

impl MinMax {
    pub fn learn(work: &Work, name: &str) -> Result<Self> {
        let sorted = work.sorted(name)?;
        Ok(MinMax {
            column: name.to_owned(),
            least: sorted[0],
            most: sorted[sorted.len() - 1],
        })
    }
}

impl Learned for MinMax {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let range = self.most - self.least;
        work.change(&self.column, |x| {
            Ok(if range > 0.0 {
                (x - self.least) / range
            } else {
                0.0
            })
        })
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let (least, range) = (sql::number(self.least), self.most - self.least);
        columns.change(&self.column, |x| match range > 0.0 {
            true => format!("({x} - {least}) / {}", sql::number(range)),
            false => format!("0E0D * {x}"),
        })
    }

    fn told(&self) -> [String; 3] {
        let (least, most) = (short(self.least, 6), short(self.most, 6));
        let with = format!("{least} becomes 0, {most} becomes 1");
        told("min_max", &self.column, with)
    }

    fn is_constant(&self) -> bool {
        self.least == self.most
    }
}
