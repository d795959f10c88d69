"""Looks at the course as a learner does: in a browser, without a network.

`python -m segmenta_kernel.browser lab URL NOTEBOOK` opens a notebook in a running
lab, clears it, runs all cells, and looks for tables, figures and errors; `... failing URL NOTEBOOK` whether
an error stops the rest.
`python -m segmenta_kernel.browser site FOLDER` opens each page of the course's site, on a phone and on a desk, light
and dark, and on paper, and asks axe what somebody who does not see or point could not use.
`python -m segmenta_kernel.browser slides FOLDER` goes through the slides of each lesson, and opens the speaker's notes.
`python -m segmenta_kernel.browser page FILE.html` opens an exported page, and `... report FILE.html` a
report, which it prints as well.
Screenshots go to target/screenshots. Exit status 0: all was as it should be.
"""

import json
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import sync_playwright

from . import languages
from .chromium import open_page
from .paths import ROOT
from .pictures import FIGURE

SHOTS = ROOT / "target" / "screenshots"
RUN_S = 300


def shoot(page, name):
    """Keeps what the page looks like now."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))


def menu(page, *words):
    """Chooses from the menu bar."""
    for depth, word in enumerate(words):
        where = page.locator("#jp-MainMenu" if depth == 0 else ".lm-Menu")
        where.get_by_text(word, exact=True).last.click()


def cells_of(notebook):
    """The cells of a notebook that JupyterLab may be writing at this moment."""
    for _ in range(50):
        try:
            return json.loads(notebook.read_text())["cells"]
        except json.JSONDecodeError:
            time.sleep(0.1)
    return json.loads(notebook.read_text())["cells"]


def saved(notebook):
    """What the cells of a saved notebook show."""
    cells = [c for c in cells_of(notebook) if c["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    # Run All stops where the learner's part begins.
    asked = next((place for place, cell in enumerate(cells, 1) if "todo!()" in "".join(cell["source"])), len(cells))
    return {
        "code": asked,
        "done": sum(cell["execution_count"] is not None for cell in cells),
        "tables": sum("<table" in "".join(o.get("data", {}).get("text/html", "")) for o in outputs),
        "figures": [
            o["data"][FIGURE]["layout"]["title"]["text"]
            for o in outputs
            if FIGURE in o.get("data", {})
        ],
        "errors": [
            o
            for o in outputs
            if (o["output_type"] == "error" and o["ename"] != "NotYet") or o.get("name") == "stderr"
        ],
    }


def open_in_lab(page, url, notebook):
    """Opens a notebook in a running lab, and runs all its cells anew."""
    parts = urlsplit(url)
    token = parse_qs(parts.query).get("token", [""])[0]
    page.goto(f"{parts.scheme}://{parts.netloc}/lab/tree/{notebook}?token={token}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    page.get_by_text("Rust (Segmenta)").locator("visible=true").first.wait_for(timeout=60_000)
    menu(page, "Edit", "Clear Outputs of All Cells")
    page.wait_for_function("document.querySelectorAll('.jp-OutputArea-output').length == 0")
    menu(page, "Run", "Run All Cells")


def failing(page, url, notebook):
    """Runs all cells of a notebook whose second one fails: it is red, the others are not run."""
    open_in_lab(page, url, notebook)
    error = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').first
    error.wait_for(timeout=RUN_S * 1000)
    page.wait_for_timeout(2_000)
    shoot(page, "lab-failing")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1_500)
    cells = cells_of(ROOT / notebook)
    # A line that says what took long is no output of the cell's.
    outputs = [[o for o in cell["outputs"] if not o.get("metadata", {}).get("segmenta")] for cell in cells]
    found = [
        (cell["execution_count"], [o["output_type"] for o in shown]) for cell, shown in zip(cells, outputs)
    ]
    print(found)
    return found == [(1, []), (2, ["error"]), (None, []), (None, [])]


def lab(page, url, notebook):
    """Runs all cells of a notebook, up to the first exercise, and counts what they show."""
    open_in_lab(page, url, notebook)
    # JupyterLab draws the cells that are in view; the file it saves has them all.
    deadline = time.monotonic() + RUN_S
    while True:
        time.sleep(3)
        page.keyboard.press("Control+s")
        time.sleep(1)
        found = saved(ROOT / notebook)
        if found["errors"] or found["done"] == found["code"] or time.monotonic() > deadline:
            break
    name = Path(notebook).stem
    table = page.locator(".jp-OutputArea-output table.dataframe").first
    table.scroll_into_view_if_needed(timeout=30_000)
    shoot(page, f"lab-{name}")
    seen = drawn_in_lab(page, name)
    print(found, {"drawn": seen})
    return (
        found["done"] == found["code"]
        and found["tables"] > 0
        and not found["errors"]
        and seen == found["figures"]
    )


def drawn_in_lab(page, name):
    """Scrolls to each figure, which is when JupyterLab draws it, and keeps what it looks like."""
    seen = []
    for figure in page.locator(".js-plotly-plot").all():
        figure.scroll_into_view_if_needed()
        title = figure.locator("text.gtitle").first
        title.wait_for(timeout=10_000)
        page.wait_for_timeout(300)
        seen.append(title.text_content())
        shoot(page, f"lab-{name}-figure-{len(seen)}")
    return seen


def exported(page, file):
    """Opens an exported page and counts its tables and its figures."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(Path(file).resolve().as_uri())
    name = Path(file).stem
    tables = page.locator("table.dataframe").count()
    figures = page.locator("figure")
    page.wait_for_timeout(2_000)
    undrawn = [
        figure.text_content()[:80]
        for figure in figures.all()
        if figure.locator(".main-svg").count() == 0
    ]
    for number, figure in enumerate(figures.all(), 1):
        figure.scroll_into_view_if_needed()
        shoot(page, f"page-{name}-figure-{number}")
    page.keyboard.press("Home")
    shoot(page, f"page-{name}")
    elsewhere = [url for url in asked if url.startswith("http")]
    print({"tables": tables, "figures": figures.count(), "undrawn": undrawn, "asked": elsewhere})
    return tables > 0 and not undrawn and not elsewhere


