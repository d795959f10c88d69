"""Runs lessons without a browser, on the real kernel.

`python -m segmenta_kernel.run [--check | --update] [--timeout S] LESSON.rs ...`

A lesson fails on an error of a cell, on anything in stderr (where a stock kernel
tells of a panic and of a failed `?`), on an exercise whose solution is not right, on a
time-out and on a kernel that dies. The executed notebook with its solutions and an
offline HTML page of each lesson go to target/lessons; notebooks/ keeps what learners get.

With `--check` the wrong answers of tests/wrong are tried too, each in place of its
solution: the check below it must say what it is expected to say.
"""

import argparse
import os
import queue
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_client import KernelManager
from nbconvert import HTMLExporter

from . import card, languages, lesson, pictures, sheet, spare
from .paths import ROOT

WRONG = ROOT / "tests" / "wrong"
OUT = ROOT / "target" / "lessons"
LATE_S = 0.1
"""What a cell prints may arrive after the kernel has called it done."""
PROGRESS = re.compile(r"^[^\n]*: \d+ % after \d+ s, about \d+ s left\n", re.MULTILINE)
"""What long work says of itself (src/progress.rs): of no use once it is done."""


class LessonFailed(Exception):
    """A cell did not do what it should."""


def collect(outputs, message):
    """Adds what a message shows; lines of one stream become one output."""
    kind = message["msg_type"]
    if kind not in ("stream", "execute_result", "display_data", "error"):
        return
    if message["content"].get("metadata", {}).get("segmenta") == "doing":
        return  # of no use once it is done
    output = nbformat.v4.output_from_msg(message)
    if kind == "stream" and outputs and outputs[-1].get("name") == output.name:
        outputs[-1].text += output.text
    else:
        outputs.append(output)


def execute(client, cell, timeout):
    """Runs one cell and gives its outputs."""
    request = client.execute(cell.source)
    outputs = []
    done = False
    deadline = time.monotonic() + timeout
    while True:
        try:
            wait = LATE_S if done else max(0, min(1, deadline - time.monotonic()))
            message = client.get_iopub_msg(timeout=wait)
        except queue.Empty:
            if done:
                return outputs
            if time.monotonic() >= deadline:
                raise LessonFailed(f"time-out: not done after {timeout:g} s") from None
            if not client.is_alive():
                raise LessonFailed("the kernel died") from None
            continue
        collect(outputs, message)
        idle = message["content"].get("execution_state") == "idle"
        done = done or (idle and message["parent_header"].get("msg_id") == request)


def without_progress(outputs):
    """The outputs as they would be on a faster machine."""
    for output in outputs:
        if output.output_type == "stream":
            output.text = PROGRESS.sub("", output.text)
    return [output for output in outputs if output.get("text") != ""]


STARTS = 3


def fault(outputs):
    """Why a cell with these outputs failed, or None."""
    for output in outputs:
        if output.output_type == "error":
            kind = {"Panic": "panic", "CompileError": "compile error"}.get(output.ename, "error")
            return f"{kind}: " + re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
        if output.output_type == "stream" and output.name == "stderr":
            text = output.text.strip()
            return f"{'panic' if 'panicked at' in text else 'error'}: {text}"
    return None


class Wrong:
    """Answers that are not right, and what the check must say of each: tests/wrong/NN.rs.

    A cell for each, whose marker names the exercise and words of what is said:
    `// %% 1: born in 1990 itself`.
    """

    CELL = re.compile(r"^// %% (\d+): ([^\n]+)\n(.*?)(?=^// %%|\Z)", re.MULTILINE | re.DOTALL)

    def __init__(self, number):
        file = WRONG / f"{number}.rs"
        text = file.read_text() if file.exists() else ""
        self.answers = [(int(of), said, code.strip()) for of, said, code in self.CELL.findall(text)]

    def each(self, notebook):
        """Each answer with its check: the cell, and the words that it must end with."""
        checks = {lesson.number(cell, "check"): cell.source for cell in notebook.cells}
        for exercise, said, code in self.answers:
            yield nbformat.v4.new_code_cell(f"{code}\n{checks[exercise]}"), exercise, said


def start(folder, **environment):
    """A kernel that answers, and its client.

    Somebody else may take one of its ports before it does: then it ends at once, and gets others, as
    JupyterLab does it.
    """
    for attempt in range(1, STARTS + 1):
        manager = KernelManager(kernel_name="rust")
        manager.start_kernel(cwd=str(folder), env=os.environ | environment)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=300)
            return manager, client
        except RuntimeError as error:
            answers_not = manager.is_alive()
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            if answers_not or attempt == STARTS:
                raise LessonFailed(f"no kernel: {error}") from None


def try_wrong(client, notebook, wrong, timeout):
    """Puts wrong answers to the checks of a lesson whose cells have run."""
    missed = []
    for cell, exercise, said in wrong.each(notebook):
        why = fault(execute(client, cell, timeout)) or "right"
        if said not in why or "wrong: " not in why:
            missed.append(f"exercise {exercise}: a wrong answer should be told {said!r}, and is told {why!r}")
    if missed:
        raise LessonFailed("; ".join(missed))


def answer(client, name, exercise, timeout):
    """What the answer of an exercise is, as a reader of the solution is told, and the hint."""
    code = f'println!("{{:.6?}}\\u{{1f}}{{}}", answer_{exercise}, check::hint({int(name[:2])}, {exercise})?.text())'
    shown = execute(client, nbformat.v4.new_code_cell(code), timeout)
    why = fault(shown)
    if why:
        raise LessonFailed(f"the answer of exercise {exercise} cannot be shown: {why}")
    is_answer, _, hint = "".join(output.get("text", "") for output in shown).partition("\x1f")
    return is_answer.strip(), " ".join(hint.split())


