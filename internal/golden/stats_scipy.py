"""Distributions by mpmath with 50 digits (scipy's own tails lose digits in places), quantiles by numpy and by repetition, moments by scipy."""

import mpmath as mp
import numpy as np
from common import write
from scipy import stats

mp.mp.dps = 50
rng = np.random.default_rng(20261126)


def lower_beta(a, b, x):
    """The regularised incomplete beta function, by the series of positive terms on the side where it converges fast."""
    if x == 0 or x == 1:
        return mp.mpf(x)
    with mp.workdps(400):
        if x > mp.mpf(9) / 10:
            return 1 - lower_beta(b, a, 1 - x)
        return x**a * (1 - x)**b / (a * mp.beta(a, b)) * mp.hyp2f1(a + b, 1, a + 1, x, maxterms=10**6)


def tails(name, p, x):
    """CDF and survival function at x."""
    x = mp.mpf(float(x))
    p = [mp.mpf(float(v)) for v in p]
    if name == "normal":
        z = (x - p[0]) / p[1] / mp.sqrt(2)
        return mp.erfc(-z) / 2, mp.erfc(z) / 2
    if name == "t":
        half = lower_beta(p[0] / 2, mp.mpf(1) / 2, p[0] / (p[0] + x * x)) / 2
        return (1 - half, half) if x > 0 else (half, 1 - half)
    if name in ("chi2", "gamma"):
        a, y = (p[0] / 2, x / 2) if name == "chi2" else (p[0], x * p[1])
        return mp.gammainc(a, 0, y, regularized=True), mp.gammainc(a, y, mp.inf, regularized=True)
    if name == "f":
        return lower_beta(p[0] / 2, p[1] / 2, p[0] * x / (p[0] * x + p[1])), lower_beta(p[1] / 2, p[0] / 2, p[1] / (p[0] * x + p[1]))
    if name == "beta":
        return lower_beta(p[0], p[1], x), lower_beta(p[1], p[0], 1 - x)
    if name == "binomial":
        if x >= p[0]:
            return mp.mpf(1), mp.mpf(0)
        return lower_beta(p[0] - x, x + 1, 1 - p[1]), lower_beta(x + 1, p[0] - x, p[1])
    if name == "poisson":
        return mp.gammainc(x + 1, p[0], mp.inf, regularized=True), mp.gammainc(x + 1, 0, p[0], regularized=True)
    if name == "nbinom":
        return lower_beta(p[0], x + 1, p[1]), lower_beta(x + 1, p[0], 1 - p[1])


made = {
    "normal": lambda p: stats.norm(*p), "t": lambda p: stats.t(*p), "chi2": lambda p: stats.chi2(*p),
    "gamma": lambda p: stats.gamma(p[0], scale=1 / p[1]), "f": lambda p: stats.f(*p), "beta": lambda p: stats.beta(*p),
    "binomial": lambda p: stats.binom(*p), "poisson": lambda p: stats.poisson(*p), "nbinom": lambda p: stats.nbinom(*p),
}
points = {
    "normal": [((0, 1), [-37, -8, -1.5, 0, 0.3, 5, 20, 36]), ((3, 0.5), [2, 3.2, 10])],
    "t": [((1,), [-1e6, -3, 0.2, 50]), ((4.5,), [-30, -1, 0.01, 2, 1e4]), ((200,), [-8, 0.5, 30]), ((1e6,), [-5, 3])],
    "chi2": [((1,), [1e-8, 0.5, 4, 60, 1300]), ((10,), [0.1, 9, 50, 700]), ((500,), [300, 510, 900])],
    "gamma": [((0.3, 2), [1e-9, 0.1, 30]), ((50, 0.1), [200, 500, 1500])],
    "f": [((1, 1), [1e-4, 1, 1e5]), ((5, 20), [0.01, 2, 300]), ((100, 300), [0.5, 1.1, 3])],
    "beta": [((0.5, 0.5), [1e-10, 0.3, 0.999999]), ((30, 2), [0.2, 0.9, 0.999]), ((200, 300), [0.2, 0.4, 0.7])],
    "binomial": [((10, 0.3), [0, 3, 9, 10]), ((1000, 0.01), [0, 10, 60]), ((2000, 0.5), [950, 1005, 1100])],
    "poisson": [((0.01,), [0, 1, 20]), ((30,), [5, 30, 200]), ((5000,), [4700, 5200])],
    "nbinom": [((0.7, 0.2), [0, 3, 500]), ((20, 0.6), [2, 13, 200])],
}
cases = []
for name, sets in points.items():
    for params, xs in sets:
        d = made[name](params)
        log = d.logpmf(xs) if name in ("binomial", "poisson", "nbinom") else d.logpdf(xs)
        both = [tails(name, params, x) for x in xs]
        ps = [1e-10, 0.01, 0.3, 0.5, 0.9, 0.999]
        cases.append({"name": name, "params": params, "x": xs, "log": log, "cdf": [float(c) for c, _ in both], "survival": [float(s) for _, s in both],
                      "p": ps, "quantile": d.ppf(ps)})
xs = [1e-5, 0.1, 0.5, 1, 1.4616, 2.5, 10, 1e4]
special = {"x": xs, "digamma": [float(mp.digamma(x)) for x in xs], "trigamma": [float(mp.psi(1, x)) for x in xs], "log_cdf_x": [-300, -40, -12, -9, -1, 0.5, 3],
           "log_cdf": [float(mp.log(mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2)) for x in (-300, -40, -12, -9, -1, 0.5, 3)]}

methods = ["linear", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased"]
qs = [0, 0.05, 0.25, 1 / 3, 0.5, 0.61, 0.75, 0.9, 1]
samples = []
for n in (1, 2, 5, 8, 21):
    x = rng.normal(size=n).round(1)
    w = rng.integers(1, 4, n)
    samples.append({"x": x, "weight": w, "plain": {m: [float(np.quantile(x, q, method=m)) for q in qs] for m in methods},
                    "repeated": {m: [float(np.quantile(np.repeat(x, w), q, method=m)) for q in qs] for m in methods}})
x, w = rng.gamma(2, size=50) + 1e6, rng.integers(0, 4, 50)
r = np.repeat(x, w)
moments = {"x": x, "weight": w, "mean": r.mean(), "variance": r.var(ddof=1), "skewness": stats.skew(r), "kurtosis": stats.kurtosis(r)}
write("internal/stats/testdata/stats.json", {"distributions": cases, "special": special, "q": qs, "samples": samples, "moments": moments}, __file__)
