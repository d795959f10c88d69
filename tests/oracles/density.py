"""What scikit-learn says of two moons among customers who lie alone: writes density.json.

    pip install scikit-learn==1.9.1
    python tests/oracles/density.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, OPTICS
from sklearn.datasets import make_moons
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.neighbors import NearestNeighbors

rng = np.random.default_rng(11)
moons, _ = make_moons(260, noise=0.07, random_state=5)
x = np.vstack([moons, rng.uniform([-1.5, -1], [2.5, 1.5], (40, 2))])
x = np.round(rng.permutation(x), 6)

out = {"versions": {"scikit-learn": sklearn.__version__}, "rows": x.tolist(), "dbscan": []}
for min_points, radius in [(5, 0.15), (8, 0.2), (4, 0.09), (12, 0.25)]:
    fit = DBSCAN(eps=radius, min_samples=min_points).fit(x)
    labels, cores = fit.labels_, fit.core_sample_indices_
    within = NearestNeighbors(radius=radius).fit(x[cores])
    reached = within.radius_neighbors(x, return_distance=False)
    nearest = within.kneighbors(x, 1, return_distance=False).ravel()
    inside = labels >= 0
    out["dbscan"].append(
        {
            "min_points": min_points,
            "radius": radius,
            "labels": labels.tolist(),
            "cores": cores.tolist(),
            # How many segments a customer is in reach of, and that of the nearest core customer.
            "reached": [len(set(labels[cores][row])) for row in reached],
            "nearest": labels[cores][nearest].tolist(),
            "silhouette": silhouette_score(x[inside], labels[inside]),
            "davies_bouldin": davies_bouldin_score(x[inside], labels[inside]),
            "calinski_harabasz": calinski_harabasz_score(x[inside], labels[inside]),
        }
    )

optics = OPTICS(min_samples=6).fit(x)
reachability = optics.reachability_
out["optics"] = {
    "min_points": 6,
    "order": optics.ordering_.tolist(),
    "core_distance": optics.core_distances_.tolist(),
    "reachability": [None if np.isinf(r) else r for r in reachability],
}

Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
