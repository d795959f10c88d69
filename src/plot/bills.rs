use polars::prelude::*;
use serde_json::json;

use super::{COLOURS, Figure, GREY};
use crate::Result;
use crate::table::display::{count, plain, short};
use crate::table::{calendar, column};

/// When does the money come in, and when are bills missing?
///
/// From bills with `time` and `amount`, the amount of each week, its Monday below; shaded are the stretches of
/// [`quality::gaps`](crate::data::quality::gaps). The table behind it: `week`, `bills`, `amount`.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let time: Vec<i64> = (0..70i64).filter(|day| !(28..49).contains(day)).map(|day| day * 86_400_000).collect();
/// let bills = df!("amount" => vec![5.0; time.len()], "time" => time)?.lazy()
///     .with_column(col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None))).collect()?;
/// let figure = plot::sales(&bills, &quality::gaps(&bills)?)?;
/// assert!(figure.text().contains("49 bills, 245 in all"));
/// # Ok::<(), Error>(())
/// ```
pub fn sales(bills: &DataFrame, gaps: &DataFrame) -> Result<Figure> {
    let days = calendar::day_numbers(bills, "time")?;
    let amounts = column::numbers(bills, "amount")?;
    // 1970-01-01 was a Thursday: Mondays are three days before.
    let week = |day: i32| (day + 3).div_euclid(7);
    let first = days.iter().flatten().min().map_or(0, |day| week(*day));
    let last = days.iter().flatten().max().map_or(0, |day| week(*day));
    let weeks = if days.iter().any(Option::is_some) {
        (last - first + 1) as usize
    } else {
        0
    };
    let (mut n, mut sums) = (vec![0u64; weeks], vec![0.0; weeks]);
    for (day, amount) in days.iter().zip(&amounts) {
        if let Some(day) = day {
            let place = (week(*day) - first) as usize;
            n[place] += 1;
            sums[place] += amount.unwrap_or(0.0);
        }
    }
    let mondays: Vec<i32> = (0..weeks as i32)
        .map(|place| (first + place) * 7 - 3)
        .collect();
    let shown: Vec<String> = mondays.iter().map(|day| date(*day)).collect();
    let trace = json!({
        "type": "scatter", "mode": "lines", "x": shown, "y": sums, "fill": "tozeroy",
        "line": {"color": COLOURS[0], "width": 2, "shape": "hv"},
        "customdata": n,
        "hovertemplate": "week of %{x}: %{y:,.0f}, %{customdata:,} bills<extra></extra>",
    });
    let ends = |name: &str| -> Result<Vec<i32>> {
        let days = column::find(gaps, name)?
            .cast(&DataType::Date)?
            .cast(&DataType::Int32)?;
        Ok(days.i32()?.iter().flatten().collect())
    };
    let gaps: Vec<(i32, i32)> = ends("from")?.into_iter().zip(ends("to")?).collect();
    let shapes: Vec<_> = gaps
        .iter()
        .map(|(from, to)| {
            json!({
                "type": "rect", "xref": "x", "yref": "paper", "x0": date(*from), "x1": date(to + 1),
                "y0": 0, "y1": 1, "fillcolor": COLOURS[3], "opacity": 0.2, "line": {"width": 0},
            })
        })
        .collect();
    let missing: Vec<String> = gaps
        .iter()
        .map(|(from, to)| format!("{} to {} ({} days)", date(*from), date(*to), to - from + 1))
        .collect();
    let words = format!(
        "{} bills, {} in all. Bills are missing: {}.",
        count(n.iter().sum::<u64>() as usize),
        short(sums.iter().sum(), 6),
        if missing.is_empty() {
            "at no time".to_owned()
        } else {
            missing.join("; ")
        },
    );
    let data = df!(
        "week" => calendar::days(mondays)?,
        "bills" => n,
        "amount" => sums,
    )?;
    Ok(Figure::new(vec![trace], data, words)
        .title("When does the money come in?")
        .subtitle("amount of each week; shaded: no bills, where there should be some")
        .x_axis("week")
        .y_axis("amount (money of the file)")
        .with("/layout/shapes", json!(shapes))
        .with("/layout/xaxis/type", json!("date")))
}

