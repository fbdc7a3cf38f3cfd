"""Jack's car rental (Sutton and Barto, example 4.2) by value iteration on dense arrays: rl/testdata/jack.json, the values and the cars moved, by the cars of the first
place and of the second."""

import numpy as np
from scipy.stats import poisson

from common import write

MOST, MOVE, GAMMA = 20, 5, 0.9


def place(requests, returns):
    """The chances of n cars in the evening from m in the morning, and the mean rented."""
    p, rented = np.zeros((MOST + 1, MOST + 1)), np.zeros(MOST + 1)
    for m in range(MOST + 1):
        for asked in range(60):
            out = min(asked, m)
            a = poisson.pmf(asked, requests)
            rented[m] += a * out
            for back in range(60):
                p[m, min(m - out + back, MOST)] += a * poisson.pmf(back, returns)
    return p, rented


def main():
    (p1, r1), (p2, r2) = place(3, 3), place(4, 2)
    V = np.zeros((MOST + 1, MOST + 1))
    moves = range(-MOVE, MOVE + 1)
    for _ in range(400):
        after = 10 * (r1[:, None] + r2[None, :]) + GAMMA * p1 @ V @ p2.T  # of a morning
        Q = np.full((MOST + 1, MOST + 1, len(moves)), -np.inf)
        for i in range(MOST + 1):
            for j in range(MOST + 1):
                for k, a in enumerate(moves):
                    if -j <= a <= i:
                        Q[i, j, k] = after[min(i - a, MOST), min(j + a, MOST)] - 2 * abs(a)
        V = Q.max(2)
    write("rl/testdata/jack.json", dict(values=V.ravel().round(8), moved=(Q.argmax(2) - MOVE).ravel()), __file__)


main()
