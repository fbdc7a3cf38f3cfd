"""Trees that another library grew: reading the file and predicting, one file for all."""
from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np

from registry import T, Step, Work, case, in_turn


def make(folder: str, X: Any, y: Any) -> None:
    """The models of trees500 as files: 500 trees of 255 leaves by either library, 500 of depth 6, the first 100 of these, and 100 of depth 14."""
    path = os.path.join(folder, "trees500.lgb.txt")
    if not os.path.exists(path):
        import lightgbm
        m = lightgbm.train(dict(objective="regression", num_leaves=255, min_data_in_leaf=5, verbose=-1, num_threads=T), lightgbm.Dataset(X, y), 500)
        m.save_model(path + ".part")
        os.replace(path + ".part", path)
    xgb(folder, "trees500.xgb", (".json", ".ubj"), dict(max_leaves=255, max_depth=0, grow_policy="lossguide"), X, y)
    xgb(folder, "trees500.xgb6", (".ubj",), dict(max_depth=6), X, y)
    xgb(folder, "trees500.xgb14", (".ubj",), dict(max_depth=14), X, y, 100)
    path = os.path.join(folder, "trees500.xgb100.ubj")
    if not os.path.exists(path):
        import xgboost
        xgboost.Booster(model_file=os.path.join(folder, "trees500.xgb6.ubj"))[:100].save_model(path + ".part.ubj")
        os.replace(path + ".part.ubj", path)


def xgb(folder: str, stem: str, ends: tuple[str, ...], params: dict[str, Any], X: Any, y: Any, rounds: int = 500) -> None:
    """A model of XGBoost as files of several formats."""
    path = os.path.join(folder, stem)
    if not all(os.path.exists(path + end) for end in ends):
        import xgboost
        b = xgboost.train(params | dict(tree_method="hist", eta=0.1, nthread=T), xgboost.DMatrix(X, y), rounds)
        for end in ends:
            b.save_model(path + ".part" + end)
            os.replace(path + ".part" + end, path + end)


@case("LightGBM-500x255", "lightgbm", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    import lightgbm
    q, s = X[40_000:], {}

    def load() -> None:
        s["m"] = lightgbm.Booster(model_file=os.path.join(folder, "trees500.lgb.txt"))

    def predict() -> None:
        s["p"] = s["m"].predict(q, raw_score=True, num_threads=T)

    def score() -> dict[str, float]:
        predict()
        return dict(mean=s["p"].mean(), spread=s["p"].std())
    return Work(len(q), q.shape[1], {"load": lambda: load, "predict": lambda: predict, "row": lambda: _fast_row(s["m"], q)}, score)


def _fast_row(m: Any, q: Any) -> Callable[[], Any]:
    """LightGBM's own call for a single row, set up once (LGBM_BoosterPredictForMatSingleRowFastInit)."""
    from lightgbm.basic import _LIB, _safe_call
    fast, n, out = ctypes.c_void_p(), ctypes.c_int64(), (ctypes.c_double * 1)()
    raw, float64 = 1, 1
    _safe_call(_LIB.LGBM_BoosterPredictForMatSingleRowFastInit(m._handle, raw, 0, -1, float64, ctypes.c_int32(q.shape[1]), b"num_threads=1", ctypes.byref(fast)))
    rows = cycle([r.ctypes.data_as(ctypes.c_void_p) for r in np.ascontiguousarray(q[:256])])
    call, length = _LIB.LGBM_BoosterPredictForMatSingleRowFast, ctypes.byref(n)
    return lambda: call(fast, next(rows), length, out)


def _xgb(stem: str, end: str) -> Callable[[Any, Any, str], Work]:
    def work(X: Any, y: Any, folder: str) -> Work:
        import xgboost
        q, s = X[40_000:], {}

        def load() -> None:
            s["m"] = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, stem + end))

        def predict() -> None:
            s["p"] = s["m"].inplace_predict(q)

        def score() -> dict[str, float]:
            predict()
            return dict(mean=s["p"].mean(dtype=np.float64), spread=s["p"].std(dtype=np.float64))
        steps: dict[str, Step] = {"load": lambda: load}
        if end == ".ubj":
            steps |= {"predict": lambda: predict, "row": lambda: in_turn(s["m"].inplace_predict, q)}
        return Work(len(q), q.shape[1], steps, score)
    return work


