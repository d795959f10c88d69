use polars::prelude::*;
use rand::seq::SliceRandom;

use super::gain::{Order, SHARES, interval, resampled};
use super::logistic::Logistic;
use super::roc::Area;
use crate::scale::{Recipe, Scaler};
use crate::stat::distribution::normal_upper;
use crate::stat::interval::{checked, two_sided};
use crate::stat::random::stream;
use crate::table::column;
use crate::table::points::{complete, known};
use crate::{Error, Result};

/// The columns of the customer table, and of [`features`](crate::data::features), that are known only after
/// the last campaign. A model of who will answer must not see them.
pub const AFTER_THE_CAMPAIGN: [&str; 2] = ["Response", "response_per_visit"];

/// Resamples of the curves, in a table that is not large.
const RESAMPLES: usize = 1_000;
/// Customers at most by whom a column is tried for telling the answer alone.
const LEAK_CHECKED: usize = 20_000;
/// Fewer customers who answered, or who did not, tell nothing.
const LEAST: usize = 10;

/// Who is likely to answer? A logistic regression, trained on some customers and judged by
/// the others.
///
/// [`fit`](Propensity::fit) learns it, [`tidy`](Propensity::tidy) says what it learned,
/// [`glance`](Propensity::glance) how good it is, [`gain`](Propensity::gain) how many of those who
/// answer are reached by writing to some only, [`ahead`](Propensity::ahead) how much better than an
/// order by another column that is, and [`augment`](Propensity::augment) gives each customer a chance.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = campaign::load("data/marketing_campaign.csv")?.customers;
/// let customers = customers.lazy().with_column(features::spend()).collect()?;
/// let recipe = Recipe::new(["spend", "Recency", "NumWebVisitsMonth"]).standardise(Columns::All);
/// let params = Propensity::params("Response").against("spend").seed(1);
/// let propensity = Propensity::fit(&customers, &recipe, &params)?;
/// assert!(propensity.glance()?.column("auc")?.f64()?.get(0) > Some(0.5));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Propensity {
    scaler: Scaler,
    model: Logistic,
    trained_on: usize,
    judged: Judged,
    params: PropensityParams,
}

/// The customers that the model is judged by.
#[derive(Clone, Debug)]
struct Judged {
    chances: Vec<f64>,
    answers: Vec<bool>,
    against: Option<Vec<f64>>,
}

/// How should the model be trained and judged? A builder, made by [`Propensity::params`].
#[derive(Clone, Debug, PartialEq)]
pub struct PropensityParams {
    outcome: String,
    against: Option<String>,
    test_share: f64,
    penalty: f64,
    confidence: f64,
    seed: u64,
    customer: Option<String>,
}

impl PropensityParams {
    /// The column that names the customers. They are divided by their names then, so that the order
    /// of the rows changes nothing; without it, by their places in the table.
    pub fn customer(mut self, column: &str) -> Self {
        self.customer = Some(column.to_owned());
        self
    }

    /// The column whose order the model is compared with: the highest values are written to first.
    pub fn against(mut self, column: &str) -> Self {
        self.against = Some(column.to_owned());
        self
    }

    /// The share of customers that the model is judged by, and does not see before; 0.3 where it is
    /// not said.
    pub fn test_share(mut self, share: f64) -> Self {
        self.test_share = share;
        self
    }

