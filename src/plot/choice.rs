use serde_json::{Value, json};

use super::{COLOURS, Figure, GREY};
use crate::Result;
use crate::cluster::Choice;
use crate::table::column;
use crate::table::display::short;

/// Where does one more segment stop paying off?
///
/// The inertia of each number of segments, with the knee of the curve marked. The table behind it:
/// `k`, `inertia`, `knee`.
///
/// # Errors
/// None that a [`Choice`] of this crate could cause.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2])?;
/// let choice = ChooseK::new(1..=5).references(5).resamples(5);
/// let choice = choice.fit(&table, &Recipe::new(["x"]), &KMeans::params(1))?;
/// assert!(plot::elbow(&choice)?.text().contains("knee of the curve at 2 segments"));
/// # Ok::<(), Error>(())
/// ```
pub fn elbow(choice: &Choice) -> Result<Figure> {
    let data = choice.tidy().select(["k", "inertia", "knee"])?;
    let (ks, inertias) = (
        column::numbers(&data, "k")?,
        column::numbers(&data, "inertia")?,
    );
    let knee = column::flags(&data, "knee")?
        .iter()
        .position(|knee| *knee == Some(true));
    let mut traces = vec![json!({
        "type": "scatter", "mode": "lines+markers", "name": "inertia", "x": ks, "y": inertias,
        "line": {"color": COLOURS[0], "width": 2}, "marker": {"size": 7},
        "hovertemplate": "%{x} segments: %{y:,.4g}<extra></extra>",
    })];
    let words = match knee {
        Some(place) => {
            traces.push(json!({
                "type": "scatter", "mode": "markers", "name": "knee",
                "x": [ks[place]], "y": [inertias[place]], "hoverinfo": "skip",
                "marker": {"color": COLOURS[3], "size": 16, "symbol": "circle-open", "line": {"width": 3}},
            }));
            let bend = ks[place].unwrap_or(f64::NAN);
            format!("The knee of the curve at {bend} segments is circled.")
        }
        None => "The curve has no knee.".to_owned(),
    };
    Ok(Figure::new(traces, data, words)
        .title("Inertia by number of segments")
        .x_axis("segments")
        .y_axis("inertia (sum of squares)")
        .with("/layout/yaxis/rangemode", json!("tozero"))
        .with("/layout/xaxis/dtick", json!(1)))
}

/// One panel of [`criteria`].
struct Panel {
    column: &'static str,
    title: &'static str,
    /// A column of standard errors, drawn as bars.
    error: Option<&'static str>,
    /// What a number of segments must reach to pass (see [`Choice::verdict`]), drawn as a grey line.
    pass: Option<f64>,
}

const PANELS: [Panel; 6] = [
    Panel {
        column: "silhouette",
        title: "mean silhouette (more is better)",
        error: None,
        pass: Some(0.25),
    },
    Panel {
        column: "davies_bouldin",
        title: "Davies-Bouldin (less is better)",
        error: None,
        pass: None,
    },
    Panel {
        column: "calinski_harabasz",
        title: "Calinski-Harabasz (more is better)",
        error: None,
        pass: None,
    },
    Panel {
        column: "gap",
        title: "gap (compare with the next)",
        error: Some("gap_se"),
        pass: None,
    },
    Panel {
        column: "ari",
        title: "Rand index in resamples (1 is best)",
        error: None,
        pass: None,
    },
    Panel {
        column: "least_jaccard",
        title: "Jaccard of the least stable segment",
        error: Some("least_jaccard_se"),
        pass: Some(0.75),
    },
];

