"""Gymnasium's classic control."""
from __future__ import annotations

from typing import Any, Callable

from registry import Step, Work, case

N = 20_000


def _steps(name: str, action: Callable[[int], Any]) -> Work:
    import gymnasium as gym
    env = gym.make(name)
    actions = [action(i * i // 7) for i in range(N)]

    def run() -> None:
        env.reset(seed=0)
        for a in actions:
            _, _, terminated, truncated, _ = env.step(a)
            if terminated or truncated:
                env.reset()

    steps: dict[str, Step] = {"steps": lambda: run}
    return Work(N, 1, steps)


def _push(i: int) -> Any:
    import numpy as np
    return np.array([(i % 5 - 2) / 2], dtype=np.float32)


@case("env-cartpole", "gymnasium")
def cartpole() -> Work:
    return _steps("CartPole-v1", lambda i: i % 2)


@case("env-mountaincar", "gymnasium")
def mountaincar() -> Work:
    return _steps("MountainCar-v0", lambda i: i % 3)


@case("env-acrobot", "gymnasium")
def acrobot() -> Work:
    return _steps("Acrobot-v1", lambda i: i % 3)


@case("env-pendulum", "gymnasium")
def pendulum() -> Work:
    return _steps("Pendulum-v1", _push)


@case("env-mountaincarcontinuous", "gymnasium")
def mountaincarcontinuous() -> Work:
    return _steps("MountainCarContinuous-v0", _push)
