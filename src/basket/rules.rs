use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::itemsets::named;
use super::measures::{Counts, MEASURES};
use super::share::Share;
use super::{Baskets, Itemsets};
use crate::progress::Progress;
use crate::stat::compare;
use crate::stat::distribution::hypergeometric_upper;
use crate::stat::interval::{checked, wilson};
use crate::{Error, Result};

/// A p-value below this speaks against chance.
const SIGNIFICANT: f64 = 0.05;
/// Rules of longer sets are not made: each is held against all rules with a part of its antecedent.
const LONGEST: usize = 16;

/// Who buys this, buys that as well? Rules with their exact counts and what speaks for them; made by
/// [`RulesParams::of`].
///
/// A rule has an antecedent (what is in the basket) and a consequent (what is in it as well). Each is tested: Fisher's
/// exact test, one-sided, says how often chance alone would bring so many baskets together that hold both, or more. A
/// search looks at many rules, and the best of many is good by chance; so the p-values are corrected for **all** that
/// were searched, which are more than those that are shown: each frequent set with each frequent item beside it, as
/// Webb (2007, Machine Learning 68, 1) counts them. Where items have nothing to do with each other, at most one search
/// in twenty shows a rule that [`tidy`](Rules::tidy) calls more than chance.
///
/// ```
/// use segmenta::prelude::*;
///
/// // Ten bills: jam is on those with tea, and on no other.
/// let (mut bill, mut product) = (Vec::new(), Vec::new());
/// for own in 0..10 {
///     for name in if own < 5 { ["tea", "jam"] } else { ["rice", "beans"] } {
///         bill.push(own);
///         product.push(name);
///     }
/// }
/// let baskets = Baskets::of_table(&df!("bill" => bill, "product" => product)?, "bill", "product")?;
/// let found = Itemsets::params().support(0.2).find(&baskets)?;
/// let rules = Rules::params().confidence(0.8).of(&found)?;
/// let tidy = rules.tidy(0.95)?;
/// assert_eq!(tidy.height(), 4);
/// assert_eq!(table::number(&tidy, "lift", 0)?, 2.0);
/// // One way in 252 to choose five of ten. Sixteen rules were searched: four items with three others each, and two pairs
/// // with two others each.
/// assert!((table::number(&tidy, "p", 0)? - 1.0 / 252.0).abs() < 1e-12);
/// assert!((table::number(&tidy, "p_holm", 0)? - 16.0 / 252.0).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    found: Itemsets,
    confidence: f64,
    rules: Vec<Rule>,
    searched: u64,
}

/// Which rules are wanted? A builder; [`of`](RulesParams::of) does the work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulesParams {
    confidence: f64,
    consequent: usize,
    most: usize,
}

#[derive(Clone, Debug)]
struct Rule {
    antecedent: Vec<u32>,
    consequent: Vec<u32>,
    counts: Counts,
    /// By how much its confidence is above that of the best rule with a part of its antecedent.
    improvement: f64,
    redundant: bool,
    p: f64,
    /// The largest p-value of what one of the items of the antecedent adds to the others.
    p_shorter: f64,
    /// The larger of the two, corrected.
    p_shorter_holm: f64,
    p_holm: f64,
    p_bh: f64,
}

impl Rule {
    fn is_believed(&self) -> bool {
        self.p_holm < SIGNIFICANT && !self.is_said_shorter()
    }

    fn is_said_shorter(&self) -> bool {
        self.redundant || self.p_shorter_holm >= SIGNIFICANT
    }

    fn verdict(&self) -> &'static str {
        match (self.p_holm < SIGNIFICANT, self.is_said_shorter()) {
            (false, _) => "not more than chance",
            (true, true) => "a shorter rule says as much",
            (true, false) => "more than chance",
        }
    }
}

impl Rules {
    /// Rules that hold in half of their baskets or more, with one item as the consequent.
    pub fn params() -> RulesParams {
        RulesParams {
            confidence: 0.5,
            consequent: 1,
            most: 2_000_000,
        }
    }

