"""Grades a class's notebooks: each exercise right or not, and why.

`python -m segmenta_kernel.grade FOLDER --points FILE [--key N] [--seconds S] [--cell S] [--memory MB]`

FOLDER has a folder for each learner with their notebooks, as deep as it may be, or notebooks
named after learner and lesson. The lesson's cells and its checks are the course's own; from the
notebook come the answers, and cells that the learner added. Each notebook
runs by itself (see bounded.py). After what ends a kernel (a loop, a bomb), the other exercises
of the notebook are tried on a new one.

With a key, the tables of the lessons are drawn anew, by a number that only the instructor
knows: an answer that was computed is right there too, and one that was typed in is not.
"""

import argparse
import csv
import json
import re
import secrets
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import bounded, lesson
from .folder import build_to_read
from .paths import NOTEBOOKS, ROOT, WORK
from .run import LessonFailed, at_a_time, execute, fault, start

LESSON = re.compile(r"(?<!\d)(\d\d)[-_ ]")
"""Where a notebook's name says which lesson it is."""
SEED = re.compile(r"(simulate::\w+::new\(\)(?:\.\w+\([^()]*\))*\.seed\()(\d+)\)")
CHECK = re.compile(r"check::(lesson\d\d)\((\d+), (&?)answer_\d+, (.*)\)\?\s*", re.DOTALL)
CHECK_S = 300
"""How long a check may take, which is the course's own."""
LARGEST = 50_000_000
"""A notebook of more bytes is not read."""
COLUMNS = ["learner", "lesson", "exercise", "points", "reason"]


@dataclass
class Handed:
    """A notebook that a learner handed in."""

    learner: str
    lesson: str
    file: Path


def handed_in(folder):
    """The notebooks of a class, one for each learner and lesson, and what was left out, and why."""
    found, left_out = {}, []
    for file in sorted(folder.rglob("*.ipynb"), key=lambda file: (len(file.name), str(file))):
        parts = file.relative_to(folder).parts
        if any(part.startswith(".") for part in parts):
            continue
        named = next((name for name in LESSON.finditer(file.stem) if source(name[1])), None)
        learner = parts[0] if len(parts) > 1 else named and file.stem[: named.start()].strip("-_ ")
        if not named or not learner:
            left_out.append((file, "names no lesson and learner, as ada/05-segments.ipynb does"))
        elif file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
            left_out.append((file, "is no file of a notebook's size"))
        elif (learner, named[1]) in found:
            left_out.append((file, f"{found[learner, named[1]].file.name} is that learner's notebook of lesson {named[1]}"))
        else:
            found[learner, named[1]] = Handed(learner, named[1], file)
    return [found[key] for key in sorted(found)], left_out


def source(number):
    """The course's own source of a lesson, or None."""
    return next(NOTEBOOKS.glob(f"{number}-*.rs"), None)


def answers(file, course):
    """The code of each exercise in a notebook: what the learner added before it, and the answer."""
    own = nbformat.read(file, 4)
    known = {cell.id for cell in course.cells}
    found, added = {}, []
    for cell in own.cells:
        if cell.cell_type != "code" or lesson.number(cell, "check") is not None:
            continue
        number = lesson.number(cell, "exercise")
        if number is None and "check::" not in cell.source:
            # Tags may get lost; the name of the answer does not.
            named = re.search(r"^let (?:mut )?answer_(\d+)\b", cell.source, re.MULTILINE)
            number = int(named[1]) if named else None
        if number is not None:
            before, answer = found.get(number, ([], []))
            # A cell that was divided has the tag twice.
            found[number] = (before + added, answer + [cell.source])
            added = []
        elif cell.get("id") not in known and "check::" not in cell.source:
            added.append(cell.source)
    return found


def drawn_anew(cells, key):
    """The course's cells with other seeds, where the tables are made in the lesson."""
    for cell in cells:
        cell.source = SEED.sub(lambda found: f"{found[1]}{int(found[2]) + key})", cell.source)
    return cells


# --- inside: one kernel


def apart(check):
    """A check, in two cells: its table put aside before the learner's code runs, and the check of that table.

    So it is asked of the course's table and of the course's `check`, whatever the learner has called so. It stands in
    brackets, as a cell that begins with `:` is a command.
    """
    name, number, by, table = CHECK.fullmatch(check).groups()
    aside = f"let table_of_check_{number} = ({table}).clone();"
    return aside, f"(::segmenta::check::{name}({number}, {by}answer_{number}, &table_of_check_{number})?)"


def error(outputs):
    """The error that a cell ended with; what it prints is its own affair."""
    return fault([output for output in outputs if output.output_type == "error"])


def judge(client, before, answer, check, seconds):
    """Whether an exercise is right, and why not."""

    def ran(code, limit=seconds):
        return execute(client, nbformat.v4.new_code_cell(code), limit)

    aside, asked = apart(check)
    why = error(ran(aside, CHECK_S))
    if why:
        raise LessonFailed(f"the table of the check: {short(why)}")
    for code in before:
        ran(code)  # whether it was needed shows in the answer
    why = next(filter(None, (error(ran(code)) for code in answer)), None)
    if why:
        return False, short(why)
    outputs = ran(asked, CHECK_S)
    why = error(outputs)
    if why:
        return False, short(why)
    shown = [output.data.get("text/plain", "").strip() for output in outputs if "data" in output]
    return (True, "right") if shown == ["right"] else (False, "the check did not answer")


