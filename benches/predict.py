"""A forest of scikit-learn and a network in networkx, on what benches/predict.rs wrote to target/bench.

The same numbers: 200,000 rows are learned from, as many others asked for, 100 trees, all threads; the same
members. The last line is one JSON array. Linux only.
"""

import csv
import json
import resource
import time
from pathlib import Path

import networkx as nx
import numpy as np
from sklearn.ensemble import RandomForestClassifier

FOLDER = Path(__file__).parents[1] / "target" / "bench"
ours = json.loads((FOLDER / "predict.json").read_text())
x = np.fromfile(FOLDER / "predict.f64").reshape(-1, 20)
y = np.fromfile(FOLDER / "predict.u8", dtype=np.uint8)
n = len(y) // 2


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


before = memory()
fit = predict = float("inf")
for _ in range(2):
    started = time.perf_counter()
    forest = RandomForestClassifier(n_estimators=100, n_jobs=-1, random_state=1).fit(x[:n], y[:n])
    fit = min(fit, time.perf_counter() - started)
    started = time.perf_counter()
    answers = forest.predict(x[n:])
    predict = min(predict, time.perf_counter() - started)
accuracy = float((answers == y[n:]).mean())
used = memory() - before
for task, own, theirs in [("fit", ours["fit_s"], fit), ("predict", ours["predict_s"], predict)]:
    print(f"forest, {task}: ours {own:.2f} s, scikit-learn {theirs:.2f} s ({theirs / own:.1f} times)")
print(f"right: ours {ours['accuracy']:.4f}, scikit-learn {accuracy:.4f}; memory: ours {ours['mb']:.0f} MB, scikit-learn {used:.0f} MB")

with open(FOLDER / "members.csv") as file:
    rows = list(csv.reader(file))[1:]
started = time.perf_counter()
known = {member for member, _ in rows}
down = nx.DiGraph()
down.add_nodes_from(known)
down.add_edges_from((sponsor, member) for member, sponsor in rows if sponsor in known)
recruits = dict(down.out_degree())
order = list(nx.topological_sort(down))
level, downline, deep = {}, {}, {}
distances, top = {}, {}
for member in order:
    above = next(iter(down.pred[member]), None)
    level[member] = 0 if above is None else level[above] + 1
    top[member] = member if above is None else top[above]
for member in reversed(order):
    below = down.succ[member]
    downline[member] = sum(downline[own] + 1 for own in below)
    deep[member] = max((deep[own] + 1 for own in below), default=0)
between = {}
for member in order:
    others = downline[top[member]]
    parts = [downline[own] + 1 for own in down.succ[member]] + [others - downline[member]]
    between[member] = (others**2 - sum(part**2 for part in parts)) // 2
    distances[top[member]] = distances.get(top[member], 0) + (downline[member] + 1) * (others - downline[member])
trees = [(downline[own] + 1) for own in order if level[own] == 0]
mean_distance = sum(distances.values()) / sum(size * (size - 1) / 2 for size in trees)
sponsors = sorted(recruits.items(), key=lambda own: -own[1])[:20]
network = time.perf_counter() - started
same = abs(mean_distance - ours["mean_distance"]) < 1e-9 * mean_distance
print(
    f"network: ours {ours['network_s']:.2f} s, networkx with the same linear walks {network:.2f} s "
    f"({network / ours['network_s']:.1f} times); {'the same mean distance' if same else 'OTHER MEAN DISTANCE'}"
)
print(json.dumps([
    {"task": "forest, fit", "ours_s": ours["fit_s"], "peer_s": fit, "times": fit / ours["fit_s"]},
    {"task": "forest, predict", "ours_s": ours["predict_s"], "peer_s": predict, "times": predict / ours["predict_s"]},
    {"task": "forest, right", "ours": ours["accuracy"], "peer": accuracy, "ours_mb": ours["mb"], "peer_mb": used},
    {"task": "network", "ours_s": ours["network_s"], "peer_s": network, "times": network / ours["network_s"], "same": same},
]))
