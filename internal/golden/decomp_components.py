"""What scikit-learn makes of principal components, in full and batch by batch, truncated singular values, and what follows from them."""

import numpy as np
from common import write
from scipy import sparse
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD

rng = np.random.default_rng(20261130)
x = np.round(rng.normal(size=(60, 3)) @ rng.normal(size=(3, 6)) * 2 + rng.normal(size=(60, 6)) * 0.5 + np.arange(6), 3)
x[rng.random(x.shape) < 0.3] = 0
new = np.round(rng.normal(size=(5, 6)) * 3, 3)

pca = {}
for name, kw in {"all": {}, "three": dict(n_components=3), "whiten": dict(n_components=3, whiten=True), "share": dict(n_components=0.7), "mle": dict(n_components="mle")}.items():
    m = PCA(svd_solver="full", **kw).fit(x)
    z = m.transform(new)
    inverse = m.inverse_transform(z)
    m.whiten = False  # scikit-learn's covariance of a whitened model counts the variances twice
    pca[name] = {"mean": m.mean_, "variance": m.explained_variance_, "ratio": m.explained_variance_ratio_, "singular": m.singular_values_, "components": m.components_,
                 "transformed": z, "inverse": inverse, "noise": float(m.noise_variance_), "log_likelihoods": m.score_samples(new),
                 "covariance": m.get_covariance(), "precision": m.get_precision()}

svd = TruncatedSVD(3, algorithm="arpack", tol=1e-14, random_state=0).fit(sparse.csr_matrix(x))
incremental = {}
for name, batches in {"one": [60], "three": [20, 25, 15]}.items():
    m = IncrementalPCA(3)
    at = 0
    for b in batches:
        m.partial_fit(x[at:at + b])
        at += b
    incremental[name] = {"mean": m.mean_, "variance": m.explained_variance_, "singular": m.singular_values_, "components": m.components_, "noise": float(m.noise_variance_)}

write("decomp/testdata/components.json", {
    "x": x, "new": new, "pca": pca,
    "svd": {"singular": svd.singular_values_, "variance": svd.explained_variance_, "ratio": svd.explained_variance_ratio_, "components": svd.components_, "transformed": svd.transform(new)},
    "incremental": incremental,
}, __file__)
