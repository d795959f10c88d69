use polars::prelude::*;
use serde_json::{Value, json};

use super::personality::below;
use super::{COLOURS, Figure, GREY};
use crate::table::column;
use crate::table::display::short;
use crate::{Error, Result};

/// How many of those who answer are reached, if one writes to some customers only?
///
/// A line for each order of [`Propensity::gain`](crate::recommend::Propensity::gain), with a band for
/// its 95 % interval; the straight line is that of customers drawn at random.
///
/// # Errors
/// [`Error::NoColumn`] where the table is none of gains, [`Error::TooFew`] where it is empty.
///
/// ```
/// use segmenta::prelude::*;
///
/// let gain = df!(
///     "order" => ["propensity", "propensity", "random", "random"], "share" => [0.5, 1.0, 0.5, 1.0],
///     "gain" => [0.8, 1.0, 0.5, 1.0], "gain_lower" => [Some(0.7), Some(1.0), None, None],
///     "gain_upper" => [Some(0.9), Some(1.0), None, None],
/// )?;
/// assert!(plot::gain(&gain)?.text().contains("propensity: 80 % of the answers from 50 %"));
/// # Ok::<(), Error>(())
/// ```
pub fn gain(table: &DataFrame) -> Result<Figure> {
    let (traces, curves) = curves(table, "gain")?;
    let told = curves.iter().filter_map(|curve| {
        let middle = curve.share.iter().position(|share| *share >= 0.3 - 1e-9)?;
        let (share, gain) = (100.0 * curve.share[middle], 100.0 * curve.value[middle]?);
        Some(format!(
            "{}: {} % of the answers from {} % of the customers",
            curve.order,
            short(gain, 3),
            short(share, 3)
        ))
    });
    let words = told.collect::<Vec<_>>().join("; ") + ".";
    Ok(Figure::new(traces, table.clone(), words)
        .title("Who is reached by writing to some only?")
        .subtitle("customers not trained on; bands: 95 % of the resamples")
        .x_axis("share of customers written to")
        .y_axis("share of all answers")
        .with("/layout/xaxis/range", json!([0.0, 1.02]))
        .with("/layout/yaxis/range", json!([0.0, 1.05]))
        .with("/layout/xaxis/tickformat", json!(".0%"))
        .with("/layout/yaxis/tickformat", json!(".0%"))
        .with("/layout/showlegend", json!(true))
        .with("/layout/legend", below())
        .with("/layout/margin/b", json!(100)))
}

/// How much better than drawing at random is it to write to some customers first?
///
/// As [`gain`], over the share of customers: 2 is twice as many answers for each letter.
///
/// # Errors
/// As [`gain`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let lift = df!(
///     "order" => ["propensity"], "share" => [0.1], "lift" => [2.5], "lift_lower" => [1.9],
///     "lift_upper" => [3.1],
/// )?;
/// assert!(plot::lift(&lift)?.text().contains("propensity: 2.5 times in the first 10 %"));
/// # Ok::<(), Error>(())
/// ```
pub fn lift(table: &DataFrame) -> Result<Figure> {
    let (traces, curves) = curves(table, "lift")?;
    let told = curves.iter().filter_map(|curve| {
        let (share, lift) = (100.0 * curve.share.first()?, curve.value[0]?);
        let (lift, share) = (short(lift, 3), short(share, 3));
        Some(format!(
            "{}: {lift} times in the first {share} %",
            curve.order
        ))
    });
    let words = told.collect::<Vec<_>>().join("; ") + ".";
    Ok(Figure::new(traces, table.clone(), words)
        .title("How many answers for a letter, against drawing at random?")
        .subtitle("customers not trained on; bands: 95 % of the resamples; 1 is no better")
        .x_axis("share of customers written to")
        .y_axis("lift")
        .with("/layout/xaxis/range", json!([0.0, 1.02]))
        .with("/layout/xaxis/tickformat", json!(".0%"))
        .with("/layout/yaxis/rangemode", json!("tozero"))
        .with("/layout/showlegend", json!(true))
        .with("/layout/legend", below())
        .with("/layout/margin/b", json!(100)))
}

struct Curve {
    order: String,
    share: Vec<f64>,
    value: Vec<Option<f64>>,
}

/// A line for each order and a band where it has an interval.
fn curves(table: &DataFrame, value: &str) -> Result<(Vec<Value>, Vec<Curve>)> {
    if table.height() == 0 {
        return Err(Error::TooFew {
            what: "rows of the table".into(),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    let orders = column::labels(table, "order")?;
    let shares = crate::table::points::complete("share", column::numbers(table, "share")?)?;
    let values = column::numbers(table, value)?;
    let (lower, upper) = (
        column::numbers(table, &format!("{value}_lower"))?,
        column::numbers(table, &format!("{value}_upper"))?,
    );
    let (mut bands, mut lines, mut curves) = (Vec::new(), Vec::new(), Vec::<Curve>::new());
    for order in &orders {
        if curves.iter().any(|curve| curve.order == *order) {
            continue;
        }
        let rows: Vec<usize> = (0..orders.len())
            .filter(|row| orders[*row] == *order)
            .collect();
        let at = |of: &[Option<f64>]| rows.iter().map(|row| of[*row]).collect::<Vec<_>>();
        let share: Vec<f64> = rows.iter().map(|row| shares[*row]).collect();
        let random = order == "random";
        let colour = if random {
            GREY
        } else {
            COLOURS[curves.len() % COLOURS.len()]
        };
        let (low, high) = (at(&lower), at(&upper));
        if low.iter().all(Option::is_some) {
            let around: Vec<f64> = share.iter().chain(share.iter().rev()).copied().collect();
            let border: Vec<Option<f64>> = high.iter().chain(low.iter().rev()).copied().collect();
            bands.push(json!({
                "type": "scatter", "mode": "lines", "x": around, "y": border, "fill": "toself",
                "fillcolor": format!("{colour}2e"), "line": {"width": 0}, "hoverinfo": "skip",
                "showlegend": false, "name": format!("interval of {order}"),
            }));
        }
        let value = at(&values);
        lines.push(json!({
            "type": "scatter", "mode": "lines+markers", "name": order, "x": share, "y": value,
            "line": {"color": colour, "width": 2, "dash": if random { "dot" } else { "solid" }},
            "hovertemplate": format!("{order}, first %{{x:.0%}}: %{{y:.3f}}<extra></extra>"),
        }));
        curves.push(Curve {
            order: order.clone(),
            share,
            value,
        });
    }
    bands.extend(lines);
    Ok((bands, curves))
}
