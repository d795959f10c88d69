use std::collections::BTreeMap;

use polars::prelude::*;

use super::texts::CHANNELS;
use super::{Assumptions, ControlGroup, Texts, promo_saving};
use crate::data::features;
use crate::personality::Positions;
use crate::stat::interval::{Interval, wilson};
use crate::table::column;
use crate::table::groups::{By, as_in, own_name};
use crate::table::points::{complete, known};
use crate::{Error, Result};

/// Which campaign for which segment, why, and does it pay?
///
/// A builder: with the segments' names, under [`Assumptions`], in the words of [`Texts`] (the defaults of
/// both where they are not said), [`plan`](Campaigns::plan) gives a row for each segment.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let customers = customers
///     .lazy()
///     .with_columns([features::spend(), features::transactions()])
///     .collect()?;
/// let named = personality::names(&customers, "Education", &personality::NamingRules::default())?;
/// let plan = recommend::Campaigns::new(&named).plan(&customers, "Education")?;
/// // 3,000 for a contact, 11,000 * 0.8 for an answer.
/// assert_eq!(plan.column("break_even")?.f64()?.get(0), Some(3.0 / 8.8));
/// assert!(plan.column("why")?.str()?.get(0).unwrap().starts_with("63 customers (2.8 % of all)"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Campaigns {
    named: DataFrame,
    assumptions: Assumptions,
    texts: Texts,
}

impl Campaigns {
    /// For the segments of a table with their `name`, as [`names`](crate::personality::names) gives it.
    pub fn new(named: &DataFrame) -> Self {
        Campaigns {
            named: named.clone(),
            assumptions: Assumptions::new(),
            texts: Texts::english(),
        }
    }

    /// What the customer table does not say.
    pub fn assumptions(mut self, assumptions: &Assumptions) -> Self {
        self.assumptions = assumptions.clone();
        self
    }

    /// The words, and which offer is for whom; English where it is not said.
    pub fn texts(mut self, texts: &Texts) -> Self {
        self.texts = texts.clone();
        self
    }

    /// One row a segment; customers without one do not count, but among all:
    ///
    /// - the segment, `who` (its name), `customers`, `why`, `channel`, `offer`: in the words of the texts,
    ///   with the segment's figures; the channel is the one it uses most beyond everybody's habit;
    /// - `response`, `response_lower`, `response_upper`: the share who answered the last campaign
    ///   (`Response`), with Wilson's interval; what the next one may bring is supposed to be alike;
    /// - `expected`, `expected_lower`, `expected_upper`: what answers bring that would not have come
    ///   anyway, in the money of the table; `cost` of writing to all of them; `profit`, the one less
    ///   the other;
    /// - `break_even`: the share that must answer for the campaign to pay, and `pays`: `yes` or `no`
    ///   where the whole interval of `response` lies above or below it, `open` elsewhere;
    /// - `control`: how many of the segment to leave alone, so that a test sees the effect
    ///   ([`ControlGroup`], of the expected response against the part that would have come anyway);
    ///   null where the segment is too small, and a campaign's effect could not be seen.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where a figure of a customer is
    /// missing; [`Error::Parameter`] where an assumption is out of range, a segment has no name or
    /// several, or there are more than 100 segments.
    pub fn plan(&self, table: &DataFrame, segment: &str) -> Result<DataFrame> {
        let Campaigns {
            named,
            assumptions,
            texts,
        } = self;
        assumptions.check()?;
        own_name(
            segment,
            &[
                "who",
                "customers",
                "why",
                "channel",
                "offer",
                "response",
                "response_lower",
                "response_upper",
                "expected",
                "expected_lower",
                "expected_upper",
                "cost",
                "profit",
                "break_even",
                "pays",
                "control",
            ],
        )?;
        column::must_have(table, Facts::columns(), column::RENAME)?;
        let groups = By::from(segment).groups(table)?;
        let saving = promo_saving(table, segment, assumptions)?;
        let saving = column::numbers(&saving, "estimate")?;
        let who = Who::read(named, segment)?;
        let facts = Facts::read(table)?;
        let mut used: Vec<&str> = Vec::new();
        for condition in texts.offers.iter().flat_map(|offer| &offer.when) {
            if !used.contains(&condition.column.as_str()) {
                used.push(&condition.column);
            }
        }
        let positions = Positions::of(table, segment, &used)?;
        let (members, _) = groups.split(0..table.height());
        let mut plans = Vec::new();
        for (place, label) in groups.labels.iter().enumerate() {
            let rows = &members[place];
            if rows.is_empty() {
                continue;
            }
            let position = |name: &str| {
                let column = used.iter().position(|column| *column == name)?;
                positions.columns[column][place].1
            };
            let response = facts.response(rows, assumptions.confidence)?;
            let mut figures = facts.told(rows, texts, &response);
            figures.insert("saving", texts.money(saving[place].unwrap_or(0.0)));
            figures.insert("currency", assumptions.currency.word().to_owned());
            let mut offers = texts.offers.iter();
            let offer = offers.find(|offer| {
                let mut conditions = offer.when.iter();
                conditions.all(|condition| condition.holds(position(&condition.column)))
            });
            let (without, with) = (response.estimate * assumptions.organic, response.estimate);
            let n = rows.len() as u64;
            plans.push(Plan {
                label: label.clone(),
                who: who.name(label)?,
                customers: n,
                why: texts.fill(&texts.why, &figures),
                channel: texts.fill(&texts.channel, &figures),
                offer: texts.fill(offer.map_or("", |offer| &offer.text), &figures),
                response,
                control: ControlGroup::new(without, with)
                    .alpha(assumptions.alpha)
                    .power(assumptions.power)
                    .size(n)?,
            });
        }
        as_in(table, segment, table_of(segment, &plans, assumptions)?)
    }
}

