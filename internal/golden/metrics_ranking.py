"""Writes metrics/testdata/ranking.json: scikit-learn's NDCG and label ranking scores, and SciPy's rank correlations, with ties and weights.
Run: internal/golden/regenerate.sh metrics_ranking.py
"""

import warnings

import numpy as np
from common import write
from scipy import stats
from sklearn import metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(32)

queries = []
for n, k, levels in [(4, 6, 3), (8, 20, 5), (5, 12, 10**6)]:
    rel = rng.integers(0, 4, size=(n, k)).astype(float)
    rel[0] = 0  # a query without anything relevant
    score = np.round((rel * 0.3 + rng.random((n, k))) * levels) / levels
    w = np.round(rng.gamma(2.0, size=n), 3)
    w[1] = 0
    ks = [1, 3, 5, None]
    queries.append({
        "rel": rel, "score": score, "weight": w,
        "ndcg": [m.ndcg_score(rel, score, k=c) for c in ks], "weighted": [m.ndcg_score(rel, score, k=c, sample_weight=w) for c in ks],
        "dcg": [m.dcg_score(rel, score, k=c) for c in ks], "exponential": [m.dcg_score(2**rel - 1, score, k=c) for c in ks],
        "ap": [m.average_precision_score(r > 0, s) for r, s in zip(rel, score)] if levels > 100 else [],
        "auc": [m.roc_auc_score(r > 0, s) if 0 < (r > 0).sum() < k else np.nan for r, s in zip(rel, score)],
    })

labels = []
for n, k, levels in [(20, 4, 3), (40, 7, 10**6)]:
    y = rng.integers(2, size=(n, k))
    y[0], y[1] = 0, 1
    s = np.round((y * 0.4 + rng.random((n, k))) * levels) / levels
    w = rng.gamma(2.0, size=n)
    w[2] = 0
    both = lambda f: [f(y, s), f(y, s, sample_weight=w)]
    labels.append({"y": y, "score": s, "weight": w, "lrap": both(m.label_ranking_average_precision_score), "coverage": both(m.coverage_error), "loss": both(m.label_ranking_loss)})

pairs = []
for n, levels in [(3, 10), (40, 5), (200, 10**6), (60, 2)]:
    x = np.round(rng.random(n) * levels)
    y = np.round((x / levels + rng.random(n)) * levels)
    w = rng.integers(0, 4, size=n).astype(float)
    w[:3] = [1, 2, 1]
    x[:3], y[:3] = [0, 1, 1], [1, 0, 2]
    rep = np.repeat(np.arange(n), w.astype(int))
    f = lambda x, y: [stats.kendalltau(x, y).statistic, stats.spearmanr(x, y).statistic, stats.somersd(x, y).statistic if len(np.unique(x)) < 100 else np.nan, stats.pearsonr(x, y).statistic]
    pairs.append({"x": x, "y": y, "weight": w, "plain": f(x, y), "weighted": f(x[rep], y[rep])})

write("metrics/testdata/ranking.json", {"queries": queries, "labels": labels, "pairs": pairs}, __file__)
