use polars::prelude::*;
use serde_json::json;

use super::Figure;
use crate::table::column;
use crate::{Error, Result};

/// With more columns than this the numbers no longer fit into their squares.
const WITH_NUMBERS: usize = 14;

/// Which columns go together?
///
/// A square for each pair of [`explore::associations`](crate::stat::explore::associations), in
/// blue below 0 and orange above. `numbers` says which measure pairs of numbers get:
/// `"spearman"` or `"pearson"`; a number with a category gets the correlation ratio, two
/// categories the corrected Cramér's V. The table behind it has the columns as rows and as
/// columns.
///
/// # Errors
/// [`Error::Parameter`] where `numbers` is another word; those of a missing column.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("income" => [1.0, 2.0, 3.0], "spend" => [1.0, 3.0, 9.0])?;
/// let pairs = explore::associations(&customers, 0.95)?;
/// let figure = plot::associations(&pairs, "spearman")?;
/// assert!(figure.text().contains("income and spend: 1.00"));
/// # Ok::<(), Error>(())
/// ```
pub fn associations(pairs: &DataFrame, numbers: &str) -> Result<Figure> {
    if !["spearman", "pearson"].contains(&numbers) {
        return Err(Error::Parameter {
            name: "numbers",
            value: numbers.to_owned(),
            expected: "\"spearman\" or \"pearson\"".into(),
        });
    }
    let words = |name: &str| column::labels(pairs, name);
    let (a, b, measures) = (words("a")?, words("b")?, words("measure")?);
    let estimates = column::numbers(pairs, "estimate")?;
    let mut names: Vec<&String> = Vec::new();
    for name in a.iter().chain(&b) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // The last column is only ever second: keep the order of the table that was asked about.
    let place = |name: &String| names.iter().position(|other| *other == name).unwrap_or(0);
    let mut matrix: Vec<Vec<Option<f64>>> = vec![vec![None; names.len()]; names.len()];
    let mut strongest = Vec::new();
    for row in 0..pairs.height() {
        let measure = measures[row].as_str();
        if measure == numbers || ["correlation_ratio", "cramers_v_corrected"].contains(&measure) {
            let (x, y) = (place(&a[row]), place(&b[row]));
            matrix[x][y] = estimates[row];
            matrix[y][x] = estimates[row];
            strongest.extend(estimates[row].map(|estimate| (estimate, row)));
        }
    }
    strongest.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then(a.1.cmp(&b.1)));
    let told: Vec<String> = strongest
        .iter()
        .take(5)
        .map(|(estimate, row)| format!("{} and {}: {estimate:.2}", a[*row], b[*row]))
        .collect();
    let mut heading = "column".to_owned();
    while names.contains(&&heading) {
        heading.push('_');
    }
    let mut columns = vec![Column::new(
        heading.as_str().into(),
        names.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
    )];
    for (name, values) in names.iter().zip(&matrix) {
        columns.push(Column::new(name.as_str().into(), values));
    }
    let data = DataFrame::new(names.len(), columns)?;
    let hover = |x: usize, y: usize| match matrix[x][y] {
        Some(estimate) => format!("{} and {}: {estimate:.3}", names[x], names[y]),
        None => String::new(),
    };
    let grid = 0..names.len();
    let hover: Vec<Vec<String>> = grid
        .clone()
        .map(|x| grid.clone().map(|y| hover(x, y)).collect())
        .collect();
    let mut heat = json!({
        "type": "heatmap", "x": names, "y": names, "z": matrix, "zmin": -1, "zmax": 1,
        "colorscale": [[0, "#0072B2"], [0.5, "#ffffff"], [1, "#D55E00"]],
        "xgap": 1, "ygap": 1, "hovertext": hover, "hoverinfo": "text",
        "colorbar": {"title": {"text": "strength"}},
    });
    if names.len() <= WITH_NUMBERS {
        heat["texttemplate"] = json!("%{z:.2f}");
    }
    let figure = Figure::new(
        vec![heat],
        data,
        if told.is_empty() {
            "No pair has a measure.".to_owned()
        } else {
            format!("The strongest pairs: {}.", told.join("; "))
        },
    );
    let height = 200 + 24 * names.len().max(10);
    Ok(figure
        .title("Which columns go together?")
        .subtitle(&format!(
            "numbers: {numbers}'s r; with a category: correlation ratio; two categories: Cramér's V, corrected"
        ))
        .x_axis("column")
        .y_axis("column")
        .with("/layout/height", json!(height))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/xaxis/tickangle", json!(-45))
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/yaxis/type", json!("category")))
}
