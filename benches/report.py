"""`segmenta segment FILE --k auto` beside the same work in pandas and scikit-learn, end to end.

    python benches/report.py BINARY NAME=FILE [NAME=FILE ...]

Both are measured as whole processes, from their start to their end: seconds, and the most memory
that was resident (of several processes the largest, which spares the peer its workers). Files of
fewer than 10,000 rows are done three times, and the least time and memory count. Where Intel's
extension is there, the peer runs a second time with it.

The script calls itself for the peer: `[--intel] [--any] --peer FILE DIR [--k K]` does the work, writes the
files to DIR and prints what it found as one line of JSON. With --any it is a table of other columns than the
lessons' (a file whose name begins with telco). It chooses a number of segments, and then
cuts the customers into K: as many as ours found, so that both do the same. With 0 it ends after the
choice. The last line is one JSON array. Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

PEER = "--peer" in sys.argv
if "--intel" in sys.argv:
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
if PEER:
    # Not where the others are started: no process is counted with less than the one that starts it.
    import hashlib
    import warnings

    import numpy as np
    import pandas as pd
    from joblib import Parallel, delayed
    from sklearn import metrics
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    warnings.filterwarnings("ignore")

FOLDER = Path(__file__).parents[1] / "target" / "bench"
PURCHASES = ["NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]
GOODS = ["Coke", "Fruits", "MeatProducts", "FishProducts", "SweetProducts", "GoldProds"]
SPEND = [f"Mnt{goods}" for goods in GOODS]
SEVERAL = ["NumDealsPurchases", "NumCatalogPurchases", "NumWebVisitsMonth"]
COLUMNS = ["Income", "spend", "NumStorePurchases", *SEVERAL]
FEATURES = ["spend", "transactions", "children", "accepted_campaigns", "age_at_joining"]
OTHERS = ["Recency", "transactions", "accepted_campaigns", "children", "age_at_joining"]
PREDICTORS = ["Income", "spend", *SEVERAL, *OTHERS]
TIERS = ["Platinum", "Gold", "Silver", "Bronze"]
CRITERIA = ["silhouette", "davies_bouldin", "calinski_harabasz"]
NOISE = ["box", "components", "normal"]
KS, REFERENCES, RESAMPLES = range(1, 9), 20, 50
# Above so many customers some criteria are those of a sample: all of it, or of the silhouette so many.
EXACT, SILHOUETTES = 20_000, 10_000


def read(file):
    customers = pd.read_csv(file)
    # A first column without a name counts the rows, and two say the same of everybody.
    others = [name for name in customers if name.startswith(("Unnamed", "Z_"))]
    customers = customers.drop(columns=others)
    written = "%Y-%m-%d" if customers.Dt_Customer[0][4] == "-" else "%d-%m-%Y"
    customers["Dt_Customer"] = pd.to_datetime(customers.Dt_Customer, format=written)
    return customers


def with_features(customers):
    return customers.assign(
        spend=customers[SPEND].sum(axis=1, skipna=False),
        transactions=customers[PURCHASES].sum(axis=1, skipna=False),
        children=customers.Kidhome + customers.Teenhome,
        accepted_campaigns=customers[[f"AcceptedCmp{n}" for n in range(1, 6)]].sum(axis=1, skipna=False),
        age_at_joining=customers.Dt_Customer.dt.year - customers.Year_Birth,
    )


def quality(table):
    spend, purchases = table[SPEND].sum(axis=1), table[PURCHASES].sum(axis=1)
    at = [0, 0.25, 0.5, 0.75, 1]
    impossible = {
        "born before 1910": table.Year_Birth < 1910,
        "income is one digit repeated": table.Income.isin([n * 111_111_000 for n in range(1, 10)]),
        "bought on the web without a visit": (table.NumWebVisitsMonth == 0) & (table.NumWebPurchases > 0),
        "spent without a purchase": (purchases == 0) & (spend > 0),
        "purchase without spending": (purchases > 0) & (spend == 0),
    }
    return {
        "nulls": table.isna().sum().to_dict(),
        "duplicates": [int(table.duplicated().sum()), int(table.drop(columns="ID").duplicated().sum())],
        "constants": [name for name in table if table[name].nunique(dropna=False) == 1],
        "ranges": table.select_dtypes("number").quantile(at).to_dict(),
        "dates": table.Dt_Customer.quantile(at).astype(str).to_dict(),
        "impossible": {rule: int(rows.sum()) for rule, rows in impossible.items()},
    }


def clipped(table, learned):
    return table.clip(learned.quantile(0.01), learned.quantile(0.99), axis=1)


def kmeans(k, x, seed=1):
    return KMeans(k, n_init=10, random_state=seed).fit(x)


def fitted(k, x):
    model = kmeans(k, x)
    return model.inertia_, model.labels_


def division(x, labels):
    """How good the segments are, and each customer's silhouette where it does not take too long."""
    if len(x) <= EXACT:
        rows = metrics.silhouette_samples(x, labels)
        silhouette = rows.mean()
    else:
        rows = np.nan
        silhouette = metrics.silhouette_score(x, labels, sample_size=SILHOUETTES, random_state=1)
    others = metrics.davies_bouldin_score(x, labels), metrics.calinski_harabasz_score(x, labels)
    return dict(zip(CRITERIA, (silhouette, *others))), rows


