"""Quantiles of quantile-forest over twenty seeds: what ours must agree with, within the noise of the seeds. Leaves keep all of their rows, and weigh 1 each (Meinshausen's forest)."""
import numpy as np
import quantile_forest
from common import write
from sklearn.datasets import load_diabetes

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]

X, y = load_diabetes(return_X_y=True)
test = np.arange(len(X)) % 3 == 0
loss, value = [], []
for seed in range(20):
    m = quantile_forest.RandomForestQuantileRegressor(100, min_samples_leaf=5, max_features=3, max_samples_leaf=None, random_state=seed).fit(X[~test], y[~test])
    q = m.predict(X[test], quantiles=LEVELS, weighted_leaves=True, interpolation="higher")
    e = y[test][:, None] - q
    loss.append(np.maximum(np.multiply(LEVELS, e), np.multiply(np.subtract(LEVELS, 1), e)).mean(axis=0))
    value.append(q.mean(axis=0))
both = lambda v: {"mean": np.mean(v, axis=0), "sd": np.std(v, axis=0, ddof=1)}
write("ensemble/testdata/quantile_forest_bands.json", {"levels": LEVELS, "pinball": both(loss), "quantile": both(value)}, __file__)
