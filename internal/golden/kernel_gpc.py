"""Gaussian process classifiers of scikit-learn: likelihood, gradient and probabilities at given parameters, several classes, and one at its learned parameters."""

import numpy as np
from common import write
from sklearn.gaussian_process import GaussianProcessClassifier as GP
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, RationalQuadratic, WhiteKernel

rng = np.random.default_rng(20261129)
x = np.round(rng.uniform(-2, 2, size=(36, 2)), 3)
score = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] + 0.3 * rng.normal(size=36)
two, three = (score > 0).astype(int), np.digitize(score, [-0.4, 0.5])
q = np.round(rng.uniform(-2.5, 2.5, size=(8, 2)), 3)
K = {"rbf": RBF(0.8), "ard": ConstantKernel(3.0) * RBF([0.7, 1.9]), "matern": ConstantKernel(2.0) * Matern(1.2, nu=1.5), "sum": ConstantKernel(4.0) * RationalQuadratic(0.9, 1.7) + WhiteKernel(0.3)}
cases = {}
for name, k in K.items():
    gp = GP(k, optimizer=None).fit(x, two)
    lml, grad = gp.log_marginal_likelihood(k.theta, eval_gradient=True)
    mean, variance = gp.latent_mean_and_variance(q)
    many = GP(k, optimizer=None).fit(x, three)
    cases[name] = {"likelihood": lml, "gradient": grad, "mean": mean, "variance": variance, "two": gp.predict_proba(q)[:, 1], "three": many.predict_proba(q), "classes": many.predict(q)}
gp = GP(ConstantKernel(1.0) * RBF(1.0)).fit(x, two)
write("kernel/testdata/gpc.json", {"x": x, "q": q, "y2": two, "y3": three, "cases": cases, "learned": {"likelihood": gp.log_marginal_likelihood_value_, "gradient": [], "mean": [], "variance": [], "three": [], "classes": [], "two": gp.predict_proba(q)[:, 1]}}, __file__)