def criteria(k, x):
    inertia, labels = fitted(k, x)
    figures = division(x, labels)[0] if k > 1 else {}
    return {"k": k, "inertia": inertia, **figures}, labels


def noise(kind, x, seed):
    """A table of the same size without segments."""
    rng = np.random.default_rng(seed)
    if kind == "normal":
        return rng.multivariate_normal(x.mean(axis=0), np.cov(x.T), len(x))
    if kind == "box":
        return rng.uniform(x.min(axis=0), x.max(axis=0), x.shape)
    components = PCA().fit(x)
    turned = components.transform(x)
    box = rng.uniform(turned.min(axis=0), turned.max(axis=0), x.shape)
    return components.inverse_transform(box)


def of_noise(kind, x, seed):
    table = noise(kind, x, seed)
    return [np.log(kmeans(k, table, seed).inertia_) for k in KS]


def again(k, x, labels, seed):
    """Rand index, and the Jaccard index of each segment, in a resample."""
    drawn = np.unique(np.random.default_rng(seed).integers(0, len(x), len(x)))
    before, after = labels[drawn], kmeans(k, x[drawn], seed).labels_
    both = np.bincount(before * k + after, minlength=k * k).reshape(k, k)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    return metrics.adjusted_rand_score(before, after), (both / np.maximum(either, 1)).max(axis=1)


def held_out(k, x, labels):
    """Rand index, and how much farther from their centres new customers are than those learned from."""
    learned, others = train_test_split(np.arange(len(x)), train_size=0.7, random_state=1)
    model = kmeans(k, x[learned])
    squares = -model.score(x[others]) / len(others)
    ari = metrics.adjusted_rand_score(labels[others], model.predict(x[others]))
    return ari, squares / (model.inertia_ / len(learned))


def choose(x):
    """The criteria for each number of segments, and the number that they speak for."""
    pool = Parallel(n_jobs=-1)
    # The longest first, so that no worker waits for it at the end.
    rows, labels = zip(*pool(delayed(criteria)(k, x) for k in reversed(KS)))
    table = pd.DataFrame(rows).set_index("k").sort_index()
    labels = dict(zip(reversed(KS), labels))
    logs, few = np.log(table.inertia.to_numpy()), x
    if len(x) > EXACT:
        few = x[np.random.default_rng(1).choice(len(x), EXACT, replace=False)]
        fits = pool(delayed(fitted)(k, few) for k in KS)
        logs = np.log([inertia for inertia, _ in fits])
        labels = {k: labels for k, (_, labels) in zip(KS, fits)}

    numbers = [(k, number) for k in KS[1:] for number in range(RESAMPLES)]
    resampled = pool(delayed(again)(k, few, labels[k], number) for k, number in numbers)
    split = pool(delayed(held_out)(k, few, labels[k]) for k in KS[1:])
    for place, k in enumerate(KS[1:]):
        aris, jaccards = zip(*resampled[place * RESAMPLES : (place + 1) * RESAMPLES])
        table.loc[k, "ari"] = np.mean(aris)
        table.loc[k, "least_jaccard"] = np.mean(jaccards, axis=0).min()
        table.loc[k, ["held_out_ari", "held_out_ratio"]] = split[place]

    numbers = [(kind, number) for kind in NOISE for number in range(REFERENCES)]
    made_up = np.array(pool(delayed(of_noise)(kind, few, number) for kind, number in numbers))
    beyond, more = [], np.sqrt(1 + 1 / REFERENCES)
    for kind, of_kind in zip(NOISE, made_up.reshape(len(NOISE), REFERENCES, len(KS))):
        falls = of_kind[:, :1] - of_kind[:, 1:]
        beyond.append((logs[0] - logs[1:] - falls.mean(axis=0)) / (falls.std(axis=0) * more))
        if kind == "components":
            table["gap"], table["gap_se"] = of_kind.mean(axis=0) - logs, of_kind.std(axis=0) * more
    table.loc[2:, "beyond_noise"] = np.min(beyond, axis=0)
    return table, verdict(table)


