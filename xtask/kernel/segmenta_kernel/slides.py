"""Slides of a lesson, with speaker's notes: one file for each, which needs no network.

`python -m segmenta_kernel.slides LESSON..`

A slide has one result of the lesson as it was executed, the words just before it, and the cell folded below;
what the lesson says the result shows appears at the next key. The lesson's other words, what goes wrong
(instructor/lessons.md), solutions and answers are the speaker's notes. reveal.js shows them.
"""

import html
import importlib.util
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt

from . import solutions
from .pictures import FIGURE, LIBRARY
from .paths import ROOT
from .site import card, result, words

OUT = ROOT / "target" / "slides"
OWN = ROOT / "slides"
WORDS = 45
"""What stands above a result has no more, or is cut to its first sentence."""
ABOUT = ("**What it shows", "**Caution")
"""How a paragraph begins that speaks of the result before it."""
MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass
class Slide:
    """What is seen, and what only the speaker sees (Markdown)."""

    heading: str
    seen: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def html(self):
        notes = MARKDOWN.render("\n\n".join(self.notes))
        return f"<section>\n<h2>{words(self.heading)}</h2>\n{''.join(self.seen)}\n<aside class=\"notes\">{notes}</aside>\n</section>"


def deck(source):
    """The slides of a lesson, and their figures."""
    kept = nbformat.read(source.with_suffix(".ipynb"), 4)
    figures, made = {}, [first(source, kept)]
    heading = made[0].heading
    waiting, code = [], []

    def text_slide():
        if waiting:
            made.append(Slide(heading, [MARKDOWN.render("\n\n".join(map(shortened, waiting)))], list(waiting)))
            waiting.clear()

    for part in lessons_part(kept.cells[1:]):
        if part.cell_type == "markdown":
            for paragraph in re.split(r"\n\n+", part.source):
                if paragraph.startswith("## "):
                    text_slide()
                    heading = paragraph.removeprefix("## ")
                elif paragraph.startswith(ABOUT) and not waiting and not code:
                    made[-1].seen.append(f"<div class=\"fragment shows\">{MARKDOWN.render(first_sentences(paragraph))}</div>")
                    made[-1].notes.append(paragraph)
                else:
                    waiting.append(paragraph)
                    if paragraph.startswith("|"):
                        text_slide()
            continue
        code.append(part.source)
        shown = [seen for output in part.outputs if (seen := result(output, figures))]
        if shown:
            cell = "\n\n".join(code)
            # Where a result follows another without a word, the cell itself is what there is to say.
            notes = list(waiting) or [f"```rust\n{cell}\n```"]
            made.append(Slide(heading, above(waiting) + shown + [folded(cell)], notes))
            waiting, code = [], []
    text_slide()
    return made + exercises(source, kept) + quiz(card(source)), figures


def lessons_part(cells):
    """The cells before the exercises."""
    for cell in cells:
        text, found, _ = cell.source.partition("## Exercises")
        if cell.cell_type == "markdown" and found:
            if text.strip():
                yield nbformat.v4.new_markdown_cell(text.strip())
            return
        yield cell


def first(source, kept):
    """What the lesson is about, and all that the speaker should know before."""
    about, opening = card(source), kept.cells[0].source
    named = re.search(r"^# (.*)$", opening, re.MULTILINE)[1]
    question = re.search(r"\*\*What we want to know\.\*\* (.*?)(?:\n\n|\Z)", opening, re.DOTALL)[1]
    able = "".join(f"<li>{html.escape(aim)}</li>" for aim in about["able"])
    seen = [f"<p class=\"question\">{MARKDOWN.renderInline(question)}</p>", f"<p>Afterwards you can</p><ul>{able}</ul>"]
    plan = re.search(rf"^## ({named[:2]} .*?)(?=^## |\Z)", (ROOT / "instructor" / "lessons.md").read_text(), re.DOTALL | re.MULTILINE)
    return Slide(named, seen, [opening.partition("\n")[2], f"**What is needed.** {about['needs']}", plan[1]])


def above(paragraphs):
    """What a slide says before its result: the last words."""
    return [f"<div class=\"lead\">{MARKDOWN.render(shortened(part))}</div>" for part in paragraphs[-1:]]


def shortened(paragraph):
    """A paragraph as a slide has it: lists, tables and code are as they are."""
    return paragraph if re.match(r"[-*|`>]|\d+\.", paragraph) and not paragraph.startswith("**") else first_sentences(paragraph)


def first_sentences(text):
    """As many whole sentences as a slide has room for, one at least."""
    sentences = re.split(r"(?<=[.?!:]) +", " ".join(text.split()))
    taken = sentences[0]
    for sentence in sentences[1:]:
        if len(f"{taken} {sentence}".split()) > WORDS:
            break
        taken += f" {sentence}"
    return taken


def folded(code):
    return f"<details class=\"cell\"><summary>The cell</summary><pre><code>{html.escape(code)}</code></pre></details>"


def exercises(source, kept):
    """A slide for each exercise; its solution is for the speaker."""
    solved = solutions.of(source)
    return [
        Slide(f"Exercise {number}", [MARKDOWN.render(task.partition("** ")[2])], [solved[number]])
        for number, task in solutions.tasks(kept).items()
    ]


def quiz(about):
    """A slide for each question; what is right appears at the next key."""
    made = []
    for number, question in enumerate(about["quiz"], 1):
        right = words(question["answers"][question["right"] - 1])
        choices = "".join(f"<li>{words(answer)}</li>" for answer in question["answers"])
        seen = [
            f"<p>{words(question['ask'])}</p><ol type=\"a\">{choices}</ol>",
            f"<p class=\"fragment\"><strong>{right}.</strong> {words(question['why'])}</p>",
        ]
        made.append(Slide(f"Quiz {number} of {len(about['quiz'])}", seen, [f"{'abcdef'[question['right'] - 1]}. {question['why']}"]))
    return made


def page(source):
    """One file with all that it needs."""
    slides, figures = deck(source)
    found = importlib.util.find_spec("sphinx_revealjs")
    reveal = Path(found.origin).parent / "_static" / "revealjs"
    scripts = [
        LIBRARY.read_text() if figures else "",
        (reveal / "dist" / "reveal.js").read_text(),
        (reveal / "plugin" / "notes" / "notes.js").read_text(),
        f"window.FIGURES = {json.dumps(figures, separators=(',', ':'))};",
        (ROOT / "src" / "plot" / "fit.js").read_text() + (OWN / "slides.js").read_text(),
    ]
    styles = (reveal / "dist" / "reveal.css").read_text() + (OWN / "slides.css").read_text()
    body = "\n".join(slide.html() for slide in slides)
    # In a script the two are the same; a page would end it there.
    loaded = "\n".join("<script>" + script.replace("</script", "<\\/script") + "</script>" for script in scripts if script)
    return (
        f"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{html.escape(slides[0].heading)}</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        f"<style>{styles}</style>\n</head>\n<body>\n<div class=\"reveal\"><div class=\"slides\">\n{body}\n</div></div>\n{loaded}\n</body>\n</html>\n"
    )


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for source in map(Path, sys.argv[1:]):
        file = OUT / f"{source.stem}.html"
        file.write_text(page(source))
        print(f"slides: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
