use std::collections::HashMap;

use polars::prelude::*;

use super::buyer::{Buying, expected_of};
use super::history::history;
use crate::stat::distribution::normal_quantile;
use crate::stat::explore::correlation;
use crate::table::column;
use crate::{Error, Result};

/// How well does a model foretell a time that it has not seen?
///
/// Bills up to one day make the history that models learn from; those after it and up to another are kept
/// back. A model is judged beside two simple rivals: every customer goes on as before (`same_rate`: purchases
/// after the first by the time observed), and everybody is alike (`average`: that rate of all together).
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::{BgNbd, Holdout};
///
/// let shop = simulate::Shop::new().customers(1_500).seed(1).defects(false).generate()?;
/// # let dir = std::env::temp_dir().join(format!("segmenta-holdout-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("bills.csv");
/// export::csv(&shop.bills, &file, Existing::Replace)?;
/// let week = (col("time").cast(DataType::Date).cast(DataType::Int32).cast(DataType::Float64) / lit(7.0)).alias("week");
/// let bills = orders::load([&file])?.bills.lazy().with_column(week).collect()?;
/// let end = bills.column("week")?.f64()?.max().unwrap();
/// let kept_back = Holdout::new(&bills, "customer", "week", "amount", end - 26.0, end)?;
/// let model = BgNbd::fit(kept_back.history(), &BgNbd::params())?;
/// let judged = kept_back.glance(&model)?;
/// // The model errs less than either rival.
/// assert!(table::number(&judged, "mae", 0)? < table::number(&judged, "mae", 1)?);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Holdout {
    history: DataFrame,
    /// When each customer of the history bought, once for each time, in order.
    times: Vec<Vec<f64>>,
    until: f64,
    end: f64,
}

