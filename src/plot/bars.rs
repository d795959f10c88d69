use polars::prelude::*;
use serde_json::{Value, json};

use super::{COLOURS, Figure, GREY};
use crate::table::column;
use crate::table::dictionary;
use crate::table::display::short;
use crate::table::groups::encode;
use crate::{Error, Result};

/// How large is the estimate in each group, and how sure is it?
///
/// A bar for each row of a table of estimates (see [`interval`](crate::stat::interval)): the first
/// column names the groups, `estimate` is the height, `lower` and `upper` the interval where
/// they exist. Bars with a `warning` are grey. The order of the rows is kept.
///
/// # Errors
/// [`Error::NoColumn`] where there is no `estimate`, [`Error::Parameter`] where the table has
/// more than 500 rows.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Response" => [1, 0, 0, 0, 1], "status" => ["a", "a", "a", "a", "b"])?;
/// let rates = interval::rates(&customers, "Response", "status", 0.95)?;
/// let figure = plot::bars(&rates)?.title("Who answers?").y_axis("share who answered");
/// assert!(figure.text().contains("a: 0.25 (0.0456 to 0.699)"));
/// # Ok::<(), Error>(())
/// ```
pub fn bars(table: &DataFrame) -> Result<Figure> {
    let name = match table.columns().first() {
        Some(first) => first.name().to_string(),
        None => "group".to_owned(),
    };
    let groups = labels(table, &name)?;
    let all: Vec<usize> = (0..groups.len()).collect();
    let bars = Bars::of(table, "estimate", &groups)?;
    let warned: Vec<bool> = match table.column("warning") {
        Ok(warning) => warning
            .is_not_null()
            .iter()
            .map(|w| w == Some(true))
            .collect(),
        Err(_) => vec![false; groups.len()],
    };
    let colours: Vec<&str> = warned
        .iter()
        .map(|warned| if *warned { GREY } else { COLOURS[0] })
        .collect();
    let mut trace = bars.trace(&all);
    trace["marker"] = json!({"color": colours});
    let mut subtitle = bars.subtitle();
    if warned.contains(&true) {
        subtitle.push("grey: too few customers to be trusted");
    }
    let words: Vec<String> = all.iter().map(|row| bars.words(*row)).collect();
    let figure = Figure::new(vec![trace], table.clone(), words.join("; ") + ".")
        .title(&format!("Estimate by {name}"))
        .subtitle(&subtitle.join("; "))
        .x_axis(&dictionary::name(&name))
        .y_axis("estimate");
    Ok(figure.with("/layout/xaxis/type", json!("category")))
}

/// How do several series compare, group by group?
///
/// `groups` is the column along the axis, `series` the one that colours the bars, `value` the
/// height; `lower` and `upper` give intervals where they exist. The order of the rows is kept.
///
/// # Errors
/// [`Error::NoColumn`] and [`Error::WrongType`] for each of the three columns, and
/// [`Error::Parameter`] where the table has more than 500 rows.
///
/// ```
/// use segmenta::prelude::*;
///
/// let shares = df!(
///     "age" => ["young", "old", "young", "old"], "share of" => ["customers", "customers", "sales", "sales"],
///     "share" => [0.6, 0.4, 0.3, 0.7],
/// )?;
/// let figure = plot::grouped_bars(&shares, "age", "share of", "share")?;
/// assert!(figure.text().contains("sales, old: 0.7"));
/// # Ok::<(), Error>(())
/// ```
pub fn grouped_bars(table: &DataFrame, groups: &str, series: &str, value: &str) -> Result<Figure> {
    let names = labels(table, groups)?;
    let bars = Bars::of(table, value, &names)?;
    let encoded = encode(column::find(table, series)?)?;
    let (series_names, members) = encoded.split_all(0..table.height());
    // The series stand in the order of the table, not of the alphabet.
    let mut parts: Vec<(Option<String>, Vec<usize>)> =
        series_names.into_iter().zip(members).collect();
    parts.sort_by_key(|(_, rows)| rows.first().copied());
    let (mut traces, mut words) = (Vec::new(), Vec::new());
    for (i, (name, rows)) in parts.iter().enumerate() {
        let name = name.clone().unwrap_or_else(|| NOBODY.into());
        let mut trace = bars.trace(rows);
        trace["name"] = json!(name);
        trace["marker"] = json!({"color": COLOURS[i % COLOURS.len()]});
        traces.push(trace);
        words.extend(
            rows.iter()
                .map(|row| format!("{name}, {}", bars.words(*row))),
        );
    }
    let figure = Figure::new(traces, table.clone(), words.join("; ") + ".")
        .title(&format!("{value} by {groups} and {series}"))
        .subtitle(&bars.subtitle().join("; "))
        .x_axis(&dictionary::name(groups))
        .y_axis(value);
    Ok(figure
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/barmode", json!("group"))
        .with("/layout/showlegend", json!(true))
        .with(
            "/layout/legend",
            json!({"title": {"text": dictionary::name(series)}}),
        ))
}

