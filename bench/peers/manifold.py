"""openTSNE and umap-learn."""
from __future__ import annotations

from typing import Any

import numpy as np

from registry import T, Work, case


def kept(x: Any, z: Any, k: int = 15) -> float:
    """The share of the k nearest others that stay the nearest."""
    from sklearn.neighbors import NearestNeighbors
    a, b = (NearestNeighbors(n_neighbors=k).fit(v).kneighbors(return_distance=False) for v in (x, z))
    return float(np.mean([len(set(p) & set(q)) / k for p, q in zip(a, b)]))


@case("TSNE", "openTSNE", "tsne5k")
def _(X: Any, y: Any) -> Work:
    from openTSNE import TSNE
    out: dict[str, Any] = {}

    def fit() -> None:
        out["z"] = TSNE(n_iter=250, random_state=0, n_jobs=T).fit(X)  # after 250 with exaggeration
    return Work(*X.shape, {"fit": lambda: fit}, lambda: {"kl": float(out["z"].kl_divergence), "kept": kept(X, np.asarray(out["z"]))})


@case("UMAP", "umap-learn", "umap10k")
def _(X: Any, y: Any) -> Work:
    import umap
    out: dict[str, Any] = {}
    umap.UMAP(n_epochs=2, n_jobs=T).fit(X[:5000])  # compiles both searches

    def fit() -> None:
        out["z"] = umap.UMAP(n_jobs=T).fit_transform(X)  # without random_state, with which it runs on one core
    return Work(*X.shape, {"fit": lambda: fit}, lambda: {"kept": kept(X, out["z"])})
