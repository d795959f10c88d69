"""Runs a command that may do what it likes, and does no harm: for notebooks of other people.

On Linux, in namespaces of its own: no network, no process but its own, a file system that is
read only but for folders in memory of bounded size, and no device. What runs longer, or takes
more memory or processes than it may, is ended as a whole. It needs no root; where it has root,
it gives it up. What is not Linux has no such means: `why_open` says so.
"""

import ctypes
import fcntl
import json
import os
import platform
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from .launch import die_with_parent
from .paths import KERNEL, NOTEBOOKS, ROOT, RUNS, WORK, warm

OWN = "segmenta-bounded"
"""What our own mounts are called."""
EVERY_S = 0.2
"""How often it is looked at."""
DEVICES = ["null", "zero", "full", "random", "urandom"]
NOT_CLOSED = 97
"""How it ends where the system does not let itself be closed off: nothing has run then."""
UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"]
NEVER_WRITTEN = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "debugfs", "tracefs", "securityfs", "bpf",
                 "fusectl", "configfs", "pstore", "efivarfs", "hugetlbfs", "nsfs", "binfmt_misc", "autofs"}
"""File systems that hold no files of anybody; /sys, /dev and /run are covered as a whole, and /proc is made read only."""


TASKS = 4_096
"""Processes and threads at most, by the system's own bound."""


class NotClosed(Exception):
    """The system does not do what it takes; nothing has run."""


@dataclass
class Bounds:
    """What one notebook may take."""

    seconds: float = 600
    memory_mb: int = 4_000
    disk_mb: int = 500
    processes: int = 250


def why_open():
    """Why this system cannot close a notebook off, or None where it can."""
    if sys.platform != "linux":
        return "that takes Linux"
    if not shutil.which("unshare"):
        return "there is no `unshare` (it comes with util-linux)"
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True)
    if tried.returncode == 0:
        return None
    apparmor = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    forbidden = apparmor.exists() and apparmor.read_text().strip() == "1"
    help_ = f"; here {apparmor.name} forbids it, which root can switch off by `sysctl`" if forbidden else ""
    return tried.stderr.strip() + help_


