"""Gradient boosting: scikit-learn, XGBoost and LightGBM."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from registry import T, Work, case, estimator

HGB = dict(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, early_stopping=False, random_state=0)
XGB = dict(n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, n_jobs=T)
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


case("HistGB-binary-1M", "scikit-learn", "higgs1m")(_binary("sklearn.ensemble", "HistGradientBoostingClassifier", HGB))
case("HistGB-regression-100k", "scikit-learn", "reg100k")(_regression("sklearn.ensemble", "HistGradientBoostingRegressor", HGB))
case("XGBoost-binary-1M-31leaves", "xgboost", "higgs1m")(_binary("xgboost", "XGBClassifier", XGB))
case("XGBoost-binary-1M-depth6", "xgboost", "higgs1m")(_binary("xgboost", "XGBClassifier", XGB6))
case("XGBoost-regression-100k-31leaves", "xgboost", "reg100k")(_regression("xgboost", "XGBRegressor", XGB))
case("LightGBM-binary-1M", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGB))
case("LightGBM-binary-1M-255leaves", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGB255))
case("LightGBM-binary-1M-quantized", "lightgbm", "higgs1m")(_binary("lightgbm", "LGBMClassifier", LGBQ))
case("LightGBM-regression-100k", "lightgbm", "reg100k")(_regression("lightgbm", "LGBMRegressor", LGB))
case("HistGB-small-10k", "scikit-learn", "boost10k")(_binary("sklearn.ensemble", "HistGradientBoostingClassifier", HGB, 10_000))
case("XGBoost-small-10k", "xgboost", "boost10k")(_binary("xgboost", "XGBClassifier", XGB, 10_000))
case("LightGBM-small-10k", "lightgbm", "boost10k")(_binary("lightgbm", "LGBMClassifier", LGB, 10_000))
