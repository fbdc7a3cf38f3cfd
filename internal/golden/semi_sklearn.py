"""Label propagation, label spreading and self-training of scikit-learn on seeded rows of three classes, a quarter of them labelled."""

import warnings

import numpy as np
from common import write
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import laplacian_kernel
from sklearn.naive_bayes import GaussianNB
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261128)
y = rng.integers(0, 3, 70)
x = np.round(rng.normal(size=(70, 3)) + 1.6 * np.eye(3)[y], 6)
test = np.round(rng.normal(size=(10, 3)) + 1, 6)
given = np.where(rng.random(70) < 0.25, y, -1)
flows = {}
for name, how in (("rbf", {"kernel": "rbf", "gamma": 0.8}), ("sharp", {"kernel": "rbf", "gamma": 20}), ("knn", {"kernel": "knn", "n_neighbors": 7}), ("laplacian", {"kernel": lambda a, b: laplacian_kernel(a, b, gamma=0.5)})):
    for method, more in (("propagation", {"max_iter": 1000}), ("spreading", {"alpha": 0.2}), ("spreading far", {"alpha": 0.9, "max_iter": 400, "tol": 1e-9})):
        m = (LabelPropagation if method == "propagation" else LabelSpreading)(**how, **more).fit(x, given)
        flows[f"{name} {method}"] = {"shares": m.label_distributions_, "label": m.transduction_, "iterations": m.n_iter_, "proba": m.predict_proba(test), "predict": m.predict(test)}
trained = {}
for name, base in (("logistic", LogisticRegression(C=1, tol=1e-10, max_iter=1000)), ("bayes", GaussianNB())):
    for rule, how in (("threshold", {}), ("low", {"threshold": 0.5, "max_iter": 3}), ("best", {"criterion": "k_best", "k_best": 9, "max_iter": 4}), ("all", {"criterion": "k_best", "k_best": 9, "max_iter": None})):
        m = SelfTrainingClassifier(base, **how).fit(x, given)
        trained[f"{name} {rule}"] = {"label": m.transduction_, "round": m.labeled_iter_, "rounds": m.n_iter_, "ended": m.termination_condition_, "proba": m.predict_proba(test)}
write("semi/testdata/sklearn.json", {"x": x, "given": given, "test": test, "flows": flows, "trained": trained}, __file__)
