use polars::prelude::*;
use serde_json::{Value, json};

use super::scatter::sample;
use super::{COLOURS, Figure};
use crate::table::column::{self, quantile};
use crate::table::dictionary;
use crate::table::display::{count, short};
use crate::table::groups::By;
use crate::{Error, Result};

/// In what do the segments differ from everybody?
///
/// A line for each segment across the columns: the median of its customers, where each column is
/// standardised over all (so that 0 is the mean of all customers, and 1 a standard deviation above).
/// The table behind it has a row for each segment and column: the segment, `column`, `median` in the
/// column's unit and `standardised`.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`], and [`Error::Parameter`] where there
/// are more than 100 segments.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => ["a", "a", "b", "b"], "spend" => [0.0, 0.0, 2.0, 2.0])?;
/// let figure = plot::parallel(&customers, "segment", ["spend"])?;
/// assert!(figure.text().contains("b: highest in spend (1)"));
/// # Ok::<(), Error>(())
/// ```
pub fn parallel<'a>(
    table: &DataFrame,
    segment: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<Figure> {
    let groups = By::from(segment).groups(table)?;
    let names: Vec<&str> = columns.into_iter().collect();
    let mut lines: Vec<Vec<(Option<f64>, Option<f64>)>> = vec![Vec::new(); groups.labels.len()];
    for name in &names {
        let values = column::measured(table, name)?;
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let squares: f64 = known.iter().map(|x| (x - mean).powi(2)).sum();
        let sd = (squares / known.len() as f64).sqrt();
        let (parts, _) = groups.split(values);
        for (line, part) in lines.iter_mut().zip(parts) {
            let median = quantile(&column::sorted(part), 0.5);
            let standardised = median.map(|median| (median - mean) / sd);
            line.push((median, standardised.filter(|z| z.is_finite())));
        }
    }
    let traces = groups.labels.iter().zip(&lines).enumerate().map(|(place, (label, line))| {
        json!({
            "type": "scatter", "mode": "lines+markers", "name": label, "x": names,
            "y": line.iter().map(|point| point.1).collect::<Vec<_>>(),
            "line": {"color": COLOURS[place % COLOURS.len()], "width": 2},
            "marker": {"size": 8, "symbol": place % 8},
            "customdata": line.iter().map(|point| point.0).collect::<Vec<_>>(),
            "hovertemplate": format!("{label}, %{{x}}: median %{{customdata:,.4~g}} (%{{y:.2f}} sd)<extra></extra>"),
        })
    });
    let traces: Vec<Value> = traces.collect();
    let told = groups.labels.iter().zip(&lines).map(|(label, line)| {
        let known = names
            .iter()
            .zip(line)
            .filter_map(|(name, point)| Some((*name, point.1?)));
        let known: Vec<(&str, f64)> = known.collect();
        let pick = |better: fn(f64, f64) -> bool| {
            let best = known
                .iter()
                .reduce(|best, x| if better(x.1, best.1) { x } else { best });
            best.map_or("nothing".to_owned(), |(name, z)| {
                format!("{name} ({})", short(*z, 3))
            })
        };
        format!(
            "{label}: highest in {}, lowest in {}",
            pick(|a, b| a > b),
            pick(|a, b| a < b)
        )
    });
    let words = told.collect::<Vec<_>>().join("; ") + ".";
    let labels = groups
        .labels
        .iter()
        .flat_map(|label| vec![label.as_str(); names.len()]);
    let data = df!(
        segment => labels.collect::<Vec<_>>(),
        "column" => vec![names.clone(); groups.labels.len()].concat(),
        "median" => lines.iter().flatten().map(|point| point.0).collect::<Vec<_>>(),
        "standardised" => lines.iter().flatten().map(|point| point.1).collect::<Vec<_>>(),
    )?;
    Ok(Figure::new(traces, data, words)
        .title("Who the segments are: medians, standardised")
        .subtitle("0: the mean of all customers; 1: a standard deviation above it")
        .x_axis("column")
        .y_axis("median (standard deviations)")
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/height", json!(480))
        .with("/layout/showlegend", json!(true))
        .with("/layout/legend", below())
        .with("/layout/margin/b", json!(100)))
}

