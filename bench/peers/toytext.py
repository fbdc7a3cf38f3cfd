"""Gymnasium's toy-text environments, and Q-learning in plain Python on one of them."""
from __future__ import annotations

import random

from registry import Step, Work, case

N = 20_000


def _steps(name: str) -> Work:
    import gymnasium as gym
    env = gym.make(name)
    n = env.action_space.n
    actions = [int(i * i // 7 % n) for i in range(N)]

    def run() -> None:
        env.reset(seed=0)
        for a in actions:
            _, _, terminated, truncated, _ = env.step(a)
            if terminated or truncated:
                env.reset()

    steps: dict[str, Step] = {"steps": lambda: run}
    return Work(N, 1, steps)


@case("env-frozenlake", "gymnasium")
def frozenlake() -> Work:
    return _steps("FrozenLake-v1")


@case("env-cliffwalking", "gymnasium")
def cliffwalking() -> Work:
    return _steps("CliffWalking-v1")


@case("env-taxi", "gymnasium")
def taxi() -> Work:
    return _steps("Taxi-v4")


@case("env-blackjack", "gymnasium")
def blackjack() -> Work:
    return _steps("Blackjack-v1")


@case("Q-frozenlake", "gymnasium")
def q_learning() -> Work:
    """Lists, not arrays: for one row at a time they are faster."""
    import gymnasium as gym
    env = gym.make("FrozenLake-v1")

    def run() -> None:
        rnd = random.Random(0)
        q = [[0.0] * 4 for _ in range(16)]
        s, _ = env.reset(seed=0)
        for _ in range(N):
            row = q[s]
            if rnd.random() < 0.1:
                a = rnd.randrange(4)
            else:
                best = max(row)
                a = row.index(best)
                if row.count(best) > 1:
                    a = rnd.choice([i for i, v in enumerate(row) if v == best])
            s2, r, terminated, truncated, _ = env.step(a)
            target = r if terminated else r + 0.99 * max(q[s2])
            row[a] += 0.1 * (target - row[a])
            s = s2
            if terminated or truncated:
                s, _ = env.reset()

    steps: dict[str, Step] = {"train": lambda: run}
    return Work(N, 1, steps)
