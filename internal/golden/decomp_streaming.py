"""Candid covariance-free incremental PCA written out, one row after the other, with whole outer products and no short cuts.

Weng, Zhang and Hwang, IEEE TPAMI 25(8), 2003, equations 10 and 11, with an amnesic mean as theirs. A component starts as what is left of a row times its length, where they have what is left alone.
And the gradient ascent of Oja and Karhunen, J. Math. Anal. Appl. 106, 1985, orthonormalised by a QR decomposition.
"""

import numpy as np
from common import write

rng = np.random.default_rng(20261201)
n, p, k = 60, 5, 3
x = np.round(rng.normal(size=(n, p)) * [4, 2.5, 1.5, 0.7, 0.3] @ np.linalg.qr(rng.normal(size=(p, p)))[0] + np.arange(p), 3)


def ccipca(amnesia):
    mean, vectors = np.zeros(p), [None] * k
    for t, row in enumerate(x, start=1):
        new = min(1, (1 + amnesia) / t)
        mean = (1 - new) * mean + new * row
        u = row - mean
        if new == 1:
            continue  # it is its own mean
        for i in range(k):
            if vectors[i] is None:
                vectors[i] = u * np.linalg.norm(u)
                break  # of this row nothing is left
            vectors[i] = (1 - new) * vectors[i] + new * np.outer(u, u) @ vectors[i] / np.linalg.norm(vectors[i])
            unit = vectors[i] / np.linalg.norm(vectors[i])
            u = u - np.outer(unit, unit) @ u
    return {"mean": mean, "vectors": vectors}


def oja(step):
    mean, second, w = np.zeros(p), np.zeros(p), np.zeros((p, 0))
    for t in range(1, n + 1):
        mean = x[:t].mean(axis=0)
        whole = x[:t].var(axis=0).sum()
        u = x[t - 1] - mean
        if t == 1:
            continue
        moved = w + step / t / whole * np.outer(u, u) @ w
        if w.shape[1] < k:
            moved = np.column_stack([moved, u])
        q, r = np.linalg.qr(moved)
        q = q * np.sign(np.diag(r))
        keep = np.abs(np.diag(r)) > 1e-10 * np.linalg.norm(u)
        w = q[:, keep]
    return {"mean": mean, "vectors": w.T}


write("decomp/testdata/streaming.json", {"x": x, "cases": {"ccipca": ccipca(0), "ccipca amnesia": ccipca(2), "oja": oja(4)}}, __file__)