/// How rows without a name are called.
const NOBODY: &str = "(none)";

/// Bars at most: a reader can compare no more, and a page should stay small.
const MOST_BARS: usize = 500;

fn labels(table: &DataFrame, name: &str) -> Result<Vec<String>> {
    if table.height() > MOST_BARS {
        return Err(Error::Parameter {
            name: "table",
            value: format!("one with {} rows", table.height()),
            expected: format!("{MOST_BARS} bars at most"),
        });
    }
    let column = column::find(table, name)?;
    (0..table.height())
        .map(|row| match column.get(row)? {
            AnyValue::Null => Ok(NOBODY.to_owned()),
            _ => column::label(column, row),
        })
        .collect()
}

struct Bars<'a> {
    groups: &'a [String],
    heights: Vec<Option<f64>>,
    ends: Option<Ends>,
}

struct Ends {
    lower: Vec<Option<f64>>,
    upper: Vec<Option<f64>>,
}

impl<'a> Bars<'a> {
    fn of(table: &DataFrame, value: &str, groups: &'a [String]) -> Result<Self> {
        let ends = match (table.column("lower"), table.column("upper")) {
            (Ok(_), Ok(_)) => Some(Ends {
                lower: column::numbers(table, "lower")?,
                upper: column::numbers(table, "upper")?,
            }),
            _ => None,
        };
        Ok(Bars {
            groups,
            heights: column::numbers(table, value)?,
            ends,
        })
    }

    fn trace(&self, rows: &[usize]) -> Value {
        let pick = |values: &Vec<Option<f64>>| rows.iter().map(|row| values[*row]).collect();
        let heights: Vec<Option<f64>> = pick(&self.heights);
        let hover: Vec<String> = rows.iter().map(|row| self.words(*row)).collect();
        let mut trace = json!({
            "type": "bar",
            "x": rows.iter().map(|row| &self.groups[*row]).collect::<Vec<_>>(),
            "y": heights,
            "hovertext": hover,
            "hoverinfo": "text",
        });
        if let Some(Ends { lower, upper }) = &self.ends {
            let away = |ends: &Vec<Option<f64>>| -> Vec<Option<f64>> {
                let ends: Vec<Option<f64>> = pick(ends);
                let pairs = ends.iter().zip(&heights);
                pairs
                    .map(|(end, height)| Some(((*end)? - (*height)?).abs()))
                    .collect()
            };
            trace["error_y"] = json!({
                "type": "data", "symmetric": false, "array": away(upper), "arrayminus": away(lower),
                "color": "#222222", "thickness": 1.5, "width": 6,
            });
        }
        trace
    }

    fn words(&self, row: usize) -> String {
        let number = |x: f64| short(x, 3);
        let group = &self.groups[row];
        let Some(height) = self.heights[row] else {
            return format!("{group}: no value");
        };
        let ends = self.ends.as_ref();
        match ends.and_then(|ends| Some((ends.lower[row]?, ends.upper[row]?))) {
            Some((lower, upper)) => format!(
                "{group}: {} ({} to {})",
                number(height),
                number(lower),
                number(upper)
            ),
            None => format!("{group}: {}", number(height)),
        }
    }

    fn subtitle(&self) -> Vec<&'static str> {
        match self.ends {
            Some(_) => vec!["the thin lines are the intervals"],
            None => Vec::new(),
        }
    }
}
