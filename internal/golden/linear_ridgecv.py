"""Ridge with its penalty chosen by leave-one-out or folds, and ridge classifiers, from scikit-learn.

Where penalties are tiny, mpmath's arithmetic of 60 digits takes scikit-learn's place, which is off in the third digit there.
Weights below 1 mean the same there and here; whole ones are repetitions here, so scikit-learn gets the repeated rows.
"""

import mpmath
import numpy as np
from common import write
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV, RidgeCV
from sklearn.model_selection import KFold

rng = np.random.default_rng(20261127)
cases = {}
grid = np.array([0.01, 0.3, 1.0, 10.0, 300.0])


def data(n, p, targets=1, offset=1.0):
    x = rng.normal(size=(n, p)) * np.linspace(0.5, 3, p) + offset
    y = x @ (rng.normal(size=(p, targets)) * 0.3) + rng.normal(size=(n, targets)) * np.linspace(0.3, 3, targets) + 5
    return x, y


def case(name, x, y, alphas=grid, weight=None, intercept=True, per_target=False, folds=0, rows=None):
    rows = np.arange(len(x)) if rows is None else rows
    options = {"cv": KFold(folds), "scoring": "neg_mean_squared_error"} if folds else {"store_cv_results": True, "alpha_per_target": per_target}
    model = RidgeCV(alphas=alphas, fit_intercept=intercept, **options)
    target = y[rows] if y.shape[1] > 1 else y[rows, 0]
    model.fit(x[rows], target, sample_weight=None if weight is None else weight)
    squares = [] if folds else model.cv_results_.reshape(len(rows), y.shape[1], len(alphas)).mean(axis=0)
    cases[name] = {"x": x, "y": y, "alphas": alphas, "weight": [] if weight is None else weight, "intercept": intercept, "per_target": per_target, "folds": folds,
                   "alpha": np.broadcast_to(model.alpha_, y.shape[1]), "best": model.best_score_ if folds else 0.0,
                   "squares": squares, "coef": np.atleast_2d(model.coef_), "b0": np.atleast_1d(model.intercept_)}
    if len(rows) != len(x) or (rows != np.arange(len(x))).any():
        cases[name]["weight"] = np.bincount(rows, minlength=len(x)).astype(float)


def exact(name, x, y, alphas):
    """Leave-one-out with an intercept by its definition, row by row where the closed form would divide by zero: nowhere at 60 digits."""
    mpmath.mp.dps = 60
    n, p = x.shape
    z = mpmath.matrix(np.column_stack([np.ones(n), x]).tolist())
    t = mpmath.matrix(y[:, 0].tolist())
    squares, fits = [], []
    for alpha in alphas:
        a = z.T * z
        for j in range(1, p + 1):
            a[j, j] += mpmath.mpf(float(alpha))
        inverse = a**-1
        b = inverse * (z.T * t)
        e = t - z * b
        left = [e[i] / (1 - (z[i, :] * inverse * z[i, :].T)[0]) for i in range(n)]
        squares.append(sum(v * v for v in left) / n)
        fits.append(b)
    best = min(range(len(alphas)), key=lambda a: squares[a])
    cases[name] = {"x": x, "y": y, "alphas": alphas, "weight": [], "intercept": True, "per_target": False, "folds": 0, "alpha": [alphas[best]], "best": 0.0,
                   "squares": [[float(v) for v in squares]], "coef": [[float(v) for v in fits[best][1:]]], "b0": [float(fits[best][0])]}


x, y = data(40, 6)
case("long", x, y)
case("no intercept", x, y, intercept=False)
case("weights below 1", x, y, weight=rng.uniform(0.1, 0.9, size=40))
case("repetitions", x, y, rows=np.repeat(np.arange(40), rng.integers(0, 4, size=40)))
case("folds", x, y, folds=4)
x, y = data(15, 40)
case("wide", x, y)
case("wide no intercept", x, y, intercept=False)
case("wide weights below 1", x, y, weight=rng.uniform(0.1, 0.9, size=15))
case("wide repetitions", x, y, rows=np.repeat(np.arange(15), rng.integers(0, 4, size=15)))
exact("wide tiny", x, y, np.array([1e-14, 1e-10, 1e-6]))
x, y = data(30, 5)
x = np.column_stack([x, x[:, 0] + x[:, 1]])
exact("dependent tiny", x, y, np.array([1e-12, 1e-8, 1e-4]))
x, y = data(40, 5, targets=3)
case("several", x, y)
case("several per target", x, y, per_target=True)

classes = {}


def classify(name, k, alphas=None, weight=None, rows=None, class_weight=None, absent=False):
    x = rng.normal(size=(60, 5)) + 0.5
    z = x @ rng.normal(size=(5, k)) + rng.gumbel(size=(60, k))
    y = z.argmax(axis=1)
    rows = np.arange(60) if rows is None else rows
    model = RidgeClassifier(alpha=2.0, class_weight=class_weight, solver="svd") if alphas is None else RidgeClassifierCV(alphas=alphas, class_weight=class_weight)
    model.fit(x[rows], y[rows], sample_weight=weight)
    classes[name] = {"x": x, "y": y, "alphas": [] if alphas is None else alphas,
                     "weight": np.bincount(rows, minlength=60).astype(float) if len(rows) != 60 else [] if weight is None else weight,
                     "balanced": class_weight == "balanced", "per_class": list(class_weight.values()) if isinstance(class_weight, dict) else [],
                     "coef": np.atleast_2d(model.coef_), "b0": model.intercept_, "alpha": 2.0 if alphas is None else model.alpha_, "pred": model.predict(x)}


classify("two", 2)
classify("two, weights", 2, weight=rng.uniform(0, 3, size=60))
classify("two, balanced", 2, class_weight="balanced")
classify("three", 3)
classify("three, per class", 3, class_weight={0: 0.5, 1: 3.0, 2: 1.0})
classify("two, chosen", 2, alphas=grid)
classify("three, chosen", 3, alphas=grid)
classify("three, chosen, balanced", 3, alphas=grid, class_weight="balanced")
classify("three, chosen, repetitions", 3, alphas=grid, rows=np.repeat(np.arange(60), rng.integers(1, 3, size=60)))
write("linear/testdata/ridgecv.json", {"cases": cases, "classes": classes}, __file__)
