"""What shap, XGBoost and LightGBM say of their own models: explain/testdata/trees.json.

Each case holds the model's file, the rows, and what the library answers: pred_contribs (approx_contribs too) and pred_interactions of XGBoost (float32), pred_contrib of LightGBM
(float64), shap's interventional values and path-dependent interactions (float64)."""

import lightgbm as lgb
import numpy as np
import shap
import xgboost as xgb  # noqa: F401  (its version is written down)

from common import write
from explain_cases import bits, data, xgboost


def lightgbm(name, params, y, x, rounds=15, **how):
    """LightGBM's own contributions: rows x outputs x (columns and the base)."""
    d = lgb.Dataset(x, y, **how)
    m = lgb.train(dict(verbosity=-1, num_threads=1, seed=1, min_data_in_leaf=5, deterministic=True, **params), d, rounds)
    c = m.predict(x[:20], pred_contrib=True)
    k = c.shape[1] // (x.shape[1] + 1)
    return dict(name=name, library="lightgbm", model=m.model_to_string(), rows=bits(x[:20]), columns=x.shape[1], outputs=k, contribs=bits(c.reshape(20, k, -1))), m


def main():
    cases = []
    x, s = data(1)
    one, regression = lightgbm("regression", dict(objective="regression", num_leaves=15), s, x)
    e = shap.TreeExplainer(regression, feature_perturbation="tree_path_dependent")
    one["shap_interactions"] = bits(e.shap_interaction_values(x[:20]))
    full, t = data(2, gaps=False)  # shap drops NaN's direction in some models: the interventional values are taken without gaps
    two, plain = lightgbm("regression, no gaps", dict(objective="regression", num_leaves=15), t, full)
    e = shap.TreeExplainer(plain, full[100:150], feature_perturbation="interventional")
    two["background"], two["interventional"] = bits(full[100:150]), bits(e.shap_values(full[:20]))
    three, binary = lightgbm("binary, no gaps", dict(objective="binary", num_leaves=15), (t > 0.5).astype(int), full)
    e = shap.TreeExplainer(binary, full[100:150], feature_perturbation="interventional", model_output="probability")
    three["background"], three["probability"] = bits(full[100:150]), bits(e.shap_values(full[:20]))
    cases += [one, two, three]
    cases.append(lightgbm("binary, categories", dict(objective="binary", num_leaves=15, max_cat_to_onehot=2, min_data_per_group=5, cat_smooth=1), (s > 0.5).astype(int), x, categorical_feature=[1])[0])
    cases.append(lightgbm("classes", dict(objective="multiclass", num_class=3, num_leaves=7), np.digitize(s, [-0.5, 1]), x)[0])
    cases.append(lightgbm("forest", dict(objective="regression", boosting="rf", bagging_fraction=0.7, bagging_freq=1, num_leaves=15), s, x)[0])
    cases.append(lightgbm("dart", dict(objective="regression", boosting="dart", drop_rate=0.5, num_leaves=15), s, x)[0])
    cases.append(xgboost("logistic", dict(objective="binary:logistic", max_depth=5), (s > 0.5).astype(int), x)[0])
    cases.append(xgboost("squares", dict(max_depth=7, eta=0.5), s, x)[0])
    cases.append(xgboost("softmax", dict(objective="multi:softprob", num_class=3, max_depth=3), np.digitize(s, [-0.5, 1]), x)[0])
    cases.append(xgboost("dart", dict(booster="dart", rate_drop=0.5, max_depth=4), s, x)[0])
    kinds = ["c" if j == 1 else "q" for j in range(x.shape[1])]
    cases.append(xgboost("categories", dict(tree_method="hist", max_depth=4, max_cat_to_onehot=1), s, x, feature_types=kinds, enable_categorical=True)[0])
    write("explain/testdata/trees.json", dict(cases=cases), __file__)


main()
