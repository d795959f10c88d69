//! Draws a figure without a window, by a browser that is installed.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::page::{in_script, library};
use crate::{Error, Result};

const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
];
const WIDTH: u64 = 900;

/// Writes a picture of 900 points across, at two pixels a point.
pub(super) fn png(spec: &Value) -> Result<Vec<u8>> {
    let height = spec["layout"]["height"].as_u64().unwrap_or(420);
    let shot = Scratch::new()?;
    let picture = shot.folder.join("picture.png");
    shot.run(
        spec,
        "",
        &[
            format!("--screenshot={}", picture.display()),
            format!("--window-size={WIDTH},{height}"),
            "--force-device-scale-factor=2".into(),
            "--hide-scrollbars".into(),
        ],
    )?;
    std::fs::read(&picture).map_err(|error| Error::Browser(format!("it made no picture: {error}")))
}

/// The picture as SVG, as plotly.js exports it.
pub(super) fn svg(spec: &Value) -> Result<String> {
    let height = spec["layout"]["height"].as_u64().unwrap_or(420);
    let export = format!(
        "drawn.then(function () {{ return Plotly.toImage('figure', {{format: 'svg', width: {WIDTH}, height: {height}}}); }})
         .then(function (url) {{ document.body.innerHTML = '<pre id=\"svg\"></pre>';
           document.getElementById('svg').textContent = decodeURIComponent(url.slice(url.indexOf(',') + 1)); }});"
    );
    let page = Scratch::new()?.run(spec, &export, &["--dump-dom".into()])?;
    let svg = page
        .split_once("<pre id=\"svg\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .map(|(svg, _)| svg)
        .ok_or_else(|| Error::Browser("it made no picture".into()))?;
    // The page shows the picture as text, so its marks are escaped once more.
    let svg = svg
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    Ok(svg)
}

/// A folder for the page and the browser's own files, gone when it is dropped.
struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    fn new() -> Result<Self> {
        let unique = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let name = format!("segmenta-figure-{}-{unique}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|source| Error::Write {
            file: folder.clone(),
            source,
        })?;
        Ok(Scratch { folder })
    }

    /// Opens a page with the figure, and gives what the browser prints.
    fn run(&self, spec: &Value, then: &str, arguments: &[String]) -> Result<String> {
        let page = self.folder.join("page.html");
        let spec = in_script(spec);
        let html = format!(
            "<!doctype html><html><head><meta charset=\"utf-8\">{}</head>\
             <body style=\"margin:0\"><div id=\"figure\" style=\"width:{WIDTH}px\"></div><script>\
             var spec = {spec}; var drawn = Plotly.newPlot('figure', spec.data, spec.layout, {{staticPlot: true}});{then}\
             </script></body></html>",
            library()
        );
        std::fs::write(&page, html).map_err(|source| Error::Write {
            file: page.clone(),
            source,
        })?;
        let mut command = Command::new(find()?);
        command
            .args(["--headless", "--disable-gpu", "--no-first-run"])
            // The page is our own, and a container's root may have no sandbox.
            .arg("--no-sandbox")
            .arg(format!("--user-data-dir={}", self.folder.display()))
            // Time that is simulated: it goes on when the page has nothing left to do.
            .arg("--virtual-time-budget=20000")
            .args(arguments)
            .arg(format!("file://{}", page.display()));
        let output = command
            .output()
            .map_err(|error| Error::Browser(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default().to_owned();
            return Err(Error::Browser(format!("it stopped: {last}")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn find() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Ok(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|program| program.is_file())
        .ok_or_else(|| {
            Error::Browser(
                "none is installed; set CHROME to a Chromium, Chrome or Edge, or save as .html"
                    .into(),
            )
        })
}