def run(command, given, bounds, hidden, said, closed):
    """Runs a Python module with JSON on its input; `said` gets each line that it writes.

    Gives why it was stopped, or None. `hidden` are folders that it must not see. `closed` says whether it is to be
    closed off; where that fails, nothing runs.
    """
    job = {"command": command, "hidden": [str(folder) for folder in hidden], "disk_mb": bounds.disk_mb}
    prefix = [*UNSHARE, "--"] if closed else []
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "segmenta_kernel.bounded", json.dumps(job | {"closed": bool(prefix)})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        # Who is killed leaves no notebook running that nobody watches.
        preexec_fn=die_with_parent,
    )
    last = []
    readers = [
        threading.Thread(target=lambda: [said(line) for line in process.stdout], daemon=True),
        threading.Thread(target=lambda: [last.append(line) for line in process.stderr], daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        process.stdin.write(json.dumps(given))
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already, and says why below
    why = watch(process, bounds)
    for reader in readers:
        reader.join(timeout=10)
    words = "".join(last).strip()
    if process.returncode == NOT_CLOSED:
        raise NotClosed(words)
    if why is None and process.returncode:
        why = f"ended with {process.returncode}: {words[-500:]}"
    return why


def watch(process, bounds):
    """Waits for a process, or ends it when it takes more than it may; gives why."""
    deadline = time.monotonic() + bounds.seconds
    why = None
    while why is None and process.poll() is None:
        time.sleep(EVERY_S)
        own = family(process.pid)
        memory = sum(map(resident_mb, own))
        if time.monotonic() > deadline:
            why = f"stopped: it took longer than {bounds.seconds:g} s"
        elif len(own) > bounds.processes:
            why = f"stopped: it made more than {bounds.processes} processes"
        elif memory > bounds.memory_mb:
            why = f"stopped: it took more than {bounds.memory_mb:,} MB of memory"
    if why:
        # Its first process is the init of its namespace: the others go with it.
        for pid in family(process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    return why


def family(pid):
    """A process and all that came of it."""
    children = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if entry.isdigit():
            try:
                # The name, in brackets, may hold anything; the parent comes second after it.
                parent = Path("/proc", entry, "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            except OSError:
                continue  # it has just ended
            children.setdefault(int(parent), []).append(int(entry))
    found, open_ones = [], [pid]
    while open_ones:
        found.append(open_ones.pop())
        open_ones += children.get(found[-1], [])
    return found


def resident_mb(pid):
    try:
        return int(Path("/proc", str(pid), "statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except (OSError, ValueError, IndexError):
        return 0


# --- inside


def mount(*words):
    # Without a note in /run/mount, which is the machine's.
    done = subprocess.run(["mount", "--no-mtab", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise NotClosed(done.stderr.strip())


def in_memory(folder, megabytes):
    """An empty folder that holds so much and no more."""
    mount("-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes=100k,mode=0777", OWN, folder)


def mounts():
    """Each place where something is mounted: its flags, its kind, and what is mounted."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        words, rest = (part.split(" ") for part in line.split(" - ", 1))
        place = re.sub(r"\\(040|011|012|134)", lambda code: chr(int(code[1], 8)), words[4])
        found.append((place, words[5].split(","), rest[0], rest[1]))
    return found


def close_off(job):
    """Nothing that is there can be changed, and nothing is there that should not be seen."""
    mount("--make-rprivate", "/")
    settings = (NOTEBOOKS / "evcxr.toml").read_text()
    locks = [KERNEL / "runs.lock", warm() / "lock"]
    for folder in (WORK, RUNS):
        folder.mkdir(parents=True, exist_ok=True)
    for lock in locks:
        lock.touch()
    clone = os.open(ROOT, os.O_PATH)
    read_only()
    for folder in job["hidden"]:
        in_memory(folder, 1)
    for folder in ("/run", "/var/run", "/sys"):
        # Sockets of the machine's services lie there, which a read-only file system does not close.
        if Path(folder).is_dir() and not Path(folder).is_symlink():
            in_memory(folder, 1)
    in_memory("/tmp", job["disk_mb"])
    if Path("/tmp") in ROOT.parents:
        ROOT.mkdir(parents=True)
        done = subprocess.run(
            ["mount", "--no-mtab", "--no-canonicalize", "--rbind", f"/proc/self/fd/{clone}", str(ROOT)], pass_fds=[clone]
        )
        if done.returncode:
            raise NotClosed(f"{ROOT} lies in /tmp and cannot be seen through it")
    os.close(clone)
    in_memory(WORK, job["disk_mb"])
    in_memory(RUNS, 1_000)
    (WORK / "evcxr.toml").write_text(settings)
    # What a kernel locks while it reads the build: files of its own, so that it holds up nobody else.
    for number, lock in enumerate(locks):
        own = Path(f"/tmp/.lock-{number}")
        own.touch()
        mount("--bind", own, lock)
    devices()
    limits()
    Path("/proc/self/oom_score_adj").write_text("1000")
    mount("-o", "remount,bind,ro", "/proc")
    still = [place for place, flags, kind, what in mounts() if "ro" not in flags and kind not in NEVER_WRITTEN and what != OWN]
    still = [place for place in still if not place.startswith("/dev/")]
    if still or os.access(ROOT, os.W_OK):
        raise NotClosed(f"{', '.join(still) or ROOT} cannot be made read only")


def read_only():
    """Whatever is mounted by now can be read, and no more."""
    for place, flags, _, _ in reversed(mounts()):
        if place != "/proc" and not place.startswith("/dev"):
            kept = [flag for flag in flags if flag in ("nosuid", "nodev", "noexec", "noatime", "relatime", "nodiratime")]
            options = ",".join(["remount", "bind", "ro", *kept])
            subprocess.run(["mount", "--no-mtab", "-o", options, place], capture_output=True)


def devices():
    """A /dev with nothing in it that could be written to."""
    own = Path("/tmp/.dev")
    own.mkdir()
    in_memory(own, 64)
    for name in DEVICES:
        (own / name).touch()
        mount("--bind", f"/dev/{name}", own / name)
    (own / "shm").mkdir()
    for name, place in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]:
        (own / name).symlink_to(f"/proc/self/{place}")
    mount("--move", own, "/dev")
    own.rmdir()


def limits():
    """How many processes and threads there may be: the watch is too slow for what doubles each millisecond."""
    version = tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups()))
    if version >= (6, 14):
        # From here on it is that of the namespace, and not of the machine. Threads count as well.
        Path("/proc/sys/kernel/pid_max").write_text(str(TASKS))
    if version >= (5, 14):
        # Counts those of this namespace; root outside of it has no such limit.
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        most = TASKS if hard == resource.RLIM_INFINITY else min(hard, TASKS)
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def network():
    """Kernels speak with their clients over the loop-back device."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x49))


def give_up_rights():
    """No right to undo the above, now or by a program that is called."""
    libc = ctypes.CDLL(None, use_errno=True)
    PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
    for right in range(64):
        libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise NotClosed("the rights cannot be given up")


def main():
    job = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    if job["closed"]:
        try:
            close_off(job)
            network()
            give_up_rights()
        except (NotClosed, OSError, ValueError) as why:
            print(why, file=sys.stderr)
            sys.exit(NOT_CLOSED)
        os.environ |= {"JUPYTER_RUNTIME_DIR": "/tmp/jupyter", "IPYTHONDIR": "/tmp/ipython", "TMPDIR": "/tmp"}
    # A new program: what this one may do ends with it.
    os.execv(sys.executable, [sys.executable, "-m", *job["command"]])


if __name__ == "__main__":
    main()
