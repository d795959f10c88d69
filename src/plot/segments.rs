use polars::prelude::*;
use serde_json::{Value, json};

use super::scatter::sample;
use super::{COLOURS, Figure, GREY};
use crate::cluster::{Stability, at_least_two};
use crate::scale::Pca;
use crate::table::column;
use crate::table::display::{count, short};
use crate::table::points::{Points, complete, coordinates, labels};
use crate::{Error, Result};

/// Lines of a silhouette at most, for each segment.
const MOST_LINES: usize = 250;

/// How well does each customer lie in the own segment?
///
/// For each segment a blade: the silhouettes of its customers in descending order, from the column
/// `silhouette` (of [`Segments::augment`](crate::cluster::Segments::augment) or
/// [`cluster::silhouette`](crate::cluster::silhouette)); `segment` names the column of labels. A full
/// blade that reaches far right is a segment of its own; where it falls below 0, customers lie
/// nearer to another. The dashed line is the mean of all. The table behind it: a row for each
/// segment with `n`, `mean`, `median`, `below_0` (share).
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`], and [`Error::TooFew`] where no customer has a
/// silhouette.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 1.0, 10.0, 11.0], "segment" => [1, 1, 2, 2])?;
/// let silhouette = cluster::silhouette(&table, "segment")?;
/// assert!(plot::silhouettes(&silhouette, "segment")?.text().contains("mean of all: 0.8997"));
/// # Ok::<(), Error>(())
/// ```
pub fn silhouettes(table: &DataFrame, segment: &str) -> Result<Figure> {
    let (labels, names) = labels(table, segment)?;
    let values = column::measured(table, "silhouette")?;
    let mut groups: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for (value, label) in values.iter().zip(&labels) {
        groups[*label].extend(value);
    }
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    if known.is_empty() {
        return Err(Error::TooFew {
            what: "customers with a silhouette".into(),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let overall = mean(&known);
    let mut traces = Vec::new();
    let (mut ticks, mut bottom) = (Vec::new(), 0.0);
    for (place, group) in groups.iter_mut().enumerate() {
        group.sort_unstable_by(|a, b| b.total_cmp(a));
        let lines = group.len().clamp(1, MOST_LINES);
        let height = group.len() as f64;
        let heights: Vec<f64> = (0..=lines)
            .map(|i| bottom + height * i as f64 / lines as f64)
            .collect();
        let at = |i: usize| {
            group
                .get((i * group.len() / lines).min(group.len().max(1) - 1))
                .copied()
        };
        let widths: Vec<Option<f64>> = (0..=lines).map(at).collect();
        let zeros = heights.iter().map(|_| Some(0.0));
        let (x, y): (Vec<_>, Vec<_>) = (
            widths.iter().copied().chain(zeros).collect(),
            heights
                .iter()
                .chain(heights.iter().rev())
                .copied()
                .collect(),
        );
        let colour = COLOURS[place % COLOURS.len()];
        traces.push(json!({
            "type": "scatter", "mode": "lines", "name": names[place], "x": x, "y": y,
            "fill": "toself", "fillcolor": colour, "line": {"color": colour, "width": 0.5},
            "hoveron": "fills", "hoverinfo": "name",
        }));
        ticks.push(bottom + height / 2.0);
        bottom += height + known.len() as f64 * 0.02;
    }
    traces.push(json!({
        "type": "scatter", "mode": "lines", "name": "mean of all", "x": [overall, overall],
        "y": [0.0, bottom], "line": {"color": "#222222", "dash": "dash", "width": 1.5},
        "hoverinfo": "name",
    }));
    let below = |group: &Vec<f64>| {
        group.iter().filter(|x| **x < 0.0).count() as f64 / group.len().max(1) as f64
    };
    let middle = |group: &Vec<f64>| {
        let ascending: Vec<f64> = group.iter().rev().copied().collect();
        column::quantile(&ascending, 0.5)
    };
    let data = df!(
        segment => names.iter().map(String::as_str).collect::<Vec<_>>(),
        "n" => groups.iter().map(|group| group.len() as u64).collect::<Vec<_>>(),
        "mean" => groups.iter().map(|group| (!group.is_empty()).then(|| mean(group))).collect::<Vec<_>>(),
        "median" => groups.iter().map(middle).collect::<Vec<_>>(),
        "below_0" => groups.iter().map(below).collect::<Vec<_>>(),
    )?;
    let words = format!(
        "The mean of all: {}. {} of {} customers lie nearer to another segment.",
        short(overall, 4),
        count(known.iter().filter(|x| **x < 0.0).count()),
        count(known.len()),
    );
    Ok(Figure::new(traces, data, words)
        .title("How well each customer lies in the own segment")
        .subtitle("dashed: the mean of all")
        .x_axis("silhouette (1 inside, 0 on the border, below 0 nearer to another segment)")
        .y_axis(segment)
        .with("/layout/yaxis/tickvals", json!(ticks))
        .with("/layout/yaxis/ticktext", json!(names))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/yaxis/showgrid", json!(false)))
}

/// Where do the segments lie?
///
/// A map of the customers along their first two principal components. `segment` names the column of
/// labels; all other columns are the scaled coordinates. Dots are customers (of more than 2,000 as
/// many drawn at random, the same on each run), the line around them the hull of all customers of a
/// segment. A map shows as much as its two components explain: segments that cover each other here
/// may lie apart in another direction. The table behind it: a row for each segment with `n` and the
/// means of `PC1` and `PC2`.
///
/// # Errors
/// [`Error::TooFew`] where there are fewer than two columns of coordinates or two segments, and those
/// of [`Pca`]'s fit.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 1.0, 9.0, 9.0], "y" => [0.0, 1.0, 8.0, 9.0], "segment" => [1, 1, 2, 2])?;
/// assert!(plot::map(&table, "segment")?.text().contains("of the variance"));
/// # Ok::<(), Error>(())
/// ```
pub fn map(table: &DataFrame, segment: &str) -> Result<Figure> {
    let (points, _) = coordinates(table, &[segment])?;
    let (labels, names) = labels(table, segment)?;
    at_least_two(&labels)?;
    if points.dimensions() < 2 {
        return Err(Error::TooFew {
            what: "columns of coordinates".into(),
            found: points.dimensions(),
            expected: "2 or more, for a map".into(),
        });
    }
    let pca = Pca::fit_rows(points.view()?, 2)?;
    let places = scores(&points, &pca);
    let mut groups: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len()];
    for (place, label) in places.iter().zip(&labels) {
        groups[*label].push(*place);
    }
    let numbered: Vec<(f64, usize)> = (0..places.len()).map(|row| (row as f64, row)).collect();
    let mut drawn: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len()];
    for (_, row) in sample(&numbered) {
        drawn[labels[row]].push(places[row]);
    }
    let mut traces: Vec<Value> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let mut hull = hull(&groups[place]);
        hull.extend(hull.first().copied());
        traces.push(json!({
            "type": "scatter", "mode": "lines", "name": format!("hull of {name}"),
            "x": hull.iter().map(|p| p.0).collect::<Vec<_>>(),
            "y": hull.iter().map(|p| p.1).collect::<Vec<_>>(),
            "line": {"color": colour, "width": 1.5}, "hoverinfo": "skip", "showlegend": false,
        }));
        traces.push(json!({
            "type": "scatter", "mode": "markers", "name": format!("{segment} {name}"),
            "x": drawn[place].iter().map(|p| p.0).collect::<Vec<_>>(),
            "y": drawn[place].iter().map(|p| p.1).collect::<Vec<_>>(),
            "marker": {"color": colour, "size": 5, "opacity": 0.55}, "hoverinfo": "name",
        }));
    }
    let mean = |group: &Vec<(f64, f64)>, part: fn(&(f64, f64)) -> f64| {
        group.iter().map(part).sum::<f64>() / group.len() as f64
    };
    let data = df!(
        segment => names.iter().map(String::as_str).collect::<Vec<_>>(),
        "n" => groups.iter().map(|group| group.len() as u64).collect::<Vec<_>>(),
        "PC1" => groups.iter().map(|group| mean(group, |p| p.0)).collect::<Vec<_>>(),
        "PC2" => groups.iter().map(|group| mean(group, |p| p.1)).collect::<Vec<_>>(),
    )?;
    let ratios = pca.ratios();
    let percent = |ratio: f64| short(100.0 * ratio, 3);
    let words = format!(
        "The two directions hold {} % of the variance.",
        percent(ratios.iter().sum())
    );
    let shown: usize = drawn.iter().map(Vec::len).sum();
    let subtitle = match shown == places.len() {
        true => format!("{} customers", count(shown)),
        false => format!(
            "{} of {} customers drawn",
            count(shown),
            count(places.len())
        ),
    };
    Ok(Figure::new(traces, data, String::new())
        .title("Segments along the first two principal components")
        .subtitle(&format!("{subtitle}; lines: hulls of all. {words}"))
        .x_axis(&format!("PC1 ({} % of the variance)", percent(ratios[0])))
        .y_axis(&format!("PC2 ({} % of the variance)", percent(ratios[1])))
        .with("/layout/showlegend", json!(true)))
}

fn scores(points: &Points, pca: &Pca) -> Vec<(f64, f64)> {
    let place = |row: &[f64]| {
        let mut scores = pca.scores(row);
        (scores.next().unwrap_or(0.0), scores.next().unwrap_or(0.0))
    };
    points.rows().map(place).collect()
}

/// The corners of the smallest convex outline, counter-clockwise (Andrew 1979).
fn hull(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let half = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut side: Vec<(f64, f64)> = Vec::new();
        for p in points {
            while let [.., a, b] = side[..] {
                let turn = (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
                if turn > 0.0 {
                    break;
                }
                side.pop();
            }
            side.push(p);
        }
        side.pop();
        side
    };
    let mut corners = half(&mut sorted.iter().copied());
    corners.extend(half(&mut sorted.iter().rev().copied()));
    corners
}

/// Would the same segments come out of other customers?
///
/// A bar for each segment of a [`Stability`]: its mean Jaccard index in the resamples, and between
/// which values 95 % of them lie. The dotted lines are the rules of thumb: stable from 0.75, a
/// pattern from 0.6. The table behind it is [`Stability::tidy`].
///
/// # Errors
/// None that a [`Stability`] of this crate could cause.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 0.3, 9.0, 9.1, 9.2])?;
/// let stability = cluster::Resample::new(20).fit(&table, &Recipe::new(["x"]), &KMeans::params(2))?;
/// assert!(plot::stability(&stability)?.text().contains("segment 1: 1 (1 to 1), stable"));
/// # Ok::<(), Error>(())
/// ```
pub fn stability(stability: &Stability) -> Result<Figure> {
    let data = stability.tidy();
    let read = |name: &str| complete(name, column::numbers(&data, name)?);
    let (segments, jaccard) = (read("segment")?, read("jaccard")?);
    let (lower, upper) = (read("lower")?, read("upper")?);
    let verdicts: Vec<String> = (0..data.height())
        .map(|row| column::label(data.column("verdict")?, row))
        .collect::<Result<_>>()?;
    let colour = |verdict: &String| match verdict.as_str() {
        "stable" => COLOURS[0],
        "a pattern" => COLOURS[1],
        _ => GREY,
    };
    let trace = json!({
        "type": "bar", "x": segments, "y": jaccard, "marker": {"color": verdicts.iter().map(colour).collect::<Vec<_>>()},
        "error_y": {
            "type": "data", "symmetric": false, "color": "#444444", "thickness": 1.2,
            "array": upper.iter().zip(&jaccard).map(|(u, j)| u - j).collect::<Vec<_>>(),
            "arrayminus": jaccard.iter().zip(&lower).map(|(j, l)| j - l).collect::<Vec<_>>(),
        },
        "hovertemplate": "segment %{x}: %{y:.3f}<extra></extra>",
    });
    let line = |y: f64| {
        json!({
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
            "line": {"color": "#444444", "dash": "dot", "width": 1.2},
        })
    };
    let words: Vec<String> = (0..segments.len())
        .map(|row| {
            format!(
                "segment {}: {} ({} to {}), {}",
                segments[row],
                short(jaccard[row], 3),
                short(lower[row], 3),
                short(upper[row], 3),
                verdicts[row]
            )
        })
        .collect();
    Ok(Figure::new(vec![trace], data, words.join("; ") + ".")
        .title("Would the same segments come out of other customers?")
        .subtitle("1: the same customers; lines: 95 % of the resamples; dotted: stable from 0.75, a pattern from 0.6")
        .x_axis("segment")
        .y_axis("mean Jaccard index")
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/yaxis/range", json!([0.0, 1.05]))
        .with("/layout/shapes", json!([line(0.75), line(0.6)])))
}

#[cfg(test)]
mod tests {
    use super::hull;

    #[test]
    fn a_hull_has_the_corners_and_none_inside_or_between() {
        let points = [
            (0.0, 0.0),
            (2.0, 0.0),
            (1.0, 0.0),
            (1.0, 1.0),
            (2.0, 2.0),
            (0.0, 2.0),
        ];
        assert_eq!(
            hull(&points),
            [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
        );
        assert_eq!(hull(&[(1.0, 1.0), (1.0, 1.0)]), [(1.0, 1.0)]);
    }
}
