"""What implicit, irspack and scikit-learn make of who bought what: writes products.json.

    pip install implicit==0.7.3 irspack==0.5.2 scikit-learn==1.9.1 scipy==1.17.1
    python tests/oracles/products.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import implicit
import numpy as np
import scipy.sparse as sps
from irspack.evaluation.evaluator import EvaluatorCore
from irspack.recommenders import DenseSLIMRecommender
from sklearn.decomposition import NMF

DAYS, SPLIT = 180, 120
rng = np.random.default_rng(3)
n, m, kinds = 80, 30, 4
likes = rng.gamma(0.3, size=(kinds, m)) + 0.02
likes /= likes.sum(axis=1, keepdims=True)
lines = []
bill = 0
for customer in range(n):
    kind = customer % kinds
    for day in sorted(rng.integers(0, DAYS, rng.poisson(5) + 1)):
        for product in rng.choice(m, size=rng.integers(1, 5), replace=False, p=likes[kind]):
            lines.append((bill, f"C{customer:03}", int(day), f"P{product:02}"))
        bill += 1

out = {"versions": {name: version(name) for name in ["implicit", "irspack", "scikit-learn"]}}
out["lines"] = lines
# Who and what is known before the day: customers in the order of their first bills, products in that of the alphabet.
before = sorted((line for line in lines if line[2] < SPLIT), key=lambda line: (line[2], line[0]))
customers = list(dict.fromkeys(line[1] for line in before))
products = sorted({line[3] for line in before})
row = {name: place for place, name in enumerate(customers)}
column = {name: place for place, name in enumerate(products)}
counts = np.zeros((len(customers), len(products)))
later = np.zeros_like(counts)
for _, customer, day, product in lines:
    if customer not in row:
        continue
    # Every product was bought before the day here, so that irspack knows all that is wanted.
    (counts if day < SPLIT else later)[row[customer], column[product]] += 1
later = np.minimum(later, 1)

# Alternating least squares from one start.
for factors, weight, regularization, rounds in [(4, 10.0, 1.0, 5), (7, 3.0, 0.1, 12)]:
    start = [rng.random((size, factors)) * 0.01 for size in counts.shape]
    model = implicit.cpu.als.AlternatingLeastSquares(
        factors=factors, regularization=regularization, alpha=weight, iterations=rounds,
        dtype=np.float64, use_cg=True, num_threads=1,
    )
    model.user_factors, model.item_factors = start[0].copy(), start[1].copy()
    model.fit(sps.csr_matrix(counts), show_progress=False)
    out.setdefault("als", []).append({
        "factors": factors, "weight": weight, "regularization": regularization, "rounds": rounds,
        "start": [part.tolist() for part in start], "products": model.item_factors.tolist(),
    })

bought = (counts > 0).astype(float)
ease = DenseSLIMRecommender(sps.csr_matrix(bought), reg=20.0)
ease.learn()
# In double precision, as irspack's own formula.
gram = bought.T @ bought + 20.0 * np.eye(bought.shape[1])
inverse = np.linalg.inv(gram)
weights = inverse * (-1 / np.diag(inverse))[None, :]
np.fill_diagonal(weights, 0)
assert np.abs(np.asarray(ease.W) - weights).max() < 1e-5
out["ease"] = {"regularization": 20.0, "weights": weights.tolist()}

out["nmf"] = []
for factors in [2, 5, 12]:
    model = NMF(factors, tol=1e-4, max_iter=200, random_state=0).fit(counts)
    out["nmf"].append({"factors": factors, "error": float(model.reconstruction_err_)})

# Judged by what came later: all who bought before and after; all that is offered, and new things alone.
known = bought.sum(axis=1) > 0
out["judged"] = []
for offer, wanted, mask in [("all", later, np.zeros_like(bought)), ("new", later * (1 - bought), bought)]:
    scores = bought @ weights
    scores[mask > 0] = -np.inf
    rows = known & (wanted.sum(axis=1) > 0)
    for top in [1, 3, 10]:
        entry = {"offer": offer, "top": top, "customers": int(rows.sum())}
        for capped in [False, True]:
            core = EvaluatorCore(sps.csr_matrix(wanted[rows]), [])
            told = core.get_metrics_f64(np.ascontiguousarray(scores[rows]), top, 0, 1, capped).as_dict()
            entry["recall_capped" if capped else "recall"] = told["recall"]
            for name in ["precision", "ndcg", "hit"]:
                entry["hit_rate" if name == "hit" else name] = told[name]
            entry["coverage"] = told["appeared_item"] / bought.shape[1]
        out["judged"].append(entry)
print([{k: round(v, 4) if isinstance(v, float) else v for k, v in e.items()} for e in out["judged"]][:3], out["nmf"])
(Path(__file__).parent / "products.json").write_text(json.dumps(out, indent=None) + "\n")
