use polars::prelude::*;

use super::GammaGamma;
use super::buyer::{Buying, check_time, of_each, rows};
use super::maximum::errors_of;
use crate::stat::distribution::normal_quantile;
use crate::table::column;
use crate::{Error, Result};

/// Where and how much: Gauss and Legendre's four places between -1 and 1, the positive half of them.
const PLACES: [(f64, f64); 2] = [
    (0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    (0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
];

/// How often will a customer buy up to a horizon, and how many purchases of today is that worth?
///
/// The customers of a history with `alive`, `purchases` up to the horizon, and `discounted`: each purchase that is to be
/// expected counts less, the later it is, by a `discount` by the unit of time of the history (see [`worth`], which
/// multiplies it by the amount of an order). The ends of its interval (`discounted_lower`, `discounted_upper`) say how
/// well the parameters are known.
///
/// # Errors
/// Those of the model; [`Error::Parameter`] where the horizon or the discount is below 0.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::{self, BgNbd};
///
/// let history = df!(
///     "frequency" => [0u64, 0, 0, 1, 1, 2, 3, 6, 9, 4],
///     "recency" => [0.0, 0.0, 0.0, 3.0, 20.0, 12.0, 25.0, 30.0, 36.0, 9.0],
///     "observed" => [38.0, 30.0, 39.0, 38.0, 38.0, 37.0, 38.0, 36.0, 38.0, 38.0],
/// )?;
/// let ahead = value::purchases(&BgNbd::fit(&history, &BgNbd::params())?, &history, 52.0, 0.002)?;
/// let (all, today) = (table::number(&ahead, "purchases", 8)?, table::number(&ahead, "discounted", 8)?);
/// assert!(0.9 * all < today && today < all);
/// # Ok::<(), Error>(())
/// ```
pub fn purchases(
    model: &impl Buying,
    history: &DataFrame,
    horizon: f64,
    discount: f64,
) -> Result<DataFrame> {
    check_time("horizon", horizon)?;
    if !(discount >= 0.0 && discount.is_finite()) {
        return Err(Error::Parameter {
            name: "discount",
            value: discount.to_string(),
            expected: "0 or more, by the unit of time of the history".into(),
        });
    }
    let (found, speed) = (model.found(), discount.ln_1p());
    let rows = rows(history)?;
    let figures = of_each(&rows, |row| {
        // Purchases to the horizon, and discounted ones. By parts: what is bought by the end, less what the
        // waiting costs.
        let both = |at: &[f64; 4]| {
            let until = |time: f64| (-speed * time).exp() * model.purchases(row, at, time);
            let all = model.purchases(row, at, horizon);
            if speed == 0.0 {
                return [all, all];
            }
            // In pieces over which money loses not much more than half of its worth.
            let pieces = (speed * horizon).ceil().clamp(1.0, 1_000.0);
            let half = horizon / pieces / 2.0;
            let mut waiting = 0.0;
            for piece in 0..pieces as usize {
                let middle = half * (2 * piece + 1) as f64;
                for (at, share) in PLACES {
                    waiting +=
                        share * half * (until(middle + half * at) + until(middle - half * at));
                }
            }
            [all, (-speed * horizon).exp() * all + speed * waiting]
        };
        let own = both(&found.at);
        let errors = errors_of(&found.at, &found.covariance, own, both);
        [model.alive(row, &found.at), own[0], own[1], errors[1]]
    });
    let z = normal_quantile(0.5 + model.confidence() / 2.0);
    let figure = |place: usize| figures.iter().map(|own| own[place]).collect::<Vec<f64>>();
    let end = |sign: f64| {
        let end = figures
            .iter()
            .map(|[_, _, bought, error]| match *bought > 0.0 {
                true => bought * (sign * z * error / bought).exp(),
                false => *bought,
            });
        end.collect::<Vec<f64>>()
    };
    let known = df!(
        "alive" => figure(0),
        "purchases" => figure(1),
        "discounted" => figure(2),
        "discounted_lower" => end(-1.0),
        "discounted_upper" => end(1.0),
    )?;
    column::beside(history, &known)
}

/// What will a customer bring in, up to a horizon, in money of today?
///
/// The customers of a history with `alive` and `purchases` up to the horizon (see
/// [`BgNbd::augment`](super::BgNbd::augment)), `order_value` (see [`GammaGamma::augment`]), and `value`: each
/// purchase that is to be expected, at that amount, discounted from its day to the end of the history, with
/// the ends of its interval (`value_lower`, `value_upper`): how well the parameters of both models are known,
/// and not how far a single customer may be from it. Horizon and `discount` (0.002 is 0.2 %) are by the unit of
/// time of the history: of a rate by year, weeks have `rate_by_year.powf(7.0 / 365.25)`, both with the 1 before
/// the point. Whether it is turnover or profit depends on what the amounts are.
///
/// # Errors
/// Those of the models; [`Error::Parameter`] where the horizon or the discount is below 0.
///
/// ```
/// use segmenta::prelude::*;
/// use segmenta::value::{self, BgNbd, GammaGamma};
///
/// let history = df!(
///     "frequency" => [0u64, 0, 0, 1, 1, 2, 3, 6, 9, 4],
///     "recency" => [0.0, 0.0, 0.0, 3.0, 20.0, 12.0, 25.0, 30.0, 36.0, 9.0],
///     "observed" => [38.0, 30.0, 39.0, 38.0, 38.0, 37.0, 38.0, 36.0, 38.0, 38.0],
///     "mean_amount" => [None, None, None, Some(20.0), Some(90.0), Some(31.0), Some(22.0), Some(40.0), Some(25.0), Some(70.0)],
/// )?;
/// let buying = BgNbd::fit(&history, &BgNbd::params())?;
/// let orders = GammaGamma::fit(&history, &GammaGamma::params())?;
/// let worth = |discount| value::worth(&buying, &orders, &history, 52.0, discount);
/// let (today, later) = (worth(0.0)?, worth(0.002)?);
/// let product = table::number(&today, "purchases", 8)? * table::number(&today, "order_value", 8)?;
/// assert!((table::number(&today, "value", 8)? / product - 1.0).abs() < 1e-9);
/// assert!(table::number(&later, "value", 8)? < product);
/// # Ok::<(), Error>(())
/// ```
pub fn worth(
    model: &impl Buying,
    orders: &GammaGamma,
    history: &DataFrame,
    horizon: f64,
    discount: f64,
) -> Result<DataFrame> {
    let ahead = purchases(model, history, horizon, discount)?;
    let bought = column::numbers(&ahead, "discounted")?;
    let bought_upper = column::numbers(&ahead, "discounted_upper")?;
    let known = ahead.drop_many(["discounted", "discounted_lower", "discounted_upper"]);
    let table = orders.augment(&known)?;
    let order = column::numbers(&table, "order_value")?;
    let upper = column::numbers(&table, "order_value_upper")?;
    let mut columns: [Vec<Option<f64>>; 3] = Default::default();
    for (row, (bought, most)) in bought.into_iter().zip(bought_upper).enumerate() {
        let (bought, most) = (bought.unwrap_or(0.0), most.unwrap_or(0.0));
        let own = order[row].map(|order| bought * order);
        // Both models are fitted for themselves, so that the relative errors add up as squares.
        let factor = match (order[row], upper[row]) {
            (Some(order), Some(upper)) if bought > 0.0 && order > 0.0 => {
                (most / bought).ln().hypot((upper / order).ln()).exp()
            }
            _ => 1.0,
        };
        for (values, own) in columns.iter_mut().zip([
            own,
            own.map(|own| own / factor),
            own.map(|own| own * factor),
        ]) {
            values.push(own);
        }
    }
    let [value, lower, upper] = columns;
    let columns = df!("value" => value, "value_lower" => lower, "value_upper" => upper)?;
    column::beside(&table, &columns)
}

/// How is the amount spread over the customers?
///
/// One row for each tenth of the customers, those with the highest amount first: `tenth`, `customers`, `least`
/// and `most` amount, their `amount` in all, its `share` of all amounts, and `cumulative` share. Customers who
/// spent the same are told apart by their place in the table, and without an amount are not counted.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::TooFew`] for fewer than 10 customers.
///
/// ```
/// use segmenta::prelude::*;
///
/// let view = df!("amount" => (1..=100).map(f64::from).collect::<Vec<_>>())?;
/// let tenths = segmenta::value::tenths(&view, "amount")?;
/// assert_eq!(table::number(&tenths, "amount", 0)?, 955.0);
/// assert_eq!(table::number(&tenths, "share", 0)?, 955.0 / 5050.0);
/// # Ok::<(), Error>(())
/// ```
pub fn tenths(view: &DataFrame, amount: &str) -> Result<DataFrame> {
    let mut amounts: Vec<f64> = column::numbers(view, amount)?
        .into_iter()
        .flatten()
        .collect();
    if amounts.len() < 10 {
        return Err(Error::TooFew {
            what: "customers with an amount".into(),
            found: amounts.len(),
            expected: "10 or more".into(),
        });
    }
    amounts.sort_by(|a, b| b.total_cmp(a));
    let all: f64 = amounts.iter().sum();
    let n = amounts.len();
    let parts: Vec<&[f64]> = (0..10)
        .map(|at| &amounts[at * n / 10..(at + 1) * n / 10])
        .collect();
    let sums: Vec<f64> = parts.iter().map(|part| part.iter().sum()).collect();
    let mut so_far = 0.0;
    let cumulative = sums.iter().map(|sum| {
        so_far += sum;
        so_far / all
    });
    let cumulative: Vec<f64> = cumulative.collect();
    Ok(df!(
        "tenth" => (1..=10u32).collect::<Vec<_>>(),
        "customers" => parts.iter().map(|part| part.len() as u64).collect::<Vec<_>>(),
        "least" => parts.iter().map(|part| part[part.len() - 1]).collect::<Vec<_>>(),
        "most" => parts.iter().map(|part| part[0]).collect::<Vec<_>>(),
        "amount" => sums.clone(),
        "share" => sums.iter().map(|sum| sum / all).collect::<Vec<_>>(),
        "cumulative" => cumulative,
    )?)
}
