"""What lime fits to given rows: explain/testdata/lime.json. The rows, answers and distances are given, so nothing is random."""

import numpy as np
from common import write
from lime.lime_base import LimeBase


def main():
    r = np.random.RandomState(3)
    n, p = 120, 8
    bins = (r.rand(n, p) < 0.4).astype(float)
    bins[0] = 1
    numbers = r.randn(n, p)
    numbers[0] = 0
    cases = []
    for kind, z in dict(bins=bins, numbers=numbers).items():
        y = 2 * z[:, 0] - 1.5 * z[:, 3] + z[:, 1] * z[:, 2] + 0.7 * z[:, 6] + 0.3 * np.sin(3 * z[:, 4]) + 0.1 * r.randn(n)
        away = np.sqrt(((z - z[0]) ** 2).sum(1))
        width = 0.75 * np.sqrt(p)
        base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / width**2)))
        for how in ("forward_selection", "lasso_path", "highest_weights"):
            if kind == "numbers" and how == "highest_weights":
                continue  # lime weighs these by what the row has, which is 0 here
            for k in (3, 5):
                intercept, terms, score, local = base.explain_instance_with_data(z, y[:, None], away, 0, k, feature_selection=how)
                cases.append(dict(kind=kind, how=how, features=k, columns=[int(a) for a, _ in terms], weights=[b for _, b in terms], intercept=intercept, r2=score, local=local[0]))
        write_rows[kind] = dict(z=z, y=y, away=away)
    write("explain/testdata/lime.json", dict(width=width, rows=write_rows, cases=cases), __file__)


write_rows = {}
main()
