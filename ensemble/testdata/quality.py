"""LightGBM on the sets that quality_test.go wrote into a folder: the held-out score of each."""

import json
import pathlib
import sys

import lightgbm as lgb
import numpy as np

folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*.json")):
    d = json.loads(path.read_text())
    load = lambda part: np.load(folder / f"{d['name']}.{part}.npy")
    categorical = d["categorical"] or []
    group = lambda part: d[part + "_group"] or None
    objective = {"binary": "binary", "classes": "multiclass", "numbers": "regression", "ranks": "lambdarank"}[d["task"]]
    p = dict(objective=objective, verbose=-1, num_threads=1, learning_rate=0.1, num_leaves=31, deterministic=True)
    if objective == "multiclass":
        p["num_class"] = int(d["k"])
    train = lgb.Dataset(load("x"), load("y")[:, 0], group=group("train"), categorical_feature=categorical, params=dict(verbose=-1))
    model = lgb.train(p, train, 100)
    np.save(folder / f"{d['name']}.pred.npy", np.atleast_2d(model.predict(load("test"), num_threads=1).T).T.astype(np.float64))
