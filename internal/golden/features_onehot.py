"""Goldens of features.OneHotEncoder: scikit-learn's dropping, grouping of infrequent categories, unknown and missing."""

import itertools

import numpy as np
from sklearn.preprocessing import OneHotEncoder

from common import write

rng = np.random.default_rng(3)
n = 60
a = rng.choice(6, size=n, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04]).astype(float)
b = rng.integers(0, 2, size=n).astype(float)
c = rng.choice([0.5, 2.0, -1.0], size=n)
a[[4, 17, 30]] = np.nan
x = np.column_stack([a, b, c])
new = np.array([[5, 1, 2.0], [0, 0, -1.0], [np.nan, 1, 0.5], [9, 1, 7.0]])

cases = []
for drop, freq, cap, unknown in itertools.product([None, "first", "if_binary"], [None, 0.1, 7], [None, 1, 3], ["error", "ignore", "infrequent_if_exist"]):
    m = OneHotEncoder(drop=drop, min_frequency=freq, max_categories=cap, handle_unknown=unknown, sparse_output=False)
    import warnings

    warnings.simplefilter("ignore")
    m.fit(x)
    rows = new if unknown != "error" else new[:3]
    z = m.transform(rows)
    cases.append(
        {
            "drop": {None: "none", "first": "first", "if_binary": "binary"}[drop],
            "freq": freq or 0,
            "cap": cap or 0,
            "unknown": {"error": "error", "ignore": "ignore", "infrequent_if_exist": "infrequent"}[unknown],
            "names": [s.replace(".0", "").replace("infrequent_sklearn", "infrequent") for s in m.get_feature_names_out(["a", "b", "c"])],
            "z": z,
        }
    )
write("features/testdata/onehot.json", {"x": x, "new": new, "cases": cases}, __file__)
