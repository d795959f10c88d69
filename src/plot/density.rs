use polars::prelude::*;
use serde_json::json;

use super::{COLOURS, Figure};
use crate::Result;
use crate::cluster::Optics;
use crate::table::display::{count, short};

/// Places of a curve that can be told apart.
const MOST_PLACES: usize = 600;

/// Which radius is close? The curve to choose it by.
///
/// For each radius, how many customers have `min_points` customers within it: the k-distance graph of
/// Ester et al. (1996), drawn so that it rises to the right. Up to its bend, which is marked, most find
/// their neighbours; beyond it come those who lie alone. Of a long table it shows 600 places. The
/// table behind it: `customers`, `radius`.
///
/// # Errors
/// None that an [`Optics`] of this crate could cause.
///
/// ```
/// use segmenta::cluster::Optics;
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 0.4, 5.0])?;
/// let optics = Optics::fit(&table, &Recipe::new(["x"]), &Optics::params(2))?;
/// assert!(plot::k_distance(&optics)?.text().contains("bends at a radius of 0.1"));
/// # Ok::<(), Error>(())
/// ```
pub fn k_distance(optics: &Optics) -> Result<Figure> {
    let (sorted, min_points) = (optics.sorted(), optics.min_points());
    let bend = optics.bend();
    let at_bend = sorted.partition_point(|radius| *radius <= bend);
    let customers: Vec<u64> = places(sorted.len()).map(|place| place as u64 + 1).collect();
    let radii: Vec<f64> = customers
        .iter()
        .map(|customers| sorted[*customers as usize - 1])
        .collect();
    let traces = vec![
        json!({
            "type": "scatter", "mode": "lines", "x": customers, "y": radii,
            "line": {"color": COLOURS[0], "width": 2},
            "hovertemplate": format!(
                "%{{x:,}} customers have {min_points} within %{{y:.3g}}<extra></extra>"
            ),
        }),
        json!({
            "type": "scatter", "mode": "markers", "x": [at_bend], "y": [bend], "hoverinfo": "skip",
            "marker": {"color": COLOURS[3], "size": 16, "symbol": "circle-open", "line": {"width": 3}},
        }),
    ];
    let words = format!(
        "The curve bends at a radius of {}, where {} of {} customers have {min_points} customers within it, \
         themselves among them; half have them within {}, all within {}.",
        short(bend, 3),
        count(at_bend),
        count(sorted.len()),
        short(sorted[(sorted.len() - 1) / 2], 3),
        short(sorted[sorted.len() - 1], 3),
    );
    let data = df!("customers" => customers, "radius" => radii)?;
    Ok(Figure::new(traces, data, words)
        .title("How close do customers lie?")
        .subtitle(&format!(
            "radius that holds {min_points} customers, for each customer; the bend is circled"
        ))
        .x_axis("customers, those in the densest places first")
        .y_axis("radius (scaled numbers)")
        .with("/layout/yaxis/rangemode", json!("tozero")))
}

/// Which groups would any radius give?
///
/// The reachability of the customers in the order of OPTICS (Ankerst et al. 1999): a valley is a group,
/// deeper where it is denser, and a radius cuts all valleys at one height. Of a long table
/// it shows 600 places, each the highest of those around it, so that no rim between two valleys is
/// lost. The table behind it: `order`, `reachability`.
///
/// # Errors
/// None that an [`Optics`] of this crate could cause.
///
/// ```
/// use segmenta::cluster::Optics;
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 5.2])?;
/// let optics = Optics::fit(&table, &Recipe::new(["x"]), &Optics::params(2))?;
/// let figure = plot::reachability(&optics)?;
/// assert!(figure.text().contains("highest rim between two customers is 4.8"));
/// # Ok::<(), Error>(())
/// ```
pub fn reachability(optics: &Optics) -> Result<Figure> {
    let (reach, _) = optics.in_order();
    let mut order: Vec<u64> = Vec::new();
    let mut heights: Vec<Option<f64>> = Vec::new();
    let mut from = 0;
    for place in places(reach.len()) {
        let rim = reach[from..=place]
            .iter()
            .copied()
            .filter(|x| x.is_finite());
        order.push(place as u64 + 1);
        heights.push(rim.reduce(f64::max));
        from = place + 1;
    }
    let bend = optics.bend();
    let trace = json!({
        "type": "scatter", "mode": "lines", "x": order, "y": heights, "fill": "tozeroy",
        "line": {"color": COLOURS[0], "width": 1, "shape": "hvh"},
        "hovertemplate": "place %{x:,}: connected from a radius of %{y:.3g}<extra></extra>",
    });
    let line = json!({
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": bend, "y1": bend,
        "line": {"color": COLOURS[3], "dash": "dot", "width": 2},
    });
    let at = optics.at(bend.max(f64::MIN_POSITIVE))?;
    let number = |name: &str| -> Result<usize> {
        Ok(at.column(name)?.u64()?.iter().flatten().sum::<u64>() as usize)
    };
    let highest = heights.iter().flatten().copied().fold(0.0, f64::max);
    let words = format!(
        "At the bend, a radius of {}, the number of segments is {}: {} customers are dense, {} lie at an \
         edge, {} alone. The highest rim between two customers is {}.",
        short(bend, 3),
        count(number("segments")?),
        count(number("core")?),
        count(number("edge")?),
        count(number("alone")?),
        short(highest, 3),
    );
    let data = df!("order" => order, "reachability" => heights)?;
    Ok(Figure::new(vec![trace], data, words)
        .title("Which groups would any radius give?")
        .subtitle("valleys are groups; dotted: the radius where the k-distance curve bends")
        .x_axis("customers, in the order of OPTICS")
        .y_axis("reachability (scaled numbers)")
        .with("/layout/shapes", json!([line]))
        .with("/layout/yaxis/rangemode", json!("tozero")))
}

/// Places from 0 to the last, evenly spread, as many as can be told apart.
fn places(n: usize) -> impl Iterator<Item = usize> {
    let shown = n.min(MOST_PLACES);
    (1..=shown).map(move |place| place * n / shown - 1)
}
