"""What pandas, SciPy, statsmodels and scikit-learn say of the groups of the sample file and of who
answers: writes recommend.json.

    pip install scikit-learn==1.9.1 scipy==1.17.1 statsmodels==0.15.0 pandas==3.1.1
    python tests/oracles/recommend.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import sklearn
import statsmodels
from scipy.special import expit
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.tree import DecisionTreeClassifier
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests

HERE = Path(__file__).parent
EDUCATION = {"SMA": "Basic", "D3": "2n Cycle", "S1": "Graduation", "S2": "Master", "S3": "PhD"}
STATUS = {"Menikah": "Married", "Bertunangan": "Together", "Lajang": "Single"}
STATUS |= {"Cerai": "Divorced", "Janda": "Widow", "Duda": "Alone"}

# Money is in full in this file.
table = pd.read_csv(HERE.parents[1] / "data" / "marketing_campaign.csv", index_col=0)
table["Education"] = table.Education.map(EDUCATION)
table["Marital_Status"] = table.Marital_Status.map(STATUS)
table["spend"] = table.filter(like="Mnt").sum(axis=1)
channels = ["Deals", "Web", "Catalog", "Store"]
table["transactions"] = table[[f"Num{name}Purchases" for name in channels]].sum(axis=1)
table["age"] = 2022 - table.Year_Birth
table["accepted_campaigns"] = table[[f"AcceptedCmp{i}" for i in range(1, 6)]].sum(axis=1)
table["children"] = table.Kidhome + table.Teenhome
n = len(table)
assert table[["Education", "Marital_Status"]].notna().all(axis=None)
members = {name: (table.Education == name).to_numpy() for name in EDUCATION.values()}

out = {
    "versions": {
        module.__name__: module.__version__ for module in (sklearn, scipy, statsmodels, pd, np)
    }
}

ridits = {name: (rankdata(table[name]) - 0.5) / n for name in ("spend", "Recency", "transactions")}
out["ridits"] = {
    group: {name: ridit[inside].mean() for name, ridit in ridits.items()}
    for group, inside in members.items()
}

out["profile"] = {}
for group, inside in members.items():
    out["profile"][group] = {}
    for name in ("spend", "Income", "Recency", "NumWebVisitsMonth", "Response"):
        known = table[name][inside].dropna()
        out["profile"][group][name] = {
            "n": len(known),
            "mean": known.mean(),
            "median": known.median(),
            "q25": known.quantile(0.25),
            "q75": known.quantile(0.75),
            "lift": known.mean() / table[name].mean(),
        }

counts = pd.crosstab(table.Education, table.Marital_Status)
counts = counts.loc[list(members), list(STATUS.values())]
# Haberman's adjusted residuals. Without shift_zeros=False, 0.5 is added to every cell, since some
# are empty.
residuals = np.asarray(Table(counts, shift_zeros=False).standardized_resids)
share = counts.div(counts.sum(axis=1), axis=0)
lift = share / (counts.sum() / n)
p = 2 * norm.sf(np.abs(residuals))
p_holm = multipletests(p.ravel(), method="holm")[1].reshape(p.shape)
out["crosstab"] = [
    {
        "education": row,
        "status": column,
        "count": counts.iloc[i, j],
        "share": share.iloc[i, j],
        "lift": lift.iloc[i, j],
        "residual": residuals[i, j],
        "p": p[i, j],
        "p_holm": p_holm[i, j],
    }
    for i, row in enumerate(counts.index)
    for j, column in enumerate(counts.columns)
]

PREDICTORS = ["Income", "spend", "Recency", "transactions"]
PREDICTORS += ["NumWebVisitsMonth", "age", "children", "accepted_campaigns"]
known = table.dropna(subset=PREDICTORS)
y = known.Response.to_numpy()
x = known[PREDICTORS].to_numpy(dtype=float)
x = (x - x.mean(axis=0)) / x.std(axis=0)
with_one = np.column_stack([np.ones(len(x)), x])
penalty = np.diag([0.0] + [1.0] * len(PREDICTORS))

# The default solver, lbfgs, stops at a slope of 4e-5 whatever the tolerance: six digits. This one
# minimises the same and comes to 3e-14.
fit = LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000, solver="newton-cholesky").fit(x, y)
beta = np.concatenate([fit.intercept_, fit.coef_[0]])
fitted = expit((with_one * beta).sum(axis=1))
# Of the sum of log losses plus half the sum of squared coefficients.
slope = with_one.T @ (fitted - y) + penalty @ beta
curvature = (with_one.T * (fitted * (1 - fitted))) @ with_one + penalty
auc = roc_auc_score(y, fitted)
assert np.abs(slope).max() < 1e-8
out["logistic"] = {
    "n": len(y),
    "columns": PREDICTORS,
    "intercept": beta[0],
    "coefficients": beta[1:],
    "standard_errors": np.sqrt(np.diag(np.linalg.inv(curvature))),
    "first_probabilities": fitted[:5],
    "auc": auc,
    "brier": brier_score_loss(y, fitted),
    "log_loss": log_loss(y, fitted),
    "largest_slope": np.abs(slope).max(),
}

# DeLong: how often each responder is above the others, and each of the others below a responder.
yes, no = fitted[y == 1], fitted[y == 0]
places = rankdata(np.concatenate([yes, no]))
above = (places[: len(yes)] - rankdata(yes)) / len(no)
below = 1 - (places[len(yes) :] - rankdata(no)) / len(yes)
assert np.isclose(above.mean(), auc, rtol=0, atol=1e-12)
variance = above.var(ddof=1) / len(yes) + below.var(ddof=1) / len(no)
reach = norm.ppf(0.975) * np.sqrt(variance)
out["auc_interval"] = {"variance": variance, "low": auc - reach, "high": auc + reach}


def power(p0, p1, n0, n1, alpha=0.05):
    """Of a two-sided z-test of two proportions; the other tail is left out."""
    pooled = (n0 * p0 + n1 * p1) / (n0 + n1)
    under_h0 = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    under_h1 = np.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1)
    return norm.cdf((abs(p1 - p0) - norm.ppf(1 - alpha / 2) * under_h0) / under_h1)


out["power"] = []
cases = [(0.10, 0.15, 2000), (0.05, 0.10, 2240), (0.02, 0.03, 1_000_000), (0.10, 0.11, 500)]
for p0, p1, total in cases:
    held_out = np.arange(1, total // 2 + 1)
    powers = power(p0, p1, held_out, total - held_out)
    enough = np.flatnonzero(powers >= 0.8)
    out["power"].append(
        {
            "p0": p0,
            "p1": p1,
            "n": total,
            "hold_out": held_out[enough[0]] if len(enough) else None,
            "power": powers[enough[0]] if len(enough) else None,
        }
    )

inside = members["Graduation"]
sums = table[["spend", "transactions", "NumDealsPurchases"]].to_numpy(dtype=float)
sums *= inside[:, None]
s, f, d = sums.sum(axis=0)
influence = 0.5 * (sums @ [d / f, -s * d / f**2, s / f])
rng = np.random.default_rng(1)
drawn = np.array([sums[rng.integers(0, n, n)].sum(axis=0) for _ in range(4000)])
out["promo"] = {
    "segment": "Graduation",
    "share": 0.5,
    "saving": 0.5 * s / f * d,
    "standard_error": np.sqrt(n * influence.var()),
    "bootstrap": (0.5 * drawn[:, 0] / drawn[:, 1] * drawn[:, 2]).std(ddof=1),
}

out["value"] = {
    group: {
        "total": table.spend[inside].sum(),
        "standard_error": np.sqrt(n * np.var(table.spend * inside)),
    }
    for group, inside in members.items()
}

FEATURES = ["spend", "Recency", "NumWebVisitsMonth", "accepted_campaigns", "age"]


def grow(seed):
    """The root and the leaves of a tree; `seed` is the order in which columns are tried."""
    response = table.Response == 1
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, random_state=seed)
    tree.fit(table[FEATURES], response)
    leaf = response.groupby(tree.apply(table[FEATURES])).agg(["size", "sum"])
    root = {"column": FEATURES[tree.tree_.feature[0]], "threshold": tree.tree_.threshold[0]}
    return {"root": root, "leaves": sorted(leaf.to_numpy().tolist())}


out["tree"] = grow(0)
out["tree_ties"] = any(grow(seed) != out["tree"] for seed in range(1, 50))

out["gain"] = {}
for name, score in [("probability", fitted), ("spend", known.spend.to_numpy())]:
    reached = y[np.argsort(-score, kind="stable")].cumsum()
    out["gain"][name] = []
    for tenth in range(1, 11):
        contacted = (2 * tenth * len(y) + 10) // 20
        responders = reached[contacted - 1]
        gain = responders / y.sum()
        out["gain"][name].append(
            {
                "share": tenth / 10,
                "contacted": contacted,
                "responders": responders,
                "gain": gain,
                "lift": gain / (contacted / len(y)),
            }
        )

text = json.dumps(out, indent=1, default=lambda value: value.tolist())
(HERE / "recommend.json").write_text(text + "\n")
