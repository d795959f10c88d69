//! Several periods, put through one division of the customers.

use std::collections::HashMap;

use polars::prelude::*;

use super::{Equal, GONE, Movement, NEW, Pairs, Step};
use crate::cluster::{Model, Segments};
use crate::data::read::dates::said_day;
use crate::data::single_view::SingleView;
use crate::table::{calendar, column};
use crate::{Error, Result};

/// Windows whose lengths differ by no more than this share are as good as equal: half-years have 181 to 184 days.
const ALIKE: f64 = 0.05;
/// The columns of a view that grow with the length of its window.
const GROWING: [&str; 7] = [
    "visits",
    "quantity",
    "amount",
    "discount",
    "paid",
    "visit_period",
    "recency",
];

/// Which customers were in which segment, period by period? A builder; [`Periods::of`] does the work.
///
/// ```
/// use segmenta::prelude::*;
///
/// let shop = simulate::Shop::new().customers(2_000).seed(6).defects(false).generate()?;
/// # let dir = std::env::temp_dir().join(format!("segmenta-periods-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("bills.csv");
/// export::csv(&shop.bills, &file, Existing::Replace)?;
/// let bills = orders::load([&file])?.bills;
/// let half = SingleView::new().between("2022-01-01", "2022-07-01").of(&bills)?;
/// let recipe = Recipe::new(["visits", "amount"]).log1p(Columns::All).standardise(Columns::All);
/// let segments = Segments::fit(&half, &recipe, &KMeans::params(2))?;
/// let segments = segments.learned_between("2022-01-01", "2022-07-01")?;
/// let movement = Periods::new(&segments)
///     .period("2022-01-01", "2022-07-01")
///     .period("2022-07-01", "2023-01-01")
///     .of(&bills)?;
/// assert_eq!(movement.glance(0.95)?.height(), 1);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Periods<'a> {
    segments: &'a Segments,
    view: SingleView<'a>,
    windows: Vec<(String, String)>,
    rates: bool,
    unequal: bool,
}

/// A window and what its customers were.
struct Period {
    /// The first day, and the first one after it.
    days: (i32, i32),
    name: String,
    view: DataFrame,
    labels: Labels,
}

impl<'a> Periods<'a> {
    /// With these segments, which know on which window they were
    /// [learned](crate::cluster::Segments::learned_between).
    pub fn new(segments: &'a Segments) -> Self {
        Periods {
            segments,
            view: SingleView::new(),
            windows: Vec::new(),
            rates: false,
            unequal: false,
        }
    }

    /// One period more: from one day on (`2022-01-01`) and before another. They stand in the order of time.
    pub fn period(mut self, from: &str, before: &str) -> Self {
        self.windows.push((from.to_owned(), before.to_owned()));
        self
    }

    /// How the customers are viewed, where the segments need more than bills: with lines, prices or members.
    pub fn view(mut self, view: SingleView<'a>) -> Self {
        self.view = view;
        self
    }

    /// Scales what grows with the window (visits, quantity, amount, discount, paid, visit period and recency) to
    /// the length of the one that was learned. A short window stays a coarser look: who comes seldom is not in it,
    /// and who is in it has come once at least.
    pub fn rates(mut self) -> Self {
        self.rates = true;
        self
    }

    /// Takes windows of another length than that of the segments as they are. Much of what is seen then is made
    /// by the windows.
    pub fn unequal(mut self) -> Self {
        self.unequal = true;
        self
    }

