"""Goldens of features.BM25Transformer (the formula of Robertson and Zaragoza with Lucene's logarithm, in NumPy) and of features.DictVectorizer (scikit-learn)."""

import numpy as np
from sklearn.feature_extraction import DictVectorizer

from common import write

rng = np.random.default_rng(31)
counts = rng.poisson(0.7, size=(12, 7)).astype(float)
counts[3] = 0
counts[:, 6] = 0


def bm25(train, x, k1, b):
    n, df = len(train), (train > 0).sum(axis=0)
    norm = k1 * (1 - b + b * x.sum(axis=1, keepdims=True) / train.sum(axis=1).mean())
    return np.log(1 + (n - df + 0.5) / (df + 0.5)) * x * (k1 + 1) / (x + norm)


records = [{"city": "Oslo", "rain": 3.5, "tags": ["wet", "cold", "wet"]}, {"city": "Rome", "sun": True}, {"rain": 2, "city": "Oslo", "tags": []}]
later = [{"city": "Bonn", "rain": 1.5, "wind": 4}, {"tags": ["cold"], "city": "Rome"}, {}]
v = DictVectorizer(sparse=False).fit(records)
write("features/testdata/bm25.json", {
    "counts": counts, "plain": bm25(counts[:9], counts, 1.2, 0.75), "other": bm25(counts[:9], counts, 2.0, 0.3), "flat": bm25(counts[:9], counts, 1.2, 0.0),
    "records": records, "later": later, "names": list(v.get_feature_names_out()), "z": v.transform(records), "z_later": v.transform(later),
}, __file__)
