"""A lesson: its source, a percent script, and the copies that are made of it.

The source holds the solution of each exercise between two marks. A learner's copy has
`todo!()` there instead, and shows no answer; a reader's has the solution, without marks.
"""

import copy
import re

import jupytext

BEGIN, END = "// BEGIN SOLUTION", "// END SOLUTION"
STUB = "todo!()"


def read(source):
    """The notebook that a percent script stands for, the same on each reading."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
    notebook.metadata = {
        "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
        "language_info": {
            "file_extension": ".rs",
            "mimetype": "text/rust",
            "name": "rust",
            "pygment_lexer": "rust",
        },
    }
    return notebook


def number(cell, kind):
    """Which exercise a cell is the answer to (`exercise`) or the check of (`check`), or None."""
    for tag in cell.get("metadata", {}).get("tags") or []:
        found = re.fullmatch(rf"{kind}-(\d+)", str(tag))
        if found:
            return int(found[1])
    return None


def is_part(cell):
    """Whether a cell is an answer or its check."""
    return number(cell, "exercise") is not None or number(cell, "check") is not None


def stubbed(source):
    """A cell's code with the stub in place of what stands between the marks."""
    block = re.compile(rf"^([ \t]*){BEGIN}\n.*?{END}$", re.DOTALL | re.MULTILINE)
    return block.sub(rf"\1{STUB}", source)


def solved(source):
    """A cell's code with the solution and without the marks."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def for_learners(notebook):
    """A copy of an executed lesson as a learner gets it: nothing answered, and nothing given away."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if is_part(cell):
            cell.source = stubbed(cell.source)
            cell.outputs = []
            cell.execution_count = None
    return notebook


def for_readers(notebook):
    """A copy of an executed lesson with its solutions, and without the marks around them."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if number(cell, "exercise") is not None:
            cell.source = solved(cell.source)
    return notebook
