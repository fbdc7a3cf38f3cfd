"""Gaussian mixtures of scikit-learn from given parameters, and variational ones from given first clusters: parameters, bounds, criteria and probabilities."""

import numpy as np
from common import write
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

rng = np.random.default_rng(20261128)
x = np.vstack([rng.normal(size=(40, 3)) @ np.array([[1, 0.4, 0], [0, 0.7, -0.3], [0, 0, 1.2]]), rng.normal(size=(30, 3)) * [0.5, 1.5, 1] + [3, -1, 2], rng.normal(size=(20, 3)) * 0.7 + [-2, 3, 1]])
x = x.round(3)
start = np.array([[0.5, 0, 0.2], [2, -1, 1], [-1, 2, 1]])
weights = np.array([0.5, 0.2, 0.3])
repeat = rng.integers(0, 4, len(x))
kinds = ("full", "tied", "diag", "spherical")
eye = {"full": np.stack([np.eye(3) * s for s in (1, 2, 0.5)]), "tied": np.eye(3) * 1.5, "diag": np.array([[1, 2, 3], [0.5, 1, 1], [2, 2, 1]]), "spherical": np.array([1, 2, 0.5])}


def scores(m, rows):
    return {"score": m.score(rows), "proba": m.predict_proba(rows[:10]), "labels": m.predict(rows), "weights": m.weights_, "means": m.means_, "covariances": np.ravel(m.covariances_), "bound": float(np.ravel(m.lower_bound_)[0]), "iterations": m.n_iter_}


em, bayes = {}, {}
for kind in kinds:
    for name, rows, how in (("whole", x, {}), ("long", x, dict(tol=1e-9, max_iter=500)), ("weights", np.repeat(x, repeat, axis=0), {}), ("few", x, dict(max_iter=3, reg_covar=0.1))):
        precisions = 1 / eye[kind] if kind in ("diag", "spherical") else np.linalg.inv(eye[kind])
        m = GaussianMixture(n_components=3, covariance_type=kind, weights_init=weights, means_init=start, precisions_init=precisions, **how).fit(rows)
        z = m.predict_proba(rows).max(axis=1)
        em[f"{kind} {name}"] = {"kind": kinds.index(kind), "given": np.ravel(eye[kind]), "weighted": name == "weights", "max": how.get("max_iter", 0), "tol": how.get("tol", 0), "reg": how.get("reg_covar", 0),
                                "aic": m.aic(rows), "bic": m.bic(rows), "icl": m.bic(rows) - 2 * np.log(z).sum(), **scores(m, rows)}


class Given(BayesianGaussianMixture):
    def _initialize_parameters(self, X, random_state, xp=None):
        label = ((X[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        self._initialize(X, np.eye(len(centres))[label])


for kind in kinds:
    for prior in ("dirichlet_process", "dirichlet_distribution"):
        for name, rows, how in (("plain", x, {}), ("weights", np.repeat(x, repeat, axis=0), {}), ("priors", x, dict(weight_concentration_prior=0.01, mean_precision_prior=2.5, mean_prior=[1.0, 0, -1], degrees_of_freedom_prior=5.5,
                                covariance_prior={"full": np.eye(3) * 2, "tied": np.eye(3) * 2, "diag": np.array([1.0, 2, 3]), "spherical": 1.5}[kind], max_iter=300, tol=1e-6))):
            centres = np.vstack([start, [[0, 0, 2], [4, -2, 2]]])
            m = Given(n_components=5, covariance_type=kind, weight_concentration_prior_type=prior, **how).fit(rows)
            bayes[f"{kind} {prior} {name}"] = {"kind": kinds.index(kind), "prior": ("dirichlet_process", "dirichlet_distribution").index(prior), "how": name, "scatter": np.ravel(how.get("covariance_prior", [])), **scores(m, rows)}
write("cluster/testdata/mixture.json", {"x": x, "repeat": repeat, "start": start, "weights": weights, "centres": np.vstack([start, [[0, 0, 2], [4, -2, 2]]]), "em": em, "bayes": bayes}, __file__)
