//! How does a table look in a notebook, in a terminal, to a screen reader?
//!
//! A cell that ends in a table calls [`Show::evcxr_display`], which sends HTML
//! and its plain-text twin together; the front end picks.

use std::fmt::Write as _;

use polars::prelude::*;

/// Rows shown at most; a longer table shows its first and last five.
const ROWS: usize = 30;
const EDGE: usize = 5;
/// Columns that the text twin shows at most; HTML scrolls sideways instead.
const TEXT_COLUMNS: usize = 10;
/// Significant digits of a number shown at most.
const DIGITS: usize = 8;
/// Characters of a text value shown at most.
const WIDTH: usize = 60;

/// What does the notebook show when a cell ends in this table, or in this figure?
///
/// Of a table: types under the names, numbers to the right, nulls grey, long ones with their
/// middle left out.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("name" => [Some("a"), None], "n" => [1, 20])?;
/// assert_eq!(table.text(), "\
/// name    n
/// str   i32
/// ----  ---
/// a       1
/// null   20
/// 2 rows x 2 columns
/// ");
/// assert!(table.html().contains("<td style=\"text-align:right\">20</td>"));
/// # Ok::<(), PolarsError>(())
/// ```
pub trait Show {
    /// The value as HTML.
    fn html(&self) -> String;

    /// The same as plain text.
    fn text(&self) -> String;

    /// Sends it to the notebook in all its forms; the Rust kernel calls this.
    fn evcxr_display(&self) {
        let (html, text) = (self.html(), self.text());
        println!(
            "EVCXR_BEGIN_CONTENT text/html\n{html}\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT"
        );
    }
}

impl Show for DataFrame {
    fn html(&self) -> String {
        let columns = shown(self);
        let mut html = String::from(
            "<div style=\"overflow-x:auto\" tabindex=\"0\"><table class=\"dataframe\"><thead><tr>",
        );
        for column in &columns {
            let _ = write!(
                html,
                "<th style=\"text-align:{}\">{}<br><small style=\"font-weight:normal;opacity:.7\">{}</small></th>",
                column.align(),
                escape(&column.name),
                escape(&column.dtype)
            );
        }
        html.push_str("</tr></thead><tbody>");
        for line in 0..rows(self.height()).len() {
            html.push_str("<tr>");
            for column in &columns {
                let align = column.align();
                let _ = match &column.cells[line] {
                    Cell::Null => write!(
                        html,
                        "<td style=\"text-align:{align};opacity:.7\"><i>null</i></td>"
                    ),
                    cell => write!(
                        html,
                        "<td style=\"text-align:{align}\">{}</td>",
                        escape(cell.text())
                    ),
                };
            }
            html.push_str("</tr>");
        }
        let _ = write!(html, "</tbody></table><small>{}</small></div>", size(self));
        html
    }

