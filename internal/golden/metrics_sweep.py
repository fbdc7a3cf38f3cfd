"""Writes metrics/testdata/sweep.json: scikit-learn's, SciPy's and fairlearn's scores of matrices, rankings, labels, groups, samples, lists and rows, on random, tied, degenerate and weighted inputs, some of
them longer than a block of any metric. The inputs are not in the file: both sides make them by the same whole numbers (sweep_test.go), so that long ones cost nothing.
Run: internal/golden/regenerate.sh metrics_sweep.py
"""

import warnings

import fairlearn.metrics as fair
import numpy as np
from common import write
from scipy import special, stats
from scipy.spatial.distance import cdist
from sklearn import metrics as m
from sklearn.metrics import pairwise as pw

warnings.simplefilter("ignore")
nan = float("nan")


class Draws:
    """Whole numbers of a linear congruential generator, the upper bits of 64."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, below):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % below


def attempt(f, *a, **k):
    try:
        return float(f(*a, **k))
    except (ValueError, ZeroDivisionError):
        return nan


def weights(draw, n):
    w = np.array([draw(9) / 8 for _ in range(n)])
    w[0] = 1
    return w


def both(kinds, sizes, one):
    """A case for each kind and size, without weights and with."""
    cases = []
    for kind in kinds:
        for rows, cols, levels in sizes:
            for weighted in [False, True]:
                seed = 1000 + len(cases)
                case = {"kind": kind, "rows": rows, "cols": cols, "levels": levels, "weighted": weighted, "seed": seed}
                want = one(Draws(seed), case)
                if want:
                    cases.append({**case, "want": want})
    return cases


def matrix(draw, c):
    n, k, kind = c["rows"], c["cols"], c["kind"]
    y, a = np.zeros(n, int), np.zeros((n, k))
    for i in range(n):
        y[i] = draw(k - 1) if kind == "missing" else draw(k)
        if kind == "one class":
            y[i] = 1
        if kind == "certain":
            a[i, y[i] if draw(4) else draw(k)] = 1
            continue
        for j in range(k):
            a[i, j] = 1 if kind == "constant" else 1 + draw(c["levels"]) + (c["levels"] // 2 if j == y[i] else 0)
    p = a / a.sum(axis=1, keepdims=True)
    w = {"sample_weight": weights(draw, n)} if c["weighted"] else {}
    labels = np.arange(k)
    want = {"LogLoss": attempt(m.log_loss, y, p, labels=labels, **w), "Brier": attempt(m.brier_score_loss, y, p, labels=labels, **w), "BrierSum": attempt(m.brier_score_loss, y, p, labels=labels, scale_by_half=False, **w),
            "D2LogLoss": attempt(m.d2_log_loss_score, y, p, labels=labels, **w), "D2Brier": attempt(m.d2_brier_score, y, p, labels=labels, **w)}
    held = y[w["sample_weight"] > 0] if w else y
    if n > 1 and len(np.unique(held)) == 1:
        want["D2LogLoss"] = 0  # the metric takes one class as R2 does a constant; the reference divides by the epsilon that it clips probabilities to
    if k == 2:
        return want
    every = len(np.unique(y)) == k
    for top in [1, 2]:
        want[f"TopK {top}"] = attempt(m.top_k_accuracy_score, y, p, k=top, labels=labels, **w)
    want["HingeLossMulti"] = attempt(m.hinge_loss, y, p, labels=labels, **w)
    for average in ["macro", "weighted", "micro"]:
        if every or average != "macro":
            want[f"ROCAUCOvR {average}"] = attempt(m.roc_auc_score, np.eye(k)[y], p, average=average, **w) if average == "micro" else attempt(m.roc_auc_score, y, p, multi_class="ovr", average=average, labels=labels, **w)
        want[f"AveragePrecisionOvR {average}"] = attempt(m.average_precision_score, np.eye(k)[y], p, average=average, **w)
        if every and average != "micro" and not w:
            want[f"ROCAUCOvO {average}"] = attempt(m.roc_auc_score, y, p, multi_class="ovo", average=average, labels=labels)
    return want


def ranking(draw, c):
    n, k, kind = c["rows"], c["cols"], c["kind"]
    rel, score = np.zeros((n, k)), np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            rel[i, j] = 0 if kind == "nothing" or kind == "empty query" and i == 0 else 2 if kind == "all alike" else draw(4)
            score[i, j] = 0.5 if kind == "constant" else (draw(c["levels"]) + rel[i, j]) / c["levels"]
    w = {"sample_weight": weights(draw, n)} if c["weighted"] else {}
    want = {}
    for top in [0, 1, 3, 1500]:
        want[f"NDCG {top}"] = attempt(m.ndcg_score, rel, score, k=top or None, **w)
        want[f"DCG {top}"] = attempt(m.dcg_score, rel, score, k=top or None, **w)
    return want


def multilabel(draw, c):
    n, k, kind = c["rows"], c["cols"], c["kind"]
    y, p, s = np.zeros((n, k), int), np.zeros((n, k), int), np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            y[i, j] = draw(2)
            y[i, j] = {"none": 0, "all": 1}.get(kind, y[i, j])
            if kind == "mixed rows" and i < 2:
                y[i, j] = i
            p[i, j] = y[i, j] if draw(3) else 1 - y[i, j]
            if kind == "nothing predicted":
                p[i, j] = 0
            s[i, j] = 0.5 if kind == "constant" else (draw(c["levels"]) + y[i, j] * (c["levels"] // 4)) / c["levels"]
    w = {"sample_weight": weights(draw, n)} if c["weighted"] else {}
    want = {"HammingLoss": attempt(m.hamming_loss, y, p, **w), "SubsetAccuracy": attempt(m.accuracy_score, y, p, **w), "LRAP": attempt(m.label_ranking_average_precision_score, y, s, **w),
            "CoverageError": attempt(m.coverage_error, y, s, **w), "RankingLoss": attempt(m.label_ranking_loss, y, s, **w)}
    for average in ["macro", "weighted", "micro", "samples"]:
        for name, f in {"Precision": m.precision_score, "Recall": m.recall_score, "F1": m.f1_score, "Jaccard": m.jaccard_score}.items():
            want[f"{name} {average}"] = attempt(f, y, p, average=average, zero_division=0, **w)
        if n > 5000 and average == "samples":
            continue  # a minute of the reference's time
        want[f"ROCAUCLabels {average}"] = attempt(m.roc_auc_score, y, s, average=average, **w)
        want[f"AveragePrecisionLabels {average}"] = attempt(m.average_precision_score, y, s, average=average, **w)
    if not y.any():
        want["ROCAUCLabels weighted"] = nan  # the mean of no areas; the reference's 0 is that of a scorer always wrong
    return want


def fairness(draw, c):
    n, k, kind = c["rows"], c["cols"], c["kind"]
    y, p, g = np.zeros(n, int), np.zeros(n, int), np.zeros(n, int)
    for i in range(n):
        g[i] = draw(k) * 3 - 1
        y[i] = draw(2)
        p[i] = y[i] if draw(3) else draw(2)
        if kind == "one group":
            g[i] = 7
        elif kind == "nobody":
            p[i] = 0
        elif kind == "everybody":
            p[i] = 1
        elif kind == "perfect":
            p[i] = y[i]
        elif kind == "a group of none" and g[i] == -1:
            p[i] = 0
    w = {"sample_weight": weights(draw, n)} if c["weighted"] else {}
    k = {"sensitive_features": g, **w}
    frame = fair.MetricFrame(metrics=m.accuracy_score, y_true=y, y_pred=p, sensitive_features=g, sample_params=w)
    return {"DemographicParityDifference": fair.demographic_parity_difference(y, p, **k), "DemographicParityRatio": fair.demographic_parity_ratio(y, p, **k), "EqualizedOddsDifference": fair.equalized_odds_difference(y, p, **k),
            "EqualizedOddsRatio": fair.equalized_odds_ratio(y, p, **k), "EqualOpportunityDifference": fair.equal_opportunity_difference(y, p, **k), "EqualOpportunityRatio": fair.equal_opportunity_ratio(y, p, **k),
            "Overall": frame.overall, "Difference": frame.difference(), "Ratio": frame.ratio(), "ToOverall": frame.difference(method="to_overall")}


def samples(draw, c):
    n, k, kind = c["rows"], c["cols"], c["kind"]  # cols is the rows of the second sample
    x = np.array([0.5 if "constant" in kind else draw(c["levels"]) / 8 for _ in range(n)])
    y = np.array([0.5 if kind == "both constant" else (draw(c["levels"]) + c["levels"] // 8) / 8 for _ in range(k)])
    if kind == "the same":
        y = x[::-1].copy()
    elif kind == "apart":
        y += c["levels"]
    wx = wy = None
    if c["weighted"]:
        wx, wy = weights(draw, n), weights(draw, len(y))
    want = {"Wasserstein": stats.wasserstein_distance(x, y, wx, wy), "EnergyDistance": stats.energy_distance(x, y, wx, wy)}
    if wx is not None:  # SciPy's has no weights: they are eighths, so rows are repeated
        x, y = np.repeat(x, (wx * 8).astype(int)), np.repeat(y, (wy * 8).astype(int))
    ks = stats.ks_2samp(x, y, method="asymp").statistic
    want["KolmogorovSmirnov"] = ks
    if wx is None:
        want["KolmogorovSmirnov P"] = special.kolmogorov(np.sqrt(len(x) * len(y) / (len(x) + len(y))) * ks)
    return want


def correlation(draw, c):
    n, kind, levels = c["rows"], c["kind"], c["levels"]
    x, y = np.zeros(n), np.zeros(n)
    for i in range(n):
        x[i] = 2 if "constant" in kind else draw(levels) / 8
        y[i] = 3 if kind == "both constant" else x[i] if kind == "equal" else 5 - 2 * x[i] if kind == "opposite" else x[i] / 2 + draw(levels) / 8
    if c["weighted"]:  # SciPy has no weights: rows are repeated
        rep = np.array([draw(4) for _ in range(n)])
        rep[:2] = 1
        x, y = np.repeat(x, rep), np.repeat(y, rep)
    return {"Pearson": attempt(lambda: stats.pearsonr(x, y).statistic), "Spearman": attempt(lambda: stats.spearmanr(x, y).statistic), "Kendall": attempt(lambda: stats.kendalltau(x, y).statistic)}


def rows(draw, c):
    if c["weighted"]:
        return None
    n, k, kind, levels = c["rows"], c["cols"], c["kind"], c["levels"]
    o = 13  # rows of the other matrix
    x = np.array([[(draw(levels) - levels // 2) / 8 for _ in range(k)] for _ in range(n)])
    y = np.array([[(draw(levels) - levels // 2) / 8 for _ in range(k)] for _ in range(o)])
    if kind == "zeros":
        x[0], y[0] = 0, 0
    elif kind == "constant":
        x[0], y[0] = 1.5, 0.25
    elif kind == "the same":
        y[:] = x[np.arange(o) % n]
    nx = np.where(np.array([[draw(5) for _ in range(k)] for _ in range(n)]) == 0, nan, x)
    variance = 1 + np.arange(k) % 3
    want = {name: cdist(x, y, name) for name in ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "canberra", "hamming"]}
    want |= {"minkowski": cdist(x, y, "minkowski", p=1.5), "seuclidean": cdist(x, y, "seuclidean", V=variance), "jaccard": cdist(x > 0, y > 0, "jaccard"), "cosine distance": pw.cosine_distances(x, y)}
    # SciPy's are 0/0 for a constant row and for two rows of zeros; the metrics say that a constant row has no correlation, and that equal rows are not apart.
    want |= {"correlation": np.nan_to_num(cdist(x, y, "correlation"), nan=1), "braycurtis": np.nan_to_num(cdist(np.abs(x), np.abs(y), "braycurtis"), nan=0)}
    want |= {"nan_euclidean": pw.nan_euclidean_distances(nx, y), "haversine": pw.haversine_distances(x[:, :2] % 1.5, y[:, :2] % 1.5)}
    if k <= 64:
        want["mahalanobis"] = cdist(x, y, "mahalanobis", VI=2 * np.eye(k) - 0.5 * (np.eye(k, k=1) + np.eye(k, k=-1)))
    g = 1 / (4 * k)
    want |= {"linear": pw.linear_kernel(x, y), "polynomial": pw.polynomial_kernel(x, y, degree=3, gamma=g, coef0=0.5), "rbf": pw.rbf_kernel(x, y, gamma=g), "laplacian": pw.laplacian_kernel(x, y, gamma=g),
             "sigmoid": pw.sigmoid_kernel(x, y, gamma=g, coef0=0.5), "cosine": pw.cosine_similarity(x, y), "additive": pw.additive_chi2_kernel(np.abs(x), np.abs(y)), "chi2": pw.chi2_kernel(np.abs(x), np.abs(y), gamma=g)}
    return {name: v.ravel()[:: v.size // 13 + 1] for name, v in want.items()}


out = {
    "matrix": both(["random", "one class", "missing", "constant", "certain"], [(1, 3, 8), (40, 4, 1024), (40, 3, 4), (30, 2, 16)], matrix) + both(["random"], [(1025, 3, 1024), (17000, 4, 64), (20000, 2, 8)], matrix),
    "ranking": both(["random", "nothing", "empty query", "all alike", "constant"], [(6, 10, 1024), (5, 12, 4)], ranking) + both(["random"], [(1, 5, 4), (1030, 4, 8), (2, 17000, 4096)], ranking),
    "labels": both(["random", "none", "all", "mixed rows", "nothing predicted", "constant"], [(30, 4, 1024), (25, 5, 4), (1, 3, 8)], multilabel) + both(["random"], [(1030, 3, 64), (17000, 3, 16)], multilabel),
    "fairness": both(["random", "one group", "nobody", "everybody", "perfect", "a group of none"], [(60, 4, 0)], fairness) + both(["random"], [(1100, 3, 0), (17000, 5, 0)], fairness),
    "samples": both(["random", "one constant", "both constant", "the same", "apart"], [(1, 1, 64), (40, 30, 4096), (30, 50, 16)], samples) + both(["random"], [(1100, 1030, 512), (17000, 20000, 65536)], samples),
    "correlation": both(["random", "one constant", "both constant", "equal", "opposite"], [(2, 1, 64), (40, 1, 4096), (50, 1, 8)], correlation) + both(["random"], [(1100, 1, 64), (17000, 1, 65536), (20000, 1, 16)], correlation),
    "rows": both(["random", "zeros", "constant", "the same"], [(1, 3, 64), (9, 5, 64), (14, 4, 8)], rows) + both(["random", "the same"], [(1100, 3, 64), (3, 1100, 32)], rows),
}
write("metrics/testdata/sweep.json", out, __file__)
