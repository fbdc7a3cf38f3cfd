"""Lasso and elastic net from scikit-learn: single fits, several targets, multi-task, paths and cross-validation, with weights, zeros, offset
columns, more columns than rows and positive coefficients. The tolerances are as tight as the solver takes, so that what is left is rounding."""

import warnings

import numpy as np
from common import write
from sklearn.linear_model import (ElasticNet, ElasticNetCV, Lasso, LassoCV, MultiTaskElasticNet, MultiTaskElasticNetCV, MultiTaskLasso, enet_path,
                                  lasso_path)

warnings.filterwarnings("error")
rng = np.random.default_rng(20261126)
TIGHT = {"tol": 1e-14, "max_iter": 1_000_000}


def data(n, p, used=None, targets=None, offset=0.0, holes=False, scales=None):
    x = rng.normal(size=(n, p)) * (1 if scales is None else np.asarray(scales))
    if holes:
        x = np.where(rng.random(x.shape) < 2 / 3, 0, x)
    b = rng.normal(size=(p, targets or 1)) * 2
    b[used or p:] = 0
    b /= np.where(x.std(axis=0) > 0, x.std(axis=0), 1)[:, None]
    y = x @ b + rng.normal(size=(n, targets or 1)) + 3
    return x + offset, y if targets else y[:, 0]


def weights(n):
    return rng.integers(0, 4, size=n).astype(float)


def case(model, x, y, w=None):
    model.fit(x, y) if w is None else model.fit(x, y, sample_weight=w)
    p = model.get_params()
    return {"x": x, "y": y if y.ndim == 2 else y[:, None], "weight": [] if w is None else w, "coef": np.atleast_2d(model.coef_),
            "intercept": np.broadcast_to(model.intercept_, np.atleast_2d(model.coef_).shape[0]), "alpha": p["alpha"],
            "l1_ratio": p.get("l1_ratio", 1.0), "no_intercept": not p["fit_intercept"], "positive": p.get("positive", False)}


single = {}
x, y = data(60, 8, 4)
single["plain"] = case(Lasso(alpha=0.1, **TIGHT), x, y)
single["weights"] = case(Lasso(alpha=0.05, **TIGHT), x, y, weights(60))
single["no intercept"] = case(Lasso(alpha=0.2, fit_intercept=False, **TIGHT), x, y, weights(60))
single["positive"] = case(Lasso(alpha=0.05, positive=True, **TIGHT), x, y, weights(60))
single["nothing left"] = case(Lasso(alpha=1e3, **TIGHT), x, y)
x, y = data(60, 5, 3, offset=1e3, scales=[1, 0.1, 10, 1, 3])
single["offset columns"] = case(Lasso(alpha=0.1, **TIGHT), x, y, weights(60))
x, y = data(70, 12, 5, holes=True)
single["zeros"] = case(Lasso(alpha=0.05, **TIGHT), x, y, weights(70))
x, y = data(30, 90, 6)
single["more columns than rows"] = case(Lasso(alpha=0.2, **TIGHT), x, y, weights(30))
x, y = data(60, 8, 4)
x = np.column_stack([x, x[:, 0] + 0.01 * rng.normal(size=60)])
single["nearly dependent columns"] = case(Lasso(alpha=0.01, **TIGHT), x, y)
single["elastic"] = case(ElasticNet(alpha=0.3, l1_ratio=0.5, **TIGHT), x, y, weights(60))
single["elastic positive"] = case(ElasticNet(alpha=0.1, l1_ratio=0.2, positive=True, **TIGHT), x, y, weights(60))
single["ridge end"] = case(ElasticNet(alpha=0.3, l1_ratio=0.0, **TIGHT), x, y, weights(60))
x, y = data(25, 120, 10, holes=True)
single["elastic, more columns than rows"] = case(ElasticNet(alpha=0.1, l1_ratio=0.1, **TIGHT), x, y, weights(25))

multi = {}
x, y = data(50, 10, 4, targets=3)
multi["plain"] = case(MultiTaskLasso(alpha=0.3, **TIGHT), x, y)
multi["elastic"] = case(MultiTaskElasticNet(alpha=0.4, l1_ratio=0.6, **TIGHT), x, y)
multi["weights"] = case(MultiTaskElasticNet(alpha=0.2, l1_ratio=0.8, **TIGHT), x, y, rng.integers(0, 4, size=50).astype(float))
multi["no intercept"] = case(MultiTaskElasticNet(alpha=0.4, l1_ratio=0.6, fit_intercept=False, **TIGHT), x, y)
x, y = data(20, 60, 5, targets=2, holes=True)
multi["more columns than rows"] = case(MultiTaskLasso(alpha=0.4, **TIGHT), x, y)

x, y = data(50, 9, 4)
alphas, coefs, _ = lasso_path(x - x.mean(axis=0), y - y.mean(), eps=1e-2, alphas=20, **TIGHT)
paths = {"lasso": {"x": x, "y": y, "alphas": alphas, "coef": coefs.T, "l1_ratio": 1.0, "positive": False}}
alphas, coefs, _ = enet_path(x - x.mean(axis=0), y - y.mean(), l1_ratio=0.4, eps=1e-2, alphas=20, **TIGHT)
paths["elastic"] = {"x": x, "y": y, "alphas": alphas, "coef": coefs.T, "l1_ratio": 0.4, "positive": False}


def cv(model, x, y, w=None):
    model.fit(x, y) if w is None else model.fit(x, y, sample_weight=w)
    p = model.get_params()
    ratios = np.atleast_1d(p.get("l1_ratio", 1.0))
    return {"x": x, "y": y if y.ndim == 2 else y[:, None], "weight": [] if w is None else w, "coef": np.atleast_2d(model.coef_),
            "intercept": np.broadcast_to(model.intercept_, np.atleast_2d(model.coef_).shape[0]), "l1_ratios": ratios, "k": p["cv"],
            "alphas": np.atleast_2d(model.alphas_), "mse": model.mse_path_.reshape(len(ratios), 20, p["cv"]), "alpha": model.alpha_,
            "l1_ratio": getattr(model, "l1_ratio_", 1.0)}


GRID = {"alphas": 20, "eps": 1e-2, **TIGHT}
cvs = {}
x, y = data(60, 8, 3)
cvs["lasso"] = cv(LassoCV(cv=5, **GRID), x, y)
cvs["weights"] = cv(LassoCV(cv=4, **GRID), x, y, rng.integers(1, 4, size=60).astype(float))
cvs["elastic"] = cv(ElasticNetCV(cv=3, l1_ratio=[0.2, 0.7, 1.0], **GRID), x, y)
x, y = data(24, 40, 4, holes=True)
cvs["more columns than rows"] = cv(ElasticNetCV(cv=3, l1_ratio=[0.5], **GRID), x, y)
x, y = data(40, 8, 3, targets=2)
cvs["tasks"] = cv(MultiTaskElasticNetCV(cv=4, l1_ratio=[0.5, 1.0], **GRID), x, y)
write("linear/testdata/coordinate.json", {"single": single, "multi": multi, "paths": paths, "cv": cvs}, __file__)