    fn text(&self) -> String {
        let mut columns = shown(self);
        if columns.len() > TEXT_COLUMNS {
            let more = columns.len() - (TEXT_COLUMNS - 1);
            let tail = columns.split_off(columns.len() - TEXT_COLUMNS / 2);
            columns.truncate(TEXT_COLUMNS / 2 - 1);
            columns.push(Shown {
                name: format!("({more} more)"),
                dtype: "…".into(),
                right: false,
                cells: tail[0].cells.iter().map(|_| Cell::Gap).collect(),
            });
            columns.extend(tail);
        }
        let mut lines: Vec<Vec<&str>> = vec![
            columns.iter().map(|c| c.name.as_str()).collect(),
            columns.iter().map(|c| c.dtype.as_str()).collect(),
        ];
        for line in 0..rows(self.height()).len() {
            lines.push(columns.iter().map(|c| c.cells[line].text()).collect());
        }
        let widths: Vec<usize> = (0..columns.len())
            .map(|i| {
                lines
                    .iter()
                    .map(|line| line[i].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        lines.insert(2, rules.iter().map(String::as_str).collect());
        let mut text = String::new();
        for line in lines {
            let cells: Vec<String> = line
                .iter()
                .zip(&columns)
                .zip(&widths)
                .map(|((cell, column), width)| {
                    if column.right {
                        format!("{cell:>width$}")
                    } else {
                        format!("{cell:<width$}")
                    }
                })
                .collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text.push_str(&size(self));
        text.push('\n');
        text
    }
}

/// What does the notebook show when a cell ends in a plain value?
///
/// The same as without this trait: its `Debug` text. But a cell that ends in a type
/// without `evcxr_display` is compiled twice, and a learner waits twice as long.
pub trait ShowValue: std::fmt::Debug {
    /// Sends the text to the notebook; the Rust kernel calls this.
    fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/plain\n{self:?}\nEVCXR_END_CONTENT");
    }
}

macro_rules! show_value {
    ($($plain:ty),*) => { $(impl ShowValue for $plain {})* };
}
show_value!(
    i8, i16, i32, i64, u8, u16, u32, u64, usize, isize, f32, f64, bool, char, String, &str
);
impl<T: std::fmt::Debug> ShowValue for Option<T> {}
impl<T: std::fmt::Debug> ShowValue for Vec<T> {}
impl<A: std::fmt::Debug, B: std::fmt::Debug> ShowValue for (A, B) {}

/// A column ready to be shown: the cells of the rows that will be.
struct Shown {
    name: String,
    dtype: String,
    right: bool,
    /// One cell a line.
    cells: Vec<Cell>,
}

enum Cell {
    Value(String),
    Null,
    /// Stands for the rows or columns left out.
    Gap,
}

impl Cell {
    fn text(&self) -> &str {
        match self {
            Cell::Value(text) => text,
            Cell::Null => "null",
            Cell::Gap => "…",
        }
    }
}

impl Shown {
    fn align(&self) -> &'static str {
        if self.right { "right" } else { "left" }
    }
}

/// The rows to show; `None` stands for those left out.
fn rows(height: usize) -> Vec<Option<usize>> {
    if height <= ROWS {
        return (0..height).map(Some).collect();
    }
    let tail = height - EDGE..height;
    (0..EDGE)
        .map(Some)
        .chain([None])
        .chain(tail.map(Some))
        .collect()
}

fn shown(table: &DataFrame) -> Vec<Shown> {
    let rows = rows(table.height());
    table
        .columns()
        .iter()
        .map(|column| {
            let value = |row: usize| column.get(row).unwrap_or(AnyValue::Null);
            let number = |row: usize| match value(row) {
                AnyValue::Float64(x) => Some(x),
                AnyValue::Float32(x) => Some(x.into()),
                _ => None,
            };
            let decimals = decimals(rows.iter().flatten().filter_map(|row| number(*row)));
            let cell = |row: usize| match (value(row), number(row)) {
                (AnyValue::Null, _) => Cell::Null,
                (_, Some(x)) => Cell::Value(written(x, decimals, DIGITS)),
                (other, _) => Cell::Value(cut(&plain(&other))),
            };
            Shown {
                name: column.name().to_string(),
                dtype: column.dtype().to_string(),
                right: column.dtype().is_primitive_numeric(),
                cells: rows.iter().map(|row| row.map_or(Cell::Gap, cell)).collect(),
            }
        })
        .collect()
}

/// The decimals that a column of floats needs, four at most, so that its points align.
pub(crate) fn decimals(values: impl Iterator<Item = f64>) -> usize {
    let needed = |x: f64| {
        let fits = |d: &usize| {
            let scale = 10f64.powi(*d as i32);
            ((x * scale).round() / scale - x).abs() <= 1e-9 * x.abs()
        };
        if x.is_finite() {
            (0..4).find(fits).unwrap_or(4)
        } else {
            0
        }
    };
    values.map(needed).max().unwrap_or(0)
}

/// A value without the quotes and exponents of polars' own display.
pub(crate) fn plain(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Float64(x) => x.to_string(),
        AnyValue::Float32(x) => x.to_string(),
        other => other
            .get_str()
            .map_or_else(|| other.to_string(), str::to_owned),
    }
}

/// A number in so many significant digits, with K, M or B for its thousands.
pub(crate) fn short(x: f64, digits: usize) -> String {
    let (divisor, suffix) = match x.abs() {
        size if size >= 1e9 => (1e9, " B"),
        size if size >= 1e6 => (1e6, " M"),
        size if size >= 1e4 => (1e3, " K"),
        _ => (1.0, ""),
    };
    let scaled = x / divisor;
    let before_the_point = if scaled == 0.0 {
        0
    } else {
        scaled.abs().log10().floor() as i32
    };
    let decimals = (digits as i32 - 1 - before_the_point).max(0) as usize;
    let text = format!("{scaled:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text}{suffix}")
}

/// A count with its thousands apart: 2,240.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

/// A number of a column that needs so many decimals, in so many significant digits: from 10,000 on its
/// thousands are apart, and the larger it is the fewer decimals it has.
pub(crate) fn written(x: f64, needed: usize, digits: usize) -> String {
    let size = x.abs();
    if !x.is_finite() {
        return x.to_string();
    }
    let before_the_point = if size < 10.0 {
        1
    } else {
        size.log10().floor() as usize + 1
    };
    let decimals = needed.min(digits.saturating_sub(before_the_point));
    // A p-value of 6e-7 must not read 0.0000, nor 1e20 fill the page.
    let least = 0.5 * 10f64.powi(-(digits.min(5) as i32 - 1));
    if (size != 0.0 && size < least) || size >= 1e15 {
        return format!("{x:.2e}");
    }
    let text = format!("{size:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let whole = match whole.parse::<usize>() {
        Ok(n) if n >= 10_000 => count(n),
        _ => whole.to_owned(),
    };
    let sign = if x < 0.0 { "-" } else { "" };
    format!("{sign}{whole}{rest}")
}

fn cut(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= WIDTH {
        line
    } else {
        line.chars().take(WIDTH - 1).chain(['…']).collect()
    }
}

fn size(table: &DataFrame) -> String {
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    format!(
        "{} x {}",
        plural(table.height(), "row"),
        plural(table.width(), "column")
    )
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
