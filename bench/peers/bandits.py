"""Contextual bandits: Vowpal Wabbit. It needs an interpreter that has it: BENCH_PYTHON=.../bin/python, with numpy, scipy and scikit-learn for the rest of the worker."""
from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np

from registry import Work, case

ARMS, WIDTH, ROUNDS = 10, 20, 20_000


def world(X: Any) -> tuple[Any, Any, Any]:
    """Contexts, what each arm brings in each, and uniform numbers: the coefficients of the arms are the last rows, chance is the columns after the context's."""
    C = X[:ROUNDS, :WIDTH]
    T = X[-ARMS:, :WIDTH]
    chance = 1 / (1 + np.exp(-1.702 * X[:ROUNDS, WIDTH:WIDTH + 2]))
    P = 1 / (1 + np.exp(-(C @ T.T) / 2))
    return C, (chance[:, :1] < P).astype(float), chance[:, 1]


def vw(options: str) -> Callable[[Any, Any], Work]:
    def make(X: Any, y: Any) -> Work:
        import vowpalwabbit
        C, R, U = world(X)
        texts = ["| " + " ".join(f"f{j}:{v:.6g}" for j, v in enumerate(c)) for c in C]

        def learner() -> Any:
            w = vowpalwabbit.Workspace(f"{options} --quiet --random_seed 1")

            def one(i: int) -> float:
                p = w.predict(texts[i])
                left, a = U[i], 0
                for a, q in enumerate(p):
                    left -= q
                    if left < 0:
                        break
                w.learn(f"{a + 1}:{-R[i, a]}:{p[a]} {texts[i]}")
                return float(R[i, a])
            return one

        def round_() -> Any:
            one, order = learner(), cycle(range(ROUNDS))
            return lambda: one(next(order))

        def score() -> dict[str, float]:
            one = learner()
            return {"reward": sum(one(i) for i in range(ROUNDS)) / ROUNDS}
        return Work(ROUNDS, WIDTH, {"round": round_}, score, lambda: options)

    return make


case("Bandit-epsilon", "vowpalwabbit", "logit100k")(vw(f"--cb_explore {ARMS} --epsilon 0.05"))
case("Bandit-bag", "vowpalwabbit", "logit100k")(vw(f"--cb_explore {ARMS} --bag 5"))
case("Bandit-ucb", "vowpalwabbit", "logit100k")(vw(f"--cb_explore {ARMS} --cover 3"))
