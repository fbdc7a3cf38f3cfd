"""Writes metrics/testdata/fairness.json: fairlearn's scores of groups, with weights.
Run: internal/golden/regenerate.sh metrics_fairness.py
"""

import warnings

import fairlearn.metrics as f
import numpy as np
from common import write
from sklearn.metrics import accuracy_score

warnings.simplefilter("ignore")
rng = np.random.default_rng(62)
cases = []
for n, k in [(40, 2), (300, 5)]:
    g = rng.integers(k, size=n) * 3 - 1
    y = (rng.random(n) < 0.3 + 0.1 * (g > 2)).astype(int)
    p = np.where(rng.random(n) < 0.7, y, rng.integers(2, size=n))
    w = np.round(rng.gamma(2.0, size=n), 3)
    w[rng.random(n) < 0.1] = 0

    def scores(y, p, g, w):
        s = {} if w is None else {"sample_params": {"sample_weight": w}}
        kw = {"sensitive_features": g, "sample_weight": w}
        frame = f.MetricFrame(metrics=accuracy_score, y_true=y, y_pred=p, sensitive_features=g, **s)
        return {"dp": [f.demographic_parity_difference(y, p, **kw), f.demographic_parity_ratio(y, p, **kw)], "eo": [f.equalized_odds_difference(y, p, **kw), f.equalized_odds_ratio(y, p, **kw)],
                "opportunity": [f.equal_opportunity_difference(y, p, **kw), f.equal_opportunity_ratio(y, p, **kw)], "groups": frame.by_group.to_numpy().astype(float),
                "frame": [frame.overall, frame.group_min(), frame.group_max(), frame.difference(), frame.ratio(), frame.difference(method="to_overall")]}

    cases.append({"y": y, "pred": p, "group": g, "weight": w, "plain": scores(y, p, g, None), "weighted": scores(y, p, g, w)})
write("metrics/testdata/fairness.json", {"cases": cases}, __file__)