/// Does a product have one price?
///
/// From the table of [`orders::prices`](crate::data::orders::prices), a dot for each product: its median price,
/// and from the first to the third quarter of its prices, as a share of the median. The table behind it:
/// `product`, `n`, `median`, `spread`.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let prices = df!("product" => ["tea", "jam"], "n" => [9u64, 4], "median" => [15.0, 4.0], "q25" => [15.0, 3.0],
///     "q75" => [15.0, 5.0])?;
/// assert!(plot::prices(&prices)?.text().contains("1 of 2 products have one price"));
/// # Ok::<(), Error>(())
/// ```
pub fn prices(prices: &DataFrame) -> Result<Figure> {
    let names = column::labels(prices, "product")?;
    let numbers = |name: &str| column::numbers(prices, name);
    let (n, median, low, high) = (
        numbers("n")?,
        numbers("median")?,
        numbers("q25")?,
        numbers("q75")?,
    );
    let (mut product, mut bills, mut price, mut spread) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..prices.height() {
        if let (Some(own), Some(low), Some(high)) = (median[row], low[row], high[row])
            && own > 0.0
        {
            product.push(names[row].clone());
            bills.push(n[row].unwrap_or(0.0) as u64);
            price.push(own);
            spread.push((high - low) / own);
        }
    }
    let one = spread.iter().filter(|spread| **spread < 1e-9).count();
    let widest = (0..product.len()).max_by(|a, b| spread[*a].total_cmp(&spread[*b]));
    let mut words = format!(
        "{} of {} products have one price, as far as half of their bills tell.",
        count(one),
        count(product.len())
    );
    if let Some(widest) = widest.filter(|widest| spread[*widest] > 1e-9) {
        words += &format!(
            " The widest is {}: {} % of its median, {}, over {} bills.",
            product[widest],
            short(100.0 * spread[widest], 3),
            short(price[widest], 4),
            count(bills[widest] as usize)
        );
    }
    let trace = json!({
        "type": "scatter", "mode": "markers", "x": price, "y": spread, "text": product, "customdata": bills,
        "marker": {"color": COLOURS[0], "opacity": 0.6, "size": 8},
        "hovertemplate": "%{text}: median %{x:,.2f}, spread %{y:.1%}, %{customdata:,} bills<extra></extra>",
    });
    let data = df!("product" => product, "n" => bills, "median" => price, "spread" => spread)?;
    Ok(Figure::new(vec![trace], data, words)
        .title("Does a product have one price?")
        .subtitle("from bills that have one product only")
        .x_axis("median price (money of the file, logarithmic)")
        .y_axis("spread (share of the median)")
        .with("/layout/xaxis/type", json!("log"))
        .with("/layout/yaxis/tickformat", json!(".0%"))
        .with("/layout/yaxis/rangemode", json!("tozero")))
}

/// How many of a month's new customers stay?
///
/// From the table of [`value::cohorts`](crate::value::cohorts), the triangle of retention: a row for each
/// cohort, a column for each month since; months that are not complete have a star. The table behind it is
/// that of the cohorts.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let cohorts = df!(
///     "cohort" => ["2022-01", "2022-01"], "month" => [0u32, 1], "customers" => [10u64, 10],
///     "active" => [10u64, 4], "retention" => [1.0, 0.4], "complete" => [true, false],
/// )?;
/// assert!(plot::cohorts(&cohorts)?.text().contains("2022-01"));
/// # Ok::<(), Error>(())
/// ```
pub fn cohorts(cohorts: &DataFrame) -> Result<Figure> {
    const WITH_NUMBERS: usize = 18;
    let labels: Vec<String> = column::labels(cohorts, "cohort")?
        .into_iter()
        .map(|day| day.chars().take(7).collect())
        .collect();
    let numbers = |name: &str| column::numbers(cohorts, name);
    let (month, n, active, retention) = (
        numbers("month")?,
        numbers("customers")?,
        numbers("active")?,
        numbers("retention")?,
    );
    let complete = column::flags(cohorts, "complete")?;
    let mut names: Vec<String> = Vec::new();
    for label in &labels {
        if !names.contains(label) {
            names.push(label.clone());
        }
    }
    let months = month
        .iter()
        .flatten()
        .fold(0.0f64, |most, own| most.max(*own)) as usize
        + 1;
    let mut shares = vec![vec![None; months]; names.len()];
    let mut text = vec![vec![String::new(); months]; names.len()];
    let mut hover = text.clone();
    let mut later: Vec<(f64, f64)> = vec![(0.0, 0.0); months];
    for row in 0..cohorts.height() {
        let (Some(since), Some(share)) = (month[row], retention[row]) else {
            continue;
        };
        let since = since as usize;
        let Some(place) = names.iter().position(|name| *name == labels[row]) else {
            continue;
        };
        let (own, all) = (active[row].unwrap_or(0.0), n[row].unwrap_or(0.0));
        let whole = complete[row] != Some(false);
        let star = if whole { "" } else { "*" };
        // The first month has everybody, and would outshine the rest.
        shares[place][since] = (since > 0).then_some(share);
        text[place][since] = match since {
            0 => count(all as usize),
            _ => format!("{:.0}{star}", 100.0 * share),
        };
        hover[place][since] = format!(
            "came first in {}: {} of {} active after {since} months ({:.1} %){}",
            names[place],
            count(own as usize),
            count(all as usize),
            100.0 * share,
            if whole {
                ""
            } else {
                "; the month is not complete"
            },
        );
        if whole {
            later[since] = (later[since].0 + own, later[since].1 + all);
        }
    }
    let told: Vec<String> = [1usize, 3, 6, 12]
        .iter()
        .filter_map(|since| Some((since, later.get(*since)?)))
        .filter(|(_, (_, all))| *all > 0.0)
        .map(|(since, (own, all))| format!("{:.1} % after {since} months", 100.0 * own / all))
        .collect();
    let words = format!(
        "Of all cohorts together active are: {}. The first column has the customers.",
        told.join(", ")
    );
    let mut heat = json!({
        "type": "heatmap", "x": (0..months).collect::<Vec<_>>(), "y": names, "z": shares,
        "text": text, "hovertext": hover, "hoverinfo": "text", "xgap": 1, "ygap": 1, "zmin": 0,
        "colorscale": [[0, "#ffffff"], [1, COLOURS[0]]],
        "colorbar": {"title": {"text": "active"}, "tickformat": ".0%"},
    });
    if months <= WITH_NUMBERS {
        heat["texttemplate"] = json!("%{text}");
    }
    let height = 200 + 22 * names.len().max(8);
    Ok(Figure::new(vec![heat], cohorts.clone(), words)
        .title("How many of a month's new customers stay?")
        .subtitle(
            "active customers in %, by the month of the first bill; *: the month is not complete",
        )
        .x_axis("months since the first bill")
        .y_axis("month of the first bill")
        .with("/layout/height", json!(height))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/yaxis/type", json!("category"))
        .with("/layout/xaxis/type", json!("category")))
}

