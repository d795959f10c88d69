"""What pyfim, mlxtend, SciPy, scikit-learn and statsmodels say of baskets: writes basket.json.

    pip install pyfim==6.28 mlxtend==0.25.0 scikit-learn==1.9.1 scipy==1.17.1 statsmodels pandas
    python tests/oracles/basket.py FOLDER

FOLDER holds groceries.csv and the Complete Journey files. Of many itemsets a digest is kept: of a line for each, its
items in the order of their bytes with + between them, a tab and the count, and the lines in the order of their bytes.
"""

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import fim
import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori, association_rules
from mlxtend.preprocessing import TransactionEncoder
from scipy.stats import chi2_contingency, fisher_exact
from sklearn.metrics import cohen_kappa_score, jaccard_score, matthews_corrcoef
from statsmodels.stats.multitest import multipletests

real = Path(sys.argv[1])
MASK = (1 << 64) - 1


class Numbers:
    """The numbers of tests/basket.rs."""

    def __init__(self, state):
        self.state = state

    def unit(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return ((x ^ (x >> 31)) >> 11) * 2.0**-53


def dense():
    """Many items in most baskets; neighbours go together."""
    numbers = Numbers(11)
    baskets = []
    for _ in range(2000):
        own, last = [], 0.5
        for item in range(22):
            last = 0.7 * last + 0.3 * numbers.unit()
            if numbers.unit() < 0.35 + last * (item + 4) / 26:
                own.append(f"D{item:02}")
        # One that is never without another.
        if "D05" in own and numbers.unit() < 0.8:
            own.append("D22")
        baskets.append(own)
    return baskets


def sparse():
    """Few of many items in each basket; some are bought far more often."""
    numbers = Numbers(12)
    baskets = []
    for _ in range(20000):
        own = []
        for _ in range(1 + int(numbers.unit() * 9)):
            item = int(600 * numbers.unit() ** 3)
            own.append(f"S{item:03}")
            if numbers.unit() < 0.3:
                own.append(f"S{(item * 7 + 1) % 600:03}")
        baskets.append(own)
    return baskets


def groceries():
    lines = (real / "groceries.csv").read_text().splitlines()
    return [[item.strip() for item in line.split(",")] for line in lines]


def journey():
    lines = pd.read_csv(real / "completejourney_transactions_sample.csv.gz")
    products = pd.read_csv(real / "completejourney_products.csv.gz")
    lines = lines[lines.quantity > 0].merge(products, on="product_id")
    lines = lines[lines.product_type.notna()]
    return [sorted(set(own.str.strip())) for _, own in lines.groupby("household_id").product_type]


SETS = {
    "dense": (dense(), [0.5, 0.35, 0.25]),
    "sparse": (sparse(), [0.01, 0.003, 0.001]),
    "groceries": (groceries(), [0.01, 0.006, 0.001]),
    "journey": (journey(), [0.2, 0.1, 0.07]),
}

out = {"versions": {name: version(name) for name in ["pyfim", "mlxtend", "scipy", "scikit-learn", "statsmodels"]}}
found = []
for name, (baskets, supports) in SETS.items():
    baskets = [sorted(set(own)) for own in baskets if own]
    n = len(baskets)
    for support in supports:
        from fractions import Fraction

        least = -(-Fraction(str(support)) * n // 1)
        entry = {"data": name, "support": support, "baskets": n, "least": int(least)}
        for kind, target in [("all", "s"), ("closed", "c"), ("maximal", "m")]:
            sets = fim.eclat(baskets, target=target, supp=-int(least), zmin=1, report="a")
            lines = sorted(f"{'+'.join(sorted(own))}\t{count}".encode() for own, count in sets)
            sizes = np.bincount([len(own) for own, _ in sets])[1:]
            entry[kind] = {
                "sizes": sizes.tolist(),
                "digest": hashlib.sha256(b"\n".join(lines)).hexdigest(),
            }
        print(name, support, entry["all"]["sizes"], entry["closed"]["sizes"], entry["maximal"]["sizes"])
        found.append(entry)
out["itemsets"] = found

# The measures of rules, on a part of the sparse baskets.
baskets = [sorted(set(own)) for own in SETS["sparse"][0][:1500]]
encoder = TransactionEncoder()
table = pd.DataFrame(encoder.fit(baskets).transform(baskets), columns=encoder.columns_)
sets = apriori(table, min_support=0.01, use_colnames=True)
rules = association_rules(sets, metric="confidence", min_threshold=0.18)
rules = rules[rules.consequents.map(len) == 1]
frequent = {frozenset(own) for own in sets.itemsets}
one = sum(len(own) == 1 for own in frequent)
longest = max(len(own) for own in frequent)
searched = sum(one - len(own) for own in frequent)
measured = []
for rule in rules.itertuples():
    a = table[list(rule.antecedents)].all(axis=1)
    c = table[list(rule.consequents)].all(axis=1)
    cells = pd.crosstab(a, c).to_numpy()[::-1, ::-1]
    (both, only_a), (only_c, neither) = cells.tolist()
    shorter = 0.0
    best = c.mean()
    for item in rule.antecedents:
        rest = [other for other in rule.antecedents if other != item]
        within = table[rest].all(axis=1) if rest else pd.Series(True, index=table.index)
        own = pd.crosstab(table[item][within], c[within]).reindex(index=[True, False], columns=[True, False], fill_value=0)
        shorter = max(shorter, fisher_exact(own, alternative="greater").pvalue)
        best = max(best, c[within].mean())
    phi = matthews_corrcoef(a, c)
    measured.append(
        {
            "antecedent": " + ".join(sorted(rule.antecedents)),
            "consequent": " + ".join(rule.consequents),
            "support": rule.support,
            "coverage": float(a.mean()),
            "confidence": rule.confidence,
            "lift": rule.lift,
            "leverage": rule.leverage,
            "conviction": None if np.isinf(rule.conviction) else rule.conviction,
            "zhang": rule.zhangs_metric,
            "added_value": rule.confidence - float(c.mean()),
            # mlxtend divides by 1 - P(C) below 0 too, where arules divides by P(C).
            "certainty": rule.certainty if rule.lift >= 1 else rule.lift - 1,
            "odds_ratio": both * neither / (only_a * only_c) if only_a * only_c else None,
            "relative_risk": (both / (both + only_a)) / (only_c / (only_c + neither)) if only_c else None,
            "chi_square": chi2_contingency(cells, correction=False).statistic,
            "phi": phi,
            "kappa": cohen_kappa_score(a, c),
            "yule_q": (both * neither - only_a * only_c) / (both * neither + only_a * only_c),
            "cosine": float(np.dot(a.astype(float), c.astype(float)) / (np.linalg.norm(a.astype(float)) * np.linalg.norm(c.astype(float)))),
            "jaccard": jaccard_score(a, c),
            "kulczynski": rule.kulczynski,
            "imbalance": abs(float(a.mean() - c.mean())) / float((a | c).mean()),
            "max_confidence": max(both / a.sum(), both / c.sum()),
            "p": fisher_exact(cells, alternative="greater").pvalue,
            "p_shorter": shorter,
            "improvement": rule.confidence - best,
        }
    )
p = np.array([rule["p"] for rule in measured])
# All others that were searched, as if they had no chance to be shown.
padded = np.concatenate([p, np.ones(searched - len(p))])
for name, method in [("p_holm", "holm"), ("p_bh", "fdr_bh")]:
    corrected = multipletests(padded, method=method)[1][: len(p)]
    for rule, own in zip(measured, corrected):
        rule[name] = float(own)
out["rules"] = {"searched": searched, "longest": longest, "rules": measured}
print(len(measured), "rules", searched, "searched", [len(r["antecedent"].split(" + ")) for r in measured][:5])

text = json.dumps(out, indent=1, default=float)
(Path(__file__).parent / "basket.json").write_text(text + "\n")
print(len(text))