# What A4 leaves between the margins of a report, in the browser's points.
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1400, "height": 900}
PAPER = {"width": 703, "height": 1017}


def report(page, file):
    """Opens a report, and looks whether anything is cut off, on the screen and on paper."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(Path(file).resolve().as_uri())
    page.wait_for_timeout(2_000)
    name = Path(file).stem
    undrawn = [
        figure.text_content()[:80]
        for figure in page.locator("figure").all()
        if figure.locator(".main-svg").count() == 0
    ]
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}-whole.png"), full_page=True)
    cut = page.evaluate(CUT, None)
    for size, window in [("phone", PHONE), ("desk", DESK)]:
        for colours in ["light", "dark"]:
            page.emulate_media(color_scheme=colours)
            page.set_viewport_size(window)
            page.wait_for_timeout(1_000)
            page.screenshot(path=str(SHOTS / f"{name}-{size}-{colours}.png"), full_page=True)
            # Wide tables are moved sideways on a phone, and the page is not.
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > window["width"]:
                cut.append([f"wider than a {size}", wide])
            cut += page.evaluate(THEMED, colours)
    page.emulate_media(color_scheme="light")
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    page.wait_for_timeout(500)
    cut += page.evaluate(CUT, PAPER["height"])
    page.pdf(path=str(SHOTS / f"{name}.pdf"), format="A4", prefer_css_page_size=True)
    elsewhere = [url for url in asked if url.startswith("http")]
    tables, figures = page.locator("table").count(), page.locator("figure").count()
    print({"tables": tables, "figures": figures, "undrawn": undrawn, "cut": cut, "asked": elsewhere})
    return tables > 0 and figures > 0 and not undrawn and not cut and not elsewhere


def site(page, folder):
    """Opens each page of the course's site, and looks at it as its readers do."""
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(["script", str(error)]))
    files = sorted(Path(folder).glob("*.html"))
    files = [file for file in files if file.stem not in ("404", "toc")]
    for file in files:
        page.set_viewport_size(PHONE)
        page.goto(file.resolve().as_uri())
        draw_all(page)
        for size, window in [("phone", PHONE), ("desk", DESK)]:
            page.set_viewport_size(window)
            page.wait_for_timeout(300)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > window["width"]:
                faults.append([file.name, f"wider than a {size}", wide])
        undrawn = [place.get_attribute("aria-label") for place in page.locator(".draw:not(:has(.main-svg))").all()]
        faults += [[file.name, "not drawn", called] for called in undrawn]
        faults += [[file.name, *fault] for fault in unusable(page, axe)]
        # On paper, from a page that is dark on the screen.
        page.emulate_media(media="print", color_scheme="dark")
        page.set_viewport_size(PAPER)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        faults += [[file.name, "paper", *fault] for fault in page.evaluate(PRINTED)]
        page.emulate_media(media="screen", color_scheme="light")
    looks(page, Path(folder), axe, faults)
    faults += [["asked for", url] for url in asked if url.startswith("http")]
    print({"pages": len(files), "faults": faults})
    return len(files) == len(languages.titles()) + len(languages.all_of_them()) and not faults


