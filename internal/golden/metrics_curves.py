"""Writes metrics/testdata/curves.json: scikit-learn's curves of two classes, on ties, weights, infinite ranges and perfect scores.
Run: internal/golden/regenerate.sh metrics_curves.py
"""

import warnings

import numpy as np
from common import write
from sklearn import metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(22)


def curves(y, s, w):
    kw = {"sample_weight": w}
    fpr, tpr, t = m.roc_curve(y, s, drop_intermediate=False, **kw)
    fpr2, tpr2, t2 = m.roc_curve(y, s, **kw)
    precision, recall, tp = m.precision_recall_curve(y, s, **kw)
    dfpr, dfnr, dt = m.det_curve(y, s, **kw)
    tns, fps, fns, tps, tc = m.confusion_matrix_at_thresholds(y, s, **kw)
    f1, tf = m.metric_at_thresholds(y, s, m.f1_score, **kw)
    return {"roc": [fpr, tpr, t], "corners": [fpr2, tpr2, t2], "pr": [precision[::-1], recall[::-1], np.append(tp, np.inf)[::-1]],
            "det": [dfpr[::-1], dfnr[::-1], dt[::-1]], "counts": [tns, fps, fns, tps, tc], "f1": f1,
            "auc": m.roc_auc_score(y, s, **kw), "partial": [m.roc_auc_score(y, s, max_fpr=f, **kw) for f in (0.05, 0.3, 0.8)],
            "ap": m.average_precision_score(y, s, **kw)}


def weights(n):
    w = rng.gamma(2.0, size=n)
    w[rng.random(n) < 0.2] = 0
    w[:2] = [1, 2]
    return w


cases = []
for n, levels, skill in [(2, 2, 1), (30, 5, 0.7), (200, 15, 0.5), (150, 10**6, 1), (60, 10**6, 50)]:
    y = rng.integers(2, size=n)
    y[:2] = [0, 1]
    s = np.round((y * skill + rng.random(n)) * levels) / levels * 3 - 1
    w = weights(n)
    keep = w > 0  # a threshold of absent rows alone is none; the reference keeps some of them
    plain, weighted = curves(y, s, None), curves(y[keep], s[keep], w[keep])
    cases.append({"y": y, "score": s, "weight": w, "plain": plain, "weighted": weighted})

multi = []
for n, k in [(40, 3), (90, 5)]:
    y = rng.integers(k, size=n)
    y[:k] = np.arange(k)
    p = np.round(rng.dirichlet(np.ones(k), size=n) + 0.4 * np.eye(k)[y], 2)
    p /= p.sum(axis=1, keepdims=True)
    w = weights(n)
    w[:k] = 1
    multi.append({"y": y, "proba": p, "weight": w, **{a: [m.average_precision_score(y, p, average=a), m.average_precision_score(y, p, average=a, sample_weight=w)]
                                                   for a in ("macro", "weighted", "micro")}})

labels = []
for n, k in [(30, 3), (70, 6)]:
    y = rng.integers(2, size=(n, k))
    y[y.sum(axis=1) == 0, 0] = 1
    y[y.sum(axis=1) == k, 1] = 0
    s = np.round(rng.normal(size=(n, k)) + y, 1)
    w = weights(n)
    labels.append({"y": y, "score": s, "weight": w,
                   "auc": {a: [m.roc_auc_score(y, s, average=a), m.roc_auc_score(y, s, average=a, sample_weight=w)] for a in ("macro", "weighted", "micro", "samples")},
                   "ap": {a: [m.average_precision_score(y, s, average=a), m.average_precision_score(y, s, average=a, sample_weight=w)] for a in ("macro", "weighted", "micro", "samples")}})

# AUC-mu is LightGBM's: of the raw scores after a round of boosting, at which it is evaluated.
import lightgbm as lgb  # noqa: E402

mu = []
for k, weighted in [(3, False), (5, True)]:
    x, y = rng.normal(size=(120, 3)), rng.integers(k, size=120)
    x[:, 0] += y
    w = rng.gamma(2.0, size=120).astype(np.float32).astype(float) if weighted else None
    seen = {}
    data = lgb.Dataset(x, y, weight=w, params={"verbose": -1})
    model = lgb.train({"objective": "multiclass", "num_class": k, "metric": "auc_mu", "verbose": -1, "num_leaves": 5, "min_data_in_leaf": 5}, data, 3, valid_sets=[data],
                      callbacks=[lgb.record_evaluation(seen)])
    mu.append({"y": y, "score": model.predict(x, raw_score=True), "weight": [] if w is None else w, "mu": list(seen.values())[0]["auc_mu"][-1]})

write("metrics/testdata/curves.json", {"binary": cases, "multi": multi, "labels": labels, "mu": mu}, __file__)
