//! What is done to one column, and with which numbers: a file per step.

mod clip;
mod components;
mod fill_median;
mod log;
mod min_max;
mod one_hot;
mod ordinal;
mod quantiles;
mod standardise;

use serde::{Deserialize, Serialize};

use super::expressions::Expressions;
use super::work::Work;
use crate::Result;
pub(super) use clip::Clip;
pub(super) use components::Components;
pub(super) use fill_median::FillMedian;
pub(super) use log::{Log, Log1p};
pub(super) use min_max::MinMax;
pub(super) use one_hot::OneHot;
pub(super) use ordinal::Ordinal;
pub(super) use quantiles::Quantiles;
pub(super) use standardise::Standardise;

/// What every step can do, once it has learned its numbers.
trait Learned {
    /// Does the step, and counts the values that it changed.
    fn apply(&self, work: &mut Work) -> Result<u64>;

    /// The same as an expression of SQL. What the step cannot be done to becomes null.
    fn express(&self, columns: &mut Expressions) -> Result<()>;

    /// The step's name, its column, and the numbers it learned, for a reader.
    fn told(&self) -> [String; 3];

    /// Whether its numbers are such as can have been learned: a file may have been changed.
    fn is_sound(&self) -> bool {
        true
    }

    /// Whether the column had one value throughout.
    fn is_constant(&self) -> bool {
        false
    }
}

/// One step on one column, with the numbers that it learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    FillMedian(FillMedian),
    Clip(Clip),
    Log(Log),
    Log1p(Log1p),
    MinMax(MinMax),
    Standardise(Standardise),
    Quantiles(Quantiles),
    Ordinal(Ordinal),
    OneHot(OneHot),
    Components(Components),
}

impl Step {
    fn learned(&self) -> &dyn Learned {
        match self {
            Step::FillMedian(step) => step,
            Step::Clip(step) => step,
            Step::Log(step) => step,
            Step::Log1p(step) => step,
            Step::MinMax(step) => step,
            Step::Standardise(step) => step,
            Step::Quantiles(step) => step,
            Step::Ordinal(step) => step,
            Step::OneHot(step) => step,
            Step::Components(step) => step,
        }
    }

    /// Does the step, and counts the values that it changed.
    pub fn apply(&self, work: &mut Work) -> Result<u64> {
        self.learned().apply(work)
    }

    /// The same as an expression of SQL.
    pub fn express(&self, columns: &mut Expressions) -> Result<()> {
        self.learned().express(columns)
    }

    /// The step's name, its column, and the numbers it learned, for a reader.
    pub fn told(&self) -> [String; 3] {
        self.learned().told()
    }

    /// Whether its numbers are such as can have been learned.
    pub fn is_sound(&self) -> bool {
        self.learned().is_sound()
    }

    pub fn warning(&self) -> Option<&'static str> {
        self.learned()
            .is_constant()
            .then_some("the same value throughout: it says nothing, and becomes 0")
    }
}

fn told(step: &str, column: &str, with: String) -> [String; 3] {
    [step.to_owned(), column.to_owned(), with]
}
