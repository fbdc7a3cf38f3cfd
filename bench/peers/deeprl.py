"""Stable-Baselines3 and CleanRL's PPO (ppo_single.py) on Gymnasium. They need an interpreter that has stable-baselines3, torch and gymnasium: BENCH_PYTHON=.../bin/python, with numpy, scipy and scikit-learn for the rest of the worker."""
from __future__ import annotations

from typing import Any, Callable

from registry import T, Step, Work, case



def _learn(steps: int, make: Callable[[], Any]) -> Work:
    import torch
    torch.set_num_threads(T)

    def run() -> None:
        make().learn(steps)
    fit: dict[str, Step] = {"steps": lambda: run}
    return Work(steps, 1, fit)


def _ppo(envs: int, **settings: Any) -> Callable[[], Any]:
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
    return lambda: PPO("MlpPolicy", make_vec_env("CartPole-v1", n_envs=envs), device="cpu", seed=1, **settings)


@case("rl-ppo-cartpole", "stable-baselines3")
def ppo() -> Work:
    return _learn(4096, _ppo(4, n_steps=128, n_epochs=4, batch_size=128, learning_rate=2.5e-4, ent_coef=0.01))


@case("rl-ppo-cartpole-zoo", "stable-baselines3")
def ppo_zoo() -> Work:
    return _learn(2048, _ppo(8, n_steps=32, n_epochs=20, batch_size=256, gae_lambda=0.8, gamma=0.98, learning_rate=1e-3))


def _single(envs: int, *args: Any, **settings: Any) -> Callable[[], Any]:
    from ppo_single import PPO
    return lambda: PPO(envs, *args, **settings)


@case("rl-ppo-cartpole", "cleanrl")
def single() -> Work:
    return _learn(4096, _single(4, 128, 4, 128, 2.5e-4))


@case("rl-ppo-cartpole-zoo", "cleanrl")
def single_zoo() -> Work:
    return _learn(2048, _single(8, 32, 20, 256, 1e-3, discount=0.98, lam=0.8, entropy=0.0))


@case("rl-dqn-updates", "stable-baselines3")
def dqn() -> Work:
    from stable_baselines3 import DQN
    return _learn(1500, lambda: DQN("MlpPolicy", "CartPole-v1", device="cpu", seed=1, batch_size=128, buffer_size=10_000, learning_starts=130, train_freq=1, gradient_steps=1,
                                    target_update_interval=500, learning_rate=2.5e-4, policy_kwargs=dict(net_arch=[120, 84])))


@case("rl-sac-updates", "stable-baselines3")
def sac() -> Work:
    from stable_baselines3 import SAC
    return _learn(300, lambda: SAC("MlpPolicy", "Pendulum-v1", device="cpu", seed=1, batch_size=256, buffer_size=10_000, learning_starts=100))
