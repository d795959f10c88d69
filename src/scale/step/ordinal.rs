use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::expressions::Expressions;
use crate::scale::work::{Values, Work};
use crate::table::sql;

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

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let own = columns.own(&self.column)?;
        let places = self.order.iter().enumerate();
        let cases = places.map(|(place, word)| {
            let place = sql::number(place as f64);
            format!("when {} then {place}", own.is(word))
        });
        let number = format!("case {} end", cases.collect::<Vec<_>>().join(" "));
        columns.replace(&self.column, vec![(self.column.clone(), number)])
    }

    fn told(&self) -> [String; 3] {
        told("ordinal", &self.column, self.order.join(" < "))
    }
}
