"""Writes metrics/testdata/probability.json: calibration curves (scikit-learn), calibration tests and lines (formulas and statsmodels), CRPS (its definition as an integral
by scipy, and as a double sum).
Run: internal/golden/regenerate.sh metrics_probability.py
"""

import warnings

import numpy as np
import statsmodels.api as sm
from common import write
from scipy import integrate, special, stats
from sklearn.calibration import calibration_curve

warnings.simplefilter("ignore")
rng = np.random.default_rng(31)


def murphy(y, p, w):
    """Of the distinct probabilities, where nothing is within."""
    base = np.average(y, weights=w)
    rel = res = 0
    for v in np.unique(p):
        n = w[p == v].sum()
        if n == 0:
            continue
        s = np.average(y[p == v], weights=w[p == v])
        rel += n * (v - s) ** 2
        res += n * (s - base) ** 2
    return [rel / w.sum(), res / w.sum(), base * (1 - base)]


def hosmer(y, p, g):
    edges = np.percentile(p, np.linspace(0, 100, g + 1))
    at = np.searchsorted(edges[1:-1], p)
    x = 0
    used = np.unique(at)
    for b in used:
        o, e, n = y[at == b].sum(), p[at == b].sum(), (at == b).sum()
        x += (o - e) ** 2 / e + ((n - o) - (n - e)) ** 2 / (n - e)
    return [x, stats.chi2.sf(x, len(used) - 2), len(used) - 2]


cases = []
for n, digits in [(60, 2), (400, 12)]:
    logit = rng.normal(size=n) * 1.5
    p = np.round(special.expit(1.3 * logit + 0.4), digits).clip(0.01, 0.99)
    y = (rng.random(n) < special.expit(logit)).astype(int)
    w = rng.integers(0, 4, size=n).astype(float)
    rep = np.repeat(np.arange(n), w.astype(int))
    out = {"y": y, "p": p, "weight": w}
    for name, i in (("plain", np.arange(n)), ("weighted", rep)):  # whole weights are repetitions
        yy, pp = y[i], p[i]
        share, mean = calibration_curve(yy, pp, n_bins=10)
        qshare, qmean = calibration_curve(yy, pp, n_bins=7, strategy="quantile")
        edges = np.linspace(0, 1, 11)
        at = np.searchsorted(edges[1:-1], pp)
        counts = np.bincount(at, minlength=10)
        counts = counts[counts > 0]
        z = np.sum((yy - pp) * (1 - 2 * pp)) / np.sqrt(np.sum((1 - 2 * pp) ** 2 * pp * (1 - pp)))
        x = special.logit(pp)
        line = sm.GLM(yy, sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-15, maxiter=200)
        large = sm.GLM(yy, np.ones(len(yy)), family=sm.families.Binomial(), offset=x).fit(tol=1e-15, maxiter=200)
        out[name] = {
            "share": share, "mean": mean, "qshare": qshare, "qmean": qmean, "ece": np.average(np.abs(share - mean), weights=counts), "mce": np.max(np.abs(share - mean)),
            "ace": np.mean(np.abs(qshare - qmean)), "spiegelhalter": [z, 2 * stats.norm.sf(abs(z))], "hosmer": hosmer(yy, pp, 10),
            "line": [line.params[1], line.bse[1], line.params[0], line.bse[0], large.params[0], large.bse[0]], "murphy": murphy(yy, pp, np.ones(len(yy))),
            "wilson": [stats.binomtest(int(yy[at == b].sum()), int((at == b).sum())).proportion_ci(0.9, method="wilson") for b in np.unique(at)],
        }
    cases.append(out)

y, mu, sigma = rng.normal(size=12) * 2, rng.normal(size=12), rng.gamma(2, size=12) + 0.3
w = rng.gamma(2, size=12)
w[3] = 0


def crps_normal(y, m, s):
    lo = integrate.quad(lambda x: stats.norm.cdf(x, m, s) ** 2, m - 40 * s if y > m - 40 * s else y, y, epsabs=1e-14, epsrel=1e-13, limit=500, points=[min(m, y)] if m < y else None)[0]
    hi = integrate.quad(lambda x: stats.norm.sf(x, m, s) ** 2, y, m + 40 * s, epsabs=1e-14, epsrel=1e-13, limit=500, points=[m] if m > y else None)[0]
    return lo + hi


members = np.round(rng.normal(size=(12, 9)), 1)
crps = [np.mean(np.abs(m - v)) - np.abs(m[:, None] - m[None]).mean() / 2 for v, m in zip(y, members)]
y2, m2 = rng.normal(size=(6, 3)), rng.normal(size=(5, 6, 3))
norm = np.linalg.norm
energy = np.mean([norm(m2[:, i] - y2[i], axis=1).mean() - norm(m2[:, None, i] - m2[None, :, i], axis=2).mean() / 2 for i in range(6)])
spread = {"y": y, "mu": mu, "sigma": sigma, "weight": w, "crps": [np.mean([crps_normal(*a) for a in zip(y, mu, sigma)]), np.average([crps_normal(*a) for a in zip(y, mu, sigma)], weights=w)],
          "logs": np.mean(-stats.norm.logpdf(y, mu, sigma)), "dss": np.mean(((y - mu) / sigma) ** 2 + 2 * np.log(sigma)), "members": members, "ensemble": [np.mean(crps), np.average(crps, weights=w)],
          "y2": y2, "m2": m2, "energy": energy}

write("metrics/testdata/probability.json", {"calibration": cases, "spread": spread}, __file__)
