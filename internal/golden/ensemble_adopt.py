"""Models of LightGBM and XGBoost that go on: what they are after some rounds, and after as many more: ensemble/testdata/adopt.json."""
import lightgbm as lgb
import numpy as np
import xgboost as xgb

from common import write

r = np.random.default_rng(9)
n = 300
x = np.round(r.normal(size=(n, 4)) * 64) / 64
x[:, 1] = np.where(r.random(n) < 0.2, np.nan, x[:, 1])
z = x[:, 0] * 2 + np.where(np.isnan(x[:, 1]), 0.5, x[:, 1]) * x[:, 2]
y = dict(real=np.round(z + 0.3 * r.normal(size=n), 4), binary=(z + 0.3 * r.normal(size=n) > 0.2).astype(float), classes=np.digitize(z, [-1, 1]).astype(float))
test = x[::7]
cases = []
for name, target, params in [("lightgbm squared", "real", dict(objective="regression")), ("lightgbm binary", "binary", dict(objective="binary")), ("lightgbm softmax", "classes", dict(objective="multiclass", num_class=3))]:
    p = dict(params, num_leaves=6, min_data_in_leaf=1, min_sum_hessian_in_leaf=3.0, verbose=-1, num_threads=1, deterministic=True)
    data = lambda: lgb.Dataset(x, y[target], params=dict(verbose=-1), free_raw_data=False)
    m = lgb.train(p, data(), 4)
    more = lgb.train(p, data(), 4, init_model=m)
    cases.append(dict(name=name, target=target, model=m.model_to_string(), before=m.predict(test, raw_score=True).ravel(), after=more.predict(test, raw_score=True).ravel()))
for name, target, params in [("xgboost squared", "real", dict(objective="reg:squarederror")), ("xgboost binary", "binary", dict(objective="binary:logistic"))]:
    p = dict(params, tree_method="exact", eta=0.3, max_depth=3, min_child_weight=3, nthread=1)
    d = xgb.DMatrix(x, y[target])
    m = xgb.train(p, d, 4)
    before = m.predict(xgb.DMatrix(test), output_margin=True)
    text = m.save_raw("json").decode()
    more = xgb.train(p, d, 4, xgb_model=m)
    cases.append(dict(name=name, target=target, model=text, before=before.astype(float).ravel(), after=more.predict(xgb.DMatrix(test), output_margin=True).astype(float).ravel()))
write("ensemble/testdata/adopt.json", dict(x=x, test=test, y=y, cases=cases), __file__)
