"""Partial dependence of a forest by scikit-learn, methods recursion and brute: explain/testdata/dependence.json.

All numbers are float32's, since scikit-learn's trees compare those."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import partial_dependence

from common import write


def main():
    r = np.random.default_rng(5)
    x = r.normal(size=(60, 4)).astype(np.float32).astype(float)
    x[:, 1] = np.float32(0.7) * x[:, 0] + np.float32(0.5) * x[:, 1]
    x = x.astype(np.float32).astype(float)
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.1 * r.normal(size=60)
    m = RandomForestRegressor(4, max_depth=4, random_state=1).fit(x, y)
    trees = []
    for e in m.estimators_:
        t = e.tree_
        trees.append(dict(feature=t.feature, threshold=t.threshold, left=t.children_left, right=t.children_right, value=t.value[:, 0, 0], cover=t.weighted_n_node_samples))
    weight = r.integers(0, 4, 60).astype(float)
    cases = []
    for columns in ([0], [2], [0, 1]):
        for method in ("recursion", "brute"):
            kind = "average" if method == "recursion" else "both" if len(columns) == 1 else "average"
            p = partial_dependence(m, x, columns, method=method, kind=kind, grid_resolution=6)
            one = dict(columns=columns, method=method, grid=p["grid_values"], average=p["average"].ravel())
            if "individual" in p:
                one["individual"] = p["individual"][0]  # rows x points
            cases.append(one)
        p = partial_dependence(m, x, columns, method="brute", kind="average", grid_resolution=6, sample_weight=weight)
        cases.append(dict(columns=columns, method="weighted", grid=p["grid_values"], average=p["average"].ravel()))
    write("explain/testdata/dependence.json", dict(x=x, weight=weight, trees=trees, cases=cases), __file__)


main()
