use std::collections::HashMap;

use super::{Bought, Past, Recommender};
use crate::basket::Rules;
use crate::{Error, Result};

/// What do the rules say that goes with what the customer has? The score of a product is the highest confidence of a rule
/// that leads to it.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Cid"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 1, 2], "product" => ["tea", "jam", "tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let rules = Itemsets::params().support(0.1).find(&Baskets::of_bills(&bills, &lines)?)?;
/// let by_rules = ByRules::fit(&past, &Rules::params().of(&rules)?)?;
/// let offers = by_rules.rank(&["Cid"], 1, Offer::New)?;
/// // Two of three who bought tea bought jam.
/// assert_eq!(table::number(&offers, "offer_score", 0)?, 2.0 / 3.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ByRules {
    past: Past,
    rules: Vec<ByRule>,
    /// Of each product the rules with it in the antecedent.
    of: Vec<Vec<u32>>,
}

#[derive(Clone, Debug)]
struct ByRule {
    needs: usize,
    leads: u32,
    confidence: f64,
}

impl ByRules {
    /// The rules should be found on bills before the day of the past: they do not know their day, so it is for the
    /// caller to see to that. Rules of products that the past does not have, and those with several items as the
    /// consequent, are left out.
    ///
    /// # Errors
    /// [`Error::TooFew`] where no rule is left.
    pub fn fit(past: &Past, rules: &Rules) -> Result<Self> {
        let numbers: HashMap<&str, u32> = past
            .known
            .products
            .iter()
            .zip(0..)
            .map(|(name, number)| (name.as_str(), number))
            .collect();
        let mut own = Vec::new();
        let mut of = vec![Vec::new(); past.products()];
        for (antecedent, consequent, confidence) in rules.each() {
            let number = |names: Vec<&str>| -> Option<Vec<u32>> {
                names
                    .into_iter()
                    .map(|name| numbers.get(name).copied())
                    .collect()
            };
            let (Some(needs), Some(leads)) = (number(antecedent), number(consequent)) else {
                continue;
            };
            let [leads] = leads.as_slice() else { continue };
            for product in &needs {
                of[*product as usize].push(own.len() as u32);
            }
            own.push(ByRule {
                needs: needs.len(),
                leads: *leads,
                confidence,
            });
        }
        if own.is_empty() {
            return Err(Error::TooFew {
                what: "rules between products of the past".into(),
                found: 0,
                expected: "1 or more; see .support(..) and .confidence(..)".into(),
            });
        }
        Ok(ByRules {
            past: past.clone(),
            rules: own,
            of,
        })
    }
}

impl Recommender for ByRules {
    fn name(&self) -> String {
        "rules".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]) {
        let met = bought
            .products
            .iter()
            .flat_map(|own| &self.of[*own as usize]);
        let mut met: Vec<u32> = met.copied().collect();
        met.sort_unstable();
        for same in met.chunk_by(|a, b| a == b) {
            let rule = &self.rules[same[0] as usize];
            if same.len() == rule.needs {
                let score = &mut scores[rule.leads as usize];
                *score = score.max(rule.confidence);
            }
        }
    }
}
