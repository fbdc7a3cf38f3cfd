"""Bayesian ridge and ARD regression from scikit-learn, iterated to their fixed points; ARD's evidence from its definition, by SciPy."""

import warnings

import numpy as np
from common import write
from scipy.stats import multivariate_normal
from sklearn.linear_model import ARDRegression, BayesianRidge

warnings.simplefilter("error")
rng = np.random.default_rng(20261128)
cases = {}


def data(n, p, useful, noise=0.7):
    x = rng.normal(size=(n, p)) * np.linspace(0.5, 2, p) + np.linspace(-1, 3, p)
    b = np.where(np.arange(p) < useful, rng.normal(size=p) + 1, 0)
    return x, x @ b + noise * rng.normal(size=n) + 4


def case(name, model, x, y, weight=None, repeat=None, ard=False):
    rows = np.arange(len(x)) if repeat is None else np.repeat(np.arange(len(x)), repeat)
    if ard:
        model.fit(x[rows], y[rows])
    else:
        model.fit(x[rows], y[rows], sample_weight=weight)
    mean, std = model.predict(x[:7] * 1.5, return_std=True)
    precision = np.atleast_1d(model.lambda_)
    evidence = 0.0
    if ard:
        kept = model.lambda_ < model.threshold_lambda
        precision = np.where(kept, model.lambda_, np.inf)
        xs, ys = x[rows], y[rows]
        if model.fit_intercept:
            xs, ys = xs - xs.mean(axis=0), ys - ys.mean()
        c = np.eye(len(ys)) / model.alpha_ + xs[:, kept] / model.lambda_[kept] @ xs[:, kept].T
        evidence = multivariate_normal(cov=c).logpdf(ys)
        evidence += (1e-6 * np.log(model.lambda_[kept]) - 1e-6 * model.lambda_[kept]).sum() + 1e-6 * np.log(model.alpha_) - 1e-6 * model.alpha_
    used = [] if weight is None and repeat is None else weight if repeat is None else np.asarray(repeat, float)
    cases[name] = {"x": x, "y": y, "weight": used, "intercept": model.fit_intercept, "coef": model.coef_, "b0": model.intercept_, "noise": model.alpha_,
                   "precision": precision, "mean": mean, "std": std, "at": x[:7] * 1.5, "evidence": evidence, "ard": ard,
                   "scores": [] if ard else model.scores_[1:7], "last": 0.0 if ard else model.scores_[-1],
                   "hyper": [model.alpha_1, model.alpha_2, model.lambda_1, model.lambda_2]}


def ridge(**options):
    return BayesianRidge(tol=1e-13, max_iter=5000, compute_score=True, **options)


def ard(**options):
    return ARDRegression(tol=1e-12, max_iter=20000, **options)


x, y = data(60, 5, 3)
case("ridge", ridge(), x, y)
case("ridge weights", ridge(), x, y, weight=rng.uniform(0.2, 3, size=60))
case("ridge repetitions", ridge(), x, y, repeat=rng.integers(0, 4, size=60))
case("ridge no intercept", ridge(fit_intercept=False), x, y)
case("ridge priors", ridge(alpha_1=2.0, alpha_2=3.0, lambda_1=1.5, lambda_2=0.5), x, y)
wx, wy = data(20, 40, 10)
case("ridge wide", ridge(), wx, wy)
case("ridge wide weights", ridge(), wx, wy, weight=rng.uniform(0.8, 3, size=20))
case("ridge wide no intercept", ridge(fit_intercept=False), wx, wy)
x, y = data(60, 8, 3)
case("ard", ard(), x, y, ard=True)
case("ard repetitions", ard(), x, y, repeat=rng.integers(0, 4, size=60), ard=True)
case("ard no intercept", ard(fit_intercept=False), x, y, ard=True)
wx, wy = data(25, 40, 4, noise=0.3)
case("ard wide", ard(), wx, wy, ard=True)
write("linear/testdata/bayesian.json", {"cases": cases}, __file__)
