"""Where things are. xtask names the clone in SEGMENTA_ROOT; this Python lies in target/lab/venv of it."""

import os
import sys
from pathlib import Path

ROOT = Path(os.environ.get("SEGMENTA_ROOT") or Path(sys.prefix).parents[2])
NOTEBOOKS = ROOT / "notebooks"
WORK = ROOT / "work"
"""Where a learner's copies of the lessons lie; git does not see them."""
KERNEL = ROOT / "target" / "kernel"
RUNS = KERNEL / "runs"
"""One build folder for each kernel that runs."""
CURRENT = KERNEL / "current"
"""A file with the name of the build that new kernels read."""
TOOL = KERNEL / "tool" / "kernel-cargo"
"""What kernels call in place of cargo."""


def warm():
    """The build that a new kernel reads; nobody writes there."""
    return KERNEL / "built" / CURRENT.read_text().strip()
