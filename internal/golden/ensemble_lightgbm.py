"""Models of LightGBM where its rules are those of package ensemble: ensemble/testdata/lightgbm.json. Leaves are bounded by their Hessian, not by rows, of which
LightGBM keeps no count."""

import lightgbm as lgb
import numpy as np

from common import write

N = 400


def main():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(N, 5)).round(3)
    x[:, 3] = rng.integers(0, 12, N)
    x[:, 4] = np.where(rng.random(N) < 0.5, 0.0, x[:, 4])
    z = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.4 * (x[:, 3] % 4) + (x[:, 4] > 0) - 1
    x[:, 2] = np.where(rng.random(N) < 0.15, np.nan, x[:, 2])
    y = dict(
        real=(z + 0.3 * rng.normal(size=N)).round(4),
        counts=rng.poisson(np.exp(0.6 * z)).astype(float),
        binary=(z + 0.3 * rng.normal(size=N) > 0.2).astype(float),
        classes=np.digitize(z, [-0.5, 0.8]).astype(float),
        relevance=np.clip(np.round(1.5 + z), 0, 4),
    )
    weight = rng.integers(1, 5, N).astype(float)
    sizes = [20] * (N // 20)
    test = x[::9]
    cases = []

    def case(name, objective, target, weighted=False, categorical=False, rounds=12, **params):
        p = dict(objective=objective, num_leaves=8, min_data_in_leaf=1, min_sum_hessian_in_leaf=4.0, learning_rate=0.2, verbose=-1, num_threads=1, deterministic=True, min_data_per_group=10, cat_smooth=5.0)
        if objective.startswith("multi"):
            p["num_class"] = 3
        p.update(params)
        d = lgb.Dataset(x, y[target], weight=weight if weighted else None, group=sizes if objective == "lambdarank" else None, categorical_feature=[3] if categorical else [], params=dict(verbose=-1))
        m = lgb.train(p, d, rounds)
        raw = m.predict(test, raw_score=True)
        cases.append(dict(name=name, target=target, weighted=weighted, categorical=categorical, rounds=rounds, raw=np.asarray(raw).ravel(), gain=m.feature_importance("gain"), splits=m.feature_importance("split").astype(float)))

    case("squared", "regression", "real")
    case("squared categories", "regression", "real", categorical=True)
    case("squared weights", "regression", "real", weighted=True)
    case("binary", "binary", "binary")
    case("binary categories", "binary", "binary", categorical=True)
    case("binary weights", "binary", "binary", weighted=True)
    case("binary l1", "binary", "binary", lambda_l1=0.5)
    case("binary l2", "binary", "binary", lambda_l2=2.0)
    case("binary gain", "binary", "binary", min_gain_to_split=0.1)
    case("binary depth", "binary", "binary", max_depth=4)
    case("squared penalties", "regression", "real", lambda_l1=0.5, lambda_l2=2.0, max_depth=4)
    case("binary steps", "binary", "binary", max_delta_step=0.6)
    case("squared smooth", "regression", "real", path_smooth=3.0, min_data_in_leaf=2)
    case("poisson", "poisson", "counts", min_sum_hessian_in_leaf=80.0)
    case("softmax", "multiclass", "classes")
    case("one against all", "multiclassova", "classes")
    case("lambdarank", "lambdarank", "relevance", min_sum_hessian_in_leaf=0.5)
    write("ensemble/testdata/lightgbm.json", dict(x=x, test=test, y=y, weight=weight, cases=cases), __file__)


main()
