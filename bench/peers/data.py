"""The data sets: made once from fixed seeds, kept as .npy files that other programs read, too.

NumPy does not promise one random stream for all its versions: share the files, not the seeds.
"""
from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

import trees

Maker = Callable[[], tuple[np.ndarray, ...]]


def _rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _linreg(n, d, informative, noise, seed):
    def make():
        r = _rng(seed)
        X = r.standard_normal((n, d))
        w = np.zeros(d)
        w[r.permutation(d)[:informative]] = r.standard_normal(informative) * 3
        return X, X @ w + r.standard_normal(n) * noise
    return make


def _logit(n, d, seed):
    def make():
        r = _rng(seed)
        X = r.standard_normal((n, d))
        p = X @ (r.standard_normal(d) / np.sqrt(d) * 2) + 0.3
        return X, (r.random(n) < 1 / (1 + np.exp(-p))).astype(np.int64)
    return make


def _blobs(n, d, k, spread, seed, dtype=np.float64):
    def make():
        r = _rng(seed)
        C = r.uniform(-10, 10, (k, d))
        y = r.integers(0, k, n)
        return (C[y] + r.standard_normal((n, d)) * spread).astype(dtype), y.astype(np.int64)
    return make


def _digits(n, seed, d=64, k=10, dtype=np.float64):
    """Digits-like: k prototype images with per-sample deformation and pixel noise, values in 0..16."""
    def make():
        r = _rng(seed)
        P = r.random((k, d)) * (r.random((k, d)) < 0.45)
        V = r.standard_normal((k, 6, d)) * 0.25
        y = r.integers(0, k, n)
        X = P[y] + np.einsum("nf,nfd->nd", r.standard_normal((n, 6)), V[y]) + r.standard_normal((n, d)) * 0.15
        return np.clip(np.round(np.clip(X, 0, 1) * 16), 0, 16).astype(dtype), y.astype(np.int64)
    return make


def _nonlinear(n, d, seed, task, dtype=np.float64):
    """A tabular target of steps, products and waves on the first columns; the rest is noise."""
    def make():
        r = _rng(seed)
        X = r.standard_normal((n, d)).astype(dtype)
        x = X[:, :10].astype(np.float64)
        f = (np.where(x[:, 0] > 0.3, 1.5, -0.5) + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.7 * np.abs(x[:, 4])
             + np.where((x[:, 5] > 0) & (x[:, 6] < 0.5), 1.2, 0) - 0.5 * x[:, 7] ** 2 + 0.3 * x[:, 8] - x[:, 9] * (x[:, 0] > 0))
        if task == "reg":
            return X, f + r.standard_normal(n) * 0.5
        return X, (r.random(n) < 1 / (1 + np.exp(-1.5 * (f - 0.9)))).astype(np.int64)
    return make


