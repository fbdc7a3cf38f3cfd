"""Support vector machines of scikit-learn on 2000 rows that a formula of whole numbers makes: enough for kernel values in single precision."""

import numpy as np
from common import write
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

N, P = 2000, 6
i, j = np.arange(N)[:, None], np.arange(P)[None, :]
x = ((i * i * (3 + 2 * j) + 7919 * i * (j + 1) + 31 * j) % 1009) / 1009
y = ((x[:, 0] - 0.5) * (x[:, 1] - 0.5) + 0.1 * (x[:, 2] - 0.5) + 0.05 * (x[:, 3] - 0.5) > 0).astype(int)
cases = []
for c in [0.5, 4.0]:
    m = SVC(C=c, tol=1e-5, cache_size=500).fit(x, y)
    a, s = m.dual_coef_[0], x[m.support_]
    cases.append({"c": c, "vectors": len(m.support_), "bounded": int((np.abs(a) >= c).sum()), "intercept": m.intercept_[0], "objective": a @ rbf_kernel(s, gamma=m._gamma) @ a / 2 - np.abs(a).sum()})
write("kernel/testdata/svm_large.json", {"cases": cases, "sum": x.sum()}, __file__)
