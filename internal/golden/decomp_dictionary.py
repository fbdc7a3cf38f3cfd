"""Sparse codes and dictionaries as scikit-learn finds them. Its coordinate descent ends at a gap of 1e-8, its other methods are exact; its LARS with positive shares is not, for it never takes an atom out that has come to 0, so that
codes of that kind are those of descent."""

import warnings

import numpy as np
from common import write
from sklearn.decomposition import DictionaryLearning, MiniBatchDictionaryLearning, sparse_encode

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261129)
atoms = rng.standard_normal((7, 6))
atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
x = np.round((rng.standard_normal((40, 7)) * (rng.random((40, 7)) < 0.4)) @ atoms + 0.05 * rng.standard_normal((40, 6)), 4)
new = np.round(rng.standard_normal((12, 6)), 4)

codes = {}
for name, kw in (
    ("OMP", dict(algorithm="omp", n_nonzero_coefs=3)), ("LARS", dict(algorithm="lars", n_nonzero_coefs=3)), ("LassoLARS", dict(algorithm="lasso_lars", alpha=0.1)),
    ("LassoCD", dict(algorithm="lasso_cd", alpha=0.1, max_iter=100000)), ("Threshold", dict(algorithm="threshold", alpha=0.3)),
    ("LassoCD, positive", dict(algorithm="lasso_cd", alpha=0.1, positive=True, max_iter=100000)),
    ("Threshold, positive", dict(algorithm="threshold", alpha=0.3, positive=True)),
):
    codes[name] = sparse_encode(new, atoms, **kw)

start = rng.standard_normal((5, 6))
learned = {}
for name, kw in (
    ("descent", dict(fit_algorithm="cd")), ("LARS", dict(fit_algorithm="lars")), ("positive", dict(fit_algorithm="cd", positive_code=True, positive_dict=True)),
    ("start", dict(fit_algorithm="lars", dict_init=start, code_init=np.zeros((40, 5)))),
):
    m = DictionaryLearning(5, alpha=0.3, max_iter=8, tol=0, random_state=0, transform_algorithm="lasso_lars", transform_alpha=0.2, **kw)
    if name == "descent":
        m.transform_max_iter = 100000
    if name == "positive":
        m.transform_algorithm, m.transform_max_iter = "lasso_cd", 100000
    m.fit(x)
    learned[name] = {"components": m.components_, "errors": np.array(m.error_), "codes": m.transform(new)}

streams = {}
for name, kw in (("descent", dict(fit_algorithm="cd", transform_max_iter=100000)), ("LARS", dict(fit_algorithm="lars")), ("rest", dict(fit_algorithm="lars", tol=0.02, max_iter=50))):
    m = MiniBatchDictionaryLearning(5, alpha=0.3, **{"max_iter": 3, "tol": 0, "max_no_improvement": None, **kw}, batch_size=11, shuffle=False, dict_init=start.copy(), random_state=0, transform_algorithm="omp")
    m.fit(x)
    case = {"components": m.components_.copy(), "steps": m.n_steps_}
    m.partial_fit(new)
    streams[name] = {**case, "updated": m.components_}
write("decomp/testdata/dictionary.json", {"x": x, "new": new, "atoms": atoms, "start": start, "codes": codes, "learned": learned, "streams": streams}, __file__)
