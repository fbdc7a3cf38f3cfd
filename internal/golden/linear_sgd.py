"""Coefficients after some epochs of scikit-learn's stochastic gradient descent, without shuffling."""

import numpy as np
from common import write
from sklearn.linear_model import PassiveAggressiveClassifier, PassiveAggressiveRegressor, Perceptron, SGDClassifier, SGDOneClassSVM, SGDRegressor

rng = np.random.default_rng(20261126)
N, P = 70, 5
x = rng.normal(size=(N, P))
x[rng.random(x.shape) < 0.3] = 0
score = x @ rng.normal(size=P) + 0.5 * rng.normal(size=N) + 0.3
binary = (score > 0).astype(int)
three = np.digitize(score, [-1, 1])
target = score / 2
weight = rng.integers(1, 4, size=N).astype(float)
FIXED = {"shuffle": False, "tol": None, "max_iter": 4}

cases = {}


def keep(name, kind, model, y, w=None, parts=None, **ours):
    if parts:  # a stream: the first part by one epoch of fit, the others by partial_fit
        for lo, hi in parts:
            model.partial_fit(x[lo:hi], y[lo:hi], **({} if kind != "classifier" else {"classes": np.unique(y)}))
    elif kind == "one class":
        model.fit(x, sample_weight=w)
    elif w is None:
        model.fit(x, y)
    else:
        model.fit(x, y, sample_weight=w)
    cases[name] = {"kind": kind, "y": [] if y is None else y, "weight": [] if w is None else w, "coef": np.atleast_2d(model.coef_),
                   "intercept": model.offset_ if kind == "one class" else np.atleast_1d(model.intercept_), "epochs": getattr(model, "n_iter_", 0) or 0,
                   "proba": model.predict_proba(x[:6]) if getattr(model, "loss", "") in ("log_loss", "modified_huber") and kind == "classifier" else [],
                   "parts": parts or [], **ours}


def classifier(name, y=binary, w=None, parts=None, ours=None, **options):
    keep(name, "classifier", SGDClassifier(**{**FIXED, **options}), y, w, parts, config=ours or {})


def regressor(name, w=None, parts=None, ours=None, **options):
    keep(name, "regressor", SGDRegressor(**{**FIXED, **options}), target, w, parts, config=ours or {})


for loss in ["hinge", "squared_hinge", "perceptron", "log_loss", "modified_huber"]:
    classifier(f"{loss}", loss=loss, alpha=0.01, ours={"loss": loss, "alpha": 0.01})
    # A constant rate: the first steps of the optimal one would throw squared_hinge to 1e10, and the rounding with it.
    classifier(f"{loss}, three classes", three, loss=loss, alpha=0.01, learning_rate="constant", eta0=0.05, ours={"loss": loss, "alpha": 0.01, "rate": "constant", "eta0": 0.05})
for loss in ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]:
    regressor(f"{loss}", loss=loss, alpha=0.01, epsilon=0.2, ours={"loss": loss, "alpha": 0.01, "epsilon": 0.2})
