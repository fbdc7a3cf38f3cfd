"""Independent components of scikit-learn, from a given start and until nothing turns."""

import numpy as np
from common import write
from sklearn.decomposition import FastICA

rng = np.random.default_rng(20261129)
n = 80
t = np.linspace(0, 8, n)
sources = np.c_[np.sin(2 * t), np.sign(np.sin(3 * t)), rng.laplace(size=n)]
x = np.round(sources @ rng.normal(size=(3, 4)) + 0.05 * rng.normal(size=(n, 4)) + np.arange(4), 3)
start = np.round(rng.normal(size=(3, 3)), 3)
new = np.round(rng.normal(size=(4, 4)) * 2, 3)


def signs(a):
    return np.sign(a[np.arange(len(a)), np.abs(a).argmax(axis=1)])


cases = {}
for algorithm in ("parallel", "deflation"):
    for fun in ("logcosh", "exp", "cube"):
        for whiten in ("unit-variance", "arbitrary-variance"):
            m = FastICA(3, algorithm=algorithm, fun=fun, whiten=whiten, w_init=start, tol=1e-15, max_iter=2000, whiten_solver="svd").fit(x)
            s = signs(m.components_)
            z = m.transform(new)
            cases[f"{algorithm} {fun} {whiten}"] = {"components": m.components_ * s[:, None], "mixing": m.mixing_ * s, "mean": m.mean_, "whitening": m.whitening_,
                                                    "transformed": z * s, "inverse": m.inverse_transform(z)}
m = FastICA(3, fun="logcosh", fun_args={"alpha": 1.5}, w_init=start, tol=1e-15, max_iter=2000).fit(x)
alpha = m.components_ * signs(m.components_)[:, None]
white = FastICA(3, w_init=start, whiten="unit-variance", max_iter=1, tol=1).fit_transform(x)
white = np.round(white, 6)
m = FastICA(whiten=False, w_init=start, tol=1e-15, max_iter=2000).fit(white)
s = signs(m.components_)

write("decomp/testdata/ica.json", {"x": x, "new": new, "start": start, "cases": cases, "alpha": alpha, "white": white,
                                   "plain": {"components": m.components_ * s[:, None], "transformed": m.transform(white[:3]) * s}}, __file__)
