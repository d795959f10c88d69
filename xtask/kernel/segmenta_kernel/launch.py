"""Runs one Rust kernel, with a relay between it and Jupyter.

`python -m segmenta_kernel.launch CONNECTION_FILE`
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from . import folder
from .paths import NOTEBOOKS, ROOT, WORK
from .relay import Relay


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
    os._exit(1)


def settle():
    """A notebook outside of the clone, or deep in it, runs as if it lay in work/ or notebooks/: `..` is the clone there."""
    here = Path.cwd()
    if ROOT not in (here, *list(here.parents)[:2]):
        os.chdir(WORK if (WORK / "evcxr.toml").exists() else NOTEBOOKS)


def main():
    settle()
    try:
        with folder.build_to_read() as built, folder.own_folder() as own:
            run, environment = folder.fill(own, built)
            relay = Relay(sys.argv[1], own, run)
            with open(own / "log", "w") as log:
                kernel = subprocess.Popen(
                    [os.environ["SEGMENTA_EVCXR"], "--control_file", str(relay.connection_file)],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=die_with_parent,
                )
            threading.Thread(target=watch_parent, args=[kernel], daemon=True).start()
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                return relay.run(kernel, warm_up=bool(os.environ.get("SEGMENTA_WARM_UP")))
            finally:
                kernel.kill()
                kernel.wait()
    except folder.NotBuilt as why:
        sys.exit(str(why))


if __name__ == "__main__":
    sys.exit(main())