    /// Views the customers of each period, gives them their segments, and follows them.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a day is none, periods overlap or stand in another order, the segments do not
    /// know their window, or a window has another length (by more than a twentieth) than theirs, unless
    /// [`rates`](Periods::rates) or [`unequal`](Periods::unequal) was said; [`Error::TooFew`] where there are fewer
    /// than two periods, one has no bills, or no customer is in two that follow each other; those of
    /// [`Segments::assign`](crate::cluster::Segments::assign).
    pub fn of(&self, bills: &DataFrame) -> Result<Movement> {
        if self.windows.len() < 2 {
            return Err(Error::TooFew {
                what: "periods".into(),
                found: self.windows.len(),
                expected: "2 or more".into(),
            });
        }
        let learned = self.learned()?;
        let days = self.days(learned)?;
        let periods = self
            .windows
            .iter()
            .zip(days)
            .map(|((from, before), days)| {
                self.period_of(bills, learned, days, format!("{from} to {before}"))
            })
            .collect::<Result<Vec<_>>>()?;
        let parts = periods
            .windows(2)
            .map(|two| self.parts(bills, learned, &two[0], &two[1]))
            .collect::<Result<Vec<_>>>()?;
        // By density some may be in no segment, where nobody was among those that were learned from.
        let of_parts = parts
            .iter()
            .flatten()
            .flat_map(|parts| parts.0.iter().flatten());
        let all = periods.iter().chain(of_parts).map(|period| &period.labels);
        let states = states(all, column::labels(&self.segments.tidy()?, "segment")?);
        let (mut steps, mut all_pairs, mut drivers) = (Vec::new(), Vec::new(), Vec::new());
        for (place, two) in periods.windows(2).enumerate() {
            let (before, after) = (&two[0], &two[1]);
            let pairs = Pairs::of(&before.labels, &after.labels, &states)?.that_meet()?;
            let equal = match &parts[place] {
                None => None,
                Some(([from, to], parts)) => Some(Equal {
                    counts: match (from, to) {
                        (Some(from), Some(to)) => {
                            Some(Pairs::of(&from.labels, &to.labels, &states)?.counts)
                        }
                        _ => None,
                    },
                    parts: parts.clone(),
                }),
            };
            steps.push(Step {
                from: before.name.clone(),
                to: after.name.clone(),
                counts: pairs.counts.clone(),
                equal,
            });
            drivers.extend(self.drivers(place as u32 + 1, before, after, &pairs, &states)?);
            all_pairs.push(pairs);
        }
        let mut all: Option<DataFrame> = None;
        for own in drivers {
            match &mut all {
                Some(all) => {
                    all.vstack_mut(&own)?;
                }
                None => all = Some(own),
            }
        }
        Movement::new(states, steps, &all_pairs, all)
    }

    /// The days of the window that was learned.
    fn learned(&self) -> Result<i32> {
        let Some((from, before)) = self.segments.learned() else {
            return Err(Error::Parameter {
                name: "segments",
                value: "segments that do not know on which window they were learned".into(),
                expected: "segments.learned_between(\"2022-01-01\", \"2022-07-01\")".into(),
            });
        };
        Ok(said_day("learned_between", before)? - said_day("learned_between", from)?)
    }

    /// The first day of each window and the first one after it.
    fn days(&self, learned: i32) -> Result<Vec<(i32, i32)>> {
        let mut days: Vec<(i32, i32)> = Vec::new();
        for (from, before) in &self.windows {
            let own = (said_day("period", from)?, said_day("period", before)?);
            let wrong = |expected: String| Error::Parameter {
                name: "period",
                value: format!("{from} to {before}"),
                expected,
            };
            if own.0 >= own.1 {
                return Err(wrong("two days, the earlier one first".into()));
            }
            if days.last().is_some_and(|last| own.0 < last.1) {
                return Err(wrong(
                    "periods one after another, none of which overlap".into(),
                ));
            }
            let length = own.1 - own.0;
            if !self.rates && !self.unequal && !alike(length, learned) {
                return Err(wrong(format!(
                    "a window of about {learned} days, on which the segments were learned, not of {length}: whoever \
                     does not change would move all the same. Learn them on such a window, scale with .rates(), or \
                     see it with .unequal()"
                )));
            }
            days.push(own);
        }
        Ok(days)
    }

