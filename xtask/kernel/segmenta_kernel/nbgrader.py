"""The exercises as nbgrader has them: a course's folder, with solutions and without.

`python -m segmenta_kernel.nbgrader FOLDER LESSON.rs ...`
"""

import argparse
import copy
import sys
from pathlib import Path

import nbformat

from .lesson import for_learners, number, read
from .paths import ROOT

CONFIG = '''"""Settings of nbgrader for the exercises of Segmenta.

nbgrader may be installed anywhere; beside it belongs what starts the course's kernel:

    pip install nbgrader
    pip install --no-deps {root}/xtask/kernel
"""

import os

c = get_config()
c.CourseDirectory.course_id = "segmenta"
c.ClearSolutions.code_stub = {{"rust": "todo!()"}}
c.ClearSolutions.begin_solution_delimeter = "BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "END SOLUTION"
c.LockCells.lock_readonly_cells = True
c.ExecutePreprocessor.timeout = 300
# A check of an answer that is not right fails, which is what nbgrader counts.
os.environ["SEGMENTA_CHECK"] = "raise"
# Where the kernel is.
os.environ["SEGMENTA_ROOT"] = {root!r}
os.environ["JUPYTER_PATH"] = {jupyter!r}
'''


def for_nbgrader(notebook):
    """A copy of a lesson whose cells say to nbgrader what they are; without outputs."""
    notebook = copy.deepcopy(notebook)
    for place, cell in enumerate(notebook.cells, 1):
        answer, check = number(cell, "exercise"), number(cell, "check")
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
        about = {"schema_version": 3, "task": False}
        if answer is not None:
            about |= {"grade": False, "solution": True, "locked": False, "grade_id": f"exercise-{answer}"}
        elif check is not None:
            # A result would be read as points.
            cell.source += ";"
            about |= {"grade": True, "solution": False, "locked": True, "grade_id": f"check-{check}", "points": 1}
        else:
            about |= {"grade": False, "solution": False, "locked": True, "grade_id": f"cell-{place}"}
        cell.metadata["nbgrader"] = about
    return notebook


def course(folder, lessons):
    """Writes a course's folder as nbgrader expects it."""
    for lesson in lessons:
        marked = for_nbgrader(read(lesson))
        for kind, notebook in (("source", marked), ("release", for_learners(marked))):
            place = folder / kind / lesson.stem
            place.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, place / f"{lesson.stem}.ipynb")
    settings = CONFIG.format(root=str(ROOT), jupyter=str(ROOT / "target" / "lab" / "jupyter"))
    (folder / "nbgrader_config.py").write_text(settings)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("lessons", nargs="+", type=Path)
    arguments = parser.parse_args()
    course(arguments.folder, arguments.lessons)
    print(f"{arguments.folder}: {len(arguments.lessons)} lessons, in source/ with their solutions, in release/ without")


if __name__ == "__main__":
    sys.exit(main())
