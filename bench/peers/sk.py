"""scikit-learn, scikit-learn-intelex, hnswlib, usearch, hdbscan and fast-hdbscan."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from registry import Model, Step, T, Work, accepts, case, estimator, in_turn


def split(X: Any, y: Any, n: int) -> tuple[Any, Any, Any, Any]:
    return X[:n], y[:n], X[n:], y[n:]


def r2(m: Any, p: Any, y: Any) -> dict[str, float]:
    return {"r2": 1 - np.mean((y - p) ** 2) / np.var(y)}


def acc(m: Any, p: Any, y: Any) -> dict[str, float]:
    return {"accuracy": np.mean(p == y)}


# ---------------------------------------------------------------- linear and bayes


@case("LinearRegression", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import LinearRegression
    return estimator(LinearRegression, *split(X, y, 90_000), r2)


@case("Ridge", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import Ridge
    return estimator(lambda: Ridge(alpha=1.0), *split(X, y, 90_000), r2)


@case("Ridge", "scikit-learn-intelex", "lin100k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.linear_model import Ridge
    daalinit(T)
    return estimator(lambda: Ridge(alpha=1.0), *split(X, y, 90_000), r2)


@case("Lasso", "scikit-learn", "lasso10k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import Lasso
    return estimator(lambda: Lasso(alpha=0.1), X, y, X, y, lambda m, p, t: dict(r2(m, p, t), nonzero=np.sum(m.coef_ != 0), iters=m.n_iter_))


@case("ElasticNetCV", "scikit-learn", "lasso10k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import ElasticNetCV
    alphas: dict[str, Any] = {"n_alphas" if accepts(ElasticNetCV, "n_alphas") else "alphas": 50}  # renamed in scikit-learn 1.7
    return estimator(lambda: ElasticNetCV(l1_ratio=0.5, cv=3, **alphas), X, y, X, y, lambda m, p, t: dict(r2(m, p, t), alpha=m.alpha_))


@case("LogisticRegression-binary", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    return estimator(lambda: LogisticRegression(max_iter=200), *split(X, y, 90_000), lambda m, p, t: dict(logloss=log_loss(t, p), iters=m.n_iter_[0]),
                     predict="predict_proba")


@case("LogisticRegression-digits", "scikit-learn", "digits")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import LogisticRegression
    return estimator(lambda: LogisticRegression(max_iter=500), *split(X / 16, y, 6000), lambda m, p, t: dict(acc(m, p, t), iters=m.n_iter_[0]))


@case("GridSearchCV-logistic", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    grid = {"C": np.logspace(-4, 4, 20)}
    s = Model(lambda: GridSearchCV(LogisticRegression(max_iter=200), grid, cv=StratifiedKFold(5), scoring="neg_log_loss", n_jobs=T), X, y.astype(int))
    return Work(X.shape[0], X.shape[1], {"fit": lambda: s.fit}, lambda: {"logloss": -s.m.best_score_, "C": s.m.best_params_["C"]}, lambda: {"n_jobs": T})


@case("LinearSVC", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.svm import LinearSVC
    return estimator(lambda: LinearSVC(dual=False), *split(X, y, 90_000), lambda m, p, t: dict(acc(m, p, t), iters=m.n_iter_))


@case("SGDClassifier", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import SGDClassifier
    return estimator(lambda: SGDClassifier(loss="log_loss", random_state=0), *split(X, y, 90_000), lambda m, p, t: dict(acc(m, p, t), epochs=m.n_iter_))


@case("SVC-rbf", "scikit-learn", "svm10k")
def _(X: Any, y: Any) -> Work:
    from sklearn.svm import SVC
    return estimator(SVC, *split(X, y, 10_000), lambda m, p, t: dict(acc(m, p, t), n_sv=len(m.support_)))


@case("SVC-rbf", "scikit-learn-intelex", "svm10k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.svm import SVC
    daalinit(T)
    return estimator(SVC, *split(X, y, 10_000), lambda m, p, t: dict(acc(m, p, t), n_sv=len(m.support_)))


@case("OneClassSVM", "scikit-learn", "svm10k")
def _(X: Any, y: Any) -> Work:
    from sklearn.svm import OneClassSVM
    return estimator(OneClassSVM, X[:10_000], None, X[10_000:], None, lambda m, p, t: dict(inliers=np.mean(p > 0), n_sv=len(m.support_)))


@case("GaussianProcess-2k", "scikit-learn", "svm10k")
def _(X: Any, y: Any) -> Work:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    kernel = ConstantKernel(1.0) * RBF(3.0) + WhiteKernel(0.1)
    return estimator(lambda: GaussianProcessRegressor(kernel, normalize_y=True), X[:2000], y[:2000].astype(float), X[10_000:], y[10_000:].astype(float),
                     lambda m, p, t: dict(r2(m, p, t), likelihood=m.log_marginal_likelihood_value_))


@case("GaussianNB", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.naive_bayes import GaussianNB
    return estimator(GaussianNB, *split(X, y, 90_000), acc)


# ---------------------------------------------------------------- neighbours and clusters


def _knn(algorithm: str) -> Callable[[Any, Any], Work]:
    def make(X: Any, y: Any) -> Work:
        from sklearn.neighbors import KNeighborsClassifier
        return estimator(lambda: KNeighborsClassifier(10, algorithm=algorithm, n_jobs=T), *split(X, y, 50_000), acc)
    return make


case("KNeighbors-brute", "scikit-learn", "knn50k")(_knn("brute"))
case("KNeighbors-kdtree", "scikit-learn", "knn50k")(_knn("kd_tree"))


@case("KNeighbors-brute", "scikit-learn-intelex", "knn50k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.neighbors import KNeighborsClassifier
    daalinit(T)
    return estimator(lambda: KNeighborsClassifier(10, algorithm="brute", n_jobs=T), *split(X, y, 50_000), acc)


@case("KNeighbors-3d", "scikit-learn", "knn50k3")
def _(X: Any, y: Any) -> Work:
    from sklearn.neighbors import KNeighborsClassifier
    return estimator(lambda: KNeighborsClassifier(10, algorithm="kd_tree", n_jobs=T), *split(X, y, 50_000), acc)


def _ann(X: Any, start: Callable[[Any], Any], search: Callable[[Any, Any], Any]) -> Work:
    """An index of the first 50 000 rows; search returns the ids of the ten nearest."""
    a, q = X[:50_000], X[50_000:]
    s: dict[str, Any] = {}

    def build() -> None:
        s["ix"] = start(a)

    def score() -> dict[str, float]:
        lab = search(s["ix"], q)
        D = (q ** 2).sum(1)[:, None] - 2 * q @ a.T + (a ** 2).sum(1)
        true = np.argpartition(D, 10, 1)[:, :10]
        return {"recall10": float(np.mean([len(set(u) & set(v)) / 10 for u, v in zip(lab.astype(int).tolist(), true.tolist(), strict=True)]))}
    steps: dict[str, Step] = {"fit": lambda: build, "predict": lambda: lambda: search(s["ix"], q),
                              "row": lambda: in_turn(lambda r: search(s["ix"], r), q)}
    return Work(*a.shape, steps, score, lambda: dict(M=16, ef_construction=200, ef=64, k=10))


@case("HNSW", "hnswlib", "hnsw50k")
def _(X: Any, _y: Any) -> Work:
    import hnswlib

    def start(a: Any) -> Any:
        ix = hnswlib.Index("l2", a.shape[1])
        ix.init_index(len(a), ef_construction=200, M=16, random_seed=0)
        ix.set_num_threads(T)
        ix.add_items(a)
        ix.set_ef(64)
        return ix
    return _ann(X, start, lambda ix, q: ix.knn_query(q, k=10)[0])


@case("HNSW", "usearch", "hnsw50k")
def _(X: Any, _y: Any) -> Work:
    from usearch.index import Index

    def start(a: Any) -> Any:
        ix = Index(ndim=a.shape[1], metric="l2sq", dtype="f32", connectivity=16, expansion_add=200, expansion_search=64)
        ix.add(np.arange(len(a)), a, threads=T)
        return ix
    return _ann(X, start, lambda ix, q: ix.search(q, 10, threads=T).keys)


def _cluster(make: Callable[[], Any], X: Any, y: Any, score: Callable[..., dict[str, float]]) -> Work:
    predicts = hasattr(make(), "predict")
    return estimator(make, X, None, X if predicts else None, y, score, row=predicts)


def _inertia(m: Any, p: Any, y: Any) -> dict[str, float]:
    return dict(inertia=m.inertia_, iters=m.n_iter_)


def _ari(m: Any, p: Any, y: Any) -> dict[str, float]:
    from sklearn.metrics import adjusted_rand_score
    return dict(ari=adjusted_rand_score(y, m.labels_))


@case("KMeans", "scikit-learn", "km100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import KMeans
    return _cluster(lambda: KMeans(64, n_init=1, random_state=0), X, y, _inertia)


@case("KMeans-random-init-20it", "scikit-learn", "km100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import KMeans
    return _cluster(lambda: KMeans(64, n_init=1, init="random", max_iter=20, tol=0, random_state=0), X, y, _inertia)


@case("MiniBatchKMeans", "scikit-learn", "km100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import MiniBatchKMeans
    return _cluster(lambda: MiniBatchKMeans(64, n_init=1, random_state=0), X, y, _inertia)


@case("KMeans", "scikit-learn-intelex", "km100k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.cluster import KMeans
    daalinit(T)
    return _cluster(lambda: KMeans(64, n_init=1, random_state=0), X, y, _inertia)


def _intel_dbscan(eps: float) -> Callable[[Any, Any], Work]:
    def make(X: Any, y: Any) -> Work:
        from daal4py import daalinit
        from sklearnex.cluster import DBSCAN
        daalinit(T)
        return _cluster(lambda: DBSCAN(eps=eps, min_samples=10, n_jobs=T), X, y, _ari)
    return make


case("DBSCAN-2d", "scikit-learn-intelex", "db50k2")(_intel_dbscan(0.15))
case("DBSCAN-8d", "scikit-learn-intelex", "db50k8")(_intel_dbscan(1.2))


@case("DBSCAN-2d", "scikit-learn", "db50k2")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import DBSCAN
    return _cluster(lambda: DBSCAN(eps=0.15, min_samples=10, n_jobs=T), X, y, _ari)


@case("DBSCAN-8d", "scikit-learn", "db50k8")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import DBSCAN
    return _cluster(lambda: DBSCAN(eps=1.2, min_samples=10, n_jobs=T), X, y, _ari)


@case("LabelSpreading-knn", "scikit-learn", "db50k8")
def _(X: Any, y: Any) -> Work:
    from sklearn.semi_supervised import LabelSpreading
    few = np.where(np.arange(len(y)) % 500 == 0, y, -1)
    out: dict[str, Any] = {}

    def fit() -> None:
        out["m"] = LabelSpreading(kernel="knn", n_neighbors=7, alpha=0.2, max_iter=30, n_jobs=T).fit(X, few)
    return Work(*X.shape, {"fit": lambda: fit}, lambda: {"accuracy": float(np.mean(out["m"].transduction_ == y)), "reached": int((out["m"].label_distributions_.sum(axis=1) > 0).sum())})


@case("AgglomerativeClustering-ward", "scikit-learn", "agg5k")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import AgglomerativeClustering
    return _cluster(lambda: AgglomerativeClustering(20), X, y, _ari)


@case("HDBSCAN", "hdbscan", "hdb20k8")
def _(X: Any, y: Any) -> Work:
    from hdbscan import HDBSCAN
    return _cluster(lambda: HDBSCAN(min_cluster_size=25, min_samples=9, approx_min_span_tree=False, core_dist_n_jobs=T), X, y, _ari)


@case("HDBSCAN-approximate", "hdbscan", "hdb20k8")
def _(X: Any, y: Any) -> Work:
    from hdbscan import HDBSCAN
    return _cluster(lambda: HDBSCAN(min_cluster_size=25, min_samples=9, core_dist_n_jobs=T), X, y, _ari)


@case("HDBSCAN", "fast-hdbscan", "hdb20k8")
def _(X: Any, y: Any) -> Work:
    from fast_hdbscan import HDBSCAN
    return _cluster(lambda: HDBSCAN(min_cluster_size=25, min_samples=9), X, y, _ari)


@case("HDBSCAN", "scikit-learn", "hdb20k8")
def _(X: Any, y: Any) -> Work:
    from sklearn.cluster import HDBSCAN
    return _cluster(lambda: HDBSCAN(min_cluster_size=25, min_samples=10, copy=True, n_jobs=T), X, y, _ari)


@case("GaussianMixture", "scikit-learn", "gmm50k")
def _(X: Any, y: Any) -> Work:
    from sklearn.mixture import GaussianMixture
    return _cluster(lambda: GaussianMixture(8, random_state=0), X, y, lambda m, p, t: dict(lower_bound=m.lower_bound_, iters=m.n_iter_))


# ---------------------------------------------------------------- decompositions


def _explained(m: Any, p: Any, y: Any) -> dict[str, float]:
    return dict(explained=m.explained_variance_ratio_.sum())


def _pca(solver: str) -> Callable[[Any], Work]:
    def make(X: Any) -> Work:
        from sklearn.decomposition import PCA
        return estimator(lambda: PCA(50, svd_solver=solver, random_state=0), X, None, X, None, _explained, predict="transform")
    return make


case("PCA-full", "scikit-learn", "pca20k")(_pca("full"))
case("PCA-randomized", "scikit-learn", "pca20k")(_pca("randomized"))
case("PCA-fastest", "scikit-learn", "pca20k")(_pca("covariance_eigh"))


@case("TruncatedSVD-sparse", "scikit-learn", "sparse20k")
def _(ip: Any, ix: Any, dt: Any) -> Work:
    from sklearn.decomposition import TruncatedSVD
    X = sp.csr_matrix((dt, ix.astype(np.int32), ip.astype(np.int32)), (20_000, 10_000))
    return estimator(lambda: TruncatedSVD(50, random_state=0), X, None, X, None, _explained, predict="transform")


@case("NMF", "scikit-learn", "nmf5k")
def _(X: Any) -> Work:
    from sklearn.decomposition import NMF
    return estimator(lambda: NMF(20, init="nndsvda", max_iter=100, tol=0, random_state=0), X, None, X, None,
                     lambda m, p, y: dict(err=m.reconstruction_err_, iters=m.n_iter_), predict="transform", row=False)


def _topics(method: str) -> Callable[..., Work]:
    def make(ip: Any, ix: Any, dt: Any) -> Work:
        from sklearn.decomposition import LatentDirichletAllocation
        X = sp.csr_matrix((np.ceil(dt), ix.astype(np.int32), ip.astype(np.int32)), (20_000, 10_000))
        return estimator(lambda: LatentDirichletAllocation(20, learning_method=method, max_iter=2, random_state=0, n_jobs=T), X, None, X, None,
                         lambda m, p, y: dict(perplexity=m.bound_), predict="transform", row=False)
    return make


case("LDA-topics", "scikit-learn", "sparse20k")(_topics("batch"))
case("LDA-topics-online", "scikit-learn", "sparse20k")(_topics("online"))


@case("TSNE", "scikit-learn", "tsne5k")
def _(X: Any, y: Any) -> Work:
    from sklearn.manifold import TSNE
    iters: dict[str, Any] = {"max_iter" if accepts(TSNE, "max_iter") else "n_iter": 500}  # renamed in scikit-learn 1.5
    return estimator(lambda: TSNE(init="pca", learning_rate="auto", random_state=0, n_jobs=T, **iters), X, None, None, y,
                     lambda m, p, t: dict(kl=m.kl_divergence_))


# ---------------------------------------------------------------- trees


@case("DecisionTree", "scikit-learn", "tree100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.tree import DecisionTreeClassifier
    return estimator(lambda: DecisionTreeClassifier(random_state=0), *split(X, y, 100_000), acc)


@case("RandomForest-100", "scikit-learn", "forest50k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import RandomForestClassifier
    return estimator(lambda: RandomForestClassifier(100, n_jobs=T, random_state=0), *split(X, y, 50_000), acc)


@case("RandomForest-100", "scikit-learn-intelex", "forest50k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.ensemble import RandomForestClassifier
    daalinit(T)
    return estimator(lambda: RandomForestClassifier(100, n_jobs=T, random_state=0), *split(X, y, 50_000), acc)


@case("RandomForest-1M", "scikit-learn", "higgs1m")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import RandomForestClassifier
    return estimator(lambda: RandomForestClassifier(100, n_jobs=T, random_state=0), *split(X, y, 1_000_000), acc)


@case("ExtraTrees-100", "scikit-learn", "forest50k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import ExtraTreesClassifier
    return estimator(lambda: ExtraTreesClassifier(100, n_jobs=T, random_state=0), *split(X, y, 50_000), acc)


@case("ExtraTrees-100", "scikit-learn-intelex", "forest50k")
def _(X: Any, y: Any) -> Work:
    from daal4py import daalinit
    from sklearnex.ensemble import ExtraTreesClassifier
    daalinit(T)
    return estimator(lambda: ExtraTreesClassifier(100, n_jobs=T, random_state=0), *split(X, y, 50_000), acc)


@case("IsolationForest", "scikit-learn", "tree100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import IsolationForest
    return estimator(lambda: IsolationForest(n_estimators=100, n_jobs=T, random_state=0), X[:100_000], None, X[100_000:], None,
                     lambda m, p, t: dict(mean=p.mean()), predict="score_samples")


@case("permutation_importance", "scikit-learn", "forest50k")
def _(X: Any, y: Any) -> Work:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.inspection import permutation_importance
    m = RandomForestClassifier(100, n_jobs=T, random_state=0).fit(X[:20_000], y[:20_000])
    s: dict[str, Any] = {}

    def run() -> None:
        s["r"] = permutation_importance(m, X[50_000:52_000], y[50_000:52_000], n_repeats=5, random_state=0)
    return Work(2000, 20, {"fit": lambda: run}, lambda: dict(top=int(np.argmax(s["r"].importances_mean))),
                lambda: dict(model="RandomForest 100 trees on 20k rows", n_repeats=5))


# ---------------------------------------------------------------- preparation and scores


@case("TfidfVectorizer", "scikit-learn", "docs20k")
def _(docs: Any) -> Work:
    from sklearn.feature_extraction.text import TfidfVectorizer
    s: dict[str, Any] = {}

    def fit() -> None:
        s["m"] = m = TfidfVectorizer()
        s["X"] = m.fit_transform(docs)
    one = np.array(docs[:256], dtype=object)
    steps: dict[str, Step] = {"fit": lambda: fit, "predict": lambda: lambda: s["m"].transform(docs), "row": lambda: in_turn(s["m"].transform, one)}
    return Work(len(docs), 0, steps, lambda: dict(nnz=s["X"].nnz, columns=s["X"].shape[1]), lambda: dict(chars=sum(map(len, docs))))


def _mean_of(m: Any, p: Any, y: Any) -> dict[str, float]:
    """Enough to see that both sides transformed alike."""
    return dict(mean_abs=float(np.mean(np.abs(p.data if sp.issparse(p) else p))), columns=p.shape[1])


@case("StandardScaler", "scikit-learn", "prep1m")
def _(X: Any, C: Any) -> Work:
    from sklearn.preprocessing import StandardScaler
    return estimator(StandardScaler, X, None, X, None, _mean_of, predict="transform")


@case("OneHotEncoder", "scikit-learn", "prep1m")
def _(X: Any, C: Any) -> Work:
    from sklearn.preprocessing import OneHotEncoder
    return estimator(OneHotEncoder, C, None, C, None, lambda m, p, y: dict(nnz=p.nnz, columns=p.shape[1]), predict="transform")


@case("QuantileTransformer", "scikit-learn", "prep1m")
def _(X: Any, C: Any) -> Work:
    from sklearn.preprocessing import QuantileTransformer
    return estimator(lambda: QuantileTransformer(subsample=100_000, random_state=0), X, None, X, None, _mean_of,  # its default differs by version
                     predict="transform")


def _scaler(name: str, rows: int | None = None) -> Callable[[Any, Any], Work]:
    def make(X: Any, C: Any) -> Work:
        from sklearn import preprocessing
        return estimator(getattr(preprocessing, name), X[:rows], None, X[:rows], None, _mean_of, predict="transform")
    return make


case("MinMaxScaler", "scikit-learn", "prep1m")(_scaler("MinMaxScaler"))
case("MaxAbsScaler", "scikit-learn", "prep1m")(_scaler("MaxAbsScaler"))
case("RobustScaler", "scikit-learn", "prep1m")(_scaler("RobustScaler"))
case("PowerTransformer", "scikit-learn", "prep1m")(_scaler("PowerTransformer", 100_000))
case("Normalizer", "scikit-learn", "prep1m")(_scaler("Normalizer"))


def _metric(f: Callable[[Any, Any], float], y: Any, p: Any) -> Work:
    return Work(len(y), 1, {"fit": lambda: lambda: f(y, p)}, lambda: dict(value=f(y, p)))


@case("roc_auc_score", "scikit-learn", "scores1m")
def _(y: Any, p: Any) -> Work:
    from sklearn.metrics import roc_auc_score
    return _metric(roc_auc_score, y, p)


@case("log_loss", "scikit-learn", "scores1m")
def _(y: Any, p: Any) -> Work:
    from sklearn.metrics import log_loss
    return _metric(log_loss, y, p)


def _metrics_of_scores() -> None:
    """Of probabilities, of the decisions for at least 0.5, and of the codes taken for numbers."""
    def decided(name: str, **kw: Any) -> Callable[[Any, Any], Work]:
        def make(y: Any, p: Any) -> Work:
            from sklearn import metrics
            pred = (p >= 0.5).astype(y.dtype)
            return _metric(lambda y, pred: getattr(metrics, name)(y, pred, **kw), y, pred)
        return make

    def numbers(name: str, **kw: Any) -> Callable[[Any, Any], Work]:
        def make(y: Any, p: Any) -> Work:
            from sklearn import metrics
            return _metric(lambda y, p: getattr(metrics, name)(y, p, **kw), y, p)
        return make

    for name, kw in (("f1_score", dict(average="macro")), ("matthews_corrcoef", {}), ("adjusted_rand_score", {}), ("adjusted_mutual_info_score", {}), ("v_measure_score", {}),
                     ("rand_score", {}), ("fowlkes_mallows_score", {}), ("precision_score", {}), ("recall_score", {}), ("zero_one_loss", {}),
                     ("accuracy_score", {}), ("balanced_accuracy_score", {}), ("cohen_kappa_score", {}), ("jaccard_score", dict(average="macro")), ("hamming_loss", {})):
        case(name, "scikit-learn", "scores1m")(decided(name, **kw))
    for name in ("brier_score_loss", "average_precision_score", "hinge_loss"):
        case(name, "scikit-learn", "scores1m")(numbers(name))
    for name, kw in (("mean_squared_error", {}), ("mean_absolute_error", {}), ("median_absolute_error", {}), ("max_error", {}), ("r2_score", {}), ("explained_variance_score", {}),
                     ("mean_poisson_deviance", {}), ("root_mean_squared_error", {}), ("d2_pinball_score", dict(alpha=0.9)), ("mean_pinball_loss", dict(alpha=0.9)), ("d2_absolute_error_score", {})):
        def as_numbers(y: Any, p: Any, name: str = name, kw: dict[str, Any] = kw) -> Work:
            return numbers(name, **kw)(y.astype(float), p)
        case(name, "scikit-learn", "scores1m")(as_numbers)
    for name, kw in (("mean_absolute_percentage_error", {}), ("mean_gamma_deviance", {}), ("mean_squared_log_error", {}), ("mean_tweedie_deviance", dict(power=1.5))):
        def positive(y: Any, p: Any, name: str = name, kw: dict[str, Any] = kw) -> Work:
            return numbers(name, **kw)(y + 1.0, p)
        case(name, "scikit-learn", "scores1m")(positive)


def _curves_of_scores() -> None:
    """Curves have as score the area under what was returned."""
    def curve(name: str, area: Callable[[Any], float], **kw: Any) -> Callable[[Any, Any], Work]:
        def make(y: Any, p: Any) -> Work:
            from sklearn import calibration, metrics
            f = getattr(metrics, name, None) or getattr(calibration, name)
            return Work(len(y), 1, {"fit": lambda: lambda: f(y, p, **kw)}, lambda: dict(value=area(f(y, p, **kw))))
        return make

    case("roc_curve", "scikit-learn", "scores1m")(curve("roc_curve", lambda c: float(np.trapezoid(c[1], c[0])), drop_intermediate=False))
    case("precision_recall_curve", "scikit-learn", "scores1m")(curve("precision_recall_curve", lambda c: -float(np.sum(np.diff(c[1]) * c[0][:-1]))))
    case("det_curve", "scikit-learn", "scores1m")(curve("det_curve", lambda c: -float(np.trapezoid(c[1], c[0]))))
    case("calibration_curve", "scikit-learn", "scores1m")(curve("calibration_curve", lambda c: float(c[0].sum()), n_bins=10))


def _statistics_of_scores() -> None:
    def statistic(name: str) -> Callable[[Any, Any], Work]:
        def make(y: Any, p: Any) -> Work:
            from scipy import stats
            z = p[::-1].copy()
            f = getattr(stats, name)
            value = (lambda a, b: float(f(a, b))) if name.endswith("_distance") else (lambda a, b: float(f(a, b).statistic))
            return _metric(value, p, z)
        return make
    for name in ("pearsonr", "spearmanr", "kendalltau", "wasserstein_distance", "energy_distance"):
        case(name, "scikit-learn", "scores1m")(statistic(name))

    @case("ndcg_score", "scikit-learn", "scores1m")
    def _(y: Any, p: Any) -> Work:
        from sklearn.metrics import ndcg_score
        return _metric(ndcg_score, y.reshape(-1, 100).astype(float), p.reshape(-1, 100))

    @case("confusion_matrix", "scikit-learn", "scores1m")
    def _(y: Any, p: Any) -> Work:
        from sklearn.metrics import confusion_matrix
        return _metric(lambda y, pred: float(confusion_matrix(y, pred)[1, 0]), y, (p >= 0.5).astype(y.dtype))

    for name in ("label_ranking_average_precision_score", "coverage_error", "label_ranking_loss"):
        def labels(y: Any, p: Any, name: str = name) -> Work:
            from sklearn import metrics
            return _metric(getattr(metrics, name), y.reshape(-1, 100), p.reshape(-1, 100))
        case(name, "scikit-learn", "scores1m")(labels)
    for name, n in (("silhouette_score", 5000), ("davies_bouldin_score", 100_000), ("calinski_harabasz_score", 100_000)):
        def clusters(X: Any, y: Any, name: str = name, n: int = n) -> Work:
            from sklearn import metrics
            f = getattr(metrics, name)
            return Work(n, 50, {"fit": lambda: lambda: f(X[:n], y[:n])}, lambda: dict(value=float(f(X[:n], y[:n]))))
        case(name, "scikit-learn", "logit100k")(clusters)


def _pairwise() -> None:
    """Between 2000 and 2000 rows of 50 columns; the score is the mean of the matrix."""
    def pairwise(name: str, **kw: Any) -> Callable[[Any, Any], Work]:
        def make(X: Any, y: Any) -> Work:
            from sklearn import metrics
            f = getattr(metrics.pairwise, name)
            a, b = X[:2000], X[2000:4000]
            return Work(2000, 2000, {"fit": lambda: lambda: f(a, b, **kw)}, lambda: dict(value=float(np.mean(f(a, b, **kw)))))
        return make

    for name in ("euclidean_distances", "manhattan_distances", "cosine_distances", "nan_euclidean_distances", "rbf_kernel", "laplacian_kernel", "polynomial_kernel", "sigmoid_kernel",
                 "pairwise_distances_argmin"):
        case(name, "scikit-learn", "logit100k")(pairwise(name))
    for metric in ("chebyshev", "correlation", "canberra", "braycurtis", "hamming"):
        case("pairwise_distances-" + metric, "scikit-learn", "logit100k")(pairwise("pairwise_distances", metric=metric))


_curves_of_scores()
_statistics_of_scores()
_pairwise()
_metrics_of_scores()


@case("MLPClassifier-digits", "scikit-learn", "digits")
def _(X: Any, y: Any) -> Work:
    from sklearn.neural_network import MLPClassifier
    return estimator(lambda: MLPClassifier((100,), max_iter=30, random_state=0), *split(X / 16, y, 6000), lambda m, p, t: dict(acc(m, p, t), epochs=m.n_iter_))
