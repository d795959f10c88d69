use std::path::Path;
use std::sync::Mutex;

use plotly::Plot;
use polars::prelude::*;
use polars_io::prelude::CsvWriter;
use serde_json::{Value, json};

use super::browser;
use super::page::{in_script, library};
use crate::data::Currency;
use crate::table::display::{Show, escape};
use crate::table::export::{self, Existing};
use crate::{Error, Result};

/// What does the table look like? A picture, the table behind it, and what it shows in words.
///
/// The functions of [`plot`](crate::plot) make it; [`title`](Figure::title),
/// [`x_axis`](Figure::x_axis) and [`y_axis`](Figure::y_axis) name it in one's own words.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("status" => ["a", "b"], "estimate" => [0.2, 0.3])?;
/// let figure = plot::bars(&table)?.title("Who answers?").y_axis("share of customers");
/// assert_eq!(figure.data(), &table);
/// assert!(figure.text().contains("Who answers?"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    /// What plotly.js draws: `data` and `layout`.
    spec: Value,
    data: DataFrame,
    words: String,
}

/// How a page draws a figure so that it fits: in the colours of a dark page where the page is dark, and with
/// titles on several lines where it is narrow.
const FIT: &str = include_str!("fit.js");

/// The figure that brought the drawing library to this notebook.
static BROUGHT_BY: Mutex<Option<String>> = Mutex::new(None);

impl Figure {
    /// A figure of traces as plotly.js describes them, with its table and its story.
    pub(super) fn new(traces: Vec<Value>, data: DataFrame, words: String) -> Self {
        let axis = json!({
            "automargin": true, "gridcolor": "#e5e5e5", "linecolor": "#888888",
            "title": {"text": "", "standoff": 12}, "zeroline": false,
        });
        let layout = json!({
            "autosize": true,
            "colorway": super::COLOURS,
            "font": {"color": "#222222", "family": "sans-serif", "size": 13},
            "height": 420,
            "hoverlabel": {"align": "left"},
            "margin": {"b": 60, "l": 70, "r": 30, "t": 80},
            "paper_bgcolor": "#ffffff",
            "plot_bgcolor": "#ffffff",
            "showlegend": false,
            "title": {
                "text": "", "x": 0.02, "xanchor": "left",
                "subtitle": {"text": "", "font": {"color": "#555555", "size": 12}},
            },
            "xaxis": axis, "yaxis": axis,
        });
        Figure {
            spec: json!({"data": traces, "layout": layout}),
            data,
            words,
        }
    }

    /// A picture of one's own, made with plotly's builders, with the table behind it.
    ///
    /// It is shown, kept and saved as all others are. Its frames and its configuration are not
    /// taken over.
    ///
    /// ```
    /// use segmenta::plotly::{Bar, Plot};
    /// use segmenta::prelude::*;
    ///
    /// let table = df!("day" => ["Mon", "Tue"], "orders" => [3, 5])?;
    /// let mut plot = Plot::new();
    /// plot.add_trace(Bar::new(vec!["Mon", "Tue"], vec![3, 5]));
    /// let figure = Figure::from_plotly(&plot, &table)?.title("Orders").x_axis("day").y_axis("orders");
    /// assert!(figure.text().contains("Tue"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] where plotly's JSON cannot be read.
    pub fn from_plotly(plot: &Plot, data: &DataFrame) -> Result<Self> {
        let wrong = |what: String| Error::Parameter {
            name: "plot",
            value: what,
            expected: "a plot with traces and a layout".into(),
        };
        let own: Value =
            serde_json::from_str(&plot.to_json()).map_err(|error| wrong(error.to_string()))?;
        let traces = own["data"].as_array().cloned();
        let traces = traces.ok_or_else(|| wrong("a plot without traces".into()))?;
        let mut figure = Figure::new(traces, data.clone(), String::new());
        merge(&mut figure.spec["layout"], &own["layout"]);
        Ok(figure)
    }

    /// What the picture shows, in a few words, above it.
    pub fn title(self, title: &str) -> Self {
        self.with("/layout/title/text", json!(title))
    }

    /// A second, smaller line under the title.
    pub fn subtitle(self, subtitle: &str) -> Self {
        self.with("/layout/title/subtitle/text", json!(subtitle))
    }

    /// What the horizontal axis counts, with its unit.
    pub fn x_axis(self, name: &str) -> Self {
        self.with("/layout/xaxis/title/text", json!(name))
    }

    /// What the vertical axis counts, with its unit.
    pub fn y_axis(self, name: &str) -> Self {
        self.with("/layout/yaxis/title/text", json!(name))
    }

