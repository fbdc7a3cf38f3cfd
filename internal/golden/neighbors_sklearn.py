"""Neighbours, votes, means, graphs and outlier factors of scikit-learn on seeded data: 60 normal rows of 3 columns; for the outlier factors also 30 others and one
far off."""

import numpy as np
from common import write
from sklearn.neighbors import (KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor, NearestNeighbors, RadiusNeighborsClassifier,
                               RadiusNeighborsRegressor)

rng = np.random.default_rng(20261127)
x = rng.normal(size=(60, 3)) * [1, 2, 0.5]
test = rng.normal(size=(12, 3)) * [1, 2, 0.5]
y = (x[:, 0] + x[:, 1] / 2 + rng.normal(size=60) / 3 > 0).astype(int) + (x[:, 2] > 0.4)
z = np.column_stack([x[:, 0] * 2 + x[:, 1], np.sin(x[:, 2])])
METRICS = {"euclidean": {}, "manhattan": {"metric": "manhattan"}, "chebyshev": {"metric": "chebyshev"}, "minkowski3": {"metric": "minkowski", "p": 3},
           "canberra": {"metric": "canberra"}, "cosine": {"metric": "cosine", "algorithm": "brute"}}
nearest, votes = {}, {}


def rows(csr):
    """Columns and values of each row, by column."""
    csr.sort_indices()
    return [(csr.indices[a:b], csr.data[a:b]) for a, b in zip(csr.indptr, csr.indptr[1:])]


for name, how in METRICS.items():
    nn = NearestNeighbors(n_neighbors=7, **how).fit(x)
    d, i = nn.kneighbors(test)
    r = float(np.quantile(d, 0.8))
    near = [np.sort(v) for v in nn.radius_neighbors(test, r, return_distance=False)]
    nearest[name] = {"index": i, "distance": d, "radius": r, "within": [list(map(int, v)) for v in near],
                     "graph": rows(nn.kneighbors_graph(n_neighbors=4, mode="distance")), "around": [c for c, _ in rows(nn.radius_neighbors_graph(radius=r))]}
    for weights in ("uniform", "distance"):
        with np.errstate(all="ignore"):
            at = np.vstack([test, x[:3]])  # three training rows: at distance zero
            c = KNeighborsClassifier(n_neighbors=6, weights=weights, **how).fit(x, y)
            m = KNeighborsRegressor(n_neighbors=6, weights=weights, **how).fit(x, z)
            far = RadiusNeighborsRegressor(radius=r, weights=weights, **how).fit(x, z)
            rc = RadiusNeighborsClassifier(radius=r, weights=weights, outlier_label=1, **how).fit(x, y)
            votes[f"{name} {weights}"] = {"proba": c.predict_proba(at), "predict": c.predict(at), "mean": m.predict(at), "radius_mean": far.predict(at),
                                          "radius_proba": rc.predict_proba(at), "radius": r}
lof = {}
grid = np.vstack([x, rng.normal(size=(30, 3)), [[8, 8, 8]]])
for name, how in {"5": {"n_neighbors": 5}, "20": {}, "manhattan": {"n_neighbors": 8, "metric": "manhattan"}}.items():
    old = LocalOutlierFactor(contamination=0.1, **how).fit(grid)
    new = LocalOutlierFactor(contamination=0.1, novelty=True, **how).fit(grid)
    lof[name] = {"training": -old.negative_outlier_factor_, "offset": old.offset_, "new": -new.score_samples(test)}
write("neighbors/testdata/sklearn.json", {"x": x, "y": y, "z": z, "test": test, "grid": grid, "nearest": nearest, "votes": votes, "lof": lof}, __file__)
