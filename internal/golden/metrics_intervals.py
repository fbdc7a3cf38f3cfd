"""Writes metrics/testdata/intervals.json: DeLong's intervals and test by R's pROC, McNemar by statsmodels, BCa by SciPy, the corrected t test by its formula.
Run: internal/golden/regenerate.sh metrics_intervals.py (Rscript with pROC must be there)
"""

import subprocess
import tempfile
import warnings

import numpy as np
from common import write
from scipy import stats
from scipy.stats import _resampling
from statsmodels.stats.contingency_tables import mcnemar

warnings.simplefilter("ignore")
rng = np.random.default_rng(61)
R = r"""
suppressMessages(library(pROC)); options(digits = 17)
d <- read.csv("%s")
a <- roc(d$y, d$a, levels = c(0, 1), direction = "<", quiet = TRUE); b <- roc(d$y, d$b, levels = c(0, 1), direction = "<", quiet = TRUE)
t <- roc.test(a, b, method = "delong", paired = TRUE)
v <- c(ci.auc(a, method = "delong"), ci.auc(b, method = "delong", conf.level = 0.8), t$statistic, t$p.value, t$conf.int)
cat(sprintf("%%.17g", as.numeric(v)))
"""
version = subprocess.run(["Rscript", "-e", 'cat(as.character(packageVersion("pROC")))'], capture_output=True, text=True, check=True).stdout


def proc(y, a, b):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
        f.write("y,a,b\n" + "\n".join(f"{i},{float(p)!r},{float(q)!r}" for i, p, q in zip(y, a, b)) + "\n")
        f.flush()
        out = subprocess.run(["Rscript", "-e", R % f.name], capture_output=True, text=True, check=True).stdout
    return [float(v) for v in out.split()]


delong = []
for n, digits in [(12, 3), (150, 1), (90, 12)]:
    y = rng.integers(2, size=n)
    y[:4] = [0, 1, 0, 1]
    a, b = np.round(y + rng.normal(size=n) * 1.5, digits), np.round(y * 0.6 + rng.normal(size=n), digits)
    w = rng.integers(0, 3, size=n).astype(float)
    w[:4] = 1
    rep = np.repeat(np.arange(n), w.astype(int))
    delong.append({"y": y, "a": a, "b": b, "weight": w, "plain": proc(y, a, b), "weighted": proc(y[rep], a[rep], b[rep])})

tests = []
for n, p in [(30, 0.8), (400, 0.6)]:
    y = rng.integers(3, size=n)
    a, b = (np.where(rng.random(n) < q, y, rng.integers(3, size=n)) for q in (p, 0.5))
    t = [[np.sum((a == y) & (b == y)), np.sum((a == y) & (b != y))], [np.sum((a != y) & (b == y)), np.sum((a != y) & (b != y))]]
    # Equal counts: R corrects nothing then, where statsmodels corrects past the middle.
    chi, exact = mcnemar(t, exact=False, correction=True), mcnemar(t, exact=True)
    tests.append({"y": y, "a": a, "b": b, "counts": [t[0][1], t[1][0]], "chi": [chi.statistic, chi.pvalue] if t[0][1] != t[1][0] else [0, 1], "exact": exact.pvalue})

x = rng.gamma(2.0, size=25)
drawn = rng.choice(x, size=(500, 25)).mean(axis=1)
left = [np.delete(x, i).mean() for i in range(25)]
bca = []
for level in (0.95, 0.8):
    alpha = (1 - level) / 2
    lo, hi = _resampling._bca_interval((x,), lambda v, axis=-1: np.mean(v, axis=axis), -1, alpha, drawn, None, np)[:2]
    bca.append([level, float(np.squeeze(lo)), float(np.squeeze(hi))])

a, b = rng.random(10) + 0.1, rng.random(10)
d = a - b
t = d.mean() / np.sqrt((1 / 10 + 1 / 9) * d.var(ddof=1))
half = stats.t.ppf(0.975, 9) * np.sqrt((1 / 10 + 1 / 9) * d.var(ddof=1))
p = d.reshape(5, 2)
t5 = d[0] / np.sqrt(np.sum((p - p.mean(axis=1, keepdims=True)) ** 2) / 5)
folds = {"a": a, "b": b, "t": [t, 2 * stats.t.sf(abs(t), 9), d.mean(), d.mean() - half, d.mean() + half], "five": [t5, 2 * stats.t.sf(abs(t5), 5)]}
ci = stats.binomtest(37, 50).proportion_ci(0.9, method="wilson")

write("metrics/testdata/intervals.json", {"delong": delong, "mcnemar": tests, "x": x, "drawn": drawn, "left": left, "bca": bca, "folds": folds, "wilson": [ci.low, ci.high]}, __file__, pROC=version)
