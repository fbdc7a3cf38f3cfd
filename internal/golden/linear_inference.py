"""Statistics of least squares from statsmodels: coefficients' errors under each covariance, quality of fit, influence, intervals.

Whole weights count as repetitions, so they are given to statsmodels as repeated rows; "precision" cases are its WLS.
"""

import numpy as np
import statsmodels.api as sm
from common import write
from statsmodels.stats.stattools import durbin_watson, jarque_bera

rng = np.random.default_rng(20261126)
n = 60
x = rng.normal(size=(n, 4)) * [1, 0.05, 20, 3] + [0, 1, 100, -5]
y = x @ [1.0, 20, 0.02, 0] + rng.normal(size=n) * (0.5 + np.abs(x[:, 0])) + 3
whole = rng.integers(0, 4, size=n)
inverse = rng.uniform(0.2, 5, size=n)
group = rng.integers(0, 9, size=n)
probe = x[:6] * 1.3
cases = {}


def case(name, how, intercept=True, weight=None, precision=False, lags=0, uncorrected=False, normal=False, wald=True):
    design = sm.add_constant(x) if intercept else x
    rows = np.arange(n) if weight is None or precision else np.repeat(np.arange(n), weight)
    options = {"cov_type": how, "use_t": not normal}
    if how == "HAC":
        options["cov_kwds"] = {"maxlags": lags, "use_correction": not uncorrected}
    if how == "cluster":
        options["cov_kwds"] = {"groups": group[rows], "use_correction": not uncorrected}
    model = sm.WLS(y[rows], design[rows], weights=weight if precision else 1.0)
    r = model.fit(**options)
    at = sm.add_constant(probe) if intercept else probe
    p = r.get_prediction(at)
    mean, new = p.conf_int(obs=False), p.conf_int(obs=True)
    root = np.sqrt(weight) if precision else np.ones(len(rows))
    plain = sm.OLS(y[rows] * root, design[rows] * root[:, None]).fit()
    influence = plain.get_influence()
    first = np.unique(rows, return_index=True)[1]
    jb = jarque_bera(plain.resid)
    f = float(np.squeeze(r.fvalue))
    cases[name] = {
        "covariance": how, "intercept": intercept, "weight": [] if weight is None else weight, "precision": precision, "lags": lags,
        "uncorrected": uncorrected, "normal": normal, "coef": r.params, "bse": r.bse, "t": r.tvalues, "p": r.pvalues, "ci": r.conf_int(), "cov": r.cov_params(),
        "quality": [r.nobs, r.df_resid, r.ssr, r.centered_tss if intercept else r.uncentered_tss, np.sqrt(r.scale), r.rsquared, r.rsquared_adj,
                    r.llf, r.aic, r.bic, durbin_watson(plain.resid), jb[0], jb[1], jb[2], jb[3] - 3],
        "f": [f, float(r.f_pvalue)] if wald else [],
        "rows": np.unique(rows), "resid": (y - design @ r.params), "leverage": influence.hat_matrix_diag[first],
        "internal": influence.resid_studentized_internal[first], "external": influence.resid_studentized_external[first],
        "cook": influence.cooks_distance[0][first], "dffits": influence.dffits[0][first],
        "probe": np.column_stack([p.predicted, p.se, mean, new]),
    }


case("classical", "nonrobust")
case("no intercept", "nonrobust", intercept=False)
case("repeated rows", "nonrobust", weight=whole)
case("inverse variances", "nonrobust", weight=inverse, precision=True)
case("normal", "nonrobust", normal=True)
for how in "HC0", "HC1", "HC2", "HC3":
    case(how, how)
    case(how + " repeated rows", how, weight=whole)
    case(how + " inverse variances", how, weight=inverse, precision=True)
case("HC3 no intercept normal", "HC3", intercept=False, normal=True)
case("HAC", "HAC", lags=3)
case("HAC uncorrected", "HAC", lags=5, uncorrected=True)
case("HAC inverse variances", "HAC", lags=2, weight=inverse, precision=True)
case("cluster", "cluster")
case("cluster uncorrected", "cluster", uncorrected=True)
case("cluster repeated rows", "cluster", weight=whole)
case("cluster inverse variances", "cluster", weight=inverse, precision=True)
write("linear/testdata/inference.json", {"x": x, "y": y, "group": group, "at": probe, "cases": cases}, __file__)
