use serde::{Deserialize, Serialize};

use super::{Learned, told};
use crate::scale::Pca;
use crate::scale::expressions::Expressions;
use crate::scale::work::{Values, Work};
use crate::table::display::short;
use crate::table::points::Points;
use crate::table::sql;
use crate::{Error, Result};

/// Principal components in the place of all columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Components {
    pca: Pca,
}

impl Components {
    pub fn learn(work: &Work, count: usize) -> Result<Self> {
        let points = Points::from_columns(&work.clone().complete()?.1);
        Ok(Components {
            pca: Pca::fit_rows(points.view()?, count)?,
        })
    }
}

impl Learned for Components {
    fn apply(&self, work: &mut Work) -> Result<u64> {
        let all = Work {
            columns: std::mem::take(&mut work.columns),
            n: work.n,
        };
        let (names, columns) = all.complete()?;
        if names.len() != self.pca.width() {
            return Err(Error::Parameter {
                name: "scaler",
                value: format!("components of {} columns", self.pca.width()),
                expected: format!("of the {} that there are", names.len()),
            });
        }
        let points = Points::from_columns(&columns);
        let count = self.pca.variances().len();
        let mut scores = vec![Vec::with_capacity(work.n); count];
        for row in points.rows() {
            for (scores, score) in scores.iter_mut().zip(self.pca.scores(row)) {
                scores.push(Some(score));
            }
        }
        let names = (1..=count).map(|number| format!("PC{number}"));
        work.columns = names.zip(scores.into_iter().map(Values::Numbers)).collect();
        Ok((work.n * count) as u64)
    }

    fn express(&self, columns: &mut Expressions) -> Result<()> {
        let own = columns.numbers()?;
        let scores = self.pca.loadings().rows().into_iter().enumerate();
        let scores = scores.map(|(number, loadings)| {
            let terms = own.iter().zip(self.pca.mean()).zip(loadings);
            let terms = terms.map(|((x, mean), loading)| {
                format!("({x} - {}) * {}", sql::number(*mean), sql::number(*loading))
            });
            (
                format!("PC{}", number + 1),
                terms.collect::<Vec<_>>().join(" + "),
            )
        });
        columns.become_these(scores.collect());
        Ok(())
    }

    fn told(&self) -> [String; 3] {
        let ratios = self.pca.ratios();
        let ratios: Vec<String> = ratios.iter().map(|r| short(100.0 * r, 3)).collect();
        let with = format!("{} % of the variance", ratios.join(", "));
        told("principal_components", "all", with)
    }

    fn is_sound(&self) -> bool {
        self.pca.is_sound()
    }
}
