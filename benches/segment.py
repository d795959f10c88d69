"""The tasks of benches/segment.rs with scikit-learn: the same numbers, the same starts.

Reads what that wrote to target/bench. `--intel` does the tasks with Intel's extension instead and
prints them as JSON; without it the script calls itself so, where the extension is there. The last
line is one JSON array.
"""

import json
import subprocess
import sys
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

INTEL = "--intel" in sys.argv
if INTEL:
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_samples

warnings.filterwarnings("ignore")
FOLDER = Path(__file__).parents[1] / "target" / "bench"
ours = [json.loads(line) for line in (FOLDER / "segment.jsonl").read_text().splitlines()]
SHAPES = {"2,240 x 5": (2240, 5), "100,000 x 12": (100_000, 12), "1,000,000 x 12": (1_000_000, 12)}


def rows(name):
    n, d = SHAPES[name]
    return np.fromfile(FOLDER / f"{n}.f64").reshape(n, d)


def given_starts(name):
    x = rows(name)
    n, d = x.shape
    numbers = np.fromfile(FOLDER / f"{n}.starts")
    starts, place = [], 0
    for k in range(2, 11):
        size = 10 * k * d
        starts.append(numbers[place : place + size].reshape(10, k, d))
        place += size

    def work():
        return [
            min(KMeans(len(start), init=start, n_init=1).fit(x).inertia_ for start in group)
            for group in starts
        ]

    return work


def own_starts(name):
    x = rows(name)
    return lambda: [KMeans(4, n_init=10, random_state=1).fit(x).inertia_]


def silhouette():
    x = rows("100,000 x 12")[:20_000]
    labels = np.fromfile(FOLDER / "labels")[:20_000]
    return lambda: [float(silhouette_samples(x, labels).mean())]


def components():
    x = rows("1,000,000 x 12")
    return lambda: [float(PCA(12).fit(x).explained_variance_[0])]


def stability():
    x = rows("2,240 x 5")

    def work():
        rng = np.random.default_rng(1)
        whole = KMeans(4, n_init=10, random_state=1).fit(x).labels_
        aris = []
        for number in range(100):
            drawn = np.unique(rng.integers(0, len(x), len(x)))
            again = KMeans(4, n_init=10, random_state=number).fit(x[drawn]).labels_
            before = whole[drawn]
            for label in range(4):
                # The Jaccard index of each segment, as ours has it.
                a = before == label
                max(np.sum(a & (again == b)) / np.sum(a | (again == b)) for b in range(4))
            aris.append(adjusted_rand_score(before, again))
        return [float(np.mean(aris))]

    return work


def task(name):
    """The work, how often it is done, and whether its figures are inertias."""
    for shape, repeats in [("2,240 x 5", 3), ("100,000 x 12", 2), ("1,000,000 x 12", 1)]:
        if name.endswith(f"given starts, {shape}"):
            return given_starts(shape), repeats, True
        if name.endswith(f"its own, {shape}"):
            return own_starts(shape), repeats, True
    if name.startswith("silhouette"):
        return silhouette(), 3, False
    if name.startswith("principal"):
        return components(), 3, False
    return stability(), 3, False


def measured():
    for line in ours:
        work, repeats, inertias = task(line["task"])
        best = float("inf")
        for _ in range(repeats):
            started = time.perf_counter()
            figures = work()
            best = min(best, time.perf_counter() - started)
        yield line, best, figures, inertias


if INTEL:
    for line, best, _, _ in measured():
        print(json.dumps([line["task"], best]), flush=True)
    sys.exit()

intel = {}
if find_spec("sklearnex"):
    print("scikit-learn with Intel's extension", flush=True)
    run = subprocess.run([sys.executable, __file__, "--intel"], capture_output=True, text=True)
    if run.returncode:
        print(run.stderr[-500:])
    intel = dict(json.loads(line) for line in run.stdout.splitlines() if line.startswith("["))

found = []
for line, best, figures, inertias in measured():
    seconds = line["seconds"]
    if inertias:
        higher = max(a / b - 1 for a, b in zip(line["more"], figures))
        lower = min(a / b - 1 for a, b in zip(line["more"], figures))
        note = f"inertia {100 * lower:+.4f} % to {100 * higher:+.4f} %"
    else:
        note = f"{line['more'][0]:.6g}, peer {figures[0]:.6g}"
    for peer, peer_s in [("scikit-learn", best), ("with Intel's extension", intel.get(line["task"]))]:
        if peer_s is None:
            continue
        found.append(
            {
                "task": line["task"],
                "ours_s": round(seconds, 4),
                "peer": peer,
                "peer_s": round(peer_s, 4),
                "ratio": round(peer_s / seconds, 2),
                "note": note if peer == "scikit-learn" else "",
            }
        )
        print(f"{seconds:9.3f} s, {peer} {peer_s:9.3f} s, {peer_s / seconds:7.2f} times: {line['task']}", flush=True)

print("| task | ours, s | peer | peer, s | times faster | note |\n|---|---:|---|---:|---:|---|")
for row in found:
    print(f"| {row['task']} | {row['ours_s']} | {row['peer']} | {row['peer_s']} | {row['ratio']} | {row['note']} |")
print(json.dumps(found))
