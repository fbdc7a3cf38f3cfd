"""Regularisation paths and cross-validation from glmnet, run by Rscript (R and glmnet are those of Debian 12, packages r-base-core and r-cran-glmnet).

glmnet scales Y to variance 1 before it penalises, which changes the weight of the squared penalty by the deviation of Y: the data are made with
that variance, so that its lambda and alpha are Alpha and L1Ratio here."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from common import write

R = r"""
suppressMessages(library(glmnet))
a <- commandArgs(TRUE)
x <- as.matrix(read.csv(a[1], header=FALSE)); d <- as.matrix(read.csv(a[2], header=FALSE))
glmnet.control(fdev=0, devmax=1)
text <- function(v) paste0("[", paste(sprintf("%.17g", as.vector(v)), collapse=","), "]")
out <- c()
for (ratio in c(1, 0.5)) {
  lambda <- exp(seq(log(0.9), log(0.01), length.out=15))
  f <- glmnet(x, d[,1], weights=d[,2], alpha=ratio, lambda=lambda, standardize=FALSE, thresh=1e-24, maxit=1e7)
  out <- c(out, sprintf('"ratio %g": {"lambda": %s, "coef": %s, "intercept": %s, "explained": %s}', ratio, text(f$lambda), text(as.matrix(f$beta)),
    text(f$a0), text(f$dev.ratio)))
}
g <- cv.glmnet(x, d[,1], alpha=1, lambda=lambda, foldid=d[,3], standardize=FALSE, thresh=1e-24, maxit=1e7)
out <- c(out, sprintf('"cv": {"mean": %s, "se": %s, "best": %.17g, "one_se": %.17g}', text(g$cvm), text(g$cvsd), g$lambda.min, g$lambda.1se))
glmnet.control(factory=TRUE)
f <- glmnet(x, d[,1], alpha=1, nlambda=60, lambda.min.ratio=1e-4, standardize=FALSE, thresh=1e-24, maxit=1e7)
out <- c(out, sprintf('"early": {"lambda": %s}', text(f$lambda)))
cat(sprintf('{"version": "%s", %s}', packageVersion("glmnet"), paste(out, collapse=", ")))
"""

rng = np.random.default_rng(20261127)
n, p = 60, 7
x = rng.normal(size=(n, p)) * [1, 2, 0.5, 1, 1, 3, 1] + 1
w = rng.integers(1, 4, size=n).astype(float)
y = x @ [1, 0.5, 0, 0, -1, 0.2, 0] + 0.7 * rng.normal(size=n)
y -= np.average(y, weights=w)
y /= np.sqrt(np.average(y**2, weights=w))
fold = np.repeat(np.arange(1, 5), [20, 10, 15, 15])  # of unequal sizes
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    np.savetxt(tmp / "x.csv", x, delimiter=",", fmt="%.17g")
    np.savetxt(tmp / "d.csv", np.column_stack([y, w, fold]), delimiter=",", fmt="%.17g")
    (tmp / "run.R").write_text(R)
    out = json.loads(subprocess.run(["Rscript", "run.R", "x.csv", "d.csv"], cwd=tmp, check=True, capture_output=True, text=True).stdout)
version = out.pop("version")
write("linear/testdata/glmnet.json", {"x": x, "y": y, "weight": w, "fold": fold - 1, **out}, __file__, glmnet=version)
