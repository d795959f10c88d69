"""Computes what tests/statistics.rs compares with: `python tests/oracles/statistics.py`.

Everything comes from SciPy, statsmodels and pandas, on the sample file, and goes to
statistics.json beside this script.
"""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

HERE = Path(__file__).parent
table = pd.read_csv(HERE.parents[1] / "data" / "marketing_campaign.csv")
table["spend"] = table.filter(like="Mnt").sum(axis=1)
table["children"] = table.Kidhome + table.Teenhome

out = {
    "versions": {
        "scipy": scipy.__version__,
        "statsmodels": statsmodels.__version__,
        "pandas": pd.__version__,
        "numpy": np.__version__,
    }
}

out["summary"] = {}
for name in ["Income", "MntCoke", "Recency", "NumWebVisitsMonth", "Response"]:
    x = table[name].dropna()
    out["summary"][name] = {
        "count": int(x.count()),
        "mean": x.mean(),
        "sd": x.std(ddof=0),
        "min": x.min(),
        "q25": x.quantile(0.25),
        "median": x.median(),
        "q75": x.quantile(0.75),
        "max": x.max(),
        "skew": stats.skew(x),
        "zeros": (x == 0).mean(),
    }

out["correlations"] = []
for a, b in [("Income", "spend"), ("spend", "Recency"), ("Kidhome", "Response"), ("Income", "Recency")]:
    pair = table[[a, b]].dropna()
    pearson = stats.pearsonr(pair[a], pair[b])
    interval = pearson.confidence_interval(0.95)
    rho = stats.spearmanr(pair[a], pair[b])
    z, se = math.atanh(rho.statistic), math.sqrt((1 + rho.statistic**2 / 2) / (len(pair) - 3))
    reach = stats.norm.ppf(0.975) * se
    out["correlations"].append(
        {
            "a": a,
            "b": b,
            "n": len(pair),
            "pearson": [pearson.statistic, interval.low, interval.high, pearson.pvalue],
            "spearman": [rho.statistic, math.tanh(z - reach), math.tanh(z + reach), rho.pvalue],
        }
    )

out["ratios"] = []
for number, word in [("spend", "Education"), ("Income", "Marital_Status"), ("Recency", "Education")]:
    pair = table[[number, word]].dropna()
    groups = [group[number].to_numpy() for _, group in pair.groupby(word)]
    mean = pair[number].mean()
    between = sum(len(g) * (g.mean() - mean) ** 2 for g in groups)
    whole = ((pair[number] - mean) ** 2).sum()
    out["ratios"].append(
        {"a": number, "b": word, "eta": math.sqrt(between / whole), "p": stats.f_oneway(*groups).pvalue}
    )

out["tables"] = []
for a, b in [("Education", "Marital_Status"), ("Education", "Response"), ("Kidhome", "Response")]:
    counts = pd.crosstab(table[a], table[b]).to_numpy()
    test = stats.chi2_contingency(counts, correction=False)
    n, (r, k) = counts.sum(), counts.shape
    phi = max(0.0, test.statistic / n - (k - 1) * (r - 1) / (n - 1))
    shrunk = [m - (m - 1) ** 2 / (n - 1) for m in (r, k)]
    out["tables"].append(
        {
            "a": a,
            "b": b,
            "statistic": test.statistic,
            "degrees": int(test.dof),
            "p": test.pvalue,
            "v": stats.contingency.association(counts, method="cramer"),
            "corrected": math.sqrt(phi / (min(shrunk) - 1)),
            "smallest": test.expected_freq.min(),
        }
    )

out["kruskal"] = []
for value, by in [("spend", "Education"), ("Recency", "children"), ("Income", "Kidhome")]:
    pair = table[[value, by]].dropna()
    groups = [group[value].to_numpy() for _, group in pair.groupby(by)]
    test = stats.kruskal(*groups)
    out["kruskal"].append(
        {
            "value": value,
            "by": by,
            "statistic": test.statistic,
            "p": test.pvalue,
            "epsilon": test.statistic / ((len(pair) ** 2 - 1) / (len(pair) + 1)),
        }
    )

pairs = []
groups = {label: group.to_numpy() for label, group in table.groupby("children").spend}
labels = sorted(groups)
for i, a in enumerate(labels):
    for b in labels[i + 1 :]:
        test = stats.mannwhitneyu(groups[a], groups[b], method="asymptotic")
        n_a, n_b = len(groups[a]), len(groups[b])
        pairs.append(
            {
                "a": str(a),
                "b": str(b),
                "u": test.statistic,
                "p": test.pvalue,
                "effect": 2 * test.statistic / (n_a * n_b) - 1,
                "medians": [np.median(groups[a]), np.median(groups[b])],
            }
        )
for pair, corrected in zip(pairs, multipletests([pair["p"] for pair in pairs], method="holm")[1]):
    pair["p_holm"] = corrected
out["mann_whitney"] = pairs

out["wilson"] = []
for hits, n in [(0, 7), (3, 10), (334, 2240), (9, 9), (1, 1_000_000)]:
    for confidence in (0.9, 0.95, 0.99):
        interval = stats.binomtest(hits, n).proportion_ci(confidence, method="wilson")
        out["wilson"].append([hits, n, confidence, interval.low, interval.high])

known = table[["Income", "spend"]].dropna()
line = stats.linregress(known.Income, known.spend)
model = sm.OLS(known.spend.to_numpy(), sm.add_constant(known.Income.to_numpy())).fit()
at = [2e7, 5e7, 9e7]
band = model.get_prediction(sm.add_constant(np.array(at))).conf_int(alpha=0.05)
out["regression"] = {
    "intercept": [line.intercept, line.intercept_stderr, *model.conf_int(0.05)[0]],
    "slope": [line.slope, line.stderr, *model.conf_int(0.05)[1]],
    "p_slope": line.pvalue,
    "r_squared": line.rvalue**2,
    "sigma": math.sqrt(model.mse_resid),
    "at": at,
    "band": band.tolist(),
}

# Values that are nearly all different, and values of which there are only four.
samples = {"spend": table.spend[table.Education == "S3"], "children": table.children}
out["bootstrap"] = {}
for name, values in samples.items():
    out["bootstrap"][name] = {"mean": values.mean()}
    for method in ("percentile", "BCa"):
        result = stats.bootstrap(
            (values.to_numpy(),),
            np.mean,
            n_resamples=100_000,
            method=method,
            batch=1_000,
            rng=np.random.default_rng(1),
        )
        interval = result.confidence_interval
        out["bootstrap"][name][method] = [interval.low, interval.high]

(HERE / "statistics.json").write_text(json.dumps(out, indent=1, default=float) + "\n")
