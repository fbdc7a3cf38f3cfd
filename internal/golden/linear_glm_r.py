"""What R says of generalised linear models and of least squares with dependent columns: likelihoods and criteria, residuals, leverages, Cook's
distances, profile-likelihood intervals, likelihood-ratio tests and robust covariances. Run by Rscript (R, MASS and sandwich are those of
Debian 12, packages r-base-core, r-cran-mass and r-cran-sandwich)."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from common import write

R = r"""
suppressMessages({library(MASS); library(sandwich)})
d <- read.csv("d.csv")
num <- function(v) { s <- sprintf("%.17g", as.vector(v)); s[is.na(v)] <- '"NaN"'; s[v %in% Inf] <- '"+Inf"'; s[v %in% -Inf] <- '"-Inf"'; paste0("[", paste(s, collapse=","), "]") }
tight <- glm.control(epsilon=1e-15, maxit=200)
entry <- function(name, fit, profiled=TRUE) {
  if (profiled) {
    level <- 0.95 # confint takes normal quantiles always; where the dispersion is estimated ours are Student's
    if (!(fit$family$family %in% c("binomial", "poisson")) && !grepl("^Negative", fit$family$family)) level <- 1 - 2*pnorm(-qt(0.975, fit$df.residual))
    ci <- suppressWarnings(suppressMessages(confint(fit, level=level)))
    lrt <- drop1(fit, test=if (level == 0.95) "Chisq" else "F")
  }
  text <- sprintf('"%s": {"coef": %s, "cov": %s, "quality": %s, "hat": %s, "cook": %s, "response": %s, "working": %s, "pearson": %s, "deviance": %s, "standard": %s, "standard_pearson": %s, "student": %s',
    name, num(coef(fit)), num(vcov(fit)), num(c(deviance(fit), fit$null.deviance, df.residual(fit), summary(fit)$dispersion, logLik(fit), AIC(fit), BIC(fit))),
    num(hatvalues(fit)), num(cooks.distance(fit)), num(residuals(fit, "response")), num(residuals(fit, "working")), num(residuals(fit, "pearson")), num(residuals(fit, "deviance")),
    num(rstandard(fit)), num(rstandard(fit, type="pearson")), num(rstudent(fit)))
  if (profiled) text <- paste0(text, sprintf(', "profile": %s, "test": %s', num(ci), num(lrt[["Deviance"]][-1])))
  robust <- sapply(c("HC0", "HC1", "HC2", "HC3"), function(h) sprintf('"%s": %s', h, num(vcovHC(fit, type=h))))
  paste0(text, ", ", paste(robust, collapse=", "), "}")
}
f <- function(target) as.formula(paste(target, "~ a + b + c"))
out <- c(
  entry("gaussian identity", glm(f("gauss"), gaussian(), d, control=tight)),
  entry("gaussian log", glm(f("positive"), gaussian("log"), d, control=tight, start=c(0.5, 0, 0, 0))),
  entry("gaussian identity precision", glm(f("gauss"), gaussian(), d, weights=trials, control=tight)),
  entry("binomial logit", glm(f("binary"), binomial(), d, control=tight)),
  entry("binomial logit precision", glm(f("share"), binomial(), d, weights=trials, control=tight)),
  entry("binomial probit precision", glm(f("share"), binomial("probit"), d, weights=trials, control=tight)),
  entry("binomial cloglog precision", glm(f("share"), binomial("cloglog"), d, weights=trials, control=tight)),
  entry("poisson log", glm(f("count"), poisson(), d, control=tight)),
  entry("poisson log offset", glm(f("count"), poisson(), d, offset=shift, control=tight)),
  entry("poisson power(0.5)", glm(f("count"), poisson("sqrt"), d, control=tight)),
  entry("quasi poisson log", glm(f("count"), quasipoisson(), d, control=tight)),
  entry("gamma inverse", glm(f("positive"), Gamma(), d, control=tight)),
  entry("gamma log", glm(f("positive"), Gamma("log"), d, control=tight)),
  entry("inverse gaussian inverse square", glm(f("positive"), inverse.gaussian(), d, control=tight)),
  entry("inverse gaussian log", glm(f("positive"), inverse.gaussian("log"), d, control=tight)),
  entry("negative binomial log", glm(f("count"), negative.binomial(2), d, control=tight), profiled=FALSE)
)
nb <- glm.nb(f("over"), d, control=glm.control(epsilon=1e-14, maxit=500))
out <- c(out, sprintf('"estimated": {"coef": %s, "theta": %.17g, "quality": %s, "profile": %s}', num(coef(nb)), nb$theta, num(c(logLik(nb), AIC(nb), BIC(nb))), num(suppressMessages(confint(nb)))))
d$twice <- 2*d$a - d$b
lines <- function(name, fit) {
  robust <- sapply(c("HC0", "HC1", "HC2", "HC3"), function(h) sprintf('"%s": %s', h, num(vcovHC(fit, type=h))))
  sprintf('"%s": {"coef": %s, "const": %s, "quality": %s, "hat": %s, "cook": %s, "standard": %s, "student": %s, %s}', name, num(coef(fit)), num(vcov(fit, complete=FALSE)), num(c(summary(fit)$sigma, summary(fit)$r.squared, logLik(fit), AIC(fit), BIC(fit))),
    num(hatvalues(fit)), num(cooks.distance(fit)), num(rstandard(fit)), num(rstudent(fit)), paste(robust, collapse=", "))
}
ols <- c(lines("plain", lm(gauss ~ a + b + c, d)), lines("aliased", lm(gauss ~ a + b + twice + c, d)), lines("precision", lm(gauss ~ a + b + twice + c, d, weights=trials)))
start <- glm(f("count"), poisson(), d, control=tight)$linear.predictors # weights are those of the iteration before the last
alias <- entry("aliased", glm(count ~ a + b + twice + c, poisson(), d, etastart=start), profiled=FALSE) # with a tighter epsilon R calls nothing dependent
cat(sprintf('{"versions": "R %s, MASS %s, sandwich %s", "cases": {%s}, "ols": {%s}}', getRversion(), packageVersion("MASS"), packageVersion("sandwich"), paste(c(out[-length(out)], alias), collapse=", "),
  paste(c(ols), collapse=", ")), "\n")