    fn period_of(
        &self,
        bills: &DataFrame,
        learned: i32,
        days: (i32, i32),
        name: String,
    ) -> Result<Period> {
        let (from, before) = (calendar::text(days.0), calendar::text(days.1));
        let mut view = self.view.clone().between(&from, &before).of(bills)?;
        if self.rates {
            let factor = f64::from(learned) / f64::from(days.1 - days.0);
            let there = GROWING.iter().filter(|name| view.column(name).is_ok());
            let scaled = there.map(|name| col(*name).cast(DataType::Float64) * lit(factor));
            view = view
                .clone()
                .lazy()
                .with_columns(scaled.collect::<Vec<_>>())
                .collect()?;
        }
        let assigned = self.segments.assign(&view)?;
        let labels = Labels::of(&assigned, "customer", "segment")?;
        Ok(Period {
            days,
            name,
            view,
            labels,
        })
    }

    /// Parts of two windows that have the same length, where the windows do not; none for one without bills.
    #[allow(clippy::type_complexity)]
    fn parts(
        &self,
        bills: &DataFrame,
        learned: i32,
        before: &Period,
        after: &Period,
    ) -> Result<Option<([Option<Period>; 2], String)>> {
        let length = |period: &Period| period.days.1 - period.days.0;
        let (own, other) = (length(before), length(after));
        if alike(own, other) {
            return Ok(None);
        }
        // The parts that lie nearest to each other.
        let short = own.min(other);
        let part = |days: (i32, i32)| match self.period_of(bills, learned, days, String::new()) {
            Ok(period) => Ok(Some(period)),
            Err(Error::TooFew { .. }) => Ok(None),
            Err(other) => Err(other),
        };
        let from = part((before.days.1 - short, before.days.1))?;
        let to = part((after.days.0, after.days.0 + short))?;
        Ok(Some(([from, to], format!("{short} days before and after"))))
    }

