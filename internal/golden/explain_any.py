"""What shap says of any model, and of linear ones: explain/testdata/any.json.

The model is a formula with interactions of up to four columns, so that both sides ask the same thing. All sets are asked: nothing here is random. shap's correlated linear values are
means over random orders of the columns; here it is given each order once."""

import itertools

import numpy as np
import shap
from scipy.cluster import hierarchy

from common import write

P = 9


def crossed(x):
    s = x @ np.arange(P) + x[:, 0] * x[:, 1] * x[:, 2] + np.sin(x[:, 3] * x[:, 4]) + x[:, 5] * x[:, 6] * x[:, 7] * x[:, 8]
    return np.stack([s, x[:, 0] * x[:, 1]], axis=1)


def main():
    r = np.random.default_rng(7)
    x = np.round(r.normal(size=(40, P)), 3)
    x[:, 1] = np.round(x[:, 0] + 0.3 * x[:, 1], 3)
    x[:, 8] = np.round(0.5 * x[:, 8] - x[:, 7], 3)
    background, rows = x[:6], x[6:10]
    out = dict(background=background, rows=rows, x=x)
    e = shap.explainers.Exact(crossed, shap.maskers.Independent(background))(rows)
    out["exact"] = dict(values=np.moveaxis(e.values, 2, 1), base=e.base_values)
    kernel = shap.KernelExplainer(crossed, background)
    for name, l1 in dict(all=False, three="num_features(3)", aic="aic", bic="bic").items():
        v = kernel.shap_values(rows, l1_reg=l1, silent=True)
        out["kernel_" + name] = np.moveaxis(v, 2, 1)
    distance = 1 - np.abs(np.corrcoef(x.T))
    tree = hierarchy.complete(distance[np.triu_indices(P, 1)])
    out["tree"] = tree[:, :3]
    v = shap.explainers.Partition(crossed, shap.maskers.Partition(background, clustering=tree))(rows, max_evals=100_000, silent=True)
    out["partition"] = np.moveaxis(v.values, 2, 1)
    masker = shap.maskers.Partition(background)
    masker.feature_names = [str(j) for j in range(P)]
    groups = {"a": {"b": ["0", "5", "2"], "c": ["3", "6"]}, "d": ["1", "4", "7"], "8": "8"}
    out["coalition"] = np.moveaxis(shap.CoalitionExplainer(crossed, masker, partition_tree=groups)(rows).values, 2, 1)
    # Linear, correlated: five columns, one of them of no use to the score.
    coef, z = np.array([1.5, 0, -2, 0.5, 1]), x[:, [0, 1, 7, 8, 4]]
    orders = itertools.cycle(itertools.permutations(range(5)))
    shuffle = np.random.shuffle

    def each(inds):
        inds[:] = next(orders)

    np.random.shuffle = each
    linear = shap.LinearExplainer((coef, 0.25), shap.maskers.Impute(z), nsamples=120)
    np.random.shuffle = shuffle
    out["linear"] = dict(coef=coef, x=z, values=linear.shap_values(z[:4]), base=linear.expected_value)
    write("explain/testdata/any.json", out, __file__)


main()