struct Plan {
    label: String,
    who: String,
    customers: u64,
    why: String,
    channel: String,
    offer: String,
    response: Interval,
    control: Option<u64>,
}

fn table_of(segment: &str, plans: &[Plan], assumptions: &Assumptions) -> Result<DataFrame> {
    let words = |of: fn(&Plan) -> &String| plans.iter().map(of).cloned().collect::<Vec<_>>();
    let rates = |end: fn(&Interval) -> f64| {
        plans
            .iter()
            .map(|plan| end(&plan.response))
            .collect::<Vec<f64>>()
    };
    let sizes: Vec<f64> = plans.iter().map(|plan| plan.customers as f64).collect();
    let earned = |end: fn(&Interval) -> f64| -> Vec<f64> {
        let pairs = rates(end).into_iter().zip(&sizes);
        pairs
            .map(|(rate, n)| rate * n * assumptions.earned())
            .collect()
    };
    let cost: Vec<f64> = sizes.iter().map(|n| n * assumptions.cost).collect();
    let expected = earned(|rate| rate.estimate);
    let break_even = assumptions.break_even();
    let pays = |plan: &Plan| match &plan.response {
        sure if sure.lower > break_even => "yes",
        sure if sure.upper < break_even => "no",
        _ => "open",
    };
    // An answer that brings nothing never pays.
    let reachable = break_even.is_finite().then_some(break_even);
    Ok(df!(
        segment => words(|plan| &plan.label),
        "who" => words(|plan| &plan.who),
        "customers" => plans.iter().map(|plan| plan.customers).collect::<Vec<_>>(),
        "why" => words(|plan| &plan.why),
        "channel" => words(|plan| &plan.channel),
        "offer" => words(|plan| &plan.offer),
        "response" => rates(|rate| rate.estimate),
        "response_lower" => rates(|rate| rate.lower),
        "response_upper" => rates(|rate| rate.upper),
        "expected" => &expected,
        "expected_lower" => earned(|rate| rate.lower),
        "expected_upper" => earned(|rate| rate.upper),
        "cost" => &cost,
        "profit" => expected.iter().zip(&cost).map(|(earned, cost)| earned - cost).collect::<Vec<_>>(),
        "break_even" => vec![reachable; plans.len()],
        "pays" => plans.iter().map(pays).collect::<Vec<_>>(),
        "control" => plans.iter().map(|plan| plan.control).collect::<Vec<_>>(),
    )?)
}

/// What the segments are called.
struct Who {
    labels: Vec<String>,
    names: Vec<String>,
}

