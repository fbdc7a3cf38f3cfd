"""Non-negative factors as scikit-learn finds them: after thirty iterations, which are compared number by number, and at rest."""

import warnings

import numpy as np
from common import write
from sklearn.decomposition import NMF, MiniBatchNMF

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261201)
x = np.round(rng.gamma(1.0, size=(30, 3)) @ rng.gamma(0.7, size=(3, 8)) + rng.gamma(0.5, size=(30, 8)) * 0.3, 3) + 0.01
x = np.round(x, 3)
sparse = x.copy()
sparse[rng.random(x.shape) < 0.4] = 0
new = np.round(rng.gamma(1.0, size=(4, 3)) @ rng.gamma(0.7, size=(3, 8)) + 0.05, 3)

cases = {}
for name, data, kw in (
    ("descent", x, {}), ("descent, penalties", x, dict(alpha_W=0.01, alpha_H=0.02, l1_ratio=0.3)), ("descent, zeros", sparse, {}),
    ("multiplicative", x, dict(solver="mu")), ("multiplicative, penalties", x, dict(solver="mu", alpha_W=0.01, alpha_H=0.02, l1_ratio=0.3)),
    ("Kullback-Leibler", x, dict(solver="mu", beta_loss="kullback-leibler")), ("Kullback-Leibler, zeros", sparse, dict(solver="mu", beta_loss="kullback-leibler")),
    ("Itakura-Saito", x, dict(solver="mu", beta_loss="itakura-saito")),
):
    path = NMF(3, init="nndsvda", max_iter=30, tol=0, random_state=0, **kw).fit(data)
    rest = NMF(3, init="nndsvda", max_iter=6000, tol=1e-13, random_state=0, **kw).fit(data)
    cases[name] = {"components": path.components_, "error": float(path.reconstruction_err_), "rest": rest.components_, "transformed": rest.transform(new)}
batches = {}
for name, kw in (
    ("least squares", dict(max_iter=5, max_no_improvement=None)), ("Kullback-Leibler", dict(beta_loss="kullback-leibler", max_iter=5, max_no_improvement=None, alpha_W=0.01, alpha_H=0.02, l1_ratio=0.3)),
    ("Itakura-Saito", dict(beta_loss="itakura-saito", max_iter=5, max_no_improvement=None)), ("fresh", dict(max_iter=3, fresh_restarts=True, forget_factor=0.5, max_no_improvement=None)),
    ("rest", dict(tol=0.01, max_iter=100)),
):
    m = MiniBatchNMF(3, init="nndsvda", batch_size=8, random_state=0, **{"tol": 0, **kw}).fit(x)
    case = {"components": m.components_.copy(), "error": float(m.reconstruction_err_), "steps": m.n_steps_}
    m.partial_fit(new)
    batches[name] = {**case, "updated": m.components_}
write("decomp/testdata/nmf.json", {"batches": batches, "x": x, "sparse": sparse, "new": new, "cases": cases}, __file__)
