"""What scikit-learn makes of small sets: layouts of its manifold module, its covariances, and t-SNE's divergence with its gradient."""

import warnings

import numpy as np
from common import write
from sklearn.covariance import OAS, EllipticEnvelope, EmpiricalCovariance, GraphicalLasso, GraphicalLassoCV, LedoitWolf, MinCovDet, ShrunkCovariance
from sklearn.datasets import make_swiss_roll
from sklearn.manifold import MDS, ClassicalMDS, Isomap, LocallyLinearEmbedding, SpectralEmbedding, trustworthiness
from sklearn.manifold._t_sne import _kl_divergence

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261128)
roll = np.round(make_swiss_roll(90, noise=0.05, random_state=3)[0], 6)
new = np.round(roll[:8] + rng.normal(0, 0.2, (8, 3)), 6)
corr = rng.normal(size=(5, 5))
table = np.round(rng.normal(size=(80, 5)) @ corr + np.arange(5), 6)
dirty = table.copy()
dirty[:15] = np.round(dirty[:15] * 2 + 30, 6)
probe = np.round(rng.normal(size=(10, 5)) @ corr + np.arange(5), 6)
start = np.round(rng.normal(size=(90, 2)), 6)

layouts = {}


def layout(name, m, transform=True):
    e = m.fit_transform(roll)
    layouts[name] = {"embedding": e}
    if transform:
        layouts[name]["new"] = m.transform(new)
    return m


m = layout("classical", ClassicalMDS(2), False)
layouts["classical"]["values"] = m.eigenvalues_
m = layout("isomap", Isomap(n_neighbors=6, n_components=2, eigen_solver="dense"))
layouts["isomap"]["values"] = m.kernel_pca_.eigenvalues_
layouts["isomap"]["error"] = m.reconstruction_error()
m = layout("isomap parts", Isomap(n_neighbors=2, n_components=3, eigen_solver="dense"))
for name, k, how in (("standard", 8, {}), ("modified", 9, {}), ("ltsa", 8, {})):
    m = layout("lle " + name, LocallyLinearEmbedding(n_neighbors=k, n_components=2, method=name, eigen_solver="dense", **how))
    layouts["lle " + name]["error"] = m.reconstruction_error_
layout("spectral neighbors", SpectralEmbedding(2, affinity="nearest_neighbors", n_neighbors=8, eigen_solver="arpack", eigen_tol=1e-13, random_state=0), False)
layout("spectral rbf", SpectralEmbedding(2, affinity="rbf", gamma=0.02, eigen_solver="arpack", eigen_tol=1e-13, random_state=0), False)
mds = {}
for name, metric in (("metric", True), ("non-metric", False)):
    m = MDS(2, metric_mds=metric, n_init=1, max_iter=40, eps=1e-12, normalized_stress=False)
    e = m.fit_transform(roll, init=start)
    mds[name] = {"embedding": e, "stress": m.stress_, "iterations": m.n_iter_}

covariances = {}


def covariance(name, m, data):
    m.fit(data)
    covariances[name] = {"location": m.location_, "covariance": m.covariance_, "precision": m.get_precision(), "mahalanobis": m.mahalanobis(probe), "score": m.score(probe) if name != "envelope" else 0.0,
                         "shrinkage": getattr(m, "shrinkage_", getattr(m, "shrinkage", 0.0))}
    return m


for centered in (False, True):
    tail = " centered" if centered else ""
    covariance("empirical" + tail, EmpiricalCovariance(assume_centered=centered), table)
    covariance("shrunk" + tail, ShrunkCovariance(shrinkage=0.3, assume_centered=centered), table)
    covariance("ledoit-wolf" + tail, LedoitWolf(assume_centered=centered), table)
    covariance("oas" + tail, OAS(assume_centered=centered), table)
    m = covariance("mcd" + tail, MinCovDet(assume_centered=centered, random_state=0), dirty)
    covariances["mcd" + tail].update(raw_location=m.raw_location_, raw_covariance=m.raw_covariance_, support=np.flatnonzero(m.support_), raw_support=np.flatnonzero(m.raw_support_))
covariance("ledoit-wolf few", LedoitWolf(), table[:7])
covariance("oas few", OAS(), table[:7])
covariance("lasso", GraphicalLasso(alpha=0.2, tol=1e-13, enet_tol=1e-13, max_iter=1000), table)
m = covariance("lasso cv", GraphicalLassoCV(tol=1e-11, enet_tol=1e-12, max_iter=10000), table)
covariances["lasso cv"].update(alpha=m.alpha_, alphas=m.cv_results_["alphas"][:-1], scores=m.cv_results_["mean_test_score"][:-1])
m = covariance("envelope", EllipticEnvelope(contamination=0.2, random_state=0), dirty)
covariances["envelope"].update(decision=m.decision_function(probe), offset=m.offset_)

n = 30
p = rng.random((n, n))
p = p + p.T
np.fill_diagonal(p, 0)
p /= p.sum()
y = np.round(rng.normal(0, 2, (n, 2)), 6)
kl, gradient = _kl_divergence(y.ravel(), p[np.triu_indices(n, 1)], 1, n, 2)  # it takes one half
write("decomp/testdata/manifold.json", {
    "roll": roll, "new": new, "start": start, "table": table, "dirty": dirty, "probe": probe, "layouts": layouts, "mds": mds, "covariances": covariances,
    "tsne": {"p": p, "y": y, "kl": kl, "gradient": gradient},
    "trustworthiness": {"isomap": [trustworthiness(roll, layouts["isomap"]["embedding"], n_neighbors=k) for k in (3, 12)]},
}, __file__)