classifier("weights", w=weight, loss="log_loss", alpha=0.01, ours={"loss": "log_loss", "alpha": 0.01})
# Two classes: for more, scikit-learn weighs only the rows of the class that is told from the others.
classifier("class weights", loss="hinge", alpha=0.01, class_weight={0: 0.5, 1: 2.0}, ours={"loss": "hinge", "alpha": 0.01, "per_class": [0.5, 2.0]})
classifier("constant rate", loss="log_loss", learning_rate="constant", eta0=0.05, ours={"loss": "log_loss", "rate": "constant", "eta0": 0.05})
classifier("inverse scaling", loss="log_loss", learning_rate="invscaling", eta0=0.5, power_t=0.4, ours={"loss": "log_loss", "rate": "invscaling", "eta0": 0.5, "power": 0.4})
classifier("no intercept", loss="log_loss", fit_intercept=False, ours={"loss": "log_loss", "no_intercept": True})
classifier("no penalty", loss="log_loss", penalty=None, ours={"loss": "log_loss", "no_penalty": True})
classifier("L1", loss="log_loss", penalty="l1", alpha=0.02, ours={"loss": "log_loss", "alpha": 0.02, "l1_ratio": 1.0})
classifier("elastic net", loss="hinge", penalty="elasticnet", l1_ratio=0.4, alpha=0.02, ours={"loss": "hinge", "alpha": 0.02, "l1_ratio": 0.4})
regressor("regression, L1", penalty="l1", alpha=0.05, ours={"loss": "squared_error", "alpha": 0.05, "l1_ratio": 1.0})
classifier("average", loss="hinge", alpha=0.01, average=True, ours={"loss": "hinge", "alpha": 0.01, "average": 1})
classifier("late average", three, loss="log_loss", alpha=0.01, average=100, ours={"loss": "log_loss", "alpha": 0.01, "average": 100})
classifier("average yet to come", loss="log_loss", alpha=0.01, average=1000, ours={"loss": "log_loss", "alpha": 0.01, "average": 1000})
regressor("regression, average", average=True, ours={"loss": "squared_error", "average": 1})
classifier("PA-I", loss="hinge", learning_rate="pa1", eta0=0.7, penalty=None, ours={"loss": "hinge", "rate": "pa1", "eta0": 0.7, "no_penalty": True})
classifier("PA-II with penalty", loss="hinge", learning_rate="pa2", eta0=0.7, alpha=0.01, ours={"loss": "hinge", "rate": "pa2", "eta0": 0.7, "alpha": 0.01})
regressor("regression, PA-I", loss="epsilon_insensitive", learning_rate="pa1", eta0=0.1, ours={"loss": "epsilon_insensitive", "rate": "pa1", "eta0": 0.1})
regressor("regression, PA-II", loss="epsilon_insensitive", learning_rate="pa2", eta0=0.1, ours={"loss": "epsilon_insensitive", "rate": "pa2", "eta0": 0.1})
parts = [[0, 30], [30, 55], [55, 70]]
classifier("stream", loss="log_loss", alpha=0.01, parts=parts, ours={"loss": "log_loss", "alpha": 0.01})
classifier("stream, three classes", three, loss="hinge", alpha=0.01, parts=parts, ours={"loss": "hinge", "alpha": 0.01})
# No intercept: once there is an average, scikit-learn 1.9.1 forgets where the intercept itself was (_fit_binary, _fit_multiclass).
classifier("stream, average", three, loss="hinge", alpha=0.01, average=20, fit_intercept=False, parts=parts, ours={"loss": "hinge", "alpha": 0.01, "average": 20, "no_intercept": True})
regressor("regression, stream", parts=parts, ours={"loss": "squared_error"})
# Ends: the number of epochs is scikit-learn's to choose.
for name, options in {"ends": {}, "ends, adaptive": {"learning_rate": "adaptive", "eta0": 0.1}}.items():
    ours = {"loss": "log_loss", "alpha": 0.01, "until": 1000, **({"rate": "adaptive", "eta0": 0.1} if options else {})}
    classifier(name, loss="log_loss", alpha=0.01, tol=1e-3, max_iter=1000, ours=ours, **options)
regressor("regression, ends", tol=1e-3, max_iter=1000, ours={"loss": "squared_error", "until": 1000})
keep("perceptron, preset", "perceptron", Perceptron(**{**FIXED}), binary)
keep("PA-I, preset", "pa1", PassiveAggressiveClassifier(C=0.5, **FIXED), three)
keep("PA-II, preset", "pa2", PassiveAggressiveClassifier(C=0.5, loss="squared_hinge", **FIXED), binary)
keep("PA-I, regression preset", "pa1 regressor", PassiveAggressiveRegressor(C=0.5, epsilon=0.2, **FIXED), target)
keep("PA-II, regression preset", "pa2 regressor", PassiveAggressiveRegressor(C=0.5, epsilon=0.2, loss="squared_epsilon_insensitive", **FIXED), target)
keep("one class", "one class", SGDOneClassSVM(nu=0.2, **FIXED), None)
keep("one class, ends", "one class", SGDOneClassSVM(nu=0.2, shuffle=False), None, config={"until": 1000})
keep("one class, average, weights", "one class", SGDOneClassSVM(nu=0.2, average=True, **FIXED), None, weight, config={"average": 1})
keep("one class, no intercept", "one class", SGDOneClassSVM(nu=0.2, fit_intercept=False, **FIXED), None, config={"no_intercept": True})
NONE = {"loss": "", "rate": "", "alpha": 0, "epsilon": 0, "eta0": 0, "power": 0, "l1_ratio": 0, "no_intercept": False, "no_penalty": False,
        "average": 0, "until": 0, "per_class": []}
for c in cases.values():
    c["config"] = {**NONE, **c.get("config", {})}
write("linear/testdata/sgd.json", {"x": x, "cases": cases}, __file__)
