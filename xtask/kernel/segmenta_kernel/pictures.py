"""Static pictures of the figures in a notebook, for readers that draw nothing.

A running notebook carries each figure as plotly's JSON, as HTML and as text. In a
notebook that is kept, a picture takes the place of the HTML: GitHub, PDF and print
show it, and the file stays small. A picture is drawn again only when its figure
has changed, so that a re-run changes nothing.
"""

import base64
import copy
import hashlib
import json
from pathlib import Path

import plotly
from nbconvert.preprocessors import Preprocessor

FIGURE = "application/vnd.plotly.v1+json"
LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
WIDTH, HEIGHT = 900, 420


def figures(notebook):
    """The outputs that are figures."""
    return [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if FIGURE in output.get("data", {})
    ]


def mark(output):
    """What tells a figure from every other: a hash of what is drawn."""
    text = json.dumps(output.data[FIGURE], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def bare(notebook):
    """A copy without HTML and pictures of figures, which leaves what was computed."""
    notebook = copy.deepcopy(notebook)
    for output in figures(notebook):
        output.data.pop("text/html", None)
        output.data.pop("image/png", None)
        output.metadata = {}
    return notebook


def to_keep(notebook, before):
    """A copy with pictures in place of HTML; those of `before` are used where they still fit."""
    drawn = {output.metadata.get("figure"): output for output in figures(before)} if before else {}
    notebook = bare(notebook)
    new = []
    for output in figures(notebook):
        old = drawn.get(mark(output))
        if old is not None and "image/png" in old.data:
            output.data["image/png"] = old.data["image/png"]
        else:
            new.append(output)
        height = output.data[FIGURE]["layout"].get("height", HEIGHT)
        output.metadata = {"figure": mark(output), "image/png": {"width": WIDTH, "height": height}}
    if new:
        draw(new)
    return notebook


class WithLibrary(Preprocessor):
    """Puts the drawing library into an exported page whose figures lack it.

    The first figure that a kernel shows brings it. When that one is changed and run
    again its output is gone, and with it the library; the others would not be drawn.
    """

    def preprocess(self, notebook, resources):
        pages = [o.data for o in figures(notebook) if "text/html" in o.data]
        if pages and not any("window.Plotly = Plotly" in data["text/html"] for data in pages):
            script = f"<script>{LIBRARY.read_text()}</script>"
            pages[0]["text/html"] = script + pages[0]["text/html"]
        return notebook, resources


def stale(notebook):
    """How many figures of a kept notebook lack their picture, or have one of another figure."""
    return sum(
        "image/png" not in output.data or output.metadata.get("figure") != mark(output)
        for output in figures(notebook)
    )


def draw(outputs):
    """Draws figures in a browser and puts the pictures into their outputs."""
    # Only who generates notebooks needs the browser's driver.
    from playwright.sync_api import sync_playwright

    from .chromium import open_page

    with sync_playwright() as playwright:
        browser, page = open_page(playwright)
        page.add_script_tag(path=str(LIBRARY))
        for output in outputs:
            url = page.evaluate(
                "([spec, size]) => Plotly.toImage({data: spec.data, layout: spec.layout},"
                " {format: 'png', ...size})",
                [output.data[FIGURE], dict(output.metadata["image/png"])],
            )
            png = url.split(",", 1)[1]
            # A picture of nothing has a few hundred bytes.
            if len(base64.b64decode(png)) < 2_000:
                raise RuntimeError("the browser drew an empty picture")
            output.data["image/png"] = png
        browser.close()
