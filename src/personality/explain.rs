use polars::prelude::*;
use rand::seq::SliceRandom;

use super::tree::{Binned, Range, leaves};
use crate::stat::interval::{Interval, SMALL, wilson};
use crate::stat::random::stream;
use crate::table::display::short;
use crate::table::groups::{By, as_in, own_name};
use crate::table::points::{complete, known};
use crate::{Error, Result};

/// A condition more must be worth this much of the mean of coverage and precision.
const WORTH: f64 = 0.01;
/// The share of customers that a rule is judged by, and not learned from.
const HELD_OUT: f64 = 0.3;

/// How would a marketer tell the customers of a segment, without a computer?
///
/// A builder. For each segment a decision tree learns to tell it from the others (by Gini impurity;
/// Breiman et al. 1984), from 70 % of the customers drawn at random, the same on each run. The path to
/// its best leaf (that with the highest harmonic mean of coverage and precision) is the rule; a
/// condition that adds less than a hundredth is left out. Coverage and precision are those of the other
/// 30 %. Thresholds are as round as the gap between the customers learned from allows.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "spend" => (0..100).collect::<Vec<i64>>(),
///     "segment" => (0..100).map(|i| if i < 40 { "small" } else { "large" }).collect::<Vec<_>>(),
/// )?;
/// let rules = personality::Explain::new(["spend"]).rules(&customers, "segment")?;
/// let texts: Vec<_> = rules.column("rule")?.str()?.iter().flatten().collect();
/// assert_eq!(texts, ["spend >= 40", "spend < 40"]);
/// assert_eq!(rules.column("precision")?.f64()?.get(1), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    columns: Vec<String>,
    conditions: usize,
    confidence: f64,
}

impl Explain {
    /// By conditions on these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        Explain {
            columns: columns.into_iter().map(str::to_owned).collect(),
            conditions: 3,
            confidence: 0.95,
        }
    }

    /// How many conditions a rule has at most, from 1 to 5; 3 where it is not said.
    pub fn conditions(mut self, most: usize) -> Self {
        self.conditions = most;
        self
    }

    /// How sure the intervals are; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// One row a segment: the segment, `rule` (conditions that hold at the same time), `customers` (of
    /// all, for whom it holds), `coverage` (the share of the segment that it finds) and `precision` (the
    /// share of those it finds who are of the segment), each with its interval (`coverage_lower` and so
    /// on), `chance` (the precision of drawing customers at random: the segment's share), `test_n`
    /// (customers of the segment that coverage was judged by) and `warning`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there may be fewer than 1 or more than 5 conditions or the segment's
    /// column is among those that explain it; [`Error::TooFew`] where there are fewer than 20 customers,
    /// two segments or one column; [`Error::Value`] where a value is missing, [`Error::NoColumn`],
    /// [`Error::WrongType`].
    pub fn rules(&self, table: &DataFrame, segment: &str) -> Result<DataFrame> {
        let conditions = self.conditions;
        if !(1..=5).contains(&conditions) {
            return Err(Error::Parameter {
                name: "conditions",
                value: conditions.to_string(),
                expected: "1 to 5: more are no rule that one could remember".into(),
            });
        }
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        own_name(segment, &names)?;
        own_name(
            segment,
            &[
                "rule",
                "customers",
                "coverage",
                "coverage_lower",
                "coverage_upper",
                "precision",
                "precision_lower",
                "precision_upper",
                "chance",
                "test_n",
                "warning",
            ],
        )?;
        let groups = By::from(segment).groups(table)?;
        let codes = complete(segment, groups.codes)?;
        let enough = |what: &str, found: usize, least: usize| {
            if found >= least {
                return Ok(());
            }
            Err(Error::TooFew {
                what: what.to_owned(),
                found,
                expected: format!("{least} or more"),
            })
        };
        enough("customers", codes.len(), SMALL)?;
        enough("segments", groups.labels.len(), 2)?;
        enough("columns that explain", names.len(), 1)?;
        let all: Vec<u32> = (0..codes.len() as u32).collect();
        let mut order = all.clone();
        order.shuffle(&mut stream(0, 0));
        let held_out = order.split_off(((1.0 - HELD_OUT) * codes.len() as f64).round() as usize);
        order.sort_unstable();
        let binned: Vec<Binned> = names
            .iter()
            .map(|name| Ok(Binned::new(&known(table, name)?, &order)))
            .collect::<Result<_>>()?;
        let least = (order.len() / 100).clamp(5, SMALL);
        let mut rows = Rows::default();
        for code in 0..groups.labels.len() as u32 {
            let yes: Vec<bool> = codes.iter().map(|other| *other == code).collect();
            let learned = Judged::new(&binned, &yes, &order);
            let leaves = leaves(&binned, &yes, order.clone(), conditions, least);
            let best = leaves.into_iter().reduce(|best, other| {
                if learned.mean(&other) > learned.mean(&best) {
                    other
                } else {
                    best
                }
            });
            let rule = learned.simplified(best.unwrap_or_default());
            let judged = Judged::new(&binned, &yes, &held_out);
            let of_all = Judged::new(&binned, &yes, &all);
            rows.push(
                words(&rule, &binned, &names),
                &rule,
                &judged,
                &of_all,
                self.confidence,
            )?;
        }
        as_in(table, segment, rows.table(segment, &groups.labels)?)
    }
}

