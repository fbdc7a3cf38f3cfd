"""Gaussian processes of scikit-learn at given parameters: likelihood, gradient, predictions; and one at its learned parameters."""

import numpy as np
from common import write
from sklearn.gaussian_process import GaussianProcessRegressor as GP
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, ExpSineSquared, Matern, RationalQuadratic, WhiteKernel

rng = np.random.default_rng(20261128)
x = np.round(rng.uniform(-2, 2, size=(30, 2)), 3)
y = np.round(np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] + 0.1 * rng.normal(size=30), 3)
q = np.round(rng.uniform(-2.5, 2.5, size=(6, 2)), 3)
K = {"rbf": RBF(0.8), "ard": RBF([0.7, 1.9]), "matern05": Matern(1.2, nu=0.5), "matern15": Matern([1.2, 0.6], nu=1.5), "matern25": Matern(0.9, nu=2.5), "rq": RationalQuadratic(length_scale=0.9, alpha=1.7),
     "periodic": ExpSineSquared(1.1, 2.3), "dot": DotProduct(0.6), "sum": ConstantKernel(2.0) * RBF(0.8) + WhiteKernel(0.05), "power": (RBF(1.5) + DotProduct(1.0)) ** 2}
cases = {}
for name, k in K.items():
    columns = 1 if name == "periodic" else 2  # which is no covariance in the plane
    gp = GP(k, alpha=0.01, optimizer=None).fit(x[:, :columns], y)
    mean, sd = gp.predict(q[:, :columns], return_std=True)
    lml, grad = gp.log_marginal_likelihood(k.theta, eval_gradient=True)
    cases[name] = {"mean": mean, "deviation": sd, "likelihood": lml, "gradient": grad}
k = ConstantKernel(2.0) * RBF([1.0, 1.0]) + WhiteKernel(0.05)
gp = GP(k, alpha=1e-10, normalize_y=True).fit(x, y)
mean, sd = gp.predict(q, return_std=True)
z = np.column_stack([y, np.round(np.cos(x[:, 0]) * x[:, 1] * 3, 3)])
several = GP(k, alpha=1e-10, normalize_y=True).fit(x, z)
means, deviations = several.predict(q, return_std=True)
fixed = GP(k, alpha=0.01, optimizer=None).fit(x, z)
lml, grad = fixed.log_marginal_likelihood(k.theta, eval_gradient=True)
write("kernel/testdata/gp.json", {"x": x, "y": y, "q": q, "cases": cases, "learned": {"mean": mean, "deviation": sd, "likelihood": gp.log_marginal_likelihood_value_, "gradient": []},
      "several": {"z": z, "means": means, "deviations": deviations, "learned": several.log_marginal_likelihood_value_, "fixedMeans": fixed.predict(q), "likelihood": lml, "gradient": grad}}, __file__)