case("XGBoost-500x255", "xgboost", "trees500")(_xgb("trees500.xgb", ".ubj"))
case("XGBoost-500x255-json", "xgboost", "trees500")(_xgb("trees500.xgb", ".json"))
case("XGBoost-predict-500x6", "xgboost", "trees500")(_xgb("trees500.xgb6", ".ubj"))


def _rows(X: Any) -> Any:
    return np.ascontiguousarray(X[40_000:41_000])


@case("XGBoost-shap-500x6", "xgboost", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    import xgboost
    q, s = _rows(X), {}
    m = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, "trees500.xgb6.ubj"))

    def shap() -> None:
        s["v"] = m.predict(xgboost.DMatrix(q), pred_contribs=True)

    def pairs() -> None:
        m.predict(xgboost.DMatrix(q[:100]), pred_interactions=True)

    def score() -> dict[str, float]:
        shap()
        return dict(size=np.abs(s["v"][:, :-1]).sum(dtype=np.float64) / len(q))
    return Work(len(q), q.shape[1], {"shap": lambda: shap, "pairs": lambda: pairs}, score, lambda: dict(trees=500, depth=6))


@case("XGBoost-shap-100x14", "xgboost", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    import xgboost
    q, s = np.ascontiguousarray(X[40_000:40_200]), {}
    m = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, "trees500.xgb14.ubj"))

    def shap() -> None:
        s["v"] = m.predict(xgboost.DMatrix(q), pred_contribs=True)

    def score() -> dict[str, float]:
        shap()
        return dict(size=np.abs(s["v"][:, :-1]).sum(dtype=np.float64) / len(q))
    return Work(len(q), q.shape[1], {"shap": lambda: shap}, score, lambda: dict(trees=100, depth=14))


def _size(v: Any) -> dict[str, float]:
    return dict(size=np.abs(v).sum() / len(v))


@case("woodelf-100x6", "woodelf", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    import pandas as pd
    import woodelf
    import xgboost
    names = [f"f{j}" for j in range(X.shape[1])]
    q, back, s = pd.DataFrame(X[40_000:50_000], columns=names), pd.DataFrame(X[50_000:60_000], columns=names), {}
    m = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, "trees500.xgb100.ubj"))

    def background() -> None:
        s["v"] = woodelf.WoodelfExplainer(m, back, feature_perturbation="interventional").shap_values(q, verbose=False)

    def score() -> dict[str, float]:
        background()
        return _size(s["v"])
    return Work(len(q), q.shape[1], {"background": lambda: background}, score, lambda: dict(trees=100, depth=6))


@case("shap-100x6", "shap", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    """A slice of 100 rows against 100: its time grows with their product, 10^4 times as much for 10^4 rows against 10^4."""
    import shap
    import xgboost
    q, back, s = np.ascontiguousarray(X[40_000:40_100]), np.ascontiguousarray(X[50_000:50_100]), {}
    m = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, "trees500.xgb100.ubj"))
    e = shap.TreeExplainer(m, back, feature_perturbation="interventional")  # outside: it does not grow with the product

    def background() -> None:
        s["v"] = e.shap_values(q)

    return Work(len(q), q.shape[1], {"background": lambda: background}, dict, lambda: dict(trees=100, depth=6))


@case("shap-500x6", "shap", "trees500")
def _(X: Any, y: Any, folder: str) -> Work:
    import shap
    import xgboost
    q, s = _rows(X), {}
    m = xgboost.Booster(dict(nthread=T), model_file=os.path.join(folder, "trees500.xgb6.ubj"))
    e = shap.TreeExplainer(m)

    def values() -> None:  # XGBoost's models go to XGBoost itself unless their own walk is asked for
        s["v"] = e.shap_values(q, tree_limit=500)

    def background() -> None:
        shap.TreeExplainer(m, q[:200], feature_perturbation="interventional").shap_values(q[200:400])

    def score() -> dict[str, float]:
        values()
        return dict(size=np.abs(s["v"]).sum() / len(q))
    return Work(len(q), q.shape[1], {"shap": lambda: values, "background": lambda: background}, score, lambda: dict(trees=500, depth=6))
