"""Raw scores of XGBoost's ranking by pairs with the first rows: ensemble/testdata/xgbrank.json."""
import numpy as np
import xgboost as xgb

from common import write

r = np.random.default_rng(12)
n = 240
x = np.round(r.normal(size=(n, 4)) * 64) / 64
z = x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * r.normal(size=n)
grade = np.clip(np.round(z + 1), 0, 4)
query = np.arange(n) // 12
cases = []
for name, objective, k, y, more in [
    ("ndcg", "rank:ndcg", 30, grade, {}),
    ("ndcg of 5", "rank:ndcg", 5, grade, {}),
    ("ndcg linear", "rank:ndcg", 30, grade, {"ndcg_exp_gain": False}),
    ("pairwise", "rank:pairwise", 30, grade, {}),
    ("map", "rank:map", 30, (grade > 1).astype(float), {}),
    ("ndcg plain", "rank:ndcg", 30, grade, {"lambdarank_normalization": False, "lambdarank_score_normalization": False}),
]:
    d = xgb.DMatrix(x, y, qid=query)
    p = dict(objective=objective, tree_method="exact", eta=0.3, max_depth=3, min_child_weight=0.2, nthread=1, lambdarank_pair_method="topk", lambdarank_num_pair_per_sample=k, base_score=0.0, **more)
    m = xgb.train(p, d, 4)
    cases.append(dict(name=name, y=y, raw=m.predict(d, output_margin=True).astype(float)))
write("ensemble/testdata/xgbrank.json", dict(x=x, query=query, cases=cases), __file__)
