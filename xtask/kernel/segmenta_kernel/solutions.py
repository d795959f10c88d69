"""What a lesson's exercises ask, a solution of each, and what it gives: instructor/solutions/NN.md."""

import re

from . import lesson
from .paths import ROOT

FOLDER = ROOT / "instructor" / "solutions"


def file(source):
    """Where the solutions of a lesson are kept."""
    return FOLDER / f"{source.stem[:2]}.md"


def tasks(notebook):
    """The text of each exercise, by its number."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for task in re.finditer(r"^\*\*(\d)\.\*\* .*?(?=^\*\*\d\.\*\* |\Z)", cell.source, re.DOTALL | re.MULTILINE):
                found[int(task[1])] = task[0].strip()
    return found


def written(notebook, answers):
    """The solutions of an executed lesson as a page; `answers` are what its solutions gave."""
    title = re.search(r"^# (.*)$", notebook.cells[0].source, re.MULTILINE)[1]
    parts = [
        f"# {title}: solutions\n\nMade by `cargo xtask run --update {title[:2]}`. The answers are those of the course's own table; "
        "with another one, or with a key, they are others."
    ]
    asked = tasks(notebook)
    for cell in notebook.cells:
        exercise = lesson.number(cell, "exercise")
        if exercise is not None:
            parts.append(
                f"## Exercise {exercise}\n\n{asked[exercise]}\n\n```rust\n{lesson.solved(cell.source)}\n```\n\n"
                f"gives `{answers[exercise]}`."
            )
    return "\n\n".join(parts) + "\n"


def of(source):
    """The solution of each exercise as it is kept, by its number."""
    parts = re.split(r"^## Exercise (\d)\n\n", file(source).read_text(), flags=re.MULTILINE)
    return {int(number): text.strip() for number, text in zip(parts[1::2], parts[2::2])}
