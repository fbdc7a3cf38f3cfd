"""Edges of LightGBM's bins where some are forced."""
import json
import tempfile

import lightgbm as lgb
import numpy as np

from common import write

r = np.random.default_rng(21)
n = 1500
X = np.round(np.stack([r.standard_normal(n), np.where(r.random(n) < 0.5, 0.0, np.exp(r.standard_normal(n))), r.random(n) * 10 + 1], 1), 4)
cases = []
for column, forced in [(0, [-1.0, 0.25, 1.5]), (1, [0.5, 2.0]), (2, [3.3, 3.4, 9.0]), (0, [-3.0, -2.0, -1.0, 1.0, 2.0, 2.5, 3.0])]:
    for bins in (6, 30, 255):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump([{"feature": 0, "bin_upper_bound": forced}], f)
            f.flush()
            p = dict(objective="regression", num_leaves=100000, min_data_in_leaf=1, min_sum_hessian_in_leaf=0, max_bin=bins, learning_rate=1.0, verbose=-1, num_threads=1, min_data_in_bin=3,
                     feature_pre_filter=False, boost_from_average=False, forcedbins_filename=f.name)
            target = np.argsort(np.argsort(X[:, column])) ** 1.5 % 97
            m = lgb.train(p, lgb.Dataset(X[:, [column]], target, params=p), 1)
        thresholds = set()

        def visit(node):
            if "split_feature" in node:
                thresholds.add(node["threshold"])
                visit(node["left_child"])
                visit(node["right_child"])

        visit(m.dump_model()["tree_info"][0]["tree_structure"])
        cases.append({"column": column, "bins": bins, "forced": forced, "thresholds": sorted(thresholds)})

write("ensemble/testdata/forcedbins.json", {"x": X, "cases": cases}, __file__)
