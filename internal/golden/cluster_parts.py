"""Mini-batch k-means of scikit-learn batch by batch, its bisecting k-means on blobs, and FasterPAM of kmedoids from given medoids. PYTHON must have kmedoids (requirements.txt)."""

import kmedoids
import numpy as np
from common import write
from scipy.spatial.distance import cdist
from sklearn.cluster import BisectingKMeans, MiniBatchKMeans

rng = np.random.default_rng(20261128)
x = (rng.normal(size=(150, 3)) + rng.integers(0, 4, (150, 1)) * [4, -3, 2]).round(3)
weight = rng.integers(1, 4, 150).astype(float)
start = x[:4] + 0.5
batches = {}
for name, w in (("plain", None), ("weights", weight)):
    m = MiniBatchKMeans(4, init=start, n_init=1, reassignment_ratio=0.0)
    for lo in range(0, 150, 50):
        m.partial_fit(x[lo:lo + 50], sample_weight=None if w is None else w[lo:lo + 50])
    batches[name] = {"centers": np.ravel(m.cluster_centers_), "counts": m._counts}
corner = np.array([[0, 0], [0, 9], [40, 0], [40, 12], [20, 60]])
blobs = (corner[rng.integers(0, 5, 100)] + rng.normal(size=(100, 2))).round(3)
bisect = {}
for how in ("biggest_inertia", "largest_cluster"):
    m = BisectingKMeans(5, bisecting_strategy=how, n_init=5, random_state=0).fit(blobs)
    bisect[how] = {"labels": m.labels_, "inertia": m.inertia_}
pam = {}
for name, metric in (("euclidean", "euclidean"), ("manhattan", "cityblock")):
    d = cdist(x, x, metric)
    first = np.array([3, 17, 80, 4, 99, 140, 60])
    m = kmedoids.fasterpam(d, first.copy(), max_iter=100)
    b = kmedoids.pam(d, 7, max_iter=100)
    pam[name] = {"first": first, "medoids": sorted(int(i) for i in m.medoids), "loss": m.loss, "labels": m.labels, "build": b.loss}
write("cluster/testdata/parts.json", {"x": x, "weight": weight, "start": np.ravel(start), "batches": batches, "blobs": blobs, "bisect": bisect, "pam": pam}, __file__)
