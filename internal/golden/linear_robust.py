"""Robust regression: Huber's with joint scale from scikit-learn, its solution polished until the gradient is rounding; M-estimators from
statsmodels; Theil-Sen from scikit-learn with every subset of rows."""

import warnings

import numpy as np
import statsmodels.api as sm
from common import write
from scipy.optimize import root
from sklearn.linear_model import HuberRegressor, TheilSenRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient

warnings.simplefilter("error")
rng = np.random.default_rng(20261128)


def data(n, p, bad):
    x = rng.normal(size=(n, p)) * np.array([1, 10, 0.1, 1, 3, 1, 1, 1][:p]) + np.arange(p)
    y = x @ rng.normal(size=p) + rng.normal(size=n) + 5
    y[: int(bad * n)] += 30 + 5 * rng.normal(size=int(bad * n))
    return x, y


huber = {}


def huber_case(name, x, y, w=None, epsilon=1.35, alpha=0.0, intercept=True):
    model = HuberRegressor(epsilon=epsilon, alpha=alpha, fit_intercept=intercept, max_iter=100000, tol=1e-9).fit(x, y, sample_weight=w)
    weight = np.ones(len(y)) if w is None else w
    start = np.concatenate([model.coef_, [model.intercept_] if intercept else [], [model.scale_]])
    unit = np.concatenate([x.std(axis=0), [1] if intercept else [], [1]])
    best = root(lambda z: _huber_loss_and_gradient(z / unit, x, y, epsilon, alpha, weight)[1] / unit, start * unit, tol=1e-15)
    params = best.x / unit
    assert np.abs(best.fun).max() < 1e-9, best
    r = np.abs(y - x @ params[: x.shape[1]] - (params[-2] if intercept else 0))
    huber[name] = {"x": x, "y": y, "weight": [] if w is None else w, "epsilon": epsilon, "alpha": alpha, "no_intercept": not intercept,
                   "coef": [params[: x.shape[1]]], "intercept": [params[-2] if intercept else 0.0], "scale": params[-1],
                   "loss": _huber_loss_and_gradient(params, x, y, epsilon, alpha, weight)[0] / weight.sum(), "outliers": r > params[-1] * epsilon}


x, y = data(100, 5, 0.15)
w = rng.integers(0, 4, size=100).astype(float)
real = rng.random(100) + 0.1
huber_case("plain", x, y)
huber_case("weights", x, y, w)
huber_case("real weights, penalty", x, y, real, alpha=0.7)
huber_case("wide epsilon", x, y, real, epsilon=3.0, alpha=1e-4)
huber_case("no intercept", x, y, w, intercept=False)
huber_case("sparse", np.where(rng.random(x.shape) < 2 / 3, 0, x), y, real)

rlm = {}
norms = {"huber": sm.robust.norms.HuberT(), "tukey": sm.robust.norms.TukeyBiweight(), "hampel": sm.robust.norms.Hampel(),
         "andrew": sm.robust.norms.AndrewWave(), "narrow huber": sm.robust.norms.HuberT(0.8), "wide tukey": sm.robust.norms.TukeyBiweight(6.0)}
stack = sm.datasets.stackloss.load_pandas()
for name, norm in norms.items():
    for what, (a, b) in {"stackloss": (stack.exog.to_numpy(float), stack.endog.to_numpy(float)), "made up": (x, y)}.items():
        fit = sm.RLM(b, sm.add_constant(a), M=norm).fit(conv="coefs", tol=1e-13, maxiter=5000)
        rlm[f"{name}, {what}"] = {"x": a, "y": b, "weight": [], "coef": [fit.params[1:]], "intercept": [fit.params[0]], "scale": fit.scale, "weights": fit.weights}

theil = {}
for name, (n, p, intercept, subsamples) in {"line": (30, 1, True, None), "plane": (18, 2, True, None), "through the origin": (25, 2, False, None),
                                            "larger subsets": (14, 2, True, 5)}.items():
    a, b = data(n, p, 0.1)
    fit = TheilSenRegressor(fit_intercept=intercept, n_subsamples=subsamples, max_subpopulation=1e5, max_iter=1000000, tol=1e-14).fit(a, b)
    theil[name] = {"x": a, "y": b, "weight": [], "no_intercept": not intercept, "subsamples": subsamples or 0, "coef": [fit.coef_], "intercept": [float(fit.intercept_)],
                   "subpopulation": fit.n_subpopulation_, "breakdown": fit.breakdown_}
write("linear/testdata/robust.json", {"huber": huber, "rlm": rlm, "theil": theil}, __file__)