    /// Half of this times the sum of the squared weights is added to the loss; 1 where it is not said.
    pub fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// How sure the intervals of the odds, the area and the gains are; 0.95 where it is not said.
    pub fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Where the random numbers start that divide the customers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Propensity {
    /// A model of this column of 0 and 1.
    pub fn params(outcome: &str) -> PropensityParams {
        PropensityParams {
            outcome: outcome.to_owned(),
            against: None,
            test_share: 0.3,
            penalty: 1.0,
            confidence: 0.95,
            seed: 0,
            customer: None,
        }
    }

    /// Divides the customers at random (the same share of those who answered in both parts), fits the
    /// recipe and the regression to the larger part, and keeps the other to judge it by.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the recipe reads the outcome or one of [`AFTER_THE_CAMPAIGN`], a
    /// column of it alone tells the outcome, a setting is out of range, or the regression fails; [`Error::TooFew`] where
    /// fewer than 10 customers of either kind are in one of the parts; those of [`Recipe::fit`], and
    /// [`Error::Value`] where the outcome is missing or not 0 or 1.
    pub fn fit(table: &DataFrame, recipe: &Recipe, params: &PropensityParams) -> Result<Self> {
        params.check()?;
        let answers = column::flags(table, &params.outcome)?;
        let answers = complete(&params.outcome, answers)?;
        let against = params.against.as_ref();
        let against = against.map(|name| known(table, name)).transpose()?;
        let (train, judge) = params.divide(table, &answers)?;
        let rows = |places: &[usize]| -> Result<DataFrame> {
            let places: Vec<IdxSize> = places.iter().map(|place| *place as IdxSize).collect();
            Ok(table.take(&IdxCa::from_vec("row".into(), places))?)
        };
        let training = rows(&train)?;
        let scaler = recipe.fit(&training)?;
        for name in scaler.columns() {
            if name == params.outcome || AFTER_THE_CAMPAIGN.contains(&name) {
                return Err(leak(name, "is known only after the campaign"));
            }
        }
        let data = scaler.dataset(&training)?;
        let of = |places: &[usize]| {
            places
                .iter()
                .map(|place| answers[*place])
                .collect::<Vec<_>>()
        };
        let trained = of(&train);
        // A column that tells the answer does so in a part of the customers as well.
        let apart = trained.len().div_ceil(LEAK_CHECKED);
        let some: Vec<bool> = trained.iter().copied().step_by(apart).collect();
        for (name, values) in scaler.outcome().iter().zip(data.records().columns()) {
            let values: Vec<f64> = values.iter().copied().step_by(apart).collect();
            let area = Area::new(&values, &some).share;
            if area.max(1.0 - area) > 1.0 - 1e-9 {
                return Err(leak(
                    name,
                    "alone tells who answers: it must be known only afterwards",
                ));
            }
        }
        let model = Logistic::fit(data.records(), &trained, params.penalty)?;
        let judged_rows = scaler.dataset(&rows(&judge)?)?;
        let judged = Judged {
            chances: model.chances(judged_rows.records()),
            answers: of(&judge),
            against: against.map(|all| judge.iter().map(|place| all[*place]).collect()),
        };
        Ok(Propensity {
            scaler,
            model,
            trained_on: train.len(),
            judged,
            params: params.clone(),
        })
    }

    /// What did it learn? A row for the intercept and for each column that comes out of the recipe:
    /// `term`, `estimate` (the change of the log-odds for one more of the scaled column), `se` (its
    /// standard error, by the curvature of the penalised likelihood), `odds_ratio` with its
    /// interval `lower` and `upper`, and `p` (of the estimate being 0; not corrected).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self) -> Result<DataFrame> {
        let z = two_sided(self.params.confidence)?;
        let terms: Vec<&str> = ["(intercept)"]
            .into_iter()
            .chain(self.scaler.outcome())
            .collect();
        let estimates: Vec<f64> = [&[self.model.intercept], self.model.weights.as_slice()].concat();
        let ends = |sign: f64| -> Vec<f64> {
            let pairs = estimates.iter().zip(&self.model.errors);
            pairs
                .map(|(estimate, error)| (estimate + sign * z * error).exp())
                .collect()
        };
        let p = estimates
            .iter()
            .zip(&self.model.errors)
            .map(|(estimate, error)| {
                let p = 2.0 * normal_upper((estimate / error).abs());
                p.min(1.0)
            });
        Ok(df!(
            "term" => terms,
            "estimate" => &estimates,
            "se" => &self.model.errors,
            "odds_ratio" => estimates.iter().map(|x| x.exp()).collect::<Vec<_>>(),
            "lower" => ends(-1.0),
            "upper" => ends(1.0),
            "p" => p.collect::<Vec<_>>(),
        )?)
    }

