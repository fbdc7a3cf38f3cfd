"""Reachability plots and clusters of scikit-learn's OPTICS."""

import numpy as np
from common import write
from sklearn.cluster import OPTICS, cluster_optics_dbscan

rng = np.random.default_rng(20261128)
x = np.vstack([rng.normal(c, s, (n, 2)) for c, s, n in (((0, 0), 0.2, 40), ((1.2, 0), 0.1, 30), ((4, 4), 0.8, 40), ((4.3, 3.8), 0.1, 20))] + [rng.uniform(-3, 7, (15, 2))])
x = x[rng.permutation(len(x))]


def first(labels):
    """Labels numbered by their first rows."""
    name = {-1: -1}
    return [int(name.setdefault(k, len(name) - 1)) for k in labels]


cases = {}
for name, how in (
    ("xi", dict(min_samples=6)), ("steep", dict(min_samples=5, xi=0.15, min_cluster_size=12)), ("uncorrected", dict(min_samples=6, predecessor_correction=False)),
    ("near", dict(min_samples=6, max_eps=1.0)), ("manhattan", dict(min_samples=6, metric="manhattan")),
):
    m = OPTICS(**how).fit(x)
    eps = 0.45
    cases[name] = {
        "samples": how["min_samples"], "eps": how.get("max_eps", 0), "xi": how.get("xi", 0.05), "size": how.get("min_cluster_size", 0), "labels": first(m.labels_),
        "order": m.ordering_, "reach": m.reachability_, "core": m.core_distances_, "before": m.predecessor_, "valleys": m.cluster_hierarchy_,
        "cut": first(cluster_optics_dbscan(reachability=m.reachability_, core_distances=m.core_distances_, ordering=m.ordering_, eps=eps)), "at": eps,
    }
write("cluster/testdata/optics.json", {"x": x, "cases": cases}, __file__)