cat(sprintf("{%s}", out[length(out)]))
"""

rng = np.random.default_rng(20261128)
n = 36
x = rng.normal(size=(n, 3)) * [0.6, 0.4, 0.5]
trials = rng.integers(1, 7, size=n).astype(float)
shift = rng.uniform(-0.5, 0.5, size=n)
eta = x @ [0.5, -0.4, 0.2]
mean = np.exp(0.9 + eta)
p = 1 / (1 + np.exp(-(0.2 + 1.5 * eta)))
columns = {
    "a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "trials": trials, "shift": shift, "gauss": 1 + eta + 0.5 * rng.normal(size=n),
    "binary": rng.binomial(1, p).astype(float), "share": rng.binomial(trials.astype(int), p) / trials, "count": rng.poisson(mean).astype(float),
    "positive": rng.gamma(6, mean / 6), "over": rng.negative_binomial(1.5, 1.5 / (1.5 + 2 * mean)).astype(float),
}
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    np.savetxt(tmp / "d.csv", np.column_stack(list(columns.values())), delimiter=",", fmt="%.17g", header=",".join(columns), comments="")
    (tmp / "run.R").write_text(R)
    run = subprocess.run(["Rscript", "run.R"], cwd=tmp, capture_output=True, text=True)
if run.returncode:
    raise SystemExit(run.stderr)
first, second = run.stdout.split(" \n")
out, estimated = json.loads(first), json.loads(second)["estimated"]
who = dict(v.split(" ") for v in out.pop("versions").split(", "))
write("linear/testdata/glm_r.json", {"data": columns, **out, "estimated": estimated}, __file__, **who)