    /// How good is it, for customers whom it has not seen? One row: `train_n`, `test_n`,
    /// `answered` (of those), `rate` (their share) and `predicted` (the mean chance: far from the rate,
    /// the chances are wrong), `auc` (the chance that one who answered got a higher chance than one who
    /// did not) with its interval `auc_lower`, `auc_upper` (DeLong et al. 1988), `brier` (the mean
    /// squared error of the chances) and `brier_of_rate` (the same for the rate itself as everybody's
    /// chance: a useful model is below it), `log_loss`, `seed`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let Judged {
            chances, answers, ..
        } = &self.judged;
        let n = answers.len() as f64;
        let answered = answers.iter().filter(|x| **x).count();
        let rate = answered as f64 / n;
        let area = Area::new(chances, answers);
        let reach = two_sided(self.params.confidence)? * area.variance.sqrt();
        let pairs = || chances.iter().zip(answers);
        let of = |answer: bool| f64::from(u8::from(answer));
        let brier: f64 = pairs()
            .map(|(chance, answer)| (chance - of(*answer)).powi(2))
            .sum();
        let loss = |(chance, answer): (&f64, &bool)| -> f64 {
            let right = if *answer { *chance } else { 1.0 - chance };
            -right.max(f64::MIN_POSITIVE).ln()
        };
        Ok(df!(
            "train_n" => [self.trained_on as u64],
            "test_n" => [answers.len() as u64],
            "answered" => [answered as u64],
            "rate" => [rate],
            "predicted" => [chances.iter().sum::<f64>() / n],
            "auc" => [area.share],
            "auc_lower" => [(area.share - reach).max(0.0)],
            "auc_upper" => [(area.share + reach).min(1.0)],
            "brier" => [brier / n],
            "brier_of_rate" => [rate * (1.0 - rate)],
            "log_loss" => [pairs().map(loss).sum::<f64>() / n],
            "seed" => [self.params.seed],
        )?)
    }

    /// How many of those who answer are reached, if one writes to some customers only? Judged by the
    /// customers held out. One row an order and tenth of the customers: `order` (`propensity`, the
    /// column of [`against`](PropensityParams::against), `random`), `share` (of the customers written
    /// to), `customers`, `answers`, `gain` (the share of all answers) and `lift` (gain over share),
    /// each with an interval from 1,000 bootstrap resamples of the customers held out (200 where
    /// they are more than 20,000). At random, gain is the share, and lift 1.
    ///
    /// # Errors
    /// [`Error::Interrupted`], and those of polars.
    pub fn gain(&self) -> Result<DataFrame> {
        let orders = self.orders();
        let curves: Vec<&Order> = orders.iter().map(|(_, order)| order).collect();
        let again = resampled(&curves, self.resamples(), self.params.seed)?;
        let n = self.judged.answers.len() as f64;
        let all = self.judged.answers.iter().filter(|x| **x).count() as f64;
        let mut rows = Rows::default();
        for (place, (name, order)) in orders.iter().enumerate() {
            for (at, (customers, answers)) in order.reached().into_iter().enumerate() {
                let ends = interval(
                    again.iter().map(|gains| gains[place][at]),
                    self.params.confidence,
                );
                let gain = answers as f64 / all;
                let gains = [Some(gain), ends.0, ends.1];
                rows.push(
                    name,
                    at,
                    (customers, Some(answers)),
                    gains,
                    customers as f64 / n,
                );
            }
        }
        for (at, share) in SHARES.iter().enumerate() {
            let customers = (share * n).round();
            let exact = customers / n;
            rows.push(
                "random",
                at,
                (customers as u64, None),
                [Some(exact), None, None],
                exact,
            );
        }
        rows.table()
    }

    /// How much more does it reach than the order it is compared with, and than drawing at random? One
    /// row for each of the two and tenth of the customers: `over`, `share`, `difference` of the gains,
    /// `lower`, `upper` (the same resamples for both, so that what they share cancels out). An
    /// interval with 0 inside: no difference that one could rely on.
    ///
    /// # Errors
    /// [`Error::Interrupted`], and those of polars.
    pub fn ahead(&self) -> Result<DataFrame> {
        let orders = self.orders();
        let curves: Vec<&Order> = orders.iter().map(|(_, order)| order).collect();
        let again = resampled(&curves, self.resamples(), self.params.seed)?;
        let all = self.judged.answers.iter().filter(|x| **x).count() as f64;
        let n = self.judged.answers.len() as f64;
        let own = orders[0].1.reached();
        let (mut over, mut shares, mut differences) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        let others: Vec<(&str, Option<usize>)> = orders
            .iter()
            .enumerate()
            .skip(1)
            .map(|(place, (name, _))| (name.as_str(), Some(place)))
            .chain([("random", None)])
            .collect();
        for (name, place) in others {
            let reached = place.map(|place| orders[place].1.reached());
            for (at, share) in SHARES.iter().enumerate() {
                let exact = own[at].0 as f64 / n;
                let other = reached
                    .as_ref()
                    .map_or(exact, |reached| reached[at].1 as f64 / all);
                let of_one = |gains: &Vec<Vec<f64>>| {
                    gains[0][at] - place.map_or(exact, |place| gains[place][at])
                };
                let ends = interval(again.iter().map(of_one), self.params.confidence);
                over.push(name);
                shares.push(*share);
                differences.push(own[at].1 as f64 / all - other);
                lower.push(ends.0);
                upper.push(ends.1);
            }
        }
        Ok(df!(
            "over" => over,
            "share" => shares,
            "difference" => differences,
            "lower" => lower,
            "upper" => upper,
        )?)
    }

    /// Each customer's chance to answer: the table with `propensity`, from 0 to 1. Customers it was
    /// trained on look a little better than they are.
    ///
    /// # Errors
    /// Those of [`Scaler::transform`]; [`Error::Parameter`] where there is a column `propensity`
    /// already.
    pub fn augment(&self, table: &DataFrame) -> Result<DataFrame> {
        column::is_new(table, "propensity")?;
        let data = self.scaler.dataset(table)?;
        let chances = self.model.chances(data.records());
        let mut augmented = table.clone();
        augmented.with_column(Column::new("propensity".into(), chances))?;
        Ok(augmented)
    }

    fn resamples(&self) -> usize {
        if self.judged.answers.len() > 20_000 {
            RESAMPLES / 5
        } else {
            RESAMPLES
        }
    }

    /// The order by the model, and that which it is compared with.
    fn orders(&self) -> Vec<(String, Order)> {
        let Judged {
            chances,
            answers,
            against,
        } = &self.judged;
        let mut orders = vec![("propensity".to_owned(), Order::by(chances, answers))];
        if let (Some(name), Some(values)) = (&self.params.against, against) {
            orders.push((name.clone(), Order::by(values, answers)));
        }
        orders
    }
}

