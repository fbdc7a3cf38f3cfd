"""The scores that examples/quickstart prints, by scikit-learn on the same folds."""

import pathlib

import pandas as pd
from common import write
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

root = pathlib.Path(__file__).resolve().parents[2]
frame = pd.read_csv(root / "examples/quickstart/penguins.csv")
numbers = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
labels = ["island", "sex"]


def measured():
    return make_pipeline(SimpleImputer(strategy="mean"), StandardScaler())


def named():
    return make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())


# tol far below the default: the reference must be converged for its digits to mean something
def logistic():
    return LogisticRegression(C=1.0, tol=1e-10, max_iter=100_000)


models = {
    "measurements": make_pipeline(make_column_transformer((measured(), numbers)), logistic()),
    "all columns": make_pipeline(make_column_transformer((measured(), numbers), (named(), labels)), logistic()),
}
metrics = {"accuracy": "accuracy", "log loss": "neg_log_loss", "ROC AUC": "roc_auc_ovr"}
out = {}
for name, model in models.items():
    cv = cross_validate(model, frame[numbers + labels], frame["species"], cv=StratifiedKFold(5), scoring=metrics)
    out[name] = {m: list(abs(cv["test_" + m])) for m in metrics}
write("examples/quickstart/testdata/scores.json", {"scores": out}, __file__)