    /// Which rules are there, and which of them to believe? A row for each, the highest lift first: `antecedent`,
    /// `consequent` (items with ` + ` between them), `baskets` that hold both, `antecedent_baskets`,
    /// `consequent_baskets`, `support` (both, of all baskets), `confidence` (both, of those with the antecedent) with
    /// `lower` and `upper` (Wilson), `lift` (confidence by the share of the consequent), and
    ///
    /// - `p`: of Fisher's exact test that the two go together, `p_holm` (Holm 1979) and `p_bh` (Benjamini and Hochberg
    ///   1995) corrected for all rules that were searched. Below 0.05 the first raises even one false alarm in at most
    ///   5 % of searches; of those with the second below 0.05 at most 5 % are false, on average;
    /// - `improvement`: the confidence above that of the best rule with a part of the antecedent, or with none of it;
    ///   `redundant` where it is not above 0 (Bayardo, Agrawal and Gunopulos 2000);
    /// - `p_shorter`: Fisher's test of what an item of the antecedent adds to the others, for the one that adds least;
    ///   `p_shorter_holm`: the larger of it and `p`, corrected by Holm for all rules that were searched;
    /// - `verdict`: *more than chance*, *a shorter rule says as much* (it is redundant, or `p_shorter_holm` is not below
    ///   0.05), or *not more than chance* (by `p_holm`).
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence of the intervals is none.
    pub fn tidy(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let each = || self.rules.iter();
        let shares = each()
            .map(|rule| wilson(rule.counts.both, rule.counts.antecedent, confidence))
            .collect::<Result<Vec<_>>>()?;
        Ok(df!(
            "antecedent" => self.names(|rule| &rule.antecedent),
            "consequent" => self.names(|rule| &rule.consequent),
            "baskets" => each().map(|rule| rule.counts.both).collect::<Vec<_>>(),
            "antecedent_baskets" => each().map(|rule| rule.counts.antecedent).collect::<Vec<_>>(),
            "consequent_baskets" => each().map(|rule| rule.counts.consequent).collect::<Vec<_>>(),
            "support" => each().map(|rule| rule.counts.both as f64 / rule.counts.all as f64).collect::<Vec<_>>(),
            "confidence" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
            "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
            "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
            "lift" => each().map(|rule| rule.counts.lift()).collect::<Vec<_>>(),
            "p" => each().map(|rule| rule.p).collect::<Vec<_>>(),
            "p_holm" => each().map(|rule| rule.p_holm).collect::<Vec<_>>(),
            "p_bh" => each().map(|rule| rule.p_bh).collect::<Vec<_>>(),
            "improvement" => each().map(|rule| rule.improvement).collect::<Vec<_>>(),
            "redundant" => each().map(|rule| rule.redundant).collect::<Vec<_>>(),
            "p_shorter" => each().map(|rule| rule.p_shorter).collect::<Vec<_>>(),
            "p_shorter_holm" => each().map(|rule| rule.p_shorter_holm).collect::<Vec<_>>(),
            "verdict" => each().map(Rule::verdict).collect::<Vec<_>>(),
        )?)
    }

