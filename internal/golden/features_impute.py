"""Goldens of features.SimpleImputer: scikit-learn's strategies, indicators and sparse input."""

import numpy as np
import scipy.sparse as sp
from sklearn.impute import SimpleImputer

from common import write

rng = np.random.default_rng(11)
x = np.round(rng.normal(size=(41, 4)) * 3, 1)
x[rng.random(x.shape) < 0.2] = np.nan
x[:, 2] = rng.integers(0, 4, size=41)
x[5, 0], x[6, 0] = 0.0, 0.0
s = np.nan_to_num(x, nan=0.0)
s[rng.random(s.shape) < 0.5] = 0
s[3, 1] = s[9, 1] = s[9, 3] = np.nan
new = np.array([[np.nan, 1.5, np.nan, 0.25], [1, np.nan, 2, np.nan]])

out = {"x": x, "sparse": s, "new": new}
for strategy in ("mean", "median", "most_frequent", "constant"):
    kw = {"fill_value": -7.5} if strategy == "constant" else {}
    m = SimpleImputer(strategy=strategy, add_indicator=True, **kw).fit(x)
    ms = SimpleImputer(strategy=strategy, add_indicator=True, **kw).fit(sp.csr_matrix(s))
    out[strategy.replace("most_frequent", "frequent")] = {
        "fill": m.statistics_,
        "z": m.transform(new),
        "names": list(m.get_feature_names_out(["a", "b", "c", "d"])),
        "sparse_fill": ms.statistics_,
        "sparse_z": ms.transform(sp.csr_matrix(s)),
    }
write("features/testdata/impute.json", out, __file__)
