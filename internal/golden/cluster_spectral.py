"""Labels of scikit-learn's SpectralClustering, and eigenvalues of the Laplacians by SciPy."""

import numpy as np
from common import write
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import SpectralClustering
from sklearn.datasets import make_circles, make_moons

rng = np.random.default_rng(20261128)
sets = {
    "moons": make_moons(90, noise=0.05, random_state=1)[0],
    "circles": make_circles(90, noise=0.03, factor=0.4, random_state=2)[0],
    "blobs": rng.permutation(np.vstack([rng.normal(c, 0.6, (30, 3)) for c in ((0, 0, 0), (3, 0, 1), (0, 3, 2))])),
}


def first(labels):
    """Labels numbered by their first rows."""
    name = {}
    return [int(name.setdefault(k, len(name))) for k in labels]


cases = {}
for name, data, k, how in (("moons", "moons", 2, dict(affinity="nearest_neighbors")), ("circles", "circles", 2, dict(affinity="nearest_neighbors", n_neighbors=8)),
                           ("blobs", "blobs", 3, {}), ("wide", "blobs", 3, dict(gamma=0.3))):
    labels = {}
    for assign in ("kmeans", "cluster_qr", "discretize"):
        m = SpectralClustering(k, assign_labels=assign, random_state=0, eigen_solver="arpack", eigen_tol=1e-12, **how).fit(sets[data])
        labels[assign] = first(m.labels_)
    a = m.affinity_matrix_
    a = a.toarray() if hasattr(a, "toarray") else a
    cases[name] = {"data": data, "k": k, "gamma": how.get("gamma", 1.0), "neighbors": how.get("n_neighbors", 10), "sparse": "affinity" in how, "labels": labels,
                   "eigenvalues": np.linalg.eigvalsh(laplacian(a, normed=True))[:k]}
write("cluster/testdata/spectral.json", {"sets": sets, "cases": cases}, __file__)
