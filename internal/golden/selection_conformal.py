"""Writes selection/testdata/conformal.json: MAPIE's intervals on diabetes (least squares: split, relative, by a spread, CV+, minmax, jackknife+, quantiles) and sets on iris
(naive Bayes on two columns: LAC, APS, top k). Where MAPIE draws at random (its APS), its own functions are called without the draw.
Run: internal/golden/regenerate.sh selection_conformal.py
"""

import warnings

import numpy as np
from common import write
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores import AbsoluteConformityScore, APSConformityScore, GammaConformityScore, ResidualNormalisedScore
from mapie.regression import ConformalizedQuantileRegressor, CrossConformalRegressor, SplitConformalRegressor
from mapie.utils import _compute_classification_quantile
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, LeaveOneOut
from sklearn.naive_bayes import GaussianNB

warnings.filterwarnings("ignore")
x, y = load_diabetes(return_X_y=True, scaled=False)
even, odd = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
probe = x[::40]
ols = LinearRegression().fit(x[even], y[even])
spread = LinearRegression().fit(x[even], np.abs(y[even] - ols.predict(x[even])) + 5)
out = {}


def ends(intervals):
    return {"low": intervals[:, 0, 0], "high": intervals[:, 1, 0]}


scores = {
    "split": AbsoluteConformityScore(), "asymmetric": AbsoluteConformityScore(sym=False), "relative": GammaConformityScore(sym=True), "relative asymmetric": GammaConformityScore(sym=False),
    "spread": ResidualNormalisedScore(residual_estimator=spread, prefit=True, sym=True),
}
for name, score in scores.items():
    m = SplitConformalRegressor(ols, confidence_level=0.87, conformity_score=score, prefit=True).conformalize(x[odd], y[odd])
    out[name] = ends(m.predict_interval(probe)[1])
for method in ["plus", "minmax"]:
    for name, score in {"": AbsoluteConformityScore(), " asymmetric": AbsoluteConformityScore(sym=False)}.items():
        m = CrossConformalRegressor(LinearRegression(), confidence_level=0.87, conformity_score=score, method=method, cv=KFold(5)).fit_conformalize(x, y)
        out[method + name] = ends(m.predict_interval(probe)[1])
m = CrossConformalRegressor(LinearRegression(), confidence_level=0.87, method="plus", cv=LeaveOneOut()).fit_conformalize(x[:60], y[:60])
out["jackknife"] = ends(m.predict_interval(probe)[1])


low, high, middle = (LinearRegression().fit(x[even], y[even] + shift) for shift in (-60, 70, 0))
m = ConformalizedQuantileRegressor([low, high, middle], confidence_level=0.87, prefit=True).conformalize(x[odd], y[odd])
out["quantile"] = ends(m.predict_interval(probe, symmetric_correction=True)[1])
out["quantile asymmetric"] = ends(m.predict_interval(probe, symmetric_correction=False)[1])

x, y = load_iris(return_X_y=True)
x = x[:, :2]
even, odd = np.arange(150) % 2 == 0, np.arange(150) % 2 == 1
bayes = GaussianNB().fit(x[even], y[even])
sets = {}
for name in ["lac", "top_k"]:
    m = SplitConformalClassifier(bayes, confidence_level=0.87, conformity_score=name, prefit=True).conformalize(x[odd], y[odd])
    sets[name] = m.predict_set(x[::5])[1][:, :, 0].astype(int)
aps, _ = APSConformityScore().get_true_label_cumsum_proba(y[odd], bayes.predict_proba(x[odd]), bayes.classes_)
q = _compute_classification_quantile(aps, np.array([0.13]))
every = np.stack([APSConformityScore().get_true_label_cumsum_proba(np.full(30, c), bayes.predict_proba(x[::5]), bayes.classes_)[0][:, 0] for c in range(3)], axis=1)
sets["aps"] = (every <= q + 1e-9).astype(int)

write("selection/testdata/conformal.json", {"intervals": out, "sets": sets}, __file__)
