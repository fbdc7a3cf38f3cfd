"""Goldens of the univariate scores and the selectors that use them: scikit-learn's."""

import warnings

import numpy as np
from scipy.special import digamma
from sklearn.feature_selection import (SelectFdr, SelectFpr, SelectFwe, SelectKBest, SelectPercentile, chi2, f_classif, f_regression, mutual_info_classif, mutual_info_regression)

from common import write

warnings.filterwarnings("ignore")
rng = np.random.default_rng(21)
n, p = 80, 12
y = rng.integers(0, 3, size=n)
x = rng.normal(size=(n, p))
x[:, 0] += y
x[:, 3] -= 0.5 * (y == 1)
x[:, 5] = 1e6 + x[:, 5] + 0.4 * y
x[:, 7] = 2.5
t = x[:, 0] + 0.4 * x[:, 2] ** 2 + 0.2 * rng.normal(size=n)
counts = rng.poisson(1 + (np.arange(p) % 3 == 0) * y[:, None] * 0.6).astype(float)
counts[:, 4] = 0
w = rng.integers(1, 4, size=n).astype(float)


def f(score, x, y, w=None):
    if w is not None:
        x, y = np.repeat(x, w.astype(int), axis=0), np.repeat(y, w.astype(int))
    if score is not chi2:
        x = x - x.mean(0)  # scikit-learn's sums of squares lose the digits of a column far from 0
        x = np.where(np.abs(x).max(0) < 1e-12, 0, x)
    s, pv = score(x, y)
    return {"scores": s, "p": pv}


def kept(sel, x, y):
    return {"support": sel.fit(x, y).get_support(indices=True)}


disc = np.round(x * 2)


def ross(numbers, category, neighbors=3):
    """Ross's estimate by its definition: scikit-learn's distances go through a square and a root, whose rounding lets a neighbour in or out here and there."""
    c = numbers / numbers.std()
    radius, k, count = np.zeros(n), np.zeros(n), np.zeros(n)
    for v in np.unique(category):
        m = category == v
        count[m] = m.sum()
        if m.sum() > 1:
            k[m] = min(neighbors, m.sum() - 1)
            d = np.sort(np.abs(c[m][:, None] - c[m][None]), axis=1)
            radius[m] = np.nextafter(d[:, int(k[m][0])], 0)
    m = count > 1
    near = (np.abs(c[m][:, None] - c[m][None]) <= radius[m][:, None]).sum(1)
    return max(0, digamma(m.sum()) + digamma(k[m]).mean() - digamma(count[m]).mean() - digamma(near).mean())

write("features/testdata/univariate.json", {
    "x": x, "y": y, "t": t, "counts": counts, "w": w, "disc": disc,
    "anova": f(f_classif, x, y), "anova_weighted": f(f_classif, x, y, w), "chi2": f(chi2, counts, y), "chi2_weighted": f(chi2, counts, y, w),
    "freg": f(f_regression, x, t), "freg_weighted": f(f_regression, x, t, w),
    "mi_class": mutual_info_classif(x[:, :5], y, random_state=0), "mi_number": mutual_info_regression(x[:, :5], t, random_state=0),
    "mi_discrete": mutual_info_classif(disc, y, discrete_features=True), "mi_discrete_number": [ross(t, c) for c in disc.T],
    "kbest": kept(SelectKBest(f_classif, k=4), x, y), "percentile": kept(SelectPercentile(f_classif, percentile=30), x, y),
    "fpr": kept(SelectFpr(f_classif, alpha=0.2), x, y), "fdr": kept(SelectFdr(f_classif, alpha=0.2), x, y), "fwe": kept(SelectFwe(f_classif, alpha=0.2), x, y),
}, __file__)
