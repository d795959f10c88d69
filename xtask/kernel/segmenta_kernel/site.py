"""The course as a site: the lessons as they were executed, with their solutions folded.

`python -m segmenta_kernel.site MDBOOK API`

Writes the pages to target/site/src as Markdown, lets mdBook make the site of them in
target/site/html, puts the crate's pages (the folder API) beside it, and looks at every link.
Nothing is executed: what a page shows is what notebooks/ keep.
"""

import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat

from . import card, languages, lesson
from .card import NotAsItShouldBe
from .paths import NOTEBOOKS, ROOT
from .pictures import FIGURE, LIBRARY

SITE = ROOT / "target" / "site"
PAGE_MB = 1.0
"""What a page may take, without the drawing library that all share."""


# --- a lesson's page


def page(source, following):
    """A lesson as Markdown, and its figures."""
    kept = nbformat.read(source.with_suffix(".ipynb"), 4)
    written = lesson.read(source)
    if [cell.source for cell in lesson.for_learners(written).cells] != [cell.source for cell in kept.cells]:
        raise NotAsItShouldBe(f"{source.name} and its notebook differ: run `cargo xtask run --update {source.stem[:2]}`")
    about, figures, parts = card.read(source), {}, []
    for cell, solved in zip(kept.cells, lesson.for_readers(written).cells):
        if cell.cell_type == "markdown":
            parts.append(linked(cell.source))
            if len(parts) == 1:
                parts.append(before(about))
        elif lesson.number(cell, "exercise") is not None:
            parts.append(code(cell.source))
            parts.append(f"<details class=\"solution\"><summary>A solution</summary>\n\n{code(solved.source)}\n\n</details>")
        else:
            parts.append(code(cell.source))
            parts += [shown for output in cell.outputs if (shown := result(output, figures))]
    parts.append(quiz(about["quiz"]))
    if following:
        parts.append(f"<p class=\"next\">Next: <a href=\"{following[0].stem}.html\">{html.escape(following[1])}</a></p>")
    parts.append(f"<p class=\"licence\">{card.LICENCE}</p>")
    if figures:
        drawn = f"window.FIGURES = {json.dumps(figures, separators=(',', ':'))};\n"
        parts.append(f"<script src=\"plotly.js\" defer></script>\n<script src=\"{source.stem}-figures.js\" defer></script>")
    return "\n\n".join(parts) + "\n", drawn if figures else ""


def linked(text):
    """Markdown whose links to lessons lead to their pages."""
    return re.sub(r"\]\((\d\d-[a-z-]+)\.ipynb\)", r"](\1.html)", text)


def code(text):
    fence = "```"
    return f"{fence}rust\n{text}\n{fence}"


def before(about):
    """The card of a lesson."""
    able = "".join(f"<li>{html.escape(aim)}</li>" for aim in about["able"])
    return (
        f"<dl class=\"card\"><dt>Time</dt><dd>about {about['minutes']} minutes, exercises among them</dd>"
        f"<dt>Afterwards you can</dt><dd><ul>{able}</ul></dd>"
        f"<dt>What you need</dt><dd>{html.escape(about['needs'])}</dd></dl>"
    )


def result(output, figures):
    """What a cell has shown."""
    if output.output_type == "stream":
        return block(output.text)
    if output.output_type == "error":
        return block(re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback)), "error")
    data = output.get("data", {})
    text = data.get("text/plain", "")
    if FIGURE in data:
        name = f"figure-{len(figures) + 1}"
        figures[name] = data[FIGURE]
        called = html.escape(text.split("\n")[0], quote=True)
        return (
            f"<div class=\"figure\"><div class=\"draw\" id=\"{name}\" role=\"img\" aria-label=\"{called}\"></div>"
            f"<details><summary>The figure in words</summary>{pre(text)}</details></div>"
        )
    if "text/html" in data:
        return f"<div class=\"result\">{one_line(data['text/html'])}</div>"
    return block(text)


def pre(text, kind=""):
    """Text as it stands, in one line of Markdown: an empty one would end the block."""
    return f"<pre tabindex=\"0\" class=\"{kind}\">{one_line(html.escape(text))}</pre>"


def block(text, kind=""):
    return f"<div class=\"result\">{pre(text.rstrip(), kind)}</div>"


def one_line(text):
    return text.replace("\n", "&#10;")


