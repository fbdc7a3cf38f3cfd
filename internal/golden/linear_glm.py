"""Generalised linear models from statsmodels: every family with every link that it supports, with repetitions, precisions, offset and
exposure, and robust covariances; the negative binomial of unknown dispersion; and scikit-learn's penalised regressors."""

import warnings

import numpy as np
import statsmodels.api as sm
from common import write
from scipy import stats
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor
from statsmodels.genmod import families
from statsmodels.genmod.families import links

warnings.simplefilter("ignore")  # links that do not keep to the domain: the data do
rng = np.random.default_rng(20261126)
N = 80
X = rng.uniform(0, 1, size=(N, 3))
U = (X @ [0.6, -0.3, 0.2] + 0.3) / 1.1  # 0 to 1
COUNT = rng.integers(0, 4, size=N).astype(float)
EACH = rng.integers(1, 6, size=N).astype(float)
OFFSET = rng.uniform(-0.1, 0.1, size=N)
EXPOSURE = rng.uniform(0.5, 2, size=N)

LINKS = {
    "log": (links.Log(), -0.5, 1.5), "logit": (links.Logit(), -1.5, 1.5), "probit": (links.Probit(), -1, 1), "cloglog": (links.CLogLog(), -1.5, 0.8),
    "identity": (links.Identity(), 1, 4), "inverse": (links.InversePower(), 0.4, 2), "inverse square": (links.InverseSquared(), 0.4, 2),
    "power(0.5)": (links.Power(0.5), 1.2, 2.5),
}


def share(mu, n):
    return rng.binomial(n.astype(int), mu) / n


FAMILIES = {
    "gaussian": (lambda l: families.Gaussian(link=l, check_link=False), lambda mu, n: mu + 0.1 * rng.normal(size=N) / np.sqrt(n), ["identity", "log", "inverse", "power(0.5)"]),
    "binomial": (lambda l: families.Binomial(link=l, check_link=False), share, ["logit", "probit", "cloglog", "log", "identity"]),
    "poisson": (lambda l: families.Poisson(link=l, check_link=False), lambda mu, n: rng.poisson(mu), ["log", "identity", "power(0.5)"]),
    "gamma": (lambda l: families.Gamma(link=l, check_link=False), lambda mu, n: rng.gamma(3 * n, mu / (3 * n)), ["inverse", "log", "identity", "power(0.5)"]),
    "inverse gaussian": (lambda l: families.InverseGaussian(link=l, check_link=False), lambda mu, n: rng.wald(mu, 6 * n), ["inverse square", "inverse", "log", "identity"]),
    "tweedie": (lambda l: families.Tweedie(link=l, check_link=False, var_power=1.6), lambda mu, n: np.array([rng.gamma(1.5, m / 2, size=rng.poisson(1.4)).sum() for m in mu]), ["log", "power(0.5)"]),
    "negative binomial": (lambda l: families.NegativeBinomial(link=l, check_link=False, alpha=0.4), lambda mu, n: rng.negative_binomial(2.5, 2.5 / (2.5 + mu)), ["log", "identity", "power(0.5)"]),
}


def numbers(result, family, y, fw, vw):
    r = result
    n = fw.sum()
    scale = {"gaussian": r.deviance / n, "gamma": r.deviance / n, "inverse gaussian": r.deviance / n, "tweedie": r.scale}.get(family, 1.0)
    if family == "gaussian":  # statsmodels gives another one for the identity
        ll = (fw * stats.norm.logpdf(y, r.mu, np.sqrt(scale / vw))).sum()
    elif family == "binomial":
        ll = (fw * stats.binom.logpmf(np.round(y * vw), vw, r.mu)).sum()
    elif family == "gamma":
        ll = (fw * stats.gamma.logpdf(y, vw / scale, scale=r.mu * scale / vw)).sum()
    else:
        ll = r.family.loglike(y, r.mu, var_weights=vw, freq_weights=fw, scale=scale)
    return {"params": r.params, "bse": r.bse, "deviance": r.deviance, "null": r.null_deviance, "pearson": r.pearson_chi2, "scale": r.scale, "loglik": ll,
            "df": r.df_resid}


def fit(model, **options):
    return model.fit(tol=1e-13, tol_criterion="params", maxiter=2000, **options)


