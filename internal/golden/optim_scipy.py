"""Minima under bounds of functions of More, Garbow and Hillstrom (ACM Trans. Math. Softw. 7 (1981)) and of random convex quadratics, by
scipy's L-BFGS-B with tight tolerances, and how many iterations scipy's unconstrained methods take on them."""

import numpy as np
from common import write
from scipy.optimize import minimize, rosen, rosen_der

rng = np.random.default_rng(20261126)
cases = []


def solve(name, f, g, x0, lo, hi, q=(), c=()):
    r = minimize(f, x0, jac=g, method="L-BFGS-B", bounds=list(zip(lo, hi)), options=dict(ftol=1e-15, gtol=1e-9, maxiter=10000, maxfun=100000))
    cases.append({"name": name, "start": x0, "lower": lo, "upper": hi, "x": r.x, "f": r.fun, "iterations": r.nit, "q": q, "c": c})


for n in (2, 10, 40):
    lo, hi = np.full(n, -2.0), np.full(n, 2.0)
    lo[::3], hi[1::4] = 0.5, 0.8
    solve("rosenbrock", rosen, rosen_der, np.full(n, -1.2).clip(lo, hi), lo, hi)
    q = rng.normal(size=(n, n))
    q = q.T @ q + 0.1 * np.eye(n)
    c = rng.normal(size=n) * 5
    lo, hi = -rng.random(n), rng.random(n)
    lo[n // 2], hi[n // 2] = -np.inf, np.inf
    solve("quadratic", lambda x: x @ q @ x / 2 - c @ x, lambda x: q @ x - c, np.zeros(n), lo, hi, q=q, c=c)
counts = {"L-BFGS-B": 0, "CG": 0}
for n in (2, 10, 50, 100, 200):
    for start in (-1.2, 0.0, 0.5, 3.0):
        x0 = np.full(n, start)
        counts["CG"] += minimize(rosen, x0, jac=rosen_der, method="CG", options=dict(maxiter=100000, gtol=1e-6)).nit
        counts["L-BFGS-B"] += minimize(rosen, x0, jac=rosen_der, method="L-BFGS-B", options=dict(maxiter=100000, maxfun=10**6, gtol=1e-6, ftol=0)).nit
print(counts)
write("internal/optim/testdata/bounds.json", {"cases": cases, "iterations": counts}, __file__)
