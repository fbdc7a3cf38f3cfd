"""Quantile regression from scikit-learn (HiGHS' simplex method, which ends at a corner too), with weights, penalties, dependent columns and
sparse matrices, and the value of the objective; and from statsmodels, which iterates on reweighted least squares."""

import warnings

import numpy as np
import statsmodels.api as sm
from common import write
from sklearn.linear_model import QuantileRegressor

warnings.simplefilter("error")
rng = np.random.default_rng(20261127)
cases = {}


def objective(x, y, w, quantile, alpha, coef, intercept):
    r = y - x @ coef - intercept
    return np.sum(w * np.maximum(quantile * r, (quantile - 1) * r)) / w.sum() + alpha * np.abs(coef).sum()


def case(name, x, y, quantile, alpha=0.0, w=None, intercept=True, unique=True):
    model = QuantileRegressor(quantile=quantile, alpha=alpha, fit_intercept=intercept, solver="highs-ds").fit(x, y, sample_weight=w)
    weight = np.ones(len(y)) if w is None else w
    cases[name] = {"x": x, "y": y, "weight": [] if w is None else w, "quantile": quantile, "alpha": alpha, "no_intercept": not intercept,
                   "coef": [model.coef_], "intercept": [float(model.intercept_)], "unique": unique,
                   "objective": objective(x, y, weight, quantile, alpha, model.coef_, model.intercept_)}


def data(n, p):
    x = rng.normal(size=(n, p)) * np.array([1, 10, 0.1, 1, 3, 1, 1, 1][:p]) + np.arange(p)
    return x, x @ rng.normal(size=p) + (1 + 0.3 * np.abs(x[:, 0])) * rng.standard_t(3, size=n)


x, y = data(120, 5)
w = rng.integers(0, 4, size=120).astype(float)
real = rng.random(120) + 0.1
case("median", x, y, 0.5)
case("low, weights", x, y, 0.1, w=w)
case("high, real weights", x, y, 0.93, w=real)
case("no intercept", x, y, 0.3, w=real, intercept=False)
case("small penalty", x, y, 0.5, 0.01, w=real)
case("penalty", x, y, 0.7, 0.2, w=real)
case("large penalty", x, y, 0.4, 10.0, w=real)
case("large penalty, no intercept", x, y, 0.4, 50.0, w=real, intercept=False)
holes = np.where(rng.random(x.shape) < 2 / 3, 0, x)
case("sparse", holes, y, 0.35, w=real)
case("sparse, penalty", holes, y, 0.35, 0.05, w=real)
case("dependent columns", np.column_stack([x, x[:, 0] + x[:, 1], np.full(120, 3.0)]), y, 0.35, w=real, unique=False)
case("whole numbers", np.round(x[:, [0, 3]]), np.round(y), 0.5, unique=False)
case("whole numbers, penalty", np.round(x[:, [0, 3]]), np.round(y), 0.25, 0.1, unique=False)
wide = rng.normal(size=(30, 60))
case("more columns than rows, penalty", wide, wide[:, :3].sum(axis=1) + rng.normal(size=30), 0.4, 0.05)
case("more columns than rows", wide, rng.normal(size=30), 0.4, unique=False)
x, y = data(200, 3)
fits = {}
warnings.simplefilter("ignore")  # statsmodels says that it goes in circles, near enough
for q in (0.05, 0.5, 0.8):
    fit = sm.QuantReg(y, sm.add_constant(x)).fit(q=q, max_iter=10000, p_tol=1e-12)
    fits[str(q)] = fit.params
write("linear/testdata/quantile.json", {"cases": cases, "statsmodels": {"x": x, "y": y, "quantiles": list(map(float, fits)), "params": list(fits.values())}}, __file__)