def verdict(table):
    passing = table[(table.silhouette >= 0.25) & (table.beyond_noise >= 4) & (table.least_jaccard >= 0.75)]
    if passing.empty:
        return None
    # Where the curve of inertias lies farthest below the line between its ends.
    height = (table.inertia - table.inertia.iloc[-1]) / (table.inertia.iloc[0] - table.inertia.iloc[-1])
    knee = (1 - (table.index - 1) / (len(KS) - 1) - height).idxmax()
    enough = (table.gap >= (table.gap - table.gap_se).shift(-1)).loc[2:]
    votes = [passing.silhouette.idxmax(), passing.davies_bouldin.idxmin(), passing.calinski_harabasz.idxmax()]
    votes += [enough.idxmax() if enough.any() else None, knee, passing.ari.idxmax()]
    return int(max(passing.index, key=lambda k: (votes.count(k), passing.silhouette[k])))


def propensity(customers):
    wanted, answer = customers[PREDICTORS], customers.Response
    train, _ = train_test_split(customers.index, train_size=0.7, stratify=answer, random_state=1)
    wanted = wanted.fillna(wanted.loc[train].median())
    wanted = clipped(wanted, wanted.loc[train])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(wanted.loc[train], answer[train]).predict_proba(wanted)[:, 1]


def cleaned(customers):
    """Who has all values, is there once, and can be: the rules of lesson 01. And who is left out, by which."""
    known = customers[COLUMNS].notna().all(axis=1)
    written = [name for name in customers if name not in ("ID", *FEATURES)]
    again = customers.duplicated(subset=written) & known
    born = (customers.Year_Birth < 1910) & known & ~again
    made_up = customers.Income.isin([n * 111_111_000 for n in range(1, 10)]) & known & ~again & ~born
    why = np.select([~known, again, born, made_up], ["no value", "repeated", "births", "incomes"], "")
    return customers[why == ""].reset_index(drop=True), customers.assign(left_out_by=why)[why != ""]


def peer(file, folder, k):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = read(file)
    found = {"quality": quality(table)}
    customers, left_out = cleaned(with_features(table))

    own = clipped(customers[COLUMNS], customers[COLUMNS])
    return segmented(file, folder, k, found, customers, left_out, own, own.assign(spend=np.log(own.spend)))


