"""Trees of scikit-learn on data without ties: tree/testdata/cart.json. Each tree must be the same for several random states, which in
scikit-learn choose among equally good splits."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from common import write

N, P = 240, 5


def tree(model):
    """Nodes in the order of a walk, the left branch first."""
    t = model.tree_
    rows = dict(feature=[], threshold=[], impurity=[], samples=[], weight=[], value=[], missing_left=[])

    def visit(i):
        leaf = t.children_left[i] < 0
        rows["feature"].append(-1 if leaf else int(t.feature[i]))
        rows["threshold"].append(0.0 if leaf else float(t.threshold[i]))
        rows["missing_left"].append(bool(not leaf and t.missing_go_to_left[i]))
        rows["impurity"].append(float(t.impurity[i]))
        rows["samples"].append(int(t.n_node_samples[i]))
        rows["weight"].append(float(t.weighted_n_node_samples[i]))
        value = t.value[i]
        rows["value"].extend(value[:, 0] if t.n_classes[0] == 1 else value[0])
        if not leaf:
            visit(t.children_left[i])
            visit(t.children_right[i])

    visit(0)
    return rows


def main():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(N, P)).astype(np.float32).astype(np.float64)
    gaps = x.copy()
    gaps[:, [1, 3]] = np.where(rng.random((N, 2)) < 0.25, np.nan, x[:, [1, 3]])
    score = x[:, 0] + np.sin(2 * x[:, 1]) - 0.5 * x[:, 2] * x[:, 3] + np.isnan(gaps[:, 1]) + 0.3 * rng.normal(size=N)
    binary = (score > 0.2).astype(int)
    classes = np.digitize(score, [-0.6, 0.2, 0.9])
    counts = rng.poisson(np.exp(0.6 * score)).astype(float)
    counts += np.where(counts > 0, 0.01 * rng.random(N), 0)
    both = np.column_stack([score, np.cos(score) * 3 + x[:, 4], x[:, 2] + 0.1 * rng.normal(size=N)])
    weight = rng.random(N) * 2 + 0.05
    whole = rng.integers(1, 5, N).astype(float)
    data = dict(x=x, gaps=gaps)
    targets = dict(score=score, binary=binary, classes=classes, counts=counts, both=both)
    weights = dict(weight=weight, whole=whole)
    cases, states = {}, range(6)

    def case(name, y, x="x", weight=None, **params):
        kind = DecisionTreeClassifier if y in ("binary", "classes") else DecisionTreeRegressor
        w = None if weight is None else weights[weight]
        for least in range(params.pop("min_samples_leaf", 4), 40):  # until no two splits are equally good
            params["min_samples_leaf"] = least
            fits = [kind(random_state=s, **params).fit(data[x], targets[y], sample_weight=w) for s in states]
            trees = [tree(m) for m in fits]
            if all(t["feature"] == trees[0]["feature"] and t["threshold"] == trees[0]["threshold"] for t in trees):
                break
        else:
            raise SystemExit(f"{name}: the tree depends on the random state")
        print(name, least, len(trees[0]["feature"]))
        path = kind(random_state=0, **params).cost_complexity_pruning_path(data[x], targets[y], sample_weight=w)
        cases[name] = dict(x=x, y=y, weight=weight or "", least=least, tree=trees[0], importance=fits[0].feature_importances_, alphas=path.ccp_alphas, impurities=path.impurities)

    case("gini", "binary")
    case("gini of four", "classes")
    case("gini deep", "classes", min_samples_leaf=4)
    case("entropy", "binary", criterion="entropy")
    case("log loss of four", "classes", criterion="log_loss")
    case("gini weights", "binary", weight="weight")
    case("gini of four weights", "classes", weight="weight")
    case("entropy weights", "classes", weight="weight", criterion="entropy")
    case("gini whole weights", "classes", weight="whole")
    case("balanced", "classes", class_weight="balanced")
    case("weight fraction", "binary", weight="weight", min_weight_fraction_leaf=0.1)
    case("best first", "classes", max_leaf_nodes=9)
    case("decrease", "classes", min_impurity_decrease=0.01)
    case("depth", "classes", max_depth=3, min_samples_split=30)
    case("pruned", "classes", ccp_alpha=0.012)
    case("missing", "binary", x="gaps")
    case("missing of four", "classes", x="gaps", weight="whole")
    case("missing entropy", "classes", x="gaps", criterion="entropy")
    case("rising", "binary", monotonic_cst=[1, 0, -1, 0, 0])
    case("squared", "score")
    case("squared weights", "score", weight="weight")
    case("squared best first", "score", max_leaf_nodes=12, min_samples_leaf=4)
    case("squared missing", "score", x="gaps")
    case("squared rising", "score", monotonic_cst=[1, -1, 0, 1, 0])
    case("squared rising missing", "score", x="gaps", monotonic_cst=[1, -1, 0, 1, 0])
    case("squared pruned", "score", ccp_alpha=0.01)
    case("absolute", "score", criterion="absolute_error")
    case("absolute weights", "score", weight="weight", criterion="absolute_error")
    case("absolute missing", "score", x="gaps", criterion="absolute_error", weight="whole")
    case("poisson", "counts", criterion="poisson")
    case("poisson weights", "counts", criterion="poisson", weight="weight")
    case("several", "both")
    case("several weights", "both", weight="weight", min_samples_leaf=9)
    case("several missing", "both", x="gaps")
    write("tree/testdata/cart.json", dict(x=x, gaps=gaps, **targets, **weights, cases=cases), __file__)


main()
