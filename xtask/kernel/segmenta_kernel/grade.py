"""Grades a class's notebooks: each exercise right or not, and why.

`python -m segmenta_kernel.grade FOLDER --points FILE [--key N] [--seconds S] [--cell S] [--memory MB]`

FOLDER has a folder for each learner with their notebooks, as deep as it may be, or notebooks
named after learner and lesson. The cells before the exercises, and the checks, are the course's
own; from the notebook come the answers, and what the learner put between them. Each notebook
runs by itself (see bounded.py). After what ends a kernel (a loop, a bomb), the other exercises
of the notebook are tried on a new one.

With a key, the tables of the lessons are drawn anew, by a number that only the instructor
knows: an answer that was computed is right there too, and one that was typed in is not.
"""

import argparse
import csv
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import bounded, lesson
from .paths import NOTEBOOKS, WORK
from .run import LessonFailed, at_a_time, execute, fault, start

NAME = re.compile(r"(?:(.*?)[-_ ])?(\d\d)-[a-z-]+(?:[ _-]?(?:mine|\(?\d+\)?))*")
"""A notebook's name: perhaps a learner's, and a lesson's."""
SEED = re.compile(r"(simulate::\w+::new\(\)(?:\.\w+\([^()]*\))*\.seed\()(\d+)\)")
COLUMNS = ["learner", "lesson", "exercise", "points", "reason"]


@dataclass
class Handed:
    """A notebook that a learner handed in."""

    learner: str
    lesson: str
    file: Path


def handed_in(folder):
    """The notebooks of a class, and those whose name says no lesson."""
    found, unknown = [], []
    for file in sorted(folder.rglob("*.ipynb")):
        parts = file.relative_to(folder).parts
        if any(part.startswith(".") for part in parts):
            continue
        name = NAME.fullmatch(file.stem)
        learner = parts[0] if len(parts) > 1 else name and name[1]
        if name and learner and sources(name[2]):
            found.append(Handed(learner, name[2], file))
        else:
            unknown.append(file)
    return found, unknown


def sources(number):
    return sorted(NOTEBOOKS.glob(f"{number}-*.rs"))


def answers(file, course):
    """The code of each exercise in a notebook: what the learner put before it, and the answer."""
    own = nbformat.read(file, 4)
    known = {cell.id for cell in course.cells}
    found, extra, begun = {}, [], False
    for cell in own.cells:
        begun = begun or "## Exercises" in cell.source
        number = lesson.number(cell, "exercise")
        if number is not None and number not in found:
            found[number] = [*extra, cell.source]
            extra = []
        elif begun and cell.cell_type == "code" and cell.get("id") not in known and not lesson.is_part(cell):
            extra.append(cell.source)
    return found


def drawn_anew(cells, key):
    """The course's cells with other seeds, where the tables are made in the lesson."""
    for cell in cells:
        cell.source = SEED.sub(lambda found: f"{found[1]}{int(found[2]) + key})", cell.source)
    return cells


# --- inside: one kernel


def stands_apart(check):
    """The check, whatever the learner has called `check`; in brackets, as a cell that begins with `:` is a command."""
    return f"({check.replace('check::', '::segmenta::check::', 1)})"


def judge(client, codes, check, seconds):
    """Whether an exercise is right, and why not."""
    for code in codes:
        if "todo!()" in code:
            return False, "not yet done: `todo!()` is still there"
        why = fault(execute(client, nbformat.v4.new_code_cell(code), seconds))
        if why:
            return False, short(why)
    outputs = execute(client, nbformat.v4.new_code_cell(stands_apart(check)), seconds)
    why = fault(outputs)
    if why:
        return False, short(why)
    shown = [output.data.get("text/plain", "").strip() for output in outputs if "data" in output]
    return (True, "right") if shown == ["right"] else (False, "the check did not answer")


def short(why):
    """A reason in one line."""
    told = re.search(r"(?:wrong|not yet): .*", why)
    line = told[0] if told else " ".join(why.split())
    return line if len(line) <= 300 else line[:299] + "…"


