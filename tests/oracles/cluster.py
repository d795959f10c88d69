"""What scikit-learn and SciPy say of a table with three groups: writes cluster.json.

    pip install scikit-learn==1.9.1 scipy==1.17.1
    python tests/oracles/cluster.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.cluster.hierarchy import fcluster, ward
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    normalized_mutual_info_score,
    silhouette_samples,
    silhouette_score,
)
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import MinMaxScaler, StandardScaler

rng = np.random.default_rng(7)
centres = np.array([[0, 0, 0, 0], [3, 3, 0, 1], [0, 4, 4, -2]], dtype=float)
group = rng.integers(0, 3, 157)
x = np.round(centres[group] + rng.normal(size=(157, 4)) * [1, 0.8, 1.2, 0.5], 4)

out = {"versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__}}
out["rows"] = x.tolist()
out["group"] = group.tolist()

kmeans = {}
for k in (2, 3, 5):
    start = x[:k]
    fit = KMeans(k, init=start, n_init=1, tol=0, max_iter=1000).fit(x)
    labels = fit.labels_
    kmeans[str(k)] = {
        "labels": labels.tolist(),
        "inertia": fit.inertia_,
        "iterations": fit.n_iter_,
        "silhouettes": silhouette_samples(x, labels).tolist(),
        "silhouette": silhouette_score(x, labels),
        "davies_bouldin": davies_bouldin_score(x, labels),
        "calinski_harabasz": calinski_harabasz_score(x, labels),
        "ari": adjusted_rand_score(group, labels),
        "nmi": normalized_mutual_info_score(group, labels),
    }
out["kmeans"] = kmeans

pca = PCA(svd_solver="full").fit(x)
signs = np.sign(pca.components_[np.arange(4), np.abs(pca.components_).argmax(axis=1)])
out["pca"] = {
    "variances": pca.explained_variance_.tolist(),
    "ratios": pca.explained_variance_ratio_.tolist(),
    "loadings": (pca.components_ * signs[:, None]).tolist(),
    "scores": (pca.transform(x) * signs).tolist(),
}

# Several starts of its own: ours has others, so both must come to the best.
mixture = GaussianMixture(
    3, n_init=20, tol=1e-12, max_iter=5000, reg_covar=1e-6, random_state=0
).fit(x)
order = np.argsort(-mixture.weights_)
out["mixture"] = {
    "log_likelihood": mixture.score(x) * len(x),
    "bic": mixture.bic(x),
    "weights": mixture.weights_[order].tolist(),
    "means": mixture.means_[order].tolist(),
    "probabilities": mixture.predict_proba(x)[:, order].tolist(),
}

tree = ward(x)
out["ward"] = {
    "heights": tree[:, 2].tolist(),
    "ari": {str(k): adjusted_rand_score(group, fcluster(tree, k, "maxclust")) for k in (2, 3, 4)},
}

tied = np.round(x[:, [0]])
out["scale"] = {
    "standardise": StandardScaler().fit_transform(x)[:, 1].tolist(),
    "min_max": MinMaxScaler().fit_transform(x)[:, 1].tolist(),
    "clip": np.clip(x[:, 1], *np.quantile(x[:, 1], [0.05, 0.95])).tolist(),
    "tied": tied.ravel().tolist(),
    # scikit-learn's QuantileTransformer means the same, but rounds tied places down by one here
    # and there, because it looks them up among percentiles.
    "quantiles": ((rankdata(tied.ravel()) - 1) / (len(tied) - 1)).tolist(),
}

Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