def short(why):
    """A reason in one line."""
    told = re.search(r"(?:wrong|not yet): .*|Not yet done.*", why)
    line = told[0] if told else " ".join(why.split())
    return line if len(line) <= 300 else line[:299] + "…"


def work():
    """Runs one lesson with a learner's answers; a line of JSON for each exercise."""
    job = json.load(sys.stdin)
    course = lesson.read(source(job["lesson"]))

    def say(**what):
        # Whoever else writes to this output does not know the word.
        print(json.dumps({"word": job["word"], **what}), flush=True)

    manager, client = start(WORK, SEGMENTA_CHECK="raise")
    own_folder = tempfile.mkdtemp()
    if job["key"] is not None:
        drawn_anew(course.cells, job["key"])
        made = f'simulate::Campaign::new().seed({job["key"]}).generate()?.customers'
        # In the folder of temporary files that is its own; where nothing is closed off, others have theirs there.
        file = json.dumps(str(Path(own_folder, "customers.csv")), ensure_ascii=False)
        table = f"simulate::Shape::kaggle().write(&{made}, {file})?;"
        set_up = ':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;'
        own = f'unsafe {{ std::env::set_var("SEGMENTA_DATA", {file}) }};'
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
                say(begins=check)
                is_right, why = judge(client, *job["answers"][str(check)], cell.source, job["cell"])
                say(exercise=check, right=is_right, why=why)
                if why.startswith("error: The process that runs the cells has ended"):
                    return 0
    except LessonFailed as why:
        say(failed=str(why))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        shutil.rmtree(own_folder, ignore_errors=True)
    return 0


# --- outside


def grade(handed, how):
    """A row for each exercise of a notebook."""
    course = lesson.read(source(handed.lesson))
    exercises = sorted(number for cell in course.cells if (number := lesson.number(cell, "exercise")) is not None)
    try:
        open_ones = answers(handed.file, course)
    except Exception as why:  # whatever a file may hold
        return [row(handed, exercise, "", f"not graded: it cannot be read: {short(str(why))}") for exercise in exercises]
    open_ones = {number: own for number, own in open_ones.items() if number in exercises}
    results = {number: (0, "there is no cell of this exercise") for number in exercises if number not in open_ones}
    while open_ones:
        said = {"doing": None, "failed": None}
        word = secrets.token_hex(16)

        def hear(line):
            try:
                told = json.loads(line)
                told = told if told["word"] == word else {}
            except (ValueError, TypeError, KeyError):
                return  # said by a program in between
            if told.get("exercise") in open_ones:
                results[told["exercise"]] = (int(told["right"] is True), told["why"])
                said["doing"] = None
            elif told.get("begins") in open_ones:
                said["doing"] = told["begins"]
            elif "failed" in told:
                said["failed"] = told["failed"]

        job = {"lesson": handed.lesson, "key": how.key, "answers": open_ones, "cell": how.cell, "word": word}
        command = ["segmenta_kernel.grade", "--work"]
        why = bounded.run(command, job, how.bounds, [how.folder], hear, closed=not how.unbounded)
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
    how = parser.parse_args()
    how.folder = how.folder.resolve()
    if not how.folder.is_dir():
        sys.exit(f"{how.folder} is no folder")
    if how.folder == ROOT or how.folder in ROOT.parents:
        sys.exit(f"{how.folder} holds the course itself: give the class a folder of its own")
    why = None if how.unbounded else bounded.why_open()
    if why:
        sys.exit(f"notebooks cannot be closed off on this system: {why}. `--unbounded` lets them run with your rights")
    notebooks, left_out = handed_in(how.folder)
    for file, why in left_out:
        print(f"left out: {shown(file.relative_to(how.folder))}: {why}")
    if not notebooks:
        sys.exit(f"there is no notebook in {how.folder}, as in ada/05-segments.ipynb")
    how.bounds = bounded.Bounds(seconds=how.seconds, memory_mb=how.memory)

    def one(handed):
        started = time.monotonic()
        rows = grade(handed, how)
        points = sum(row["points"] or 0 for row in rows)
        seconds = time.monotonic() - started
        print(f"{shown(handed.learner)}, lesson {handed.lesson}: {points} of {len(rows)} ({seconds:.0f} s)", flush=True)
        return rows

    open_ones = 0
    try:
        # The build that all of them read must not go meanwhile.
        with build_to_read(), ThreadPoolExecutor(at_a_time()) as pool:
            with open(how.points, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
                table = csv.DictWriter(file, COLUMNS)
                table.writeheader()
                for rows in pool.map(one, notebooks):
                    table.writerows(rows)
                    file.flush()
                    open_ones += sum(row["points"] == "" for row in rows)
    except bounded.NotClosed as why:
        sys.exit(f"notebooks cannot be closed off on this system: {why}")
    print(f"{len(notebooks)} notebooks graded: {how.points}")
    if open_ones:
        print(f"{open_ones} exercises could not be graded, and have no points; the table says why")
    return 1 if open_ones else 0


def shown(name):
    """A name whatever its letters: that of a file need not be text."""
    return str(name).encode(errors="backslashreplace").decode()


if __name__ == "__main__":
    sys.exit(main())
