"""Isotonic regression from scikit-learn: weights with zeros, ties in x, falling and automatic direction, bounds, and answers outside the
range fitted on."""

import numpy as np
from common import write
from sklearn.isotonic import IsotonicRegression, check_increasing

rng = np.random.default_rng(20261126)
cases = {}


def case(name, x, y, w=None, increasing=True, out_of_bounds="clip", **bounds):
    probe = np.concatenate([np.linspace(x.min() - 1, x.max() + 1, 41), x[:10]])
    if increasing == "auto":
        increasing = bool(check_increasing(x, y))
        direction = 2
    else:
        direction = 0 if increasing else 1
    model = IsotonicRegression(increasing=increasing, out_of_bounds=out_of_bounds, **bounds).fit(x, y, sample_weight=w)
    cases[name] = {"x": x, "y": y, "weight": [] if w is None else w, "direction": direction, "increasing": increasing,
                   "min": bounds.get("y_min"), "max": bounds.get("y_max"), "missing": out_of_bounds == "nan", "probe": probe, "pred": model.predict(probe)}


x = rng.normal(size=120)
y = x**3 / 3 + rng.normal(size=120)
w = rng.integers(0, 4, size=120).astype(float)
case("plain", x, y)
case("weights", x, y, w)
case("ties", np.round(x, 1), y, w + 0.25)
case("falling", x, -y, w, increasing=False)
case("automatic, rising", x, y, increasing="auto")
case("automatic, falling", np.round(x, 1), -y, increasing="auto")
case("bounds", x, y, w, y_min=-0.5, y_max=1.25)
case("lower bound only, falling", np.round(x, 1), -y, w, increasing=False, y_min=-0.25)
case("missing outside", x, y, out_of_bounds="nan")
case("one x", np.full(5, 2.0), rng.normal(size=5), np.array([1.0, 2, 0, 1, 1]))
case("in order already", np.arange(30.0), np.cumsum(rng.random(30)))
case("falling targets for a rising curve", np.arange(30.0), -np.cumsum(rng.random(30)))
write("linear/testdata/isotonic.json", {"cases": cases}, __file__)
