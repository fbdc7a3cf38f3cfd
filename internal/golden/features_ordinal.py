"""Goldens of features.OrdinalEncoder and features.Labels: scikit-learn's unknown, missing and infrequent categories, and its binarisers."""

import itertools
import warnings

import numpy as np
from sklearn.preprocessing import LabelBinarizer, MultiLabelBinarizer, OrdinalEncoder

from common import write

warnings.simplefilter("ignore")
rng = np.random.default_rng(4)
n = 60
a = rng.choice(6, size=n, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04]).astype(float)
b = rng.choice([0.0, 2.0, 3.0], size=n)
a[[4, 17, 30]] = np.nan
x = np.column_stack([a, b])
new = np.array([[5, 2], [0, 0], [1, 3], [np.nan, 2], [9, 2.0], [2, 1]])

cases = []
for freq, cap, unknown, missing in itertools.product([None, 0.1, 7], [None, 1, 3], ["error", np.nan, -1], [np.nan, -2]):
    how = {"handle_unknown": "error"} if unknown == "error" else {"handle_unknown": "use_encoded_value", "unknown_value": unknown}
    m = OrdinalEncoder(min_frequency=freq, max_categories=cap, encoded_missing_value=missing, **how).fit(x)
    rows = new[:4] if unknown == "error" else new
    cases.append({"freq": freq or 0, "cap": cap or 0, "unknown": None if unknown == "error" else unknown, "refuses": unknown == "error", "missing": missing, "z": m.transform(rows)})

labels, two = ["b", "c", "a", "c"], ["no", "yes", "no"]
sets = [["b", "c"], [], ["a"], ["c", "a", "c"]]
write("features/testdata/ordinal.json", {
    "x": x, "new": new, "cases": cases,
    "labels": labels, "binary": LabelBinarizer().fit_transform(labels).astype(float), "two": two, "binary_two": LabelBinarizer().fit_transform(two).astype(float),
    "sets": sets, "multi": MultiLabelBinarizer().fit_transform(sets), "classes": list(MultiLabelBinarizer().fit(sets).classes_),
}, __file__)