impl Who {
    fn read(named: &DataFrame, segment: &str) -> Result<Self> {
        Ok(Who {
            labels: column::labels(named, segment)?,
            names: column::labels(named, "name")?,
        })
    }

    fn name(&self, label: &str) -> Result<String> {
        let own: Vec<usize> = (0..self.labels.len())
            .filter(|row| self.labels[*row] == label)
            .collect();
        match own[..] {
            [row] => Ok(self.names[row].clone()),
            _ => Err(Error::Parameter {
                name: "named",
                value: format!("{} names for segment {label}", own.len()),
                expected: "one for each segment".into(),
            }),
        }
    }
}

/// What campaigns are reckoned from, customer by customer.
struct Facts {
    spend: Vec<f64>,
    transactions: Vec<f64>,
    deals: Vec<f64>,
    recency: Vec<f64>,
    visits: Vec<f64>,
    answers: Vec<bool>,
    channels: [Vec<f64>; 3],
}

impl Facts {
    fn columns() -> impl Iterator<Item = &'static str> {
        let [deals, ..] = features::PURCHASES;
        let own = [
            "spend",
            "transactions",
            "Recency",
            "NumWebVisitsMonth",
            "Response",
            deals,
        ];
        own.into_iter().chain(CHANNELS)
    }

    fn read(table: &DataFrame) -> Result<Self> {
        let read = |name: &str| known(table, name);
        let [web, catalog, store] = CHANNELS;
        let [deals, ..] = features::PURCHASES;
        Ok(Facts {
            spend: read("spend")?,
            transactions: read("transactions")?,
            deals: read(deals)?,
            recency: read("Recency")?,
            visits: read("NumWebVisitsMonth")?,
            answers: complete("Response", column::flags(table, "Response")?)?,
            channels: [read(web)?, read(catalog)?, read(store)?],
        })
    }

    fn response(&self, rows: &[usize], confidence: f64) -> Result<Interval> {
        let answered = rows.iter().filter(|row| self.answers[**row]).count();
        wilson(answered as u64, rows.len() as u64, confidence)
    }

    /// The figures that texts cite.
    fn told(
        &self,
        rows: &[usize],
        texts: &Texts,
        response: &Interval,
    ) -> BTreeMap<&'static str, String> {
        let sum = |of: &[f64]| rows.iter().map(|row| of[*row]).sum::<f64>();
        let median = |of: &[f64]| {
            let own = column::sorted(rows.iter().map(|row| Some(of[*row])));
            column::quantile(&own, 0.5).unwrap_or(0.0)
        };
        let all: f64 = self.spend.iter().sum();
        let value = sum(&self.spend);
        let bought = |of: &dyn Fn(&[f64]) -> f64| -> [f64; 3] {
            let each = [0, 1, 2].map(|which| of(&self.channels[which]));
            let total = each.iter().sum::<f64>().max(1.0);
            each.map(|purchases| purchases / total)
        };
        let own = bought(&sum);
        let everybody = bought(&|of| of.iter().sum());
        let beyond = |which: usize| own[which] / everybody[which].max(1e-12);
        let best = (0..3).fold(0, |best, which| {
            if beyond(which) > beyond(best) {
                which
            } else {
                best
            }
        });
        let channel = texts
            .channels
            .get(CHANNELS[best])
            .cloned()
            .unwrap_or_default();
        let part = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        BTreeMap::from([
            ("customers", texts.whole(rows.len() as f64)),
            (
                "share",
                texts.percent(part(rows.len() as f64, self.spend.len() as f64)),
            ),
            ("value", texts.money(value)),
            ("value_share", texts.percent(part(value, all))),
            ("spend", texts.money(median(&self.spend))),
            ("transactions", texts.whole(median(&self.transactions))),
            ("deals", texts.whole(median(&self.deals))),
            ("recency", texts.whole(median(&self.recency))),
            ("visits", texts.whole(median(&self.visits))),
            ("response", texts.percent(response.estimate)),
            ("channel", channel),
            ("channel_share", texts.percent(own[best])),
            ("channel_all", texts.percent(everybody[best])),
        ])
    }
}
