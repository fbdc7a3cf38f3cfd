"""Writes metrics/testdata/clusters.json: scikit-learn's scores of clusters, by classes and by distances; B-cubed, purity, Dunn and the variation of information by their definitions.
Run: internal/golden/regenerate.sh metrics_clusters.py
"""

import warnings

import numpy as np
from common import write
from scipy.spatial.distance import cdist
from sklearn import metrics as m
from sklearn.metrics.cluster import contingency_matrix, entropy, expected_mutual_information, pair_confusion_matrix

warnings.simplefilter("ignore")
rng = np.random.default_rng(41)


def external(y, c):
    t = contingency_matrix(y, c).astype(float)
    n = t.sum()
    same_class, same_cluster = y[:, None] == y[None], c[:, None] == c[None]
    both = (same_class & same_cluster).sum(axis=1)
    p, r = np.mean(both / same_cluster.sum(axis=1)), np.mean(both / same_class.sum(axis=1))
    pc = pair_confusion_matrix(y, c)
    how = ("arithmetic", "geometric", "min", "max")
    return {
        "rand": m.rand_score(y, c), "ari": m.adjusted_rand_score(y, c), "fmi": m.fowlkes_mallows_score(y, c), "mi": m.mutual_info_score(y, c),
        "nmi": [m.normalized_mutual_info_score(y, c, average_method=a) for a in how], "ami": [m.adjusted_mutual_info_score(y, c, average_method=a) for a in how],
        "hcv": [m.homogeneity_score(y, c), m.completeness_score(y, c), m.v_measure_score(y, c), m.v_measure_score(y, c, beta=0.4)],
        "purity": t.max(axis=0).sum() / n, "vi": entropy(y) + entropy(c) - 2 * m.mutual_info_score(y, c), "bcubed": [p, r, 2 * p * r / (p + r)],
        "pairs": [pc[1, 1], pc[0, 1], pc[1, 0], pc[0, 0]], "emi": expected_mutual_information(contingency_matrix(y, c, sparse=True).astype(np.int64), len(y)),
    }


cases = []
for n, k, skill in [(5, 2, 0.5), (60, 4, 0.7), (150, 9, 0.3), (40, 3, 1.0), (30, 1, 0.0), (12, 12, 0.0)]:
    y = rng.integers(k, size=n)
    c = np.where(rng.random(n) < skill, y * 3 - 1, rng.integers(k + 2, size=n) * 3 - 1)  # gaps, and -1
    if k == 12:
        y, c = np.arange(n), np.arange(n)[::-1]
    w = rng.integers(0, 4, size=n).astype(float)
    w[0] = 1
    rep = np.repeat(np.arange(n), w.astype(int))
    cases.append({"y": y, "cluster": c, "weight": w, "plain": external(y, c), "weighted": external(y[rep], c[rep])})


def dunn(x, c):
    d = cdist(x, x)
    same = c[:, None] == c[None]
    return d[~same].min() / d[same].max()


# Distances are SciPy's: those of scikit-learn come from products, and put equal rows 1e-8 apart.
inner = []
for n, k, dims in [(30, 3, 2), (120, 5, 7)]:
    c = rng.integers(k, size=n)
    c[c == 1] = 17
    x = np.round(rng.normal(size=(n, dims)) + 1.2 * c[:, None] % 5, 4)
    c[0] = -1  # alone
    w = rng.integers(0, 3, size=n).astype(float)
    w[0] = 1
    rep = np.repeat(np.arange(n), w.astype(int))
    f = lambda x, c: {"silhouette": m.silhouette_score(cdist(x, x), c, metric="precomputed"), "manhattan": m.silhouette_score(x, c, metric="manhattan"), "ch": m.calinski_harabasz_score(x, c), "db": m.davies_bouldin_score(x, c), "dunn": dunn(x, c)}
    inner.append({"x": x, "cluster": c, "weight": w, "samples": m.silhouette_samples(cdist(x, x), c, metric="precomputed"), "plain": f(x, c), "weighted": f(x[rep], c[rep])})

write("metrics/testdata/clusters.json", {"external": cases, "internal": inner}, __file__)
