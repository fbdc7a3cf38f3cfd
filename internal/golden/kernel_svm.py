"""Support vector machines of scikit-learn (LIBSVM), nearly to the optimum."""

import numpy as np
from common import write
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

rng = np.random.default_rng(20261128)
N, P = 80, 4
x = np.round(rng.normal(size=(N, P)), 3)
x[rng.random(x.shape) < 0.25] = 0
score = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.4 * rng.normal(size=N)
binary = (score > 0).astype(int)
three = np.digitize(score, [-0.5, 0.7])
target = np.round(score + 1, 3)
weight = rng.integers(0, 4, size=N).astype(float)
KERNELS = {"rbf": {"kernel": "rbf"}, "linear": {"kernel": "linear"}, "poly": {"kernel": "poly", "gamma": 0.5, "coef0": 1, "degree": 2},
           "sigmoid": {"kernel": "sigmoid", "gamma": 0.1, "coef0": 0.2}}
cases = {}


def keep(name, kind, model, kernel, y, w=None, c=1.0, **ours):
    kept = np.arange(N) if w is None else np.flatnonzero(w)  # LIBSVM drops rows of weight 0 and counts the support among the rest
    model.fit(x[kept], None if y is None else y[kept], sample_weight=None if w is None else w[kept])
    support = kept[model.support_]
    case = {"kind": kind, "kernel": kernel, "y": [] if y is None else y, "weight": [] if w is None else w, "c": c, "nu": 0, "epsilon": 0, "balanced": False, "gamma": 0,
            "support": support, "dual": model.dual_coef_, "intercept": model.intercept_, **ours}
    k = {key: v for key, v in KERNELS[kernel].items() if key != "kernel"}
    if kernel == "rbf":
        k["gamma"] = model._gamma
    a = model.dual_coef_[0]
    if len(model.intercept_) == 1:
        gram = pairwise_kernels(x[support], metric=KERNELS[kernel]["kernel"], **k)
        quad = a @ gram @ a / 2
        case["objective"] = {"svc": quad - np.abs(a).sum(), "nusvc": quad, "svr": quad - a @ (target[support]) + ours.get("epsilon", 0) * np.abs(a).sum(), "nusvr": quad - a @ target[support], "one": quad}[kind]
    else:
        case["objective"] = 0
    cases[name] = case


T = {"tol": 1e-5, "max_iter": 2_000_000, "cache_size": 500}
for k, o in KERNELS.items():
    if k != "sigmoid":  # not convex: other ways end in other places
        keep("svc " + k, "svc", SVC(C=2, **o, **T), k, binary, c=2.0)
    keep("svr " + k, "svr", SVR(C=1.5, epsilon=0.2, **o, **T), k, target, c=1.5, epsilon=0.2)
    if k != "sigmoid":
        if k != "linear":  # whose reduced hulls meet: there is no margin
            keep("nusvc " + k, "nusvc", NuSVC(nu=0.8, **o, **T), k, binary, nu=0.8)
        keep("nusvr " + k, "nusvr", NuSVR(nu=0.4, C=1.5, **o, **T), k, target, c=1.5, nu=0.4)
        keep("one " + k, "one", OneClassSVM(nu=0.3, **o, **T), k, None, nu=0.3)
# With weights scikit-learn's "scale" still counts the rows of weight 0: gamma is therefore fixed.
KERNELS["rbf"] = {"kernel": "rbf", "gamma": 0.3}
for name in ["svc", "nusvc"]:
    for y, label in [(binary, "two"), (three, "three")]:
        for w in [None, weight]:
            ww = "" if w is None else " weights"
            m = SVC(C=2, gamma=0.3, **T) if name == "svc" else NuSVC(nu=0.2, gamma=0.3, **T)
            keep(f"{name} {label}{ww}", name, m, "rbf", y, w, c=2.0, nu=0.2, gamma=0.3)
keep("svc three balanced", "svc", SVC(C=2, gamma=0.3, class_weight="balanced", **T), "rbf", three, c=2.0, balanced=True, gamma=0.3)
keep("svr weights", "svr", SVR(gamma=0.3, epsilon=0.1, **T), "rbf", target, weight, epsilon=0.1, gamma=0.3)
keep("nusvr weights", "nusvr", NuSVR(gamma=0.3, nu=0.3, **T), "rbf", target, weight, nu=0.3, gamma=0.3)
keep("one weights", "one", OneClassSVM(gamma=0.3, nu=0.3, **T), "rbf", None, weight, nu=0.3, gamma=0.3)
# Reduced hulls of the linear kernel part from nu 0.88 on (0.95 is the most that the classes allow).
keep("nusvc linear 0.9", "nusvc", NuSVC(nu=0.9, kernel="linear", **T), "linear", binary, nu=0.9)
# Where coef0 is far below 0 the sigmoid is nearly 2·exp(2(gamma·<x, z> + coef0)) - 1, and the constant falls out as signed coefficients sum to 0: convex on these rows.
# Its margin is 0.024 before it is scaled to 1, so the tolerance is tighter in proportion; float32 kernel values leave the rest.
KERNELS["convex sigmoid"] = {"kernel": "sigmoid", "gamma": 0.1, "coef0": -2}
centre = np.eye(N) - 1 / N
eigenvalues = np.linalg.eigvalsh(centre @ pairwise_kernels(x, metric="sigmoid", gamma=0.1, coef0=-2) @ centre)
assert eigenvalues[0] > -1e-12 * eigenvalues[-1], eigenvalues
keep("nusvc sigmoid", "nusvc", NuSVC(nu=0.8, **KERNELS["convex sigmoid"], **T | {"tol": 1e-7}), "convex sigmoid", binary, nu=0.8)
write("kernel/testdata/svm.json", {"x": x, "cases": cases}, __file__)
