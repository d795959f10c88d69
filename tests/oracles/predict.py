"""Trees and forests of scikit-learn: `python3 tests/oracles/predict.py > tests/oracles/predict.json`.

Tables are made of SplitMix64 numbers, which tests/predict.rs makes again; a checksum of each says that they are
the same.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import accuracy_score, log_loss
from sklearn.tree import DecisionTreeClassifier

MASK = (1 << 64) - 1


class Numbers:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return x ^ (x >> 31)

    def unit(self):
        return (self.next() >> 11) * 2.0**-53

    def bell(self):
        return sum(self.unit() for _ in range(12)) - 6.0

    def order(self, n):
        order = list(range(n))
        for place in range(n - 1, 0, -1):
            other = self.next() % (place + 1)
            order[place], order[other] = order[other], order[place]
        return order


def clouds(numbers, n):
    """Three clouds that overlap, in four of eight columns."""
    rows, classes = [], []
    for _ in range(n):
        kind = numbers.next() % 3
        rows.append([numbers.bell() + (1.2 * ((kind + column) % 3) if column < 4 else 0.0) for column in range(8)])
        classes.append(kind)
    return rows, classes


def chequered(numbers, n):
    """A board with two fields by two, and a tenth of the answers wrong."""
    rows, classes = [], []
    for _ in range(n):
        row = [numbers.unit() for _ in range(6)]
        right = int((row[0] > 0.5) != (row[1] > 0.5))
        rows.append(row)
        classes.append(right if numbers.unit() > 0.1 else 1 - right)
    return rows, classes


def rare(numbers, n):
    """Counts with many ties; one of four classes is rare."""
    rows, classes = [], []
    for _ in range(n):
        row = [float(int(10 * numbers.unit() ** 3 * (1 + column))) for column in range(7)]
        score = row[0] + row[1] / 2 - row[2] / 3 + 2 * numbers.bell()
        rows.append(row)
        classes.append(3 if score > 8 else 2 if score > 3 else 1 if score > 0 else 0)
    return rows, classes


def gaps(numbers, n):
    """Two classes by two columns, in which a fifth of the values is missing, more so in one class."""
    rows, classes = [], []
    for _ in range(n):
        kind = numbers.next() % 2
        row = [numbers.bell() + kind * (1.0 if column < 2 else 0.0) for column in range(5)]
        for column in range(2):
            if numbers.unit() < (0.3 if kind else 0.1):
                row[column] = float("nan")
        rows.append(row)
        classes.append(kind)
    return rows, classes


def checksum(rows):
    return sum(x for row in rows for x in row if x == x)


forests = {}
for number, make in enumerate([clouds, chequered, rare, gaps]):
    numbers = Numbers(1000 + number)
    x, y = make(numbers, 1500)
    tx, ty = make(numbers, 3000)
    accuracies, losses = [], []
    for seed in range(20):
        forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=3, random_state=seed, n_jobs=-1).fit(x, y)
        accuracies.append(accuracy_score(ty, forest.predict(tx)))
        losses.append(log_loss(ty, forest.predict_proba(tx)))
    forests[make.__name__] = {
        "checksum": checksum(x) + checksum(tx),
        "accuracy": float(np.mean(accuracies)),
        "accuracy_sd": float(np.std(accuracies)),
        "log_loss": float(np.mean(losses)),
        "log_loss_sd": float(np.std(losses)),
    }
    if make is clouds:
        importance = permutation_importance(forest, tx, ty, n_repeats=20, random_state=0)
        forests[make.__name__]["drop"] = importance.importances_mean.tolist()
        forests[make.__name__]["impurity"] = np.mean(
            [RandomForestClassifier(min_samples_leaf=3, random_state=seed).fit(x, y).feature_importances_ for seed in range(20)], axis=0
        ).tolist()
        forests[make.__name__]["out_of_bag"] = float(np.mean([
            RandomForestClassifier(min_samples_leaf=3, random_state=seed, oob_score=True).fit(x, y).oob_score_ for seed in range(20)
        ]))


def tree(number, n, d, least, weight, missing, depth=None):
    """One tree on columns whose values are all different; the same whatever the order in which columns are tried."""
    numbers = Numbers(number)
    columns = [numbers.order(n) for _ in range(d)]
    rows = [[float(column[row]) for column in columns] for row in range(n)]
    classes = []
    for row in rows:
        score = row[0] / n + (row[1 % d] / n > 0.4) + 0.25 * numbers.bell()
        classes.append(0 if score < 0.6 else 1 if score < 1.2 else 2)
    if missing:
        for row in rows:
            for column in range(d):
                if numbers.unit() < 0.15:
                    row[column] = float("nan")
    probes = [[numbers.unit() * n for _ in range(d)] for _ in range(400)]
    probes = [[float("nan") if missing and numbers.unit() < 0.1 else x for x in row] for row in probes]
    found = []
    for seed in range(10):
        model = DecisionTreeClassifier(min_samples_leaf=least, max_depth=depth, class_weight=weight, random_state=seed).fit(rows, classes)
        found.append((model.get_n_leaves(), model.get_depth(), model.predict_proba(probes).tolist()))
    if any(own != found[0] for own in found):
        # Ties: two columns make the leaves as pure, and the order in which they are tried decides.
        return tree(number + 100, n, d, least, weight, missing, depth)
    leaves, depth_found, chances = found[0]
    return {
        "seed": number, "n": n, "d": d, "least": least, "balanced": weight is not None, "missing": missing, "depth": depth,
        "checksum": checksum(rows), "leaves": int(leaves), "levels": int(depth_found), "chances": chances,
    }


trees = [
    tree(1, 300, 1, 1, None, False),
    tree(2, 400, 3, 12, None, False),
    tree(3, 1000, 6, 25, None, False),
    tree(4, 500, 4, 15, "balanced", False),
    tree(5, 500, 3, 20, None, True),
    tree(6, 800, 5, 10, None, False, depth=4),
]
json.dump({
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": sys.version.split()[0]},
    "forests": forests, "trees": trees,
}, sys.stdout)
print()
