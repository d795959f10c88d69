"""What a learner is told: of a cell that failed, and of work that takes long."""

import difflib
import re
import time

from .output import SIGN
from .output import lines as output_lines
from .paths import ROOT

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PATH = re.compile(r"\b(?:[a-z_][a-z0-9_]*::)+(?=[A-Z])")
"""The crates and modules before a type's name."""


def without_marks(text):
    """A stream's text without the lines that are for the relay."""
    return "".join(line.split(SIGN)[0] for line in output_lines(text))


def error(name, message, lines):
    return {"ename": name, "evalue": message, "traceback": lines}


def failure(cell, about, relay):
    """The error that a cell ended with, or None where it did not."""
    if cell.errors:
        if "Subprocess terminated" in cell.errors[0]["evalue"]:
            return ended(cell, about)
        return not_compiled(cell, relay)
    if cell.output.failed == "panic":
        return panicked(cell, about)
    if cell.output.failed == "error":
        return question_mark(cell, about, relay)
    if cell.reply.get("status") == "error":
        if cell.interrupted:
            return interrupted(cell, [])
        return error("Error", "the cell failed", ["The kernel says that the cell failed, and not why."])
    return None


# --- a cell that ran


def question_mark(cell, about, relay):
    """A `?` that met an error."""
    message = "".join(cell.output.error).strip()
    if cell.interrupted:
        return interrupted(cell, [message])
    lines = [message]
    lines += column_that_is_not_there(message, relay.words)
    lines += what_is_left(cell, about)
    return error("Error", message, lines)


def panicked(cell, about):
    message = "".join(cell.output.panic).strip() or "the cell panicked"
    if message.startswith("not yet implemented"):
        return error("NotYet", "not yet done", ["Not yet done: your code goes in the place of `todo!()`."])
    lines = [f"panicked: {message}", place(cell, about)]
    if "unwrap()" in message or "expect(" in message:
        lines.append("Help: where a function may fail, `?` in place of `.unwrap()` says why.")
    elif "index out of bounds" in message:
        lines.append("Help: `.get(i)` gives None where there is no such place, and does not panic.")
    elif "overflow" in message:
        lines.append("Help: a number left the range of its type; a wider type (`as i64`, `as f64`) has room.")
    lines += what_is_left(cell, about)
    return error("Panic", message, [line for line in lines if line])


def place(cell, about):
    """Where a panic was, in the learner's words."""
    where = cell.output.where or ""
    found = re.match(r"(?:\./)?src/lib\.rs:(\d+):\d+$", where)
    if found and "source" in about:
        source = about["source"].splitlines()
        line = source[int(found[1]) - 1].strip() if int(found[1]) <= len(source) else ""
        of_cell = [number for number, text in enumerate(cell.code.splitlines(), 1) if text.strip() == line]
        return f"at line {of_cell[0]} of the cell: `{line}`" if len(of_cell) == 1 else f"at `{line}`"
    crate = re.search(r"/([a-z0-9_-]+?)-\d+\.\d+[^/]*/src/", where)
    if crate:
        return f"in the crate {crate[1]}, called by this cell"
    if "/rustlib/" in where or "/rustc/" in where:
        return "in Rust's standard library, called by this cell"
    return "in the library, called by this cell"


def what_is_left(cell, about):
    """What the failed cell has cost."""
    before, after = set(about.get("before", {})), set(about.get("after", []))
    fresh = sorted(after - before)
    lost = sorted(before - after - set(cell.output.kept))
    lines = []
    if fresh:
        lines.append(f"Not defined, since the cell did not end: {names(fresh)}.")
    if cell.output.kept:
        lines.append(f"Still as before the cell: {names(sorted(cell.output.kept))}.")
    if lost:
        lines.append(f"Moved by the cell, and gone: {names(lost)}.")
    return lines


def column_that_is_not_there(message, words):
    """Which column was meant, of those that the error lists, or else of the words seen so far."""
    asked = re.search(r'(?:no column|unable to find column|not found:) "?([^";:,\s]+)"?', message)
    if not asked:
        return []
    listed = re.search(r"valid columns: \[(.*?)\]|it has (.*)$", message, re.DOTALL)
    columns = re.findall(r"\w+", listed[1] or listed[2]) if listed else [w for w in words if w != asked[1]]
    near = difflib.get_close_matches(asked[1], columns, n=1, cutoff=0.6)
    if near:
        return [f"Help: did you mean `{near[0]}`?"]
    return ["Help: `table.get_column_names()` lists the columns of a table; capitals count."]


