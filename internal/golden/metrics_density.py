"""Writes metrics/testdata/density.json: DBCV (hdbscan's validity_index, of a release that requirements.txt does not pin: its definition is the paper's), the dispersion of the gap statistic
and calibration errors without bias (their formulas, pair by pair).
Run: internal/golden/regenerate.sh metrics_density.py, where hdbscan is installed
"""

import numpy as np
from common import write
from hdbscan.validity import validity_index

rng = np.random.default_rng(5)
cases = []
for n, p, noise in [(60, 2, 0), (90, 3, 10), (40, 5, 5)]:
    centers = rng.normal(size=(3, p)) * 4
    code = np.arange(n) % 3
    x = np.round(centers[code] + rng.normal(size=(n, p)), 3)
    code[n - noise:] = -1
    logs = []
    for c in [code, np.where(code < 0, 0, code) % 2]:
        w = sum(((x[c == k] - x[c == k].mean(0)) ** 2).sum() for k in np.unique(c))
        logs.append(np.log(w))
    cases.append({"x": x, "code": code, "dbcv": validity_index(x, code), "two": validity_index(x, code % 2), "log": logs})

errors = []
for n, digits in [(80, 2), (300, 9)]:
    p = np.round(rng.random(n), digits)
    y = (rng.random(n) < p**1.3).astype(int)
    w = rng.integers(0, 4, size=n).astype(float)
    out = {"y": y, "p": p, "weight": w}
    for name, i in (("plain", np.arange(n)), ("weighted", np.repeat(np.arange(n), w.astype(int)))):
        yy, pp = y[i], p[i]
        at = np.searchsorted(np.linspace(0, 1, 11)[1:-1], pp)
        total = 0
        for b in np.unique(at):
            k, s, q = (at == b).sum(), yy[at == b].mean(), pp[at == b].mean()
            total += k / len(yy) * ((q - s) ** 2 - s * (1 - s) / (k - 1))
        r = yy - pp
        kernel = np.exp(-np.abs(pp[:, None] - pp[None]) / 0.2)
        m = len(yy)
        out[name] = {"debiased": total, "kernel": ((r[:, None] * r[None] * kernel).sum() - (r**2).sum()) / (m * (m - 1))}
    errors.append(out)

write("metrics/testdata/density.json", {"clusters": cases, "calibration": errors}, __file__, source="hdbscan 0.8.44")