def quiz(questions):
    """Five questions; without scripts, the answers are folded below each."""
    parts = ["## Quiz\n\n<div class=\"quiz\">"]
    for number, question in enumerate(questions, 1):
        choices = "".join(
            f"<label><input type=\"radio\" name=\"quiz-{number}\" value=\"{place}\"> {words(answer)}</label>"
            for place, answer in enumerate(question["answers"], 1)
        )
        right = words(question["answers"][question["right"] - 1])
        parts.append(
            f"<fieldset data-right=\"{question['right']}\"><legend>{number}. {words(question['ask'])}</legend>{choices}"
            f"<p class=\"said\" role=\"status\"></p><details><summary>The answer, and why</summary>"
            f"<p><strong>{right}.</strong> {words(question['why'])}</p></details></fieldset>"
        )
    return "".join(parts) + "</div>"


def words(text):
    """Text with its code marked."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(text), quote=False))


# --- the book


def write(folder):
    """The pages of the whole course, as mdBook wants them."""
    shutil.rmtree(folder, ignore_errors=True)
    src = folder / "src"
    src.mkdir(parents=True)
    sources = sorted(NOTEBOOKS.glob("*.rs"))
    titles = list(languages.titles().values())
    summary = ["# Summary", ""]
    for code, texts in languages.all_of_them().items():
        called = "The course" if code == languages.FIRST else texts["name"]
        summary.append(f"[{called}]({languages.named(code)})")
        (src / languages.named(code)).write_text(languages.page(code, {source.stem: card.read(source)["minutes"] for source in sources}))
    summary.append("")
    for place, source in enumerate(sources):
        named = titles[place]
        if named[:2] in ("01", "09"):
            summary += ["", f"# Part {'I: a table of customers' if named[:2] == '01' else 'II: bills'}", ""]
        following = (sources[place + 1], titles[place + 1]) if place + 1 < len(sources) else None
        text, figures = page(source, following)
        (src / f"{source.stem}.md").write_text(text)
        if figures:
            (src / f"{source.stem}-figures.js").write_text(figures)
        summary.append(f"- [{named}]({source.stem}.md)")
    (src / "SUMMARY.md").write_text("\n".join(summary) + "\n")
    shutil.copy(LIBRARY, src / "plotly.js")
    shutil.copy(ROOT / "site" / "book.toml", folder)
    shutil.copy(ROOT / "site" / "site.css", folder)
    fit = (ROOT / "src" / "plot" / "fit.js").read_text()
    (folder / "site.js").write_text(fit + (ROOT / "site" / "site.js").read_text())


# --- whether it holds together


class Links(HTMLParser):
    """Where a page leads to, and what in it can be led to."""

    def __init__(self):
        super().__init__()
        self.to, self.ids = [], set()

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.to.append(value)
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value)


def links(file):
    found = Links()
    found.feed(file.read_text())
    return found


def broken(folder):
    """Links of the lessons' pages that lead nowhere, or out of the site."""
    pages = {file: links(file) for file in sorted(folder.glob("*.html"))}
    found = []
    for file, of in pages.items():
        for link in of.to:
            if re.match(r"data:|javascript:|mailto:", link):
                continue
            if re.match(r"[a-z]+:|//", link):
                found.append(f"{file.name}: {link} needs a network")
                continue
            path, _, anchor = link.partition("#")
            target = (file.parent / unquote(path.partition("?")[0])).resolve() if path else file
            if not target.exists():
                found.append(f"{file.name}: {link} leads nowhere")
            elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
                found.append(f"{file.name}: {link} has no such place")
    return found


def too_large(folder):
    """Pages that take too much, with their figures."""
    found = []
    for file in sorted(folder.glob("*.html")):
        figures = file.with_name(f"{file.stem}-figures.js")
        size = (file.stat().st_size + (figures.stat().st_size if figures.exists() else 0)) / 1e6
        if size > PAGE_MB:
            found.append(f"{file.name} takes {size:.1f} MB with its figures; at most {PAGE_MB} was wanted")
    return found


def main():
    mdbook, api = sys.argv[1:]
    try:
        write(SITE)
        out = SITE / "html"
        subprocess.run([mdbook, "build", str(SITE), "--dest-dir", str(out)], check=True)
        shutil.copytree(api, out / "api", dirs_exist_ok=True)
        faults = broken(out) + too_large(out)
        if faults:
            raise NotAsItShouldBe("\n".join(faults))
    except (NotAsItShouldBe, subprocess.CalledProcessError) as why:
        sys.exit(f"the site is not as it should be:\n{why}")
    print(f"the site: {out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
