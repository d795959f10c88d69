"""The tasks of benches/explore.rs as a Python user would do them: pandas, SciPy and plotly.

Reads target/bench/customers.parquet, then joins the times in target/bench/explore.jsonl
with its own. The last line is one JSON array.
"""

import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from scipy import stats

FOLDER = Path(__file__).parents[1] / "target" / "bench"
REPEATS = 3
PEERS = "pandas, SciPy"

table = pd.read_parquet(FOLDER / "customers.parquet")
ours = [json.loads(line) for line in (FOLDER / "explore.jsonl").read_text().splitlines()]
some = table[
    [
        "Education",
        "Marital_Status",
        "age",
        "Income",
        "Recency",
        "spend",
        "transactions",
        "NumWebVisitsMonth",
        "children",
        "accepted_campaigns",
    ]
]
numbers = table.select_dtypes("number")
words = ["Education", "Marital_Status"]
purchases = ["NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]


def ages():
    return pd.cut(table.age, [-np.inf, 40, 60, np.inf], right=False)


def summary():
    described = numbers.describe().T
    described["skew"] = numbers.skew()
    described["zeros"] = (numbers == 0).mean()


def associations():
    measured = some.select_dtypes("number").columns
    for i, a in enumerate(measured):
        for b in measured[i + 1 :]:
            pair = some[[a, b]].dropna()
            stats.pearsonr(pair[a], pair[b]).confidence_interval()
            stats.spearmanr(pair[a], pair[b])
        for word in words:
            pair = some[[a, word]].dropna()
            groups = [group.to_numpy() for _, group in pair.groupby(word)[a]]
            stats.f_oneway(*groups)
    counts = pd.crosstab(some[words[0]], some[words[1]])
    stats.chi2_contingency(counts, correction=False)
    stats.contingency.association(counts, method="cramer")


def regression():
    pair = table[["Income", "spend"]].dropna()
    stats.linregress(pair.Income, pair.spend)


def outliers():
    for name in numbers:
        x = numbers[name].dropna()
        if x.nunique() <= 2:
            continue
        q1, q3, low, high = x.quantile([0.25, 0.75, 0.01, 0.99])
        reach = 1.5 * (q3 - q1)
        for lower, upper in [
            (q1 - reach, q3 + reach),
            (x.mean() - 3 * x.std(ddof=0), x.mean() + 3 * x.std(ddof=0)),
            (low, high),
        ]:
            (x < lower).sum(), (x > upper).sum()


def quantile_bands():
    table.assign(Income_band=pd.qcut(table.Income, 5))


def chi_square():
    counts = pd.crosstab(table.Education, table.Response)
    stats.chi2_contingency(counts, correction=False)


def by_education():
    return [group.to_numpy() for _, group in table.groupby("Education").spend]


def kruskal():
    stats.kruskal(*by_education())


def mann_whitney():
    groups = by_education()
    for i, a in enumerate(groups):
        for b in groups[i + 1 :]:
            stats.mannwhitneyu(a, b, method="asymptotic")


def response_rate():
    bands = pd.qcut(table.Income, 5)
    for _, group in table.groupby(bands, observed=True).Response:
        stats.binomtest(int(group.sum()), len(group)).proportion_ci(method="wilson")


def mean_of(values):
    for _, group in values.dropna().groupby(ages(), observed=True):
        stats.bootstrap(
            (group.to_numpy(),),
            np.mean,
            n_resamples=2_000,
            method="percentile",
            batch=10,
            rng=np.random.default_rng(1),
        )


def per_visit(what):
    return what / table.NumWebVisitsMonth.where(table.NumWebVisitsMonth > 0)


def share_of_sum():
    ratio = per_visit(table[purchases].sum(axis=1)).fillna(0.0)
    bands = ages()
    for band in bands.cat.categories:
        own = ratio.where(bands == band, 0.0)
        stats.bootstrap(
            (own.to_numpy(), ratio.to_numpy()),
            lambda a, b, axis: a.sum(axis=axis) / b.sum(axis=axis),
            paired=True,
            n_resamples=2_000,
            method="percentile",
            batch=10,
            rng=np.random.default_rng(1),
        )


def bars():
    rates = table.groupby("Education").Response.mean()
    go.Figure(go.Bar(x=rates.index, y=rates)).to_json()


SLOW = "SciPy's BCa cannot be had: it makes a million samples of a million, so percentile here, BCa in ours"
TASKS = {
    "summary": (summary, "pandas", ""),
    "categories": (lambda: [table[w].value_counts() for w in words], "pandas", ""),
    "associations": (associations, PEERS, "8 columns of numbers, 2 of words"),
    "regression": (regression, "SciPy", ""),
    "outliers": (outliers, "pandas", ""),
    "quantile bands": (quantile_bands, "pandas", ""),
    "chi-square": (chi_square, PEERS, ""),
    "Kruskal-Wallis": (kruskal, PEERS, ""),
    "Mann-Whitney pairs": (mann_whitney, PEERS, "10 pairs"),
    "response rate with Wilson intervals": (response_rate, PEERS, "the peer also cuts the bands"),
    "accepted campaigns with bootstrap": (lambda: mean_of(table.accepted_campaigns), "SciPy", SLOW),
    "purchases per visit with bootstrap": (
        lambda: mean_of(per_visit(table[purchases].sum(axis=1))),
        "SciPy",
        SLOW,
    ),
    "response per visit with bootstrap": (lambda: mean_of(per_visit(table.Response)), "SciPy", SLOW),
    "mean income with bootstrap": (
        lambda: mean_of(table.Income),
        "SciPy",
        "84,000 different values: our short cut for ties saves little; " + SLOW,
    ),
    "share of purchases per visit with bootstrap": (share_of_sum, "SciPy", SLOW),
    "picture: histogram": (
        lambda: px.histogram(table, x="spend", marginal="box").to_json(),
        "plotly for Python",
        "the peer sends every customer to the browser",
    ),
    "picture: scatter with line": (
        lambda: px.scatter(table, x="Income", y="spend").to_json(),
        "plotly for Python",
        "the peer sends every customer to the browser, and has no line",
    ),
    "picture: missing values": (
        lambda: px.imshow(
            table.isna().groupby(np.arange(len(table)) * 100 // len(table)).mean().T
        ).to_json(),
        "plotly for Python",
        "",
    ),
    "picture: associations": (
        lambda: px.imshow(some.head(1000).corr(numeric_only=True)).to_json(),
        "plotly for Python",
        "drawing only",
    ),
    "picture: bars with intervals": (bars, "plotly for Python", "drawing only in ours"),
    "picture: grouped bars": (bars, "plotly for Python", "one series in the peer"),
}


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def peak_mb():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024


rows = []
for line in ours:
    task, seconds = line["task"], line["seconds"]
    work, peer, note = TASKS[task]
    forget_peak()
    best = float("inf")
    for _ in range(1 if "bootstrap" in task else REPEATS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    memory = f"peak {line['peak_mb']:,} MB, peer {peak_mb():,} MB"
    rows.append(
        {
            "task": task,
            "ours_s": round(seconds, 4),
            "peer": peer,
            "peer_s": round(best, 4),
            "ratio": round(best / seconds, 2),
            "note": "; ".join(filter(None, [note, memory])),
        }
    )
    print(f"{seconds:9.3f} s, {peer} {best:9.3f} s, {best / seconds:8.2f} times: {task}", flush=True)

print("| task | ours, s | peer | peer, s | times faster | note |\n|---|---|---|---|---|---|")
for row in rows:
    print(f"| {row['task']} | {row['ours_s']} | {row['peer']} | {row['peer_s']} | {row['ratio']} | {row['note']} |")
print(json.dumps(rows))
