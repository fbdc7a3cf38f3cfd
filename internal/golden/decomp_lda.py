"""Topics as scikit-learn finds them from a given start. Documents start from equal shares, as the Go side's do, and not from random ones: _e_step is told so."""

import numpy as np
import scipy.sparse as sp
from common import write
from sklearn.decomposition import LatentDirichletAllocation

rng = np.random.default_rng(20261128)
topics = rng.dirichlet(np.full(14, 0.3), 3)
x = np.array([rng.multinomial(rng.integers(8, 30), rng.dirichlet(np.full(3, 0.5)) @ topics) for _ in range(40)], float)
x[5] = 0
new = np.array([rng.multinomial(15, rng.dirichlet(np.full(3, 0.5)) @ topics) for _ in range(5)], float)
start = rng.gamma(100, 0.01, (3, 14))


class FromStart(LatentDirichletAllocation):
    def _init_latent_vars(self, n_features, dtype=np.float64):
        super()._init_latent_vars(n_features, dtype)
        self.components_ = start.copy()
        from sklearn.decomposition._lda import _dirichlet_expectation_2d

        self.exp_dirichlet_component_ = np.exp(_dirichlet_expectation_2d(self.components_))

    def _e_step(self, X, cal_sstats, random_init, parallel=None):
        return super()._e_step(X, cal_sstats, False, parallel)


cases = {}
for name, kw in (
    ("batch", {}), ("batch, priors", dict(doc_topic_prior=0.2, topic_word_prior=0.05, max_iter=5)), ("batch, few passes", dict(max_doc_update_iter=3)),
    ("online", dict(learning_method="online", batch_size=16)), ("online, slow", dict(learning_method="online", batch_size=7, learning_decay=0.9, learning_offset=3.0, topic_word_prior=1.0, max_iter=4)),
):
    m = FromStart(3, mean_change_tol=1e-9, **{"max_doc_update_iter": 2000, **kw}).fit(sp.csr_matrix(x))
    case = {"components": m.components_.copy(), "perplexity": m.bound_, "transformed": m.transform(new), "score": m.score(new), "perplexity_of": m.perplexity(new), "updated": []}
    if name.startswith("online"):
        m.total_samples = 200
        case["updated"] = m.partial_fit(new).components_
    cases[name] = case
write("decomp/testdata/lda.json", {"x": x, "new": new, "start": start, "cases": cases}, __file__)
