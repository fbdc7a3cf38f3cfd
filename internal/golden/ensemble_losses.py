"""LightGBM's gradients, Hessians and leaf renewal, seen through the sums over the leaves of one tree: ensemble/testdata/losses.json. The
tree starts from given scores, so that leaf_value is -sum of gradients / sum of Hessians (or a renewed one) and leaf_weight is the
latter."""

import lightgbm as lgb
import numpy as np

from common import write

N = 240


def main():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N, 3)).round(3)
    z = x[:, 0] + 0.5 * np.sin(3 * x[:, 1])
    real = (3 * z + rng.normal(size=N)).round(4)
    data = dict(
        real=real,
        counts=rng.poisson(np.exp(0.7 * z)).astype(float),
        amounts=np.round(np.exp(0.5 * z) * rng.gamma(2.0, 0.5, N) + 0.01, 4),
        zeros=np.round(np.where(rng.random(N) < 0.4, 0.0, np.exp(0.5 * z) * rng.gamma(2.0, 0.5, N)), 4),
        share=np.round(1 / (1 + np.exp(-z - 0.3 * rng.normal(size=N))), 4),
        binary=(z + 0.5 * rng.normal(size=N) > 0.3).astype(float),
        classes=np.digitize(z + 0.3 * rng.normal(size=N), [-0.6, 0.5]).astype(float),
        relevance=np.clip(np.round(1.5 + z + 0.5 * rng.normal(size=N)), 0, 4),
    )
    weight = (0.2 + 2 * rng.random(N)).round(3)
    sizes = [1, 2, 7, 30, 60, 5, 45, 90]
    group = np.repeat(np.arange(len(sizes)), sizes)
    assert sum(sizes) == N
    cases = []

    def case(loss, y, weighted=False, classes=1, spread=1.0, **params):
        start = (spread * rng.normal(size=N * classes)).round(3)
        ranked = loss in ("lambdarank", "rank_xendcg")
        d = lgb.Dataset(x, data[y], weight=weight if weighted else None, init_score=start, group=sizes if ranked else None, params=dict(verbose=-1))
        p = dict(objective=loss, num_leaves=7, min_data_in_leaf=8, min_sum_hessian_in_leaf=0.0, learning_rate=1.0, verbose=-1, num_threads=1, deterministic=True, **params)
        if classes > 1:
            p["num_class"] = classes
        m = lgb.train(p, d, 1)
        leaf = np.atleast_2d(m.predict(x, pred_leaf=True).T).astype(int)
        trees = m.dump_model()["tree_info"]
        values, weights = [], []
        for t in trees:
            at = {}

            def walk(n):
                if "leaf_index" in n:
                    at[n["leaf_index"]] = n
                else:
                    walk(n["left_child"])
                    walk(n["right_child"])

            walk(t["tree_structure"])
            assert len(at) > 2, (loss, params)
            values.append([at[k]["leaf_value"] for k in sorted(at)])
            weights.append([at[k]["leaf_weight"] for k in sorted(at)])
        cases.append(dict(loss=loss, y=y, weighted=weighted, params={k: float(v) for k, v in params.items()}, start=start, leaf=leaf, values=values, weights=weights))

    for weighted in (False, True):
        case("regression", "real", weighted)
        case("regression_l1", "real", weighted, spread=0.1)
        case("huber", "real", weighted, alpha=0.9)
        case("huber", "real", weighted, alpha=2.5)
        case("fair", "real", weighted, fair_c=1.0)
        case("fair", "real", weighted, fair_c=0.4)
        case("quantile", "real", weighted, alpha=0.5)
        case("quantile", "real", weighted, alpha=0.9)
        case("mape", "real", weighted, spread=0.1)
        case("poisson", "counts", weighted)
        case("gamma", "amounts", weighted)
        case("tweedie", "zeros", weighted, tweedie_variance_power=1.5)
        case("tweedie", "zeros", weighted, tweedie_variance_power=1.2)
        case("cross_entropy", "share", weighted)
        case("binary", "binary", weighted)
        case("binary", "binary", weighted, scale_pos_weight=3.0)
        case("multiclass", "classes", weighted, classes=3)
        case("multiclassova", "classes", weighted, classes=3)
        case("lambdarank", "relevance", weighted)
        case("lambdarank", "relevance", weighted, lambdarank_truncation_level=5, lambdarank_norm=False, sigmoid=2.0)
        case("rank_xendcg", "relevance", weighted)
    # the constants that LightGBM starts from
    starts = []
    for loss, y, params in (("regression", "real", {}), ("regression_l1", "real", {}), ("quantile", "real", dict(alpha=0.5)), ("poisson", "counts", {}), ("gamma", "amounts", {}), ("tweedie", "zeros", {}),
                            ("cross_entropy", "share", {}), ("binary", "binary", {}), ("multiclass", "classes", dict(num_class=3)), ("multiclassova", "classes", dict(num_class=3))):
        for w in (None, weight):
            d = lgb.Dataset(x, data[y], weight=w, params=dict(verbose=-1))
            m = lgb.train(dict(objective=loss, num_leaves=2, min_data_in_leaf=N, verbose=-1, num_threads=1, **params), d, 1)
            raw = np.atleast_2d(m.predict(x[:1], raw_score=True)).ravel()
            starts.append(dict(loss=loss, y=y, weighted=w is not None, start=raw))
    write("ensemble/testdata/losses.json", dict(data=data, weight=weight, group=group, cases=cases, starts=starts), __file__)


main()
