"""Writes selection/testdata/thresholds.json: scikit-learn's tuned and fixed thresholds of naive Bayes on four columns of the cancer data, and its dummy estimators.
Run: internal/golden/regenerate.sh selection_thresholds.py
"""

import warnings

import numpy as np
from common import write
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, make_scorer, precision_score, recall_score
from sklearn.model_selection import FixedThresholdClassifier, StratifiedKFold, TunedThresholdClassifierCV
from sklearn.naive_bayes import GaussianNB

warnings.filterwarnings("ignore")
x, y = load_breast_cancer(return_X_y=True)
x = x[:, [0, 1, 4, 8]]
weight = np.where(np.arange(len(y)) % 3 == 0, 2.5, 1.0)


def cost(y, pred, sample_weight=None):
    c = confusion_matrix(y, pred, labels=[0, 1], sample_weight=sample_weight)
    return float((c * np.array([[-1.0, 10.0], [2.0, 0.0]])).sum() / c.sum())


scorers = {
    "balanced accuracy": "balanced_accuracy",
    "f1": make_scorer(f1_score),
    "cost": make_scorer(cost, greater_is_better=False),
    "precision": make_scorer(precision_score, zero_division=0),
    "recall": make_scorer(recall_score),
}


def curve(m):
    return {"threshold": m.best_threshold_, "score": m.best_score_, "thresholds": m.cv_results_["thresholds"], "scores": m.cv_results_["scores"], "predict": m.predict(x[::25])}


tuned = {}
for name, scorer in scorers.items():
    tuned[name] = curve(TunedThresholdClassifierCV(GaussianNB(), scoring=scorer, cv=StratifiedKFold(5), thresholds=30, store_cv_results=True).fit(x, y))
odd = np.arange(len(y)) % 2 == 1
frozen = FrozenEstimator(GaussianNB().fit(x[~odd], y[~odd]))
tuned["frozen"] = curve(TunedThresholdClassifierCV(frozen, scoring=scorers["f1"], cv="prefit", refit=False, thresholds=30, store_cv_results=True).fit(x[odd], y[odd]))
logistic = LogisticRegression(C=0.01, tol=1e-12, max_iter=100000)
tuned["logistic"] = curve(TunedThresholdClassifierCV(logistic, scoring=scorers["f1"], cv=StratifiedKFold(5), thresholds=30, store_cv_results=True).fit(x, y))
fixed = {"default": FixedThresholdClassifier(GaussianNB()).fit(x, y).predict(x), "0.9": FixedThresholdClassifier(GaussianNB(), threshold=0.9).fit(x, y).predict(x)}

iris, species = load_iris(return_X_y=True)
species = np.where(np.arange(150) % 4 == 0, 1, species)
w = np.where(np.arange(150) % 3 == 0, 2.5, 1.0)
classes = {}
for weighted in [False, True]:
    for rule in ["prior", "most_frequent", "constant", "uniform"]:
        m = DummyClassifier(strategy=rule, constant=2).fit(iris, species, sample_weight=w if weighted else None)
        classes[rule + (" weighted" if weighted else "")] = {"proba": m.predict_proba(iris[:1])[0], "predict": -1 if rule == "uniform" else int(m.predict(iris[:1])[0])}
diabetes, target = load_diabetes(return_X_y=True, scaled=False)
w = np.where(np.arange(442) % 3 == 0, 2.5, 1.0)
numbers = {}
for rule, q in [("mean", None), ("median", None), ("quantile", 0.0), ("quantile", 0.3), ("quantile", 1.0)]:
    numbers[rule + ("" if q is None else f" {q}")] = DummyRegressor(strategy=rule, quantile=q).fit(diabetes, target).predict(diabetes[:1])[0]
numbers["mean weighted"] = DummyRegressor().fit(diabetes, target, sample_weight=w).predict(diabetes[:1])[0]
numbers["median weighted"] = DummyRegressor(strategy="median").fit(diabetes, target, sample_weight=w).predict(diabetes[:1])[0]

write("selection/testdata/thresholds.json", {"tuned": tuned, "fixed": fixed, "classes": classes, "numbers": numbers}, __file__)