    /// How does each rule measure up? A row for each, in the order of [`tidy`](Rules::tidy): `antecedent`,
    /// `consequent`, and twenty measures, with A for the antecedent, C for the consequent, shares of all baskets as P:
    ///
    /// | measure | is |
    /// |---|---|
    /// | `support` | P(AC) |
    /// | `coverage` | P(A) |
    /// | `confidence` | P(AC) / P(A) |
    /// | `lift` | confidence / P(C) |
    /// | `leverage` | P(AC) - P(A) P(C) |
    /// | `conviction` | P(A) P(not C) / P(A, not C) |
    /// | `zhang` | leverage / max(P(AC) P(not A), P(A) (P(C) - P(AC))) |
    /// | `added_value` | confidence - P(C) |
    /// | `certainty` | added value / P(not C), or / P(C) where it is below 0 |
    /// | `odds_ratio` | P(AC) P(neither) / (P(A, not C) P(C, not A)) |
    /// | `relative_risk` | confidence / P(C, not A) P(not A) |
    /// | `chi_square` | Pearson's statistic, without a correction: baskets times phi squared |
    /// | `phi` | leverage / root of P(A) P(not A) P(C) P(not C) |
    /// | `kappa` | Cohen's: how much more often both or neither than by chance |
    /// | `yule_q` | (odds ratio - 1) / (odds ratio + 1) |
    /// | `cosine` | P(AC) / root of P(A) P(C) |
    /// | `jaccard` | P(AC) / P(A or C) |
    /// | `kulczynski` | the mean of the confidences in both directions |
    /// | `imbalance` | the difference of P(A) and P(C) / P(A or C) |
    /// | `max_confidence` | the larger of the confidences in both directions |
    ///
    /// Null where a measure would divide by 0. The names and definitions are those of arules (Hahsler 2015, A
    /// Probabilistic Comparison of Commonly Used Interest Measures for Association Rules); Zhang (2000).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn measures(&self) -> Result<DataFrame> {
        let mut columns = vec![
            Column::new("antecedent".into(), self.names(|rule| &rule.antecedent)),
            Column::new("consequent".into(), self.names(|rule| &rule.consequent)),
        ];
        for (name, measure) in MEASURES {
            let values = self.rules.iter().map(|rule| measure(&rule.counts));
            columns.push(Column::new(name.into(), values.collect::<Vec<_>>()));
        }
        Ok(DataFrame::new(self.rules.len(), columns)?)
    }

    /// How many rules are there, and how many to believe? One row: `basket` (what is one), `all_baskets`, `rules`,
    /// `searched` (how many rules were looked at, which p-values are corrected for), `believed` (*more than chance*),
    /// `not_believed` (*not more than chance*), `redundant`, `least_confidence`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let count =
            |wanted: fn(&Rule) -> bool| self.rules.iter().filter(|rule| wanted(rule)).count();
        Ok(df!(
            "basket" => [self.found.what],
            "all_baskets" => [self.found.baskets],
            "rules" => [self.rules.len() as u64],
            "searched" => [self.searched],
            "believed" => [count(Rule::is_believed) as u64],
            "not_believed" => [count(|rule| rule.p_holm >= SIGNIFICANT) as u64],
            "redundant" => [count(|rule| rule.redundant) as u64],
            "least_confidence" => [self.confidence],
        )?)
    }

    /// Those rules alone that are more than chance, and of which no shorter one says as much.
    pub fn believed(&self) -> Rules {
        let mut believed = self.clone();
        believed.rules.retain(Rule::is_believed);
        believed
    }

    /// Do the rules hold in other baskets: of later bills, of a segment, of a centre? A row for each, in the order of
    /// [`tidy`](Rules::tidy): `antecedent`, `consequent`, `confidence_before` (where it was found), and from the other
    /// baskets `baskets`, `antecedent_baskets`, `confidence` with `lower` and `upper` (Wilson; null where nobody has
    /// the antecedent), `lift`, `p` (Fisher's test), `p_holm` (corrected for the rules that are tried), and `holds`
    /// where it is below 0.05. The other baskets should not be among those where the rules were found.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence of the intervals is none; [`Error::TooFew`] where the other baskets
    /// have none of the items.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let table = |own: [&[&str]; 4]| {
    ///     let pairs = own.iter().enumerate().flat_map(|(bill, own)| own.iter().map(move |item| (bill as u32, *item)));
    ///     let (bill, product): (Vec<u32>, Vec<&str>) = pairs.unzip();
    ///     df!("bill" => bill, "product" => product)
    /// };
    /// let first = table([&["tea", "jam"], &["tea", "jam"], &["rice"], &["rice"]])?;
    /// let later = table([&["tea", "jam"], &["tea"], &["rice"], &["rice"]])?;
    /// let found = Itemsets::params().support(0.5).find(&Baskets::of_table(&first, "bill", "product")?)?;
    /// let again = Rules::params().of(&found)?.again(&Baskets::of_table(&later, "bill", "product")?, 0.95)?;
    /// // Jam brought tea again, and tea brought jam in one of two.
    /// assert_eq!(table::number(&again, "confidence", 0)?, 1.0);
    /// assert_eq!(table::number(&again, "confidence", 1)?, 0.5);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn again(&self, baskets: &Baskets, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let numbers: HashMap<&str, u32> = baskets
            .items()
            .iter()
            .zip(0..)
            .map(|(name, number)| (name.as_str(), number))
            .collect();
        let there = |item: &u32| {
            numbers
                .get(self.found.items[*item as usize].as_str())
                .copied()
        };
        let used = self
            .rules
            .iter()
            .flat_map(|rule| rule.antecedent.iter().chain(&rule.consequent));
        let used: Vec<u32> = used.filter_map(there).collect();
        if used.is_empty() && !self.rules.is_empty() {
            return Err(Error::TooFew {
                what: "items of the rules in the other baskets".into(),
                found: 0,
                expected: "1 or more; the two may name them in different ways".into(),
            });
        }
        let bits = Bits::of(baskets, used.into_iter());
        let all = baskets.len() as u64;
        let counts: Vec<Counts> = self
            .rules
            .par_iter()
            .map(|rule| {
                let number = |set: &[u32]| set.iter().map(there).collect::<Option<Vec<u32>>>();
                let (a, c) = (number(&rule.antecedent), number(&rule.consequent));
                let both = a
                    .iter()
                    .zip(&c)
                    .map(|(a, c)| [a.as_slice(), c].concat())
                    .next();
                let count = |set: Option<Vec<u32>>| set.map_or(0, |set| bits.count(&set));
                Counts {
                    all,
                    both: count(both),
                    antecedent: count(a),
                    consequent: count(c),
                }
            })
            .collect();
        let p: Vec<f64> = counts.par_iter().map(Counts::fisher).collect();
        let p_holm = compare::holm(&p)?;
        let each = || counts.iter();
        let shares = each()
            .map(|own| match own.antecedent {
                0 => Ok(None),
                n => wilson(own.both, n, confidence).map(Some),
            })
            .collect::<Result<Vec<_>>>()?;
        let shares = || shares.iter().map(Option::as_ref);
        Ok(df!(
            "antecedent" => self.names(|rule| &rule.antecedent),
            "consequent" => self.names(|rule| &rule.consequent),
            "confidence_before" => self.rules.iter().map(|rule| rule.counts.confidence()).collect::<Vec<_>>(),
            "baskets" => each().map(|own| own.both).collect::<Vec<_>>(),
            "antecedent_baskets" => each().map(|own| own.antecedent).collect::<Vec<_>>(),
            "confidence" => shares().map(|share| share.map(|share| share.estimate)).collect::<Vec<_>>(),
            "lower" => shares().map(|share| share.map(|share| share.lower)).collect::<Vec<_>>(),
            "upper" => shares().map(|share| share.map(|share| share.upper)).collect::<Vec<_>>(),
            "lift" => each().map(Counts::lift).collect::<Vec<_>>(),
            "p" => &p,
            "p_holm" => &p_holm,
            "holds" => p_holm.iter().map(|p| *p < SIGNIFICANT).collect::<Vec<_>>(),
        )?)
    }

    /// Of each rule the items of its antecedent and of its consequent, and its confidence.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Vec<&str>, Vec<&str>, f64)> {
        let names = |set: &[u32]| {
            let names = set
                .iter()
                .map(|item| self.found.items[*item as usize].as_str());
            names.collect::<Vec<_>>()
        };
        self.rules.iter().map(move |rule| {
            let confidence = rule.counts.both as f64 / rule.counts.antecedent as f64;
            (names(&rule.antecedent), names(&rule.consequent), confidence)
        })
    }

    fn names(&self, set: fn(&Rule) -> &Vec<u32>) -> Vec<String> {
        let each = self.rules.iter();
        each.map(|rule| named(&self.found.items, set(rule)))
            .collect()
    }
}

