"""Centres, labels and inertia of scikit-learn's KMeans from given first centres: blobs, weighted rows, centres that lose all their rows, sparse counts."""

import numpy as np
from common import write
from scipy import sparse
from sklearn.cluster import KMeans

rng = np.random.default_rng(20261127)
blobs = rng.normal(size=(120, 4)) + rng.integers(0, 5, (120, 1)) * [3, -2, 1, 4]
weight = rng.integers(0, 4, 120).astype(float)
counts = rng.poisson(0.7, (80, 9)).astype(float)
start = rng.normal(size=(5, 4)) * 3
away = start.copy()
away[3] = 100  # loses all rows at once
cases = {}


def case(name, x, start, weight=None, **how):
    # Weighted rows are repeated. (No cluster loses all its rows here: it would be given one copy of a row, or the row with all its weight.)
    rows = x if weight is None else np.repeat(x, weight.astype(int), axis=0)
    km = KMeans(len(start), init=start, n_init=1, **how).fit(sparse.csr_matrix(rows) if name == "sparse" else rows)
    cases[name] = {"x": x, "start": start, "weight": [] if weight is None else weight, "centers": km.cluster_centers_, "labels": km.predict(x),
                   "inertia": km.inertia_}


case("blobs", blobs, start)
case("weights", blobs, blobs[weight > 0][:5], weight)
case("to the end", blobs, start, tol=0)
case("two iterations", blobs, start, max_iter=2)
case("empty", blobs, away)
case("sparse", counts, counts[:4])
write("cluster/testdata/kmeans.json", {"cases": cases}, __file__)
