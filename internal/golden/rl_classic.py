"""One step from each of 3000 states of Gymnasium's classic control environments, some of them on their limits; resets of seeds 0 to 99; an episode of CartPole.

The states are default_rng(1).uniform(low, high) row by row, which Go draws again (internal/nprand); in every tenth row one number is a limit in its place (limits:
number, value). Actions follow from the row's number. Next states are stored as doubles in base64, observations are their rounding."""

import base64

import gymnasium as gym
import numpy as np
from common import write

N = 3000
pi = np.pi
LIMITS = {
    # numbers of the state, and values that they are set to in turn
    "CartPole-v1": [(0, 2.4), (0, -2.4), (2, 12 * 2 * pi / 360), (2, -12 * 2 * pi / 360)],
    "MountainCar-v0": [(0, -1.2), (0, 0.5), (0, 0.6), (1, 0.07), (1, -0.07), (1, 0.0)],
    "MountainCarContinuous-v0": [(0, -1.2), (0, 0.45), (0, 0.6), (1, 0.07), (1, -0.07), (1, 0.0)],
    "Pendulum-v1": [(0, pi), (0, -pi), (0, 0.0), (1, 8.0), (1, -8.0)],
    "Acrobot-v1": [(0, pi), (0, -pi), (1, pi), (2, 4 * pi), (3, -9 * pi), (0, 0.0)],
}
ENVS = {
    # id: (low, high, action of row i)
    "CartPole-v1": ([-2.6, -4, -0.23, -4], [2.6, 4, 0.23, 4], lambda i: i % 2),
    "MountainCar-v0": ([-1.2, -0.07], [0.6, 0.07], lambda i: i % 3),
    "MountainCarContinuous-v0": ([-1.2, -0.07], [0.6, 0.07], lambda i: np.array([(i % 41 - 20) / 20], dtype=np.float32)),
    "Pendulum-v1": ([-10, -8], [10, 8], lambda i: np.array([(i % 41 - 20) / 10], dtype=np.float32)),
    "Acrobot-v1": ([-pi, -pi, -4 * pi, -9 * pi], [pi, pi, 4 * pi, 9 * pi], lambda i: i % 3),
}


def b64(a, dtype):
    return base64.b64encode(np.ascontiguousarray(a, dtype=dtype).tobytes()).decode()


out = {}
for name, (low, high, act) in ENVS.items():
    for kind in ("book", "nips") if name.startswith("Acrobot") else ("",):
        env = gym.make(name).unwrapped
        if kind:
            env.book_or_nips = kind
        single = name.startswith("MountainCarContinuous")
        r = np.random.default_rng(1)
        n = N if kind != "nips" else 600
        nexts, rewards, ends, equal = [], [], "", 0
        for i in range(n):
            state = r.uniform(low, high)
            if i % 10 == 0:
                at, value = LIMITS[name][i // 10 % len(LIMITS[name])]
                state[at] = value
            env.reset(seed=0)
            env.state = state.astype(np.float32) if single else state.copy()
            obs, reward, terminated, _, _ = env.step(act(i))
            nexts.append(np.array(env.state, dtype=np.float64))
            rewards.append(float(np.asarray(reward).reshape(())))
            ends += str(int(terminated))
        out[name + kind] = {"low": low, "high": high, "limits": LIMITS[name], "next": b64(nexts, "<f4" if single else "<f8"), "ends": ends,
                            "rewards": b64(rewards, "<f8") if len(set(rewards)) > 3 else [],
                            "few": sorted(set(rewards)) if len(set(rewards)) <= 3 else [],
                            "resets": [env.reset(seed=s)[0].tolist() for s in range(100)] if kind != "nips" else []}
env = gym.make("CartPole-v1").unwrapped
env.reset(seed=3)
states = []
for i in range(200):
    # a rule that keeps the pole up for a while
    env.step(int(env.state[2] + 0.3 * env.state[3] + 0.05 * env.state[1] > 0))
    states.append(np.array(env.state))
first = gym.make("MountainCarContinuous-v0").unwrapped
starts = []
for s in range(20):  # the first step starts from a position in double precision
    first.reset(seed=s)
    obs = first.step(np.array([(s - 10) / 10], dtype=np.float32))[0]
    starts.append(obs.tolist())
write("rl/testdata/classic.json", {"envs": out, "episode": b64(states, "<f8"), "starts": starts}, __file__)
