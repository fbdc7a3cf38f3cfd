"""Kernels: NumPy, SciPy, torch and scikit-learn on matrices cut from the data set "kernels"."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from registry import T, Step, Work, case

Factor = Callable[..., float]


def _gemm(m: int, n: int, k: int, dtype: type) -> Callable[[Any, Any], Work]:
    def make(A: Any, B: Any) -> Work:
        a, b = A[:m * k].astype(dtype).reshape(m, k), B[:k * n].astype(dtype).reshape(k, n)
        c = np.empty((m, n), dtype)
        steps: dict[str, Step] = {"product into": lambda: lambda: np.matmul(a, b, out=c), "product": lambda: lambda: a @ b}
        return Work(m, n, steps, lambda: dict(norm=np.linalg.norm(c.astype(np.float64)), last=c[-1, -1]), lambda: dict(k=k))
    return make


for _s in [(32, 10, 784), (100, 10, 64), *((n, n, n) for n in (32, 64, 128, 256, 512, 1024, 2048))]:
    for _kind, _type in (("sgemm", np.float32), ("dgemm", np.float64)):
        case(f"{_kind}-{_s[0] if len(set(_s)) == 1 else 'x'.join(map(str, _s))}", "numpy", "kernels")(_gemm(*_s, _type))


def _np_sigmoid(x: Any, out: Any = None) -> Any:
    out = np.negative(x, out=out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def _np_softmax(x: Any, out: Any = None) -> Any:
    out = np.subtract(x, x.max(1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(1, keepdims=True)
    return out


def _elementwise(f: Callable[..., Any]) -> Callable[[Any, Any], Work]:
    def make(A: Any, _B: Any) -> Work:
        x = A[:512 * 128].astype(np.float32).reshape(512, 128)
        out = np.empty_like(x)
        steps: dict[str, Step] = {"map into": lambda: lambda: f(x, out=out), "map": lambda: lambda: f(x)}
        return Work(512, 128, steps, lambda: dict(mean=out.mean(dtype=np.float64)))
    return make


for _name, _f in (("exp", np.exp), ("tanh", np.tanh), ("sigmoid", _np_sigmoid), ("softmax", _np_softmax)):
    case(f"{_name}-f32", "numpy", "kernels")(_elementwise(_f))


def _torch(name: str) -> Callable[[Any, Any], Work]:
    def make(A: Any, _B: Any) -> Work:
        import torch
        torch.set_num_threads(T)
        x = torch.from_numpy(A[:512 * 128].astype(np.float32).reshape(512, 128))
        out = torch.empty_like(x)
        f = (lambda x, out=None: torch.softmax(x, 1, out=out)) if name == "softmax" else getattr(torch, name)
        steps: dict[str, Step] = {"map into": lambda: lambda: f(x, out=out), "map": lambda: lambda: f(x)}
        return Work(512, 128, steps, lambda: dict(mean=out.double().mean()))
    return make


for _name in ("exp", "tanh", "sigmoid", "softmax"):
    case(f"{_name}-f32", "torch", "kernels")(_torch(_name))


def _one_to_many(d: int) -> Callable[[Any, Any], Work]:
    def make(A: Any, B: Any) -> Work:
        n = 4096
        x, rows = A[:d].astype(np.float32), B[:n * d].astype(np.float32).reshape(n, d)
        out, diff = np.empty(n, np.float32), np.empty((n, d), np.float32)

        def into() -> None:
            np.subtract(rows, x, out=diff)
            np.einsum("ij,ij->i", diff, diff, out=out)

        def fresh() -> Any:
            v = rows - x
            return np.einsum("ij,ij->i", v, v)
        return Work(n, d, {"distances into": lambda: into, "distances": lambda: fresh}, lambda: dict(mean=out.mean(dtype=np.float64)))
    return make


def _many_to_many(d: int, lib: str) -> Callable[[Any, Any], Work]:
    def make(A: Any, B: Any) -> Work:
        n = 1000
        x, y = (v[:n * d].astype(np.float32).reshape(n, d) for v in (A, B))
        if lib == "scipy":  # in float64, which is all it knows
            from scipy.spatial.distance import cdist
            x, y, out = x.astype(np.float64), y.astype(np.float64), np.empty((n, n))
            steps: dict[str, Step] = {"distances into": lambda: lambda: cdist(x, y, "sqeuclidean", out=out), "distances": lambda: lambda: cdist(x, y, "sqeuclidean")}
            return Work(n, d, steps, lambda: dict(mean=out.mean()))
        from sklearn.metrics.pairwise import euclidean_distances
        return Work(n, d, {"distances": lambda: lambda: euclidean_distances(x, y, squared=True)},
                    lambda: dict(mean=euclidean_distances(x, y, squared=True).mean(dtype=np.float64)))
    return make


for _d in (16, 100):
    case(f"sqdist-one-to-many-{_d}", "numpy", "kernels")(_one_to_many(_d))
    for _lib in ("scipy", "scikit-learn"):
        case(f"sqdist-many-to-many-{_d}", _lib, "kernels")(_many_to_many(_d, _lib))


def _general(A: Any) -> Any:
    return A[:1_000_000].reshape(1000, 1000)


def _positive(A: Any) -> Any:
    a = _general(A)
    return a @ a.T / 1000 + np.eye(1000)


def _symmetric(A: Any) -> Any:
    a = _general(A)
    return a + a.T


def _svd(a: Any, **kw: Any) -> float:
    from scipy.linalg import svd
    return svd(a, full_matrices=False, **kw)[1].sum()


def _eigh(a: Any, **kw: Any) -> float:
    from scipy.linalg import eigh
    return np.abs(eigh(a, driver="evd", **kw)[0]).sum()  # divide and conquer, the fastest of its drivers


def _qr(a: Any, **kw: Any) -> float:
    from scipy.linalg import qr
    return np.abs(np.diag(qr(a, mode="raw", **kw)[1])).sum()  # raw: Q stays reflections, as ours does


def _cholesky(a: Any, **kw: Any) -> float:
    from scipy.linalg import cholesky
    return 2 * np.log(np.diag(cholesky(a, **kw))).sum()


def _lu(a: Any, **kw: Any) -> float:
    from scipy.linalg import lu_factor
    return np.log(np.abs(np.diag(lu_factor(a, **kw)[0]))).sum()


def _factor(matrix: Callable[[Any], Any], f: Factor) -> Callable[[Any, Any], Work]:
    def make(A: Any, _B: Any) -> Work:
        a = np.asfortranarray(matrix(A))  # LAPACK's own order: no copy on the way in
        buf = np.empty_like(a)
        last = {}

        def into() -> None:
            np.copyto(buf, a)
            last["value"] = f(buf, overwrite_a=True, check_finite=False)

        def fresh() -> None:
            last["value"] = f(a, check_finite=False)
        return Work(1000, 1000, {"factor into": lambda: into, "factor": lambda: fresh}, lambda: last)
    return make


for _name, _matrix, _factorise in (("svd", _general, _svd), ("eigh", _symmetric, _eigh), ("qr", _general, _qr), ("cholesky", _positive, _cholesky), ("lu", _general, _lu)):
    case(f"{_name}-1000", "scipy", "kernels")(_factor(_matrix, _factorise))