impl PropensityParams {
    fn check(&self) -> Result<()> {
        let wrong = |name, value: String, expected: &str| {
            Err(Error::Parameter {
                name,
                value,
                expected: expected.to_owned(),
            })
        };
        if !(0.05..=0.95).contains(&self.test_share) {
            return wrong(
                "test_share",
                self.test_share.to_string(),
                "a share from 0.05 to 0.95",
            );
        }
        checked(self.confidence)?;
        if !(self.penalty.is_finite() && self.penalty > 0.0) {
            return wrong("penalty", self.penalty.to_string(), "a number above 0");
        }
        match self.against.as_deref() {
            Some(name) if ["propensity", "random"].contains(&name) => {
                wrong("against", name.to_owned(), "a column of another name")
            }
            Some(name) if name == self.outcome || AFTER_THE_CAMPAIGN.contains(&name) => wrong(
                "against",
                name.to_owned(),
                "a column that is known before the campaign",
            ),
            _ => Ok(()),
        }
    }

    /// The places to train on, and those to judge by: in an order that follows from the names of the
    /// customers, or ascending.
    fn divide(&self, table: &DataFrame, answers: &[bool]) -> Result<(Vec<usize>, Vec<usize>)> {
        let (mut train, mut judge) = (Vec::new(), Vec::new());
        let ranks = self.customer.as_ref().map(|name| self.ranks(table, name));
        let ranks = ranks.transpose()?;
        for (part, kind) in [true, false].into_iter().enumerate() {
            let mut places: Vec<usize> =
                (0..answers.len()).filter(|x| answers[*x] == kind).collect();
            match &ranks {
                Some(ranks) => places.sort_by_key(|place| &ranks[*place]),
                None => places.shuffle(&mut stream(self.seed, part)),
            }
            let judged = (self.test_share * places.len() as f64).round() as usize;
            let fewest = judged.min(places.len() - judged);
            if fewest < LEAST {
                return Err(Error::TooFew {
                    what: format!(
                        "customers with {} = {} in a part",
                        self.outcome,
                        u8::from(kind)
                    ),
                    found: fewest,
                    expected: format!("{LEAST} or more"),
                });
            }
            judge.extend(places.drain(..judged));
            train.extend(places);
        }
        for places in [&mut train, &mut judge] {
            match &ranks {
                Some(ranks) => places.sort_by_key(|place| &ranks[*place]),
                None => places.sort_unstable(),
            }
        }
        Ok((train, judge))
    }

