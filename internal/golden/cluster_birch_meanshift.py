"""Small clusters and labels of scikit-learn's Birch; centres and bandwidths of its MeanShift."""

import numpy as np
from common import write
from sklearn.cluster import Birch, MeanShift, estimate_bandwidth

rng = np.random.default_rng(20261128)
x = np.vstack([rng.normal(c, 0.5, (40, 2)) for c in ((0, 0), (4, 1), (1, 5))] + [rng.uniform(-3, 8, (12, 2))])
x = x[rng.permutation(len(x))]


def first(labels):
    """Labels numbered by their first rows."""
    name = {-1: -1}
    return [int(name.setdefault(k, len(name) - 1)) for k in labels]


birch = {}
for name, how in (("three", dict(n_clusters=3)), ("narrow", dict(n_clusters=4, threshold=0.3, branching_factor=4)), ("small", dict(n_clusters=None, threshold=0.8))):
    m = Birch(**how).fit(x)
    centers = m.subcluster_centers_
    birch[name] = {"k": how["n_clusters"] or 0, "threshold": how.get("threshold", 0.5), "branching": how.get("branching_factor", 50), "labels": first(m.labels_),
                   "centers": centers[np.lexsort(centers.T)]}
shift = {}
for name, how in (("estimated", {}), ("narrow", dict(bandwidth=1.2)), ("binned", dict(bandwidth=1.2, bin_seeding=True)), ("noise", dict(bandwidth=1.0, cluster_all=False)),
                  ("full", dict(bandwidth=1.2, bin_seeding=True, min_bin_freq=3))):
    m = MeanShift(**how).fit(x)
    shift[name] = {"bandwidth": how.get("bandwidth", 0), "centers": m.cluster_centers_, "labels": m.labels_, "least": how.get("min_bin_freq", 0)}
write("cluster/testdata/birch_meanshift.json", {"x": x, "birch": birch, "shift": shift, "estimate": [estimate_bandwidth(x), estimate_bandwidth(x, quantile=0.1)]}, __file__)
