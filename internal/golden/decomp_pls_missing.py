"""Partial least squares regression by NIPALS with missing numbers, written out one sum at a time: every slope is over the numbers that are there."""

import numpy as np
from common import write

rng = np.random.default_rng(20261202)
n, p, q, k = 25, 6, 3, 3
hidden = rng.normal(size=(n, 3))
x = np.round(hidden @ rng.normal(size=(3, p)) + 0.3 * rng.normal(size=(n, p)) + np.arange(p), 3)
y = np.round(hidden @ rng.normal(size=(3, q)) + 0.2 * rng.normal(size=(n, q)) - 1, 3)
x[rng.random(size=x.shape) < 0.12] = np.nan
new = np.round(rng.normal(size=(5, p)) * 2 + np.arange(p), 3)
new[1, 2] = new[3, 0] = new[3, 5] = np.nan
new[4] = np.nan


def slope(a, b):
    """The least-squares slope of a on b over what is there of a."""
    there = ~np.isnan(a)
    return np.dot(a[there], b[there]) / np.dot(b[there], b[there]) if there.any() else 0.0


def nipals(y):
    mean_x, scale_x = np.nanmean(x, axis=0), np.nanstd(x, axis=0, ddof=1)
    mean_y, scale_y = y.mean(axis=0), y.std(axis=0, ddof=1)
    e, f = (x - mean_x) / scale_x, (y - mean_y) / scale_y
    ws, ps, qs = [], [], []
    for _ in range(k):
        u = f[:, 0]
        for _ in range(20000):
            w = np.array([slope(e[:, j], u) for j in range(p)])
            w /= np.linalg.norm(w)
            t = np.array([slope(e[i], w) for i in range(n)])
            c = f.T @ t / (t @ t)
            before, u = u, f @ c / (c @ c)
            if np.linalg.norm(u - before) <= 1e-14 * np.linalg.norm(u):
                break
        sign = np.sign(w[np.abs(w).argmax()])
        w, t, c = sign * w, sign * t, sign * c
        load = np.array([slope(e[:, j], t) for j in range(p)])
        e, f = e - np.outer(t, load), f - np.outer(t, c)
        ws.append(w), ps.append(load), qs.append(c)
    z = (new - mean_x) / scale_x
    scores = np.zeros((len(new), k))
    for i in range(len(new)):
        for a in range(k):
            scores[i, a] = slope(z[i], ws[a])
            z[i] = z[i] - scores[i, a] * ps[a]
    return {"x_weights": ws, "x_loadings": ps, "y_loadings": qs, "x_scores": scores, "predicted": mean_y + scale_y * (scores @ np.array(qs))}


write("decomp/testdata/pls_missing.json", {"x": x, "y": y, "new": new, "multi": nipals(y), "single": nipals(y[:, :1])}, __file__)