/// In which columns does a segment have more or less than all customers?
///
/// A square for each segment and column of [`personality::profile`](crate::personality::profile), with
/// its lift: blue below 1, orange above, as strong for a half as for the double.
///
/// # Errors
/// [`Error::NoColumn`] where the table is no profile, [`Error::TooFew`] where it is empty.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2, 2], "spend" => [1.0, 3.0, 5.0, 7.0])?;
/// let profile = personality::profile(&customers, "segment", ["spend"])?;
/// assert!(plot::lifts(&profile)?.text().contains("2, spend: 1.5"));
/// # Ok::<(), Error>(())
/// ```
pub fn lifts(profile: &DataFrame) -> Result<Figure> {
    if profile.height() == 0 || profile.width() == 0 {
        return Err(Error::TooFew {
            what: "rows of the profile".into(),
            found: 0,
            expected: "1 or more".into(),
        });
    }
    let segment = profile.columns()[0].name().to_string();
    let segments = column::labels(profile, &segment)?;
    let columns = column::labels(profile, "column")?;
    let lifts = column::numbers(profile, "lift")?;
    let kinds = |names: &[String]| {
        let mut kinds: Vec<String> = Vec::new();
        for name in names {
            if !kinds.contains(name) {
                kinds.push(name.clone());
            }
        }
        kinds
    };
    let (across, down) = (kinds(&segments), kinds(&columns));
    let lift = |column: &String, segment: &String| {
        let mut rows = segments.iter().zip(&columns);
        let row = rows.position(|(s, c)| s == segment && c == column)?;
        lifts[row]
    };
    let grid = |change: &dyn Fn(f64) -> f64| -> Vec<Vec<Option<f64>>> {
        let line = |column: &String| across.iter().map(|s| lift(column, s).map(change)).collect();
        down.iter().map(line).collect()
    };
    // A lift of 0 would be infinitely far below; a tenth is as dark as it gets.
    let colours = grid(&|lift| lift.max(0.1).log2());
    let text: Vec<Vec<String>> = grid(&|lift| lift)
        .iter()
        .map(|line| {
            line.iter()
                .map(|x| x.map_or(String::new(), |x| format!("{x:.2}")))
                .collect()
        })
        .collect();
    let heat = json!({
        "type": "heatmap", "x": across, "y": down, "z": colours, "zmin": -2, "zmax": 2,
        "colorscale": [[0, "#0072B2"], [0.5, "#ffffff"], [1, "#D55E00"]],
        "text": text, "texttemplate": "%{text}", "xgap": 1, "ygap": 1,
        "hovertemplate": "%{x}, %{y}: %{text} times all customers<extra></extra>",
        "colorbar": {
            "title": {"text": "lift"}, "tickvals": [-2, -1, 0, 1, 2],
            "ticktext": ["1/4", "1/2", "1", "2", "4"],
        },
    });
    let mut strongest: Vec<(f64, usize)> = (0..lifts.len())
        .filter_map(|row| Some((lifts[row]?, row)))
        .collect();
    let far = |lift: f64| lift.max(1e-9).ln().abs();
    strongest.sort_by(|a, b| far(b.0).total_cmp(&far(a.0)).then(a.1.cmp(&b.1)));
    let told = strongest
        .iter()
        .take(5)
        .map(|(lift, row)| format!("{}, {}: {}", segments[*row], columns[*row], short(*lift, 3)));
    let words = format!(
        "Farthest from all customers: {}.",
        told.collect::<Vec<_>>().join("; ")
    );
    let height = 220 + 28 * down.len().max(6);
    Ok(Figure::new(vec![heat], profile.clone(), words)
        .title("How much more or less than all customers?")
        .subtitle("lift: the segment's mean over that of all; 1 is like everybody")
        .x_axis(&segment)
        .y_axis("column")
        .with("/layout/height", json!(height))
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/yaxis/type", json!("category"))
        .with("/layout/yaxis/autorange", json!("reversed")))
}

