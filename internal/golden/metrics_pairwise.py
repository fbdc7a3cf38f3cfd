"""Writes metrics/testdata/pairwise.json: SciPy's distances, and scikit-learn's where SciPy has none, and scikit-learn's kernels.
Run: internal/golden/regenerate.sh metrics_pairwise.py
"""

import warnings

import numpy as np
from common import write
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise as p

warnings.simplefilter("ignore")
rng = np.random.default_rng(42)
x, y = np.round(rng.normal(size=(7, 5)), 3), np.round(rng.normal(size=(9, 5)), 3)
x[1], y[2] = y[2], y[2]
y[3] = x[0] * 2
v = rng.gamma(2.0, size=5)
q = np.linalg.inv(np.cov(rng.normal(size=(40, 5)).T))
out = {k: cdist(x, y, k) for k in ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "canberra", "braycurtis")}
out["minkowski1.5"] = cdist(x, y, "minkowski", p=1.5)
out["seuclidean"] = cdist(x, y, "seuclidean", V=v)
out["mahalanobis"] = cdist(x, y, "mahalanobis", VI=q)
bx, by = rng.integers(2, size=(6, 8)).astype(float), rng.integers(2, size=(7, 8)).astype(float)
bx[0], by[0] = 0, 0
bits = {"hamming": cdist(bx, by, "hamming"), "jaccard": cdist(bx.astype(bool), by.astype(bool), "jaccard")}
for k in ("dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule"):
    bits[k] = cdist(bx.astype(bool), by.astype(bool), k)
bits["dice"][0, 0] = bits["sokalsneath"][0, 0] = 0  # two rows of zeros: SciPy gives 0/0
out["wminkowski3"] = cdist(x, y, "minkowski", p=3, w=v)
out["inner"] = -x @ y.T
shares = cdist(np.abs(x), np.abs(y), "jensenshannon")
nx, ny = x.copy(), y.copy()
nx[rng.random(nx.shape) < 0.3] = np.nan
ny[rng.random(ny.shape) < 0.3] = np.nan
nx[0] = np.nan
earth = [np.column_stack([rng.uniform(-1.5, 1.5, 6), rng.uniform(-3, 3, 6)]) for _ in range(2)]
earth[1][0] = earth[0][0]
ax, ay = np.abs(x), np.abs(y)
ax[2, 1] = ay[:, 1] = 0
kernels = {
    "linear": p.linear_kernel(x, y), "polynomial": p.polynomial_kernel(x, y, degree=3, coef0=0), "polynomial2": p.polynomial_kernel(x, y, degree=2, gamma=0.3, coef0=1.5), "rbf": p.rbf_kernel(x, y),
    "rbf2": p.rbf_kernel(x, y, gamma=2.5), "laplacian": p.laplacian_kernel(x, y), "sigmoid": p.sigmoid_kernel(x, y, gamma=0.2, coef0=0.5), "cosine": p.cosine_similarity(x, y),
}
chi = {"additive": p.additive_chi2_kernel(ax, ay), "chi2": p.chi2_kernel(ax, ay), "chi2g": p.chi2_kernel(ax, ay, gamma=0.3)}
index, distance = p.pairwise_distances_argmin_min(x, y)
write("metrics/testdata/pairwise.json", {
    "x": x, "y": y, "variance": v, "precision": q, "distances": out, "bx": bx, "by": by, "bits": bits, "shares": shares, "nx": nx, "ny": ny, "nan": p.nan_euclidean_distances(nx, ny), "earth": earth,
    "haversine": p.haversine_distances(*earth), "ax": ax, "ay": ay, "kernels": kernels, "chi": chi, "index": index, "nearest": distance,
}, __file__)
