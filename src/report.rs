//! How does a result look on paper?
//!
//! A [`Report`] is one HTML file that needs no network: chapters of text, tables and figures, to be
//! read in a browser, sent by mail, or printed. It ends with where it comes from: the input with its
//! checksum, the seed, the versions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::plot::{Figure, library};
use crate::table::display::{count, decimals, escape, plain, written};
use crate::table::export::{self, Existing};
use crate::table::meaning;
use crate::{Error, Result};

/// Columns that fit beside each other on a page; wider tables go on below, under the first column.
const ABREAST: usize = 7;
/// Significant digits of a number.
const DIGITS: usize = 4;
/// Rows at most; the file with the customers has them all.
const ROWS: usize = 60;
/// A table with so many rows at most stays on one page when printed.
const UNBROKEN: usize = 20;

/// A report of chapters, texts, tables and figures. A builder; [`save`](Report::save) writes the file.
///
/// ```
/// use segmenta::prelude::*;
///
/// let report = Report::new("Customers in spring")
///     .chapter("Data")
///     .text("Two customers.")
///     .table("Who they are", &df!("ID" => [1, 2], "spend" => [1_200_000.0, 80.5])?)?;
/// assert!(report.html().contains("<td class=\"number\">1,200,000</td>"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    title: String,
    /// The code of its language; English where it is not said.
    #[serde(default)]
    language: Option<String>,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Block {
    Chapter(String),
    Section(String),
    Text(String),
    Table(Table),
    Cards(Table),
    /// The figure as a piece of a page.
    Figure(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Table {
    caption: String,
    columns: Vec<(String, bool)>,
    /// A list of cells for each row.
    rows: Vec<Vec<Option<String>>>,
    /// How many rows are not shown.
    more: usize,
}

impl Report {
    /// An empty report.
    pub fn new(title: &str) -> Self {
        Report {
            title: title.to_owned(),
            language: None,
            blocks: Vec::new(),
        }
    }

    /// In which language are its texts? A code such as `id`, by which programs that read a page aloud choose
    /// their voice; English where it is not said.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let report = Report::new("Segmen pelanggan").in_language("id");
    /// assert!(report.html().contains("<html lang=\"id\">"));
    /// ```
    pub fn in_language(mut self, code: &str) -> Self {
        self.language = Some(code.to_owned());
        self
    }

    /// Begins a chapter.
    pub fn chapter(self, heading: &str) -> Self {
        self.with(Block::Chapter(heading.to_owned()))
    }

    /// Begins a part of a chapter.
    pub fn section(self, heading: &str) -> Self {
        self.with(Block::Section(heading.to_owned()))
    }

    /// A paragraph.
    pub fn text(self, paragraph: &str) -> Self {
        self.with(Block::Text(paragraph.to_owned()))
    }

    /// A table: of more than 60 rows the first ones.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn table(self, caption: &str, table: &DataFrame) -> Result<Self> {
        Ok(self.with(Block::Table(Table::new(caption, table)?)))
    }

    /// A card for each row: the first column is its heading, and the others stand below it, each with its
    /// name; where there is no value there is no line.
    ///
    /// # Errors
    /// None but those of polars.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let who = df!("segment" => ["big spenders", "others"], "customers" => [12, 88])?;
    /// let page = Report::new("Customers in spring").cards(&who)?.html();
    /// assert!(page.contains("<h3>big spenders</h3><dl><dt>customers</dt><dd>12</dd></dl>"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cards(self, table: &DataFrame) -> Result<Self> {
        let cards = Table::new("", table)?;
        Ok(self.with(Block::Cards(cards)))
    }

    /// A figure, which can be looked at closely in a browser.
    pub fn figure(self, figure: &Figure) -> Self {
        self.with(Block::Figure(figure.fragment()))
    }

    /// Where it comes from: the file with its size and SHA-256 checksum, the seed, and the versions of
    /// what computed it.
    ///
    /// # Errors
    /// [`Error::Read`] where the file cannot be read, or is no regular one.
    pub fn origin(self, file: impl AsRef<Path>, seed: u64) -> Result<Self> {
        let file = file.as_ref();
        let failed = |source| Error::Read {
            file: file.to_owned(),
            source,
        };
        let about = fs::metadata(file).map_err(failed)?;
        if !about.is_file() {
            // A pipe would have been read already, and its checksum be that of nothing.
            let says = "it is no regular file, whose checksum could be taken";
            return Err(failed(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                says,
            )));
        }
        let size = about.len();
        let mut hash = Sha256::new();
        let mut opened = fs::File::open(file).map_err(failed)?;
        let mut part = vec![0; 1 << 20];
        loop {
            let read = std::io::Read::read(&mut opened, &mut part).map_err(failed)?;
            if read == 0 {
                break;
            }
            hash.update(&part[..read]);
        }
        let checksum = hash
            .finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
        let name = file.file_name().map_or(file.as_os_str(), |name| name);
        let mut what = vec![
            "input".to_owned(),
            "bytes".into(),
            "SHA-256".into(),
            "seed".into(),
        ];
        let mut is = vec![
            name.to_string_lossy().into_owned(),
            count(size as usize),
            checksum,
            seed.to_string(),
        ];
        for name in ["segmenta", "polars", "linfa", "linfa-clustering", "plotly"] {
            what.push(format!("{name}, version"));
            is.push(version(name).to_owned());
        }
        self.table(
            "What this report was computed from, and with",
            &df!("what" => what, "is" => is)?,
        )
    }

    /// All that another report holds, after what this one does.
    pub fn append(mut self, other: Report) -> Self {
        self.blocks.extend(other.blocks);
        self
    }

    fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The whole page. The same report gives the same text.
    pub fn html(&self) -> String {
        let mut body = format!("<h1>{}</h1>\n", escape(&self.title));
        let chapters: Vec<&String> = self
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Chapter(heading) => Some(heading),
                _ => None,
            })
            .collect();
        if chapters.len() > 1 {
            body.push_str("<nav><ol>");
            for (place, heading) in chapters.iter().enumerate() {
                let _ = write!(
                    body,
                    "<li><a href=\"#chapter-{place}\">{}</a></li>",
                    escape(heading)
                );
            }
            body.push_str("</ol></nav>\n");
        }
        let mut chapter = 0;
        let mut figures = false;
        for block in &self.blocks {
            match block {
                Block::Chapter(heading) => {
                    let _ = writeln!(
                        body,
                        "<h2 id=\"chapter-{chapter}\">{}</h2>",
                        escape(heading)
                    );
                    chapter += 1;
                }
                Block::Section(heading) => {
                    let _ = writeln!(body, "<h3>{}</h3>", escape(heading));
                }
                Block::Text(paragraph) => {
                    let _ = writeln!(body, "<p>{}</p>", escape(paragraph));
                }
                Block::Table(table) => table.write(&mut body),
                Block::Cards(table) => table.write_cards(&mut body),
                Block::Figure(fragment) => {
                    figures = true;
                    let _ = writeln!(body, "<div class=\"figure\">{fragment}</div>");
                }
            }
        }
        let words = self.words();
        if !words.is_empty() {
            body.push_str("<h2>What the columns mean</h2>\n<dl class=\"words\">");
            for (name, meaning) in words {
                let _ = write!(
                    body,
                    "<dt>{}</dt><dd>{}</dd>",
                    escape(&name.replace('_', " ")),
                    escape(&meaning)
                );
            }
            body.push_str("</dl>\n");
        }
        let library = if figures { library() } else { String::new() };
        format!(
            "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title>\n\
             <style>{STYLE}</style>{library}</head>\n<body><main>\n{body}</main></body></html>\n",
            escape(self.language.as_deref().unwrap_or("en")),
            escape(&self.title)
        )
    }

    /// The names of columns that are this crate's own words, each with what it means.
    fn words(&self) -> BTreeMap<&str, String> {
        let tables = self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) if !table.rows.is_empty() => Some(table),
            _ => None,
        });
        tables
            .flat_map(|table| &table.columns)
            .filter_map(|(name, _)| Some((name.as_str(), meaning(name)?)))
            .collect()
    }

    /// Writes the page to a file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Write`] where it cannot be written, or exists and is to be kept.
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        export::text(&self.html(), file.as_ref(), existing)
    }
}

