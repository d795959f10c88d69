"""Keeps one Rust kernel started and warm for the next notebook.

A Rust kernel reads the sources of what its cells can meet before its first
table, which takes some ten seconds. The lab has that done before the learner
arrives: a spare kernel loads the crate, makes a table, completes a name, and
forgets all but what it has read (relay.py says how). `SEGMENTA_SPARE=0` turns it
off; it is also left out where less than SPARE_NEEDS_MB of memory is free.
"""

import atexit
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from jupyter_client.connect import write_connection_file

from .paths import KERNEL, NOTEBOOKS, WORK

SPARE_NEEDS_MB = 1500
PAUSE_S = 5
"""A notebook that has just opened needs the processor more than the next spare."""


class Spare:
    """A kernel process and how to reach it."""

    def __init__(self):
        config = KERNEL / "spare"
        config.mkdir(parents=True, exist_ok=True)
        for old in config.glob("*.json"):
            # A kernel reads its file when it starts and never again.
            if time.time() - old.stat().st_mtime > 3600:
                old.unlink(missing_ok=True)
        # A learner's notebooks lie in work/, once there is one.
        self.folder = WORK if WORK.is_dir() else NOTEBOOKS
        file = config / f"{uuid.uuid4()}.json"
        _, self.connection_info = write_connection_file(str(file))
        self.connection_info["key"] = self.connection_info["key"].encode()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "segmenta_kernel.launch", str(file)],
            cwd=self.folder,
            env=os.environ | {"SEGMENTA_WARM_UP": "1", "SEGMENTA_PARENT": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self):
        """Ends a spare that nobody took."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)


_lock = threading.Lock()
_spare = None


def free_memory_mb():
    """Memory that could be had, or None where the system does not say."""
    try:
        with open("/proc/meminfo") as meminfo:
            lines = dict(line.split(":") for line in meminfo)
        free = int(lines["MemAvailable"].split()[0]) // 1024
    except (OSError, KeyError, ValueError):
        return None
    left = left_to_container_mb()
    return free if left is None else min(free, left)


CGROUPS = [
    (Path("/sys/fs/cgroup"), r"^0::/(.*)$", "memory.max", "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory"), r"^\d+:memory:/(.*)$", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
]
"""The two kinds of control groups: where they lie, how a process finds its own, and what their files are called."""


def left_to_container_mb():
    """What a container (or any control group) may still take; None where it has no bound."""
    for root, own, bound, used, kept in CGROUPS:
        try:
            named = re.search(own, Path("/proc/self/cgroup").read_text(), re.MULTILINE)
            own = root / named[1]
            left = []
            # Inside of a container its own group is the root; a bound may be that of any group around.
            for group in {root, own, *(folder for folder in own.parents if root in folder.parents)}:
                if (group / bound).exists() and (most := (group / bound).read_text().strip()) != "max":
                    # Files that are only kept for the next reader make room.
                    stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
                    left.append(int(most) - int((group / used).read_text()) + int(stat[kept]))
            if left:
                return min(left) // 2**20
        except (OSError, KeyError, ValueError, TypeError):
            continue
    return None


def start():
    """Starts a spare if there is none and there may be one."""
    global _spare
    free = free_memory_mb()
    if os.environ.get("SEGMENTA_SPARE", "1") == "0" or (free is not None and free < SPARE_NEEDS_MB):
        return
    with _lock:
        if _spare is None:
            _spare = Spare()


def start_later():
    """Starts a spare when the notebook that has just opened had its time."""
    timer = threading.Timer(PAUSE_S, start)
    timer.daemon = True
    timer.start()


def take(folder):
    """Hands out the spare, warm or still warming; None where there is none for this folder."""
    global _spare
    with _lock:
        if _spare is None or Path(folder or ".").resolve() != _spare.folder.resolve():
            return None
        spare, _spare = _spare, None
    return spare if spare.process.poll() is None else None


def stop():
    """Ends the spare, if there is one."""
    global _spare
    with _lock:
        spare, _spare = _spare, None
    if spare is not None:
        spare.stop()


atexit.register(stop)
