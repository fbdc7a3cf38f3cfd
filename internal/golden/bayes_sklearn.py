"""Joint log-probabilities of the naive Bayes classifiers of scikit-learn on seeded data, with integer weights, sparse counts and given
priors. Weighted fits of GaussianNB are those on repeated rows: scikit-learn's smoothing ignores weights."""

import numpy as np
from common import write
from scipy import sparse
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

rng = np.random.default_rng(20261126)
n, p, k = 80, 6, 3
y = rng.integers(0, k, n)
w = rng.integers(0, 4, n).astype(float)
priors = [0.5, 0.2, 0.3]
normal = rng.normal(size=(n, p)) * [1, 0.01, 30, 1, 10, 1] + 7 + y[:, None] * [0.5, 0, 3, 1, 0, 0]
counts = rng.poisson(1 + y[:, None] * [0, 1, 2, 0, 0.5, 1], size=(n, p)).astype(float)
codes = (rng.integers(0, 4, (n, p)) + y[:, None] * np.arange(p)) % 5
tests = {"normal": normal[:20] + 0.1, "counts": counts[::-1][:20], "codes": codes[::-1][:20]}
cases = {}


def case(name, model, x, test, weight=None, joint="_joint_log_likelihood", **config):
    if weight is not None and isinstance(model, GaussianNB):
        model.fit(np.repeat(x, w.astype(int), axis=0), np.repeat(y, w.astype(int)))
    else:
        model.fit(sparse.csr_matrix(x) if isinstance(model, (MultinomialNB, ComplementNB)) else x, y, sample_weight=weight)
    cases[name] = {"x": x, "y": y, "weight": [] if weight is None else weight, "test": test, "joint": model.predict_joint_log_proba(test),
                   "proba": model.predict_proba(test), "predict": model.predict(test)}


case("gaussian", GaussianNB(), normal, tests["normal"])
case("gaussian weights", GaussianNB(), normal, tests["normal"], w)
case("gaussian priors", GaussianNB(priors=priors, var_smoothing=0.01), normal, tests["normal"])
case("multinomial", MultinomialNB(), counts, tests["counts"])
case("multinomial weights", MultinomialNB(alpha=0.3), counts, tests["counts"], w)
case("multinomial uniform", MultinomialNB(fit_prior=False), counts, tests["counts"])
case("multinomial priors", MultinomialNB(class_prior=priors), counts, tests["counts"])
case("complement", ComplementNB(), counts, tests["counts"])
case("complement norm", ComplementNB(norm=True, alpha=0.5), counts, tests["counts"], w)
case("bernoulli", BernoulliNB(), counts, tests["counts"])
case("bernoulli threshold", BernoulliNB(binarize=1.5, alpha=2), counts, tests["counts"], w)
case("categorical", CategoricalNB(), codes.astype(float), tests["codes"].astype(float))
case("categorical weights", CategoricalNB(alpha=0.1, class_prior=priors), codes.astype(float), tests["codes"].astype(float), w)
write("bayes/testdata/naive.json", {"cases": cases}, __file__)