cases = []
for name, (family, draw, names) in FAMILIES.items():
    for link in names:
        l, lo, hi = LINKS[link]
        if name == "binomial":
            lo, hi = {"log": (-1.6, -0.5), "identity": (0.2, 0.7)}.get(link, (lo, hi))
        for how in ["plain", "count", "each", "offset"]:
            ones = np.ones(N)
            fw, vw = COUNT if how == "count" else ones, EACH if how == "each" or name == "binomial" and how == "count" else ones
            offset = np.zeros(N)
            exposure = None
            if how == "offset":
                offset = OFFSET * 0.5
                if link == "log" and name != "binomial":
                    exposure = EXPOSURE
            eta = lo + (hi - lo) * U + offset + (0 if exposure is None else np.log(exposure))
            y = np.asarray(draw(l.inverse(eta), vw), dtype=float)
            if name == "gaussian":
                y = np.maximum(y, 0.02)
            model = sm.GLM(y, sm.add_constant(X, prepend=False), family=family(l), freq_weights=fw, var_weights=vw, offset=offset if how == "offset" else None, exposure=exposure)
            result = fit(model)
            cases.append({"family": name, "link": link, "how": how, "y": y, **numbers(result, name, y, fw, vw)})
            if how == "plain":
                cases[-1]["hc0"] = fit(model, cov_type="HC0").bse if link == names[0] and name != "tweedie" else []  # with other links it takes the observed information
                cases[-1]["resid_deviance"] = result.resid_deviance
                cases[-1]["resid_pearson"] = result.resid_pearson
                cases[-1]["resid_working"] = result.resid_working
                cases[-1]["resid_anscombe"] = result.resid_anscombe if name not in ("tweedie",) else []
                cases[-1]["leverage"] = result.get_influence(observed=False).hat_matrix_diag

y = rng.negative_binomial(1.7, 1.7 / (1.7 + np.exp(0.3 + 1.4 * U) * EXPOSURE)).astype(float)
nb = sm.NegativeBinomial(y, sm.add_constant(X, prepend=False), exposure=EXPOSURE)
r = nb.fit(method="newton", maxiter=500, tol=1e-14, disp=False)
estimated = {"y": y, "params": r.params[:-1], "alpha": r.params[-1], "loglik": r.llf}

penalized = []
for name, model in {
    "poisson": PoissonRegressor, "gamma": GammaRegressor, "tweedie 1.5": lambda **o: TweedieRegressor(power=1.5, **o),
    "tweedie 0": lambda **o: TweedieRegressor(power=0, **o), "tweedie 3": lambda **o: TweedieRegressor(power=3, **o),
    "tweedie 1.9 identity": lambda **o: TweedieRegressor(power=1.9, link="identity", **o),
}.items():
    for alpha in [0, 0.01, 1]:
        for intercept in [True, False]:
            if "identity" in name and not intercept:
                continue  # scikit-learn starts at a mean of 0, and ends there
            mu = 1 + 3 * U if "identity" in name else np.exp(0.2 + 1.5 * U)
            y = rng.poisson(mu).astype(float) if name == "poisson" else rng.gamma(3, mu / 3)
            m = model(alpha=alpha, fit_intercept=intercept, solver="newton-cholesky", tol=1e-13, max_iter=10000).fit(X, y, sample_weight=COUNT)
            penalized.append({"model": name, "alpha": alpha, "intercept": intercept, "y": y, "coef": m.coef_, "b": m.intercept_})

densities = []
for p, phi, mu in [(1.5, 0.8, 1.3), (1.1, 2.0, 4.0), (1.9, 0.1, 0.5), (1.3, 0.01, 3.0)]:
    ys = mu * np.array([0.0, 0.1, 0.7, 1.0, 2.5])
    densities.append({"power": p, "phi": phi, "mu": mu, "y": ys, "logprob": families.Tweedie(var_power=p).loglike_obs(ys, np.full(5, mu), scale=phi)})

write("linear/testdata/glm.json", {"x": X, "count": COUNT, "each": EACH, "offset": OFFSET * 0.5, "exposure": EXPOSURE, "cases": cases, "estimated": estimated,
                                   "penalized": penalized, "densities": densities}, __file__)
