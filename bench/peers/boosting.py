"""Gradient boosting: scikit-learn, XGBoost and LightGBM."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from registry import T, Work, case, estimator

HGB = dict(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, early_stopping=False, random_state=0)
XGB = dict(n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, n_jobs=T)
XGB255 = XGB | dict(max_leaves=255)
XGB6 = dict(n_estimators=100, tree_method="hist", max_depth=6, learning_rate=0.1, n_jobs=T)
LGB = dict(n_estimators=100, num_leaves=31, learning_rate=0.1, n_jobs=T, verbose=-1)
LGB255 = LGB | dict(num_leaves=255)
LGBQ = LGB | dict(use_quantized_grad=True)


def _auc(m: Any, p: Any, t: Any) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score
    return dict(auc=roc_auc_score(t, p[:, 1]))


def _r2(m: Any, p: Any, t: Any) -> dict[str, float]:
    return dict(r2=1 - np.mean((t - p) ** 2) / np.var(t))


def _binary(module: str, name: str, kw: dict[str, Any], n: int = 1_000_000) -> Callable[[Any, Any], Work]:
    def make(X: Any, y: Any) -> Work:
        cls = getattr(__import__(module, fromlist=[name]), name)
        return estimator(lambda: cls(**kw), X[:n], y[:n], X[n:], y[n:], _auc, predict="predict_proba")
    return make


def _regression(module: str, name: str, kw: dict[str, Any]) -> Callable[[Any, Any], Work]:
    def make(X: Any, y: Any) -> Work:
        cls = getattr(__import__(module, fromlist=[name]), name)
        n = 100_000
        return estimator(lambda: cls(**kw), X[:n], y[:n], X[n:], y[n:], _r2)
    return make


def _ndcg10(y: Any, p: Any, each: int) -> float:
    """The mean NDCG of the first ten, with relevances as gains, of queries of so many rows."""
    y, p = np.reshape(y, (-1, each)).astype(float), np.reshape(p, (-1, each))
    by = lambda key: np.take_along_axis(y, np.argsort(-key, axis=1, kind="stable"), 1)[:, :10] @ (1 / np.log2(np.arange(2, 12)))
    return float(np.mean(by(p) / by(y)))


@case("LightGBM-ranking", "lightgbm", "rank220k")
def _ranking(X: Any, y: Any) -> Work:
    from lightgbm import LGBMRanker
    n, each = 200_000, 100
    state: dict[str, Any] = {}

    def fit() -> None:
        state["m"] = LGBMRanker(**LGB).fit(X[:n], y[:n], group=[each] * (n // each))

    def predict() -> None:
        state["p"] = state["m"].predict(X[n:])

    def score() -> dict[str, float]:
        predict()
        return dict(ndcg10=_ndcg10(y[n:], state["p"], each))
    return Work(n, X.shape[1], {"fit": lambda: fit, "predict": lambda: predict}, score, lambda: LGB)


@case("LightGBM-onehot-1M", "lightgbm", "onehot1m")
def _onehot(C: Any, y: Any) -> Work:
    import scipy.sparse as sp
    n, (rows, k), levels = 1_000_000, C.shape, 100
    cols = (C + np.arange(k) * levels).astype(np.int32).ravel()
    X = sp.csr_matrix((np.ones(rows * k), cols, np.arange(0, rows * k + 1, k, dtype=np.int32)), (rows, k * levels))
    from lightgbm import LGBMClassifier
    return estimator(lambda: LGBMClassifier(**LGB), X[:n], y[:n], X[n:], y[n:], _auc, predict="predict_proba", row=False)


case("HistGB-binary-1M", "scikit-learn", "higgs1m")(_binary("sklearn.ensemble", "HistGradientBoostingClassifier", HGB))
case("HistGB-regression-100k", "scikit-learn", "reg100k")(_regression("sklearn.ensemble", "HistGradientBoostingRegressor", HGB))
case("XGBoost-binary-1M-31leaves", "xgboost", "higgs1m")(_binary("xgboost", "XGBClassifier", XGB))
case("XGBoost-binary-1M-255leaves", "xgboost", "higgs1m")(_binary("xgboost", "XGBClassifier", XGB255))
case("XGBoost-binary-1M-depth6", "xgboost", "higgs1m")(_binary("xgboost", "XGBClassifier", XGB6))
case("XGBoost-regression-100k-31leaves", "xgboost", "reg100k")(_regression("xgboost", "XGBRegressor", XGB))
case("LightGBM-binary-1M", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGB))
case("LightGBM-binary-1M-100columns", "lightgbm", "wide1m")(_binary("lightgbm", "LGBMClassifier", LGB))
case("LightGBM-binary-1M-255leaves", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGB255))
case("LightGBM-binary-1M-quantized", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGBQ))
case("LightGBM-regression-100k", "lightgbm", "reg100k")(_regression("lightgbm", "LGBMRegressor", LGB))
case("HistGB-small-10k", "scikit-learn", "boost10k")(_binary("sklearn.ensemble", "HistGradientBoostingClassifier", HGB, 10_000))
case("XGBoost-small-10k", "xgboost", "boost10k")(_binary("xgboost", "XGBClassifier", XGB, 10_000))
case("LightGBM-small-10k", "lightgbm", "boost10k")(_binary("lightgbm", "LGBMClassifier", LGB, 10_000))
