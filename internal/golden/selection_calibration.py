"""Writes selection/testdata/calibration.json: scikit-learn's calibrated probabilities of naive Bayes (which has probabilities) and of logistic
regression (which has scores), two and three classes, every method, folds with a model each or with one model, frozen models, weights.
Run: internal/golden/regenerate.sh selection_calibration.py
"""

import warnings

import numpy as np
from common import write
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

warnings.filterwarnings("ignore")
logistic = LogisticRegression(C=0.01, tol=1e-12, max_iter=100000)
out = {}
for name, (x, y) in {"cancer": load_breast_cancer(return_X_y=True), "iris": load_iris(return_X_y=True)}.items():
    if name == "cancer":
        x = x[:, [0, 1, 4, 8]]
    else:
        x = x[:, :2]  # classes that overlap
    weight = np.where(np.arange(len(y)) % 3 == 0, 2.5, 1.0)
    every = slice(None, None, 25 if name == "cancer" else 7)
    half = np.arange(len(y)) % 2 == 0
    for model, estimator in {"bayes": GaussianNB(), "logistic": logistic}.items():
        for method in ["sigmoid", "isotonic", "temperature"]:
            for ensemble in [True, False]:
                for weighted in [False, True]:
                    m = CalibratedClassifierCV(estimator, method=method, cv=StratifiedKFold(5), ensemble=ensemble)
                    m.fit(x, y, sample_weight=weight if weighted else None)
                    key = f"{name} {model} {method} {'folds' if ensemble else 'one'}{' weighted' if weighted else ''}"
                    out[key] = m.predict_proba(x[every])
            frozen = FrozenEstimator(estimator.fit(x[half], y[half]))
            out[f"{name} {model} {method} frozen"] = CalibratedClassifierCV(frozen, method=method).fit(x[~half], y[~half]).predict_proba(x[every])

write("selection/testdata/calibration.json", {"proba": out}, __file__)
