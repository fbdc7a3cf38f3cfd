"""Models of several versions of XGBoost with what they predict: tree/testdata/xgboost_*.json. Each case is a trap of the format."""

import base64
import json
import sys

import numpy as np

from tree_lightgbm import flat, probes, table


def emit():
    import xgboost as xgb

    version = tuple(int(v) for v in xgb.__version__.split(".")[:2])
    x = table(400, 1)
    rng = np.random.default_rng(2)
    score = np.nan_to_num(x[:, 0]) + 0.3 * (x[:, 1] % 3) + (x[:, 4] == 2) - np.nan_to_num(x[:, 3], nan=1.0) * (x[:, 5] > 0)
    noisy = score + 0.3 * rng.normal(size=len(x))
    positive = np.exp(noisy / 3)
    binary = (noisy > 0.3).astype(float)
    classes = np.digitize(noisy, [-0.5, 0.7]).astype(float)
    test = probes()
    test[np.abs(test) > 1e30] = 1e30 # float32 has no 1e300, and DMatrix refuses infinity
    kinds = ["q", "c", "q", "q", "c", "q"]
    cases = {}

    def matrix(rows, y=None, categories=True, **kw):
        return xgb.DMatrix(rows, y, feature_types=kinds if categories else None, enable_categorical=True, **kw)

    def case(name, y, params, rounds=3, categories=True, rows=x, names=None, form="json", group=None, obj=None, evals=False, **kw):
        base = dict(max_depth=3, tree_method="hist", seed=3, nthread=1, max_cat_to_onehot=2, eta=0.5)
        if params.get("booster") == "gblinear":
            base = dict(seed=3, nthread=1)
        if version < (2, 0) and params.get("tree_method") is None and categories:
            base["tree_method"] = "approx" if version < (1, 6) else "hist"
        data = matrix(rows, y, categories)
        if group is not None:
            data.set_group(group)
        if names:
            data.feature_names = names
        for key, value in kw.items():
            data.set_float_info(key, value)
        extra = dict(evals=[(data, "train")], early_stopping_rounds=2, verbose_eval=False) if evals else {}
        model = xgb.train({**base, **params}, data, rounds, obj=obj, **extra)
        probe = matrix(test, None, categories)
        if names:
            probe.feature_names = names
        raw = model.save_raw(raw_format=form) if version >= (1, 6) else model.save_raw()
        all_rounds = (0, model.num_boosted_rounds())
        leaves = np.zeros((len(test), 0)) if params.get("booster") == "gblinear" else model.predict(probe, pred_leaf=True)
        cases[name] = dict(model=raw.decode() if form == "json" else base64.b64encode(raw).decode(),
                           raw=flat(model.predict(probe, output_margin=True, iteration_range=all_rounds)),
                           response=flat(model.predict(probe, iteration_range=all_rounds)), leaves=np.asarray(leaves).reshape(len(test), -1).astype(int))

    case("regression", noisy, dict(objective="reg:squarederror"))
    case("regression ubj", noisy, dict(objective="reg:squarederror"), form="ubj")
    case("numbers only", noisy, dict(objective="reg:squarederror"), categories=False)
    case("one-hot", noisy, dict(objective="reg:squarederror", max_cat_to_onehot=100))
    case("base score", noisy, dict(objective="reg:squarederror", base_score=0.123))
    case("logistic", binary, dict(objective="binary:logistic"))
    case("logistic ubj", binary, dict(objective="binary:logistic"), form="ubj")
    case("logistic base", binary, dict(objective="binary:logistic", base_score=0.37))
    case("logitraw", binary, dict(objective="binary:logitraw", base_score=0.3))
    case("hinge", binary, dict(objective="binary:hinge"))
    case("reg logistic", binary, dict(objective="reg:logistic"))
    case("softprob", classes, dict(objective="multi:softprob", num_class=3))
    case("softprob ubj", classes, dict(objective="multi:softprob", num_class=3), form="ubj")
    case("poisson", positive, dict(objective="count:poisson"))
    case("gamma", positive, dict(objective="reg:gamma"))
    case("tweedie", positive, dict(objective="reg:tweedie"))
    case("aft", positive, dict(objective="survival:aft"), label_lower_bound=positive, label_upper_bound=positive * 1.1)
    case("cox", positive, dict(objective="survival:cox"))
    case("absolute", noisy, dict(objective="reg:absoluteerror")) if version >= (1, 7) else None
    case("ranking", classes, dict(objective="rank:pairwise"), group=[20] * 20)
    case("dart", noisy, dict(booster="dart", rate_drop=0.6, objective="reg:squarederror"), rounds=6)
    case("dart softprob", classes, dict(booster="dart", rate_drop=0.6, objective="multi:softprob", num_class=3), rounds=4)
    case("forest", noisy, dict(num_parallel_tree=4, subsample=0.6, eta=1.0, objective="reg:squarederror"), rounds=1)
    case("boosted forest", classes, dict(num_parallel_tree=2, subsample=0.6, objective="multi:softprob", num_class=3), rounds=2)
    case("pruned", noisy, dict(objective="reg:squarederror", max_depth=6, gamma=8.0), categories=False)
    case("pruned exact", noisy, dict(objective="reg:squarederror", max_depth=6, gamma=8.0, tree_method="exact"), categories=False)
    case("lossguide", noisy, dict(objective="reg:squarederror", grow_policy="lossguide", max_leaves=20, max_depth=0), rounds=1)
    case("stump", np.ones(len(x)), dict(objective="reg:squarederror", base_score=1.0))
    case("early stopping", noisy, dict(objective="reg:squarederror", eta=3.0), rounds=9, evals=True)
    case("names", noisy, dict(objective="reg:squarederror"), names=["a=b", "c d", "é", 'q"uote', "back\\slash", "f"])
    case("custom", noisy, {}, obj=lambda p, d: (p - d.get_label(), np.ones_like(p)))
    case("gblinear", noisy, dict(booster="gblinear", objective="reg:squarederror", base_score=0.2), categories=False, rows=np.nan_to_num(x))
    case("gblinear softprob", classes, dict(booster="gblinear", objective="multi:softprob", num_class=3), categories=False, rows=np.nan_to_num(x), form="ubj" if version >= (1, 6) else "json")
    two = np.c_[noisy, positive]
    case("two targets", two, dict(objective="reg:squarederror"))
    case("two labels", np.c_[binary, classes > 1].astype(float), dict(objective="binary:logistic"))
    if version >= (2, 0):
        case("vector leaves", two, dict(objective="reg:squarederror", multi_strategy="multi_output_tree"), categories=False)
        case("vector leaves ubj", two, dict(objective="reg:squarederror", multi_strategy="multi_output_tree"), categories=False, form="ubj")
        case("vector softprob", classes, dict(objective="multi:softprob", num_class=3, multi_strategy="multi_output_tree"), categories=False)
        case("quantiles", noisy, dict(objective="reg:quantileerror", quantile_alpha=[0.2, 0.8]))
    if version >= (3, 1):
        import pandas

        frame = pandas.DataFrame({"num": x[:, 0], "cat": pandas.Categorical(np.array(["red", "green", "blue"])[(x[:, 1] % 3).astype(int)]),
                                  "year": pandas.Categorical((x[:, 4] * 10).astype(int))})
        data = xgb.DMatrix(frame, noisy, enable_categorical=True)
        model = xgb.train(dict(max_depth=3, tree_method="hist", nthread=1, max_cat_to_onehot=1), data, 2)
        codes = np.c_[x[:, 0], frame["cat"].cat.codes, frame["year"].cat.codes][: len(test)].astype(float)
        probe = xgb.DMatrix(frame[: len(test)], enable_categorical=True)
        cases["pandas"] = dict(model=model.save_raw("json").decode(), x=codes, raw=flat(model.predict(probe, output_margin=True)),
                               response=flat(model.predict(probe)), leaves=model.predict(probe, pred_leaf=True).astype(int))
    if version >= (3, 3):  # keeps the file small: these hold nothing that the others do not
        for name in ["numbers only", "reg logistic", "gamma", "tweedie", "cox", "absolute", "ranking", "pruned", "softprob", "forest", "custom", "lossguide"]:
            del cases[name]
    for c in cases.values():
        c.setdefault("x", None)
    return dict(version=xgb.__version__, x=test, cases=cases)


if __name__ == "__main__":
    if "--emit" in sys.argv:
        import common

        print(json.dumps(common.plain(emit())))
        sys.exit()
    import tree_envs
    from common import write

    for version, made in tree_envs.run("xgboost", ["3.4.1", "3.2.0", "3.0.5", "2.1.4", "1.7.6"], __file__).items():
        write(f"tree/testdata/xgboost_{version}.json", made, __file__, origin=f"XGBoost {version}")
