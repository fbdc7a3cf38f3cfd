"""LightGBM's predictions with early stopping of single rows: tree/testdata/early.json."""
import lightgbm as lgb
import numpy as np

from common import write

r = np.random.default_rng(8)
n = 500
x = np.round(r.normal(size=(n, 4)), 3)
x[:, 3] = np.where(r.random(n) < 0.2, np.nan, x[:, 3])
z = 2 * x[:, 0] + np.nan_to_num(x[:, 3]) * x[:, 1]
test = x[:60]
cases = []
for name, params, y in [("binary", dict(objective="binary"), z > 0.3), ("softmax", dict(objective="multiclass", num_class=3), np.digitize(z, [-1, 1]))]:
    m = lgb.train(dict(params, num_leaves=5, learning_rate=0.2, verbose=-1, num_threads=1, deterministic=True), lgb.Dataset(x, y.astype(float)), 32)
    for every, margin in [(5, 1.5), (7, 3.0), (1, 0.5)]:
        raw = m.predict(test, raw_score=True, pred_early_stop=True, pred_early_stop_freq=every, pred_early_stop_margin=margin)
        cases.append(dict(name=name, model=m.model_to_string() if every == 5 else "", every=every, margin=margin, raw=np.asarray(raw).ravel()))
write("tree/testdata/early.json", dict(test=test, cases=cases), __file__)
