"""Gymnasium's toy-text environments: rl/testdata/toytext.json. Tables entry by entry, resets, transitions from injected states with a seeded generator, maps, and the
exact optima, by dynamic programming over Gymnasium's own tables (Blackjack's: over its own functions of hands)."""

import functools
import itertools

import gymnasium as gym
import numpy as np
from gymnasium.envs.toy_text import blackjack as bj
from gymnasium.envs.toy_text.frozen_lake import generate_random_map
from gymnasium.utils import seeding

from common import write


def letters(values):
    """A list of few different values as those and a string that names them."""
    kinds = sorted(set(values))
    assert len(kinds) <= 26
    return dict(of=kinds, at="".join(chr(97 + kinds.index(v)) for v in values))


def table(env):
    """P, its outcomes in order; those of probability 0, which cannot happen, are left out."""
    P = env.unwrapped.P
    rows = [(s, a, float(p), int(n), float(r), int(t)) for s in P for a in range(len(P[s])) for p, n, r, t in P[s][a] if p > 0]
    counts = [sum(o[0] > 0 for o in P[s][a]) for s in P for a in range(len(P[s]))]
    return dict(states=len(P), actions=len(P[0]), counts="".join(map(str, counts)), p=letters([r[2] for r in rows]), step=[r[3] - r[0] for r in rows],
                reward=letters([r[4] for r in rows]), terminated="".join(str(r[5]) for r in rows))


def transitions(env, n):
    """n steps, each from an injected state, the generator seeded once."""
    u = env.unwrapped
    states, actions = len(u.P), len(u.P[0])
    u.np_random, _ = seeding.np_random(11)
    step, rewards, ends = [], [], []
    for i in range(n):
        s, a = i * 7 % states, i * 5 // 3 % actions
        u.s = s
        if hasattr(u, "fickle_step"):
            u.fickle_step = u.fickle_passenger and i % 2 == 0
        obs, r, terminated, _, _ = u.step(a)
        step.append(int(obs) - s)
        rewards.append(float(r))
        ends.append(str(int(terminated)))
    return dict(step=step, reward=letters(rewards), terminated="".join(ends))


def q_of(P, V, s, a, gamma):
    return sum(p * (r + gamma * (0 if t else V[n])) for p, n, r, t in P[s][a])


def best(P, gamma, steps=None, tol=1e-14):
    V = np.zeros(len(P))
    for _ in range(steps or 1_000_000):
        W = np.array([max(q_of(P, V, s, a, gamma) for a in P[s]) for s in P])
        change = np.abs(W - V).max()
        V = W
        if steps is None and change < tol:
            break
    return V


def start(env, V):
    return float(np.dot(env.unwrapped.initial_state_distrib, V))


def cliff_soft(P, eps):
    """The online value of acting epsilon-greedily on the best values, and the best such policy. Actions that are equally good share what is not explored."""
    def greedy(V):
        w = np.full((len(P), 4), eps / 4)
        for s in P:
            q = [round(q_of(P, V, s, a, 1), 9) for a in P[s]]
            for a in P[s]:
                w[s, a] += (1 - eps) * (q[a] == max(q)) / q.count(max(q))
        return w

    def value(w):
        A, b = np.eye(len(P)), np.zeros(len(P))
        for s in P:
            for a in P[s]:
                for p, m, r, t in P[s][a]:
                    b[s] += w[s, a] * p * r
                    if not t:
                        A[s, m] -= w[s, a] * p
        return np.linalg.solve(A, b)

    V = value(greedy(best(P, 1)))
    first = V[36]
    for _ in range(100):
        V = value(greedy(V))
    return float(first), float(V[36])


def blackjack_best(sab, natural):
    deck = bj.deck
    w = {c: deck.count(c) / 13 for c in set(deck)}

    @functools.cache
    def dealer(hand):
        if bj.sum_hand(list(hand)) >= 17:
            return {(bj.score(list(hand)), bj.is_natural(list(hand))): 1.0}
        out = {}
        for c, p in w.items():
            for k, v in dealer(tuple(sorted(hand + (c,)))).items():
                out[k] = out.get(k, 0) + p * v
        return out

    @functools.cache
    def finals(up):
        out = {}
        for c, p in w.items():
            for k, v in dealer(tuple(sorted((up, c)))).items():
                out[k] = out.get(k, 0) + p * v
        return out

    def stick(hand, up):
        total = 0
        for (score, nat), p in finals(up).items():
            r = bj.cmp(bj.score(list(hand)), score)
            if sab and bj.is_natural(list(hand)) and not nat:
                r = 1.0
            elif not sab and natural and bj.is_natural(list(hand)) and r == 1.0:
                r = 1.5
            total += p * r
        return total

    @functools.cache
    def value(hand, up):
        hit = 0
        for c, p in w.items():
            h = tuple(sorted(hand + (c,)))
            hit += p * (-1 if bj.is_bust(list(h)) else value(h, up))
        return max(hit, stick(hand, up))

    return sum(w[a] * w[b] * w[u] * value(tuple(sorted((a, b))), u) for a, b, u in itertools.product(w, w, w))