def quoted(text):
    """What stands between quotes in a text: the names of columns, mostly."""
    return set(re.findall(r'"(\w+)"', text))


def interrupted(cell, lines):
    return error("Interrupted", "interrupted", [
        "Interrupted. All variables of earlier cells are still there.",
        *[line for line in lines if line and "interrupt" not in line.lower()],
    ])


def ended(cell, about):
    """The process that runs the cells has ended, and with it all variables."""
    gone = sorted(set(about.get("before", {})))
    lost = f"These variables are gone: {names(gone)}." if gone else "There were no variables to lose."
    back = "Run > Run All Above Selected Cell brings them back."
    if cell.killed:
        why = ("The cell did not stop within 3 seconds, so the process that ran it was ended.")
        return error("Interrupted", "interrupted", [why, lost, back])
    status = cell.errors[0]["evalue"].strip().splitlines()
    why = f"The process that runs the cells has ended ({status[-1]})."
    if "signal: 9" in status[-1]:
        why += " Perhaps the memory was used up."
    return error("ProcessEnded", status[-1], [why, *status[:-1], lost, back])


# --- a cell that does not compile


def not_compiled(cell, relay):
    """The first error whole, what follows from it in a line each, and what to do."""
    if cell.interrupted:
        return interrupted(cell, ["The cell was being compiled and did not run."])
    first, *others = cell.errors
    lines = [short(line) for line in first["traceback"]]
    lines = [re.sub(r"\bcommand_\d+\b", "cell", line) for line in lines]
    advice = help_for(cell, relay)
    if advice:
        lines += ["", f"Help: {advice}"]
    seen = {plain(first["evalue"])}
    rest = []
    for other in others:
        message = plain(other["evalue"])
        if message not in seen:
            seen.add(message)
            rest.append(message.splitlines()[0])
    if rest:
        lines += ["", "Further errors, which may follow from the first:", *[f"  {line}" for line in rest]]
    return error("CompileError", plain(first["evalue"]), lines)


def short(text):
    """Types without the crates that they come from."""
    return PATH.sub("", text)


def plain(text):
    return ANSI.sub("", short(text)).strip()


def help_for(cell, relay):
    """A sentence for the mistakes that are made most."""
    text = "\n".join([plain("\n".join([e["evalue"], *e["traceback"]])) for e in cell.errors])
    first = plain("\n".join([cell.errors[0]["evalue"], *cell.errors[0]["traceback"]]))
    # A module of the prelude may have the name of a variable that is gone.
    for name in re.findall(r"(?:cannot find value|expected value, found module) `(\w+)`", text):
        if name in relay.moved:
            number, line = relay.moved[name]
            return (f"`{name}` was moved in cell [{number}]: `{line}`. Write `{name}.clone()` there, "
                    "and run the cells above again.")
        if re.fullmatch(r"answer_\d+", name) and name not in relay.variables:
            return f"`{name}` is not there yet: run the cell above, with your code in the place of `todo!()`."
        near = difflib.get_close_matches(name, relay.variables, n=1, cutoff=0.7)
        if near:
            return f"did you mean `{near[0]}`?"
        if name in ("None", "True", "False", "null", "nil"):
            return f"`{name}` is not Rust: `None`, `true` and `false` are."
    moved = re.search(r"(?:borrow of|use of) (?:partially )?moved value: `(\w+)`", first)
    if moved:
        return f"`{moved[1]}` was moved before; write `{moved[1]}.clone()` where it goes away first."
    reference = re.search(r"variable `(\w+)` contains a reference", first)
    if reference:
        return ("references do not outlive a cell. Keep the value itself: `.clone()` in place of `&`, "
                "or use the reference in the same cell, within `{ }`.")
    python = re.search(r"no method named `(\w+)` found for (?:struct|enum|reference|type|opaque type|mutable reference) `([^`]+)`", first)
    if python:
        method, owner = python.groups()
        known = PYTHON.get(method)
        if "Result<" in owner:
            return f"the value is a `Result`: put `?` behind the call that made it, before `.{method}`."
        if known:
            return known
    if re.search(r"this (?:method|function) takes \d+ arguments? but", first):
        call = re.search(r"\.(\w+)\(", cell.code)
        if call and call[1] in PYTHON:
            return PYTHON[call[1]]
    if re.search(r"expected .*found .*Result<|expected [^\n]*, found `?(?:enum )?`?Result", first) or (
        "Result<" in first and ("mismatched types" in first or "no field" in first)
    ):
        return "a function that may fail gives a `Result`; `?` behind the call takes the value out."
    if re.search(r"expected `&[^`]*`, found|expected reference|expected `&", first):
        return "the function wants to look at the value and not to take it: write `&` before it."
    if re.search(r"expected (?:one of )?.*`;`|missing a semicolon|expected `;`", first) or "missing a semicolon" in first:
        return "a `let` ends with `;`. Is it missing at the end of a line?"
    if "Couldn't automatically determine type" in first:
        return "say the type, as in `let x: f64 = ...;` (and look for an error in the line itself)."
    if re.search(r"cannot find (?:function|value|type|struct|crate|module).*in this scope|unresolved|undeclared", first):
        return ("was the first cell of the lesson run, the one with `:dep segmenta` and "
                "`use segmenta::prelude::*;`?" if not relay.variables else "")
    return ""