/// What is foretold of each customer.
struct Foretold {
    actual: Vec<f64>,
    methods: [(&'static str, Vec<f64>); 3],
}

impl Holdout {
    /// The customers who bought up to `until`, from a table of bills whose `time` is in any unit, and what
    /// they bought from then up to `end`.
    ///
    /// # Errors
    /// Those of [`history`](fn@super::history); [`Error::Parameter`] where the end is not behind `until`.
    pub fn new(
        bills: &DataFrame,
        customer: &str,
        time: &str,
        amount: &str,
        until: f64,
        end: f64,
    ) -> Result<Self> {
        if !(until < end && end.is_finite()) {
            return Err(Error::Parameter {
                name: "end",
                value: end.to_string(),
                expected: format!("later than {until}"),
            });
        }
        let mut history = history(bills, customer, time, amount, until)?;
        let names = column::find(&history, customer)?.cast(&DataType::String)?;
        let names = names.str()?;
        let places: HashMap<&str, usize> = names
            .iter()
            .enumerate()
            .filter_map(|(place, name)| Some((name?, place)))
            .collect();
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
        let who = column::find(bills, customer)?.cast(&DataType::String)?;
        for (who, when) in who.str()?.iter().zip(column::numbers(bills, time)?) {
            let place = who.and_then(|who| places.get(who));
            if let (Some(place), Some(when)) = (place, when.filter(|when| *when <= end)) {
                times[*place].push(when);
            }
        }
        for own in &mut times {
            own.sort_by(f64::total_cmp);
            own.dedup();
        }
        let later = times
            .iter()
            .map(|own| own.iter().filter(|when| **when > until).count() as u64);
        let later: Vec<u64> = later.collect();
        column::is_new(&history, "actual")?;
        history.with_column(Column::new("actual".into(), later))?;
        Ok(Holdout {
            history,
            times,
            until,
            end,
        })
    }

    /// The history up to the first day (see [`history`](fn@super::history)), and `actual`: the purchases after
    /// it that models are to foretell.
    pub fn history(&self) -> &DataFrame {
        &self.history
    }

    fn foretold(&self, model: &impl Buying) -> Result<Foretold> {
        let length = self.end - self.until;
        let expected = expected_of(model, &self.history, length)?;
        let numbers = |table: &DataFrame, name: &str| -> Result<Vec<f64>> {
            Ok(column::numbers(table, name)?
                .into_iter()
                .map(|x| x.unwrap_or(0.0))
                .collect())
        };
        let (frequency, observed) = (
            numbers(&self.history, "frequency")?,
            numbers(&self.history, "observed")?,
        );
        // Who came on the last day has been observed for no time, and has no rate.
        let rate = |(x, observed): (&f64, &f64)| {
            if *observed > 0.0 {
                x / observed * length
            } else {
                0.0
            }
        };
        let same_rate = frequency.iter().zip(&observed).map(rate).collect();
        let all =
            frequency.iter().sum::<f64>() / observed.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let average = vec![all * length; frequency.len()];
        Ok(Foretold {
            actual: numbers(&self.history, "actual")?,
            methods: [
                ("model", numbers(&expected, "purchases")?),
                ("same_rate", same_rate),
                ("average", average),
            ],
        })
    }

    /// The history with what is foretold of each customer: `model`, `same_rate`, `average`.
    ///
    /// # Errors
    /// Those of [`BgNbd::augment`](super::BgNbd::augment).
    pub fn augment(&self, model: &impl Buying) -> Result<DataFrame> {
        let [model, same_rate, average] = self.foretold(model)?.methods.map(|(_, values)| values);
        let columns = df!("model" => model, "same_rate" => same_rate, "average" => average)?;
        column::beside(&self.history, &columns)
    }

    /// One row for each of `model`, `same_rate` and `average`: `method`, `n`, `actual` and `expected`
    /// purchases of all customers, `mae` (mean absolute error for a customer), `rmse` (root of the mean
    /// squared error), `correlation` with what came, and `worse_by`: the mean absolute error above that of the
    /// model, with its 95 % interval (`lower`, `upper`) over the customers, each compared with themselves.
    ///
    /// # Errors
    /// Those of [`augment`](Holdout::augment).
    pub fn glance(&self, model: &impl Buying) -> Result<DataFrame> {
        let Foretold { actual, methods } = self.foretold(model)?;
        let n = actual.len() as f64;
        let errors = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .zip(&actual)
                .map(|(value, actual)| (value - actual).abs())
                .collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let of_model = errors(&methods[0].1);
        let z = normal_quantile(0.975);
        let mut figures: [Vec<Option<f64>>; 7] = Default::default();
        for (place, (_, values)) in methods.iter().enumerate() {
            let own = errors(values);
            let squares: Vec<f64> = own.iter().map(|error| error * error).collect();
            let more: Vec<f64> = own
                .iter()
                .zip(&of_model)
                .map(|(own, model)| own - model)
                .collect();
            let worse = mean(&more);
            let spread: Vec<f64> = more.iter().map(|more| (more - worse).powi(2)).collect();
            let half = z * (spread.iter().sum::<f64>() / (n - 1.0).max(1.0) / n).sqrt();
            let pairs = values.iter().copied().zip(actual.iter().copied());
            let rival = |value: f64| (place > 0).then_some(value);
            for (column, value) in figures.iter_mut().zip([
                Some(values.iter().sum()),
                Some(mean(&own)),
                Some(mean(&squares).sqrt()),
                correlation(pairs).0,
                rival(worse),
                rival(worse - half),
                rival(worse + half),
            ]) {
                column.push(value);
            }
        }
        let [expected, mae, rmse, r, worse_by, lower, upper] = figures;
        Ok(df!(
            "method" => methods.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            "n" => [actual.len() as u64; 3],
            "actual" => [actual.iter().sum::<f64>(); 3],
            "expected" => expected,
            "mae" => mae,
            "rmse" => rmse,
            "correlation" => r,
            "worse_by" => worse_by,
            "lower" => lower,
            "upper" => upper,
        )?)
    }

    /// How near is it, by how often somebody had come back? One row for each frequency up to `most`, which
    /// stands for itself and all above: `frequency`, `customers`, and the mean purchases that came (`actual`,
    /// with its 95 % interval `lower`, `upper`) and that were foretold (`model`, `same_rate`, `average`).
    ///
    /// # Errors
    /// Those of [`augment`](Holdout::augment).
    pub fn by_frequency(&self, model: &impl Buying, most: u64) -> Result<DataFrame> {
        let Foretold { actual, methods } = self.foretold(model)?;
        let frequency = column::numbers(&self.history, "frequency")?;
        let z = normal_quantile(0.975);
        // Beyond the highest that there is, there is nobody.
        let highest = frequency
            .iter()
            .flatten()
            .fold(0.0f64, |most, own| most.max(*own));
        let most = most.min(highest as u64);
        let mut labels = Vec::new();
        let mut customers = Vec::new();
        let mut figures: [Vec<f64>; 6] = Default::default();
        for own in 0..=most {
            let is_own = |x: &Option<f64>| x.is_some_and(|x| x.min(most as f64) == own as f64);
            let rows: Vec<usize> = (0..frequency.len())
                .filter(|row| is_own(&frequency[*row]))
                .collect();
            if rows.is_empty() {
                continue;
            }
            let n = rows.len() as f64;
            let mean = |values: &[f64]| rows.iter().map(|row| values[*row]).sum::<f64>() / n;
            let came = mean(&actual);
            let spread = rows
                .iter()
                .map(|row| (actual[*row] - came).powi(2))
                .sum::<f64>();
            let half = z * (spread / (n - 1.0).max(1.0) / n).sqrt();
            labels.push(if own == most {
                format!("{own}+")
            } else {
                own.to_string()
            });
            customers.push(rows.len() as u64);
            let [model, same_rate, average] = [0, 1, 2].map(|place: usize| mean(&methods[place].1));
            for (column, value) in
                figures
                    .iter_mut()
                    .zip([came, came - half, came + half, model, same_rate, average])
            {
                column.push(value);
            }
        }
        let [actual, lower, upper, model, same_rate, average] = figures;
        Ok(df!(
            "frequency" => labels,
            "customers" => customers,
            "actual" => actual,
            "lower" => lower,
            "upper" => upper,
            "model" => model,
            "same_rate" => same_rate,
            "average" => average,
        )?)
    }

    /// How do purchases add up over time, those that came and those that the model expects of such customers
    /// from their first purchase on? One row for each step: `time` (of its end, from the first bill on),
    /// `actual` and `expected` purchases after the first up to then, `actual_step` and `expected_step` in
    /// it, and whether it was `held_out`.
    ///
    /// # Errors
    /// Those of [`augment`](Holdout::augment); [`Error::Parameter`] where the step is not above 0, or gives more
    /// than 10,000 rows.
    pub fn tracking(&self, model: &impl Buying, step: f64) -> Result<DataFrame> {
        const MOST: f64 = 10_000.0;
        let begin = self
            .times
            .iter()
            .filter_map(|own| own.first())
            .copied()
            .fold(f64::INFINITY, f64::min);
        let steps = ((self.end - begin) / step).ceil();
        if !(step > 0.0 && steps <= MOST) {
            return Err(Error::Parameter {
                name: "step",
                value: step.to_string(),
                expected: format!(
                    "a part of the time from {begin} to {}, in 10,000 steps or less",
                    self.end
                ),
            });
        }
        // Customers who came at the same time first are expected to do the same.
        let mut firsts: Vec<f64> = self
            .times
            .iter()
            .filter_map(|own| own.first())
            .copied()
            .collect();
        firsts.sort_by(f64::total_cmp);
        let firsts: Vec<(f64, f64)> = firsts
            .chunk_by(|a, b| a == b)
            .map(|own| (own[0], own.len() as f64))
            .collect();
        let mut again: Vec<f64> = self
            .times
            .iter()
            .flat_map(|own| own.iter().skip(1))
            .copied()
            .collect();
        again.sort_by(f64::total_cmp);
        let (mut time, mut actual, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for place in 1..=steps as usize {
            let at = (begin + place as f64 * step).min(self.end);
            time.push(at - begin);
            actual.push(again.partition_point(|when| *when <= at) as f64);
            let so_far = firsts.iter().filter(|(first, _)| *first < at);
            expected.push(
                so_far
                    .map(|(first, n)| n * model.of_newcomer(at - first))
                    .sum::<f64>(),
            );
        }
        let of_step = |sums: &[f64]| -> Vec<f64> {
            let before = std::iter::once(0.0).chain(sums.iter().copied());
            sums.iter()
                .zip(before)
                .map(|(sum, before)| sum - before)
                .collect()
        };
        let held_out: Vec<bool> = time
            .iter()
            .map(|time| begin + time > self.until + step * 1e-9)
            .collect();
        Ok(df!(
            "actual_step" => of_step(&actual),
            "expected_step" => of_step(&expected),
            "time" => time,
            "actual" => actual,
            "expected" => expected,
            "held_out" => held_out,
        )?
        .select([
            "time",
            "actual",
            "expected",
            "actual_step",
            "expected_step",
            "held_out",
        ])?)
    }
}
