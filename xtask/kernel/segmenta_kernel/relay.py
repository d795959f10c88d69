"""Between Jupyter and the Rust kernel: what a learner sees of a cell, and in what order.

The kernel calls a cell fine that has panicked or ended at a `?`, runs on into the next ones,
and may print a cell's last line after it has called it done. The cells that our tool
compiles (xtask/kernel/cargo) end with a mark on both of their outputs and say how they
ended. The relay takes one request at a time to the kernel, passes on what the cell prints,
waits for the marks, and answers when all has been said: with an error where there was one,
so that Run All stops, and every reader of notebooks sees it.
"""

import json
import os
import secrets
import sys
import time
from collections import deque

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

from . import told
from .output import Output

CHANNELS = {
    "shell": (zmq.ROUTER, zmq.DEALER),
    "control": (zmq.ROUTER, zmq.DEALER),
    "stdin": (zmq.ROUTER, zmq.DEALER),
    "iopub": (zmq.PUB, zmq.SUB),
}
INFO = {
    "status": "ok",
    "protocol_version": "5.3",
    "implementation": "segmenta",
    "implementation_version": "0.1.0",
    "language_info": {
        "name": "Rust",
        "version": "",
        "mimetype": "text/rust",
        "file_extension": ".rs",
        "pygment_lexer": "rust",
        "codemirror_mode": "rust",
    },
    "banner": "Rust, with evcxr and Segmenta",
    "help_links": [{"text": "Rust's standard library", "url": "https://doc.rust-lang.org/stable/std/"}],
}
LATE_S = 1.0
"""How long to wait for a mark that should come."""
SILENT_S = 2.0
"""What takes longer says what it does."""
TRACE = bool(os.environ.get("SEGMENTA_TRACE"))
INTERRUPT_S = 3.0
"""How long an interrupted cell may take to end by itself, before its process is ended."""

# What a spare kernel does before it is handed over. Each is one input.
WARM_UP = [
    ':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;',
    'let loaded = campaign::load("../data/marketing_campaign.csv")?;',
    "let customers = loaded.customers.clone();",
    "let income = customers.clone().lazy().group_by([col(\"Education\")])"
    ".agg([col(\"Income\").mean()]).collect()?;",
    "let nulls = quality::nulls(&customers)?;",
    "income",
]
ASKED = ["customers.", "quality::"]
FORGET = ":clear"


class Cell:
    """A request that the kernel works on."""

    def __init__(self, request, identity, hidden):
        self.request = request
        self.identity = identity
        self.hidden = hidden
        self.kind = request["header"]["msg_type"]
        self.code = request["content"].get("code", "")
        self.started = time.time()
        self.output = Output()
        self.results = []
        self.errors = []
        self.reply = None
        self.replied = None
        self.idle = False
        self.interrupted = None
        self.killed = False
        self.shown = None


def own_address():
    """An address of this machine that no other kernel has, where the system has as many as one likes.

    Between the moment when free ports are looked for and that when the kernel listens on them, somebody
    else may take one: at the address that all use, that happened once in some hundred starts.
    """
    if sys.platform != "linux":
        return "127.0.0.1"
    return ".".join(["127", *[str(secrets.randbelow(253) + 1) for _ in range(3)]])


