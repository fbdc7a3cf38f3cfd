"""Models of several versions of LightGBM with what they predict: tree/testdata/lightgbm.json. Each case is a trap of the format."""

import json
import sys

import numpy as np

CATEGORIES = 40


def table(n, seed):
    """Six columns: 0, 2, 3, 5 numbers with NaN and zeros, 1 and 4 codes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).round(2)
    x[:, 1] = rng.integers(0, CATEGORIES, n)
    x[:, 4] = rng.integers(0, 4, n)
    x[:, 5] = np.where(rng.random(n) < 0.4, 0.0, x[:, 5])
    x[:, [0, 3]] = np.where(rng.random((n, 2)) < 0.2, np.nan, x[:, [0, 3]])
    return x


def probes():
    """Rows like the training rows, and such as a split could get wrong."""
    x = table(24, 99)
    odd = [np.nan, 0.0, -0.0, 1e-35, -1e-35, 1e-34, -0.5, -1.0, -7.0, 39.999, 41.0, 1e9, 5e9, 1e300, -1e300, 3.7]
    rows = table(len(odd), 98)
    for i, v in enumerate(odd):
        rows[i, :] = np.where(np.arange(6) % 2 == i % 2, v, rows[i, :])
    return np.vstack([x, rows])


def flat(scores):
    return np.asarray(scores).ravel()


def emit():
    import lightgbm as lgb

    x = table(400, 1)
    rng = np.random.default_rng(2)
    score = np.nan_to_num(x[:, 0]) + 0.3 * (x[:, 1] % 3) + (x[:, 4] == 2) - np.nan_to_num(x[:, 3], nan=1.0) * (x[:, 5] > 0)
    noisy = score + 0.3 * rng.normal(size=len(x))
    positive = np.exp(noisy / 3)
    binary = (noisy > 0.3).astype(float)
    classes = np.digitize(noisy, [-0.5, 0.7]).astype(float)
    ratio = 1 / (1 + np.exp(-noisy))
    test = probes()
    cases = {}

    def case(name, y, params, rounds=3, categorical=(1, 4), names="auto", group=None, fobj=None, rows=x):
        base = dict(verbose=-1, num_leaves=6, min_data_in_leaf=8, num_threads=1, seed=3, min_data_per_group=5, cat_smooth=1.0, cat_l2=1.0)
        data = lgb.Dataset(rows, y, categorical_feature=list(categorical), feature_name=names, group=group, free_raw_data=False)
        if fobj is not None and int(lgb.__version__[0]) < 4:
            model = lgb.train({**base, **params}, data, rounds, fobj=fobj)
        else:
            model = lgb.train({**base, **params, **({"objective": fobj} if fobj else {})}, data, rounds)
        text = model.model_to_string()
        head, _, tail = text.partition("\nparameters:\n")
        pandas = tail[tail.find("\npandas_categorical:"):] if "pandas_categorical:" in tail else ""
        cases[name] = dict(model=head + "\nparameters:\n" + "\nend of parameters\n" + pandas, raw=flat(model.predict(test, raw_score=True)),
                           response=flat(model.predict(test)), leaves=model.predict(test, pred_leaf=True))

    case("regression", noisy, dict(objective="regression"))
    case("zero as missing", noisy, dict(objective="regression", zero_as_missing=True))
    case("no missing", noisy, dict(objective="regression", use_missing=False))
    case("no NaN in training", noisy, dict(objective="regression"), rows=np.nan_to_num(x), categorical=[])
    case("sqrt", noisy, dict(objective="regression", reg_sqrt=True))
    case("l1", noisy, dict(objective="regression_l1"))
    case("quantile", noisy, dict(objective="quantile", alpha=0.8))
    case("poisson", positive, dict(objective="poisson"))
    case("gamma", positive, dict(objective="gamma"))
    case("tweedie", positive, dict(objective="tweedie"))
    case("cross entropy", ratio, dict(objective="cross_entropy"))
    case("cross entropy lambda", ratio, dict(objective="cross_entropy_lambda"))
    case("binary", binary, dict(objective="binary", sigmoid=0.7))
    case("multiclass", classes, dict(objective="multiclass", num_class=3))
    case("one vs rest", classes, dict(objective="multiclassova", num_class=3, sigmoid=2.0))
    case("dart", noisy, dict(objective="regression", boosting="dart", drop_rate=0.7, skip_drop=0.0), rounds=5)
    case("goss", noisy, dict(objective="regression", boosting="goss", top_rate=0.3, other_rate=0.3))
    forest = dict(boosting="rf", bagging_freq=1, bagging_fraction=0.5, feature_fraction=0.7)
    case("forest", noisy, dict(objective="regression", **forest))
    case("binary forest", binary, dict(objective="binary", **forest))
    case("multiclass forest", classes, dict(objective="multiclass", num_class=3, **forest))
    case("ranking", classes, dict(objective="lambdarank"), group=[20] * 20)
    case("constant target", np.ones(len(x)), dict(objective="regression"))
    case("constant class", np.where(binary > 0, 2.0, 0.0), dict(objective="multiclass", num_class=3))
    case("names", noisy, dict(objective="regression"), names=["a=b", "c", "d=", "é" if int(lgb.__version__[0]) >= 3 else "e", "f-1", "g"])
    case("custom", noisy, {}, fobj=lambda p, d: (p - d.get_label(), np.ones_like(p)))
    case("deep", noisy, dict(objective="regression", num_leaves=60, min_data_in_leaf=2), rounds=1)
    if int(lgb.__version__[0]) >= 3:
        case("linear", noisy, dict(objective="regression", linear_tree=True), categorical=[1])
        case("linear binary", binary, dict(objective="binary", linear_tree=True, linear_lambda=0.1), categorical=[])
        import pandas

        frame = pandas.DataFrame({"num": x[:, 0], "cat": pandas.Categorical(np.array(["red", "green", "blue"])[(x[:, 1] % 3).astype(int)])})
        model = lgb.train(dict(objective="regression", verbose=-1, num_leaves=4, min_data_in_leaf=8, num_threads=1), lgb.Dataset(frame, noisy), 2)
        codes = np.c_[test[:, 0], np.where(np.isnan(test[:, 1]), np.nan, np.clip(np.nan_to_num(test[:, 1]), 0, 2))]
        frame = pandas.DataFrame({"num": codes[:, 0], "cat": pandas.Categorical.from_codes(np.nan_to_num(codes[:, 1], nan=-1).astype(int), ["blue", "green", "red"])})
        wide = np.zeros((len(test), 2))
        wide[:, :2] = np.c_[codes[:, 0], frame["cat"].cat.codes.astype(float).replace(-1, np.nan)]
        cases["pandas"] = dict(model=model.model_to_string(), x=wide, raw=flat(model.predict(frame, raw_score=True)),
                               response=flat(model.predict(frame)), leaves=model.predict(frame, pred_leaf=True))
    for c in cases.values():
        c.setdefault("x", None)
        c["leaves"] = np.asarray(c["leaves"]).reshape(len(test), -1)
    return dict(version=lgb.__version__, x=test, cases=cases)


if __name__ == "__main__":
    if "--emit" in sys.argv:
        import common

        print(json.dumps(common.plain(emit())))
        sys.exit()
    import tree_envs
    from common import write

    for version, made in tree_envs.run("lightgbm", ["4.7.0", "3.3.5", "2.3.1"], __file__).items():
        write(f"tree/testdata/lightgbm_{version}.json", made, __file__, origin=f"LightGBM {version}")