    /// What a customer is sorted by: as good as a number drawn at random, but drawn for the name.
    fn ranks(&self, table: &DataFrame, name: &str) -> Result<Vec<[u8; 32]>> {
        use sha2::{Digest, Sha256};
        let names = column::labels(table, name)?;
        let rank = |name: &String| -> [u8; 32] {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_le_bytes());
            hash.update(name.as_bytes());
            hash.finalize().into()
        };
        Ok(names.iter().map(rank).collect())
    }
}

/// The rows of [`Propensity::gain`].
#[derive(Default)]
struct Rows {
    orders: Vec<String>,
    shares: Vec<f64>,
    customers: Vec<u64>,
    answers: Vec<Option<u64>>,
    gains: Vec<[Option<f64>; 3]>,
    lifts: Vec<[Option<f64>; 3]>,
}

impl Rows {
    fn push(
        &mut self,
        order: &str,
        at: usize,
        (customers, answers): (u64, Option<u64>),
        gains: [Option<f64>; 3],
        exact_share: f64,
    ) {
        self.orders.push(order.to_owned());
        self.shares.push(SHARES[at]);
        self.customers.push(customers);
        self.answers.push(answers);
        self.lifts
            .push(gains.map(|gain| gain.map(|gain| gain / exact_share)));
        self.gains.push(gains);
    }

    fn table(self) -> Result<DataFrame> {
        let part = |of: &[[Option<f64>; 3]], which: usize| -> Vec<Option<f64>> {
            of.iter()
                .map(|row| row[which].filter(|x| x.is_finite()))
                .collect()
        };
        Ok(df!(
            "order" => self.orders,
            "share" => self.shares,
            "customers" => self.customers,
            "answers" => self.answers,
            "gain" => part(&self.gains, 0),
            "gain_lower" => part(&self.gains, 1),
            "gain_upper" => part(&self.gains, 2),
            "lift" => part(&self.lifts, 0),
            "lift_lower" => part(&self.lifts, 1),
            "lift_upper" => part(&self.lifts, 2),
        )?)
    }
}

fn leak(column: &str, why: &str) -> Error {
    Error::Parameter {
        name: "recipe",
        value: format!("one with {column}, which {why}"),
        expected: "columns that are known before the campaign".into(),
    }
}