def work():
    """Runs one lesson with a learner's answers; a line of JSON for each exercise."""
    job = json.load(sys.stdin)
    course = lesson.read(sources(job["lesson"])[0])
    environment = {"SEGMENTA_CHECK": "raise"}
    manager, client = start(WORK, **environment)
    if job["key"] is not None:
        drawn_anew(course.cells, job["key"])
        made = f'simulate::Campaign::new().seed({job["key"]}).generate()?.customers'
        table = f'simulate::Shape::kaggle().write(&{made}, "/tmp/customers.csv")?;'
        set_up = ':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;'
        own = 'unsafe { std::env::set_var("SEGMENTA_DATA", "/tmp/customers.csv") };'
        before = [nbformat.v4.new_code_cell(code) for code in (set_up, table, own)]
    else:
        before = []
    try:
        for cell in [*before, *[cell for cell in course.cells if cell.cell_type == "code"]]:
            exercise, check = lesson.number(cell, "exercise"), lesson.number(cell, "check")
            if exercise is not None:
                continue
            if check is None:
                why = fault(execute(client, cell, 300))
                if why and "raises-exception" not in cell.metadata.get("tags", []):
                    raise LessonFailed(f"the lesson itself did not run: {short(why)}")
            elif str(check) in job["answers"]:
                print(json.dumps({"begins": check}), flush=True)
                is_right, why = judge(client, job["answers"][str(check)], cell.source, job["cell"])
                print(json.dumps({"exercise": check, "right": is_right, "why": why}), flush=True)
                if why.startswith("error: The process that runs the cells has ended"):
                    return 0
    except LessonFailed as why:
        print(json.dumps({"failed": str(why)}), flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return 0


# --- outside


def grade(handed, hidden, bounds, key, cell_s):
    """A row for each exercise of a notebook."""
    course = lesson.read(sources(handed.lesson)[0])
    exercises = sorted(number for cell in course.cells if (number := lesson.number(cell, "exercise")) is not None)
    try:
        open_ones = answers(handed.file, course)
    except Exception as error:  # whatever a file may hold
        reason = f"the notebook cannot be read: {short(str(error))}"
        return [row(handed, exercise, 0, reason) for exercise in exercises]
    results = {number: (0, "there is no cell of this exercise") for number in exercises if number not in open_ones}
    while open_ones:
        said = {"doing": None, "failed": None}

        def hear(line):
            try:
                told = json.loads(line)
            except ValueError:
                return  # said by a program in between
            if "begins" in told:
                said["doing"] = told["begins"]
            elif "failed" in told:
                said["failed"] = told["failed"]
            else:
                results[told["exercise"]] = (int(told["right"]), told["why"])
                said["doing"] = None

        job = {"lesson": handed.lesson, "key": key, "answers": open_ones, "cell": cell_s}
        why = bounded.run(["segmenta_kernel.grade", "--work"], job, bounds, hidden, hear)
        culprit, why = said["doing"], why or said["failed"]
        if culprit is not None:
            results[culprit] = (0, short(why or "the kernel ended"))
        still = {number: codes for number, codes in open_ones.items() if number not in results}
        if len(still) == len(open_ones):
            # Nothing of the learner's has run: it says nothing about the answers.
            reason = f"not graded: {short(why or 'the lesson did not run')}"
            results |= {number: ("", reason) for number in still}
            break
        open_ones = still
    return [row(handed, number, *results[number]) for number in exercises]


def row(handed, exercise, points, reason):
    return dict(zip(COLUMNS, [handed.learner, handed.lesson, exercise, points, reason]))


def main():
    if sys.argv[1:] == ["--work"]:
        return work()
    parser = argparse.ArgumentParser(prog="cargo xtask grade")
    parser.add_argument("folder", type=Path, help="a folder for each learner")
    parser.add_argument("--points", type=Path, default=Path("points.csv"), help="the table that is written")
    parser.add_argument("--key", type=int, help="draw the tables of the lessons anew, by this number")
    parser.add_argument("--seconds", type=float, default=600, help="for one notebook")
    parser.add_argument("--cell", type=float, default=60, help="seconds for one answer")
    parser.add_argument("--memory", type=int, default=4_000, help="megabytes for one notebook")
    parser.add_argument("--unbounded", action="store_true", help="also where notebooks cannot be closed off")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not folder.is_dir():
        sys.exit(f"{arguments.folder} is no folder")
    if not bounded.Bounds.closed() and not arguments.unbounded:
        sys.exit("notebooks cannot be closed off on this system: they would run with your rights. Linux with `unshare` can; "
                 "`--unbounded` grades all the same")
    notebooks, unknown = handed_in(folder)
    for file in unknown:
        print(f"left out: {file.relative_to(folder)} names no lesson and learner, as in ada/05-segments.ipynb")
    if not notebooks:
        sys.exit(f"there is no notebook in {folder}, as in ada/05-segments.ipynb")
    bounds = bounded.Bounds(seconds=arguments.seconds, memory_mb=arguments.memory)

    def one(handed):
        started = time.monotonic()
        rows = grade(handed, [folder], bounds, arguments.key, arguments.cell)
        points = sum(row["points"] or 0 for row in rows)
        seconds = time.monotonic() - started
        print(f"{handed.learner}, lesson {handed.lesson}: {points} of {len(rows)} ({seconds:.0f} s)", flush=True)
        return rows

    try:
        with ThreadPoolExecutor(at_a_time()) as pool:
            rows = [row for rows in pool.map(one, notebooks) for row in rows]
    except bounded.NotClosed as why:
        sys.exit(f"notebooks cannot be closed off on this system: {why}")
    with open(arguments.points, "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    print(f"{len(notebooks)} notebooks graded: {arguments.points}")
    open_ones = sum(row["points"] == "" for row in rows)
    if open_ones:
        print(f"{open_ones} exercises could not be graded, and have no points; the table says why")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
