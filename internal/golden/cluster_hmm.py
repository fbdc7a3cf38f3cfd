"""Hidden Markov models of hmmlearn from given parameters: Gaussian (four covariances), mixtures of Gaussians, categorical. PYTHON must have hmmlearn (requirements.txt)."""

import logging

import hmmlearn
import numpy as np
from common import write
from hmmlearn import hmm

logging.disable(logging.CRITICAL)
rng = np.random.default_rng(20261128)
lengths = [40, 25, 1, 34]
initial = np.array([0.6, 0.3, 0.1])
moves = np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0.3, 0, 0.7]])  # no way from the third to the second


def walk(emit):
    rows = []
    for n in lengths:
        s = rng.choice(3, p=initial)
        for _ in range(n):
            rows.append(emit(s))
            s = rng.choice(3, p=moves[s])
    return np.array(rows)


centre = np.array([[0, 0], [3, 1], [-1, 4]])
x = walk(lambda s: (centre[s] + rng.normal(size=2) * [1, 0.6]).round(3))
codes = walk(lambda s: [rng.choice(4, p=[[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.6, 0.1], [0.05, 0.05, 0.1, 0.8]][s])])
start = np.array([[0.3, 0.2], [2, 2], [-0.5, 3]])
even = np.full(3, 1 / 3)
guess = np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.4, 0, 0.6]])
kinds = ("full", "tied", "diag", "spherical")
eye = {"full": np.stack([np.eye(2) * s for s in (1, 2, 0.5)]), "tied": np.eye(2) * 1.5, "diag": np.array([[1, 2], [0.5, 1], [2, 2]]), "spherical": np.array([1, 2, 0.5])}


def fitted(m, data):
    m.startprob_, m.transmat_ = even.copy(), guess.copy()
    m.fit(data, lengths)
    log, states = m.decode(data, lengths)
    return {"history": list(m.monitor_.history), "initial": m.startprob_, "moves": m.transmat_, "score": m.score(data, lengths), "viterbi": log, "states": states, "posterior": m.predict_proba(data, lengths)[::9]}


gauss = {}
for kind in kinds:
    for name, how in (("short", dict(n_iter=5, tol=-np.inf)), ("long", dict(n_iter=500, tol=1e-7)), ("priors", dict(n_iter=4, tol=-np.inf, startprob_prior=1.5, transmat_prior=2.0))):
        if name == "priors" and kind != "diag":
            continue
        m = hmm.GaussianHMM(3, covariance_type=kind, init_params="", covars_prior=0, covars_weight=0, implementation="scaling", **how)
        m.means_, m.covars_ = start.copy(), eye[kind].copy()
        r = fitted(m, x)
        c = m._covars_  # spherical and diagonal ones are kept as such
        if kind == "spherical":
            c = np.asarray(c).reshape(3, -1)[:, 0]
        gauss[f"{kind} {name}"] = {"kind": kinds.index(kind), "given": np.ravel(eye[kind]), "how": name, "means": np.ravel(m.means_), "covariances": np.ravel(c), **r}
mixed = {}
means = np.stack([start - 0.4, start + 0.4], axis=1)
for kind in ("full", "diag"):
    m = hmm.GMMHMM(3, 2, covariance_type=kind, init_params="", n_iter=5000, tol=1e-10, min_covar=0, implementation="scaling")
    m.weights_ = np.full((3, 2), 0.5)
    m.means_ = means.copy()
    m.covars_ = np.stack([np.stack([np.eye(2)] * 2)] * 3) if kind == "full" else np.ones((3, 2, 2))
    r = fitted(m, x)
    mixed[kind] = {"kind": kinds.index(kind), "weights": np.ravel(m.weights_), "means": np.ravel(m.means_), "covariances": np.ravel(m.covars_), **r}
    del mixed[kind]["history"]
emit = np.array([[0.4, 0.3, 0.2, 0.1], [0.2, 0.2, 0.4, 0.2], [0.1, 0.1, 0.3, 0.5]])
discrete = {}
for name, how in (("short", dict(n_iter=5, tol=-np.inf)), ("long", dict(n_iter=500, tol=1e-7)), ("priors", dict(n_iter=4, tol=-np.inf, startprob_prior=1.5, transmat_prior=2.0, emissionprob_prior=1.25))):
    m = hmm.CategoricalHMM(3, init_params="", implementation="scaling", **how)
    m.emissionprob_ = emit.copy()
    r = fitted(m, codes)
    discrete[name] = {"how": name, "emission": np.ravel(m.emissionprob_), **r}
write("cluster/testdata/hmm.json", {"x": x, "codes": codes, "lengths": lengths, "initial": even, "moves": np.ravel(guess), "start": np.ravel(start), "emit": np.ravel(emit), "mixmeans": np.ravel(means),
      "gauss": gauss, "mixed": mixed, "discrete": discrete}, __file__, hmmlearn=hmmlearn.__version__)
