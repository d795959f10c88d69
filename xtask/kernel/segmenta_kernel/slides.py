"""Slides of a lesson, with speaker's notes: one file for each, which needs no network.

`python -m segmenta_kernel.slides LESSON..`

A slide has one result of the lesson as it was executed, the words just before it, and the cell folded below; where these
words ask something, the result comes at the next key, and what the lesson says of it at the one after. The lesson's other
words, what goes wrong (instructor/lessons.md), hints, solutions and answers are the speaker's notes. reveal.js shows them.
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

from . import card, sheet
from .paths import NOTEBOOKS, ROOT
from .pictures import LIBRARY
from .site import result, words

OUT = ROOT / "target" / "slides"
OWN = ROOT / "slides"
WORDS = 45
"""A paragraph on a slide has no more, or as many whole sentences as fit."""
ABOUT = ("**What it shows", "**What the picture shows", "**What it says", "**How to read it", "**Why it matters", "**Caution")
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

    def remark(about):
        made[-1].seen.append(f"<div class=\"fragment shows\">{MARKDOWN.render(first_sentences(about))}</div>")
        made[-1].notes.append(about)

    def text_slide():
        if len(waiting) == 1 and made[-1].heading == heading and not re.match(r"[-|>]|```", waiting[0]):
            # One sentence more about what was just seen.
            remark(waiting[0])
            waiting.clear()
        elif waiting:
            made.append(Slide(heading, [MARKDOWN.render("\n\n".join(map(shortened, waiting)))], list(waiting)))
            waiting.clear()

    for part in lessons_part(kept.cells[1:]):
        if part.cell_type == "markdown":
            for paragraph in paragraphs(part.source):
                if paragraph.startswith("## "):
                    text_slide()
                    heading = paragraph.removeprefix("## ")
                elif paragraph.startswith(ABOUT) and not waiting and not code:
                    about, leads_on = introduction(paragraph)
                    remark(about)
                    waiting += leads_on
                else:
                    waiting.append(paragraph)
                    if paragraph.startswith("|"):
                        text_slide()
            continue
        code.append(part.source)
        shown = [seen for output in part.outputs if (seen := result(output, figures))]
        if shown:
            cell = "\n\n".join(code)
            lead = shortened(waiting[-1]) if waiting else ""
            seen = [f"<div class=\"lead\">{MARKDOWN.render(lead)}</div>"] if lead else []
            # Who is asked something should have the time to think.
            asks = lead.rstrip("*_ ").endswith("?")
            seen += [f"<div class=\"fragment seen\">{''.join(shown)}</div>"] if asks else shown
            # Where a result follows another without a word, the cell itself is what there is to say.
            notes = list(waiting) or [f"```rust\n{cell}\n```"]
            made.append(Slide(heading, seen + [folded(cell)], notes))
            waiting, code = [], []
    text_slide()
    return made + exercises(source, kept) + quiz(card.read(source)), figures


def lessons_part(cells):
    """The cells before the exercises."""
    for cell in cells:
        text, found, _ = cell.source.partition("## Exercises")
        if cell.cell_type == "markdown" and found:
            if text.strip():
                yield nbformat.v4.new_markdown_cell(text.strip())
            return
        yield cell


def paragraphs(text):
    """The paragraphs of Markdown; code between fences stays whole."""
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    for place, part in enumerate(parts):
        yield from [part] if place % 2 else [own.strip() for own in re.split(r"\n\n+", part) if own.strip()]


def first(source, kept):
    """What the lesson is about, and all that the speaker should know before."""
    about, named = card.read(source), card.title(kept)
    able = "".join(f"<li>{html.escape(aim)}</li>" for aim in about["able"])
    question = MARKDOWN.renderInline(card.question(kept))
    seen = [f"<p class=\"question\">{question}</p>", f"<p>Afterwards you can</p><ul>{able}</ul>"]
    seen.append(f"<p class=\"licence\">{card.LICENCE}</p>")
    return Slide(named, seen, [card.plan(kept), f"**What is needed.** {about['needs']}", kept.cells[0].source.partition("\n")[2]])


def shortened(paragraph):
    """A paragraph as a slide has it: lists, tables and code are as they are."""
    return paragraph if re.match(r"[-*] |\d+\. |[|>]|```", paragraph) else first_sentences(paragraph)


def sentences(text):
    """The sentences of a paragraph: what stands in code or in brackets ends none."""
    parts, begun, depth = [], 0, 0
    text, is_code = " ".join(text.split()), False
    for place, letter in enumerate(text):
        is_code ^= letter == "`"
        depth += 0 if is_code else (letter in "([") - (letter in ")]")
        ends = letter in ".?!" and not is_code and depth <= 0
        if ends and re.match(r"[*_)\"]* +[^a-z ]|[*_)\"]*$", text[place + 1 :]):
            end = place + 1 + len(re.match(r"[*_)\"]*", text[place + 1 :])[0])
            parts.append(text[begun:end].strip())
            begun = end
    return [part for part in [*parts, text[begun:].strip()] if part]


def introduction(paragraph):
    """A paragraph without a last sentence that leads on to what follows, and that sentence."""
    own = sentences(paragraph)
    return (" ".join(own[:-1]), own[-1:]) if len(own) > 1 and own[-1].endswith(":") else (paragraph, [])


def first_sentences(text):
    """As many whole sentences as a slide has room for, one at least; of more, the last one where it leads on."""
    own = sentences(text)
    # A label such as **Caution.** is no sentence yet.
    taken = own[:2] if own and re.fullmatch(r"\*\*[^*]*\*\*", own[0]) else own[:1]
    for sentence in own[len(taken) :]:
        if len(" ".join([*taken, sentence]).split()) > WORDS:
            break
        taken.append(sentence)
    leads_on = own[-1:] if len(taken) < len(own) and own[-1].endswith((":", "?")) else []
    return " ".join(taken + leads_on)


def folded(code):
    return f"<details class=\"cell\"><summary>The cell</summary><pre><code>{html.escape(code)}</code></pre></details>"


def exercises(source, kept):
    """A slide for each exercise; hint, solution and answer are for the speaker."""
    tasks, solved = sheet.tasks(kept), sheet.exercises(source)
    if set(tasks) != set(solved):
        raise card.NotAsItShouldBe(f"{sheet.file(source).name} is another lesson's: run `cargo xtask run --update {source.stem[:2]}`")
    made = []
    for number, task in tasks.items():
        hint = f"<p class=\"lead\">A hint: <code>check::hint({int(source.stem[:2])}, {number})?</code></p>"
        made.append(Slide(f"Exercise {number}", [MARKDOWN.render(task), hint], [solved[number]]))
    return made


def quiz(about):
    """A slide for each question; what is right appears at the next key."""
    made = []
    for number, question in enumerate(about["quiz"], 1):
        letter = "abcdef"[question["right"] - 1]
        choices = "".join(f"<li>{words(answer)}</li>" for answer in question["answers"])
        seen = [
            f"<p>{words(question['ask'])}</p><ol type=\"a\">{choices}</ol>",
            f"<p class=\"fragment\"><strong>{letter}.</strong> {words(question['why'])}</p>",
        ]
        made.append(Slide(f"Quiz {number} of {len(about['quiz'])}", seen, [f"{letter}. {question['why']}"]))
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
    there = {source.stem for source in NOTEBOOKS.glob("*.rs")}
    for old in OUT.glob("*.html"):
        if old.stem not in there:
            old.unlink()
    for source in map(Path, sys.argv[1:]):
        file = OUT / f"{source.stem}.html"
        try:
            file.write_text(page(source))
        except card.NotAsItShouldBe as why:
            sys.exit(str(why))
        print(f"slides: {file} (open it in a browser; S opens the speaker's notes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
