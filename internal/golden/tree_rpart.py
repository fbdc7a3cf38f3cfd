"""Trees of R's rpart with surrogate splits on data with missing values, written to tree/testdata/rpart.json. Run by Rscript (R and rpart are those of
Debian 12, packages r-base-core and r-cran-rpart). Weights are drawn, so that no two splits agree equally well."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from common import write

R = r"""
suppressMessages(library(rpart))
d <- read.csv("d.csv", na.strings="NA")
d$f <- factor(d$f, levels=0:5)
d$class <- factor(d$class)
num <- function(v) { s <- sprintf("%.17g", as.vector(v)); s[is.na(v)] <- '"NaN"'; paste0("[", paste(s, collapse=","), "]") }
text <- function(v) paste0("[", paste0('"', v, '"', collapse=","), "]")
entry <- function(name, method, target) {
  fit <- rpart(as.formula(paste(target, "~ a + b + c + e + f")), d, weights=w, method=method,
    control=rpart.control(cp=-1, minsplit=20, minbucket=7, maxdepth=4, maxsurrogate=4, maxcompete=0, xval=0))
  fr <- fit$frame; s <- fit$splits
  pred <- predict(fit, d)
  if (method == "class") pred <- pred[, 2]
  paste0('"', name, '": {"var": ', text(fr$var), ', "node": ', num(as.integer(rownames(fr))), ', "n": ', num(fr$n), ', "surrogates": ', num(fr$nsurrogate),
    ', "split": ', text(rownames(s)), ', "ncat": ', num(s[, "ncat"]), ', "index": ', num(s[, "index"]), ', "agreement": ', num(s[, "improve"]), ', "adj": ', num(s[, "adj"]),
    ', "csplit": ', num(if (is.null(fit$csplit)) 0 else t(fit$csplit)), ', "levels": ', if (is.null(fit$csplit)) 0 else ncol(fit$csplit), ', "predict": ', num(pred), "}")
}
cat("{", paste(entry("anova", "anova", "y"), entry("classes", "class", "class"), sep=","), ', "version": "', as.character(packageVersion("rpart")), '"}', sep="")
"""

rng = np.random.default_rng(20)
n = 400
a = rng.normal(size=n)
b = a + 0.4 * rng.normal(size=n)
c = -a + 0.8 * rng.normal(size=n)
e = rng.normal(size=n)
f = np.clip(np.round(1.2 * a + 2.5 + 0.5 * rng.normal(size=n)), 0, 5)
y = np.sin(2 * a) + 0.5 * e + 0.2 * rng.normal(size=n)
w = rng.uniform(0.5, 1.5, size=n)
X = np.column_stack([a, b, c, e, f])
X[rng.random(size=X.shape) < 0.15] = np.nan
cls = (y > 0).astype(int)
with tempfile.TemporaryDirectory() as tmp:
    rows = ["a,b,c,e,f,y,class,w"]
    for i in range(n):
        cells = ["NA" if np.isnan(v) else repr(float(v)) for v in X[i, :4]] + ["NA" if np.isnan(X[i, 4]) else str(int(X[i, 4]))]
        rows.append(",".join(cells + [repr(float(y[i])), str(cls[i]), repr(float(w[i]))]))
    pathlib.Path(tmp, "d.csv").write_text("\n".join(rows) + "\n")
    pathlib.Path(tmp, "run.R").write_text(R)
    run = subprocess.run(["Rscript", "run.R"], cwd=tmp, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    out = json.loads(run.stdout)
write("tree/testdata/rpart.json", {"x": [[float(v) if v == v else "NaN" for v in row] for row in X], "y": y, "class": cls, "weight": w, **out}, __file__)
