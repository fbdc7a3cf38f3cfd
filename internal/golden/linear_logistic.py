"""Logistic regression with penalties on absolute values from scikit-learn: SAGA, whose intercept is not penalised, on until nothing moves, and LIBLINEAR
where there is no intercept; with weights, class weights, zeros, offset columns and more columns than rows."""

import warnings

import numpy as np
from common import write
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold

warnings.simplefilter("error")
rng = np.random.default_rng(20261126)


def labels(x, k, noise=1.0, used=None):
    b = rng.normal(size=(x.shape[1], k)) * 1.5
    b[used or len(b):] = 0
    z = ((x - x.mean(axis=0)) / x.std(axis=0)) @ b + noise * rng.gumbel(size=(len(x), k))
    y = z.argmax(axis=1)
    assert len(set(y)) == k
    return y


def objective(m, x, y, w, c, l1):
    z = x @ m.coef_.T + m.intercept_
    loss = np.logaddexp(0, np.where(y == 1, -1, 1) * z[:, 0]) if z.shape[1] == 1 else logsumexp(z, axis=1) - z[np.arange(len(y)), y]
    return w @ loss + (l1 * np.abs(m.coef_).sum() + (1 - l1) / 2 * (m.coef_**2).sum()) / c


cases = {}


def case(name, x, y, c, l1, w=None, balanced=False, intercept=True, solver="saga"):
    m = LogisticRegression(C=c, l1_ratio=l1, solver=solver, tol=1e-13, max_iter=3_000_000, fit_intercept=intercept, random_state=0,
                           class_weight="balanced" if balanced else None)
    m.fit(x, y, sample_weight=w)
    full = np.ones(len(y)) if w is None else w
    if balanced:
        present = np.bincount(y, full)
        full = full * (full.sum() / (len(present) * present))[y]
    b = np.broadcast_to(m.intercept_, len(m.coef_))
    b = b - (b.mean() if len(b) > 1 else 0)
    cases[name] = {"x": x, "y": y, "weight": [] if w is None else w, "coef": m.coef_, "intercept": b, "c": c, "l1_ratio": l1,
                   "balanced": balanced, "no_intercept": not intercept, "objective": objective(m, x, y, full, c, l1) / full.sum(), "iterations": int(m.n_iter_[0])}


n = 80
x = rng.normal(size=(n, 6))
y = labels(x, 2, used=4)
w = rng.integers(0, 4, size=n).astype(float)
case("lasso", x, y, 0.3, 1.0)
case("lasso, weights", x, y, 0.1, 1.0, w)
case("lasso, balanced", x + 0.5, y, 0.2, 1.0, w, balanced=True)
case("lasso, no intercept", x, y, 0.5, 1.0, w, intercept=False)
case("lasso, no intercept, LIBLINEAR", x, y, 0.3, 1.0, intercept=False, solver="liblinear")
case("lasso, weak penalty", x, y, 30.0, 1.0)
case("lasso, little left", x, y, 0.08, 1.0, w)
case("elastic", x, y, 0.3, 0.5, w)
case("elastic, mostly squares", x, y, 3.0, 0.1)
case("offset columns", x * [1, 0.5, 2, 1, 1, 0.7] + [1, 2, -1, 0, 3, 0], y, 0.5, 1.0, w)
three = labels(x, 3, used=3)
case("three classes", x, three, 0.3, 1.0)
case("three classes, weights", x, three, 0.5, 1.0, w)
case("three classes, balanced, elastic", x, three, 0.5, 0.6, w, balanced=True)
case("three classes, no intercept", x, three, 0.4, 1.0, intercept=False)
case("five classes, elastic", x, labels(x, 5), 2.0, 0.4)
holes = np.where(rng.random((n, 9)) < 2 / 3, 0, rng.normal(size=(n, 9)))
case("zeros", holes, labels(holes, 2), 1.0, 1.0, w)
case("zeros, three classes", holes, labels(holes, 3), 1.0, 1.0, w)
wide = rng.normal(size=(30, 60))
case("more columns than rows", wide, labels(wide, 2, used=5), 0.3, 1.0)
case("more columns than rows, three classes", wide, labels(wide, 3, used=5), 0.5, 0.8)
write("linear/testdata/logistic_l1.json", {"cases": cases}, __file__)

cvs = {}


def cv(name, y, cs, ratios, folds, scoring="neg_log_loss", intercept=True):
    m = LogisticRegressionCV(Cs=cs, l1_ratios=ratios, cv=StratifiedKFold(folds), solver="saga", scoring=scoring, tol=1e-12, max_iter=3_000_000, random_state=0,
                             fit_intercept=intercept, use_legacy_attributes=False)
    m.fit(x, y)
    b = m.intercept_ - (m.intercept_.mean() if len(m.intercept_) > 1 else 0)
    # scores_: folds x ratios x Cs
    cvs[name] = {"y": y, "cs": cs, "l1_ratios": ratios, "k": folds, "scores": np.abs(m.scores_), "c": m.C_, "l1_ratio": m.l1_ratio_,
                 "coef": m.coef_, "intercept": b, "accuracy": scoring == "accuracy", "no_intercept": not intercept}


cs = np.geomspace(0.3, 10, 5)  # with a smaller C no coefficient is left, and SAGA ends at once, wherever the intercept is
cv("squares", y, cs, [0.0], 4)
cv("absolute values", y, cs, [1.0], 5)
cv("elastic", y, cs, [0.0, 0.5, 1.0], 3)
cv("three classes", three, cs, [0.3, 1.0], 4)
cv("accuracy", three, cs, [1.0], 4, scoring="accuracy")
write("linear/testdata/logistic_cv.json", {"x": x, "cases": cvs}, __file__)
