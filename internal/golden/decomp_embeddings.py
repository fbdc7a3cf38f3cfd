"""openTSNE's affinities, umap-learn's fuzzy graphs and curves, and how well both keep neighbourhoods, on the digits and on a generated set."""

import warnings

import numpy as np
import umap
from common import write
from openTSNE import TSNE
from openTSNE.affinity import PerplexityBasedNN
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import discrete_metric_simplicial_set_intersection, find_ab_params, fuzzy_simplicial_set, general_simplicial_set_intersection, reset_local_connectivity

warnings.simplefilter("ignore")
rng = np.random.default_rng(20261129)
x = np.round(rng.normal(size=(50, 4)), 6)
classes = rng.integers(0, 3, 50)
classes[:5] = -1
targets = np.round(rng.normal(size=50), 6)


def graph(k, connectivity=1.0, mix=1.0):
    return fuzzy_simplicial_set(x, k, np.random.RandomState(0), "euclidean", local_connectivity=connectivity, set_op_mix_ratio=mix)[0]


def target_graph(k):
    return fuzzy_simplicial_set(targets[:, None], k, np.random.RandomState(0), "euclidean")[0]


by_class = discrete_metric_simplicial_set_intersection(graph(8).tocoo(), classes, far_dist=2.5 / (1 - 0.3))
by_target = reset_local_connectivity(general_simplicial_set_intersection(graph(8), target_graph(8), 0.5))

generated = []
for i in range(500):
    kind = i % 5
    if kind < 3:
        generated.append(rng.normal(0, 0.4 + 0.3 * kind, 8) + 4 * np.eye(8)[kind])
    else:
        t = rng.uniform(0, 3)
        generated.append(rng.normal(0, 0.15, 8) + np.concatenate([[6 * np.cos(t), 6 * np.sin(t), (kind - 3) * 3], np.zeros(5)]))
generated = np.round(np.array(generated), 4)


def kept(a, b, k=15):
    one = NearestNeighbors(n_neighbors=k).fit(a).kneighbors(return_distance=False)
    two = NearestNeighbors(n_neighbors=k).fit(b).kneighbors(return_distance=False)
    return float(np.mean([len(set(p) & set(q)) / k for p, q in zip(one, two)]))


quality = {}
for name, data in (("digits", load_digits().data.astype(float)), ("generated", generated)):
    runs = {"tsne": [np.asarray(TSNE(random_state=s).fit(data)) for s in range(3)], "umap": [umap.UMAP(random_state=s).fit_transform(data) for s in range(3)]}
    quality[name] = {lib: {"trustworthiness": [trustworthiness(data, e, n_neighbors=12) for e in es], "kept": [kept(data, e) for e in es]} for lib, es in runs.items()}

write("decomp/testdata/embeddings.json", {
    "x": x, "classes": classes, "targets": targets,
    "affinities": {str(p): PerplexityBasedNN(x, perplexity=p, method="exact", k_neighbors=49).P.toarray().round(9) for p in (5, 12)},
    "graphs": {k: g.toarray().astype(float).round(6) for k, g in {"8": graph(8), "8 connected": graph(8, connectivity=2.5), "8 mixed": graph(8, mix=0.3), "by class": by_class, "by target": by_target}.items()},
    "curves": [{"spread": s, "min_dist": d, "ab": find_ab_params(s, d)} for s, d in ((1.0, 0.1), (1.0, 0.0), (1.0, 0.9), (2.0, 0.25))],
    "generated": generated, "quality": quality,
}, __file__)
