"""The numbers that examples/regressiontable prints, by statsmodels on the same cars."""

import pathlib

import numpy as np
import pandas as pd
import statsmodels.api as sm
from common import write

root = pathlib.Path(__file__).resolve().parents[2]
frame = pd.read_csv(next((root / "datasets/data").glob("mtcars*")))
x = sm.add_constant(frame[["wt", "hp", "qsec"]].to_numpy())
fit = sm.OLS(frame["mpg"].to_numpy(), x).fit()
robust = fit.get_robustcov_results("HC3", use_t=True)
influence = fit.get_influence()
cook = influence.cooks_distance[0]
top = np.argsort(-cook)[:3]
new = fit.get_prediction([[1, 3, 120, 18]])
write("examples/regressiontable/testdata/table.json", {
    "estimate": fit.params, "stderr": fit.bse, "t": fit.tvalues, "hc3": robust.bse, "hc3_p": robust.pvalues,
    "quality": {"sigma": np.sqrt(fit.scale), "r2": fit.rsquared, "adjusted": fit.rsquared_adj, "f": fit.fvalue, "aic": fit.aic, "bic": fit.bic},
    "names": frame["model"].iloc[top].to_list(), "cook": cook[top], "leverage": influence.hat_matrix_diag[top],
    "student": influence.resid_studentized_external[top],
    "prediction": [new.predicted[0], *new.conf_int(obs=False)[0], *new.conf_int(obs=True)[0]],
}, __file__)
