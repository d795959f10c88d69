//! Who goes where, and what answers rest on, in pictures.

use polars::prelude::*;
use serde_json::{Value, json};

use super::{COLOURS, Figure, GREY};
use crate::movement::one_step;
use crate::table::column;
use crate::table::display::count;
use crate::table::points::complete;
use crate::{Error, Result};

/// From, to and how many, row by row, and the states in the order of the table.
struct Cells {
    from: Vec<String>,
    to: Vec<String>,
    customers: Vec<f64>,
    rows: Vec<String>,
    columns: Vec<String>,
}

impl Cells {
    fn of(table: &DataFrame) -> Result<Self> {
        let (from, to) = (column::labels(table, "from")?, column::labels(table, "to")?);
        let customers = column::measured(table, "customers")?;
        let different = |of: &[String]| {
            let mut names: Vec<String> = Vec::new();
            for name in of {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            names
        };
        Ok(Cells {
            rows: different(&from),
            columns: different(&to),
            customers: customers
                .into_iter()
                .map(|customers| customers.unwrap_or(0.0))
                .collect(),
            from,
            to,
        })
    }

    /// How many went from one state to another.
    fn sum(&self, from: &str, to: &str) -> f64 {
        let rows =
            (0..self.from.len()).filter(|row| self.from[*row] == from && self.to[*row] == to);
        rows.map(|row| self.customers[row]).sum()
    }
}

/// How many go from each segment to each other?
///
/// From a table with `from`, `to` and `customers`, such as a step of
/// [`Movement::tidy`](crate::movement::Movement::tidy) or published figures: a row for each state before, a column
/// for each after, the customers written in, and as the colour their share of the row. The table is behind the
/// picture too.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where the table has more than one `step`.
///
/// ```
/// use segmenta::prelude::*;
///
/// let moves = df!("from" => ["1", "1", "2", "2"], "to" => ["1", "2", "1", "2"], "customers" => [80, 20, 5, 45])?;
/// assert!(plot::transitions(&moves)?.text().contains("Of those in 1, 80.0 % stay"));
/// # Ok::<(), Error>(())
/// ```
pub fn transitions(table: &DataFrame) -> Result<Figure> {
    one_step(table)?;
    let cells = Cells::of(table)?;
    let (mut shares, mut text, mut hover) = (Vec::new(), Vec::new(), Vec::new());
    let mut told = Vec::new();
    for from in &cells.rows {
        let own: Vec<f64> = cells.columns.iter().map(|to| cells.sum(from, to)).collect();
        let all: f64 = own.iter().sum();
        let share = |own: &f64| (all > 0.0).then(|| own / all);
        if let (true, Some(place)) = (all > 0.0, cells.columns.iter().position(|to| to == from)) {
            told.push(format!(
                "Of those in {from}, {:.1} % stay",
                100.0 * own[place] / all
            ));
        }
        hover.push(
            own.iter()
                .zip(&cells.columns)
                .map(|(own, to)| {
                    let share = share(own)
                        .map_or(String::new(), |share| format!(" ({:.1} %)", 100.0 * share));
                    format!("from {from} to {to}: {}{share}", count(*own as usize))
                })
                .collect::<Vec<_>>(),
        );
        text.push(
            own.iter()
                .map(|own| count(*own as usize))
                .collect::<Vec<_>>(),
        );
        shares.push(own.iter().map(share).collect::<Vec<_>>());
    }
    let heat = json!({
        "type": "heatmap", "x": cells.columns, "y": cells.rows, "z": shares, "text": text, "hovertext": hover,
        "hoverinfo": "text", "texttemplate": "%{text}", "xgap": 2, "ygap": 2, "zmin": 0, "zmax": 1,
        "colorscale": [[0, "#ffffff"], [1, COLOURS[0]]],
        "colorbar": {"title": {"text": "of the row"}, "tickformat": ".0%"},
    });
    let words = match told.is_empty() {
        true => "Nobody is where they were.".to_owned(),
        false => told.join("; ") + ".",
    };
    Ok(Figure::new(vec![heat], table.clone(), words)
        .title("How many go from each segment to each other?")
        .subtitle("customers; the colour is their share of the row")
        .x_axis("segment after")
        .y_axis("segment before")
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/yaxis/type", json!("category"))
        .with("/layout/yaxis/autorange", json!("reversed")))
}

/// Where do the customers flow, period after period?
///
/// From the table of [`Movement::tidy`](crate::movement::Movement::tidy), all its steps: a column of segments for
/// each period, bands for who went from one to another, grey for who came and who left. The table is behind the
/// picture too.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`], [`Error::Value`] where a `step` is missing.
///
/// ```
/// use segmenta::prelude::*;
///
/// let moves = df!("from" => ["1", "new"], "to" => ["1", "1"], "customers" => [80, 20])?;
/// assert!(plot::flows(&moves)?.text().contains("in step 1 80 of 100 go from 1 to 1"));
/// # Ok::<(), Error>(())
/// ```
pub fn flows(table: &DataFrame) -> Result<Figure> {
    let cells = Cells::of(table)?;
    // Steps count from 1, whatever they are called.
    let steps: Vec<usize> = match table.column("step") {
        Ok(_) => {
            let numbers = complete("step", column::measured(table, "step")?)?;
            let sorted = column::sorted(numbers.iter().copied().map(Some));
            let mut kinds = sorted.clone();
            kinds.dedup();
            numbers
                .iter()
                .map(|step| kinds.partition_point(|kind| kind < step) + 1)
                .collect()
        }
        Err(_) => vec![1; table.height()],
    };
    let of_step = |step: usize| -> f64 {
        let own = steps
            .iter()
            .zip(&cells.customers)
            .filter(|(other, _)| **other == step);
        own.map(|(_, customers)| customers).sum()
    };
    let mut states: Vec<&String> = Vec::new();
    for state in cells.rows.iter().chain(&cells.columns) {
        if !states.contains(&state) {
            states.push(state);
        }
    }
    let mut nodes: Vec<(usize, &str)> = Vec::new();
    let mut node = |period: usize, state: &'_ str| -> usize {
        let place = states.iter().position(|own| *own == state).unwrap_or(0);
        let own = (period, states[place].as_str());
        nodes
            .iter()
            .position(|other| *other == own)
            .unwrap_or_else(|| {
                nodes.push(own);
                nodes.len() - 1
            })
    };
    let (mut source, mut target, mut value) = (Vec::new(), Vec::new(), Vec::new());
    let mut largest: Option<(f64, String)> = None;
    for (row, step) in steps.iter().copied().enumerate() {
        let customers = cells.customers[row];
        if customers <= 0.0 {
            continue;
        }
        source.push(node(step, &cells.from[row]));
        target.push(node(step + 1, &cells.to[row]));
        value.push(customers);
        if largest.as_ref().is_none_or(|(most, _)| customers > *most) {
            let words = format!(
                "The widest band: in step {step} {} of {} go from {} to {}.",
                count(customers as usize),
                count(of_step(step) as usize),
                cells.from[row],
                cells.to[row]
            );
            largest = Some((customers, words));
        }
    }
    let colour = |state: &str| {
        let known: Vec<&&String> = states
            .iter()
            .filter(|own| !["new", "gone"].contains(&own.as_str()))
            .collect();
        match known.iter().position(|own| own.as_str() == state) {
            Some(place) => COLOURS[place % COLOURS.len()],
            None => GREY,
        }
    };
    let pale = |colour: &str| -> String {
        let part = |at: usize| u8::from_str_radix(&colour[at..at + 2], 16).unwrap_or(128);
        format!("rgba({},{},{},0.35)", part(1), part(3), part(5))
    };
    let bands: Vec<String> = source
        .iter()
        .map(|place: &usize| pale(colour(nodes[*place].1)))
        .collect();
    // Each period is a column, its segments in their order, as high as they have customers.
    let mut size = vec![(0.0, 0.0); nodes.len()];
    for ((source, target), value) in source.iter().zip(&target).zip(&value) {
        size[*source].1 += value;
        size[*target].0 += value;
    }
    let height = |place: usize| f64::max(size[place].0, size[place].1);
    let periods = nodes.iter().map(|node| node.0).max().unwrap_or(1);
    let across = |period: usize| 0.02 + 0.96 * (period - 1) as f64 / (periods.max(2) - 1) as f64;
    let order = |state: &str| states.iter().position(|own| own.as_str() == state);
    let mut down = vec![0.5; nodes.len()];
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); periods];
    (0..nodes.len()).for_each(|place| columns[nodes[place].0 - 1].push(place));
    let sum = |column: &Vec<usize>| column.iter().map(|place| height(*place)).sum::<f64>();
    let highest = columns.iter().map(sum).fold(1.0, f64::max);
    for column in &mut columns {
        column.sort_by_key(|place| order(nodes[*place].1));
        let gap = 0.2 / column.len().max(1) as f64;
        let mut top = 0.01;
        for place in column {
            let share = 0.78 * height(*place) / highest;
            down[*place] = top + share / 2.0;
            top += share + gap;
        }
    }
    let names: Vec<Value> = (1..=periods)
        .map(|period| {
            json!({
                "text": format!("period {period}"), "x": across(period), "y": -0.02, "xref": "paper", "yref": "paper",
                "showarrow": false, "yanchor": "top", "font": {"color": "#555555"},
            })
        })
        .collect();
    let trace = json!({
        "type": "sankey", "arrangement": "fixed",
        "node": {
            "label": nodes.iter().map(|(_, state)| state).collect::<Vec<_>>(),
            "color": nodes.iter().map(|(_, state)| colour(state)).collect::<Vec<_>>(),
            "customdata": nodes.iter().map(|(period, state)| format!("{state} in period {period}")).collect::<Vec<_>>(),
            "hovertemplate": "%{customdata}: %{value:,} customers<extra></extra>",
            "x": nodes.iter().map(|(period, _)| across(*period)).collect::<Vec<_>>(), "y": down,
            "pad": 14, "thickness": 16, "line": {"width": 0},
        },
        "link": {
            "source": source, "target": target, "value": value, "color": bands,
            "hovertemplate": "from %{source.label} to %{target.label}: %{value:,} customers<extra></extra>",
        },
    });
    let words = largest.map_or("Nobody is there.".to_owned(), |(_, words)| words);
    Ok(Figure::new(vec![trace], table.clone(), words)
        .title("Where do the customers flow?")
        .subtitle("a column for each period; grey: who came and who left")
        .with("/layout/annotations", json!(names))
        .with("/layout/height", json!(480)))
}

