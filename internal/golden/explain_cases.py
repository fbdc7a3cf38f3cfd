"""What the scripts that explain trees share: numbers as text, rows, and XGBoost's contributions of a model of its own."""

import base64
import tempfile

import numpy as np


def bits(x, kind="<f8"):
    return base64.b64encode(np.ascontiguousarray(x, dtype=kind).tobytes()).decode()


def data(seed, n=400, p=6, gaps=True):
    r = np.random.default_rng(seed)
    x = r.normal(size=(n, p)).astype(np.float32).astype(float)
    x[:, 1] = r.integers(0, 6, n)
    x[:, 3] = np.round(x[:, 3], 1).astype(np.float32)
    s = x[:, 0] * 2 + np.sin(2 * x[:, 2]) + (x[:, 1] % 3 == 1) * (1 + x[:, 4]) + 0.3 * r.normal(size=n)
    if gaps:
        x[r.random((n, p)) < 0.1] = np.nan
        x[:, 1] = np.nan_to_num(x[:, 1], nan=2)
    return x, s


def xgboost(name, params, y, x, rounds=12, **how):
    import xgboost as xgb

    d = xgb.DMatrix(x, y, **how)
    m = xgb.train(dict(nthread=1, seed=1, base_score=0.4, **params), d, rounds)
    with tempfile.NamedTemporaryFile(suffix=".json") as f:
        m.save_model(f.name)
        text = open(f.name, encoding="utf-8").read()
    d = xgb.DMatrix(x[:20], **how)
    c, i, a = m.predict(d, pred_contribs=True), m.predict(d, pred_interactions=True), m.predict(d, pred_contribs=True, approx_contribs=True)
    k = 1 if c.ndim == 2 else c.shape[1]
    return dict(name=name, library="xgboost", model=text, rows=bits(x[:20]), columns=x.shape[1], outputs=k,
                contribs=bits(c.reshape(20, k, -1)), interactions=bits(i.reshape(20, k, x.shape[1] + 1, -1)), saabas=bits(a.reshape(20, k, -1))), m
