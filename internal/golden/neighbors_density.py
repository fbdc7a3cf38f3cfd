"""Kernel densities and nearest centroids of scikit-learn on seeded data. Its probabilities of classes are exp(score) where they should be exp(score/2); what is written is of its scores, halved."""

import warnings

import numpy as np
from common import write
from scipy.special import softmax
from sklearn.neighbors import KernelDensity, NearestCentroid

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261128)
x = np.round(rng.normal(size=(80, 3)) * [1, 2, 0.5], 6)
test = np.round(np.vstack([rng.normal(size=(12, 3)) * [1, 2, 0.5], [[6, 6, 6]]]), 6)
weight = np.round(rng.gamma(2.0, size=80), 6)
density = {}
for kernel in ("gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine"):
    for name, how, w in (("", {"bandwidth": 0.7}, None), ("weights", {"bandwidth": 1.3}, weight), ("scott", {"bandwidth": "scott"}, None), ("silverman", {"bandwidth": "silverman"}, None),
                         ("one column", {"bandwidth": 0.4}, None)):
        a, b = (x[:, :1], test[:, :1]) if name == "one column" else (x, test)
        m = KernelDensity(kernel=kernel, **how).fit(a, sample_weight=w)
        v = m.score_samples(b)
        density[f"{kernel} {name}"] = {"bandwidth": float(m.bandwidth_), "log": [None if np.isinf(q) else float(q) for q in v]}
y = (x[:, 0] + x[:, 1] / 2 > 0).astype(int) + (x[:, 2] > 0.4)
centroid = {}
for metric in ("euclidean", "manhattan"):
    for shrink in (0, 0.7, 3):
        for priors in ("uniform", "empirical", [0.5, 0.2, 0.3]):
            m = NearestCentroid(metric=metric, shrink_threshold=shrink or None, priors=priors).fit(x, y)
            score = m._decision_function(test)
            centroid[f"{metric} {shrink} {priors if isinstance(priors, str) else 'given'}"] = {
                "centroids": m.centroids_, "priors": m.class_prior_, "deviation": m.within_class_std_dev_, "predict": m.predict(test), "scores": score, "proba": softmax(score / 2, axis=1)}
write("neighbors/testdata/density.json", {"x": x, "y": y, "test": test, "weight": weight, "density": density, "centroid": centroid}, __file__)