class Relay:
    """One kernel's messages."""

    def __init__(self, connection_file, own, run):
        self.run_folder = run
        self.log = own / "log"
        self.front = self.read(connection_file)
        self.session = Session(key=self.front["key"].encode(), signature_scheme=self.front["signature_scheme"])
        self.connection_file = own / "connection.json"
        _, self.back = write_connection_file(
            str(self.connection_file), key=self.front["key"].encode(), ip=own_address()
        )
        self.count = 0
        self.waiting = deque()
        self.cell = None
        self.moved = {}
        self.variables = {}
        self.has_run = False
        self.ready = False
        self.names = None
        self.words = told.schema()
        """What may be the name of a column."""

    @staticmethod
    def read(connection_file):
        with open(connection_file) as file:
            return json.load(file)

    # --- sockets

    def open(self):
        context = zmq.Context.instance()
        self.poller = zmq.Poller()
        self.sockets = {}
        for channel, (front_kind, back_kind) in CHANNELS.items():
            front, back = context.socket(front_kind), context.socket(back_kind)
            front.linger = back.linger = 1000
            if back_kind == zmq.DEALER:
                # Who asked on one channel is answered on another.
                back.identity = b"relay"
            front.bind(f"{self.front['transport']}://{self.front['ip']}:{self.front[channel + '_port']}")
            if channel == "iopub":
                back.subscribe(b"")
            back.connect(f"tcp://{self.back['ip']}:{self.back[channel + '_port']}")
            self.sockets[channel] = (front, back)
            if channel != "iopub":
                self.poller.register(front, zmq.POLLIN)
            self.poller.register(back, zmq.POLLIN)
        self.heart = context.socket(zmq.REP)
        self.heart.bind(f"{self.front['transport']}://{self.front['ip']}:{self.front['hb_port']}")
        self.poller.register(self.heart, zmq.POLLIN)

    def run(self, kernel, warm_up):
        """Relays until the kernel is shut down; gives the exit status."""
        self.open()
        self.publish("status", {"execution_state": "starting"}, None)
        if warm_up:
            for code in [*WARM_UP, FORGET]:
                if code == FORGET:
                    for asked in ASKED:
                        self.later(self.hidden("complete_request", code=asked, cursor_pos=len(asked)))
                self.later(self.hidden("execute_request", code=code, silent=False))
        asked = 0.0
        while True:
            if not self.ready and time.time() - asked > 0.5:
                # Its sockets are there before it listens: ask until it answers.
                asked = time.time()
                self.send_back("control", self.session.msg("kernel_info_request", {}))
            events = dict(self.poller.poll(50))
            if self.heart in events:
                self.heart.send(self.heart.recv())
            for channel in ("control", "shell", "stdin"):
                front = self.sockets[channel][0]
                if front in events and not getattr(self, "front_" + channel)(front):
                    return 0
            back = self.sockets["iopub"][1]
            while back.poll(0):
                self.back_iopub(self.receive(back))
            for channel in ("control", "shell", "stdin"):
                back = self.sockets[channel][1]
                if back in events:
                    getattr(self, "back_" + channel)(back)
            if kernel.poll() is not None:
                return self.kernel_ended()
            self.tend()

    def receive(self, socket):
        _, message = self.session.feed_identities(socket.recv_multipart())
        return self.session.deserialize(message)

    def send_back(self, channel, message):
        self.sockets[channel][1].send_multipart(self.session.serialize(message))

    def publish(self, kind, content, parent, metadata=None):
        message = self.session.msg(kind, content, parent=parent, metadata=metadata)
        topic = f"kernel.{kind}".encode()
        self.sockets["iopub"][0].send_multipart(self.session.serialize(message, topic))

    def answer(self, channel, kind, content, request, identity):
        message = self.session.msg(kind, content, parent=request)
        self.sockets[channel][0].send_multipart([*identity, *self.session.serialize(message)])

    # --- from Jupyter

    def front_shell(self, socket):
        while socket.poll(0):
            identity, message = self.session.feed_identities(socket.recv_multipart())
            request = self.session.deserialize(message)
            self.take(request, identity)
        return True

    def take(self, request, identity):
        kind = request["header"]["msg_type"]
        if kind in ("execute_request", "inspect_request"):
            self.later(Cell(request, identity, hidden=False))
        elif kind == "complete_request":
            if self.has_run:
                self.later(Cell(request, identity, hidden=False))
            else:
                # Nothing is declared yet, and to look would load twice what the first cell loads.
                at = request["content"]["cursor_pos"]
                nothing = {"status": "ok", "matches": [], "cursor_start": at, "cursor_end": at, "metadata": {}}
                self.at_once(request, identity, "complete_reply", nothing)
        elif kind == "kernel_info_request":
            self.at_once(request, identity, "kernel_info_reply", INFO)
        elif kind == "is_complete_request":
            self.at_once(request, identity, "is_complete_reply", {"status": "complete"})
        elif kind == "history_request":
            self.at_once(request, identity, "history_reply", {"status": "ok", "history": []})
        elif kind == "comm_info_request":
            self.at_once(request, identity, "comm_info_reply", {"status": "ok", "comms": {}})
        elif kind == "comm_open":
            self.publish("comm_close", {"comm_id": request["content"]["comm_id"], "data": {}}, request)

    def at_once(self, request, identity, kind, content):
        self.publish("status", {"execution_state": "busy"}, request)
        self.answer("shell", kind, content, request, identity)
        self.publish("status", {"execution_state": "idle"}, request)

    def front_control(self, socket):
        identity, message = self.session.feed_identities(socket.recv_multipart())
        request = self.session.deserialize(message)
        kind = request["header"]["msg_type"]
        if kind == "shutdown_request":
            content = {"status": "ok", "restart": request["content"].get("restart", False)}
            self.answer("control", "shutdown_reply", content, request, identity)
            self.publish("shutdown_reply", content, request)
            return False
        if kind == "interrupt_request":
            self.interrupt()
            self.answer("control", "interrupt_reply", {"status": "ok"}, request, identity)
        elif kind == "kernel_info_request":
            self.answer("control", "kernel_info_reply", INFO, request, identity)
        return True

    def front_stdin(self, socket):
        frames = socket.recv_multipart()
        _, message = self.session.feed_identities(frames)
        self.sockets["stdin"][1].send_multipart([b"<IDS|MSG>", *message])
        return True

    def interrupt(self):
        """First a word to the cell, which the crate's long work hears, and the compiler."""
        if self.cell and self.cell.kind == "execute_request":
            self.cell.interrupted = time.time()
            (self.run_folder / "interrupt").touch()
            self.abort(self.without_cells())

    # --- from the kernel

    def back_control(self, socket):
        self.receive(socket)
        self.ready = True
        # From now on cells may print marks.
        (self.run_folder / "relayed").touch()

    def back_stdin(self, socket):
        frames = socket.recv_multipart()
        if self.cell and self.cell.identity:
            self.sockets["stdin"][0].send_multipart([*self.cell.identity, *frames])

    def back_shell(self, socket):
        message = self.receive(socket)
        cell = self.cell
        if cell and message["parent_header"].get("msg_id") == cell.request["header"]["msg_id"]:
            cell.reply = message["content"]
            cell.replied = time.time()

    def back_iopub(self, message):
        cell, kind, content = self.cell, message["msg_type"], message["content"]
        parent = message["parent_header"]
        if cell is None or parent.get("msg_id") != cell.request["header"]["msg_id"]:
            # What a thread prints after its cell has ended belongs to it all the same.
            if kind == "stream" and self.has_run:
                text = told.without_marks(content["text"])
                if text:
                    self.publish("stream", {"name": content["name"], "text": text}, {"header": parent})
            return
        if kind == "stream":
            for name, text in cell.output.take(content["name"], content["text"]):
                self.show(cell, "stream", {"name": name, "text": text})
        elif kind in ("execute_result", "display_data"):
            cell.results.append((kind, content))
        elif kind == "error":
            cell.errors.append(content)
        elif kind == "status":
            cell.idle = cell.idle or content["execution_state"] == "idle"

    def show(self, cell, kind, content):
        if not cell.hidden:
            self.publish(kind, content, cell.request)

    # --- one request after the other

    def hidden(self, kind, **content):
        defaults = {"store_history": False, "allow_stdin": False, "user_expressions": {}}
        return Cell(self.session.msg(kind, defaults | content), None, hidden=True)

    def later(self, cell):
        self.waiting.append(cell)

    def tend(self):
        """Begins the next request, ends the one that is done, says what takes long."""
        if self.cell is None and self.waiting and self.ready:
            self.begin(self.waiting.popleft())
        cell = self.cell
        if cell is None or cell.hidden:
            # A cell that came before the kernel was ready, or a spare was warm.
            for waiting in self.waiting:
                if not waiting.hidden:
                    self.say_what_takes_long(waiting, {"what": "the kernel", "starting": True})
                    break
        if cell is None:
            return
        if cell.interrupted and not cell.killed and time.time() - cell.interrupted > INTERRUPT_S:
            cell.killed = True
            self.send_back("control", self.session.msg("interrupt_request", {}))
        if cell.reply and cell.idle and self.has_said_all(cell):
            self.end(cell)
        elif cell.kind == "execute_request":
            self.say_what_takes_long(cell, self.written("doing.json"))

    def begin(self, cell):
        self.cell = cell
        for file in ("interrupt", "cell.json", "doing.json"):
            (self.run_folder / file).unlink(missing_ok=True)
        cell.began = time.time()
        if not cell.hidden:
            self.publish("status", {"execution_state": "busy"}, cell.request)
            if cell.kind == "execute_request":
                self.count += 1
                self.has_run = True
                self.show(cell, "execute_input", {"code": cell.code, "execution_count": self.count})
        self.send_back("shell", cell.request)

    def has_said_all(self, cell):
        """Whether the marks came that a cell prints last; one that did not run prints none."""
        if cell.kind != "execute_request" or cell.output.has_ended() or cell.errors:
            return True
        ran = self.written("cell.json") is not None
        return not ran or time.time() - cell.replied > LATE_S

    def written(self, file):
        """What our tool has written of the cell."""
        try:
            return json.loads((self.run_folder / file).read_text())
        except (OSError, ValueError):
            return None

    def end(self, cell):
        if cell.kind != "execute_request":
            self.finish(cell, self.in_our_order(cell.reply))
            return
        about = self.written("cell.json") or {}
        if TRACE and "ended" in about and cell.output.ended_at:
            self.note_phases(cell, about)
        for name, text in cell.output.rest():
            self.show(cell, "stream", {"name": name, "text": text})
        for kind, content in cell.results:
            if kind == "execute_result":
                content["execution_count"] = self.count
            self.show(cell, kind, content)
        if cell.shown:
            self.show(cell, "update_display_data", told.doing(None, cell))
        if cell.output.failed:
            cell.output.kept += about.get("unread", [])
        error = told.failure(cell, about, self)
        if error:
            self.show(cell, "error", error)
            reply = {"status": "error", "execution_count": self.count, **error}
            # `stop_on_error`: what was asked for before this answer is not run.
            self.front_shell(self.sockets["shell"][0])
            aborted = []
            if cell.request["content"].get("stop_on_error", True) and not cell.hidden:
                aborted = self.without_cells()
            self.keep_variables(cell, about)
            self.finish(cell, reply)
            self.abort(aborted)
        else:
            self.learn(cell, about)
            self.finish(cell, {"status": "ok", "execution_count": self.count, "payload": [], "user_expressions": {}})

    def note_phases(self, cell, about):
        """For the bench: where the time of a cell went, in seconds."""
        phases = {
            "analysis": about["begun"] - cell.began,
            "lookup": about["ended"] - about["begun"] - about["rustc"],
            "rustc_and_link": about["rustc"],
            "load_and_run": cell.output.ended_at - about["ended"],
            "output": time.time() - cell.output.ended_at,
            "kept": about["kept"],
        }
        with open(self.run_folder / "phases.jsonl", "a") as file:
            file.write(json.dumps(phases) + "\n")

    def finish(self, cell, reply):
        self.cell = None
        (self.run_folder / "interrupt").unlink(missing_ok=True)
        if cell.hidden:
            if cell.code == FORGET:
                self.moved, self.variables = {}, {}
            return
        kind = cell.kind.replace("_request", "_reply")
        self.answer("shell", kind, reply, cell.request, cell.identity)
        self.publish("status", {"execution_state": "idle"}, cell.request)

    def without_cells(self):
        """Takes the cells out of the queue; what else waits there stays."""
        cells = [cell for cell in self.waiting if cell.kind == "execute_request" and not cell.hidden]
        self.waiting = deque(cell for cell in self.waiting if cell not in cells)
        return cells

    def abort(self, cells):
        """Answers cells that are not run after all, as Jupyter wants it."""
        for cell in cells:
            self.publish("status", {"execution_state": "busy"}, cell.request)
            self.answer("shell", "execute_reply", {"status": "aborted"}, cell.request, cell.identity)
            self.publish("status", {"execution_state": "idle"}, cell.request)

    # --- what is known of the variables

    def learn(self, cell, about):
        """Remembers which variables there are, and where one was moved."""
        if "before" not in about:
            return
        after = set(about["after"])
        for name in set(about["before"]) - after:
            self.moved[name] = (self.count, told.line_with(cell.code, name))
        for name in after:
            self.moved.pop(name, None)
        self.variables = after
        self.words |= told.quoted(cell.code)
        for _, content in cell.results:
            header = content["data"].get("text/plain", "").split("\n")[0]
            self.words |= set(header.split())

    def keep_variables(self, cell, about):
        """Declares anew what a failed cell was to replace: its old value is still there."""
        before = about.get("before", {})
        for name in cell.output.kept:
            type_name, mutable = before[name]
            declared = f"let {'mut ' if mutable else ''}{name}: {type_name}"
            code = f"{declared} = evcxr_variable_store.take_variable::<{type_name}>(stringify!({name}));"
            self.waiting.appendleft(self.hidden("execute_request", code=code, silent=False))
        if cell.output.failed and not cell.killed:
            lost = set(before) - set(about.get("after", before)) - set(cell.output.kept)
            for name in lost:
                self.moved[name] = (self.count, told.line_with(cell.code, name))

    # --- what takes long

    def say_what_takes_long(self, cell, doing):
        now = time.time()
        if cell.hidden or cell.kind != "execute_request" or not doing or now - cell.started < SILENT_S:
            return
        if cell.shown and now - cell.shown < 1:
            return
        self.show(cell, "update_display_data" if cell.shown else "display_data", told.doing(doing, cell))
        cell.shown = now

    def in_our_order(self, reply):
        """Completions with the crate's own names before those of its libraries."""
        if reply.get("matches"):
            self.names = self.names or told.own_names()
            own = [told.word(match) in self.names for match in reply["matches"]]
            kinds = reply.get("metadata", {}).get("_jupyter_types_experimental", [])
            order = sorted(range(len(own)), key=lambda at: not own[at])
            reply["matches"] = [reply["matches"][at] for at in order]
            if len(kinds) == len(order):
                reply["metadata"]["_jupyter_types_experimental"] = [kinds[at] for at in order]
        return reply

    def kernel_ended(self):
        """The kernel's own process is gone: the cell says so, and Jupyter starts another."""
        log = self.log.read_text(errors="replace").splitlines()[-8:]
        for cell in filter(None, [self.cell, *self.waiting]):
            if cell.hidden or cell.kind != "execute_request":
                continue
            error = told.error("KernelEnded", "The kernel's process has ended.", [
                "The kernel's process has ended, and the variables with it. Jupyter starts another one.",
                *log,
            ])
            self.publish("error", error, cell.request)
            self.answer("shell", "execute_reply", {"status": "error", "execution_count": self.count, **error},
                        cell.request, cell.identity)
            self.publish("status", {"execution_state": "idle"}, cell.request)
            break
        return 1
