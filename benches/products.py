"""pyfim, mlxtend, implicit and irspack on what benches/products.rs wrote to target/bench.

The same baskets and purchases, all threads. pyfim takes lists of lists: to make them of the columns is told apart.
The last line is one JSON array. Linux only.
"""

import json
import os
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import fim
import implicit
import numpy as np
import pandas as pd
import scipy.sparse as sps
from irspack.recommenders import DenseSLIMRecommender
from mlxtend.frequent_patterns import association_rules
from scipy.stats import hypergeom
from sklearn.decomposition import NMF
from statsmodels.stats.multitest import multipletests

FOLDER = Path(__file__).parents[1] / "target" / "bench"
ours = json.loads((FOLDER / "products.json").read_text())
rows = []


def take(name, peer, work, times=3):
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - started)
    own = ours[name]
    rows.append({"task": name, "ours_s": own, "peer": peer, "peer_s": best, "times": best / own})
    print(f"{name}: ours {own:.3f} s, {peer} {best:.3f} s ({best / own:.1f} times)")
    return answer


bill, item = np.fromfile(FOLDER / "baskets.u32", dtype=np.uint32).reshape(2, -1)
names = np.array([f"I{own:03}" for own in range(item.max() + 1)])[item]
frame = pd.DataFrame({"bill": bill, "item": names})
baskets = take("baskets", "pandas", lambda: frame.groupby("bill").item.agg(list).tolist(), 1)
n = len(baskets)
for algorithm in ["eclat", "fpgrowth"]:
    run = getattr(fim, algorithm)
    sets = take("itemsets", f"pyfim, {algorithm}", lambda: run(baskets, target="s", supp=-(n // 1000), zmin=1, zmax=10))
print(len(sets), "sets")

# mlxtend makes rules of a table of sets, which pyfim has found, and does not test them; ours are tested in any case.
sets = fim.eclat(baskets, target="s", supp=-(n // 10_000), zmin=1, zmax=10)
table = pd.DataFrame({"itemsets": [frozenset(own) for own, _ in sets], "support": [count / n for _, count in sets]})


def made():
    return association_rules(table, num_itemsets=n, metric="confidence", min_threshold=0.02)


def tested():
    rules = made()
    rules = rules[rules.consequents.map(len) == 1]
    count = lambda name: (rules[name] * n).round().astype(int)
    p = hypergeom.sf(count("support") - 1, n, count("consequent support"), count("antecedent support"))
    # All rules that were searched: those that are not shown stand as if they had no chance to be.
    items = (table.itemsets.map(len) == 1).sum()
    searched = sum(items - len(own) for own in table.itemsets)
    padded = np.concatenate([p, np.ones(max(searched - len(p), 0))])
    corrected = [multipletests(padded, method=method)[1][: len(p)] for method in ["holm", "fdr_bh"]]
    return rules.assign(p=p, p_holm=corrected[0], p_bh=corrected[1])


rules = take("rules", "mlxtend, without tests", made)
rules = take("rules", "mlxtend, SciPy and statsmodels", tested)
print(len(rules), "rules")

customer, product = np.fromfile(FOLDER / "purchases.u32", dtype=np.uint32).reshape(2, -1)
bought = sps.csr_matrix((np.ones(len(customer), dtype=np.float32), (customer, product)))
print(bought.shape, bought.nnz)


def als():
    model = implicit.cpu.als.AlternatingLeastSquares(factors=64, regularization=1.0, alpha=10.0, iterations=5, num_threads=0)
    model.fit(bought, show_progress=False)
    return model


model = take("als", "implicit", als)
take("ease", "irspack", lambda: DenseSLIMRecommender(bought, reg=100.0).learn())
take("nmf", "scikit-learn", lambda: NMF(12, max_iter=20, random_state=0).fit(bought.astype(float)), 1)
everybody = np.arange(bought.shape[0])
take("rank", "implicit", lambda: model.recommend(everybody, bought, N=10))
print(json.dumps(rows))
