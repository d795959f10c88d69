use polars::prelude::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::json;

use super::{COLOURS, Figure};
use crate::Result;
use crate::stat::explore::regression;
use crate::table::column;
use crate::table::dictionary;
use crate::table::display::{count, short};

/// Dots at most: more cover each other, and make the page slow.
const MOST_DOTS: usize = 2_000;

/// Does one column go with another?
///
/// A dot for each customer, and the straight line of [`regression`] with the interval of the
/// mean at 95 %. Of more than 2,000 customers as many are drawn at random, the same on each
/// run; the line is always that of all. The table behind it: the line and its interval at 50
/// places.
///
/// # Errors
/// Those of [`regression`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("income" => [1.0, 2.0, 3.0, 4.0], "spend" => [2.0, 4.1, 5.9, 8.0])?;
/// let figure = plot::scatter(&customers, "income", "spend")?;
/// assert!(figure.text().contains("explains 99.9 %"));
/// # Ok::<(), Error>(())
/// ```
pub fn scatter(table: &DataFrame, x: &str, y: &str) -> Result<Figure> {
    let line = regression(table, x, y, 0.95)?;
    let pairs: Vec<(f64, f64)> = column::measured(table, x)?
        .into_iter()
        .zip(column::measured(table, y)?)
        .filter_map(|(x, y)| Some((x?, y?)))
        .collect();
    let drawn = sample(&pairs);
    let least = pairs.iter().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let most = pairs
        .iter()
        .map(|(x, _)| *x)
        .fold(f64::NEG_INFINITY, f64::max);
    let places: Vec<f64> = (0..50)
        .map(|i| least + (most - least) * f64::from(i) / 49.0)
        .collect();
    let mut data = line.band(&places)?;
    let numbers = |name: &str| column::numbers(&data, name);
    let (estimate, lower, upper) = (numbers("estimate")?, numbers("lower")?, numbers("upper")?);
    data.rename("x", x.into())?;
    let around: Vec<f64> = places.iter().chain(places.iter().rev()).copied().collect();
    let border: Vec<Option<f64>> = upper.iter().chain(lower.iter().rev()).copied().collect();
    let traces = vec![
        json!({
            "type": "scatter", "mode": "markers", "name": "customers",
            "x": drawn.iter().map(|(x, _)| x).collect::<Vec<_>>(),
            "y": drawn.iter().map(|(_, y)| y).collect::<Vec<_>>(),
            "marker": {"color": COLOURS[0], "opacity": 0.35, "size": 5},
            "hovertemplate": format!(
                "{}: %{{x:,.6~g}}<br>{}: %{{y:,.6~g}}<extra></extra>",
                dictionary::name(x),
                dictionary::name(y)
            ),
        }),
        json!({
            "type": "scatter", "mode": "lines", "name": "interval of the mean", "x": around,
            "y": border, "fill": "toself", "fillcolor": "rgba(213,94,0,0.25)",
            "line": {"width": 0}, "hoverinfo": "skip",
        }),
        json!({
            "type": "scatter", "mode": "lines", "name": "straight line", "x": places,
            "y": estimate, "line": {"color": COLOURS[3], "width": 2}, "hoverinfo": "skip",
        }),
    ];
    let (tidy, glance) = (line.tidy()?, line.glance()?);
    let value = |table: &DataFrame, name: &str, row: usize| -> Result<f64> {
        let values = column::numbers(table, name)?;
        Ok(values.get(row).copied().flatten().unwrap_or(f64::NAN))
    };
    let mut story = format!(
        "{} customers with both values. One more of {x} goes with {} of {y} (95 % interval {} to {}).",
        count(pairs.len()),
        short(value(&tidy, "estimate", 1)?, 4),
        short(value(&tidy, "lower", 1)?, 4),
        short(value(&tidy, "upper", 1)?, 4),
    );
    let explained = value(&glance, "r_squared", 0)?;
    if explained.is_finite() {
        story += &format!(
            " The line explains {:.1} % of the variance.",
            100.0 * explained
        );
    }
    let shown = if drawn.len() < pairs.len() {
        format!(
            "{} of {} customers drawn",
            count(drawn.len()),
            count(pairs.len())
        )
    } else {
        format!("{} customers", count(pairs.len()))
    };
    Ok(Figure::new(traces, data, story)
        .title(&format!("{y} against {x}"))
        .subtitle(&format!(
            "{shown}; the line is that of all, its band the interval of the mean"
        ))
        .x_axis(&dictionary::name(x))
        .y_axis(&dictionary::name(y)))
}

/// As many as can be drawn, chosen at random, the same on each run.
pub(super) fn sample<T: Copy>(pairs: &[(f64, T)]) -> Vec<(f64, T)> {
    if pairs.len() <= MOST_DOTS {
        return pairs.to_vec();
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut places = rand::seq::index::sample(&mut random, pairs.len(), MOST_DOTS).into_vec();
    places.sort_unstable();
    places.into_iter().map(|place| pairs[place]).collect()
}
