"""Balanced accuracy of imbalanced-learn's ensembles over twenty seeds: what ours must agree with, within the noise of the seeds."""
import warnings

import numpy as np
from common import write
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier, EasyEnsembleClassifier, RUSBoostClassifier
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import balanced_accuracy_score

warnings.simplefilter("ignore")
SEEDS = 20
X, y = load_breast_cancer(return_X_y=True)
rare = np.cumsum(y == 0)
keep = (y == 1) | (rare % 5 == 0)  # one in five of the rarer class
X, y = X[keep], y[keep]
test = np.arange(len(y)) % 3 == 0


def band(make):
    v = [balanced_accuracy_score(y[test], make(s).fit(X[~test], y[~test]).predict(X[test])) for s in range(SEEDS)]
    return {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))}


write("ensemble/testdata/balanced.json", {
    "forest": band(lambda s: BalancedRandomForestClassifier(100, random_state=s)),
    "bagging": band(lambda s: BalancedBaggingClassifier(n_estimators=10, random_state=s)),
    "rusboost": band(lambda s: RUSBoostClassifier(n_estimators=50, random_state=s)),
    "rusboost_replacement": band(lambda s: RUSBoostClassifier(n_estimators=50, replacement=True, random_state=s)),
    "easy": band(lambda s: EasyEnsembleClassifier(n_estimators=10, random_state=s)),
}, __file__)
