//! Who moves from segment to segment, and does anybody move at all?
//!
//! [`Periods`] puts the bills of several periods through one division of the customers, and gives a [`Movement`]:
//!
//! | question | answer |
//! |---|---|
//! | how many go where, how many come and leave? | [`tidy`](Movement::tidy), and as a matrix [`matrix`](Movement::matrix) |
//! | do more go than come back? | [`glance`](Movement::glance), with a verdict |
//! | who? | [`augment`](Movement::augment) |
//! | what about them has changed? | [`drivers`](Movement::drivers) |
//! | has the movement itself changed? | [`same`](fn@same) |
//!
//! Segments that were learned on a long window do not fit a short one: whoever buys evenly has a third of the
//! visits in half a year that they have in eighteen months, and falls. So windows must be as long as the one
//! that was learned; [`Periods`] says so where they are not.

mod periods;
mod same;

use polars::prelude::*;

pub use periods::Periods;
pub(crate) use same::one_step;
pub use same::same;

use crate::stat::compare::holm;
use crate::stat::distribution::chi_square_upper;
use crate::stat::interval::{checked, wilson};
use crate::{Error, Result};

/// Who was not there in the period before, and who is not there in the one after.
const NEW: &str = "new";
const GONE: &str = "gone";
/// A p-value below this speaks against chance.
const SIGNIFICANT: f64 = 0.05;

/// Who moved from segment to segment? Made by [`Periods`], or of two tables by [`Movement::between`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let before = df!("customer" => ["a", "b", "c"], "segment" => [1, 1, 2])?;
/// let after = df!("customer" => ["b", "c", "d"], "segment" => [2, 2, 1])?;
/// let movement = Movement::between(&before, &after, "customer", "segment")?;
/// let matrix = movement.matrix(1)?;
/// assert_eq!(matrix.get_column_names(), ["from", "1", "2", "gone"]);
/// assert_eq!(matrix.column("2")?.u64()?.to_vec(), [1, 1, 0].map(Some));
/// assert_eq!(movement.augment().height(), 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Movement {
    states: Vec<String>,
    steps: Vec<Step>,
    customers: DataFrame,
    drivers: Option<DataFrame>,
}

/// From one period to the next.
#[derive(Clone, Debug)]
struct Step {
    from: String,
    to: String,
    /// A row for each segment before and one for `new`, a column for each after and one for `gone`.
    counts: Vec<Vec<u64>>,
    /// The same with windows of equal length, where these are not.
    equal: Option<Equal>,
}

/// Parts of two windows that have the same length.
#[derive(Clone, Debug)]
struct Equal {
    /// Nothing where one of them has no bills.
    counts: Option<Vec<Vec<u64>>>,
    /// Which they are.
    parts: String,
}

/// Where each customer was before and after; the last state is not to be there.
struct Pairs {
    customers: Vec<String>,
    from: Vec<usize>,
    to: Vec<usize>,
    counts: Vec<Vec<u64>>,
}

impl Movement {
    /// Who moved between two tables of customers with their segments, such as two of
    /// [`Segments::assign`](crate::cluster::Segments::assign). Whether the two are of windows of the same length
    /// is not known here: [`Periods`] looks after that.
    ///
    /// # Errors
    /// [`Error::NoColumn`]; [`Error::Value`] where a customer stands in a table twice, a customer or a segment is null,
    /// or a segment is called `new` or `gone`; [`Error::TooFew`] where no customer is in both.
    pub fn between(
        before: &DataFrame,
        after: &DataFrame,
        customer: &str,
        segment: &str,
    ) -> Result<Self> {
        let before = periods::Labels::of(before, customer, segment)?;
        let after = periods::Labels::of(after, customer, segment)?;
        let states = periods::states([&before, &after], Vec::new());
        let pairs = Pairs::of(&before, &after, &states)?.that_meet()?;
        let step = Step {
            from: "before".into(),
            to: "after".into(),
            counts: pairs.counts.clone(),
            equal: None,
        };
        Movement::new(states, vec![step], &[pairs], None)
    }

    fn new(
        states: Vec<String>,
        steps: Vec<Step>,
        pairs: &[Pairs],
        drivers: Option<DataFrame>,
    ) -> Result<Self> {
        let mut all: Option<DataFrame> = None;
        for (place, pairs) in pairs.iter().enumerate() {
            let named = |own: &[usize], other: &str| -> Vec<String> {
                let name =
                    |state: &usize| states.get(*state).map_or(other, String::as_str).to_owned();
                own.iter().map(name).collect()
            };
            let own = df!(
                "step" => vec![place as u32 + 1; pairs.customers.len()],
                "customer" => &pairs.customers,
                "from" => named(&pairs.from, NEW),
                "to" => named(&pairs.to, GONE),
            )?;
            match &mut all {
                Some(all) => {
                    all.vstack_mut(&own)?;
                }
                None => all = Some(own),
            }
        }
        Ok(Movement {
            states,
            steps,
            customers: all.unwrap_or_default(),
            drivers,
        })
    }