/// What do the criteria say, side by side?
///
/// A panel for each of silhouette, Davies-Bouldin, Calinski-Harabasz, gap, Rand index and Jaccard in
/// resamples, by number of segments. The suggested number is a line through all, where there is one;
/// grey lines are what a number of segments must reach to pass.
/// The table behind it is that of the [`Choice`].
///
/// # Errors
/// None that a [`Choice`] of this crate could cause.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("x" => [0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2])?;
/// let choice = ChooseK::new(1..=4).references(5).resamples(5);
/// let choice = choice.fit(&table, &Recipe::new(["x"]), &KMeans::params(1))?;
/// assert!(plot::criteria(&choice)?.text().contains(choice.verdict()));
/// # Ok::<(), Error>(())
/// ```
pub fn criteria(choice: &Choice) -> Result<Figure> {
    let data = choice.tidy();
    let ks = column::numbers(&data, "k")?;
    let known = || ks.iter().flatten().copied();
    let (least, most) = (
        known().fold(f64::INFINITY, f64::min),
        known().fold(0.0, f64::max),
    );
    let mut traces = Vec::new();
    let mut figure_parts: Vec<(String, Value)> = Vec::new();
    let mut lines: Vec<Value> = Vec::new();
    let mut titles: Vec<Value> = Vec::new();
    for (place, panel) in PANELS.iter().enumerate() {
        let number = if place == 0 {
            String::new()
        } else {
            (place + 1).to_string()
        };
        let (column, row) = (place % 3, place / 3);
        let left = column as f64 * 0.355;
        let bottom = if row == 0 { 0.6 } else { 0.0 };
        let mut trace = json!({
            "type": "scatter", "mode": "lines+markers", "name": panel.title,
            "x": ks, "y": column::numbers(&data, panel.column)?,
            "xaxis": format!("x{number}"), "yaxis": format!("y{number}"),
            "line": {"color": COLOURS[0], "width": 2}, "marker": {"size": 6},
            "hovertemplate": "%{x} segments: %{y:.4g}<extra></extra>",
        });
        if let Some(error) = panel.error {
            trace["error_y"] =
                json!({"type": "data", "array": column::numbers(&data, error)?, "color": GREY});
        }
        traces.push(trace);
        let axis = |domain: [f64; 2], anchor: &str| {
            json!({
                "domain": domain, "anchor": format!("{anchor}{number}"), "automargin": true,
                "gridcolor": "#e5e5e5", "linecolor": "#888888", "zeroline": false,
            })
        };
        let mut across = axis([left, left + 0.29], "y");
        across["dtick"] = json!(1);
        across["range"] = json!([least - 0.5, most + 0.5]);
        across["title"] = json!({"text": "segments", "standoff": 6, "font": {"size": 12}});
        figure_parts.push((format!("/layout/xaxis{number}"), across));
        figure_parts.push((
            format!("/layout/yaxis{number}"),
            axis([bottom, bottom + 0.36], "x"),
        ));
        titles.push(json!({
            "text": panel.title, "showarrow": false, "xref": "paper", "yref": "paper", "x": left,
            "y": bottom + 0.365, "xanchor": "left", "yanchor": "bottom", "font": {"size": 12},
        }));
        if let Some(pass) = panel.pass {
            lines.push(json!({
                "type": "line", "xref": format!("x{number} domain"), "yref": format!("y{number}"),
                "x0": 0, "x1": 1, "y0": pass, "y1": pass, "line": {"color": GREY, "width": 1.5},
            }));
        }
        if let Some(k) = choice.suggested() {
            lines.push(json!({
                "type": "line", "xref": format!("x{number}"), "yref": format!("y{number} domain"),
                "x0": k, "x1": k, "y0": 0, "y1": 1,
                "line": {"color": COLOURS[3], "width": 1.5, "dash": "dot"},
            }));
        }
    }
    let mut figure = Figure::new(traces, data, choice.verdict().to_owned())
        .title("Criteria by number of segments")
        .with("/layout/annotations", json!(titles))
        .with("/layout/shapes", json!(lines))
        .with("/layout/height", json!(560));
    for (place, value) in figure_parts {
        figure = figure.with(&place, value);
    }
    Ok(match choice.suggested() {
        Some(k) => figure.subtitle(&format!(
            "dotted: the suggested {}; grey: what a number must reach to pass",
            short(k as f64, 3)
        )),
        None if choice.is_decided() => {
            figure.subtitle("no clear structure; grey: what a number must reach to pass")
        }
        None => figure.subtitle("undecided; grey: what a number must reach to pass"),
    })
}
