"""A sheet for who teaches a lesson: aims, exercises with hints, solutions and answers, the quiz: instructor/sheets/NN.md."""

import re

from . import card, lesson
from .paths import ROOT

FOLDER = ROOT / "instructor" / "sheets"


class Incomplete(Exception):
    """What a lesson lacks that its sheet needs."""


def file(source):
    """Where the sheet of a lesson is kept."""
    return FOLDER / f"{source.stem[:2]}.md"


def tasks(notebook):
    """The text of each exercise, by its number."""
    words = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    _, _, exercises = words.partition("## Exercises")
    parts = re.split(r"^\*\*(\d+)\.\*\* ", exercises, flags=re.MULTILINE)
    return {int(number): text.strip() for number, text in zip(parts[1::2], parts[2::2])}


def written(source, notebook, answers):
    """The sheet of an executed lesson; `answers` are what its solutions gave, and the hints."""
    about, asked = card.read(source), tasks(notebook)
    title, question = card.title(notebook), card.question(notebook)
    parts = [
        f"# {title}: a sheet for who teaches it",
        f"Made by `cargo xtask run --update {title[:2]}`. The answers are those of the course's own table; with another one, or with a key, "
        "they are others.",
        f"**The question.** {question}",
        "**Afterwards a learner can**\n\n" + "\n".join(f"- {aim}" for aim in about["able"]),
        f"**What it needs.** {about['needs']}",
        f"## The {about['minutes']} minutes",
        card.plan(notebook),
        "## Exercises",
    ]
    for cell in notebook.cells:
        exercise = lesson.number(cell, "exercise")
        if exercise is None:
            continue
        if exercise not in asked:
            raise Incomplete(f"there is no text that begins with **{exercise}.** below ## Exercises")
        is_answer, hint = answers[exercise]
        parts += [
            f"### Exercise {exercise}",
            asked[exercise],
            f"**Hint.** {hint}",
            f"**A solution.**\n\n```rust\n{lesson.solved(cell.source)}\n```",
            f"**It gives** {quoted(is_answer)}",
        ]
    parts.append("## Quiz")
    for number, asks in enumerate(about["quiz"], 1):
        choices = [f"- {letter}. {text}" for letter, text in zip("abcdef", asks["answers"])]
        right = "abcdef"[asks["right"] - 1]
        parts += [f"**{number}.** {asks['ask']}", "\n".join(choices), f"**{right}.** {asks['why']}"]
    return "\n\n".join(parts) + "\n"


def quoted(text):
    """An answer as it stands, whatever is in it."""
    return f"\n\n```text\n{text}\n```" if "`" in text or "\n" in text else f"`{text}`"


def exercises(source):
    """Hint, solution and answer of each exercise as they are kept, by its number."""
    kept, _, _ = file(source).read_text().partition("## Quiz")
    parts = re.split(r"^### Exercise (\d+)\n\n", kept, flags=re.MULTILINE)
    return {int(number): text[text.index("**Hint.**") :].strip() for number, text in zip(parts[1::2], parts[2::2])}