def of_any(file, folder, k):
    """The same for a table of any columns: what each is like decides what is done to it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(file)
    for name in table.select_dtypes("object"):
        if set(table[name].dropna().unique()) <= {"Yes", "No"}:
            table[name] = (table[name] == "Yes").astype(int)
    numbers = table.select_dtypes("number")
    found = {
        "nulls": table.isna().sum().to_dict(),
        "duplicates": int(table.duplicated().sum()),
        "distinct": table.nunique(dropna=False).to_dict(),
        "ranges": numbers.quantile([0, 0.25, 0.5, 0.75, 1]).to_dict(),
    }
    # Churn is an answer. Of two columns that say the same only the first is taken.
    names, alike = [name for name in numbers if name != "churn"], numbers.corr().abs()
    names = [name for place, name in enumerate(names) if (alike.loc[name, names[:place]] <= 0.95).all()]
    known = table[names].notna().all(axis=1)
    left_out = table[~known].assign(left_out_by="no value")
    customers = table[known].reset_index(drop=True)
    own = customers[names].copy()
    for name in names:
        if own[name].nunique() == 2:
            continue
        own[name] = own[name].clip(own[name].quantile(0.01), own[name].quantile(0.99))
        logs = np.log1p(own[name][own[name] != 0])
        if own[name].nunique() > 50 and own[name].min() >= 0 and 0.5 < own[name].skew() > abs(logs.skew()):
            own[name] = np.log1p(own[name])
    return segmented(file, folder, k, found, customers, left_out, customers[names], own)


def segmented(file, folder, k, found, customers, left_out, own, logs):
    scaler = StandardScaler()
    x = scaler.fit_transform(logs)
    criteria_of_k, suggested = choose(x)
    found["criteria"] = criteria_of_k.reset_index().to_dict("list")
    k = suggested if k is None else k
    if not k:
        return {"k": suggested, "counts": []}

    model = kmeans(k, x)
    # Segments are counted from 1, the largest.
    order = np.argsort(-np.bincount(model.labels_), kind="stable")
    labels, centres = np.argsort(order)[model.labels_], model.cluster_centers_[order]
    customers["segment"] = labels + 1
    customers["distance"] = np.linalg.norm(x - centres[labels], axis=1)
    figures, customers["silhouette"] = division(x, labels)
    if "spend" in customers:
        ranks = customers.groupby("segment").spend.mean().rank(ascending=False).astype(int) - 1
        tiers = {segment: TIERS[rank * 4 // k if k > 4 else rank] for segment, rank in ranks.items()}
        customers["tier"] = customers.segment.map(tiers)
        customers["propensity"] = propensity(customers)

    customers.to_csv(folder / "customers.csv", index=False)
    customers.to_parquet(folder / "customers.parquet", index=False)
    left_out.to_csv(folder / "left_out.csv", index=False)
    counts = np.bincount(labels).tolist()
    segments = {
        "clip": own.agg(["min", "max"]).to_dict("list"),
        "scale": [scaler.mean_.tolist(), scaler.scale_.tolist()],
        "centres": centres.tolist(),
        "means": customers.groupby("segment")[list(own)].mean().to_dict("list"),
        "counts": counts,
        **figures,
    }
    (folder / "segments.json").write_text(json.dumps(segments, indent=2, default=float))
    with open(file, "rb") as opened:
        found["sha256"] = hashlib.file_digest(opened, "sha256").hexdigest()
    (folder / "run.json").write_text(json.dumps(found, default=float))
    return {"k": suggested, "counts": counts}


def run(command, times, fine=(0,)):
    """The least seconds and megabytes, the exit code, the output, and segments.json if there is one."""
    seconds, memory = [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="report-", dir=FOLDER) as folder:
            out, log = Path(folder, "out"), Path(folder, "log")
            arguments = [str(out) if part == "DIR" else part for part in command]
            with open(log, "w") as printed:
                started = time.perf_counter()
                child = subprocess.Popen(arguments, stdout=printed, stderr=printed)
                _, status, usage = os.wait4(child.pid, 0)
                seconds.append(time.perf_counter() - started)
            memory.append(usage.ru_maxrss / 1024)
            child.returncode = os.waitstatus_to_exitcode(status)
            text, written = log.read_text(), out / "segments.json"
            if child.returncode not in fine:
                sys.exit(f"{' '.join(arguments)}\n{text}")
            segments = json.loads(written.read_text()) if written.exists() else None
    return min(seconds), min(memory), child.returncode, text, segments


def measured(binary, name, file):
    with open(file, "rb") as opened:
        n = sum(1 for _ in opened) - 1
    times = 3 if n < 10_000 else 1
    command = [binary, "segment", file, "--k", "auto", "--out", "DIR", "--seed", "1"]
    ours_s, ours_mb, code, _, segments = run(command, times, fine=(0, 3))
    counts = segments["segments"]["model"]["counts"] if code == 0 else []
    own = f"k = {len(counts)}: {', '.join(map(str, counts))}" if counts else "no clear structure"
    peers = {"pandas, scikit-learn": []}
    if find_spec("sklearnex"):
        peers["with Intel's extension"] = ["--intel"]
    any_table = ["--any"] if Path(file).name.startswith("telco") else []
    for peer_name, intel in peers.items():
        command = [sys.executable, __file__, *intel, *any_table, "--peer", file, "DIR", "--k", str(len(counts))]
        peer_s, peer_mb, _, text, _ = run(command, times)
        answer = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
        choice = f"would choose {answer['k']}" if answer["k"] else "no clear structure"
        sizes = f"; {', '.join(map(str, answer['counts']))}" if counts else ""
        yield {
            "task": f"{name}, {n:,} rows",
            "ours_s": round(ours_s, 3),
            "ours_mb": round(ours_mb),
            "peer": peer_name,
            "peer_s": round(peer_s, 3),
            "peer_mb": round(peer_mb),
            "ratio": round(peer_s / ours_s, 2),
            "note": f"{own}; peer {choice}{sizes}",
        }


def main():
    if len(sys.argv) < 3 or not all("=" in pair for pair in sys.argv[2:]):
        sys.exit(__doc__)
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = []
    line = "{ours_s:9.3f} s {ours_mb:6,} MB, {peer} {peer_s:9.3f} s {peer_mb:6,} MB, {ratio:7.2f} times: "
    line += "{task}; {note}"
    for pair in sys.argv[2:]:
        for row in measured(sys.argv[1], *pair.split("=", 1)):
            found.append(row)
            print(line.format(**row), flush=True)
    print("| task | ours, s | ours, MB | peer | peer, s | peer, MB | times faster | note |")
    print("|---|---:|---:|---|---:|---:|---:|---|")
    for row in found:
        print("|", " | ".join(str(value) for value in row.values()), "|")
    print(json.dumps(found))


if PEER:
    own = sys.argv[sys.argv.index("--peer") + 1 :]
    work = of_any if "--any" in sys.argv else peer
    print(json.dumps(work(own[0], own[1], int(own[3]) if len(own) > 3 else None)))
else:
    main()
