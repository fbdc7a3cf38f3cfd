"""Models made of models."""
from __future__ import annotations

from typing import Any

from registry import T, Work, case, estimator
from sk import acc, split

ROWS = 20_000


@case("Bagging", "scikit-learn", "tree100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import BaggingClassifier
    return estimator(lambda: BaggingClassifier(n_estimators=20, random_state=0, n_jobs=T), X[:ROWS], y[:ROWS], *split(X, y, 100_000)[2:], acc, row=False)


@case("AdaBoost", "scikit-learn", "tree100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import AdaBoostClassifier
    return estimator(lambda: AdaBoostClassifier(n_estimators=50), X[:ROWS], y[:ROWS], *split(X, y, 100_000)[2:], acc, row=False)


@case("Stacking", "scikit-learn", "tree100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import StackingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeClassifier
    three = [("a", LogisticRegression()), ("b", GaussianNB()), ("c", DecisionTreeClassifier(max_depth=8))]
    return estimator(lambda: StackingClassifier(three, n_jobs=T), X[:ROWS], y[:ROWS], *split(X, y, 100_000)[2:], acc, row=False)