/// What do the answers rest on?
///
/// A bar for each row of [`Classifier::importance`](crate::predict::Classifier::importance) (`value` is `drop`) or
/// of [`Classifier::tidy`](crate::predict::Classifier::tidy) (`impurity`), or of published figures with a `column`
/// and their value; `lower` and `upper` give intervals where they exist. The table is behind the picture too.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where there are more than 60 rows.
///
/// ```
/// use segmenta::prelude::*;
///
/// let published = df!("column" => ["order_size", "visits"], "impurity" => [0.24, 0.08])?;
/// assert!(plot::importance(&published, "impurity")?.text().contains("order_size: 0.24"));
/// # Ok::<(), Error>(())
/// ```
pub fn importance(table: &DataFrame, value: &str) -> Result<Figure> {
    const MOST: usize = 60;
    if table.height() > MOST {
        return Err(Error::Parameter {
            name: "table",
            value: format!("{} rows", table.height()),
            expected: format!("{MOST} at most, as in .head(Some({MOST}))"),
        });
    }
    let name = if table.column("columns").is_ok() {
        "columns"
    } else {
        "column"
    };
    let names = column::labels(table, name)?;
    let values = column::measured(table, value)?;
    let mut trace = json!({
        "type": "bar", "orientation": "h", "y": names, "x": values,
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>", "marker": {"color": COLOURS[0]},
    });
    if let (Ok(_), Ok(_)) = (table.column("lower"), table.column("upper")) {
        let away = |end: &str| -> Result<Vec<Option<f64>>> {
            let ends = column::measured(table, end)?;
            Ok(ends
                .into_iter()
                .zip(&values)
                .map(|(end, value)| Some((end? - (*value)?).abs()))
                .collect())
        };
        trace["error_x"] = json!({
            "type": "data", "symmetric": false, "array": away("upper")?, "arrayminus": away("lower")?,
            "color": "#222222", "thickness": 1.5, "width": 4,
        });
    }
    let told: Vec<String> = names
        .iter()
        .zip(&values)
        .take(3)
        .map(|(name, value)| match value {
            Some(value) => format!("{name}: {value:.2}"),
            None => format!("{name}: nothing"),
        })
        .collect();
    let axis = match value {
        "drop" => "drop of the accuracy when it is shuffled",
        "impurity" => "share of what the leaves became purer",
        other => other,
    };
    let traces: Vec<Value> = vec![trace];
    Ok(Figure::new(
        traces,
        table.clone(),
        format!("The heaviest: {}.", told.join("; ")),
    )
    .title("What do the answers rest on?")
    .x_axis(axis)
    .with("/layout/height", json!(180 + 24 * names.len().max(6)))
    .with("/layout/yaxis/autorange", json!("reversed"))
    .with("/layout/yaxis/type", json!("category")))
}
