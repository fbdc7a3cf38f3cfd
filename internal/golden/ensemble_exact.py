"""Trees of XGBoost's exact method, split by split."""
import json

import numpy as np
import xgboost as xgb

from common import write

r = np.random.default_rng(41)
n = 600
X = np.stack([r.standard_normal(n), r.integers(0, 12, n), r.standard_normal(n), np.where(r.random(n) < 0.6, 0.0, r.standard_normal(n)), r.standard_normal(n)], 1)
X = np.round(X * 64) / 64  # float32, which XGBoost cuts in, has the middle of any two of them
X[r.random(n) < 0.15, 2] = np.nan
X[r.random(n) < 0.02, 4] = np.nan
score = X[:, 0] + np.sin(X[:, 1]) + np.nan_to_num(X[:, 2], nan=1.5) * (X[:, 3] > 0)
y = np.round(score + 0.5 * r.standard_normal(n), 3)
binary = (score + r.standard_normal(n) > 1).astype(int)
weight = np.round(r.random(n) * 2, 2) + 0.1


def nodes(tree):
    out = []

    def visit(t):
        if "leaf" in t:
            out.append({"feature": -1, "threshold": 0.0, "missing_left": False, "gain": 0.0, "value": t["leaf"], "cover": t["cover"]})
            return
        left = next(c for c in t["children"] if c["nodeid"] == t["yes"])
        right = next(c for c in t["children"] if c["nodeid"] == t["no"])
        out.append({"feature": int(t["split"][1:]), "threshold": t["split_condition"], "missing_left": t["missing"] == t["yes"], "gain": t["gain"], "value": 0.0, "cover": t["cover"]})
        visit(left)
        visit(right)

    visit(tree)
    return out


cases = []
for name, target, params, w in [
    ("squared", y, {}, None),
    ("squared deep", y, {"max_depth": 10, "min_child_weight": 4, "reg_lambda": 0.1}, None),
    ("squared penalties", y, {"reg_alpha": 3.0, "reg_lambda": 5.0}, None),
    ("squared steps", y, {"max_delta_step": 0.5}, None),
    ("squared weights", y, {}, weight),
    ("logistic", binary, {"objective": "binary:logistic", "min_child_weight": 0.5}, None),
    ("monotone", y, {"monotone_constraints": "(1,0,-1,0,0)"}, None),
]:
    p = {"tree_method": "exact", "eta": 0.3, "max_depth": 5, "nthread": 1, "seed": 0} | params
    b = xgb.train(p, xgb.DMatrix(X, target, weight=w), 6)
    cases.append({"name": name, "trees": [nodes(json.loads(t)) for t in b.get_dump(dump_format="json", with_stats=True)]})
write("ensemble/testdata/exact.json", {"x": X, "y": y, "binary": binary, "weight": weight, "cases": cases}, __file__)
