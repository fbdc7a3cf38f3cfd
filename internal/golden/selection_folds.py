"""Writes the test rows that scikit-learn's unshuffled splitters give: internal/folds/testdata/sklearn.json and
selection/testdata/splitters.json. Run: internal/golden/regenerate.sh selection_folds.py
"""

import warnings

import numpy as np
from common import write
from sklearn import model_selection as ms

warnings.simplefilter("ignore")  # classes smaller than the number of folds are meant
rng = np.random.default_rng(20)


def tests(splitter, n, y=None, groups=None):
    return [test for _, test in splitter.split(np.zeros((n, 1)), y, groups)]


def case(n, k, y, groups):
    return {
        "k": k, "class": y, "group": groups,
        "kfold": tests(ms.KFold(k), n),
        "stratified": tests(ms.StratifiedKFold(k), n, y),
        "group_folds": tests(ms.GroupKFold(k), n, groups=groups),
        "stratified_group": tests(ms.StratifiedGroupKFold(k), n, y, groups),
    }


cases = []
for n, k, classes, groups in [(10, 2, 2, 3), (11, 3, 2, 4), (37, 5, 3, 9), (50, 4, 5, 13), (101, 10, 4, 25), (300, 7, 6, 60), (64, 8, 2, 8)]:
    y = rng.integers(classes, size=n)
    g = rng.choice(groups, size=n, p=rng.dirichlet(np.ones(groups) * 2))
    g[:groups] = np.arange(groups)  # every group occurs
    cases.append(case(n, k, y, g))
# Sorted classes, classes of very unequal size (one smaller than k), codes with gaps and a negative one, negative groups.
cases.append(case(30, 3, np.repeat([0, 1, 2], 10), np.repeat(np.arange(6), 5)))
cases.append(case(40, 5, rng.choice([0, 1, 2], size=40, p=[0.8, 0.15, 0.05]), rng.permutation(40) % 11))
cases.append(case(45, 4, rng.choice([-1, 3, 7], size=45), rng.choice([-5, 0, 2, 9, 1000], size=45)))

series = []
for n, k, gap, size, most in [(12, 3, 0, 0, 0), (13, 5, 0, 0, 0), (40, 4, 2, 0, 0), (40, 4, 3, 5, 0), (40, 4, 0, 6, 10), (41, 3, 2, 4, 7)]:
    s = ms.TimeSeriesSplit(k, gap=gap, test_size=size or None, max_train_size=most or None)
    parts = list(s.split(np.zeros((n, 1))))
    series.append({"n": n, "k": k, "gap": gap, "test_size": size, "max_train": most, "train": [a for a, _ in parts], "test": [b for _, b in parts]})

predefined = rng.integers(-1, 3, size=25)
write("internal/folds/testdata/sklearn.json", {"cases": cases}, __file__)
write("selection/testdata/splitters.json", {
    "cases": cases[:4], "series": series,
    "predefined": predefined, "predefined_test": [t for _, t in ms.PredefinedSplit(predefined).split()],
}, __file__)
