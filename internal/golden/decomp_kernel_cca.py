"""Regularised kernel canonical correlation as an eigenproblem of whole matrices: (Kx + a)^-1 Ky (Ky + b)^-1 Kx."""

import numpy as np
from common import write

rng = np.random.default_rng(20261203)
n, k = 30, 3
x = np.round(rng.normal(size=(n, 3)), 3)
y = np.round(np.c_[x[:, 0] ** 2 + 0.2 * rng.normal(size=n), np.sin(x[:, 1]) + 0.2 * rng.normal(size=n)], 3)
new_x, new_y = np.round(rng.normal(size=(5, 3)), 3), np.round(rng.normal(size=(5, 2)), 3)


def linear(a, b):
    return a @ b.T


def rbf(gamma):
    return lambda a, b: np.exp(-gamma * ((a[:, None] - b[None]) ** 2).sum(axis=2))


def centred(kernel, train, other):
    g, h = kernel(train, train), kernel(other, train)
    return h - h.mean(axis=1, keepdims=True) - g.mean(axis=0) + g.mean()


def solve(kx, ky, penalty):
    gx, gy = centred(kx, x, x), centred(ky, y, y)
    a, b = penalty * np.trace(gx), penalty * np.trace(gy)
    back = np.linalg.solve(gy + b * np.eye(n), gx)
    values, vectors = np.linalg.eig(np.linalg.solve(gx + a * np.eye(n), gy @ back))
    order = np.argsort(-values.real)[:k]
    out = {"correlations": np.sqrt(values.real[order]), "x_scores": [], "y_scores": []}
    for i in order:
        alpha = vectors[:, i].real
        beta = back @ alpha
        trained = gx @ alpha
        alpha = alpha * np.sign(trained[np.abs(trained).argmax()]) * np.sqrt(n / (alpha @ gx @ (gx @ alpha + a * alpha)))
        beta = beta * np.sign((gx @ alpha) @ (gy @ beta)) * np.sqrt(n / (beta @ gy @ (gy @ beta + b * beta)))
        out["x_scores"].append(centred(kx, x, new_x) @ alpha)
        out["y_scores"].append(centred(ky, y, new_y) @ beta)
    return out


write("decomp/testdata/kernel_cca.json", {"x": x, "y": y, "new": new_x, "new_y": new_y, "cases": {"rbf": solve(rbf(0.5), rbf(0.25), 0.02), "mixed": solve(rbf(0.5), lambda a, b: (linear(a, b) + 1) ** 2, 0.01)}}, __file__)