SLIDE = """async number => {
  Reveal.slide(number);
  await new Promise(requestAnimationFrame);
  const slide = Reveal.getCurrentSlide(), faults = [];
  slide.querySelectorAll(".draw:not(:has(.main-svg))").forEach(place => faults.push("not drawn: " + place.ariaLabel));
  if (slide.scrollWidth > slide.clientWidth) { faults.push("wider than the window"); }
  if (!slide.querySelector("aside.notes").textContent.trim()) { faults.push("the speaker has no notes"); }
  if (!slide.querySelector("h2 ~ :not(aside)").textContent.trim()) { faults.push("empty"); }
  return faults;
}"""


def slides(page, folder):
    """Goes through all slides, as in a hall without a network."""
    asked, faults, files, seen = [], [], sorted(Path(folder).glob("*.html")), 0
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(["script", str(error)]))
    page.set_viewport_size({"width": 1280, "height": 720})
    for file in files:
        page.goto(file.resolve().as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        for number in range(page.evaluate("Reveal.getTotalSlides()")):
            faults += [[file.stem, number + 1, fault] for fault in page.evaluate(SLIDE, number)]
            seen += 1
            if file.stem.startswith("03") and number in (0, 1, 3, 5, 6, 40):
                shoot(page, f"slides-03-{number + 1}")
    page.goto(files[2].resolve().as_uri() + "?print-pdf")
    page.wait_for_selector(".pdf-page .main-svg")
    page.wait_for_timeout(1_000)
    slides, sheets = page.evaluate("[Reveal.getTotalSlides(), document.querySelectorAll('.pdf-page').length]")
    undrawn = page.locator(".draw:not(:has(.main-svg))").count()
    if slides != sheets or undrawn:
        faults.append(["printed", slides, sheets, undrawn])
    page.pdf(path=str(SHOTS / "slides.pdf"), prefer_css_page_size=True, print_background=True)
    page.goto(files[2].resolve().as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes")
    notes.get_by_text("What goes wrong").wait_for()
    shoot(popup.value, "slides-speaker")
    faults += [["asked for", url] for url in asked if url.startswith("http")]
    print({"lessons": len(files), "slides": seen, "faults": faults})
    return len(files) == len(languages.titles()) and not faults


def draw_all(page):
    """Figures are drawn when they come into view; on paper all of them are wanted."""
    page.evaluate("dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))")
    page.wait_for_timeout(500)


def unusable(page, axe):
    """What axe calls serious or critical."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        [rule["id"], rule["nodes"][0]["html"][:200], len(rule["nodes"])]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def looks(page, folder, axe, faults):
    """One lesson in the dark and on paper; its quiz, a solution and the search are used."""
    page.goto((folder / "03-conversion.html").resolve().as_uri())
    draw_all(page)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for size, window in [("phone", PHONE), ("desk", DESK)]:
        page.set_viewport_size(window)
        for colours in ["light", "dark"]:
            page.emulate_media(color_scheme=colours)
            page.reload()
            draw_all(page)
            page.screenshot(path=str(SHOTS / f"site-{size}-{colours}.png"))
            page.locator(".draw").nth(3).scroll_into_view_if_needed()
            page.wait_for_timeout(300)
            page.screenshot(path=str(SHOTS / f"site-{size}-{colours}-figure.png"))
            faults += [["03", colours, *fault] for fault in unusable(page, axe)]
            faults += [["03", *fault] for fault in page.evaluate(THEMED, colours)]
    page.emulate_media(color_scheme="light")
    page.reload()
    question = page.locator(".quiz fieldset").first
    question.locator("input").nth(0).check()
    said = [question.locator(".said").text_content()]
    question.locator("input").nth(1).check()
    said.append(question.locator(".said").text_content())
    if said != ["Not that one.", "Right."] or not question.locator("details[open]").count():
        faults.append(["quiz", said])
    solution = page.locator(".solution").first
    if solution.locator("code").is_visible():
        faults.append(["solution", "open before it is asked for"])
    solution.locator("summary").click()
    if "Bands::new" not in solution.locator("code").text_content():
        faults.append(["solution", solution.text_content()[:100]])
    page.screenshot(path=str(SHOTS / "site-exercises.png"))
    page.keyboard.press("Escape")
    page.locator("#mdbook-search-toggle, #search-toggle").first.click()
    page.keyboard.type("silhouette")
    page.wait_for_timeout(1_500)
    hits = page.locator("#mdbook-searchresults a, #searchresults a").all_text_contents()
    if not any("Segments" in hit for hit in hits):
        faults.append(["search", hits[:5]])
    page.screenshot(path=str(SHOTS / "site-search.png"))
    page.goto((folder / "03-conversion.html").resolve().as_uri())
    draw_all(page)
    page.pdf(path=str(SHOTS / "site.pdf"), format="A4", margin={side: "12mm" for side in ("top", "right", "bottom", "left")})


# What is of no use on paper, wider than it, or in pale letters.
PRINTED = """() => {
  const odd = [], wide = document.documentElement.scrollWidth;
  ["#mdbook-sidebar", "#mdbook-menu-bar", ".nav-wide-wrapper"].forEach(part => {
    const found = document.querySelector(part);
    if (!found || found.getClientRects().length) { odd.push(["printed, or unknown", part]); }
  });
  if (wide > innerWidth) { odd.push(["wider than the paper", wide]); }
  document.querySelectorAll("main table, main pre, main .draw").forEach(part => {
    const right = part.getBoundingClientRect().right;
    if (right > innerWidth + 1) { odd.push(["cut off", Math.round(right), part.textContent.slice(0, 60)]); }
  });
  document.querySelectorAll("main p, main h2, main td, main code, main code span, main legend, main summary").forEach(part => {
    const bright = (getComputedStyle(part).color.match(/[\\d.]+/g) || []).slice(0, 3).map(Number);
    if (part.getClientRects().length && bright[0] + bright[1] + bright[2] > 384) { odd.push(["pale", part.outerHTML.slice(0, 100)]); }
  });
  return odd.slice(0, 5);
}"""


# Pages and figures whose colours are not those that were asked for, and titles of figures that lie on one
# another, on the buttons, or beyond the window.
THEMED = """colours => {
  const odd = [], light = colour => {
    const parts = (colour.match(/[\\d.]+/g) || []).map(Number);
    return parts[0] + parts[1] + parts[2] > 384;
  };
  if (light(getComputedStyle(document.body).color) !== (colours === "dark")) odd.push(["text in the wrong colour"]);
  for (const figure of document.querySelectorAll("figure")) {
    const title = figure.querySelector(".gtitle"), paper = figure.querySelector(".main-svg");
    if (!title) continue;
    const text = title.textContent.slice(0, 60);
    if (light(getComputedStyle(title).fill) !== (colours === "dark")) odd.push(["title in the wrong colour", text]);
    if (light(getComputedStyle(paper).backgroundColor) === (colours === "dark")) odd.push(["paper in the wrong colour", text]);
    const boxes = [...figure.querySelectorAll(".gtitle, .gtitle-subtitle, .xtitle, .ytitle, .legend, .modebar-group")]
      .map(part => Object.assign(part.getBoundingClientRect(), {what: part.getAttribute("class")})).filter(box => box.width > 0);
    for (const [place, box] of boxes.entries()) {
      if (box.right > document.documentElement.clientWidth + 1) odd.push(["title beyond the window", text]);
      const around = paper.getBoundingClientRect();
      if (box.top < around.top - 2 || box.bottom > around.bottom + 2) odd.push(["title beyond its figure", text]);
      for (const other of boxes.slice(place + 1)) {
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        if (across > 2 && down > 2) odd.push([`${box.what} on ${other.what}`, text]);
      }
    }
  }
  return odd;
}"""


# Tables and drawings that reach beyond the window, cells that reach beyond themselves, and tables that
# stay on one page but are taller.
CUT = """height => {
  const cut = [], width = document.documentElement.clientWidth;
  for (const part of document.querySelectorAll("table, .main-svg, th, td")) {
    const box = part.getBoundingClientRect();
    const text = part.textContent.slice(0, 60);
    if (box.width === 0) continue;
    if (box.right > width + 1 || box.left < -1) cut.push(["beyond the page", text]);
    if (part.matches("th, td") && part.scrollWidth > part.clientWidth + 1) cut.push(["beyond its cell", text]);
    if (height && part.matches("table.short") && box.height > height) cut.push(["taller than a page", text]);
  }
  return cut;
}"""


def main():
    kind, *arguments = sys.argv[1:]
    with sync_playwright() as playwright:
        browser, page = open_page(playwright)
        try:
            good = {"lab": lab, "failing": failing, "page": exported, "report": report, "site": site, "slides": slides}[kind](page, *arguments)
        except Exception:
            shoot(page, "failed")
            raise
        finally:
            browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
