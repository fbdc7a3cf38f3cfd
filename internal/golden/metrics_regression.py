"""Writes metrics/testdata/regression.json: scikit-learn's scores of numbers, several outputs, weights, constants.
Run: internal/golden/regenerate.sh metrics_regression.py
"""

import warnings

import numpy as np
from common import write
from sklearn import metrics as m

warnings.simplefilter("ignore")
rng = np.random.default_rng(23)


def weights(n):
    w = np.round(rng.gamma(2.0, size=n) * 8) / 8
    w[rng.random(n) < 0.2] = 0
    w[:2] = [0.5, 1]
    return w


def single(y, p, w):
    kw = {"sample_weight": w}
    e = y - p
    ww = np.ones(len(y)) if w is None else w
    avg = lambda v: np.average(v, weights=ww)
    out = {
        "msle": m.mean_squared_log_error(np.abs(y), np.abs(p), **kw), "rmsle": m.root_mean_squared_log_error(np.abs(y), np.abs(p), **kw),
        "mape": m.mean_absolute_percentage_error(y, p, **kw), "medae": m.median_absolute_error(y, p, **kw),
        "max": m.max_error(y, p) if w is None else m.max_error(y[w > 0], p[w > 0]),
        "ev": m.explained_variance_score(y, p, **kw),
        "pinball": [m.mean_pinball_loss(y, p, alpha=a, **kw) for a in (0.0, 0.1, 0.5, 0.9)],
        "d2pinball": [m.d2_pinball_score(y, p, alpha=a, **kw) for a in (0.1, 0.5, 0.9)], "d2abs": m.d2_absolute_error_score(y, p, **kw),
        "smape": avg(2 * np.abs(e) / (np.abs(y) + np.abs(p))), "wape": np.sum(ww * np.abs(e)) / np.sum(ww * np.abs(y)), "bias": avg(p - y),
        "expectile": avg(np.where(e >= 0, 0.8, 0.2) * e * e),
    }
    my, mp = avg(y), avg(p)
    sy, sp = np.sqrt(avg((y - my) ** 2)), np.sqrt(avg((p - mp) ** 2))
    r = avg((y - my) * (p - mp)) / (sy * sp)
    out["pearson"] = r
    out["kge"] = 1 - np.sqrt((r - 1) ** 2 + (sp / sy - 1) ** 2 + (mp / my - 1) ** 2)
    yp, pp = np.abs(y) + 0.01, np.abs(p) + 0.01
    powers = (-1.5, 0, 1, 1.5, 2, 3, 4.2)
    out["tweedie"] = [m.mean_tweedie_deviance(yp, pp, power=q, **kw) for q in powers]
    out["d2tweedie"] = [m.d2_tweedie_score(yp, pp, power=q, **kw) for q in powers]
    yz = np.where(yp > np.median(yp), yp, 0)  # zeros are fine below power 2
    out["zeros"] = [m.mean_tweedie_deviance(yz, pp, power=q, **kw) for q in (1, 1.5)]
    return out


cases = []
for n, scale, shift in [(3, 1, 0), (40, 2, 0), (250, 30, 5)]:
    y = np.round(rng.normal(size=n) * scale + shift, 6) + 1e-3
    p = np.round(y + rng.normal(size=n) * scale * 0.5, 6)
    w = weights(n)
    cases.append({"y": y, "pred": p, "weight": w, "plain": single(y, p, None), "weighted": single(y, p, w)})

outputs = []
for n, k in [(20, 2), (60, 4)]:
    y = rng.normal(size=(n, k)) * np.arange(1, k + 1)
    p = y + rng.normal(size=(n, k))
    if k == 4:
        y[:, 2] = 3
    w = weights(n)
    both = lambda f, **a: [f(y, p, **a), f(y, p, sample_weight=w, **a)]
    outputs.append({"y": y, "pred": p, "weight": w,
                    "mse": both(m.mean_squared_error, multioutput="raw_values"), "rmse": both(m.root_mean_squared_error),
                    "r2": both(m.r2_score, multioutput="raw_values"), "r2mean": both(m.r2_score), "r2var": both(m.r2_score, multioutput="variance_weighted"),
                    "ev": both(m.explained_variance_score, multioutput="variance_weighted"), "medae": both(m.median_absolute_error)})

write("metrics/testdata/regression.json", {"cases": cases, "outputs": outputs}, __file__)