/// Do purchases come as the model expects them?
///
/// From the table of [`Holdout::tracking`](crate::value::Holdout::tracking): purchases after the first, added
/// up (above) and for each step (below), those that came and those that were expected; to the right of the
/// dotted line the model has seen nothing. The table behind it is that of the tracking.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let tracking = df!(
///     "time" => [1.0, 2.0, 3.0], "actual" => [4.0, 9.0, 12.0], "expected" => [5.0, 9.0, 13.0],
///     "actual_step" => [4.0, 5.0, 3.0], "expected_step" => [5.0, 4.0, 4.0], "held_out" => [false, false, true],
/// )?;
/// assert!(plot::tracking(&tracking)?.text().contains("33.3 % too many"));
/// # Ok::<(), Error>(())
/// ```
pub fn tracking(tracking: &DataFrame) -> Result<Figure> {
    let numbers = |name: &str| column::numbers(tracking, name);
    let time = numbers("time")?;
    let held_out = column::flags(tracking, "held_out")?;
    let first = held_out.iter().position(|held_out| *held_out == Some(true));
    let begin = match first {
        Some(0) | None => None,
        Some(first) => time[first - 1],
    };
    let sum = |values: &[Option<f64>], held: bool| -> f64 {
        let own = values
            .iter()
            .zip(&held_out)
            .filter(|(_, own)| **own == Some(held));
        own.filter_map(|(value, _)| *value).sum()
    };
    let (actual_step, expected_step) = (numbers("actual_step")?, numbers("expected_step")?);
    let off = |held: bool| {
        let (actual, expected) = (sum(&actual_step, held), sum(&expected_step, held));
        if actual == 0.0 {
            return format!(
                "none came and {} were expected",
                count(expected.round() as usize)
            );
        }
        let share = 100.0 * (expected / actual - 1.0);
        let which = if share < 0.0 { "too few" } else { "too many" };
        format!(
            "{} came and {} were expected ({} % {which})",
            count(actual as usize),
            count(expected.round() as usize),
            short(share.abs(), 3)
        )
    };
    let mut words = format!("While the model learned, {}.", off(false));
    if first.is_some() {
        words += &format!(" In the time that it has not seen, {}.", off(true));
    }
    let line =
        |name: &str, y: &[Option<f64>], colour: &str, dash: &str, axis: &str, legend: bool| {
            json!({
                "type": "scatter", "mode": "lines", "name": name, "x": time, "y": y, "yaxis": axis,
                "line": {"color": colour, "width": 2, "dash": dash}, "showlegend": legend,
                "hovertemplate": format!("{name}, time %{{x:.1f}}: %{{y:,.1f}}<extra></extra>"),
            })
        };
    let traces = vec![
        line("came", &numbers("actual")?, COLOURS[0], "solid", "y", true),
        line(
            "expected",
            &numbers("expected")?,
            COLOURS[3],
            "dash",
            "y",
            true,
        ),
        line("came", &actual_step, COLOURS[0], "solid", "y2", false),
        line("expected", &expected_step, COLOURS[3], "dash", "y2", false),
    ];
    let shapes: Vec<_> = begin
        .into_iter()
        .map(|begin| {
            json!({
                "type": "line", "x0": begin, "x1": begin, "yref": "paper", "y0": 0, "y1": 1,
                "line": {"color": GREY, "dash": "dot", "width": 2},
            })
        })
        .collect();
    let figure = Figure::new(traces, tracking.clone(), words)
        .title("Do purchases come as the model expects them?")
        .subtitle("purchases after the first; dotted: from here on the model has seen nothing")
        .x_axis("time since the first bill (unit of the history)")
        .y_axis("purchases, added up")
        .with("/layout/shapes", json!(shapes))
        .with("/layout/showlegend", json!(true))
        .with(
            "/layout/legend",
            json!({"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}),
        )
        .with("/layout/height", json!(560))
        .with("/layout/yaxis/domain", json!([0.45, 1]))
        .with("/layout/xaxis/anchor", json!("y2"));
    Ok(figure.with(
        "/layout/yaxis2",
        json!({
            "automargin": true, "gridcolor": "#e5e5e5", "linecolor": "#888888", "domain": [0, 0.35],
            "rangemode": "tozero", "title": {"text": "purchases of a step", "standoff": 12}, "zeroline": false,
        }),
    ))
}

/// Who is still a customer, by how often and how lately they have bought?
///
/// From a table with `frequency`, `recency` and `alive`, such as a model's `augment` of a grid of histories, the
/// chance of being alive. The table behind it has these three columns.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let grid = df!("frequency" => [1u64, 9], "recency" => [5.0, 5.0], "alive" => [0.7, 0.01])?;
/// assert!(plot::alive(&grid)?.text().contains("from 1.0 % (frequency 9, recency 5)"));
/// # Ok::<(), Error>(())
/// ```
pub fn alive(grid: &DataFrame) -> Result<Figure> {
    let numbers = |name: &str| -> Result<Vec<f64>> {
        Ok(column::numbers(grid, name)?
            .into_iter()
            .map(|x| x.unwrap_or(f64::NAN))
            .collect())
    };
    let (frequency, recency, alive) = (
        numbers("frequency")?,
        numbers("recency")?,
        numbers("alive")?,
    );
    let axis = |values: &[f64]| {
        let mut places = values.to_vec();
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
    };
    let (across, up) = (axis(&recency), axis(&frequency));
    let mut matrix: Vec<Vec<Option<f64>>> = vec![vec![None; across.len()]; up.len()];
    for row in 0..grid.height() {
        let x = across.partition_point(|place| *place < recency[row]);
        let y = up.partition_point(|place| *place < frequency[row]);
        if let Some(cell) = matrix.get_mut(y).and_then(|own| own.get_mut(x)) {
            *cell = Some(alive[row]);
        }
    }
    let at = |row: Option<usize>| match row {
        Some(row) => format!(
            "{:.1} % (frequency {}, recency {})",
            100.0 * alive[row],
            short(frequency[row], 4),
            short(recency[row], 4)
        ),
        None => "nobody".to_owned(),
    };
    let by = |a: &usize, b: &usize| alive[*a].total_cmp(&alive[*b]);
    let rows = || 0..grid.height();
    let words = format!(
        "The chance of being alive goes from {} to {}.",
        at(rows().min_by(by)),
        at(rows().max_by(by))
    );
    let heat = json!({
        "type": "heatmap", "x": across, "y": up, "z": matrix, "zmin": 0, "zmax": 1,
        "colorscale": [[0, "#ffffff"], [1, COLOURS[2]]],
        "colorbar": {"title": {"text": "alive"}, "tickformat": ".0%"},
        "hovertemplate": "frequency %{y}, recency %{x:.1f}: %{z:.1%} alive<extra></extra>",
    });
    Ok(Figure::new(
        vec![heat],
        grid.select(["frequency", "recency", "alive"])?,
        words,
    )
    .title("Who is still a customer?")
    .subtitle("chance of not having left")
    .x_axis("recency: from the first purchase to the last (unit of the history)")
    .y_axis("frequency: purchases after the first"))
}

/// `2022-03-04`
fn date(day: i32) -> String {
    plain(&AnyValue::Date(day))
}
