"""Goldens of the encoders by target and count, and of the imputers by neighbours and regressions: scikit-learn's."""

import warnings

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.preprocessing import TargetEncoder

from common import write

warnings.filterwarnings("ignore")
rng = np.random.default_rng(5)
n = 60
c = rng.integers(0, 5, size=(n, 2)).astype(float)
c[:7, 1] = np.nan
c[10, 0] = 7  # once only
y = (rng.random(n) < 0.2 + 0.1 * c[:, 0]).astype(int)
three = rng.integers(0, 3, size=n)
t = c[:, 0] ** 2 + rng.normal(size=n)
later = np.array([[0, np.nan], [3, 2], [7, 4], [9, 1]], float)


def enc(target, kind, **kw):
    m = TargetEncoder(target_type=kind, **kw).fit(c, target)
    return {"z": m.transform(later), "all": m.transform(c)}


write("features/testdata/target.json", {
    "c": c, "y": y, "three": three, "t": t, "later": later,
    "binary": enc(y, "binary"), "multiclass": enc(three, "multiclass"), "continuous": enc(t, "continuous"), "smooth": enc(t, "continuous", smooth=3.5), "plain": enc(t, "continuous", smooth=0.0),
}, __file__)

z = rng.normal(size=(40, 4))
x = np.column_stack([z[:, 0], z[:, 0] * 2 + z[:, 1] * 0.3 + 5, z[:, 1] - z[:, 2], z[:, 3] * 0.5 + z[:, 2]])
x[rng.random(x.shape) < 0.2] = np.nan
x[3] = np.nan
x[3, 2] = 0.4
new = x[:12].copy() + 0.1
new[5] = np.nan


def knn(**kw):
    return {"z": KNNImputer(**kw).fit(x).transform(new)}


def mice(estimator=BayesianRidge(tol=1e-12, max_iter=3000), **kw):
    m = IterativeImputer(estimator=estimator, **kw).fit(x)
    return {"train": m.transform(x), "z": m.transform(new), "rounds": m.n_iter_}


write("features/testdata/imputers.json", {
    "x": x, "new": new,
    "knn": knn(), "knn_distance": knn(n_neighbors=3, weights="distance"), "knn_indicator": knn(n_neighbors=2, add_indicator=True),
    "mice": mice(max_iter=5, tol=1e-3), "mice_median": mice(max_iter=3, initial_strategy="median", min_value=-2, max_value=9), "mice_rest": mice(max_iter=60, tol=1e-3),
    "mice_ols": mice(LinearRegression(), max_iter=4),
}, __file__)
