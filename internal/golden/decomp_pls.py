"""Partial least squares and canonical correlation of scikit-learn, with iterations that go on until nothing moves."""

import numpy as np
from common import write
from sklearn.cross_decomposition import CCA, PLSSVD, PLSCanonical, PLSRegression

rng = np.random.default_rng(20261128)
n, hidden = 40, rng.normal(size=(40, 3))
x = np.round(hidden @ rng.normal(size=(3, 6)) + 0.4 * rng.normal(size=(n, 6)) + np.arange(6), 3)
y = np.round(hidden @ rng.normal(size=(3, 4)) + 0.3 * rng.normal(size=(n, 4)) - 2, 3)
y[:, 1] *= 10
new, new_y = np.round(rng.normal(size=(5, 6)) * 2 + 1, 3), np.round(rng.normal(size=(5, 4)) * 2, 3)
wide, wide_y = np.round(rng.normal(size=(12, 20)), 3), np.round(rng.normal(size=(12, 2)), 3)

tight = dict(max_iter=100000, tol=1e-30)


def told(m, x, y, new, new_y, single=False):
    y2 = y.reshape(len(y), -1)
    m.fit(x, y)
    t, u = m.transform(new, new_y)
    out = {"x_weights": m.x_weights_.T, "y_weights": m.y_weights_.T, "x_scores": t, "y_scores": u}
    if not isinstance(m, PLSSVD):
        bx, by = m.inverse_transform(t, u)
        out |= {"x_loadings": m.x_loadings_.T, "y_loadings": m.y_loadings_.T, "x_rotations": m.x_rotations_.T, "y_rotations": m.y_rotations_.T, "coef": np.atleast_2d(m.coef_),
                "predicted": m.predict(new).reshape(len(new), -1), "back_x": bx, "back_y": by.reshape(len(new), -1)}
    return out


cases, svd = {}, {}
for scale in (True, False):
    tag = "" if scale else " unscaled"
    for k in (1, 3):
        cases[f"regression {k}{tag}"] = told(PLSRegression(k, scale=scale, **tight), x, y, new, new_y)
        cases[f"single {k}{tag}"] = told(PLSRegression(k, scale=scale, **tight), x, y[:, 0], new, new_y[:, :1])
        cases[f"canonical {k}{tag}"] = told(PLSCanonical(k, scale=scale, **tight), x, y, new, new_y)
        cases[f"cca {k}{tag}"] = told(CCA(k, scale=scale, **tight), x, y, new, new_y)
        svd[f"svd {k}{tag}"] = told(PLSSVD(k, scale=scale), x, y, new, new_y)
cases["wide regression"] = told(PLSRegression(2, **tight), wide, wide_y, wide[:5] + 1, wide_y[:5] - 1)
cases["wide canonical"] = told(PLSCanonical(2, **tight), wide, wide_y, wide[:5] + 1, wide_y[:5] - 1)

write("decomp/testdata/pls.json", {"x": x, "y": y, "new": new, "new_y": new_y, "wide": wide, "wide_y": wide_y, "cases": cases, "svd": svd}, __file__)