impl RulesParams {
    /// In which share of the baskets with the antecedent the consequent must be, from 0 to 1: exactly this decimal
    /// number, so that 4 of 5 reach 0.8.
    pub fn confidence(mut self, share: f64) -> Self {
        self.confidence = share;
        self
    }

    /// Of how many items the consequent may be, from 1. With more than one, pairs of frequent sets that share an item
    /// are counted among the searched rules too, so that p-values are a little too large.
    pub fn consequent(mut self, items: usize) -> Self {
        self.consequent = items;
        self
    }

    /// With more rules than this, two million where nothing is said, it is an error: memory would run out.
    pub fn most(mut self, rules: usize) -> Self {
        self.most = rules;
        self
    }

    /// The rules of these sets.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is not from 0 to 1, the consequent has no item, sets of more than 16
    /// items were found, or there are too many rules; [`Error::TooFew`] where there are not two frequent items, or the sets were
    /// asked for with one item only; [`Error::Interrupted`].
    pub fn of(&self, found: &Itemsets) -> Result<Rules> {
        let least = Share::new("confidence", self.confidence, false)?;
        if self.consequent == 0 {
            return Err(Error::Parameter {
                name: "consequent",
                value: "0".into(),
                expected: "1 item or more".into(),
            });
        }
        if found.levels.len() > LONGEST {
            return Err(Error::Parameter {
                name: "longest",
                value: found.longest.to_string(),
                expected: format!("up to {LONGEST} for rules"),
            });
        }
        let few = |what: &str, found: usize, expected: &str| Error::TooFew {
            what: what.into(),
            found,
            expected: expected.into(),
        };
        if found.longest < 2 {
            let expected = "2 or more, to make rules of them: .longest(2)";
            return Err(few("items in the longest set", found.longest, expected));
        }
        if found.levels[0].len() < 2 {
            let expected = "2 or more, to go together; see .support(..)";
            return Err(few("frequent items", found.levels[0].len(), expected));
        }
        let sets: Vec<(usize, usize)> = found
            .levels
            .iter()
            .skip(1)
            .flat_map(|level| (0..level.len()).map(|place| (level.size, place)))
            .collect();
        let progress = Progress::new("rules", sets.len());
        let made = AtomicUsize::new(0);
        let parts: Vec<Vec<Rule>> = sets
            .into_par_iter()
            .map(|(size, place)| {
                progress.tick()?;
                let rules = self.split(found, size, place, least);
                let before = made.fetch_add(rules.len(), Ordering::Relaxed);
                match before + rules.len() > self.most {
                    true => Err(Error::Parameter {
                        name: "confidence",
                        value: self.confidence.to_string(),
                        expected: format!(
                            "more, or a higher support or shorter sets: there are more than {} rules (see .most(..))",
                            self.most
                        ),
                    }),
                    false => Ok(rules),
                }
            })
            .collect::<Result<_>>()?;
        let mut rules: Vec<Rule> = parts.into_iter().flatten().collect();
        let searched = self.searched(found);
        let p: Vec<f64> = rules.iter().map(|rule| rule.p).collect();
        let p_holm = compare::step_down(&p, searched);
        let p_bh = compare::step_up(&p, searched);
        // To say more than a shorter rule it must pass both tests, each of as many as were searched (Webb 2007).
        let p_both: Vec<f64> = rules
            .iter()
            .map(|rule| rule.p.max(rule.p_shorter))
            .collect();
        let p_both = compare::step_down(&p_both, searched);
        for ((rule, holm), bh) in rules.iter_mut().zip(p_holm).zip(p_bh) {
            (rule.p_holm, rule.p_bh) = (holm, bh);
        }
        for (rule, both) in rules.iter_mut().zip(p_both) {
            rule.p_shorter_holm = both;
        }
        // Of equal lifts the one with more baskets comes first, then the alphabet.
        rules.sort_by(|a, b| {
            let lift = |rule: &Rule| rule.counts.lift().unwrap_or(0.0);
            let by_lift = lift(b).total_cmp(&lift(a));
            by_lift
                .then(b.counts.both.cmp(&a.counts.both))
                .then_with(|| a.antecedent.cmp(&b.antecedent))
        });
        Ok(Rules {
            found: found.clone(),
            confidence: self.confidence,
            rules,
            searched,
        })
    }