    /// How many go where? A row for each step (from 1) and each pair of states, `from` a segment or `new`, `to` a
    /// segment or `gone`: `customers`, `of` (all who were in `from`), their `share` with `lower` and `upper`
    /// (Wilson).
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn tidy(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let k = self.states.len();
        let (mut step, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
        let (mut customers, mut of, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for (place, own) in self.steps.iter().enumerate() {
            for (row, counts) in own.counts.iter().enumerate() {
                let all: u64 = counts.iter().sum();
                for (column, count) in counts.iter().enumerate() {
                    if row == k && column == k {
                        continue;
                    }
                    step.push(place as u32 + 1);
                    from.push(self.states.get(row).map_or(NEW, String::as_str));
                    to.push(self.states.get(column).map_or(GONE, String::as_str));
                    customers.push(*count);
                    of.push(all);
                    shares.push(match all {
                        0 => None,
                        all => Some(wilson(*count, all, confidence)?),
                    });
                }
            }
        }
        let each = || shares.iter().map(Option::as_ref);
        Ok(df!(
            "step" => step,
            "from" => from,
            "to" => to,
            "customers" => customers,
            "of" => of,
            "share" => each().map(|share| share.map(|share| share.estimate)).collect::<Vec<_>>(),
            "lower" => each().map(|share| share.map(|share| share.lower)).collect::<Vec<_>>(),
            "upper" => each().map(|share| share.map(|share| share.upper)).collect::<Vec<_>>(),
        )?)
    }

    /// The customers of one step (from 1) as a matrix: a row for each state before, `from`, and a column for each
    /// after.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such step.
    pub fn matrix(&self, step: usize) -> Result<DataFrame> {
        let own = step.checked_sub(1).and_then(|place| self.steps.get(place));
        let own = own.ok_or_else(|| Error::Parameter {
            name: "step",
            value: step.to_string(),
            expected: format!("one from 1 to {}", self.steps.len()),
        })?;
        let rows = self.states.iter().map(String::as_str).chain([NEW]);
        let mut columns = vec![Column::new("from".into(), rows.collect::<Vec<_>>())];
        let names = self.states.iter().map(String::as_str).chain([GONE]);
        for (place, name) in names.enumerate() {
            let counts: Vec<u64> = own.counts.iter().map(|row| row[place]).collect();
            columns.push(Column::new(name.into(), counts));
        }
        Ok(DataFrame::new(own.counts.len(), columns)?)
    }

    /// Does anybody move? A row for each step: `step`, `before`, `after` (the periods), `customers` (in both),
    /// `stayed` and its share `stayed_share` with `lower` and `upper`, `moved`, `new`, `gone`, and
    ///
    /// - `net_share`: of all in either period the share by which coming and going differ,
    /// - `p_holm`: of Bowker's test (1948) that as many go from each state to each other as come back, to be there
    ///   and not to be there among them, corrected for the number of steps (Holm 1979). Customers who do not
    ///   change are seen now in this segment and now in that one, by chance, and in both directions alike;
    /// - `verdict`.
    ///
    /// Where the windows are of different length, the test and `net_share` are of parts of equal length, which the
    /// verdict names, and null where one of these has no bills: what lies between the two is made by the windows.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn glance(&self, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let tests: Vec<Option<Symmetry>> = self
            .steps
            .iter()
            .map(|step| match &step.equal {
                None => Some(Symmetry::of(&step.counts)),
                Some(equal) => equal.counts.as_deref().map(Symmetry::of),
            })
            .collect();
        let p: Vec<f64> = tests.iter().flatten().map(|test| test.p).collect();
        let mut corrected = holm(&p)?.into_iter();
        let p_holm: Vec<Option<f64>> = tests
            .iter()
            .map(|test| test.as_ref().and_then(|_| corrected.next()))
            .collect();
        let k = self.states.len();
        let each = || self.steps.iter();
        let both = |step: &Step| {
            step.counts[..k]
                .iter()
                .map(|row| row[..k].iter().sum::<u64>())
                .sum::<u64>()
        };
        let stayed = |step: &Step| (0..k).map(|state| step.counts[state][state]).sum::<u64>();
        let shares = each()
            .map(|step| wilson(stayed(step), both(step), confidence))
            .collect::<Result<Vec<_>>>()?;
        let verdict = |((step, test), p): ((&Step, &Option<Symmetry>), &Option<f64>)| {
            let (Some(test), Some(p)) = (test, p) else {
                let parts = step.equal.as_ref().map_or("", |equal| equal.parts.as_str());
                return format!(
                    "it cannot be told: in parts of equal length ({parts}) one has no bills"
                );
            };
            let differ = format!("coming and going differ by {:.1} %", 100.0 * test.net);
            match (&step.equal, *p < SIGNIFICANT) {
                (None, true) => format!("movement: {differ}"),
                (None, false) => format!("no movement beyond chance: {differ}"),
                (Some(Equal { parts, .. }), true) => format!(
                    "movement, and some that the windows make: in parts of equal length ({parts}) {differ}"
                ),
                (Some(Equal { parts, .. }), false) => format!(
                    "no movement beyond chance: what is seen is made by the windows; in parts of equal length \
                     ({parts}) {differ}"
                ),
            }
        };
        let verdicts = each().zip(&tests).zip(&p_holm).map(verdict);
        Ok(df!(
            "step" => (1..=self.steps.len() as u32).collect::<Vec<_>>(),
            "before" => each().map(|step| step.from.as_str()).collect::<Vec<_>>(),
            "after" => each().map(|step| step.to.as_str()).collect::<Vec<_>>(),
            "customers" => each().map(both).collect::<Vec<_>>(),
            "stayed" => each().map(stayed).collect::<Vec<_>>(),
            "stayed_share" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
            "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
            "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
            "moved" => each().map(|step| both(step) - stayed(step)).collect::<Vec<_>>(),
            "new" => each().map(|step| step.counts[k].iter().sum::<u64>()).collect::<Vec<_>>(),
            "gone" => each().map(|step| step.counts.iter().map(|row| row[k]).sum::<u64>()).collect::<Vec<_>>(),
            "net_share" => tests.iter().map(|test| test.as_ref().map(|test| test.net)).collect::<Vec<_>>(),
            "p_holm" => &p_holm,
            "verdict" => verdicts.collect::<Vec<_>>(),
        )?)
    }

    /// Who was where? A row for each step and customer: `step`, `customer`, `from`, `to`. Who comes back after a
    /// period without a bill is new again.
    pub fn augment(&self) -> &DataFrame {
        &self.customers
    }

    /// What about those who moved has changed? A row for each step, pair of segments and column that the segments
    /// are made of, the heaviest first: `step`, `from`, `to`, `customers`, `column`, its mean `before` and `after`,
    /// and its `weight`: of what brought them nearer to the new centre than to the old one the part of this
    /// column, negative where it held them back. The weights of a pair add up to 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there are no centres: by density, for segments within a segment, or from two
    /// tables ([`Movement::between`]).
    pub fn drivers(&self) -> Result<&DataFrame> {
        self.drivers.as_ref().ok_or_else(|| Error::Parameter {
            name: "drivers",
            value: "a movement without centres".into(),
            expected: "one of Periods, with segments of k-means".into(),
        })
    }
}

impl Pairs {
    fn of(before: &periods::Labels, after: &periods::Labels, states: &[String]) -> Result<Self> {
        let k = states.len();
        let place = |label: &str| states.iter().position(|state| state == label);
        let mut pairs = Pairs {
            customers: Vec::new(),
            from: Vec::new(),
            to: Vec::new(),
            counts: vec![vec![0; k + 1]; k + 1],
        };
        // All labels are among the states; what is not there is the last of them.
        let mut push = |customer: &str, from: Option<usize>, to: Option<usize>| {
            let (from, to) = (from.unwrap_or(k), to.unwrap_or(k));
            pairs.customers.push(customer.to_owned());
            pairs.from.push(from);
            pairs.to.push(to);
            pairs.counts[from][to] += 1;
        };
        for (customer, label) in before.each() {
            push(
                customer,
                place(label),
                after.label(customer).and_then(place),
            );
        }
        for (customer, label) in after.each() {
            if before.label(customer).is_none() {
                push(customer, None, place(label));
            }
        }
        Ok(pairs)
    }

