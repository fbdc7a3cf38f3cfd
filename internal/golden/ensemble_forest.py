"""Scores and importances of scikit-learn's forests over twenty seeds: what ours must agree with, within the noise of the seeds."""
import numpy as np
from common import write
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest, RandomForestClassifier, RandomForestRegressor

SEEDS = 20


def bands(make, X, y, oob):
    test = np.arange(len(X)) % 3 == 0
    held, out, importances = [], [], []
    for seed in range(SEEDS):
        m = make(seed).fit(X[~test], y[~test])
        held.append(m.score(X[test], y[test]))
        if oob:
            out.append(m.oob_score_)
        importances.append(m.feature_importances_)
    one = lambda v: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))}
    return {"held": one(held), "oob": one(out) if oob else {"mean": 0, "sd": 0},
            "importances": {"mean": np.mean(importances, axis=0), "sd": np.std(importances, axis=0, ddof=1)}}


cancer, sugar = load_breast_cancer(return_X_y=True), load_diabetes(return_X_y=True)
isolation = np.mean([-IsolationForest(random_state=s).fit(cancer[0]).score_samples(cancer[0]) for s in range(SEEDS)], axis=0)
write("ensemble/testdata/forest_bands.json", {
    "forest_classes": bands(lambda s: RandomForestClassifier(100, oob_score=True, random_state=s), *cancer, True),
    "extra_classes": bands(lambda s: ExtraTreesClassifier(100, random_state=s), *cancer, False),
    "forest_numbers": bands(lambda s: RandomForestRegressor(100, max_features=3, oob_score=True, random_state=s), *sugar, True),
    "extra_numbers": bands(lambda s: ExtraTreesRegressor(100, random_state=s), *sugar, False),
    "isolation": isolation,
}, __file__)
