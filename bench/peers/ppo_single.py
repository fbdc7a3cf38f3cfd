"""PPO as CleanRL's single file does it, for the row "cleanrl": CleanRL itself is a script that pins old versions of everything, so this follows its published algorithm
(docs.cleanrl.dev/rl-algorithms/ppo, the 13 core details) on the torch and Gymnasium of this interpreter: separate tanh nets, orthogonal weights, one Adam with eps 1e-5 and
an annealed rate, time limits taken for ends, minibatches normalised one by one, clipped values, gradients of norm 0.5 at most. Nothing is logged."""
from __future__ import annotations

import math

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical


def _net(sizes: list[int], last: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        end = i == len(sizes) - 2
        dense = nn.Linear(a, b)
        nn.init.orthogonal_(dense.weight, last if end else math.sqrt(2))
        nn.init.zeros_(dense.bias)
        layers += [dense] if end else [dense, nn.Tanh()]
    return nn.Sequential(*layers)


class PPO:
    def __init__(self, envs: int, rollout: int, epochs: int, batch: int, rate: float, discount: float = 0.99, lam: float = 0.95, entropy: float = 0.01, clip: float = 0.2, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.n, self.rollout, self.epochs, self.batch, self.rate = envs, rollout, epochs, batch, rate
        self.discount, self.lam, self.entropy, self.clip = discount, lam, entropy, clip
        self.order = np.random.default_rng(seed)
        self.env = gymnasium.vector.SyncVectorEnv([lambda: gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))] * envs,
                                                  autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP)
        width, actions = self.env.single_observation_space.shape[0], int(self.env.single_action_space.n)
        self.actor, self.critic = _net([width, 64, 64, actions], 0.01), _net([width, 64, 64, 1], 1.0)
        self.weights = [*self.critic.parameters(), *self.actor.parameters()]
        self.adam = torch.optim.Adam(self.weights, lr=rate, eps=1e-5)
        self.seen = torch.as_tensor(self.env.reset(seed=seed)[0])
        self.over = torch.zeros(envs)
        self.obs = torch.zeros(rollout, envs, width)
        self.acts = torch.zeros(rollout, envs, dtype=torch.long)
        self.logp, self.value, self.reward, self.ended = (torch.zeros(rollout, envs) for _ in range(4))

    def play(self) -> None:
        for t in range(self.rollout):
            self.obs[t], self.ended[t] = self.seen, self.over
            with torch.no_grad():
                p = Categorical(logits=self.actor(self.seen))
                a = p.sample()
                self.logp[t], self.value[t] = p.log_prob(a), self.critic(self.seen).flatten()
            self.acts[t] = a
            seen, reward, terminated, truncated, _ = self.env.step(a.numpy())
            self.reward[t] = torch.as_tensor(reward)
            self.seen, self.over = torch.as_tensor(seen), torch.as_tensor(np.logical_or(terminated, truncated), dtype=torch.float32)

    @torch.no_grad()
    def estimate(self) -> torch.Tensor:
        adv = torch.zeros_like(self.reward)
        carry, after, on = torch.zeros(self.n), self.critic(self.seen).flatten(), 1 - self.over
        for t in range(self.rollout - 1, -1, -1):
            delta = self.reward[t] + self.discount * on * after - self.value[t]
            adv[t] = carry = delta + self.discount * self.lam * on * carry
            after, on = self.value[t], 1 - self.ended[t]
        return adv

    def improve(self, i: torch.Tensor, obs: torch.Tensor, acts: torch.Tensor, logp: torch.Tensor, value: torch.Tensor, adv: torch.Tensor) -> None:
        p = Categorical(logits=self.actor(obs[i]))
        ratio = (p.log_prob(acts[i]) - logp[i]).exp()
        with torch.no_grad():
            ((ratio - 1) - ratio.log()).mean()
            ((ratio - 1).abs() > self.clip).float().mean().item()
        a = (adv[i] - adv[i].mean()) / (adv[i].std() + 1e-8)
        policy = torch.max(-a * ratio, -a * ratio.clamp(1 - self.clip, 1 + self.clip)).mean()
        v, old, target = self.critic(obs[i]).flatten(), value[i], adv[i] + value[i]
        near = old + (v - old).clamp(-self.clip, self.clip)
        loss = policy - self.entropy * p.entropy().mean() + 0.25 * torch.max((v - target) ** 2, (near - target) ** 2).mean()
        self.adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, 0.5)
        self.adam.step()

    def learn(self, steps: int) -> None:
        rounds = steps // (self.n * self.rollout)
        for k in range(rounds):
            self.adam.param_groups[0]["lr"] = self.rate * (1 - k / rounds)
            self.play()
            adv = self.estimate().flatten()
            flat = self.obs.flatten(0, 1), self.acts.flatten(), self.logp.flatten(), self.value.flatten(), adv
            order = np.arange(len(adv))
            for _ in range(self.epochs):
                self.order.shuffle(order)
                for at in range(0, len(order), self.batch):
                    self.improve(torch.as_tensor(order[at:at + self.batch]), *flat)
