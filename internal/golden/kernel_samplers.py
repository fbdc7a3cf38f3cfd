"""scikit-learn's additive chi-squared features of histograms with zeros, dense and sparse, for 1 to 3 steps and an interval of one's own."""

import numpy as np
from common import write
from scipy import sparse
from sklearn.kernel_approximation import AdditiveChi2Sampler

rng = np.random.default_rng(20261128)
x = np.round(rng.gamma(0.7, 3.0, size=(9, 4)), 3) * (rng.uniform(size=(9, 4)) > 0.3)
x[2] = 0
x[3, 1] = 1e-12
x[4, 2] = 1e9
cases = {}
for steps, interval in [(1, None), (2, None), (3, None), (2, 0.9), (5, 0.3)]:
    m = AdditiveChi2Sampler(sample_steps=steps, sample_interval=interval).fit(x)
    z = m.transform(x)
    if not np.array_equal(z, m.transform(sparse.csr_array(x)).toarray()):
        raise SystemExit("dense and sparse differ")
    cases[f"{steps} {interval}"] = {"steps": steps, "interval": interval or 0, "z": z}
write("kernel/testdata/samplers.json", {"x": x, "cases": cases}, __file__)
