"""Writes selection/testdata/crossval.json: scikit-learn's cross-validation and grid search on iris and diabetes.
Run: internal/golden/regenerate.sh selection_crossval.py
"""

import numpy as np
from common import write
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

x, y = load_iris(return_X_y=True)


def logistic(c):
    return LogisticRegression(C=c, tol=1e-10, max_iter=10000)


def scores(cv, names):
    return {n: np.abs(cv["test_" + n]) for n in names}


names = ["accuracy", "neg_log_loss", "roc_auc_ovr", "roc_auc_ovo_weighted"]
classes = scores(cross_validate(make_pipeline(StandardScaler(), logistic(1.0)), x, y, cv=StratifiedKFold(5), scoring=names), names)

grid = GridSearchCV(logistic(1.0), {"C": [0.1, 100.0, 1e8]}, cv=StratifiedKFold(5), scoring="neg_log_loss").fit(x, y)
search = {"mean": -grid.cv_results_["mean_test_score"], "std": grid.cv_results_["std_test_score"], "best": grid.best_index_,
          "proba": grid.predict_proba(x[::15])}

x, y = load_diabetes(return_X_y=True, scaled=False)
names = ["r2", "neg_root_mean_squared_error", "neg_mean_squared_error", "neg_mean_absolute_error"]
numbers = scores(cross_validate(make_pipeline(StandardScaler(), Ridge(alpha=2.0)), x, y, cv=KFold(5), scoring=names), names)

write("selection/testdata/crossval.json", {"classes": classes, "search": search, "numbers": numbers}, __file__)