    /// The rules of one set that reach the confidence.
    fn split(&self, found: &Itemsets, size: usize, place: usize, least: Share) -> Vec<Rule> {
        let level = &found.levels[size - 1];
        let (set, both) = (level.set(place), level.counts[place]);
        let part = |mask: u32| -> Vec<u32> {
            let items = set.iter().enumerate();
            items
                .filter(|(place, _)| mask >> place & 1 == 1)
                .map(|(_, item)| *item)
                .collect()
        };
        // Each part of a frequent set is frequent, and was found.
        let count = |mask: u32| found.count(&part(mask)).unwrap_or(both);
        let all = (1u32 << size) - 1;
        let mut rules = Vec::new();
        for consequent in 1..all {
            if consequent.count_ones() as usize > self.consequent {
                continue;
            }
            let antecedent = all & !consequent;
            let counts = Counts {
                all: found.baskets,
                antecedent: count(antecedent),
                consequent: count(consequent),
                both,
            };
            if !least.is_reached(both, counts.antecedent) {
                continue;
            }
            // All rules with a part of the antecedent, to none of it.
            let (mut redundant, mut best) = (false, 0.0f64);
            let mut p_shorter = 0.0f64;
            let mut shorter = antecedent;
            while shorter != 0 {
                shorter = (shorter - 1) & antecedent;
                let (with, of) = (count(shorter | consequent), count(shorter));
                redundant |= u128::from(with) * u128::from(counts.antecedent)
                    >= u128::from(both) * u128::from(of);
                best = best.max(with as f64 / of as f64);
                if (antecedent ^ shorter).count_ones() == 1 {
                    p_shorter = p_shorter.max(Counts::fisher(&Counts {
                        all: of,
                        antecedent: counts.antecedent,
                        consequent: with,
                        both,
                    }));
                }
            }
            rules.push(Rule {
                antecedent: part(antecedent),
                consequent: part(consequent),
                counts,
                improvement: both as f64 / counts.antecedent as f64 - best,
                redundant,
                p: counts.fisher(),
                p_shorter,
                p_shorter_holm: 1.0,
                p_holm: 1.0,
                p_bh: 1.0,
            });
        }
        rules
    }

