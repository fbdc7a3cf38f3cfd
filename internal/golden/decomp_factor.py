"""Factor analysis of scikit-learn, its rotations, and oblique ones of statsmodels (by the same gradient projection, to a smaller gradient) and by the formulas of R's promax."""

import warnings

import numpy as np
from common import write
from sklearn.decomposition import FactorAnalysis
from statsmodels.multivariate.factor_rotation import rotate_factors

rng = np.random.default_rng(20261127)
x = np.round(rng.normal(size=(70, 3)) @ (rng.normal(size=(3, 7)) * 1.5) + rng.normal(size=(70, 7)) * rng.uniform(0.5, 1.5, size=7) + np.arange(7), 3)
new = np.round(rng.normal(size=(4, 7)) * 2, 3)

cases = {}
for name, kw in {"plain": {}, "varimax": dict(rotation="varimax"), "quartimax": dict(rotation="quartimax"), "tight": dict(tol=1e-6),
                 "started": dict(noise_variance_init=np.linspace(0.5, 2, 7)), "short": dict(max_iter=5, tol=0)}.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        m = FactorAnalysis(3, svd_method="lapack", **kw).fit(x)
    a = m.components_
    s = np.sign(a[np.arange(3), np.abs(a).argmax(axis=1)])
    cases[name] = {"components": a * s[:, None], "noise": m.noise_variance_, "mean": m.mean_, "loss": [-v for v in m.loglike_], "transformed": m.transform(new) * s,
                   "covariance": m.get_covariance(), "precision": m.get_precision(), "log_likelihoods": m.score_samples(new)}

a = FactorAnalysis(3, svd_method="lapack").fit(x).components_.T


def oriented(loadings, correlation):
    s = np.sign(loadings.T[np.arange(3), np.abs(loadings.T).argmax(axis=1)])
    return {"components": loadings.T * s[:, None], "correlation": correlation * np.outer(s, s)}


oblique = {}
for gamma in (0, -0.5):
    l, t = rotate_factors(a / np.abs(a).max(), "oblimin", gamma, "oblique", tol=1e-11, max_tries=5000)
    oblique[f"oblimin {gamma}"] = oriented(l * np.abs(a).max(), t.T @ t)
v = FactorAnalysis(3, svd_method="lapack", rotation="varimax").fit(x).components_.T
for m in (4, 3):
    q = v * np.abs(v) ** (m - 1)
    u = np.linalg.lstsq(v, q, rcond=None)[0]
    u = u @ np.diag(np.sqrt(np.diag(np.linalg.inv(u.T @ u))))
    ui = np.linalg.inv(u)
    oblique[f"promax {m}"] = oriented(v @ u, ui @ ui.T)

write("decomp/testdata/factor.json", {"x": x, "new": new, "cases": cases, "oblique": oblique}, __file__)
