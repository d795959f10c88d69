"""A kernel as a notebook has it, for tests."""

import os
import queue
import re
import time
from pathlib import Path

from segmenta_kernel.run import start

ROOT = Path(os.environ["SEGMENTA_ROOT"])
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Answer:
    """What a cell has shown and how it ended."""

    def __init__(self):
        self.shown = []
        self.reply = None
        self.seconds = 0.0

    def text(self, *kinds):
        """The texts of its outputs, of all or of some kinds, in order."""
        return "".join(text for kind, text in self.shown if not kinds or kind in kinds)

    @property
    def status(self):
        return self.reply["status"]

    @property
    def error(self):
        """The error's lines, without colours."""
        return ANSI.sub("", self.text("error"))


class Kernel:
    """A kernel of its own, in notebooks/ (or another folder) and with settings of its own."""

    def __init__(self, folder=ROOT / "notebooks", **environment):
        self.manager, self.client = start(folder, **environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    @property
    def folder(self):
        """The build folder of the newest kernel."""
        runs = [run / "cell" for run in (ROOT / "target/kernel/runs").iterdir() if (run / "cell").exists()]
        return max(runs, key=lambda run: run.stat().st_ctime)

    def library(self):
        """The first cell of each lesson."""
        self.run(':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;')
        self.run('let customers = campaign::load("../data/marketing_campaign.csv")?.customers;')

    def run(self, code, timeout=120):
        return self.run_all([code], timeout)[0]

    def run_all(self, cells, timeout=120, while_waiting=None):
        """Sends cells as Run All does, all at once, and collects their answers."""
        started = time.monotonic()
        asked = [self.client.execute(code) for code in cells]
        answers = {request: Answer() for request in asked}
        idle = set()
        while len(idle) < len(asked) or any(a.reply is None for a in answers.values()):
            if time.monotonic() - started > timeout:
                raise TimeoutError(f"not done after {timeout} s: {[a.shown for a in answers.values()]}")
            if while_waiting:
                while_waiting(time.monotonic() - started)
            for message in self.messages():
                answer = answers.get(message["parent_header"].get("msg_id"))
                if answer is None:
                    continue
                kind, content = message["msg_type"], message["content"]
                if kind == "execute_reply":
                    answer.reply = content
                    answer.seconds = time.monotonic() - started
                elif kind == "stream":
                    answer.shown.append((content["name"], content["text"]))
                elif kind == "error":
                    answer.shown.append((kind, "\n".join(content["traceback"])))
                elif kind in ("execute_result", "display_data", "update_display_data"):
                    shown = "doing" if content["metadata"].get("segmenta") else kind
                    answer.shown.append((shown, content["data"].get("text/plain", "")))
                elif kind == "status" and content["execution_state"] == "idle":
                    idle.add(message["parent_header"]["msg_id"])
        return [answers[request] for request in asked]

    def messages(self):
        for get in (self.client.get_iopub_msg, self.client.get_shell_msg):
            try:
                yield get(timeout=0.02)
            except queue.Empty:
                pass

    def complete(self, code):
        request = self.client.complete(code)
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"].get("matches", [])

    def inspect(self, code):
        request = self.client.inspect(code)
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]["data"].get("text/plain", "")
