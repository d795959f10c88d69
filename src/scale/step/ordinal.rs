use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::work::{Values, Work};

/// Words with an order become their places in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ordinal {
    pub column: String,
    pub order: Vec<String>,
}

impl Learned for Ordinal {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let codes = work.codes(&self.column, &self.order)?;
        let place = work.place(&self.column)?;
        let numbers = codes
            .iter()
            .map(|code| code.map(|code| code as f64))
            .collect();
        work.columns[place].1 = Values::Numbers(numbers);
        Ok(codes.iter().flatten().count() as u64)
    }

    fn told(&self) -> [String; 3] {
        told("ordinal", &self.column, self.order.join(" < "))
    }
}
