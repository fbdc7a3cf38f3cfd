"""Goldens of features.StandardScaler: scikit-learn on dense, weighted, missing, constant and sparse columns."""

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import StandardScaler

from common import write

rng = np.random.default_rng(7)
x = rng.normal(size=(60, 5)) * [1, 1e-3, 1e4, 1, 3] + [0, 5, -2e4, 1e6, 0]
x[:, 2] = np.round(x[:, 2])
x[::7, 0] = np.nan
x[3:9, 4] = np.nan
x = np.column_stack([x, np.full(60, 0.1), np.zeros(60)])
w = rng.integers(0, 4, size=60).astype(float)
w[:3] = [0.5, 1.25, 0.0]


def case(x, w=None, **kw):
    m = StandardScaler(**kw).fit(x, sample_weight=w)
    return {
        "mean": m.mean_ if m.mean_ is not None else [],
        "var": m.var_,
        "scale": m.scale_,
        "seen": np.broadcast_to(np.asarray(m.n_samples_seen_, float), (x.shape[1],)),
        "z": m.transform(x),
    }


s = x.copy()
s[rng.random(s.shape) < 0.6] = 0
write(
    "features/testdata/standard.json",
    {
        "x": x,
        "w": w,
        "sparse": s,
        "plain": case(x),
        "weighted": case(x, w),
        "nomean": case(sp.csr_matrix(s), with_mean=False),
        "nomean_weighted": case(sp.csr_matrix(s), w, with_mean=False),
    },
    __file__,
)
