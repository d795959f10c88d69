use polars::prelude::*;
use serde_json::json;

use super::Figure;
use crate::Result;
use crate::table::display::count;

/// Stretches of rows at most.
const MOST_BLOCKS: usize = 100;

/// Where are values missing, in which columns and which rows?
///
/// The file from left to right, in stretches of rows, and a line for each column: the darker,
/// the more of the stretch is null. The table behind it: `column`, `nulls`, `share`.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let figure = plot::missing(&df!("income" => [Some(1), None], "age" => [30, 40])?)?;
/// assert!(figure.text().contains("income: 1 of 2 (50.0 %)"));
/// # Ok::<(), Error>(())
/// ```
pub fn missing(table: &DataFrame) -> Result<Figure> {
    let rows = table.height();
    let blocks = rows.clamp(1, MOST_BLOCKS);
    let start = |block: usize| block * rows / blocks;
    let names: Vec<&str> = table.columns().iter().map(|c| c.name().as_str()).collect();
    let mut shares = Vec::new();
    let mut hover = Vec::new();
    for column in table.columns() {
        let nulls = |block: usize| {
            let size = start(block + 1) - start(block);
            column.slice(start(block) as i64, size).null_count()
        };
        let nulls: Vec<usize> = (0..blocks).map(nulls).collect();
        let size = |block: usize| (start(block + 1) - start(block)).max(1);
        shares.push(
            (0..blocks)
                .map(|block| nulls[block] as f64 / size(block) as f64)
                .collect::<Vec<_>>(),
        );
        let words = |block: usize| match nulls[block] {
            // Nothing to say, a hundred times a column, would only make the page heavy.
            0 => String::new(),
            missing => format!(
                "{}, rows {} to {}: {} missing",
                column.name(),
                count(start(block) + 1),
                count(start(block + 1)),
                count(missing)
            ),
        };
        hover.push((0..blocks).map(words).collect::<Vec<_>>());
    }
    let nulls: Vec<usize> = table.columns().iter().map(Column::null_count).collect();
    let share = |nulls: usize| nulls as f64 / rows.max(1) as f64;
    let gaps: Vec<String> = names
        .iter()
        .zip(&nulls)
        .filter(|(_, nulls)| **nulls > 0)
        .map(|(name, nulls)| {
            format!(
                "{name}: {} of {} ({:.1} %)",
                count(*nulls),
                count(rows),
                100.0 * share(*nulls)
            )
        })
        .collect();
    let words = if gaps.is_empty() {
        "No value is missing.".to_owned()
    } else {
        gaps.join("; ") + "."
    };
    let data = df!(
        "column" => &names,
        "nulls" => nulls.iter().map(|n| *n as u64).collect::<Vec<_>>(),
        "share" => nulls.iter().map(|n| share(*n)).collect::<Vec<_>>(),
    )?;
    let heat = json!({
        "type": "heatmap", "y": names, "z": shares, "zmin": 0, "zmax": 1,
        "x": (0..blocks).map(|block| start(block) + 1).collect::<Vec<_>>(),
        // A single missing value in a stretch must show.
        "colorscale": [[0, "#eeeeee"], [1e-9, "#9ecae1"], [1, "#08306b"]],
        "ygap": 1, "hovertext": hover, "hoverinfo": "text",
        "colorbar": {"title": {"text": "share missing"}, "tickformat": ".0%"},
    });
    let height = 180 + 18 * names.len().max(8);
    Ok(Figure::new(vec![heat], data, words)
        .title("Where are values missing?")
        .subtitle("blue: a gap; darker: more of these rows; grey: complete")
        .x_axis("row of the file")
        .y_axis("column")
        .with("/layout/height", json!(height))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/yaxis/type", json!("category"))
        .with("/layout/yaxis/dtick", json!(1)))
}
