"""Goldens of features.NaturalSplines (R's splines::ns, of r-base-core of Debian 12), of missing values in SplineTransformer (scikit-learn), and of Fourier features (NumPy)."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from sklearn.preprocessing import SplineTransformer

from common import write

R = r"""
library(splines)
d <- read.csv("x.csv")$x
at <- read.csv("at.csv")$x
num <- function(v) paste0("[", paste(sprintf("%.17g", as.vector(t(v))), collapse=","), "]")
one <- function(name, ...) { b <- ns(d, ...); sprintf('"%s": %s', name, num(predict(b, at))) }
inner <- quantile(d, c(0.25, 0.5, 0.75))
cat(paste0("{", paste(c(
  one("quantile", knots=inner, Boundary.knots=range(d)),
  one("intercept", knots=inner, Boundary.knots=range(d), intercept=TRUE),
  one("two", Boundary.knots=range(d), df=1),
  one("given", knots=c(0.5, 1, 2.25, 3), Boundary.knots=c(-1, 4))), collapse=", "), "}"), file="out.json")
"""
rng = np.random.default_rng(21)
x = np.round(rng.gamma(2, 1, size=40), 3)
at = np.concatenate([x[:12], [x.min(), x.max(), x.min() - 0.7, x.max() + 2, 1.0, -3.0]])
with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d)
    for name, v in (("x", x), ("at", at)):
        (p / f"{name}.csv").write_text("x\n" + "\n".join(repr(float(e)) for e in v) + "\n")
    (p / "run.R").write_text(R)
    subprocess.run(["Rscript", "run.R"], cwd=d, check=True)
    natural = json.loads((p / "out.json").read_text())

gaps = np.column_stack([x, x[::-1]])
gaps[3, 0] = gaps[7, 1] = gaps[8, 0] = np.nan
m = SplineTransformer(handle_missing="zeros", n_knots=4, knots="quantile").fit(gaps)
turn = at[:, None] / 2.5 * np.arange(1, 4) * 2 * np.pi
write("features/testdata/natural.json", {
    "x": x, "at": at, "natural": natural, "gaps": gaps, "missing": m.transform(gaps),
    "fourier": np.stack([np.sin(turn), np.cos(turn)], axis=2).reshape(len(at), -1),
}, __file__)
