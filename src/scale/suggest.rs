use polars::prelude::*;

use super::Recipe;
use crate::table::column::{self, quantile, sorted};
use crate::{Error, Result};

/// The outermost hundredths are clipped.
const CLIPPED: [f64; 2] = [0.01, 0.99];
/// A whole number with no more different values counts something.
const COUNTED: usize = 50;
/// Above it, a column has a long tail: a few customers would decide its distances.
const SKEWED: f64 = 0.5;

/// What should be done to these columns before customers are told apart by them?
///
/// Looks at each column by itself, and gives a recipe and a row for each column: `column`, `kind`,
/// `steps` (what the recipe does with it) and `skewness` (of the values once clipped; null where there
/// is none). The kinds:
///
/// - `constant`: the same value throughout; it says nothing, and is left out,
/// - `flag`: two different values; standardised, and never clipped, however rare one of them is,
/// - `count`: whole numbers, at most 50 different ones; clipped and standardised,
/// - `skewed amount`: 0 or more, with a long tail to the right (skewness above 0.5) that a logarithm
///   shortens; clipped, the logarithm of 1 more taken, which 0 has too, and standardised,
/// - `amount`: all else; clipped and standardised.
///
/// Clipped is to the quantiles of 1 % and 99 %, and not where that would make a column constant.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`] where a column does not hold numbers, [`Error::Value`]
/// where one is not finite, [`Error::TooFew`] where no column varies.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [0.0, 20.0, 30.5, 4_000.0], "Complain" => [0, 1, 0, 0], "Z" => [3; 4])?;
/// let (recipe, why) = scale::suggest(&customers, ["spend", "Complain", "Z"])?;
/// assert_eq!(why.column("kind")?.str()?.get(0), Some("skewed amount"));
/// assert_eq!(why.column("steps")?.str()?.get(1), Some("standardise"));
/// assert_eq!(recipe.fit(&customers)?.outcome(), ["spend", "Complain"]);
/// # Ok::<(), Error>(())
/// ```
pub fn suggest<'a>(
    table: &DataFrame,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<(Recipe, DataFrame)> {
    let names: Vec<&str> = columns.into_iter().collect();
    let looks: Vec<Look> = names
        .iter()
        .map(|name| Look::at(table, name))
        .collect::<Result<_>>()?;
    let of = |wanted: &dyn Fn(&Look) -> bool| -> Vec<&str> {
        let pairs = names.iter().zip(&looks);
        pairs
            .filter(|(_, look)| wanted(look))
            .map(|(name, _)| *name)
            .collect()
    };
    let varied = of(&|look| look.kind != Kind::Constant);
    if varied.is_empty() {
        return Err(Error::TooFew {
            what: "columns that are not the same for all customers".into(),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    let recipe = Recipe::new(varied.iter().copied())
        .clip(of(&|look| look.clip), CLIPPED[0], CLIPPED[1])
        .log1p(of(&|look| look.kind == Kind::Skewed))
        .standardise(varied);
    let table = df!(
        "column" => &names,
        "kind" => looks.iter().map(|look| look.kind.name()).collect::<Vec<_>>(),
        "steps" => looks.iter().map(Look::steps).collect::<Vec<_>>(),
        "skewness" => looks.iter().map(|look| look.skewness).collect::<Vec<_>>(),
    )?;
    Ok((recipe, table))
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Constant,
    Flag,
    Count,
    Amount,
    Skewed,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Constant => "constant",
            Kind::Flag => "flag",
            Kind::Count => "count",
            Kind::Amount => "amount",
            Kind::Skewed => "skewed amount",
        }
    }
}

/// What one column looks like.
struct Look {
    kind: Kind,
    clip: bool,
    skewness: Option<f64>,
}

impl Look {
    fn at(table: &DataFrame, name: &str) -> Result<Self> {
        let values = sorted(column::measured(table, name)?);
        let different = values.chunk_by(|a, b| a == b).count();
        let ends = CLIPPED.map(|at| quantile(&values, at).unwrap_or(f64::NAN));
        let clip = different > 2 && ends[0] < ends[1];
        let clipped: Vec<f64> = match clip {
            true => values.iter().map(|x| x.clamp(ends[0], ends[1])).collect(),
            false => values.clone(),
        };
        // Those with nothing are no tail.
        let logs: Vec<f64> = clipped
            .iter()
            .filter(|x| **x != 0.0)
            .map(|x| x.ln_1p())
            .collect();
        let (skewness, of_logs) = (skewness(&clipped), skewness(&logs));
        let whole = values.iter().all(|x| x.fract() == 0.0);
        let long = values.first().is_some_and(|least| *least >= 0.0)
            && skewness.is_some_and(|skew| skew > SKEWED)
            && skewness
                .zip(of_logs)
                .is_some_and(|(own, logs)| logs.abs() < own);
        let kind = match different {
            0 | 1 => Kind::Constant,
            2 => Kind::Flag,
            few if whole && few <= COUNTED => Kind::Count,
            _ if long => Kind::Skewed,
            _ => Kind::Amount,
        };
        Ok(Look {
            kind,
            clip: clip && kind != Kind::Flag,
            skewness,
        })
    }

    fn steps(&self) -> &'static str {
        match (self.kind, self.clip) {
            (Kind::Constant, _) => "left out",
            (Kind::Skewed, true) => "clip, log1p, standardise",
            (Kind::Skewed, false) => "log1p, standardise",
            (_, true) => "clip, standardise",
            (_, false) => "standardise",
        }
    }
}

/// The third standardised moment; none where all values are the same.
fn skewness(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
    let skewness = moment(3) / moment(2).powf(1.5);
    skewness.is_finite().then_some(skewness)
}
