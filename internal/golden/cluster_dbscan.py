"""Labels of scikit-learn's DBSCAN: moons with noise, weighted rows, another distance, and a set without clusters."""

import numpy as np
from common import write
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_moons

rng = np.random.default_rng(20261127)
moons = np.vstack([make_moons(150, noise=0.07, random_state=3)[0], rng.uniform(-2, 3, (25, 2))])
weight = rng.integers(1, 4, len(moons)).astype(float)
cases = {}
for name, x, w, how in (("moons", moons, None, dict(eps=0.25, min_samples=5)), ("weights", moons, weight, dict(eps=0.25, min_samples=9)),
                        ("manhattan", moons, None, dict(eps=0.3, min_samples=4, metric="manhattan")), ("none", moons, None, dict(eps=0.001, min_samples=3))):
    labels = DBSCAN(**how).fit(x, sample_weight=w).labels_
    cases[name] = {"x": x, "weight": [] if w is None else w, "eps": how["eps"], "min": how["min_samples"], "labels": labels}
write("cluster/testdata/dbscan.json", {"cases": cases}, __file__)
