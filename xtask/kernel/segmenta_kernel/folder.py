"""A folder for one kernel: what it writes, and the tools that it finds.

What was built is read from the warm build and never written there. The folder is locked
while its kernel lives, and so is the build; a folder that is not locked was left by a
kernel that was killed, and is cleared.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .paths import KERNEL, ROOT, RUNS, TOOL, warm


class NotBuilt(Exception):
    """There is nothing yet that a kernel could start from."""


@contextmanager
def locked(path, how):
    """Holds a lock on a file; the system lets go of it when the process ends."""
    with open(path, "a") as file:
        fcntl.flock(file, how)
        yield


def clear_stale():
    """Removes the folders whose kernels are gone."""
    for run in RUNS.iterdir():
        try:
            with locked(run / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(run, ignore_errors=True)
        except OSError:
            pass  # its kernel lives


@contextmanager
def own_folder():
    """A new folder, locked until the end, which also removes it.

    Between the making of a folder and its lock another launcher would take it for a
    stale one: so one lock is around both, and around the clearing.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    with locked(KERNEL / "runs.lock", fcntl.LOCK_EX):
        clear_stale()
        run = Path(tempfile.mkdtemp(dir=RUNS))
        lock = open(run / "lock", "a")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield run
    finally:
        shutil.rmtree(run, ignore_errors=True)
        lock.close()


@contextmanager
def build_to_read():
    """The warm build, kept from being removed while it is read."""
    try:
        folder = warm()
        lock = open(folder / "lock", "a")
    except OSError:
        raise NotBuilt("The Rust kernel is not built yet: run `cargo xtask lab` in the clone.") from None
    fcntl.flock(lock, fcntl.LOCK_SH)
    try:
        yield folder
    finally:
        lock.close()


def is_lean():
    """Whether kernels use our tool in place of cargo; SEGMENTA_LEAN=0 does without."""
    return os.environ.get("SEGMENTA_LEAN", "1") != "0" and TOOL.exists()


def fill(own, built):
    """Puts into a kernel's folder what it starts from; gives its build folder and environment.

    The tools lie beside the build folder, in which the analyser reads all that it finds.
    """
    run = own / "cell"
    run.mkdir()
    environment = os.environ | {
        # The kernel overwrites a kernelspec "rust" that it finds; it must not find ours.
        "JUPYTER_PATH": str(own),
        "EVCXR_TMPDIR": str(run),
        "SEGMENTA_INTERRUPT": str(run / "interrupt"),
        # What the analyser frees goes back to the system.
        "MIMALLOC_PURGE_DELAY": "0",
    }
    if not is_lean():
        copy_build(built, run)
        return run, environment
    for name in ["Cargo.toml", "Cargo.lock", "src"]:
        source = built / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, run / name)
    environment |= {
        "SEGMENTA_RUN": str(run),
        "RUST_SRC_PATH": str(built / "library"),
        "SEGMENTA_WARM": str(built),
        "SEGMENTA_KEPT": str(built / "kept"),
        "SEGMENTA_ROOT": str(ROOT),
        "SEGMENTA_CARGO": real("cargo"),
        "SEGMENTA_RUSTUP": shutil.which("rustup") or "",
        "SEGMENTA_CARGO_HOME": os.environ.get("CARGO_HOME", ""),
        "SEGMENTA_KERNEL_CARGO": str(own / "bin" / "kernel-cargo"),
        "CARGO_HOME": str(own / "home"),
        "PATH": f"{own / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    tools(own)
    (run / "environment.json").write_text(json.dumps(environment))
    return run, environment


def real(tool):
    """The tool itself, not rustup's stand-in for it, which would ask again at each call."""
    try:
        asked = subprocess.run(["rustup", "which", tool], capture_output=True, text=True, check=True)
        return asked.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return shutil.which(tool) or tool


def tools(own):
    """Links to our tool, by the names under which the kernel and its analyser look for it."""
    (own / "bin").mkdir()
    for name in ["rustup", "kernel-cargo", "record-rustc"]:
        (own / "bin" / name).symlink_to(TOOL)
    # The analyser looks for cargo in the user's cargo folder: this one is that, but for its cargo.
    users = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    (own / "home" / "bin").mkdir(parents=True)
    (own / "home" / "bin" / "cargo").symlink_to(TOOL)
    for entry in users.iterdir() if users.is_dir() else []:
        if entry.name != "bin":
            (own / "home" / entry.name).symlink_to(entry)


def copy_build(built, run):
    """Today's way without the tool: a copy of the whole build; nothing is linked."""
    for options in (["-a", "--reflink=auto"], ["-Rpc"], ["-Rp"]):
        try:
            subprocess.run(
                ["cp", *options, f"{built}/.", str(run)], check=True, stderr=subprocess.DEVNULL
            )
            return
        except subprocess.CalledProcessError:
            continue
    sys.exit(f"The build cannot be copied to {run}: is the disk full?")