    /// Those in which a customer is in both periods.
    fn that_meet(self) -> Result<Self> {
        let k = self.counts.len() - 1;
        if self.counts[..k]
            .iter()
            .any(|row| row[..k].iter().any(|count| *count > 0))
        {
            return Ok(self);
        }
        Err(Error::TooFew {
            what: "customers of both periods".into(),
            found: 0,
            expected: "1 or more; the two may name them in different ways".into(),
        })
    }
}

/// Whether as many go as come.
struct Symmetry {
    p: f64,
    /// Of all customers the share by which the two differ.
    net: f64,
}

impl Symmetry {
    /// Bowker's test (1948, Journal of the American Statistical Association 43, 572).
    fn of(counts: &[Vec<u64>]) -> Self {
        let (mut statistic, mut degrees, mut net) = (0.0, 0.0, 0.0);
        for (from, row) in counts.iter().enumerate() {
            for (to, own) in row.iter().enumerate().skip(from + 1) {
                let (there, back) = (*own as f64, counts[to][from] as f64);
                if there + back > 0.0 {
                    statistic += (there - back).powi(2) / (there + back);
                    degrees += 1.0;
                    net += (there - back).abs();
                }
            }
        }
        let all: u64 = counts.iter().flatten().sum();
        Symmetry {
            p: if degrees > 0.0 {
                chi_square_upper(statistic, degrees)
            } else {
                1.0
            },
            net: net / (all as f64).max(1.0),
        }
    }
}