    /// In which money the amounts are, where axes and panels are named after columns of money.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!("Income" => [10.0, 20.0, 40.0])?;
    /// let figure = plot::histogram(&customers, "Income")?.currency(&Currency::new("EUR"));
    /// assert!(figure.text().contains("euros a year"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn currency(mut self, currency: &Currency) -> Self {
        fn rename(value: &mut Value, word: &str) {
            match value {
                Value::String(text) => {
                    for per in ["a year)", "in two years)"] {
                        *text = text.replace(&format!("(rupiah {per}"), &format!("({word} {per}"));
                    }
                }
                Value::Array(parts) => parts.iter_mut().for_each(|part| rename(part, word)),
                Value::Object(parts) => parts.values_mut().for_each(|part| rename(part, word)),
                _ => {}
            }
        }
        rename(&mut self.spec, currency.word());
        self
    }

    /// Sets one place of what plotly.js draws.
    pub(super) fn with(mut self, place: &str, value: Value) -> Self {
        let mut at = &mut self.spec;
        for key in place.split('/').skip(1) {
            at = &mut at[key];
        }
        *at = value;
        self
    }

    /// The table behind the picture.
    pub fn data(&self) -> &DataFrame {
        &self.data
    }

    /// What plotly.js draws, as JSON.
    pub fn json(&self) -> String {
        self.spec.to_string()
    }

    /// The figure for a page that holds the drawing [`library`] already.
    ///
    /// The same figure gives the same text: there is nothing random in it.
    pub fn fragment(&self) -> String {
        let id = self.id();
        let text = escape(&self.text());
        let label = escape(&self.heading().join(". "));
        let height = &self.spec["layout"]["height"];
        let spec = in_script(&self.spec);
        format!(
            r#"<figure style="margin:0"><div id="{id}" role="img" aria-label="{label}" style="width:100%;height:{height}px"></div>
<script>(function () {{
  var place = document.currentScript.previousElementSibling, spec = {spec};
  {FIT}
  function draw() {{
    if (window.Plotly) {{ fitted(place, spec); }}
    else {{ place.style.height = "auto"; place.textContent = "This page lacks the drawing library; here are the numbers."; place.parentNode.querySelector("details").open = true; }}
  }}
  if (window.Plotly || document.readyState === "complete") {{ draw(); }} else {{ window.addEventListener("load", draw); }}
}})();</script>
<details><summary>In words and numbers</summary><pre>{text}</pre></details></figure>"#
        )
    }

    /// Writes the figure to a file, by its ending: `.html` (one page that needs no network),
    /// `.csv` (the table behind it), `.png` or `.svg`.
    ///
    /// Pictures are drawn by a browser: Chromium, Chrome or Edge, found on the path or named
    /// by the variable `CHROME`.
    ///
    /// # Errors
    /// [`Error::Write`] where the file cannot be written, [`Error::Parameter`] where its ending
    /// is another, [`Error::Browser`] where no browser is found or it fails.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let figure = plot::bars(&df!("status" => ["a"], "estimate" => [0.2])?)?;
    /// let file = std::env::temp_dir().join("segmenta-doc-example.csv");
    /// figure.save(&file, Existing::Replace)?;
    /// assert_eq!(std::fs::read_to_string(&file).unwrap(), "status,estimate\na,0.2\n");
    /// # std::fs::remove_file(file).unwrap();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn save(&self, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
        let file = file.as_ref();
        let write = |bytes: &[u8]| export::bytes(bytes, file, existing);
        match file.extension().and_then(|ending| ending.to_str()) {
            Some("html") => write(self.page().as_bytes()),
            Some("csv") => {
                let mut bytes = Vec::new();
                CsvWriter::new(&mut bytes).finish(&mut self.data.clone())?;
                write(&bytes)
            }
            Some("png") => write(&browser::png(&self.spec)?),
            Some("svg") => write(browser::svg(&self.spec)?.as_bytes()),
            _ => Err(Error::Parameter {
                name: "file",
                value: file.display().to_string(),
                expected: "a name that ends in .html, .csv, .png or .svg".into(),
            }),
        }
    }

    fn page(&self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>{}</head>\n<body>{}</body></html>\n",
            escape(&self.heading().join(". ")),
            library(),
            self.fragment()
        )
    }

    /// Title, subtitle and words, as far as there are any.
    fn heading(&self) -> Vec<&str> {
        let title = &self.spec["layout"]["title"];
        let texts = [title["text"].as_str(), title["subtitle"]["text"].as_str()];
        let texts = texts.into_iter().flatten().chain([self.words.as_str()]);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The same on each run: a hash of what is drawn (FNV-1a, 64 bits).
    fn id(&self) -> String {
        let hash = self
            .json()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3_u64)
            });
        format!("figure-{hash:016x}")
    }

    /// Whether this figure is to bring the library: the first that is shown, whenever it is.
    fn brings_library(&self) -> bool {
        let Ok(mut brought_by) = BROUGHT_BY.lock() else {
            return true;
        };
        let id = self.id();
        *brought_by.get_or_insert_with(|| id.clone()) == id
    }
}

impl Show for Figure {
    /// The figure with all that it needs to be drawn, the [`library`] included.
    fn html(&self) -> String {
        format!("{}{}", library(), self.fragment())
    }

    /// Title, axes, what is seen, and the table behind it.
    fn text(&self) -> String {
        let mut text = self.heading().join("\n");
        let name = |axis: &str| self.spec["layout"][axis]["title"]["text"].as_str();
        for (label, axis) in [("across", "xaxis"), ("up", "yaxis")] {
            if let Some(name) = name(axis).filter(|name| !name.is_empty()) {
                text.push_str(&format!("\n{label}: {name}"));
            }
        }
        format!("{text}\n{}", self.data.text())
    }

    fn evcxr_display(&self) {
        let library = if self.brings_library() {
            library()
        } else {
            String::new()
        };
        for (kind, content) in [
            ("application/vnd.plotly.v1+json", self.json()),
            ("text/html", library + &self.fragment()),
            ("text/plain", self.text()),
        ] {
            println!("EVCXR_BEGIN_CONTENT {kind}\n{content}\nEVCXR_END_CONTENT");
        }
    }
}

/// Puts the values of one object over those of another.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}
