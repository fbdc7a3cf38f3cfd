"""O2PLS written out with whole matrices, after Trygg and Wold, J. Chemometrics 17, 2003."""

import numpy as np
from common import write

rng = np.random.default_rng(20261204)
n, p, q, k = 40, 7, 5, 2
joint, ours, theirs = rng.normal(size=(n, k)), rng.normal(size=(n, 2)), rng.normal(size=(n, 1))
x = np.round(joint @ rng.normal(size=(k, p)) + 2 * ours @ rng.normal(size=(2, p)) + 0.2 * rng.normal(size=(n, p)) + 3, 3)
y = np.round(joint @ rng.normal(size=(k, q)) + theirs @ rng.normal(size=(1, q)) + 0.2 * rng.normal(size=(n, q)), 3)
new_x, new_y = np.round(rng.normal(size=(4, p)) + 3, 3), np.round(rng.normal(size=(4, q)), 3)


def alone(a, fresh, common, count):
    for _ in range(count):
        t = a @ common
        w = np.linalg.svd((a - t @ common.T).T @ t)[0][:, :1]
        score = a @ w
        load = a.T @ score / (score.T @ score)
        a, fresh = a - score @ load.T, fresh - fresh @ w @ load.T
    return a, fresh


def o2pls(scaled, ours, theirs):
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    scale_x, scale_y = (x.std(axis=0, ddof=1), y.std(axis=0, ddof=1)) if scaled else (np.ones(p), np.ones(q))
    a, b = (x - mean_x) / scale_x, (y - mean_y) / scale_y
    fa, fb = (new_x - mean_x) / scale_x, (new_y - mean_y) / scale_y
    u, _, vt = np.linalg.svd(a.T @ b)
    a, fa = alone(a, fa, u[:, :k], ours)
    b, fb = alone(b, fb, vt[:k].T, theirs)
    u, _, vt = np.linalg.svd(a.T @ b)
    w, c = u[:, :k], vt[:k].T
    sign = np.sign(w[np.abs(w).argmax(axis=0), range(k)])
    w, c = w * sign, c * sign
    forward = np.linalg.lstsq(a @ w, b @ c, rcond=None)[0]
    return {"x_weights": w.T, "y_weights": c.T, "x_scores": fa @ w, "y_scores": fb @ c, "forward": forward, "predicted": mean_y + scale_y * (fa @ w @ forward @ c.T)}


write("decomp/testdata/o2pls.json", {"x": x, "y": y, "new": new_x, "new_y": new_y, "cases": {"scaled": o2pls(True, 2, 1), "unscaled": o2pls(False, 2, 0), "none": o2pls(True, 0, 0)}}, __file__)
