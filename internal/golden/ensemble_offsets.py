"""LightGBM's models of rows with initial scores: the raw scores of other rows, theirs added."""
import lightgbm as lgb
import numpy as np

from common import write

r = np.random.default_rng(31)
n, m, k = 500, 60, 3
X = np.round(r.standard_normal((n + m, 4)), 3)
offset = np.round(r.standard_normal((n + m, k)), 3)
score = X[:, 0] + np.sin(2 * X[:, 1])
binary = (score + offset[:, 0] + r.standard_normal(n + m) > 0).astype(int)
classes = np.argmax(np.stack([score, -score, X[:, 2]], 1) + offset + r.standard_normal((n + m, k)), 1)
p = dict(num_leaves=8, min_data_in_leaf=1, min_sum_hessian_in_leaf=4, learning_rate=0.2, verbose=-1, num_threads=1, deterministic=True, feature_pre_filter=False)
cases = {}
for name, y, init, extra in [("binary", binary, offset[:, 0], dict(objective="binary")), ("softmax", classes, offset, dict(objective="multiclass", num_class=k))]:
    b = lgb.train(p | extra, lgb.Dataset(X[:n], y[:n], init_score=init[:n], params=p), 12)
    cases[name] = {"y": y[:n].tolist(), "raw": (b.predict(X[n:], raw_score=True) + init[n:]).reshape(m, -1)}
write("ensemble/testdata/offsets.json", {"x": X[:n], "offset": offset[:n], "test": X[n:], "test_offset": offset[n:], "cases": cases}, __file__)
