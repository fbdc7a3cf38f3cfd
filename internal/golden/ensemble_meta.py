"""Writes ensemble/testdata/meta.json: scikit-learn's models made of models, where nothing is random: voting (hard, soft, weighted), stacking (two and three classes, pass-through,
prefit, groups, two layers, several outputs), one-vs-rest, one-vs-one and output codes of one's own, chains with and without cross-fitting, AdaBoost on stumps, stage by stage, AdaBoost.R2
with weights in place of draws, LogitBoost by its formulas on scikit-learn's trees, and the super learner's weights by scipy's NNLS.
Run: internal/golden/regenerate.sh ensemble_meta.py
"""

import numpy as np
from common import write
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor, StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_val_predict
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

out = {}
iris, cancer, diabetes = load_iris(return_X_y=True), load_breast_cancer(return_X_y=True), load_diabetes(return_X_y=True)
logistic = LogisticRegression(C=1, tol=1e-12, max_iter=100000)
sets = {"iris": (iris[0][:, :2], iris[1]), "cancer": (cancer[0][:, [0, 1, 4, 8]], cancer[1])}
weights = lambda y: np.where(np.arange(len(y)) % 3 == 0, 2.5, 1.0)

for name, (x, y) in sets.items():
    every, w = slice(None, None, 7), weights(y)
    three = [("a", logistic), ("b", GaussianNB()), ("c", LogisticRegression(C=0.001, tol=1e-12, max_iter=100000))]
    out[f"{name} hard"] = VotingClassifier(three, weights=[1, 2, 1.5]).fit(x, y, sample_weight=w).predict(x[every])
    out[f"{name} soft"] = VotingClassifier(three, voting="soft", weights=[1, 2, 1.5]).fit(x, y, sample_weight=w).predict_proba(x[every])
    for through in [False, True]:
        s = StackingClassifier(three, logistic, cv=StratifiedKFold(5), passthrough=through).fit(x, y, sample_weight=w)
        out[f"{name} stacked{' through' if through else ''}"] = s.predict_proba(x[every])
    layer = StackingClassifier(three[:2], logistic, cv=StratifiedKFold(3))
    out[f"{name} layers"] = StackingClassifier(three[:2], layer, cv=StratifiedKFold(5), passthrough=True).fit(x, y).predict_proba(x[every])
    half = np.arange(len(y)) % 2 == 0
    fitted = [(k, clone(e).fit(x[half], y[half])) for k, e in three]
    out[f"{name} prefit"] = StackingClassifier(fitted, logistic, cv="prefit").fit(x[~half], y[~half]).predict_proba(x[every])
    group = np.arange(len(y)) % 11
    folds = list(GroupKFold(4).split(x, y, group))
    out[f"{name} groups"] = StackingClassifier(three, logistic, cv=folds).fit(x, y).predict_proba(x[every])

    rest = OneVsRestClassifier(logistic).fit(x, y)
    out[f"{name} rest"] = {"decision": rest.decision_function(x[every]).reshape(len(x[every]), -1), "proba": rest.predict_proba(x[every])}
    if name == "iris":
        out["iris one"] = OneVsOneClassifier(logistic).fit(x, y).decision_function(x[every])
        for seed in range(100):  # the first code that says something in every bit, and differs in every pair of words
            code = OutputCodeClassifier(logistic, code_size=2.4, random_state=seed).fit(x, y)
            book = code.code_book_
            if (np.abs(book.sum(axis=0)) < 3).all() and len(np.unique(book, axis=0)) == 3:
                break
        out["iris code"] = {"code": code.code_book_.astype(int), "class": code.predict(x)}

    for rate in [1.0, 0.5]:
        a = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=25, learning_rate=rate).fit(x, y, sample_weight=w)
        staged = np.array(list(a.staged_predict(x)))
        out[f"{name} ada {rate}"] = {"weight": a.estimator_weights_, "error": a.estimator_errors_, "staged": (staged != y).mean(axis=1), "proba": a.predict_proba(x[every])}

    # LogitBoost by the formulas of Friedman, Hastie and Tibshirani (2000), algorithms 3 and 6, with z within 4 and weights of rows.
    k = y.max() + 1
    F, errors = np.zeros((len(y), k)), []
    trees = []
    for _ in range(15):
        if k == 2:
            p = 1 / (1 + np.exp(-2 * F[:, 1]))
            v, t = np.maximum(p * (1 - p), 1e-10), (y == 1).astype(float)
            z = np.clip((t - p) / v, -4, 4)
            f = DecisionTreeRegressor(max_depth=1).fit(x, z, sample_weight=w * v).predict(x)
            F[:, 1] += 0.5 * f
            F[:, 0] -= 0.5 * f
        else:
            e = np.exp(F - F.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            f = np.empty_like(F)
            for c in range(k):
                v, t = np.maximum(p[:, c] * (1 - p[:, c]), 1e-10), (y == c).astype(float)
                z = np.clip((t - p[:, c]) / v, -4, 4)
                f[:, c] = DecisionTreeRegressor(max_depth=1).fit(x, z, sample_weight=w * v).predict(x)
            F += (k - 1) / k * (f - f.mean(axis=1, keepdims=True))
    e = np.exp(2 * F[every] - (2 * F[every]).max(axis=1, keepdims=True)) if k == 2 else np.exp(F[every] - F[every].max(axis=1, keepdims=True))
    if k == 2:
        e = np.exp(F[every])
    out[f"{name} logit"] = {"scores": F[every], "proba": e / e.sum(axis=1, keepdims=True)}

x, y = diabetes
every, w = slice(None, None, 20), weights(y)
pair = [("a", Ridge(alpha=0.1)), ("b", DecisionTreeRegressor(max_depth=3))]
out["voted"] = VotingRegressor(pair, weights=[1, 3]).fit(x, y, sample_weight=w).predict(x[every])
for through in [False, True]:
    s = StackingRegressor(pair, Ridge(alpha=1), cv=KFold(5), passthrough=through).fit(x, y, sample_weight=w)
    out[f"stacked{' through' if through else ''}"] = s.predict(x[every])
said = np.column_stack([cross_val_predict(e, x, y, cv=KFold(5)) for _, e in pair + [("c", LinearRegression())]])
share = nnls(said, y)[0]
out["super"] = share / share.sum()
hot = np.eye(3)[iris[1]]
said = [cross_val_predict(e, iris[0][:, :2], iris[1], cv=StratifiedKFold(5), method="predict_proba") for e in [logistic, GaussianNB(), DecisionTreeClassifier(max_depth=2)]]
share = nnls(np.column_stack([p.ravel() for p in said]), hot.ravel())[0]
out["super iris"] = share / share.sum()


class Draws:
    """AdaBoost.R2 with the weights given to the learner instead of drawing rows by them."""

    def __init__(self, loss, rate):
        self.loss, self.rate = loss, rate

    def fit(self, x, y, w):
        w = w / w.sum()
        self.trees, self.weight, self.error = [], [], []
        for i in range(12):
            t = DecisionTreeRegressor(max_depth=3).fit(x, y, sample_weight=w)
            e = np.abs(t.predict(x) - y)
            e = e / e.max()
            e = {"linear": e, "square": e**2, "exponential": 1 - np.exp(-e)}[self.loss]
            error = (w * e).sum()
            if error >= 0.5:
                if not self.trees:
                    self.trees, self.weight, self.error = [t], [0], [error]
                break
            beta = error / (1 - error)
            self.trees.append(t)
            self.weight.append(self.rate * np.log(1 / beta))
            self.error.append(error)
            w = w * beta ** ((1 - e) * self.rate)
            w = w / w.sum()
        return self

    def staged(self, x):
        a = AdaBoostRegressor()
        for n in range(1, len(self.trees) + 1):
            a.estimators_, a.estimator_weights_ = self.trees[:n], np.array(self.weight[:n])
            yield a._get_median_predict(x, n)


for loss in ["linear", "square", "exponential"]:
    d = Draws(loss, 0.8).fit(x, y, w)
    out[f"r2 {loss}"] = {"weight": d.weight, "error": d.error, "staged": [((p - y) ** 2).mean() for p in d.staged(x)], "predicted": list(d.staged(x[every]))[-1]}

test = np.arange(len(y)) % 3 == 0
drawn = [AdaBoostRegressor(n_estimators=20, random_state=seed).fit(x[~test], y[~test]).score(x[test], y[test]) for seed in range(20)]
out["r2 drawn"] = {"mean": np.mean(drawn), "deviation": np.std(drawn, ddof=1)}
bags = [BaggingClassifier(n_estimators=30, oob_score=True, random_state=seed).fit(*sets["cancer"]).oob_score_ for seed in range(20)]
out["bag cancer"] = {"mean": np.mean(bags), "deviation": np.std(bags, ddof=1)}
bags = [BaggingRegressor(n_estimators=30, max_features=0.5, oob_score=True, random_state=seed).fit(x, y).oob_score_ for seed in range(20)]
out["bag"] = {"mean": np.mean(bags), "deviation": np.std(bags, ddof=1)}

# Three targets of diabetes: its own, and two columns taken out of X.
many = np.column_stack([y / 100, 10 * x[:, 2], 10 * x[:, 8]])
rest = np.delete(x, [2, 8], axis=1)
labels = (many > np.median(many, axis=0)).astype(int)
out["chain"] = ClassifierChain(logistic, order=[2, 0, 1]).fit(rest, labels).predict_proba(rest[every])
out["chain cv"] = ClassifierChain(logistic, order=[2, 0, 1], cv=KFold(4)).fit(rest, labels).predict_proba(rest[every])
out["chain proba"] = ClassifierChain(logistic, order=[1, 0, 2], cv=KFold(4), chain_method="predict_proba").fit(rest, labels).predict_proba(rest[every])
out["numbers"] = RegressorChain(Ridge(alpha=0.1), order=[1, 2, 0]).fit(rest, many).predict(rest[every])
out["numbers cv"] = RegressorChain(Ridge(alpha=0.1), cv=KFold(4)).fit(rest, many).predict(rest[every])
out["numbers alone"] = MultiOutputRegressor(Ridge(alpha=0.1)).fit(rest, many).predict(rest[every])

said = np.hstack([cross_val_predict(e, rest, many, cv=KFold(5)) for e in [Ridge(alpha=0.1), DecisionTreeRegressor(max_depth=3)]])
top = Ridge(alpha=1).fit(said, many)
fitted = [Ridge(alpha=0.1).fit(rest, many), DecisionTreeRegressor(max_depth=3).fit(rest, many)]
out["stacked many"] = top.predict(np.hstack([m.predict(rest[every]) for m in fitted]))

write("ensemble/testdata/meta.json", out, __file__)
