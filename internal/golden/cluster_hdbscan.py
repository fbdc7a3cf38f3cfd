"""Labels, strengths, outlier scores and predictions of package hdbscan, on clusters of different densities with noise around them."""

import hdbscan
import numpy as np
from common import write
from scipy.spatial.distance import cdist
from sklearn.datasets import make_moons

rng = np.random.default_rng(20261128)
x = np.vstack([
    make_moons(90, noise=0.06, random_state=5)[0],
    rng.normal((3, 1), 0.12, (40, 2)), rng.normal((3.6, 1.6), 0.15, (30, 2)), rng.normal((1, -3), 0.5, (60, 2)), rng.uniform(-2, 5, (30, 2)),
])
new = np.vstack([x[::7] + rng.normal(0, 0.05, (len(x[::7]), 2)), rng.uniform(-3, 6, (20, 2))])


def first(labels):
    """Labels numbered by their first rows."""
    name = {-1: -1}
    return [int(name.setdefault(k, len(name) - 1)) for k in labels], name


cases = {}
# With match_reference_implementation min_samples counts the row itself, and min_cluster_size is one more than is asked for.
for name, size, samples, how in (
    ("eom", 15, 5, {}), ("leaf", 12, 4, dict(cluster_selection_method="leaf")), ("epsilon", 12, 4, dict(cluster_selection_epsilon=0.35)),
    ("leaf-epsilon", 12, 3, dict(cluster_selection_method="leaf", cluster_selection_epsilon=0.3)), ("manhattan", 14, 4, dict(metric="manhattan")),
    ("limited", 12, 5, dict(max_cluster_size=60)),
):
    m = hdbscan.HDBSCAN(min_cluster_size=size - 1, min_samples=samples, match_reference_implementation=True, approx_min_span_tree=False, **how).fit(x)
    tree = m.condensed_tree_.to_pandas()
    births = dict(zip(tree.child, tree.lambda_val))
    # Reachabilities are often equal. A cluster that ends where it begins comes of the order in which equal ones were merged: these rows must give none.
    assert all(group.lambda_val.max() > births.get(parent, 0) for parent, group in tree.groupby("parent")), name
    labels, names = first(m.labels_)
    persistence = [0.0] * (len(names) - 1)
    for old, code in names.items():
        if old >= 0:
            persistence[code] = m.cluster_persistence_[old]
    same = hdbscan.HDBSCAN(min_cluster_size=size, min_samples=samples - 1, approx_min_span_tree=False, prediction_data=True, **how).fit(x)
    # The core distances kept for predictions look one row less far than those of the tree (0.8.44): put in the tree's.
    same.prediction_data_.core_distances = np.sort(cdist(x, x, "cityblock" if how.get("metric") else "euclidean"))[:, samples - 1]
    code, strength = hdbscan.approximate_predict(same, new)
    rename = {-1: -1}
    for a, b in zip(same.labels_, labels):
        if a >= 0 and b >= 0:
            rename.setdefault(int(a), b)
    cases[name] = {
        "size": size, "samples": samples, "epsilon": how.get("cluster_selection_epsilon", 0.0), "most": how.get("max_cluster_size", 0), "labels": labels,
        "strength": m.probabilities_, "outlier": m.outlier_scores_, "persistence": persistence,
        "predicted": [rename[int(k)] for k in code], "sureness": strength,
    }
write("cluster/testdata/hdbscan.json", {"x": x, "new": new, "cases": cases}, __file__)