PYTHON = {
    "head": "in Rust a number that may be left out is written `Some(5)` or `None`: `.head(Some(5))`.",
    "tail": "in Rust a number that may be left out is written `Some(5)` or `None`: `.tail(Some(5))`.",
    "describe": "`explore::summary(&table)` gives the numbers that Python's `describe()` does.",
    "info": "`table.schema()` and `quality::nulls(&table)` say what Python's `info()` does.",
    "shape": "`.shape()` is a method here, with brackets.",
    "columns": "`.get_column_names()` lists the columns.",
    "len": "`.height()` is the number of rows.",
    "groupby": "`.clone().lazy().group_by([col(\"a\")]).agg([col(\"b\").mean()]).collect()?` groups a table.",
    "group_by": "a table groups through its lazy form: `.clone().lazy().group_by([..]).agg([..]).collect()?`.",
    "value_counts": "`.clone().lazy().group_by([col(\"a\")]).agg([len()]).collect()?` counts values.",
    "isnull": "`quality::nulls(&table)` counts what is missing, column by column.",
    "isna": "`quality::nulls(&table)` counts what is missing, column by column.",
    "dropna": "`Clean::new(&table)?.drop_nulls([..])?` leaves rows out and keeps them apart.",
    "drop_duplicates": "`quality::duplicates(&table)` shows rows that repeat; `Clean` leaves them out.",
    "sort_values": "`.sort([\"a\"], Default::default())?` sorts a table.",
    "mean": "`.clone().lazy().select([col(\"a\").mean()]).collect()?` computes on a table.",
    "loc": "`.clone().lazy().filter(..).collect()?` picks rows by a condition.",
    "iloc": "`.slice(offset, length)` picks rows by their place.",
    "query": "`.clone().lazy().filter(..).collect()?` picks rows by a condition.",
    "append": "`.vstack(&other)?` puts the rows of two tables together.",
    "merge": "`.clone().lazy().join(..).collect()?` joins two tables.",
    "fit_predict": "`.fit(&data)?` gives a model, and the model has `.predict(..)`.",
}
"""What a method of Python's is called here."""


def names(words):
    return ", ".join(f"`{word}`" for word in words)


def line_with(code, name):
    """The line of a cell that last speaks of a variable."""
    lines = [line.strip() for line in code.splitlines() if re.search(rf"\b{re.escape(name)}\b", line)]
    return lines[-1] if lines else code.strip().splitlines()[-1]


# --- what takes long

ID = "segmenta-doing"


def doing(what, cell):
    """A line that says what is being built; it is replaced when there is more to say."""
    seconds = time.time() - cell.started
    if what is None:
        text = f"Ready after {seconds:.0f} s."
    elif what.get("starting"):
        text = f"The kernel is starting ({seconds:.0f} s) ..."
    elif "built" in what:
        text = f"Building, since this cell has {what.get('why') or 'a new build'}: {what['built']} crates so far, " \
               f"now {what['what']} ({seconds:.0f} s) ..."
    else:
        text = f"Preparing {what['what']}, since this cell has {what.get('why')} ({seconds:.0f} s) ..."
    return {
        "data": {"text/plain": text},
        "metadata": {"segmenta": "doing"},
        "transient": {"display_id": f"{ID}-{cell.request['header']['msg_id']}"},
    }


# --- completions


def word(match):
    found = re.match(r"\w+", match)
    return found[0] if found else match


def schema():
    """The column names that the crate knows."""
    return quoted((ROOT / "src/data/campaign/schema.rs").read_text())


def own_names():
    """The names that the crate makes public."""
    public = re.compile(r"\bpub (?:const |async |unsafe )*(?:fn|struct|enum|trait|mod|type) (\w+)")
    return {name for file in (ROOT / "src").rglob("*.rs") for name in public.findall(file.read_text())}
