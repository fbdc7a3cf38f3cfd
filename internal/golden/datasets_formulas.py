"""What the noise-free parts of scikit-learn's generators compute, for points that the Go tests compute again."""

import numpy as np
import sklearn.datasets as sk
from sklearn.utils import check_random_state

from common import write

moons = {n: sk.make_moons(n, shuffle=False, noise=None) for n in (2, 3, 9)}
circles = {n: sk.make_circles(n, shuffle=False, noise=None, factor=0.4) for n in (2, 3, 9)}


def pairs(sets):
    return {n: {"x": x, "y": y} for n, (x, y) in sets.items()}


def problem(make):
    x, y = make(6, noise=0.0, random_state=1)
    return {"x": x, "y": y}


# The singular values depend on no random number.
low_rank = np.linalg.svd(sk.make_low_rank_matrix(30, 12, effective_rank=4, tail_strength=0.3, random_state=check_random_state(0)), compute_uv=False)
roll, roll_t = sk.make_swiss_roll(6, random_state=0)
curve, curve_t = sk.make_s_curve(6, random_state=0)

write(
    "datasets/testdata/formulas.json",
    {
        "moons": pairs(moons),
        "circles": pairs(circles),
        "friedman1": problem(sk.make_friedman1),
        "friedman2": problem(sk.make_friedman2),
        "friedman3": problem(sk.make_friedman3),
        "low_rank_singular_values": low_rank,
        "swiss_roll": {"x": roll, "y": roll_t},
        "s_curve": {"x": curve, "y": curve_t},
    },
    __file__,
)
