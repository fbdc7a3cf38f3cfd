"""Goldens of the numeric transformers: scikit-learn's scalers, normaliser, quantiles, bins, polynomials and splines, and exact exponents of the power transforms."""

import warnings

import mpmath as mp
import numpy as np
import scipy.sparse as sp
import sklearn.cluster
from sklearn.cluster import KMeans
from sklearn.preprocessing import (KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, Normalizer, PolynomialFeatures, PowerTransformer, QuantileTransformer, RobustScaler, SplineTransformer)

from common import write

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)

x = rng.normal(size=(50, 5)) * [1, 1e-3, 1e4, 1, 3] + [0, 5, -2e4, 40, 0]
x[:, 2] = np.round(x[:, 2], -3)
x[:, 3] = np.round(x[:, 3])
x[0, 3] = 43.37  # no ties between the first centres of k-means
full = x.copy()
x[::7, 0] = np.nan
x[3:9, 4] = np.nan
x = np.column_stack([x, np.full(50, 0.1), np.zeros(50)])
later = np.vstack([x[::5] * 1.7, x[:5] - 3])
s = np.nan_to_num(x)
s[rng.random(s.shape) < 0.6] = 0
w = rng.integers(0, 4, size=50).astype(float)


def scaled(m, train, **more):
    m.fit(train)
    z = m.transform(sp.csr_matrix(later) if sp.issparse(train) else later)
    back = m.inverse_transform(z) if hasattr(m, "inverse_transform") else z
    return {"z": z, "back": back, **more}


write("features/testdata/scalers.json", {
    "x": x, "later": later, "sparse": s,
    "minmax": scaled(MinMaxScaler(), x),
    "minmax_clip": scaled(MinMaxScaler((-2, 3), clip=True), x),
    "maxabs": scaled(MaxAbsScaler(), x),
    "maxabs_sparse": scaled(MaxAbsScaler(), sp.csr_matrix(s)),
    "robust": scaled(RobustScaler(), x),
    "robust_unit": scaled(RobustScaler(quantile_range=(10, 80), unit_variance=True), x),
    "robust_sparse": scaled(RobustScaler(with_centering=False), sp.csr_matrix(s)),
}, __file__)

write("features/testdata/normalizer.json", {"x": s, **{n: Normalizer(n).fit_transform(s) for n in ("l1", "l2", "max")}}, __file__)


def quantile(train, **kw):
    m = QuantileTransformer(subsample=None, **kw).fit(train)
    z = m.transform(later)
    return {"quantiles": m.quantiles_.T, "z": z, "back": m.inverse_transform(z)}


write("features/testdata/quantile.json", {
    "x": x, "later": later,
    "uniform": quantile(x), "normal": quantile(x, output_distribution="normal"), "few": quantile(x, n_quantiles=7), "few_normal": quantile(x, n_quantiles=7, output_distribution="normal"),
}, __file__)

# ---- the exponents, as roots of the derivative of the log-likelihood in 50 digits: scipy's Brent gets half of float64's digits
mp.mp.dps = 50


def exact(column, weight, box):
    xs = [mp.mpf(float(v)) for v, k in zip(column, weight) for _ in range(int(k)) if v == v]

    def yj(v, l):
        if box:
            return mp.log(v) if l == 0 else (v ** l - 1) / l
        if v >= 0:
            return mp.log1p(v) if l == 0 else ((1 + v) ** l - 1) / l
        return -mp.log1p(-v) if l == 2 else -((1 - v) ** (2 - l) - 1) / (2 - l)

    slope = sum(mp.log(v) if box else mp.sign(v) * mp.log1p(abs(v)) for v in xs)

    def loglik(l):
        y = [yj(v, l) for v in xs]
        m = mp.fsum(y) / len(y)
        return -len(y) / mp.mpf(2) * mp.log(mp.fsum((t - m) ** 2 for t in y) / len(y)) + (l - 1) * slope

    grid = max(mp.linspace(-4, 6, 41), key=loglik)
    return float(mp.findroot(lambda l: mp.diff(loglik, l), grid))


p = np.column_stack([np.exp(rng.normal(size=40)), rng.normal(size=40) ** 3, 5 + rng.normal(size=40), rng.gamma(0.7, 2, size=40) - 1, np.full(40, 2.5)])
positive = np.column_stack([p[:, 0], rng.gamma(3, 1e3, size=40), 50 + rng.normal(size=40)])
p[::6, 1] = np.nan
wp = rng.integers(1, 4, size=40).astype(float)
ones = np.ones(40)


