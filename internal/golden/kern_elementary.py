"""Writes kern/testdata/elementary.json: elementary functions to 25 digits, by mpmath with 60, at arguments that float32
represents ("narrow") and at float64 ones ("wide"): an even spread over where the function is interesting, sizes of every
order of magnitude, and the ends of the range.
Run: internal/golden/regenerate.sh kern_elementary.py
"""

import math
import random

import mpmath as mp
import numpy as np
from common import write

mp.mp.dps = 60
rng = random.Random(5)


def phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def gelu_tanh(x):
    u = mp.sqrt(2 / mp.pi) * (x + mp.mpf(44715) / 10**6 * x**3)
    return x / (1 + mp.exp(-2 * u))


def log1p(x):
    return mp.log1p(x) if abs(x) < 0.5 else mp.log(1 + x)


# name: function, the even spread for float32 and for float64, whether negative arguments have a value
functions = {
    "exp": (mp.exp, (-104, 89), (-746, 710), True),
    "log": (mp.log, (0.3, 3), (0.3, 3), False),
    "log1p": (log1p, (-0.999, 3), (-0.999, 3), True),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), (-104, 20), (-746, 40), True),
    "tanh": (mp.tanh, (-10, 10), (-20, 20), True),
    "erf": (mp.erf, (-4, 4), (-6, 6), True),
    "gelu": (lambda x: x * phi(x), (-15, 6), (-39, 9), True),
    "gelutanh": (gelu_tanh, (-11, 6), (-22, 9), True),
    "expm1": (mp.expm1, (-104, 89), (-746, 710), True),
}


def arguments(name, spread, narrow):
    _, f32, f64, negative = functions[name]
    lo, hi = spread
    xs = [rng.uniform(lo, hi) for _ in range(40)] + [rng.gauss(0, 1) for _ in range(16)]
    least, most = (-149, 6) if narrow else (-1074, 8)
    if name in ("log", "log1p"):
        most = 127 if narrow else 1023
    xs += [2.0 ** rng.uniform(least, most) * rng.choice((-1, 1)) for _ in range(30)]
    xs += [v for e in (lo, hi) for v in (e, math.nextafter(e, 0))]
    xs += [1, -1, 0.5, -0.5, 1 - 2.0**-24, 2.0**-149, -(2.0**-149), 2.0**-126, math.sqrt(0.5), math.log(2) / 2]
    if narrow:
        xs = [float(np.float32(x)) for x in xs]
    if not negative:
        xs = [abs(x) for x in xs]
    if name == "log1p":
        xs = [x for x in xs if x > -1]
    return sorted({x for x in xs if x != 0 and math.isfinite(x)})


out = {}
for name, (f, f32, f64, _) in functions.items():
    out[name] = {}
    for kind, spread in (("narrow", f32), ("wide", f64)):
        xs = arguments(name, spread, kind == "narrow")
        out[name][kind] = {"x": xs, "want": [mp.nstr(f(mp.mpf(x)), 25) for x in xs]}
write("internal/kern/testdata/elementary.json", out, __file__)
