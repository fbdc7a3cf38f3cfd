"""Coefficients of least squares, ridge and logistic regression from scikit-learn, on seeded data with weights, badly scaled and offset
columns, rank deficiency, more columns than rows, and sparse matrices."""

import numpy as np
from common import write
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

rng = np.random.default_rng(20261122)


def regression(n, p, scales=None, offset=0.0):
    x = rng.normal(size=(n, p)) * (np.ones(p) if scales is None else np.asarray(scales)) + offset
    y = x @ (rng.normal(size=p) / x.std(axis=0)) + rng.normal(size=n) + 3
    return x, y


def weights(n):
    """Integers with zeros, so that weights are also repeated and absent rows."""
    return rng.integers(0, 4, size=n).astype(float)


def holes(x):
    """Two thirds of the numbers zero."""
    return np.where(rng.random(x.shape) < 2 / 3, 0, x)


def fit(model, x, y, w):
    model.fit(x, y, sample_weight=w)
    return {"x": x, "y": y, "weight": [] if w is None else w, "coef": np.atleast_2d(model.coef_),
            "intercept": np.broadcast_to(model.intercept_, np.atleast_2d(model.coef_).shape[0])}


cases = {}
x, y = regression(60, 5, scales=[1, 0.1, 30, 1, 10], offset=7)
cases["plain"] = fit(LinearRegression(tol=1e-14), x, y, None)
cases["weights"] = fit(LinearRegression(tol=1e-14), x, y, weights(60))
x, y = regression(40, 4)
x = np.column_stack([x, x[:, 0] + x[:, 1], np.full(40, 5.0), 2 * x[:, 2]])
cases["dependent columns"] = fit(LinearRegression(), x, y, None)
x, y = regression(12, 30)
cases["more columns than rows"] = fit(LinearRegression(), x, y, None)
x, y = regression(50, 8)
cases["positive"] = fit(LinearRegression(positive=True), x, y, weights(50))
x, _ = regression(50, 6)
y3 = x @ rng.normal(size=(6, 3)) + rng.normal(size=(50, 3))
cases["several targets"] = fit(LinearRegression(), x, y3, weights(50))
write("linear/testdata/ols.json", {"cases": cases}, __file__)

cases = {}


def ridge(name, alpha, x, y, w=None, **options):
    """solver="svd" on dense data is the most accurate one; positive=True leaves L-BFGS only."""
    model = Ridge(alpha=alpha, solver="lbfgs" if "positive" in options else "svd", tol=1e-15, max_iter=100000, **options)
    cases[name] = {**fit(model, x, y, w), "alpha": np.atleast_1d(alpha), "no_intercept": not options.get("fit_intercept", True)}


x, y = regression(80, 6, offset=2)
ridge("plain", 1.5, x, y)
ridge("weights", 0.3, x, y, weights(80))
ridge("no intercept", 2.0, x, y, weights(80), fit_intercept=False)
x, y = regression(80, 5, scales=[1, 1e-4, 1e3, 1, 10], offset=100)
ridge("scales and offsets", 1e-3, x, y, weights(80))
x, y = regression(15, 40)
ridge("more columns than rows", 0.7, x, y, weights(15))
ridge("tiny alpha", 1e-9, x, y)
x, y = regression(70, 9)
ridge("sparse", 2.5, holes(x) + 0.0, y, weights(70))
x = rng.normal(size=(60, 5))
x = np.column_stack([x, x[:, 0] + 1e-7 * rng.normal(size=60)])
ridge("nearly dependent columns", 1e-10, x, x.sum(axis=1) + rng.normal(size=60))
x, _ = regression(50, 6)
y3 = x @ rng.normal(size=(6, 3)) + rng.normal(size=(50, 3))
ridge("several targets", np.array([0.1, 3.0, 0.1]), x, y3, weights(50))
write("linear/testdata/ridge.json", {"cases": cases}, __file__)

cases = {}


def logistic(name, x, k, w=None, noise=1.0, **options):
    z = ((x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)) @ rng.normal(size=(x.shape[1], k)) + noise * rng.gumbel(size=(len(x), k))
    y = z.argmax(axis=1)
    assert len(set(y)) == k
    # Newton's method goes on to rounding error; a warning here says that it could not, and fails.
    model = LogisticRegression(solver="newton-cholesky", tol=1e-13, max_iter=10000, **options)
    model.fit(x, y, sample_weight=w)
    b = model.intercept_ - (model.intercept_.mean() if k > 2 else 0)
    fitted = fit(model, x, y, w)
    probe = x[:5]
    cases[name] = {**fitted, "intercept": b, "c": 0 if np.isinf(options.get("C", 1)) else options.get("C", 1.0),
                   "no_penalty": bool(np.isinf(options.get("C", 1))), "no_intercept": not options.get("fit_intercept", True),
                   "balanced": options.get("class_weight") == "balanced",
                   "per_class": list(options["class_weight"].values()) if isinstance(options.get("class_weight"), dict) else [],
                   "proba": model.predict_proba(probe), "log_proba": model.predict_log_proba(probe)}


import warnings

warnings.simplefilter("error")
x = rng.normal(size=(120, 5))
logistic("binary", x, 2)
logistic("binary, weights", x, 2, weights(120), C=0.3)
logistic("binary, balanced", x + 1, 2, weights(120), class_weight="balanced")
logistic("binary, per class", x, 2, weights(120), class_weight={0: 0.5, 1: 3.0}, C=10)
logistic("binary, no intercept", x, 2, fit_intercept=False)
logistic("binary, no penalty", x, 2, C=np.inf, noise=3)
logistic("scales and offsets", x * [1, 0.05, 20, 1, 3] + [0, 1, 100, -20, 5], 2, weights(120))
logistic("three classes", x, 3)
logistic("four classes, weights", x, 4, weights(120), C=5)
logistic("three classes, balanced", x, 3, weights(120), class_weight="balanced")
logistic("three classes, per class", x, 3, None, class_weight={0: 0.5, 1: 3.0, 2: 1.0})
logistic("three classes, no intercept", x, 3, fit_intercept=False)
logistic("three classes, scales and offsets", x * [1, 0.05, 20, 1, 3] + [0, 1, 100, -20, 5], 3)
logistic("sparse", holes(x), 2, weights(120))
logistic("sparse, three classes", holes(x), 3, weights(120))
logistic("more columns than rows", rng.normal(size=(30, 50)), 2)
write("linear/testdata/logistic.json", {"cases": cases}, __file__)
