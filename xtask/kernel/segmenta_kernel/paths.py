"""Where things are. xtask names the clone in SEGMENTA_ROOT."""

import os
from pathlib import Path

ROOT = Path(os.environ["SEGMENTA_ROOT"])
NOTEBOOKS = ROOT / "notebooks"
KERNEL = ROOT / "target" / "kernel"
WARM = KERNEL / "warm"
"""The build folder that every kernel starts from; nothing runs in it."""
RUNS = KERNEL / "runs"
"""One build folder for each kernel that runs."""
