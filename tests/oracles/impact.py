"""What SciPy says of the changes of two groups, and of the power of a trial: writes impact.json.

    pip install scipy==1.17.1 statsmodels==0.15.0
    python tests/oracles/impact.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import ttest_ind
from statsmodels.stats.power import NormalIndPower

rng = np.random.default_rng(5)
offer = rng.random(60) < 0.6
before = np.round(rng.gamma(1.5, 20, 60), 2)
after = np.round(before * 0.8 + rng.gamma(1.2, 15, 60) + 6 * offer, 2)
test = ttest_ind((after - before)[offer], (after - before)[~offer], equal_var=False)
interval = test.confidence_interval(0.9)
out = {
    "versions": {"scipy": scipy.__version__, "statsmodels": version("statsmodels")},
    "offer": offer.astype(int).tolist(), "before": before.tolist(), "after": after.tolist(),
    "p": test.pvalue, "lower": interval.low, "upper": interval.high,
}
# The power of a trial with these customers, of whom a part gets no offer, to find an effect of 8.
spread = before.std(ddof=1)
out["design"] = [
    {"hold_out": int(60 * share), "power": float(NormalIndPower().power(8 / spread, 60 - int(60 * share), 0.05, ratio=int(60 * share) / (60 - int(60 * share))))}
    for share in [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
]
(Path(__file__).parent / "impact.json").write_text(json.dumps(out) + "\n")
print(out["p"], out["design"])
