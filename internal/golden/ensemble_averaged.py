"""Raw scores of LightGBM's random forest mode and of XGBoost's parallel trees, and of DART in both: ensemble/testdata/averaged.json. A rate of 1 drops all trees in each round. Bagging draws every row, since the draws of the libraries differ; LightGBM wants
a share below 1."""
import lightgbm as lgb
import numpy as np
import xgboost as xgb

from common import write

r = np.random.default_rng(5)
n = 240
x = np.round(r.normal(size=(n, 4)) * 64) / 64
z = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2])
y = dict(real=np.round(z + 0.3 * r.normal(size=n), 4), binary=(z + 0.3 * r.normal(size=n) > 0.2).astype(float), classes=np.digitize(z, [-0.5, 0.6]).astype(float))
y["mean 0"] = y["real"] - y["real"].mean()  # LightGBM's DART drops what it starts from with the first tree
y["median 0"] = y["real"] - np.median(y["real"])
test = x[::6]
cases = []
for name, objective, target in [("rf squared", "regression", "real"), ("rf absolute", "regression_l1", "real"), ("rf binary", "binary", "binary"), ("rf softmax", "multiclass", "classes")]:
    p = dict(boosting="rf", bagging_freq=1, bagging_fraction=0.99999999, objective=objective, num_leaves=8, min_data_in_leaf=1, min_sum_hessian_in_leaf=2.0, verbose=-1, num_threads=1, deterministic=True)
    if objective == "multiclass":
        p["num_class"] = 3
    m = lgb.train(p, lgb.Dataset(x, y[target], params=dict(verbose=-1)), 3)
    cases.append(dict(name=name, target=target, raw=np.asarray(m.predict(test, raw_score=True)).ravel() / 3))  # it gives the sum of raw scores, and the mean of others
for name, objective, target in [("parallel squared", "reg:squarederror", "real"), ("parallel logistic", "binary:logistic", "binary")]:
    p = dict(tree_method="exact", objective=objective, eta=0.3, max_depth=4, min_child_weight=2, nthread=1, num_parallel_tree=3)
    m = xgb.train(p, xgb.DMatrix(x, y[target]), 4)
    cases.append(dict(name=name, target=target, raw=m.predict(xgb.DMatrix(test), output_margin=True).astype(float).ravel()))
p = dict(boosting="dart", drop_rate=1.0, skip_drop=0.0, max_drop=50, uniform_drop=True, num_leaves=8, min_data_in_leaf=1, min_sum_hessian_in_leaf=2.0, learning_rate=0.3, verbose=-1, num_threads=1, deterministic=True)
for name, objective, target in [("dart squared", "regression", "mean 0"), ("dart absolute", "regression_l1", "median 0")]:
    m = lgb.train(dict(p, objective=objective), lgb.Dataset(x, y[target], params=dict(verbose=-1)), 5)
    cases.append(dict(name=name, target=target, raw=np.asarray(m.predict(test, raw_score=True)).ravel()))
for name, kind in [("xgboost dart tree", "tree"), ("xgboost dart forest", "forest")]:
    p = dict(booster="dart", rate_drop=1.0, skip_drop=0.0, normalize_type=kind, tree_method="exact", objective="reg:squarederror", eta=0.3, max_depth=4, min_child_weight=2, nthread=1)
    m = xgb.train(p, xgb.DMatrix(x, y["real"]), 4)
    cases.append(dict(name=name, target="real", raw=m.predict(xgb.DMatrix(test), output_margin=True).astype(float).ravel()))
write("ensemble/testdata/averaged.json", dict(x=x, test=test, y=y, cases=cases), __file__)
