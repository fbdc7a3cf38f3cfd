"""What rrcf says of trees that it grew, and changed: displacements tree by tree, and their means over many; mean scores of isotree's SCiForest over its seeds."""
import isotree
import numpy as np
import rrcf
from common import write

rng = np.random.default_rng(4)


def flat(tree, n):
    """The tree in the layout of ensemble.RandomCutTree, with the displacement of every row."""
    first = {}
    for i in range(n):
        first.setdefault(id(tree.leaves[i]), i)
    left, right, feature, cut = [], [], [], []

    def rows(v):
        return [v.x] if isinstance(v, rrcf.Leaf) else rows(v.l) + rows(v.r)

    def node(v):
        if isinstance(v, rrcf.Leaf):
            return first[id(v)]
        at, low, high = len(left), max(x[v.q] for x in rows(v.l)), min(x[v.q] for x in rows(v.r))
        place = float(v.p) if low <= v.p < high else (low + high) / 2  # rrcf puts some cuts at the row to the right
        left.append(0), right.append(0), feature.append(int(v.q)), cut.append(place)
        left[at] = node(v.l)
        right[at] = node(v.r)
        return ~at

    root = node(tree.root)
    return {"root": root, "left": left, "right": right, "feature": feature, "cut": cut, "leaf": [first[id(tree.leaves[i])] for i in range(n)],
            "points": np.array([tree.leaves[i].x for i in range(n)]).ravel(), "codisp": [float(tree.codisp(i)) for i in range(n)]}


def trees():
    out = []
    for seed in range(3):
        X = rng.integers(0, 6, size=(30, 2)).astype(float)
        t = rrcf.RCTree(X, random_state=seed)
        if seed:
            for i in range(0, 30, 2):  # numbers of their own: rrcf may put a row that equals another into a leaf of its own
                t.forget_point(i)
                t.insert_point(rng.normal(3, 3, size=2), index=i)
        out.append(flat(t, 30))
    return out


X = np.vstack([rng.normal(size=(50, 3)), 7 + rng.normal(size=(6, 3)) * 0.3, [[-9, 9, 0]]])
many = [rrcf.RCTree(X, random_state=s) for s in range(1000)]
codisp = np.array([[t.codisp(i) for i in range(len(X))] for t in many])

clustered = np.vstack([rng.normal(size=(400, 4)) * [1, 3, 0.5, 2], np.array([5, 12, 3, -9]) + 0.2 * rng.normal(size=(20, 4)), 6 * rng.normal(size=(10, 4))])
scores = []
for s in range(20):
    m = isotree.IsolationForest(ndim=2, sample_size=256, max_depth=8, ntrees=100, missing_action="fail", coefs="uniform", ntry=10, prob_pick_avg_gain=1,
                                penalize_range=True, standardize_data=True, random_seed=s + 1, nthreads=1)
    scores.append(m.fit(clustered).predict(clustered))

write("ensemble/testdata/anomalies.json", {
    "trees": trees(), "rows": X, "mean": codisp.mean(axis=0), "sd": codisp.std(axis=0, ddof=1),
    "clustered": clustered, "isotree": np.mean(scores, axis=0)}, __file__)
