"""What shapiq says of a model of LightGBM: explain/testdata/shapiq.json. Shapley values and 2-Shapley values (k-SII of order 2) of its path-dependent TreeSHAP-IQ."""

import lightgbm as lgb
import numpy as np
import shapiq
from common import write
from explain_cases import bits, data


def main():
    x, s = data(4, gaps=False)
    cases = []
    for name, params in dict(regression=dict(objective="regression", num_leaves=15), deep=dict(objective="regression", num_leaves=40, max_depth=12)).items():
        m = lgb.train(dict(verbosity=-1, num_threads=1, seed=1, min_data_in_leaf=3, deterministic=True, **params), lgb.Dataset(x, s), 6)
        p = x.shape[1]
        values, pairs = np.zeros((8, p)), np.zeros((8, p, p))
        one, two = shapiq.TreeExplainer(m, index="SV", max_order=1), shapiq.TreeExplainer(m, index="k-SII", max_order=2)
        for i in range(8):
            v, w = one.explain(x[i]), two.explain(x[i])
            for a in range(p):
                values[i, a] = v[(a,)]
                for b in range(p):
                    pairs[i, a, b] = w[(a,)] if a == b else w[tuple(sorted((a, b)))]
        cases.append(dict(name=name, library="lightgbm", model=m.model_to_string(), rows=bits(x[:8]), columns=p, outputs=1, base=v.baseline_value, values=values, pairs=pairs))
    write("explain/testdata/shapiq.json", dict(cases=cases), __file__)


main()
