"""Runs one Rust kernel in a build folder of its own.

`python -m segmenta_kernel.launch CONNECTION_FILE`

A build folder can serve one kernel only, so each gets a copy of the warm one:
hard links, which take no room and a tenth of a second. The copy is locked
while its kernel lives; a copy that is not locked was left by a kernel that
was killed, and is cleared.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from .paths import RUNS, WARM


@contextmanager
def locked(path, how):
    """Holds a lock on a file; the system lets go of it when the process ends."""
    with open(path, "a") as file:
        fcntl.flock(file, how)
        yield


def clear_stale():
    """Removes the copies whose kernels are gone."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for run in RUNS.iterdir():
        try:
            with locked(run / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(run, ignore_errors=True)
        except OSError:
            pass  # its kernel lives, or another launcher was faster


def link_or_copy(source, target):
    """Links the built dependencies, which nobody changes.

    A copy of all else: the kernel and cargo write into their own files in place (manifest,
    lock file, the cell's crate, cargo's locks), and a link would write into every kernel's.
    """
    path = Path(source)
    built = "target" in path.relative_to(WARM).parts and not path.name.startswith(".")
    if built and "ctx" not in path.name and "/ctx-" not in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def clone(run):
    """Fills a build folder from the warm one."""
    if not (WARM / "Cargo.toml").exists():
        sys.exit("The Rust kernel is not built yet: run `cargo xtask lab` in the clone.")
    with locked(WARM.with_suffix(".lock"), fcntl.LOCK_SH):
        shutil.copytree(WARM, run, copy_function=link_or_copy, dirs_exist_ok=True)


def die_with_parent():
    """Linux: the kernel goes when its launcher is killed."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def watch_parent(kernel):
    """The kernel goes when the lab (or whoever started us) is gone, even if that was just now."""
    parent = int(os.environ.get("SEGMENTA_PARENT") or os.getppid())
    while os.getppid() == parent:
        time.sleep(0.5)
    kernel.kill()


def main():
    connection_file = sys.argv[1]
    clear_stale()
    run = Path(tempfile.mkdtemp(dir=RUNS))
    with locked(run / "lock", fcntl.LOCK_EX):
        try:
            clone(run)
            kernel = subprocess.Popen(
                [os.environ["SEGMENTA_EVCXR"], "--control_file", connection_file],
                # The kernel overwrites a kernelspec "rust" that it finds; it must not find ours.
                env=os.environ | {"EVCXR_TMPDIR": str(run), "JUPYTER_PATH": str(run)},
                preexec_fn=die_with_parent,
            )
            signal.signal(signal.SIGTERM, lambda *_: kernel.terminate())
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            threading.Thread(target=watch_parent, args=[kernel], daemon=True).start()
            return kernel.wait()
        finally:
            shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
