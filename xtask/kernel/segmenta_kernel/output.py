"""What a cell prints, told apart: its own words, an error's text, a panic, and the marks.

The marks are lines that begin with a sign that no text has (ASCII 2), put there by our
tool (xtask/kernel/cargo/src/cell.rs).
"""

import re
import time

SIGN = "\x02segmenta "
PANIC = re.compile(r"^thread '.*' (\(\d+\) )?panicked at (?P<where>.*):$")


def lines(text):
    """The lines of a text with their ends; Python's own way also cuts at signs within a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


class Output:
    """The outputs of one cell, line by line."""

    def __init__(self):
        self.ended = set()
        self.ended_at = None
        self.failed = None
        self.error = []
        self.kept = []
        self.panic = []
        self.where = None
        self._in = None
        self._blank = []

    def take(self, stream, text):
        """Reads what came on a stream and gives what is to be shown of it."""
        shown = []
        for line in lines(text):
            own, sign, mark = line.partition(SIGN)
            if sign:
                if own:
                    shown += self.words(stream, own)
                self.mark(stream, mark.strip())
            else:
                shown += self.words(stream, line)
        return shown

    def words(self, stream, line):
        if stream == "stderr":
            found = PANIC.match(line.rstrip("\n"))
            if found:
                self._blank = []  # Rust puts a line between a panic and what was before
                # A later panic (of a thread that waited for the first) says less.
                self._in = "panic" if not self.panic else "more"
                if self._in == "panic":
                    self.where = found["where"]
                return []
            if self._in == "panic":
                if line.startswith(("stack backtrace:", "note: run with `RUST_BACKTRACE")):
                    self._in = "more"
                else:
                    self.panic.append(line)
                return []
            if self._in == "error":
                self.error.append(line)
                return []
            if self._in == "more":
                return []
            if line == "\n":
                self._blank.append((stream, line))
                return []
            before, self._blank = self._blank, []
            return [*before, (stream, line)]
        return [(stream, line)]

    def mark(self, stream, mark):
        if mark == "error":
            self._in = "error"
        elif mark == "told":
            self._in, self.failed = None, "error"
        elif mark == "panic":
            self._in, self.failed = None, "panic"
        elif mark.startswith("kept "):
            self.kept.append(mark.removeprefix("kept "))
        elif mark == "end":
            self._in = None
            self.ended.add(stream)
            self.ended_at = time.time()

    def has_ended(self):
        return self.ended == {"stdout", "stderr"}

    def rest(self):
        """A panic that did not end the cell (of a thread, say) is shown after all."""
        if self.panic and self.failed != "panic":
            return [("stderr", f"panicked at {self.where}:\n{''.join(self.panic)}")]
        return []