def _queries(n, each, d, seed):
    """Rows in queries of so many: relevances 0 to 4 by a target as in _nonlinear, with noise and a level of the query's own."""
    def make():
        r = _rng(seed)
        X = r.standard_normal((n, d)).astype(np.float32)
        x = X[:, :10].astype(np.float64)
        f = np.where(x[:, 0] > 0.3, 1.5, -0.5) + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.7 * np.abs(x[:, 4]) - 0.5 * x[:, 7] ** 2 - x[:, 9] * (x[:, 0] > 0)
        f += r.standard_normal(n) + 0.5 * np.repeat(r.standard_normal(n // each), each)
        return X, np.searchsorted(np.array([0.5, 1.5, 2.5, 3.5]), f).astype(np.int64)
    return make


def _levels(n, k, levels, seed):
    """Codes of k columns, low ones more frequent, and two classes by the sum of an effect of each code."""
    def make():
        r = _rng(seed)
        C = (levels * r.random((n, k)) ** 2).astype(np.int64)
        f = r.standard_normal((k, levels))[np.arange(k), C].sum(1)
        return C, (r.random(n) < 1 / (1 + np.exp(-f))).astype(np.int64)
    return make


def _sparse(n, d, nnz_row, seed):
    def make():
        r = _rng(seed)
        cols = np.minimum((d * r.random((n, nnz_row)) ** 2.5).astype(np.int64), d - 1)  # skewed column popularity
        m = sp.csr_matrix((np.abs(r.standard_normal(n * nnz_row)), cols.ravel(), np.arange(0, n * nnz_row + 1, nnz_row)), (n, d))
        m.sum_duplicates()
        return m.indptr.astype(np.int64), m.indices.astype(np.int64), m.data
    return make


def _nmf():
    r = _rng(31)
    return (np.maximum(r.random((5000, 20)) - 0.5, 0) @ np.maximum(r.random((20, 300)) - 0.4, 0) + r.random((5000, 300)) * 0.01,)


def _images(n, seed):
    def make():
        X, y = _digits(n, seed, d=784)()
        return (X / 16).astype(np.float32), y
    return make


def _prep():
    r = _rng(41)
    return r.standard_normal((1_000_000, 20)) * np.arange(1, 21) + 5, r.integers(0, 50, (1_000_000, 4)).astype(np.int64)


def _scores():
    r = _rng(42)
    y = (r.random(1_000_000) < 0.3).astype(np.int64)
    return y, 1 / (1 + np.exp(-(r.standard_normal(1_000_000) + 1.5 * y - 1)))


def _operands():
    r = _rng(70)
    return r.standard_normal(2048 * 2048), r.standard_normal(2048 * 2048)


DATA: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "lin100k": (_linreg(100_000, 100, 100, 5, 1), ("X", "y")),
    "lasso10k": (_linreg(10_000, 500, 50, 5, 2), ("X", "y")),
    "logit100k": (_logit(100_000, 50, 3), ("X", "y")),
    "digits": (_digits(1797 * 4, 4), ("X", "y")),
    "svm10k": (_nonlinear(12_000, 20, 5, "bin"), ("X", "y")),
    "knn50k": (_blobs(55_000, 16, 40, 4, 6), ("X", "y")),
    "knn50k3": (_blobs(55_000, 3, 40, 4, 26), ("X", "y")),
    "hnsw50k": (_blobs(51_000, 64, 200, 4, 7, np.float32), ("X", "y")),
    "km100k": (_blobs(100_000, 32, 64, 3, 8), ("X", "y")),
    "db50k2": (_blobs(50_000, 2, 30, 0.25, 9), ("X", "y")),
    "db50k8": (_blobs(50_000, 8, 30, 0.6, 10), ("X", "y")),
    "hdb20k8": (_blobs(20_000, 8, 20, 1.5, 12), ("X", "y")),
    "agg5k": (_blobs(5_000, 16, 20, 3, 11), ("X", "y")),
    "gmm50k": (_blobs(50_000, 16, 8, 4, 12), ("X", "y")),
    "pca20k": (lambda: (lambda r: (r.standard_normal((20_000, 40)) @ r.standard_normal((40, 500)) + r.standard_normal((20_000, 500)) * 2,))(_rng(13)), ("X",)),
    "sparse20k": (_sparse(20_000, 10_000, 80, 14), ("indptr", "indices", "data")),
    "nmf5k": (_nmf, ("X",)),
    "tsne5k": (_blobs(5_000, 50, 20, 3, 15), ("X", "y")),
    "umap10k": (_blobs(10_000, 50, 20, 3, 32), ("X", "y")),
    "tree100k": (_nonlinear(120_000, 20, 16, "bin"), ("X", "y")),
    "forest50k": (_nonlinear(60_000, 20, 17, "bin"), ("X", "y")),
    "higgs1m": (_nonlinear(1_100_000, 28, 18, "bin", np.float32), ("X", "y")),
    "wide1m": (_nonlinear(1_020_000, 100, 25, "bin", np.float32), ("X", "y")),
    "reg100k": (_nonlinear(110_000, 100, 19, "reg"), ("X", "y")),
    "boost10k": (_nonlinear(15_000, 30, 22, "bin"), ("X", "y")),
    "rank220k": (_queries(220_000, 100, 136, 23), ("X", "y")),
    "onehot1m": (_levels(1_100_000, 7, 100, 24), ("C", "y")),
    "trees500": (_nonlinear(60_000, 28, 21, "reg"), ("X", "y")),
    "prep1m": (_prep, ("X", "C")),
    "scores1m": (_scores, ("y", "p")),
    "mnist60k": (_images(60_000, 20), ("X", "y")),
    "kernels": (_operands, ("A", "B")),
}


def load(folder: str, name: str) -> list[Any]:
    """The arrays of data set `name`, or the documents of "docs20k"; made on first use and then always read from disk."""
    if name == "docs20k":
        return [_texts(folder)]
    maker, parts = DATA[name]
    paths = [os.path.join(folder, f"{name}.{p}.npy") for p in parts]
    if not all(map(os.path.exists, paths)):
        os.makedirs(folder, exist_ok=True)
        for path, a in zip(paths, maker(), strict=True):
            with open(path + ".part", "wb") as f:
                np.save(f, np.ascontiguousarray(a))
            os.replace(path + ".part", path)  # whole or not at all
    arrays = [np.load(p) for p in paths]
    if name == "trees500":  # and the folder, for the models that stand there
        trees.make(folder, *arrays)
        arrays.append(folder)
    return arrays


def make(folder: str, names: list[str]) -> None:
    """Makes these data sets, or all."""
    for name in names or [*DATA, "docs20k"]:
        load(folder, name)


def _texts(folder: str, n: int = 20_000, vocab: int = 30_000, seed: int = 50) -> list[str]:
    """n documents of 30..200 words, Zipf word frequencies; a text file of one document a line."""
    path = os.path.join(folder, "docs20k.txt")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        r = _rng(seed)
        letters = np.array(list("etaoinshrdlucmfwypvbgk"))
        words = ["".join(r.choice(letters, r.integers(3, 11))) for _ in range(vocab)]
        with open(path + ".part", "w") as f:
            for _ in range(n):
                k = int(r.integers(30, 200))
                ids = (vocab * r.random(k) ** 4).astype(int)
                ws = [words[i] for i in ids]
                ws[0] = ws[0].capitalize()
                f.write(" ".join(ws[: k // 2]) + ", " + " ".join(ws[k // 2:]) + ".\n")
        os.replace(path + ".part", path)
    with open(path) as f:
        return f.read().splitlines()