    /// What brought those who moved nearer to another centre, column by column.
    ///
    /// How much nearer x lies to centre b than to a is the sum over the columns of
    /// (x - a)^2 - (x - b)^2, which is 2 x (b - a) and a part that does not change with x.
    fn drivers(
        &self,
        step: u32,
        before: &Period,
        after: &Period,
        pairs: &Pairs,
        states: &[String],
    ) -> Result<Option<DataFrame>> {
        let Model::KMeans(model) = self.segments.model() else {
            return Ok(None);
        };
        let centres = model.centroids();
        if centres.nrows() != states.len() {
            return Ok(None);
        }
        let scaler = self.segments.scaler();
        let (old, new) = (scaler.points(&before.view)?, scaler.points(&after.view)?);
        let names = scaler.outcome();
        let mut moved: HashMap<(usize, usize), Vec<(usize, usize)>> = HashMap::new();
        for ((customer, from), to) in pairs.customers.iter().zip(&pairs.from).zip(&pairs.to) {
            let rows = (before.labels.row(customer), after.labels.row(customer));
            if let (true, (Some(row), Some(other))) = (from != to, rows) {
                moved.entry((*from, *to)).or_default().push((row, other));
            }
        }
        let mut pairs: Vec<_> = moved.into_iter().collect();
        pairs.sort_unstable();
        let values = |view: &DataFrame| -> Vec<Option<Vec<Option<f64>>>> {
            names
                .iter()
                .map(|name| column::numbers(view, name).ok())
                .collect()
        };
        let (raw_old, raw_new) = (values(&before.view), values(&after.view));
        let mut rows = Vec::new();
        for ((from, to), customers) in pairs {
            let mut weights = vec![0.0; names.len()];
            for (row, other) in &customers {
                for (column, weight) in weights.iter_mut().enumerate() {
                    let apart = centres[(to, column)] - centres[(from, column)];
                    *weight += (new.row(*other)[column] - old.row(*row)[column]) * apart;
                }
            }
            let all: f64 = weights.iter().sum();
            let mut order: Vec<usize> = (0..names.len()).collect();
            order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
            let mean = |values: &Option<Vec<Option<f64>>>,
                        rows: &mut dyn Iterator<Item = usize>| {
                let values = values.as_ref()?;
                let known: Vec<f64> = rows.filter_map(|row| values[row]).collect();
                (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
            };
            for column in order {
                rows.push((
                    (
                        &states[from],
                        &states[to],
                        customers.len() as u64,
                        names[column],
                    ),
                    mean(&raw_old[column], &mut customers.iter().map(|rows| rows.0)),
                    mean(&raw_new[column], &mut customers.iter().map(|rows| rows.1)),
                    weights[column] / all,
                ));
            }
        }
        let each = || rows.iter();
        Ok(Some(df!(
            "step" => vec![step; rows.len()],
            "from" => each().map(|row| row.0.0.as_str()).collect::<Vec<_>>(),
            "to" => each().map(|row| row.0.1.as_str()).collect::<Vec<_>>(),
            "customers" => each().map(|row| row.0.2).collect::<Vec<_>>(),
            "column" => each().map(|row| row.0.3).collect::<Vec<_>>(),
            "before" => each().map(|row| row.1).collect::<Vec<_>>(),
            "after" => each().map(|row| row.2).collect::<Vec<_>>(),
            "weight" => each().map(|row| row.3).collect::<Vec<_>>(),
        )?))
    }
}

/// Whether windows of so many days can be compared.
fn alike(a: i32, b: i32) -> bool {
    f64::from((a - b).abs()) <= ALIKE * f64::from(a.max(b))
}

/// The segment of each customer.
pub(super) struct Labels {
    names: Vec<String>,
    labels: Vec<String>,
    rows: HashMap<String, usize, foldhash::fast::RandomState>,
}

impl Labels {
    pub fn of(table: &DataFrame, customer: &str, segment: &str) -> Result<Self> {
        let names = column::labels(table, customer)?;
        let labels = column::labels(table, segment)?;
        for (name, expected) in [(customer, "the name of a customer"), (segment, "a segment")] {
            let nulls = column::find(table, name)?.is_null();
            if let Some(row) = nulls.iter().position(|null| null == Some(true)) {
                return Err(Error::Value {
                    column: name.to_owned(),
                    row,
                    value: "null".into(),
                    expected: expected.into(),
                });
            }
        }
        if let Some(row) = labels
            .iter()
            .position(|label| [NEW, GONE].contains(&label.as_str()))
        {
            return Err(Error::Value {
                column: segment.to_owned(),
                row,
                value: labels[row].clone(),
                expected: format!(
                    "a segment that is not called {NEW} or {GONE}, as who is in none is"
                ),
            });
        }
        let mut rows = HashMap::with_capacity_and_hasher(names.len(), Default::default());
        for (row, name) in names.iter().enumerate() {
            if rows.insert(name.clone(), row).is_some() {
                return Err(Error::Value {
                    column: customer.to_owned(),
                    row,
                    value: name.clone(),
                    expected: "a customer who stands in no other row of the period".into(),
                });
            }
        }
        Ok(Labels {
            names,
            labels,
            rows,
        })
    }

    pub fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.names.iter().map(String::as_str);
        names.zip(self.labels.iter().map(String::as_str))
    }

    fn row(&self, customer: &str) -> Option<usize> {
        self.rows.get(customer).copied()
    }

    pub fn label(&self, customer: &str) -> Option<&str> {
        self.row(customer).map(|row| self.labels[row].as_str())
    }
}

/// These states and all other labels, in the order of their numbers.
pub(super) fn states<'a>(
    of: impl IntoIterator<Item = &'a Labels>,
    mut states: Vec<String>,
) -> Vec<String> {
    for labels in of {
        states.extend(labels.labels.iter().cloned());
        states.sort_unstable();
        states.dedup();
    }
    // `10` comes after `9`, `2.1` after `2`, and `01` after `1`.
    let numbers = |label: &str| -> Vec<(bool, u64, String)> {
        let part = |part: &str| match part.parse() {
            Ok(number) => (false, number, String::new()),
            Err(_) => (true, 0, part.to_owned()),
        };
        label.split('.').map(part).collect()
    };
    states.sort_by_cached_key(|label| numbers(label));
    states
}