def blackjack_episodes(n, **kwargs):
    """Episodes with the seeds 0, 1, ...: what is seen, and the reward at the end; the k-th action of episode i is bit k of i*2654435761>>7, 1 up to a sum of 10."""
    env = bj.BlackjackEnv(**kwargs)
    seen, rewards, steps = [], [], 0
    for i in range(n):
        obs, _ = env.reset(seed=i)
        codes, done, k = [obs], False, 0
        while not done:
            a = i * 2654435761 >> 7 + k & 1
            if obs[0] < 11:
                a = 1
            obs, r, done, _, _ = env.step(a)
            codes.append(obs)
            k += 1
            steps += 1
        seen += [(s * 11 + d) * 2 + u for s, d, u in codes]
        rewards.append(float(r))
    return dict(seen=seen, reward=letters(rewards), steps=steps)


def main():
    make = {
        "lake4": gym.make("FrozenLake-v1"), "lake8": gym.make("FrozenLake8x8-v1"), "lakeDry": gym.make("FrozenLake-v1", is_slippery=False),
        "lakeOwn": gym.make("FrozenLake-v1", desc=["SFHS", "FFFG"], success_rate=0.7, reward_schedule=(5, -2, -0.25)),
        "cliff": gym.make("CliffWalking-v1"), "cliffSlippery": gym.make("CliffWalkingSlippery-v1"),
        "taxi": gym.make("Taxi-v4"), "taxiRainy": gym.make("Taxi-v4", is_rainy=True, rainy_probability=0.7),
        "taxiFickle": gym.make("Taxi-v4", fickle_passenger=True, fickle_probability=0.4),
    }
    out = dict(
        tables={k: table(e) for k, e in make.items() if k != "taxiFickle"},
        steps={k: transitions(e, 3000) for k, e in make.items() if k not in ("lake4", "lakeDry", "cliff", "taxi")},
        resets={k: [int(make[k].unwrapped.reset(seed=s)[0]) for s in range(150)] for k in ("lakeOwn", "cliffSlippery", "taxi", "taxiFickle")},
        maps={f"{n} {p} {s}": generate_random_map(n, p, s) for n, p, s in [(4, 0.8, 1), (8, 0.8, 2), (8, 0.6, 3), (5, 0.5, 42)]},
        blackjack=blackjack_episodes(1700, sab=True), blackjackPlain=blackjack_episodes(400), blackjackNatural=blackjack_episodes(400, natural=True),
        mask=["".join(map(str, make["taxi"].unwrapped.action_mask(s))) for s in range(500)],
    )
    taxi = best(make["taxi"].unwrapped.P, 1, steps=200)
    starts = make["taxi"].unwrapped.initial_state_distrib > 0
    lake4, lake8 = make["lake4"], make["lake8"]
    online, soft = cliff_soft(make["cliff"].unwrapped.P, 0.1)
    out["optima"] = {
        "lake4 100": start(lake4, best(lake4.unwrapped.P, 1, 100)), "lake4": start(lake4, best(lake4.unwrapped.P, 1)),
        "lake4 .99": start(lake4, best(lake4.unwrapped.P, 0.99)), "lake8 200": start(lake8, best(lake8.unwrapped.P, 1, 200)),
        "lake8 .99": start(lake8, best(lake8.unwrapped.P, 0.99)), "cliff": start(make["cliff"], best(make["cliff"].unwrapped.P, 1)),
        "cliffSlippery": start(make["cliffSlippery"], best(make["cliffSlippery"].unwrapped.P, 1)),
        "taxi mean": float(taxi[starts].mean()), "taxi min": float(taxi[starts].min()), "taxi max": float(taxi[starts].max()),
        "taxiRainy .99": start(make["taxiRainy"], best(make["taxiRainy"].unwrapped.P, 0.99, tol=1e-12)),
        "blackjack": blackjack_best(True, False), "blackjackPlain": blackjack_best(False, False), "blackjackNatural": blackjack_best(False, True),
        "cliff online": online, "cliff soft": soft,
    }
    print(out["optima"])
    print({k: v["steps"] for k, v in out.items() if k.startswith("blackjack")})
    write("rl/testdata/toytext.json", out, __file__)


main()
