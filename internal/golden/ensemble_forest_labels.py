"""Scores of scikit-learn's forests of several labels over ten seeds: what ours must agree with, within the noise of the seeds."""
import numpy as np
from common import write
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

X, y = load_breast_cancer(return_X_y=True)
Y = np.column_stack([y, X[:, 4] > 0.096, X[:, 0] + X[:, 1] / 2 > 23]).astype(int)
test = np.arange(len(X)) % 3 == 0


def scores(make, oob):
    held, out = [], []
    for seed in range(10):
        m = make(seed).fit(X[~test], Y[~test])
        held.append((m.predict(X[test]) == Y[test]).all(axis=1).mean())
        out.append(m.oob_score_ if oob else 0.0)
    return {"held": np.mean(held), "heldSD": np.std(held, ddof=1), "oob": np.mean(out), "oobSD": np.std(out, ddof=1)}


write("ensemble/testdata/forest_labels.json", {
    "forest": scores(lambda s: RandomForestClassifier(100, oob_score=True, random_state=s), True),
    "extra": scores(lambda s: ExtraTreesClassifier(100, random_state=s), False),
}, __file__)
