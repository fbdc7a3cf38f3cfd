"""Goldens of selection with an estimator: scikit-learn's recursive elimination, from-model and sequential selection with least squares, which fits exactly."""

import numpy as np
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SequentialFeatureSelector
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from common import write

rng = np.random.default_rng(41)
n, p = 90, 9
x = rng.normal(size=(n, p))
x[:, 4] = x[:, 0] * 0.7 + 0.5 * x[:, 4]
y = x[:, 0] - 0.6 * x[:, 2] + 0.3 * x[:, 5] + 0.1 * x[:, 7] + 0.8 * rng.normal(size=n)
ols = LinearRegression()


def rfe(**kw):
    m = RFE(ols, **kw).fit(x, y)
    return {"support": m.get_support(indices=True), "ranking": m.ranking_}


cv = RFECV(ols, cv=KFold(5), scoring="r2").fit(x, y)
steps = RFECV(ols, cv=KFold(4), step=2, min_features_to_select=2, scoring="neg_root_mean_squared_error").fit(x, y)


def seq(**kw):
    return SequentialFeatureSelector(ols, cv=KFold(5), scoring="r2", **kw).fit(x, y).get_support(indices=True)


write("features/testdata/wrappers.json", {
    "x": x, "y": y,
    "half": rfe(), "three": rfe(n_features_to_select=3, step=2), "share": rfe(n_features_to_select=2, step=0.3),
    "cv": {"support": cv.get_support(indices=True), "mean": cv.cv_results_["mean_test_score"][::-1]},
    "steps": {"support": steps.get_support(indices=True), "mean": -steps.cv_results_["mean_test_score"][::-1]},
    "mean": SelectFromModel(ols).fit(x, y).get_support(indices=True), "median": SelectFromModel(ols, threshold="0.8*median").fit(x, y).get_support(indices=True),
    "most": SelectFromModel(ols, threshold=-np.inf, max_features=3).fit(x, y).get_support(indices=True),
    "forward": seq(n_features_to_select=4), "backward": seq(n_features_to_select=3, direction="backward"), "tol": seq(n_features_to_select="auto", tol=0.01),
}, __file__)
