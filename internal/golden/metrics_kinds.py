"""Writes metrics/testdata/kinds.json: every score that scikit-learn has for two lists, on random, tied, degenerate and weighted inputs.
Run: internal/golden/regenerate.sh metrics_kinds.py
"""

import warnings

import numpy as np
from common import write
from sklearn import metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(77)
n = 40


def attempt(f, *a, **k):
    try:
        return float(f(*a, **k))
    except ValueError:
        return float("nan")


def weights():
    w = np.round(rng.gamma(2.0, size=n) * 8) / 8
    w[rng.random(n) < 0.2] = 0
    return w


numbers = {}
y = rng.normal(size=n) * 3 + 5
data = {
    "random": (y, y + rng.normal(size=n)), "tied": (np.round(y), np.round(y + rng.normal(size=n))), "perfect": (y, y), "constant target": (np.full(n, 2.0), y),
    "constant prediction": (y, np.full(n, 4.0)), "one row": (y[:1], y[1:2]), "all equal": (np.full(n, 2.0), np.full(n, 2.0)),
}
for kind, (a, b) in data.items():
    for weighted in [False, True]:
        w = weights()[: len(a)] if weighted and len(a) > 1 else None
        if weighted and w is None:
            continue
        k = {"sample_weight": w}
        numbers[kind + (" weighted" if weighted else "")] = {"y": a, "pred": b, "weight": w, "want": {
            "MAE": attempt(m.mean_absolute_error, a, b, **k), "MSE": attempt(m.mean_squared_error, a, b, **k), "RMSE": attempt(m.root_mean_squared_error, a, b, **k), "MAPE": attempt(m.mean_absolute_percentage_error, a, b, **k),
            "R2": attempt(m.r2_score, a, b, **k), "ExplainedVariance": attempt(m.explained_variance_score, a, b, **k), "MedianAE": attempt(m.median_absolute_error, a, b, **k),
            "Pinball": attempt(m.mean_pinball_loss, a, b, alpha=0.3, **k), "D2AbsoluteError": attempt(m.d2_absolute_error_score, a, b, **k), "Tweedie": attempt(m.mean_tweedie_deviance, np.abs(a) + 0.1, np.abs(b) + 0.1, power=1.5, **k),
            "Poisson": attempt(m.mean_poisson_deviance, np.abs(a) + 0.1, np.abs(b) + 0.1, **k), "Gamma": attempt(m.mean_gamma_deviance, np.abs(a) + 0.1, np.abs(b) + 0.1, **k),
            "MSLE": attempt(m.mean_squared_log_error, np.abs(a), np.abs(b), **k),
        }}

codes = {}
y = rng.integers(0, 3, size=n)
p = np.where(rng.random(n) < 0.6, y, rng.integers(0, 3, size=n))
data = {"random": (y, p), "perfect": (y, y), "one class predicted": (y, np.ones(n, int)), "one class": (np.ones(n, int), p), "nothing right": (y, (y + 1) % 3), "a class never predicted": (y, np.minimum(p, 1)), "one row": (y[:1], p[:1]), "all alike": (np.ones(n, int), np.ones(n, int))}
for kind, (a, b) in data.items():
    for weighted in [False, True]:
        w = weights()[: len(a)] if weighted and len(a) > 1 else None
        if weighted and w is None:
            continue
        k = {"sample_weight": w}
        want = {"Accuracy": attempt(m.accuracy_score, a, b, **k), "BalancedAccuracy": attempt(m.balanced_accuracy_score, a, b, **k), "MCC": attempt(m.matthews_corrcoef, a, b, **k), "CohenKappa": attempt(m.cohen_kappa_score, a, b, **k),
                "ZeroOneLoss": attempt(m.zero_one_loss, a, b, **k)}
        for average in ["macro", "weighted", "micro"]:
            for name, f in {"Precision": m.precision_score, "Recall": m.recall_score, "F1": m.f1_score, "Jaccard": m.jaccard_score}.items():
                want[f"{name} {average}"] = attempt(f, a, b, average=average, zero_division=0, **k)
        if w is None:
            want |= {"ARI": m.adjusted_rand_score(a, b), "RandIndex": m.rand_score(a, b), "AMI": m.adjusted_mutual_info_score(a, b), "NMI": m.normalized_mutual_info_score(a, b), "VMeasure": m.v_measure_score(a, b), "FowlkesMallows": m.fowlkes_mallows_score(a, b)}
        codes[kind + (" weighted" if weighted else "")] = {"y": a, "pred": b, "weight": w, "want": want}

scores = {}
y = rng.integers(0, 2, size=n)
s = np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1)
data = {"random": (y, s), "tied": (y, np.round(s, 1)), "perfect": (y, 0.2 + 0.6 * y), "reversed": (y, 0.8 - 0.6 * y), "constant": (y, np.full(n, 0.5)), "one class": (np.ones(n, int), s), "certain and wrong": (y, np.where(np.arange(n) == 3, 1 - y, y).astype(float))}
for kind, (a, b) in data.items():
    for weighted in [False, True]:
        w = weights() if weighted else None
        k = {"sample_weight": w}
        scores[kind + (" weighted" if weighted else "")] = {"y": a, "pred": b, "weight": w, "want": {
            "ROCAUC": attempt(m.roc_auc_score, a, b, **k), "AveragePrecision": attempt(m.average_precision_score, a, b, **k), "LogLossBinary": attempt(m.log_loss, a, b, labels=[0, 1], **k), "BrierBinary": attempt(m.brier_score_loss, a, b, labels=[0, 1], **k),
            "PartialAUC": attempt(m.roc_auc_score, a, b, max_fpr=0.4, **k),
        }}

write("metrics/testdata/kinds.json", {"numbers": numbers, "codes": codes, "scores": scores}, __file__)
