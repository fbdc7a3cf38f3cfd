"""Writes metrics/testdata/drift.json: SciPy's distances of samples and distributions, with weights; PSI and MMD by their definitions.
Run: internal/golden/regenerate.sh metrics_drift.py
"""

import warnings

import numpy as np
from common import write
from scipy import special, stats
from scipy.spatial.distance import jensenshannon
from sklearn.metrics.pairwise import rbf_kernel

warnings.simplefilter("ignore")
rng = np.random.default_rng(51)


def psi(x, y, bins):
    q = np.unique([np.quantile(x, i / bins, method="averaged_inverted_cdf") for i in range(1, bins)])
    p = np.bincount(np.searchsorted(q, x), minlength=len(q) + 1) / len(x)
    r = np.bincount(np.searchsorted(q, y), minlength=len(q) + 1) / len(y)
    p, r = np.maximum(p, 1e-4), np.maximum(r, 1e-4)
    return np.sum((r - p) * np.log(r / p))


def mmd(x, y):
    kxx, kyy, kxy = rbf_kernel(x), rbf_kernel(y), rbf_kernel(x, y)
    n, m = len(x), len(y)
    return (kxx.sum() - np.trace(kxx)) / (n * (n - 1)) + (kyy.sum() - np.trace(kyy)) / (m * (m - 1)) - 2 * kxy.mean()


def cramer(x, y):
    z = np.concatenate([x, y])
    f = lambda v: np.searchsorted(np.sort(v), z, side="right") / len(v)
    return np.mean((f(x) - f(y)) ** 2)


def distances(x, y):
    ks = stats.ks_2samp(x, y, method="asymp").statistic
    n = len(x) * len(y) / (len(x) + len(y))
    return {"ks": [ks, special.kolmogorov(np.sqrt(n) * ks)], "wasserstein": stats.wasserstein_distance(x, y), "energy": stats.energy_distance(x, y), "cramer": cramer(x, y), "psi": psi(x, y, 10)}


samples = []
for n, m, digits, shift in [(1, 1, 1, 0), (30, 50, 1, 0), (200, 80, 9, 0.4), (40, 40, 0, 3)]:
    x, y = np.round(rng.normal(size=n), digits), np.round(rng.normal(size=m) + shift, digits)
    wx, wy = rng.integers(0, 4, size=n).astype(float), rng.integers(0, 4, size=m).astype(float)
    wx[0] = wy[0] = 1
    a, b = np.repeat(x, wx.astype(int)), np.repeat(y, wy.astype(int))
    samples.append({"x": x, "y": y, "wx": wx, "wy": wy, "plain": distances(x, y), "weighted": distances(a, b)})
shares = [stats.wasserstein_distance(x, y, wx / 7, wy / 3), stats.energy_distance(x, y, wx / 7, wy / 3)]

codes = []
for n, m, k in [(40, 60, 3), (200, 100, 6)]:
    x, y = rng.integers(k, size=n) * 5 - 5, np.minimum(rng.integers(k, size=m), rng.integers(k, size=m)) * 5 - 5
    x[:k] = np.arange(k) * 5 - 5
    table = np.array([[np.sum(v == c) for c in np.unique(np.concatenate([x, y]))] for v in (x, y)])
    r = stats.chi2_contingency(table, correction=False)
    codes.append({"x": x, "y": y, "chi2": [r.statistic, r.pvalue, r.dof]})

dist = []
for k, zero in [(2, False), (7, False), (9, True)]:
    p, q = rng.gamma(1, size=k), rng.gamma(1, size=k)
    if zero:
        p[2] = p[3] = q[3] = 0
    a, b = p / p.sum(), q / q.sum()
    dist.append({"p": p, "q": q, "kl": stats.entropy(p, q), "back": stats.entropy(q, p), "js": jensenshannon(p, q), "hellinger": np.sqrt(np.sum((np.sqrt(a) - np.sqrt(b)) ** 2) / 2), "tv": np.abs(a - b).sum() / 2, "linf": np.abs(a - b).max(),
                 "chi2": np.nansum((a - b) ** 2 / (a + b)) / 2})

x, y = rng.normal(size=(20, 3)), rng.normal(size=(15, 3)) + 0.5
w = rng.integers(0, 3, size=20).astype(float)
write("metrics/testdata/drift.json", {"samples": samples, "shares": shares, "codes": codes, "distributions": dist,
                                      "mmd": {"x": x, "y": y, "wx": w, "plain": mmd(x, y), "weighted": mmd(np.repeat(x, w.astype(int), axis=0), y)}}, __file__)