/// Some customers, of whom some are of the segment.
struct Judged<'a> {
    columns: &'a [Binned],
    yes: &'a [bool],
    rows: &'a [u32],
    segment: u64,
}

impl<'a> Judged<'a> {
    fn new(columns: &'a [Binned], yes: &'a [bool], rows: &'a [u32]) -> Self {
        Judged {
            columns,
            yes,
            rows,
            segment: rows.iter().filter(|row| yes[**row as usize]).count() as u64,
        }
    }

    /// How many customers a rule finds, and how many of those are of the segment.
    fn found(&self, rule: &[Range]) -> (u64, u64) {
        let (mut found, mut right) = (0, 0);
        for row in self.rows {
            let row = *row as usize;
            if rule.iter().all(|range| range.holds(self.columns, row)) {
                found += 1;
                right += u64::from(self.yes[row]);
            }
        }
        (found, right)
    }

    /// The harmonic mean of coverage and precision.
    fn mean(&self, rule: &[Range]) -> f64 {
        let (found, right) = self.found(rule);
        2.0 * right as f64 / (found + self.segment).max(1) as f64
    }

    /// The rule without the conditions that hardly add to it.
    fn simplified(&self, mut rule: Vec<Range>) -> Vec<Range> {
        while rule.len() > 1 {
            let without = |place: usize| {
                let mut fewer = rule.clone();
                fewer.remove(place);
                fewer
            };
            let shorter = (0..rule.len()).map(without);
            let best = shorter.reduce(|best, other| {
                if self.mean(&other) > self.mean(&best) {
                    other
                } else {
                    best
                }
            });
            match best {
                Some(best) if self.mean(&best) > self.mean(&rule) - WORTH => rule = best,
                _ => break,
            }
        }
        rule.sort_by_key(|range| range.column);
        rule
    }
}

/// A rule as one would write it down.
fn words(rule: &[Range], columns: &[Binned], names: &[&str]) -> String {
    let number = |x: f64| match x {
        whole if whole.fract() == 0.0 && whole.abs() < 1e15 => {
            let sign = if whole < 0.0 { "-" } else { "" };
            format!(
                "{sign}{}",
                crate::table::display::count(whole.abs() as usize)
            )
        }
        other => short(other, 15),
    };
    let condition = |range: &Range| {
        let name = names[range.column];
        match range.ends(columns) {
            (Some(low), Some(high)) => format!("{} <= {name} < {}", number(low), number(high)),
            (Some(low), None) => format!("{name} >= {}", number(low)),
            (None, Some(high)) => format!("{name} < {}", number(high)),
            (None, None) => "everybody".to_owned(),
        }
    };
    match rule {
        [] => "no rule found".to_owned(),
        rule => rule.iter().map(condition).collect::<Vec<_>>().join(" and "),
    }
}

#[derive(Default)]
struct Rows {
    rules: Vec<String>,
    customers: Vec<u64>,
    coverage: Vec<Option<Interval>>,
    precision: Vec<Option<Interval>>,
    chance: Vec<f64>,
    held_out: Vec<u64>,
    warnings: Vec<Option<String>>,
}

impl Rows {
    fn push(
        &mut self,
        words: String,
        rule: &[Range],
        judged: &Judged<'_>,
        all: &Judged<'_>,
        confidence: f64,
    ) -> Result<()> {
        let (found, right) = judged.found(rule);
        let share = |hits, n| match n {
            0 => Ok(None),
            n => wilson(hits, n, confidence).map(Some),
        };
        let known = judged.segment;
        self.rules.push(words);
        self.customers.push(all.found(rule).0);
        self.coverage.push(share(right, known)?);
        self.precision.push(share(right, found)?);
        self.chance.push(all.segment as f64 / all.rows.len() as f64);
        self.held_out.push(known);
        self.warnings
            .push((known < SMALL as u64).then(|| {
                format!("judged by {known} customers of the segment, fewer than {SMALL}")
            }));
        Ok(())
    }

    fn table(self, segment: &str, labels: &[String]) -> Result<DataFrame> {
        fn part(of: &[Option<Interval>], end: fn(&Interval) -> f64) -> Vec<Option<f64>> {
            of.iter().map(|share| share.as_ref().map(end)).collect()
        }
        Ok(df!(
            segment => labels,
            "rule" => self.rules,
            "customers" => self.customers,
            "coverage" => part(&self.coverage, |share| share.estimate),
            "coverage_lower" => part(&self.coverage, |share| share.lower),
            "coverage_upper" => part(&self.coverage, |share| share.upper),
            "precision" => part(&self.precision, |share| share.estimate),
            "precision_lower" => part(&self.precision, |share| share.lower),
            "precision_upper" => part(&self.precision, |share| share.upper),
            "chance" => self.chance,
            "test_n" => self.held_out,
            "warning" => self.warnings,
        )?)
    }
}