/// The same width on a screen and on A4, so that what was looked at is what is printed.
const STYLE: &str = "
@page { size: A4; margin: 14mm 12mm; }
body { color: #222; font: 15px/1.5 sans-serif; margin: 0; }
main { margin: 0 auto; max-width: 690px; padding: 16px 8px; }
h1 { font-size: 28px; line-height: 1.2; }
h2 { border-bottom: 1px solid #bbb; break-after: avoid; font-size: 21px; margin-top: 36px; }
h3 { break-after: avoid; font-size: 16px; margin: 24px 0 4px; }
p { margin: 8px 0; overflow-wrap: anywhere; }
nav { background: #f4f4f4; padding: 4px 8px; }
table { border-collapse: collapse; font-size: 12px; line-height: 1.35; margin: 12px 0 18px; width: 100%; }
caption { break-after: avoid; caption-side: top; font-size: 14px; font-weight: bold; padding: 4px 0; text-align: left; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border-bottom: 1px solid #ddd; padding: 3px 5px; text-align: left; vertical-align: top; }
th { background: #f4f4f4; }
td { overflow-wrap: anywhere; }
.number { font-variant-numeric: tabular-nums; overflow-wrap: normal; text-align: right; }
td.number { white-space: nowrap; }
.short { break-inside: avoid; }
.none { color: #777; }
.more { color: #555; font-size: 12px; }
.figure { break-inside: avoid; margin: 12px 0; }
.cards { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); margin: 12px 0; }
.cards section { border: 1px solid #bbb; border-radius: 4px; break-inside: avoid; padding: 8px 12px; }
.cards h3 { margin: 0 0 6px; }
dl { font-size: 13px; margin: 0; }
dt { color: #555; }
dd { margin: 0 0 4px; overflow-wrap: anywhere; }
pre { font-size: 11px; white-space: pre-wrap; }
.words { columns: 2 260px; font-size: 12px; }
.words dt { color: inherit; font-weight: bold; }
.words dd { break-before: avoid; }
@media screen {
  .wide { overflow-x: auto; }
  td { overflow-wrap: break-word; }
}
@media screen and (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #ddd; }
  a { color: #8ab4f8; }
  h2, .cards section { border-color: #555; }
  nav, th { background: #2a2a2a; }
  th, td { border-color: #3a3a3a; }
  .none, .more, dt { color: #aaa; }
}
@media print {
  body { font-size: 13px; }
  main { max-width: none; padding: 0; }
  details, nav, .modebar { display: none !important; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
";

impl Table {
    fn new(caption: &str, table: &DataFrame) -> Result<Self> {
        let shown = table.head(Some(ROWS));
        let mut columns = Vec::new();
        let mut cells = Vec::new();
        for column in shown.columns() {
            let dtype = column.dtype();
            columns.push((column.name().to_string(), dtype.is_primitive_numeric()));
            cells.push(texts(column)?);
        }
        let row = |row: usize| cells.iter().map(|column| column[row].clone()).collect();
        Ok(Table {
            caption: caption.to_owned(),
            columns,
            rows: (0..shown.height()).map(row).collect(),
            more: table.height() - shown.height(),
        })
    }

    fn write_cards(&self, body: &mut String) {
        body.push_str("<div class=\"cards\">");
        for row in &self.rows {
            let mut cells = self.columns.iter().zip(row);
            let heading = cells
                .next()
                .and_then(|(_, text)| text.as_deref())
                .unwrap_or_default();
            let _ = write!(body, "<section><h3>{}</h3><dl>", escape(heading));
            for ((name, _), text) in cells {
                if let Some(text) = text {
                    let _ = write!(body, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(text));
                }
            }
            body.push_str("</dl></section>");
        }
        body.push_str("</div>\n");
    }

    /// The table, in as many parts as fit the page's width; each begins with the columns that say
    /// what a row is: the first, and the second where it is one of words.
    fn write(&self, body: &mut String) {
        if self.rows.is_empty() || self.columns.is_empty() {
            let _ = writeln!(body, "<p><b>{}</b>: none</p>", escape(&self.caption));
            return;
        }
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let second = self.columns.get(1).is_some_and(|(_, number)| !number);
        let (keys, others) = all.split_at(if second { 2 } else { 1 });
        let parts: Vec<Vec<usize>> = if all.len() <= ABREAST {
            vec![all.clone()]
        } else {
            // Parts of about equal width.
            let parts = others.len().div_ceil(ABREAST - keys.len());
            let width = others.len().div_ceil(parts);
            others
                .chunks(width)
                .map(|part| [keys, part].concat())
                .collect()
        };
        let short = if self.rows.len() <= UNBROKEN {
            " class=\"short\""
        } else {
            ""
        };
        for (place, part) in parts.iter().enumerate() {
            let caption = match place {
                0 => escape(&self.caption),
                _ => format!("{} (continued)", escape(&self.caption)),
            };
            let _ = write!(
                body,
                "<div class=\"wide\"><table{short}><caption>{caption}</caption><thead><tr>"
            );
            for column in part {
                let (name, number) = &self.columns[*column];
                let class = if *number { " class=\"number\"" } else { "" };
                let _ = match meaning(name) {
                    Some(meaning) => write!(
                        body,
                        "<th scope=\"col\"{class} title=\"{}\">{}</th>",
                        escape(&meaning),
                        escape(&name.replace('_', " "))
                    ),
                    // A column of the user's keeps its name.
                    None => write!(
                        body,
                        "<th scope=\"col\"{class}>{}</th>",
                        escape(name).replace('_', "_<wbr>")
                    ),
                };
            }
            body.push_str("</tr></thead><tbody>");
            for row in &self.rows {
                body.push_str("<tr>");
                for column in part {
                    let class = if self.columns[*column].1 {
                        " class=\"number\""
                    } else {
                        ""
                    };
                    let _ = match row.get(*column).and_then(Option::as_ref) {
                        Some(text) => write!(body, "<td{class}>{}</td>", escape(text)),
                        None => write!(body, "<td class=\"none\">none</td>"),
                    };
                }
                body.push_str("</tr>");
            }
            body.push_str("</tbody></table></div>\n");
        }
        if self.more > 0 {
            let _ = writeln!(
                body,
                "<p class=\"more\">and {} rows more</p>",
                count(self.more)
            );
        }
    }
}

/// The cells of a column: numbers as in a notebook, with fewer digits.
fn texts(column: &Column) -> Result<Vec<Option<String>>> {
    let floats = matches!(column.dtype(), DataType::Float64 | DataType::Float32);
    let numbers: Vec<Option<f64>> = match floats {
        true => column.cast(&DataType::Float64)?.f64()?.iter().collect(),
        false => vec![None; column.len()],
    };
    let needed = decimals(numbers.iter().flatten().copied());
    // The names of steps are those of functions.
    let is_step = column.name() == "step";
    (0..column.len())
        .map(|row| {
            let value = column.get(row)?;
            Ok(match (&value, numbers[row]) {
                (AnyValue::Null, _) => None,
                (_, Some(x)) => Some(written(x, needed, DIGITS)),
                _ if is_step => Some(plain(&value).replace('_', " ")),
                _ => Some(plain(&value)),
            })
        })
        .collect()
}

/// The version of a crate that this one was built with.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    let after = lock.split_once(&entry).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert_eq!(version("segmenta"), env!("CARGO_PKG_VERSION"));
        assert_eq!(version("polars"), polars::VERSION);
        assert_eq!(version("linfa-clustering").split('.').count(), 3);
    }

    #[test]
    fn a_wide_table_goes_on_below_under_its_first_column() {
        let columns = (0..15).map(|i| Column::new(format!("c{i}").into(), [i]));
        let wide = DataFrame::new(1, columns.collect()).unwrap();
        let html = Report::new("r").table("wide", &wide).unwrap().html();
        assert_eq!(html.matches("<table class=\"short\">").count(), 3);
        assert_eq!(html.matches(">c0</th>").count(), 3);
        for i in 0..15 {
            assert!(html.contains(&format!(">c{i}</th>")), "c{i}");
        }
    }

    #[test]
    fn a_small_number_keeps_its_digits_beside_large_ones() {
        let table = df!("value" => [668_629_000.4, 3_000.0, 0.2, 0.05, 48.3, 0.00001]).unwrap();
        let shown: Vec<String> = texts(&table.columns()[0])
            .unwrap()
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(
            shown,
            ["668,629,000", "3000", "0.200", "0.050", "48.30", "1.00e-5"]
        );
    }

    #[test]
    fn nothing_in_a_table_is_taken_for_html() {
        let odd = df!("<b>" => ["<script>alert(1)</script>"]).unwrap();
        let html = Report::new("<i>").table("&", &odd).unwrap().html();
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"));
    }
}
