//! What a page needs to draw figures.

use plotly::Plot;
use serde_json::Value;

/// The drawing library as a script, for the head of a page: 4.7 MB, once for all its figures.
///
/// ```
/// assert!(segmenta::plot::library().starts_with("<script"));
/// ```
pub fn library() -> String {
    // plotly hands out MathJax as a second script, which no figure here needs.
    let scripts = Plot::offline_js_sources();
    match scripts.find("</script>") {
        Some(end) => scripts[..end + "</script>".len()].to_owned(),
        None => scripts,
    }
}

/// JSON that a page's parser takes for nothing else: no tag can begin or end in it.
pub(super) fn in_script(spec: &Value) -> String {
    spec.to_string().replace('<', "\\u003c")
}