/// How do two columns go together in each segment?
///
/// A dot for each customer in the colour of the segment (of more than 2,000 as many drawn at random,
/// the same on each run), and a large mark at the medians of each segment. A few customers far outside of
/// all others are left out of the picture, and counted below its title. The table behind it: the
/// segment, `n` with both values, and the medians under the columns' names.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`], and [`Error::Parameter`] where there
/// are more than 100 segments or two of the three columns are the same.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("segment" => [1, 1, 2], "Income" => [1.0, 3.0, 9.0], "spend" => [0.0, 1.0, 7.0])?;
/// let figure = plot::scatter_by(&customers, "Income", "spend", "segment")?;
/// assert!(figure.text().contains("1: medians 2 and 0.5 of 2 customers"));
/// # Ok::<(), Error>(())
/// ```
pub fn scatter_by(table: &DataFrame, x: &str, y: &str, segment: &str) -> Result<Figure> {
    if x == y || x == segment || y == segment {
        return Err(Error::Parameter {
            name: "x, y and segment",
            value: format!("{x}, {y} and {segment}"),
            expected: "three different columns".into(),
        });
    }
    let groups = By::from(segment).groups(table)?;
    let pairs = column::measured(table, x)?
        .into_iter()
        .zip(column::measured(table, y)?);
    let (parts, _) = groups.split(pairs.map(|(x, y)| Some((x?, y?))));
    let parts: Vec<Vec<(f64, f64)>> = parts
        .into_iter()
        .map(|part| part.into_iter().flatten().collect())
        .collect();
    let numbered: Vec<(f64, (usize, f64))> = parts
        .iter()
        .enumerate()
        .flat_map(|(place, part)| part.iter().map(move |(x, y)| (*x, (place, *y))))
        .collect();
    let drawn = sample(&numbered);
    let median = |part: &Vec<(f64, f64)>, of: fn(&(f64, f64)) -> f64| {
        quantile(&column::sorted(part.iter().map(|pair| Some(of(pair)))), 0.5)
    };
    let across: Vec<Option<f64>> = parts.iter().map(|part| median(part, |p| p.0)).collect();
    let up: Vec<Option<f64>> = parts.iter().map(|part| median(part, |p| p.1)).collect();
    let hover = |who: &str| {
        format!(
            "{who}<br>{}: %{{x:,.6~g}}<br>{}: %{{y:,.6~g}}<extra></extra>",
            dictionary::name(x),
            dictionary::name(y)
        )
    };
    let mut traces: Vec<Value> = Vec::new();
    for (place, label) in groups.labels.iter().enumerate() {
        let own: Vec<(f64, f64)> = drawn
            .iter()
            .filter(|(_, (of, _))| *of == place)
            .map(|(x, (_, y))| (*x, *y))
            .collect();
        traces.push(json!({
            "type": "scatter", "mode": "markers", "name": label,
            "hovertemplate": hover(&format!("a customer of {label}")),
            "x": own.iter().map(|p| p.0).collect::<Vec<_>>(),
            "y": own.iter().map(|p| p.1).collect::<Vec<_>>(),
            "marker": {"color": COLOURS[place % COLOURS.len()], "size": 5, "opacity": 0.5},
        }));
    }
    for (place, label) in groups.labels.iter().enumerate() {
        traces.push(json!({
            "type": "scatter", "mode": "markers", "name": format!("median of {label}"),
            "x": [across[place]], "y": [up[place]], "showlegend": false,
            "hovertemplate": hover(&format!("median of {label}")),
            "marker": {
                "color": COLOURS[place % COLOURS.len()], "size": 17, "symbol": place % 8,
                "line": {"color": "#222222", "width": 2},
            },
        }));
    }
    let number = |x: Option<f64>| x.map_or("none".to_owned(), |x| short(x, 4));
    let told = (0..parts.len()).map(|place| {
        format!(
            "{}: medians {} and {} of {} customers",
            groups.labels[place],
            number(across[place]),
            number(up[place]),
            count(parts[place].len())
        )
    });
    let words = told.collect::<Vec<_>>().join("; ") + ".";
    let data = df!(
        segment => &groups.labels,
        "n" => parts.iter().map(|part| part.len() as u64).collect::<Vec<_>>(),
        x => across,
        y => up,
    )?;
    let all = || parts.iter().flatten();
    let (left, right) = most_of(all().map(|pair| pair.0));
    let (bottom, top) = most_of(all().map(|pair| pair.1));
    let beyond = all()
        .filter(|(x, y)| !(left..=right).contains(x) || !(bottom..=top).contains(y))
        .count();
    let shown = match drawn.len() == numbered.len() {
        true => format!("{} customers", count(drawn.len())),
        false => format!(
            "{} of {} customers drawn",
            count(drawn.len()),
            count(numbered.len())
        ),
    };
    Ok(Figure::new(traces, data, words)
        .title(&format!("{y} against {x}, by {segment}"))
        .subtitle(&match beyond {
            0 => format!("{shown}; large marks: the medians of each segment"),
            far => format!(
                "{shown}; large marks: the medians of each segment; {} far out are not in the picture",
                count(far)
            ),
        })
        .x_axis(&dictionary::name(x))
        .y_axis(&dictionary::name(y))
        .with("/layout/xaxis/range", json!([left, right]))
        .with("/layout/yaxis/range", json!([bottom, top]))
        .with("/layout/height", json!(500))
        .with("/layout/showlegend", json!(true))
        .with("/layout/legend", below())
        .with("/layout/margin/b", json!(100)))
}

/// Where nearly all values lie: a few far ones would press all others into a corner. Those within
/// three times the width of the middle 98 % are in.
fn most_of(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let sorted = column::sorted(values.map(Some));
    let at = |share| quantile(&sorted, share).unwrap_or(0.0);
    let (low, high) = (at(0.01), at(0.99));
    let reach = if high > low { high - low } else { 1.0 };
    let inside = |x: &&f64| (low - reach..=high + reach).contains(*x);
    let first = sorted.iter().find(inside).copied().unwrap_or(low);
    let last = sorted.iter().rev().find(inside).copied().unwrap_or(high);
    let room = (last - first).max(reach * 1e-3) * 0.03;
    (first - room, last + room)
}

/// A legend that long names have room in.
pub(super) fn below() -> Value {
    json!({"orientation": "h", "x": 0, "y": 0.01, "yanchor": "bottom", "yref": "container"})
}