def run_cells(notebook, name, folder, timeout, wrong=None):
    """Runs all cells on a kernel of their own, up to the first that fails; gives the answers of its exercises."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    answers = {}
    manager, client = start(folder, SEGMENTA_CHECK="raise")
    try:
        for number, cell in enumerate(cells, 1):
            if sys.stdout.isatty():
                print(f"{name}: cell {number} of {len(cells)}", end="\r")
            try:
                cell.outputs = without_progress(execute(client, cell, timeout))
            except LessonFailed as failed:
                raise LessonFailed(f"cell {number}: {failed}") from None
            cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number
            why = fault(cell.outputs)
            expected = "raises-exception" in cell.metadata.get("tags", [])
            if why and not expected:
                raise LessonFailed(f"cell {number}: {why}")
            if expected and not why:
                raise LessonFailed(f"cell {number}: should fail, and does not")
            exercise = lesson.number(cell, "exercise")
            if exercise is not None:
                answers[exercise] = answer(client, name, exercise, timeout)
        if wrong:
            try_wrong(client, notebook, wrong, timeout)
        return answers
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def page(notebook):
    """The notebook as one HTML page that needs no network."""
    exporter = HTMLExporter(template_name="lab")
    exporter.register_preprocessor(pictures.WithLibrary, enabled=True)
    exporter.require_js_url = exporter.jquery_url = exporter.mathjax_url = ""
    exporter.mermaid_js_url = exporter.jupyter_widgets_base_url = ""
    html, _ = exporter.from_notebook_node(notebook)
    # The template loads these whether they are wanted or not.
    html = re.sub(r'<script src=""[^>]*></script>', "", html)
    return re.sub(r'<script type="module">.*?mermaid.*?</script>', "", html, flags=re.DOTALL)


def comparable(notebook):
    """A notebook without what may differ from run to run: paths and times."""
    text = nbformat.writes(pictures.bare(notebook)).replace(str(ROOT), "ROOT")
    return re.sub(r"\b\d+(\.\d+)? (s|ms|µs)\b", "_ s", text)


def differences(kept, made):
    """Which cells of two notebooks differ."""
    if len(kept.cells) != len(made.cells):
        return [f"{len(kept.cells)} cells are kept, {len(made.cells)} were made"]
    pairs = enumerate(zip(kept.cells, made.cells), 1)
    one = nbformat.v4.new_notebook
    return [
        f"cell {number} differs: {made_cell.source.splitlines()[:1]}"
        for number, (kept_cell, made_cell) in pairs
        if comparable(one(cells=[kept_cell])) != comparable(one(cells=[made_cell]))
    ]


def run_lesson(source, arguments):
    """Runs one lesson, keeps or compares what it made."""
    started = time.monotonic()
    name = source.stem
    notebook = lesson.read(source)
    wrong = Wrong(name[:2]) if arguments.check else None
    try:
        answers = run_cells(notebook, name, source.parent, arguments.timeout, wrong)
    finally:
        OUT.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, OUT / f"{name}.ipynb")
    (OUT / f"{name}.html").write_text(page(lesson.for_readers(notebook)))
    if arguments.update or arguments.check:
        try:
            for_teachers = sheet.written(source, notebook, answers)
        except (sheet.Incomplete, card.NotAsItShouldBe) as why:
            raise LessonFailed(str(why)) from None
    learners = lesson.for_learners(notebook)
    kept = source.with_suffix(".ipynb")
    if arguments.update:
        before = nbformat.read(kept, 4) if kept.exists() else None
        try:
            nbformat.write(pictures.to_keep(learners, before), kept)
        except RuntimeError as why:
            raise LessonFailed(f"its figures cannot be drawn: {why}") from None
        sheet.FOLDER.mkdir(exist_ok=True)
        sheet.file(source).write_text(for_teachers)
    if arguments.check:
        if not kept.exists():
            raise LessonFailed(f"{kept.name} is missing: run `cargo xtask run --update`")
        before = nbformat.read(kept, 4)
        found = differences(before, learners)
        if pictures.stale(before):
            found.append(f"{pictures.stale(before)} figure(s) without their own picture")
        if not sheet.file(source).exists() or sheet.file(source).read_text() != for_teachers:
            found.append(f"instructor/sheets/{sheet.file(source).name} differs")
        if found:
            raise LessonFailed(
                f"{kept.name} is not what {source.name} gives: {'; '.join(found)}. "
                "Run `cargo xtask run --update`"
            )
    print(f"ok    {name} ({time.monotonic() - started:.0f} s)", flush=True)


def at_a_time():
    """How many lessons run beside each other: a kernel wants a core and its memory."""
    free = spare.free_memory_mb()
    roomy = free is None or free > 2 * spare.SPARE_NEEDS_MB
    return 2 if roomy and (os.cpu_count() or 1) > 1 else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one cell")
    parser.add_argument("lessons", nargs="+", type=Path)
    arguments = parser.parse_args()

    def good(source):
        try:
            run_lesson(source, arguments)
            return True
        except LessonFailed as why:
            print(f"FAIL  {source.stem}, {why}", flush=True)
            return False

    with ThreadPoolExecutor(at_a_time()) as pool:
        failed = list(pool.map(good, arguments.lessons)).count(False)
    print(f"{len(arguments.lessons) - failed} passed, {failed} failed")
    for file, text in languages.indexes().items() if arguments.update or arguments.check else []:
        if arguments.update:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            print(f"FAIL  {file.name} is not what languages/ give: run `cargo xtask run --update`")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
