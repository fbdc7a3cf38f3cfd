"""Linkage matrices of SciPy, cuts of its trees, leaf orders, and scikit-learn's trees along the edges of a graph."""

import numpy as np
from common import write
from scipy.cluster.hierarchy import cophenet, fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import AgglomerativeClustering
from sklearn.neighbors import kneighbors_graph

rng = np.random.default_rng(20261128)
x = np.vstack([rng.normal(c, 0.6, (14, 3)) for c in ((0, 0, 0), (3, 1, 0), (0, 3, 2))])


def first(labels):
    """Labels numbered by their first rows."""
    name = {}
    return [name.setdefault(k, len(name)) for k in labels]


cases = {}
for method in ("ward", "complete", "average", "weighted", "centroid", "median", "single"):
    z = linkage(x, method)
    y = pdist(x)
    height = np.median(z[:, 2]) * 1.7
    cases[method] = {
        "z": z, "k3": first(fcluster(z, 3, "maxclust")), "height": height, "cut": first(fcluster(z, height * (1 - 1e-12), "distance")),
        "correlation": cophenet(z, y)[0], "order": leaves_list(z),
    }
cases["manhattan"] = {"z": linkage(x, "average", "cityblock")}
graph = kneighbors_graph(x, 4, include_self=False)
edges = {}
for method in ("ward", "complete", "average", "single"):
    m = AgglomerativeClustering(3, linkage=method, connectivity=graph, compute_distances=True).fit(x)
    edges[method] = {"children": np.sort(m.children_, axis=1), "distances": m.distances_, "labels": first(m.labels_)}
coo = graph.tocoo()
write("cluster/testdata/agglomerative.json", {"x": x, "cases": cases, "graph": {"row": coo.row, "col": coo.col}, "edges": edges}, __file__)
