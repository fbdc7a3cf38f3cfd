"""Writes metrics/testdata/classes.json: scikit-learn's scores of class codes and labels, every average and policy, ties, weights, absent classes.
Run: internal/golden/regenerate.sh metrics_classes.py
"""

import warnings

import numpy as np
from common import write
from sklearn import metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(21)


def weights(n, k=0):
    w = np.round(rng.gamma(2.0, size=n), 6)
    w[rng.random(n) < 0.2] = 0
    w[: max(k, 1)] = 0.5
    return w


def averages(f, labels):
    out = {a: [f(average=a, zero_division=z) for z in (0, 1, np.nan)] for a in ("macro", "weighted", "micro")}
    if labels == "multi":
        out["samples"] = [f(average="samples", zero_division=z) for z in (0, 1, np.nan)]
    elif labels == 2:
        out["binary"] = [f(average="binary", zero_division=z) for z in (0, 1, np.nan)]
    return out


def scores(y, p, w, k):
    kw = {"sample_weight": w}
    out = {
        "precision": averages(lambda **a: m.precision_score(y, p, **a, **kw), k),
        "recall": averages(lambda **a: m.recall_score(y, p, **a, **kw), k),
        "f1": averages(lambda **a: m.f1_score(y, p, **a, **kw), k),
        "f2": averages(lambda **a: m.fbeta_score(y, p, beta=2, **a, **kw), k),
        "half": averages(lambda **a: m.fbeta_score(y, p, beta=0.5, **a, **kw), k),
        "hamming": m.hamming_loss(y, p, **kw),
        "accuracy": m.accuracy_score(y, p, **kw),
        "zero_one": m.zero_one_loss(y, p, **kw),
        "mcm": m.multilabel_confusion_matrix(y, p, **kw).reshape(-1, 4),
    }
    jaccard = {a: [m.jaccard_score(y, p, average=a, zero_division=z, **kw) for z in (0, 1)] for a in out["precision"]}
    out["jaccard"] = jaccard
    r = m.classification_report(y, p, output_dict=True, zero_division=0, **kw)
    out["report"] = [[r[a][q] for q in ("precision", "recall", "f1-score", "support")] for a in ("macro avg", "weighted avg")]
    return out


def codes(y, p, w, k):
    kw = {"sample_weight": w}
    out = scores(y, p, w, k)
    # specificity is the recall of what is left of each class
    mcm = m.multilabel_confusion_matrix(y, p, **kw)
    tn, fp = mcm[:, 0, 0], mcm[:, 0, 1]
    out["specificity"] = float(np.mean(np.where(tn + fp > 0, tn / np.where(tn + fp > 0, tn + fp, 1), 0)))
    recalls = m.recall_score(y, p, average=None, labels=np.unique(y), **kw)
    out["gmean"] = float(np.prod(recalls) ** (1 / len(recalls)))
    out["balanced"] = m.balanced_accuracy_score(y, p, **kw)
    out["informedness"] = m.balanced_accuracy_score(y, p, adjusted=True, **kw)
    out["mcc"] = m.matthews_corrcoef(y, p, **kw)
    out["kappa"] = [m.cohen_kappa_score(y, p, weights=v, **kw) for v in (None, "linear", "quadratic")]
    out["ratios"] = list(m.class_likelihood_ratios(y, p, **kw)) if k == 2 else []
    out["normal"] = [m.confusion_matrix(y, p, normalize=v, **kw).ravel() for v in ("true", "pred", "all")]
    return out


cases = []
for n, k, skill in [(2, 2, 0.5), (40, 2, 0.6), (120, 2, 0.0), (60, 3, 0.5), (200, 7, 0.4), (30, 12, 0.2)]:
    y = rng.integers(k, size=n)
    if n > k:
        y[:k] = np.arange(k)
    else:
        y = np.arange(n)
    p = np.where(rng.random(n) < skill, y, rng.integers(k, size=n))
    if n > k:
        p[:2] = [1, 0]
    if k == 7:
        p[p == 3] = 2  # never predicted
        y[(y == 5)] = 4  # predicted, never true
    w = weights(n, k)
    for i, c in enumerate(np.unique(np.concatenate([y, p]))):  # no class may live in rows of weight 0 alone: there it is absent
        at = np.flatnonzero((y == c) | (p == c))[0]
        if w[at] == 0:
            w[at] = 0.25
    for c in np.unique(y):
        if w[y == c].sum() == 0:
            w[np.flatnonzero(y == c)[0]] = 0.25
    cases.append({"k": k, "y": y, "pred": p, "weight": w, "plain": codes(y, p, None, k), "weighted": codes(y, p, w, k)})

multi = []
for n, k, dense in [(5, 3, 0.5), (60, 4, 0.4), (40, 6, 0.15)]:
    y = (rng.random((n, k)) < dense).astype(int)
    p = np.where(rng.random((n, k)) < 0.7, y, (rng.random((n, k)) < dense)).astype(int)
    if k == 6:
        y[:, 2] = p[:, 2] = 0  # a label of no row
    w = weights(n)
    multi.append({"y": y, "pred": p, "weight": w, "plain": scores(y, p, None, "multi"), "weighted": scores(y, p, w, "multi")})

top = []
for n, k in [(50, 4), (80, 9)]:
    y = rng.integers(k, size=n)
    y[:k] = np.arange(k)
    s = np.round(rng.normal(size=(n, k)) + 1.5 * np.eye(k)[y], 1)  # ties
    w = weights(n)
    top.append({"y": y, "score": s, "weight": w, "at": [[m.top_k_accuracy_score(y, s, k=j), m.top_k_accuracy_score(y, s, k=j, sample_weight=w)] for j in range(1, k)],
                "hinge": [m.hinge_loss(y, s), m.hinge_loss(y, s, sample_weight=w)]})

y = rng.integers(2, size=60)
d = rng.normal(size=60) * 2
w = weights(60)
hinge = {"y": y, "decision": d, "weight": w, "loss": [m.hinge_loss(y, d), m.hinge_loss(y, d, sample_weight=w)]}

d2 = []
for n, k in [(30, 2), (50, 4)]:
    y = rng.integers(k, size=n)
    y[:k] = np.arange(k)
    p = rng.dirichlet(np.ones(k), size=n) * 0.6 + 0.4 * np.eye(k)[y]
    w = weights(n, k)
    labels = np.arange(k)
    proba = p[:, 1] if k == 2 else p
    d2.append({"y": y, "proba": p, "weight": w,
               "log": [m.d2_log_loss_score(y, y_proba=p, labels=labels), m.d2_log_loss_score(y, y_proba=p, labels=labels, sample_weight=w)],
               "brier": [m.brier_score_loss(y, proba, labels=labels), m.brier_score_loss(y, proba, labels=labels, sample_weight=w)],
               "d2brier": [m.d2_brier_score(y, proba, labels=labels), m.d2_brier_score(y, proba, labels=labels, sample_weight=w)]})

write("metrics/testdata/classes.json", {"codes": cases, "labels": multi, "top": top, "hinge": hinge, "d2": d2}, __file__)
