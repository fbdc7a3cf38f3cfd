"""Linear support vector machines of scikit-learn (LIBLINEAR), as near to the minimum as it goes."""

import numpy as np
from common import write
from sklearn.svm import LinearSVC, LinearSVR

rng = np.random.default_rng(20261127)
N, P = 90, 6
x = rng.normal(size=(N, P))
x[rng.random(x.shape) < 0.3] = 0
score = x @ rng.normal(size=P) + 0.8 * rng.normal(size=N) + 0.5
binary = (score > 0).astype(int)
three = np.digitize(score, [-1, 1.2])
target = score + 2
weight = rng.integers(0, 4, size=N).astype(float)
CLOSE = {"tol": 1e-9, "max_iter": 1_000_000}

cases = {}


def keep(name, kind, model, y, w=None, **ours):
    model.fit(x, y, sample_weight=w)
    cases[name] = {"kind": kind, "y": y, "weight": [] if w is None else w, "coef": np.atleast_2d(model.coef_), "intercept": np.atleast_1d(model.intercept_),
                   "c": model.C, "hinge": False, "l1": False, "crammer_singer": False, "no_intercept": not model.fit_intercept, "scaling": model.intercept_scaling,
                   "balanced": False, "epsilon": getattr(model, "epsilon", 0), "squared": False, **ours}


def svc(name, y=binary, w=None, ours=None, **options):
    keep(name, "svc", LinearSVC(**{"random_state": 0, **CLOSE, **options}), y, w, **(ours or {}))


svc("squared hinge", dual=False)
svc("squared hinge, weak penalty", dual=False, C=100)
svc("squared hinge, weights", w=weight, dual=False, C=0.3)
svc("squared hinge, scaled intercept", dual=False, intercept_scaling=10)
svc("squared hinge, no intercept", dual=False, fit_intercept=False)
svc("squared hinge, three classes", three, dual=False)
# Two classes: for more, LIBLINEAR weighs only the class that is told from the others.
svc("squared hinge, balanced", np.digitize(score, [1.2]), dual=False, class_weight="balanced", ours={"balanced": True})
for name, y in {"": binary, ", three classes": three}.items():
    svc("hinge" + name, y, loss="hinge", dual=True, ours={"hinge": True})
    svc("Crammer and Singer" + name, y, multi_class="crammer_singer", ours={"crammer_singer": True})
svc("hinge, weights, no intercept", w=weight, loss="hinge", dual=True, C=0.1, fit_intercept=False, ours={"hinge": True})
svc("Crammer and Singer, weights", three, w=weight, multi_class="crammer_singer", C=0.1, ours={"crammer_singer": True})
svc("L1", penalty="l1", dual=False, C=0.2, ours={"l1": True})
svc("L1, three classes, weights", three, w=weight, penalty="l1", dual=False, C=0.2, ours={"l1": True})
svc("L1, strong", penalty="l1", dual=False, C=0.02, ours={"l1": True})
for w in [None, weight]:
    name = "" if w is None else ", weights"
    keep("tube" + name, "svr", LinearSVR(C=0.5, epsilon=0.3, dual=True, **CLOSE), target, w)
    keep("no tube" + name, "svr", LinearSVR(C=0.2, epsilon=0, dual=True, **CLOSE), target, w)
    keep("squared tube" + name, "svr", LinearSVR(C=0.5, epsilon=0.3, loss="squared_epsilon_insensitive", dual=False, intercept_scaling=3, **CLOSE), target, w, squared=True)
write("linear/testdata/svm.json", {"x": x, "cases": cases}, __file__)
