"""Scores of ranger's forests over twenty seeds: what ours must agree with, within the noise of the seeds. Trees are grown out and a column's share of the importances is of
the sum over all trees, as ranger has it. Run by Rscript (R and ranger are those of Debian 12, packages r-base-core and r-cran-ranger)."""

import pathlib
import subprocess
import tempfile

import numpy as np
from common import write
from sklearn.datasets import load_breast_cancer, load_diabetes

SEEDS = 20

R = r"""
suppressMessages(library(ranger))
options <- commandArgs(trailingOnly = TRUE)
train <- read.csv("train.csv"); test <- read.csv("test.csv")
classes <- options[1] == "classes"
if (classes) { train$y <- factor(train$y); test$y <- factor(test$y) }
score <- function(y, p) if (classes) mean(y == p) else 1 - sum((y - p)^2) / sum((y - mean(y))^2)
for (seed in 1:strtoi(options[4])) {
  common <- list(y ~ ., train, num.trees = 100, mtry = strtoi(options[3]), min.node.size = 1, importance = "impurity", seed = seed, num.threads = 1)
  m <- do.call(ranger, c(common, if (options[2] == "extra") list(splitrule = "extratrees", replace = FALSE, sample.fraction = 1) else list()))
  out <- if (options[2] == "extra") 0 else score(train$y, m$predictions)
  cat(sprintf("%.17g", c(score(test$y, predict(m, test, num.threads = 1)$predictions), out, m$variable.importance)), "\n")
}
cat("#", R.version.string, "ranger", as.character(packageVersion("ranger")), "\n")
"""

made_with = set()


def bands(data, kind, trees, columns):
    X, y = data
    test = np.arange(len(X)) % 3 == 0
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in ("train", ~test), ("test", test):
            table = np.column_stack([X[rows], y[rows]])
            np.savetxt(f"{folder}/{name}.csv", table, fmt="%.17g", delimiter=",", comments="", header=",".join([f"x{j}" for j in range(X.shape[1])] + ["y"]))
        (pathlib.Path(folder) / "forest.R").write_text(R)
        said = subprocess.run(["Rscript", "forest.R", kind, trees, str(columns), str(SEEDS)], cwd=folder, capture_output=True, text=True, check=True).stdout
    lines = said.strip().split("\n")
    made_with.add(lines.pop().strip("# "))
    v = np.array([[float(s) for s in line.split()] for line in lines])
    shares = v[:, 2:] / v[:, 2:].sum(axis=1, keepdims=True)
    one = lambda s: {"mean": s.mean(), "sd": s.std(ddof=1)}
    return {"held": one(v[:, 0]), "oob": one(v[:, 1]), "importances": {"mean": shares.mean(axis=0), "sd": shares.std(axis=0, ddof=1)}}


cancer, sugar = load_breast_cancer(return_X_y=True), load_diabetes(return_X_y=True)
data = {
    "forest_classes": bands(cancer, "classes", "random", 5),
    "extra_classes": bands(cancer, "classes", "extra", 5),
    "forest_numbers": bands(sugar, "numbers", "random", 3),
    "extra_numbers": bands(sugar, "numbers", "extra", 10),
}
write("ensemble/testdata/ranger_bands.json", data, __file__, source=made_with.pop())
