"""Kernel principal components of scikit-learn, with inverses."""

import numpy as np
from common import write
from sklearn.decomposition import KernelPCA
from sklearn.metrics.pairwise import rbf_kernel

rng = np.random.default_rng(20261126)
x = np.round(rng.normal(size=(30, 4)) + np.where(rng.random((30, 1)) < 0.5, 1.5, -1), 3)
x[rng.random(x.shape) < 0.2] = 0
new = np.round(rng.normal(size=(5, 4)), 3)
positive, new_positive = np.abs(x), np.abs(new)

cases = {}
for name, kw in {"linear": dict(kernel="linear"), "rbf": dict(kernel="rbf"), "rbf gamma": dict(kernel="rbf", gamma=0.3), "poly": dict(kernel="poly", coef0=1, degree=2), "cubic": dict(kernel="poly", coef0=0.5, gamma=0.2),
                 "sigmoid": dict(kernel="sigmoid", coef0=0.1, gamma=0.01), "cosine": dict(kernel="cosine")}.items():
    m = KernelPCA(3, fit_inverse_transform=True, alpha=0.5, eigen_solver="dense", **kw).fit(x)
    z = m.transform(new)
    cases[name] = {"eigenvalues": m.eigenvalues_, "transformed": z, "trained": m.transform(x), "inverse": m.inverse_transform(z)}
m = KernelPCA(3, fit_inverse_transform=True, alpha=0.5, kernel=lambda a, b: np.exp(-np.abs(a - b).sum() / 4), eigen_solver="dense").fit(x)
z = m.transform(new)
cases["laplacian"] = {"eigenvalues": m.eigenvalues_, "transformed": z, "trained": m.transform(x), "inverse": m.inverse_transform(z)}


def chi2(a, b):
    whole = a + b
    return np.exp(-(((a - b) ** 2)[whole > 0] / whole[whole > 0]).sum())


m = KernelPCA(3, kernel=chi2, eigen_solver="dense").fit(positive)
cases["chi2"] = {"eigenvalues": m.eigenvalues_, "transformed": m.transform(new_positive), "trained": m.transform(positive), "inverse": []}
m = KernelPCA(3, kernel="precomputed", eigen_solver="dense").fit(rbf_kernel(x, gamma=0.3))
cases["precomputed"] = {"eigenvalues": m.eigenvalues_, "transformed": m.transform(rbf_kernel(new, x, gamma=0.3)), "trained": m.transform(rbf_kernel(x, gamma=0.3)), "inverse": []}
everything = KernelPCA(None, kernel="linear").fit(x).eigenvalues_

write("decomp/testdata/kernelpca.json", {"x": x, "new": new, "cases": cases, "all": everything}, __file__)
