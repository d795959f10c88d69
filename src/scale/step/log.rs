use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::Result;
use crate::scale::expressions::Expressions;
use crate::scale::work::Work;

/// The natural logarithm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Log {
    pub column: String,
}

/// The natural logarithm of 1 more, which bears a 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Log1p {
    pub column: String,
}

impl Learned for Log {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        work.change(&self.column, |x| {
            if x > 0.0 {
                Ok(x.ln())
            } else {
                Err("a number above 0, which has a logarithm")
            }
        })
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        columns.change(&self.column, |x| {
            format!("case when {x} > 0E0D then ln({x}) end")
        })
    }

    fn told(&self) -> [String; 3] {
        told("log", &self.column, "natural logarithm".into())
    }
}

impl Learned for Log1p {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        work.change(&self.column, |x| {
            if x > -1.0 {
                Ok(x.ln_1p())
            } else {
                Err("a number above -1, of which 1 more has a logarithm")
            }
        })
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        columns.change(&self.column, |x| {
            format!("case when {x} > (-1E0D) then log1p({x}) end")
        })
    }

    fn told(&self) -> [String; 3] {
        told("log1p", &self.column, "natural logarithm of 1 more".into())
    }
}
