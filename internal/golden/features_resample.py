"""Goldens of the under-samplers, which draw nothing: the rows that imbalanced-learn keeps."""

import numpy as np
from imblearn.under_sampling import EditedNearestNeighbours, NearMiss, TomekLinks

from common import write

rng = np.random.default_rng(31)
y = np.repeat([0, 1, 2], [45, 22, 9])
x = rng.normal(size=(len(y), 3)) + y[:, None] * 0.9
order = rng.permutation(len(y))
x, y = x[order], y[order]


def kept(s):
    s.fit_resample(x, y)
    return sorted(s.sample_indices_.tolist())


write("features/testdata/undersample.json", {
    "x": x, "y": y,
    "tomek": kept(TomekLinks()), "enn": kept(EditedNearestNeighbours()), "enn_mode": kept(EditedNearestNeighbours(n_neighbors=5, kind_sel="mode")),
    "near1": kept(NearMiss(version=1)), "near2": kept(NearMiss(version=2)), "near3": kept(NearMiss(version=3)),
}, __file__)
