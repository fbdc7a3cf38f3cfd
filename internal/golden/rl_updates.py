"""Updates of deep reinforcement learners, by PyTorch in float64 from given weights and batches: losses, and weights after two steps of Adam. Weights are written as
package rl keeps them: layer after layer, [in, out] and then the bias. Numbers that go in are multiples of 1/64, which float32 holds exactly."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from common import write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(17)


def draw(*shape, low=-1.0, high=1.0):
    return torch.tensor(rng.integers(int(low * 64), int(high * 64), size=shape, endpoint=True) / 64)


def flat(v):
    return [float(f"{x:.12e}") for x in v.detach().reshape(-1).tolist()]


class Net:
    def __init__(self, sizes, act):
        self.act, self.weights = act, []
        for a, b in zip(sizes, sizes[1:]):
            self.weights += [draw(a, b).requires_grad_(), draw(b, low=-0.5, high=0.5).requires_grad_()]

    def __call__(self, x):
        for i in range(0, len(self.weights), 2):
            self.hidden = x
            x = x @ self.weights[i] + self.weights[i + 1]
            if i < len(self.weights) - 2:
                x = self.act(x)
        return x

    def flat(self):
        return flat(torch.cat([w.reshape(-1) for w in self.weights]))

    def copy(self):
        other = Net.__new__(Net)
        other.act, other.weights = self.act, [w.detach().clone() for w in self.weights]
        return other

    def follow(self, other, tau):
        for a, b in zip(self.weights, other.weights):
            a.mul_(1 - tau).add_(b.detach(), alpha=tau)


def on_policy(kind, learner):
    """PPO (clipped values, entropy, normalised advantages) or A2C on codes, or on numbers: normal, with state-dependent noise, and beta."""
    n, rate = 12, 1e-3
    outputs = {"codes": 3, "beta": 4}.get(kind, 2)
    actor, critic = Net([4, 6, 5, outputs], torch.tanh), Net([4, 6, 5, 1], torch.tanh)
    extra = {"numbers": 2, "sde": 10}.get(kind, 0)
    log_std = draw(extra, low=-1, high=0).requires_grad_()
    before = {"actor": actor.flat(), "critic": critic.flat(), "extra": flat(log_std)}
    obs, adv, returns = draw(n, 4), draw(n), draw(n, low=-2, high=2)
    old, values = draw(n, low=-1.5, high=-0.5), draw(n, low=-2, high=2)
    acts = torch.tensor(rng.integers(0, 3, n)) if kind == "codes" else draw(n, 2, low=0.125, high=0.875) if kind == "beta" else draw(n, 2)
    weights = [*actor.weights, *critic.weights] + ([log_std] if extra else [])
    adam = torch.optim.Adam(weights, lr=rate, eps=1e-5)
    losses = []
    for _ in range(2):
        out = actor(obs)
        if kind == "codes":
            p = torch.distributions.Categorical(logits=out)
            logp, entropy = p.log_prob(acts), p.entropy()
        elif kind == "beta":
            mode, narrow = (1 + torch.tanh(out[:, :2])) / 2, F.softplus(out[:, 2:])
            p = torch.distributions.Beta(1 + mode * narrow, 1 + (1 - mode) * narrow)
            logp, entropy = p.log_prob(acts).sum(1), p.entropy().sum(1)
        else:
            if kind == "numbers":
                scale = log_std.exp().expand(n, 2)
            else:
                scale = (actor.hidden.detach() ** 2 @ log_std.exp().reshape(5, 2) ** 2 + 1e-6).sqrt()
            p = torch.distributions.Normal(out, scale)
            logp, entropy = p.log_prob(acts).sum(1), p.entropy().sum(1)
        v = critic(obs).flatten()
        if learner == "ppo":
            a = (adv - adv.mean()) / (adv.std() + 1e-8)
            ratio = (logp - old).exp()
            policy = -torch.min(a * ratio, a * ratio.clamp(0.8, 1.2)).mean()
            near = values + (v - values).clamp(-0.3, 0.3)
            value = torch.max((v - returns) ** 2, (near - returns) ** 2).mean()
        else:
            policy, value = -(adv * logp).mean(), ((v - returns) ** 2).mean()
        loss = policy + 0.5 * value - 0.01 * entropy.mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 0.5)
        adam.step()
        losses.append([policy.item(), value.item(), entropy.mean().item()])
    after = {"actor": actor.flat(), "critic": critic.flat(), "extra": flat(log_std)}
    return {"kind": kind, "learner": learner, "before": before, "after": after, "losses": losses, "obs": flat(obs), "codes": acts.tolist() if kind == "codes" else [],
            "numbers": flat(acts) if kind != "codes" else [], "advantages": flat(adv), "returns": flat(returns), "logp": flat(old), "values": flat(values)}


def batch(n, width):
    return {"obs": draw(n, width), "next": draw(n, width), "reward": draw(n), "keep": torch.tensor(rng.choice([0.0, 0.984375], n))}


def dqn(double, dueling):
    n = 10
    q = Net([4, 6, 5, 4 if dueling else 3], torch.relu)
    target = Net([4, 6, 5, 4 if dueling else 3], torch.relu)
    weight = torch.tensor(rng.integers(16, 64, n) / 64)
    b, acts = batch(n, 4), torch.tensor(rng.integers(0, 3, n))
    before, lag = q.flat(), target.flat()

    def values(net, x):
        y = net(x)
        return y[:, :1] + y[:, 1:] - y[:, 1:].mean(1, keepdim=True) if dueling else y
    adam = torch.optim.Adam(q.weights, lr=1e-3)
    losses = []
    for _ in range(2):
        with torch.no_grad():
            ahead = values(target, b["next"])
            best = (values(q, b["next"]) if double else ahead).argmax(1, keepdim=True)
            y = b["reward"] + b["keep"] * ahead.gather(1, best).flatten()
        loss = (weight * F.smooth_l1_loss(values(q, b["obs"]).gather(1, acts[:, None]).flatten(), y, reduction="none")).mean()
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(q.weights, 0.4)
        adam.step()
        losses.append(loss.item())
    return {"double": double, "dueling": dueling, "before": before, "target": lag, "after": q.flat(), "losses": losses, "codes": acts.tolist(), "weight": flat(weight),
            **{k: flat(v) for k, v in b.items()}}


def twins(name):
    """SAC (learnt temperature, with and without state-dependent noise) and TD3."""
    n, rate, tau = 10, 1e-3, 0.125
    sde = name == "sac-sde"
    actor = Net([3, 6, 5, 4 if name == "sac" else 2], torch.relu)
    c1, c2, t1, t2 = (Net([5, 6, 5, 1], torch.relu) for _ in range(4))
    lag = Net([3, 6, 5, 2], torch.relu) if name == "td3" else None
    log_std = draw(10, low=-1, high=0).requires_grad_() if sde else torch.zeros(0)
    log_alpha = torch.tensor(math.log(0.25), requires_grad=True)
    b, acts = batch(n, 3), draw(n, 2)
    before = {"actor": actor.flat(), "extra": flat(log_std), "c1": c1.flat(), "c2": c2.flat(), "t1": t1.flat(), "t2": t2.flat(), "lag": lag.flat() if lag else []}
    critics = torch.optim.Adam([*c1.weights, *c2.weights], lr=rate)
    policy = torch.optim.Adam(actor.weights + ([log_std] if sde else []), lr=rate)
    temperature = torch.optim.Adam([log_alpha], lr=rate)
    noise, losses = [], []

    def normal(*shape):
        e = draw(*shape, low=-2, high=2)
        noise.extend(flat(e))
        return e

    def sample(obs, e=None):
        out = actor(obs)
        if sde:
            std = log_std.exp().reshape(5, 2)
            mean, scale = out, (actor.hidden ** 2 @ std ** 2 + 1e-6).sqrt()
            u = mean + actor.hidden @ (std * e)
        else:
            mean, scale = out[:, :2], out[:, 2:].clamp(-20, 2).exp()
            u = mean + scale * normal(n, 2)
        a = torch.tanh(u)
        return a, (torch.distributions.Normal(mean, scale).log_prob(u) - torch.log(1 - a ** 2 + 1e-6)).sum(1)

    def q(net, obs, a):
        return net(torch.cat([obs, a], 1)).flatten()
    for _ in range(2):
        alpha = log_alpha.exp().item()
        e = normal(5, 2) if sde else None
        with torch.no_grad():
            if name == "td3":
                a = (torch.tanh(lag(b["next"])) + (0.25 * normal(n, 2)).clamp(-0.5, 0.5)).clamp(-1, 1)
                bonus = 0
            else:
                a, logp = sample(b["next"], e)
                bonus = alpha * logp
            y = b["reward"] + b["keep"] * (torch.min(q(t1, b["next"], a), q(t2, b["next"], a)) - bonus)
        errors = F.mse_loss(q(c1, b["obs"], acts), y) + F.mse_loss(q(c2, b["obs"], acts), y)
        critics.zero_grad()
        errors.backward()
        critics.step()
        if name == "td3":
            loss = -q(c1, b["obs"], torch.tanh(actor(b["obs"]))).mean()
        else:
            a, logp = sample(b["obs"], e)
            loss = (alpha * logp - torch.min(q(c1, b["obs"], a), q(c2, b["obs"], a))).mean()
        policy.zero_grad()
        loss.backward()
        policy.step()
        if name != "td3":
            temperature.zero_grad()
            (-(log_alpha * (logp.detach() - 2).mean())).backward()
            temperature.step()
        with torch.no_grad():
            t1.follow(c1, tau)
            t2.follow(c2, tau)
            if lag:
                lag.follow(actor, tau)
        losses.append([errors.item() / 2, loss.item()])
    after = {"actor": actor.flat(), "extra": flat(log_std), "c1": c1.flat(), "c2": c2.flat(), "t1": t1.flat(), "t2": t2.flat(), "lag": lag.flat() if lag else []}
    return {"name": name, "before": before, "after": after, "losses": losses, "alpha": log_alpha.item(), "noise": noise, "acts": flat(acts), **{k: flat(v) for k, v in b.items()}}


write("rl/testdata/updates.json", {
    "on_policy": [on_policy(kind, learner) for learner in ("ppo", "a2c") for kind in ("codes", "numbers", "sde", "beta")],
    "dqn": [dqn(double, dueling) for double in (False, True) for dueling in (False, True)],
    "twins": [twins(name) for name in ("sac", "sac-sde", "td3")],
}, __file__)
