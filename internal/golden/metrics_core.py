"""Writes metrics/testdata/core.json: what scikit-learn gives on random data with ties and weights, and on edge cases.
Run: internal/golden/regenerate.sh metrics_core.py
"""

import warnings

import numpy as np
from common import write
from sklearn import metrics as m

warnings.simplefilter("ignore")  # probabilities that do not sum to one are meant
rng = np.random.default_rng(11)


def numbers(y, pred, w):
    def both(f):
        return [f(y, pred), f(y, pred, sample_weight=w)]

    return {"y": y, "pred": pred, "weight": w, "r2": both(m.r2_score), "mse": both(m.mean_squared_error),
            "rmse": both(m.root_mean_squared_error), "mae": both(m.mean_absolute_error)}


def weights(n):
    w = rng.gamma(2.0, size=n)
    w[rng.random(n) < 0.2] = 0
    w[0] = 0.5
    return w


regression = []
for n, scale, shift in [(2, 1, 0), (17, 1, 0), (200, 30, -4), (300, 1e-3, 1e6)]:
    y = rng.normal(size=n) * scale + shift
    regression.append(numbers(y, y + rng.normal(size=n) * scale * 0.7, weights(n)))
y = np.full(8, 3.0)
regression.append(numbers(y, y, np.arange(8) / 4))  # constant and right; weights whose products are exact: rounded, the reference
# no longer sees that y is constant
regression.append(numbers(y, y + np.arange(8), np.arange(8) / 4))  # constant and wrong

binary = []
for n, levels in [(2, 2), (25, 4), (300, 12), (200, 10**6)]:
    y = rng.integers(2, size=n)
    y[:2] = [0, 1]
    score = np.round((y * 0.5 + rng.random(n)) * levels) / levels * 3 - 1
    w = weights(n)
    w[:2] = [1, 2]
    binary.append({"y": y, "score": score, "weight": w, "auc": [m.roc_auc_score(y, score), m.roc_auc_score(y, score, sample_weight=w)]})

multi = []
for n, k, digits in [(12, 3, 1), (80, 4, 2), (150, 6, 15)]:
    y = rng.integers(k, size=n)
    y[:k] = np.arange(k)
    p = rng.dirichlet(np.ones(k) * 0.7, size=n)
    p[np.arange(n), y] += 0.3
    p /= p.sum(axis=1, keepdims=True)
    if digits < 15:
        p = np.round(p * 4**digits) / 4**digits  # ties and exact zeros; made to sum to one again by the last column
        p[:, -1] = np.maximum(0, 1 - p[:, :-1].sum(axis=1))
        p /= p.sum(axis=1, keepdims=True)
    w = weights(n)
    w[:k] = 1
    pred = p.argmax(axis=1)
    labels = np.arange(k)
    multi.append({
        "y": y, "proba": p, "pred": pred, "weight": w,
        "accuracy": [m.accuracy_score(y, pred), m.accuracy_score(y, pred, sample_weight=w)],
        "confusion": [m.confusion_matrix(y, pred, labels=labels), m.confusion_matrix(y, pred, labels=labels, sample_weight=w)],
        "log_loss": [m.log_loss(y, p, labels=labels), m.log_loss(y, p, labels=labels, sample_weight=w)],
        "log_loss32": m.log_loss(y, p.astype(np.float32), labels=labels),
        **{f"ovr_{a}": [m.roc_auc_score(y, p, multi_class="ovr", average=a), m.roc_auc_score(y, p, multi_class="ovr", average=a, sample_weight=w)]
           for a in ("macro", "weighted", "micro")},
        **{f"ovo_{a}": m.roc_auc_score(y, p, multi_class="ovo", average=a) for a in ("macro", "weighted")},
    })

# Class 1 of three has no rows: labels say that it exists.
y = rng.choice([0, 2], size=40)
p = rng.dirichlet(np.ones(3), size=40)
absent = {"y": y, "proba": p, "log_loss": m.log_loss(y, p, labels=[0, 1, 2])}

write("metrics/testdata/core.json", {"regression": regression, "binary": binary, "multi": multi, "absent": absent}, __file__)
