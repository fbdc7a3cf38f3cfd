"""Writes selection/testdata/more.json: scikit-learn's leave-out splitters, learning and validation curves, out-of-fold predictions and cross-validation with training scores.
Run: internal/golden/regenerate.sh selection_more.py
"""

import numpy as np
from common import write
from sklearn import model_selection as ms
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge

rng = np.random.default_rng(6)
groups = rng.integers(-2, 4, size=17)
out = {
    "leave2of6": [t for _, t in ms.LeavePOut(2).split(np.zeros((6, 1)))],
    "leave3of6": [t for _, t in ms.LeavePOut(3).split(np.zeros((6, 1)))],
    "groups": groups,
    "leave2groups": [t for _, t in ms.LeavePGroupsOut(2).split(np.zeros((17, 1)), groups=groups)],
}

x, y = load_diabetes(return_X_y=True)
sizes, train, test = ms.learning_curve(Ridge(alpha=2.0), x, y, cv=ms.KFold(5), scoring="r2", train_sizes=np.linspace(0.1, 1.0, 5))
out["learning"] = {"x": sizes, "train": train, "test": test}
alphas = [0.1, 10.0, 1000.0]
train, test = ms.validation_curve(Ridge(), x, y, param_name="alpha", param_range=alphas, cv=ms.KFold(4), scoring="neg_mean_absolute_error")
out["validation"] = {"x": alphas, "train": -train, "test": -test}
out["predict"] = ms.cross_val_predict(Ridge(alpha=2.0), x, y, cv=ms.KFold(5))[::10]
cv = ms.cross_validate(Ridge(alpha=2.0), x, y, cv=ms.KFold(5), scoring=["r2", "neg_mean_absolute_error"], return_train_score=True)
out["both"] = {"test_r2": cv["test_r2"], "train_r2": cv["train_r2"], "test_mae": -cv["test_neg_mean_absolute_error"]}

x, y = load_iris(return_X_y=True)
model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10000)
out["proba"] = ms.cross_val_predict(model, x, y, cv=ms.StratifiedKFold(5), method="predict_proba")[::10]
out["decision"] = ms.cross_val_predict(model, x, y, cv=ms.StratifiedKFold(5), method="decision_function")[::10]
out["codes"] = ms.cross_val_predict(model, x, y, cv=ms.StratifiedKFold(5))

write("selection/testdata/more.json", out, __file__)
