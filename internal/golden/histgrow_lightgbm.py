"""Bin edges and trees of LightGBM: histgrow must find the same."""
import lightgbm as lgb
import numpy as np

from common import write


def columns():
    r = np.random.default_rng(8)
    n = 1200
    normal = r.standard_normal(n)
    holes = normal.copy()
    holes[r.random(n) < 0.1] = np.nan
    heavy = np.round(np.exp(r.standard_normal(n) * 2), 1)
    sparse = np.where(r.random(n) < 0.7, 0.0, r.standard_normal(n))
    few = r.integers(-3, 9, n).astype(float)
    spike = np.where(r.random(n) < 0.3, 1.5, np.round(r.standard_normal(n), 2))
    positive = r.random(n) + 1
    return np.round(np.stack([normal, holes, heavy, sparse, few, spike, positive], 1), 4)


def nodes(tree):
    out = []

    def visit(n):
        if "leaf_value" in n and "split_feature" not in n:
            out.append({"feature": -1, "threshold": 0.0, "missing_left": False, "gain": 0.0, "value": n["leaf_value"], "count": n.get("leaf_count", 0), "set": 0})
            return
        out.append({"feature": n["split_feature"], "threshold": n["threshold"], "missing_left": n["default_left"], "gain": n["split_gain"], "value": 0.0, "count": n["internal_count"], "set": 0})
        visit(n["left_child"])
        visit(n["right_child"])

    visit(tree["tree_structure"])
    return out


X = columns()
r = np.random.default_rng(9)
y = np.nan_to_num(X[:, 1], nan=1.2) + np.sin(X[:, 0] * 2) + 0.3 * np.log(X[:, 2] + 0.1) + (X[:, 4] > 3) + 0.3 * r.standard_normal(len(X))
y = np.round(y, 4)
cases = []
for name, params in {
    "plain": {},
    "l2": {"lambda_l2": 3.0, "min_gain_to_split": 0.5},
    "l1": {"lambda_l1": 2.0, "lambda_l2": 0.5},
    "step": {"max_delta_step": 1.2},
    "smooth": {"path_smooth": 5.0},
    "depth": {"max_depth": 3},
    "monotone": {"monotone_constraints": [1, 0, 0, 0, -1, 0, 0], "monotone_constraints_method": "basic"},
}.items():
    p = dict(objective="regression", num_leaves=12, min_data_in_leaf=20, learning_rate=1.0, boost_from_average=False, verbose=-1, num_threads=1, deterministic=True, feature_pre_filter=False, **params)
    m = lgb.train(p, lgb.Dataset(X, y, params=p), 1)
    cases.append({"name": name, "nodes": nodes(m.dump_model()["tree_info"][0])})

# Two columns of categories, one of few, and a numeric one.
C = np.stack([r.integers(0, 14, 900), r.integers(0, 3, 900), np.round(r.standard_normal(900), 2)], 1).astype(float)
C[r.random(900) < 0.05, 0] = np.nan
effect = r.standard_normal(14)
yc = np.round(np.nan_to_num(effect[np.nan_to_num(C[:, 0], nan=0).astype(int)]) + (C[:, 1] == 1) + 0.5 * C[:, 2] + 0.3 * r.standard_normal(900), 4)
p = dict(objective="regression", num_leaves=10, min_data_in_leaf=20, learning_rate=1.0, boost_from_average=False, verbose=-1, num_threads=1, deterministic=True, feature_pre_filter=False)
m = lgb.train(p, lgb.Dataset(C, yc, categorical_feature=[0, 1], params=p), 1)
categories = nodes(m.dump_model()["tree_info"][0])
for n in categories:
    codes = [int(c) for c in n["threshold"].split("||")] if isinstance(n["threshold"], str) else []
    n["set"] = sum(1 << c for c in codes)
    n["threshold"] = 0.0 if codes else n["threshold"]

# Edges show as thresholds: a tree of one column that cuts between every two bins.
found = []
for j in range(X.shape[1]):
    for bins in (16, 255):
        p = dict(objective="regression", num_leaves=100000, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, max_bin=bins, learning_rate=1.0, verbose=-1, num_threads=1, min_data_in_bin=3,
                 feature_pre_filter=False, boost_from_average=False)
        target = np.argsort(np.argsort(np.nan_to_num(X[:, j], nan=9e9))) ** 1.5 % 97
        m = lgb.train(p, lgb.Dataset(X[:, [j]], target, params=p), 1)
        thresholds = set()

        def visit(n):
            if "split_feature" in n:
                thresholds.add(n["threshold"])
                visit(n["left_child"])
                visit(n["right_child"])

        visit(m.dump_model()["tree_info"][0]["tree_structure"])
        found.append({"column": j, "max_bin": bins, "thresholds": sorted(thresholds)})

write("internal/histgrow/testdata/lightgbm.json", {"x": X, "y": y, "cases": cases, "category_x": C, "category_y": yc, "category_nodes": categories, "edges": found}, __file__)
