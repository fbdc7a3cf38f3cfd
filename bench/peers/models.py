"""Statistical models: statsmodels, and scikit-learn's robust, Bayesian and discriminant ones."""
from __future__ import annotations

from typing import Any

import numpy as np

from registry import Work, case, estimator
from sk import acc, r2, split


def counts(y: Any) -> Any:
    """Counts made of the classes of a row and the two after it."""
    return (y * (1 + np.roll(y, -1) + np.roll(y, -2))).astype(float)


def size(v: Any) -> float:
    return float(np.linalg.norm(v))


def statistics(fit: Any, score: Any, rows: int, columns: int) -> Work:
    """A fit of statsmodels with whatever of its lazy numbers ours has at once."""
    kept: dict[str, Any] = {}

    def run() -> None:
        kept["r"] = fit()
    return Work(rows, columns, {"fit": lambda: run}, lambda: score(kept["r"]))


@case("PoissonRegressor", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import PoissonRegressor
    return estimator(lambda: PoissonRegressor(alpha=1e-3, solver="newton-cholesky"), *split(X, counts(y), 90_000), lambda m, p, t: {"size": size(m.coef_), "iters": m.n_iter_})


@case("GLM-poisson", "statsmodels", "logit100k")
def _(X: Any, y: Any) -> Work:
    import statsmodels.api as sm
    A, t = sm.add_constant(X), counts(y)

    def fit() -> Any:
        r = sm.GLM(t, A, family=sm.families.Poisson()).fit()
        return r, r.bse, r.deviance, r.null_deviance, r.pearson_chi2, r.llf
    return statistics(fit, lambda r: {"size": size(r[0].params), "stderr": size(r[1]), "deviance": r[2]}, *X.shape)


@case("GLM-poisson-influence", "statsmodels", "logit100k")
def _(X: Any, y: Any) -> Work:
    import statsmodels.api as sm
    A, t = sm.add_constant(X[:5000]), counts(y)[:5000]  # it goes row by row
    r = sm.GLM(t, A, family=sm.families.Poisson()).fit()

    def fit() -> Any:
        v = r.get_influence(observed=False)
        return v.hat_matrix_diag, v.cooks_distance[0]
    return statistics(fit, lambda r: {"leverage": size(r[0]), "cook": size(r[1])}, *A.shape)


@case("OLSInference", "statsmodels", "lin100k")
def _(X: Any, y: Any) -> Work:
    import statsmodels.api as sm
    A = sm.add_constant(X)

    def fit() -> Any:
        r = sm.OLS(y, A).fit(cov_type="HC3", use_t=True)
        v = r.get_influence()
        return r, r.bse, r.aic, v.hat_matrix_diag, v.cooks_distance[0]  # externally studentised ones come from a fit for each row
    return statistics(fit, lambda r: {"size": size(r[0].params), "stderr": size(r[1]), "leverage": size(r[3]), "cook": size(r[4])}, *X.shape)


def _robust(norm: str) -> Any:
    def make(X: Any, y: Any) -> Work:
        import statsmodels.api as sm
        A, t = sm.add_constant(X[:20_000]), y[:20_000]
        return statistics(lambda: sm.RLM(t, A, M=getattr(sm.robust.norms, norm)()).fit(), lambda r: {"size": size(r.params), "scale": r.scale}, *A.shape)
    return make


case("MEstimator-huber", "statsmodels", "lin100k")(_robust("HuberT"))
case("MEstimator-tukey", "statsmodels", "lin100k")(_robust("TukeyBiweight"))


@case("HuberRegressor", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import HuberRegressor
    return estimator(lambda: HuberRegressor(alpha=0, max_iter=1000), *split(X, y, 90_000), lambda m, p, t: dict(r2(m, p, t), iters=m.n_iter_))


@case("RidgeCV", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import RidgeCV
    return estimator(RidgeCV, *split(X, y, 90_000), lambda m, p, t: dict(r2(m, p, t), alpha=m.alpha_))


@case("BayesianRidge", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import BayesianRidge
    return estimator(BayesianRidge, *split(X, y, 90_000), lambda m, p, t: dict(r2(m, p, t), iters=m.n_iter_))


@case("QuantileRegressor", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import QuantileRegressor
    X, y = X[:2000, :20].copy(), y[:2000]
    return estimator(lambda: QuantileRegressor(quantile=0.7, alpha=0), X, y, X, y, lambda m, p, t: {"size": size(m.coef_), "loss": np.mean(np.maximum(0.7 * (t - p), -0.3 * (t - p)))})


@case("QuantReg", "statsmodels", "lin100k")
def _(X: Any, y: Any) -> Work:
    import statsmodels.api as sm
    A, y = sm.add_constant(X[:10_000, :20]), y[:10_000]
    return statistics(lambda: sm.QuantReg(y, A).fit(q=0.7), lambda r: {"loss": np.mean(np.maximum(0.7 * r.resid, -0.3 * r.resid))}, *A.shape)


@case("TheilSen", "scikit-learn", "lin100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.linear_model import TheilSenRegressor
    X, y = X[:5000, :10].copy(), y[:5000]
    return estimator(lambda: TheilSenRegressor(random_state=0), X, y, X, y, r2)


@case("Isotonic", "scikit-learn", "scores1m")
def _(y: Any, p: Any) -> Work:
    from sklearn.isotonic import IsotonicRegression
    return estimator(lambda: IsotonicRegression(out_of_bounds="clip"), p.reshape(-1, 1), y, p.reshape(-1, 1), y, lambda m, p, t: {"mse": np.mean((p - t) ** 2)})


@case("LDA", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    return estimator(LinearDiscriminantAnalysis, *split(X, y, 90_000), acc)


@case("QDA", "scikit-learn", "logit100k")
def _(X: Any, y: Any) -> Work:
    from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
    return estimator(QuadraticDiscriminantAnalysis, *split(X, y, 90_000), acc)
