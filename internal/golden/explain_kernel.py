"""How far shap's KernelExplainer is from the exact values: explain/testdata/kernel.json.

Three formulas of 12 columns, whose values shap's Exact explainer knows. For each number of sets, the sum of squared errors over rows and columns, the mean of 40 seeds; without l1_reg, which
would leave columns out."""

import numpy as np
import shap

from common import write

P = 12


def formulas(x):
    """Products of up to four columns, a network of eight units, and steps as trees have them."""
    s = x @ np.arange(P) + x[:, 0] * x[:, 1] * x[:, 2] + np.sin(x[:, 3] * x[:, 4]) + x[:, 5] * x[:, 6] * x[:, 7] * x[:, 8]
    w = np.sin(np.arange(P * 8).reshape(P, 8) * 1.7)
    net = np.tanh(x @ w) @ np.cos(np.arange(8.0))
    steps = 0.0
    for j in range(P - 2):
        steps = steps + np.where(x[:, j] < 0.2, np.where(x[:, j + 1] > -0.3, j - 3.0, 1.0), np.where(x[:, j + 2] > 0, 2.0, -j))
    return np.stack([s, net, steps], axis=1)


def main():
    r = np.random.default_rng(11)
    x = np.round(r.normal(size=(14, P)), 3)
    background, rows = x[:8], x[8:]
    exact = np.moveaxis(shap.explainers.Exact(formulas, shap.maskers.Independent(background))(rows).values, 2, 1)
    out = dict(background=background, rows=rows, exact=exact, cases=[])
    kernel = shap.KernelExplainer(formulas, background)
    for sets in (100, 300, 1000):
        squares = np.zeros(3)
        for seed in range(40):
            np.random.seed(seed)
            v = np.moveaxis(kernel.shap_values(rows, nsamples=sets, l1_reg=False, silent=True), 2, 1)
            squares += ((v - exact) ** 2).sum(axis=(0, 2)) / 40
        print(sets, squares)
        out["cases"].append(dict(sets=sets, squares=squares))
    write("explain/testdata/kernel.json", out, __file__)


main()
