"""Discriminant analysis of scikit-learn on seeded data: posteriors, coefficients, projections, covariances. Weighted fits are those on
repeated rows. RDA is Friedman's formula, written out; the OAS rule is scikit-learn's on standardised columns, as its "auto" does
with Ledoit and Wolf's."""

import numpy as np
from common import write
from scipy.stats import multivariate_normal
from sklearn.base import BaseEstimator
from sklearn.covariance import ledoit_wolf, oas
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis as LDA
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis as QDA
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(20261127)
n, p, k = 70, 6, 3
y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
w = rng.integers(0, 4, n)
mix = rng.normal(size=(p, p))
x = (rng.normal(size=(n, p)) @ mix) * [1, 0.1, 3, 1, 2, 1] + 7 + y[:, None] * [0.5, 0, 3, 1, 0, 0]
sparse = np.where(rng.random((n, p)) < 0.8, 0, rng.normal(size=(n, p)) + y[:, None])
collinear = np.column_stack([x, x[:, 0] - x[:, 3], np.where(y == 1, 2.0, 5.0), np.full(n, 3.25)])
few = rng.normal(size=(20, 14)) + np.repeat(np.arange(2), 10)[:, None] * rng.normal(size=14)
few_y = np.repeat(np.arange(2), 10)
priors = [0.5, 0.2, 0.3]
lda, qda, data = {}, {}, {}


class StandardizedOAS(BaseEstimator):
    def fit(self, x):
        sc = StandardScaler()
        self.covariance_ = np.outer(*[sc.fit(x).scale_] * 2) * oas(sc.transform(x))[0]
        return self


def testing(x):
    return x[::7] + 0.05 * np.abs(x).mean(axis=0)


def known(x, y):
    """The name of the rows, which are written once."""
    for name, d in data.items():
        if d["x"] is x:
            return name
    name = f"data {len(data)}"
    data[name] = {"x": x, "y": y, "test": testing(x)}
    return name


def log_proba(m, test):
    """predict_log_proba; for two classes from the decision, since scikit-learn takes one probability from 1 there."""
    if len(m.classes_) > 2:
        return m.predict_log_proba(test)
    d = m.decision_function(test)
    return -np.logaddexp(0, np.column_stack([d, -d]))


def common(m, x, y, weight):
    test = testing(x)
    return {"data": known(x, y), "weight": [] if weight is None else weight, "logproba": log_proba(m, test), "predict": m.predict(test)}


def linear(name, x, y, weight=None, **config):
    rows = np.arange(len(y)) if weight is None else np.repeat(np.arange(len(y)), weight)
    m = LDA(store_covariance=True, **config).fit(x[rows], y[rows])
    c = common(m, x, y, weight)
    if config.get("solver") != "lsqr":
        center = m.priors_ @ m.means_
        c["transform"] = m.transform(testing(x)) - m.transform(center[None, :])
        c["ratio"] = m.explained_variance_ratio_
    else:
        c["transform"], c["ratio"] = [], []
    c["contrast"] = m.coef_ if len(m.classes_) == 2 else m.coef_[1:] - m.coef_[0]
    c["covariance"] = m.covariance_
    lda[name] = c


linear("svd", x, y)
linear("svd weights", x, y, w)
linear("svd priors", x, y, priors=priors)
linear("svd components", x, y, n_components=1)
linear("svd collinear", collinear, y)
linear("svd sparse", sparse, y)
linear("svd few", few, few_y)
linear("lsqr", x, y, solver="lsqr")
linear("lsqr priors", x, y, w, solver="lsqr", priors=priors)
linear("lsqr fixed", x, y, solver="lsqr", shrinkage=0.3, priors=priors)
linear("lsqr auto few", few, few_y, solver="lsqr", shrinkage="auto")
linear("eigen", x, y, solver="eigen")
linear("eigen priors", x, y, solver="eigen", priors=priors)
linear("eigen fixed", x, y, w, solver="eigen", shrinkage=0.3, priors=priors)
linear("eigen auto", x, y, w, solver="eigen", shrinkage="auto")
linear("eigen auto sparse", sparse, y, solver="eigen", shrinkage="auto", priors=priors)
linear("eigen auto few", few, few_y, solver="eigen", shrinkage="auto")
linear("eigen oas", x, y, solver="eigen", covariance_estimator=StandardizedOAS())
iris = load_iris()
linear("iris", iris.data, iris.target)


def quadratic(name, x, y, weight=None, **config):
    rows = np.arange(len(y)) if weight is None else np.repeat(np.arange(len(y)), weight)
    m = QDA(store_covariance=True, tol=1e-9, **config).fit(x[rows], y[rows])
    qda[name] = {**common(m, x, y, weight), "covariance": np.concatenate(m.covariance_)}


quadratic("plain", x, y)
quadratic("priors", x, y, w, priors=priors)
quadratic("reg", x, y, reg_param=0.2)
quadratic("fixed", x, y, solver="eigen", shrinkage=0.3)
quadratic("auto", x, y, w, solver="eigen", shrinkage="auto")
quadratic("auto sparse", sparse, y, solver="eigen", shrinkage="auto")
quadratic("auto few", few, few_y, solver="eigen", shrinkage="auto")
quadratic("oas", x, y, solver="eigen", covariance_estimator=StandardizedOAS())
quadratic("iris", iris.data, iris.target)


def friedman(name, x, y, lam, gamma):
    counts = np.bincount(y)
    scatter = [(x[y == c] - x[y == c].mean(0)).T @ (x[y == c] - x[y == c].mean(0)) for c in range(len(counts))]
    test = testing(x)
    joint, covs = [], []
    for c, nc in enumerate(counts):
        s = ((1 - lam) * scatter[c] + lam * sum(scatter)) / ((1 - lam) * nc + lam * len(y))
        s = (1 - gamma) * s + gamma * np.trace(s) / x.shape[1] * np.eye(x.shape[1])
        covs.append(s)
        joint.append(np.log(nc / len(y)) + multivariate_normal(x[y == c].mean(0), s).logpdf(test))
    joint = np.array(joint).T
    proba = joint - np.logaddexp.reduce(joint, axis=1)[:, None]
    qda[name] = {"data": known(x, y), "weight": [], "logproba": proba, "predict": joint.argmax(1), "covariance": np.concatenate(covs)}


friedman("rda", x, y, 0.4, 0.1)
friedman("rda few", few, few_y, 0.4, 0.1)
friedman("rda pooled", x, y, 1.0, 0.0)
write("bayes/testdata/discriminant.json", {"data": data, "lda": lda, "qda": qda}, __file__)