def powers(x, box, weight, standardize):
    lam = np.array([exact(c, weight, box) if np.nanstd(c) > 0 else 1.0 for c in x.T])
    method = "box-cox" if box else "yeo-johnson"
    m = PowerTransformer(method=method, standardize=False).fit(x)
    near = np.abs(m.lambdas_ - lam)[: 3]
    if weight is ones:
        assert near.max() < 1e-4, (m.lambdas_, lam)
    m.lambdas_ = lam
    z = m.transform(x)
    if standardize:
        mean = np.array([np.average(c[c == c], weights=weight[c == c]) for c in z.T])
        sd = np.array([np.sqrt(np.average((c[c == c] - a) ** 2, weights=weight[c == c])) for c, a in zip(z.T, mean)])
        sd[sd < 1e-12] = 1
        z = (z - mean) / sd
    return {"lambda": lam, "z": z}


write("features/testdata/power.json", {
    "x": p, "positive": positive, "w": wp,
    "yeo": powers(p, False, ones, True), "yeo_plain": powers(p, False, ones, False), "yeo_weighted": powers(p, False, wp, True),
    "box": powers(positive, True, ones, True), "box_plain": powers(positive, True, ones, False),
}, __file__)


class Resting(KMeans):
    """k-means until nothing moves, where KBinsDiscretizer takes scikit-learn's default tolerance."""

    def __init__(self, n_clusters=8, *, init="k-means++", n_init="auto"):
        super().__init__(n_clusters, init=init, n_init=n_init, tol=0)


sklearn.cluster.KMeans = Resting


def bins(strategy, weight=None, k=4):
    m = KBinsDiscretizer(n_bins=k, strategy=strategy, encode="ordinal", subsample=None).fit(full, sample_weight=weight)
    z = m.transform(full * 1.1)
    hot = KBinsDiscretizer(n_bins=k, strategy=strategy, encode="onehot-dense", subsample=None).fit(full, sample_weight=weight).transform(full * 1.1)
    return {"edges": [list(e) for e in m.bin_edges_], "z": z, "hot": hot, "back": m.inverse_transform(z)}


write("features/testdata/bins.json", {
    "x": full, "w": w,
    "quantile": bins("quantile"), "uniform": bins("uniform"), "kmeans": bins("kmeans"), "quantile_weighted": bins("quantile", w), "w1": np.maximum(w, 1), "kmeans_weighted": bins("kmeans", np.maximum(w, 1)),
}, __file__)

q = rng.normal(size=(6, 4)).round(3)
qs = q.copy()
qs[rng.random(q.shape) < 0.4] = 0


def poly(**kw):
    m = PolynomialFeatures(**kw).fit(q)
    return {"z": m.transform(q), "sparse": m.transform(sp.csr_matrix(qs)), "powers": m.powers_, "names": list(m.get_feature_names_out(["a", "b", "c", "d"]))}


write("features/testdata/polynomial.json", {
    "x": q, "xs": qs,
    "two": poly(degree=2, include_bias=False), "three_bias": poly(degree=3), "interactions": poly(degree=3, interaction_only=True, include_bias=False), "range": poly(degree=(2, 3), include_bias=False),
    "high": poly(degree=(3, 4), include_bias=True),
}, __file__)

sx = full[:, [0, 3]]
beyond = np.vstack([sx[:10], sx.min(0) - [0.5, 3], sx.max(0) + [1.3, 2], sx.min(0), sx.max(0), sx.max(0) + 9])
hours = rng.uniform(0, 24, size=(30, 1))


def spline(train, test, weight=None, **kw):
    m = SplineTransformer(**kw).fit(train, sample_weight=weight)
    return {"z": m.transform(test)}


write("features/testdata/spline.json", {
    "x": sx, "later": beyond, "w": w,
    "constant": spline(sx, beyond), "linear": spline(sx, beyond, extrapolation="linear"), "continue": spline(sx, beyond, extrapolation="continue", degree=2),
    # one column at a time: with several, scikit-learn 1.9.1 extrapolates splines of degree 1 wrongly from the second on
    "linear1": {"z": np.hstack([spline(sx[:, [j]], beyond[:, [j]], extrapolation="linear", degree=1)["z"] for j in (0, 1)])},
    "quantile": spline(sx, beyond, knots="quantile", n_knots=6), "drop": spline(sx, beyond, include_bias=False),
    "hours": hours, "later_hours": np.array([[-3.0], [0], [5], [23.5], [24], [30], [100]]),
    "periodic": spline(hours, np.array([[-3.0], [0], [5], [23.5], [24], [30], [100]]), extrapolation="periodic", knots=np.array([[0.0], [5], [11], [18], [24]])),
}, __file__)