    /// How many rules were looked at: each frequent set with each frequent set beside it that may be a consequent.
    fn searched(&self, found: &Itemsets) -> u64 {
        let sizes = |size: usize| {
            found
                .levels
                .get(size - 1)
                .map_or(0, |level| level.len() as u64)
        };
        let items = sizes(1);
        let mut searched: u64 = 0;
        for antecedent in 1..found.longest {
            let beside = items.saturating_sub(antecedent as u64);
            searched = searched.saturating_add(sizes(antecedent).saturating_mul(beside));
            for consequent in 2..=self.consequent.min(found.longest - antecedent) {
                let pairs = sizes(antecedent).saturating_mul(sizes(consequent));
                searched = searched.saturating_add(pairs);
            }
        }
        searched
    }
}

impl Counts {
    /// Fisher's exact test that both are in as many baskets, or more.
    fn fisher(&self) -> f64 {
        hypergeometric_upper(self.both, self.antecedent, self.consequent, self.all)
    }
}

/// The baskets of some items as bits.
struct Bits {
    words: usize,
    /// Of each item where its row begins, where it has one.
    begins: Vec<Option<usize>>,
    rows: Vec<u64>,
}

impl Bits {
    fn of(baskets: &Baskets, wanted: impl Iterator<Item = u32>) -> Self {
        let words = baskets.len().div_ceil(64);
        let mut begins = vec![None; baskets.items().len()];
        let mut end = 0;
        for item in wanted {
            begins[item as usize].get_or_insert_with(|| {
                end += words;
                end - words
            });
        }
        let mut rows = vec![0; end];
        for (basket, items) in baskets.each().enumerate() {
            for begin in items.iter().filter_map(|item| begins[*item as usize]) {
                rows[begin + basket / 64] |= 1 << (basket % 64);
            }
        }
        Bits {
            words,
            begins,
            rows,
        }
    }

    /// In how many baskets all items of a set are, each of which was wanted.
    fn count(&self, set: &[u32]) -> u64 {
        let begins: Vec<usize> = set
            .iter()
            .filter_map(|item| self.begins[*item as usize])
            .collect();
        let both = |word: usize| {
            begins
                .iter()
                .fold(u64::MAX, |both, begin| both & self.rows[begin + word])
        };
        (0..self.words)
            .map(|word| u64::from(both(word).count_ones()))
            .sum()
    }
}
