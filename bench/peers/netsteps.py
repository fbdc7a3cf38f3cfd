"""torch: steps of training on one batch, eagerly, with the loss read after each."""
from __future__ import annotations

from typing import Any

import numpy as np

from registry import T, Step, Work, case


def _steps(net: Any, x: Any, y: Any, count: int, what: str, adamw: bool = False) -> Work:
    import torch
    torch.set_num_threads(T)
    opt = (torch.optim.AdamW if adamw else torch.optim.Adam)(net.parameters())
    loss = torch.nn.CrossEntropyLoss()
    net.train()

    def run() -> None:
        for _ in range(count):
            opt.zero_grad(set_to_none=True)
            v = loss(net(x), y)
            v.backward()
            opt.step()
            v.item()
    steps: dict[str, Step] = {"steps": lambda: run}
    return Work(count, len(x), steps, lambda: dict(parameters=sum(p.numel() for p in net.parameters())), lambda: dict(net=what, batch=len(x)))


def _normal(*shape: int) -> Any:
    import torch
    torch.manual_seed(0)
    return torch.from_numpy(np.random.Generator(np.random.PCG64(1)).standard_normal(shape).astype(np.float32))


def _classes(n: int, k: int) -> Any:
    import torch
    return torch.arange(n) * 7 % k


@case("nn-mlp-small", "torch")
def mlp_small() -> Work:
    from torch import nn
    x = _normal(64, 4)
    net = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    return _steps(net, x, _classes(64, 2), 200, "4-64-64-2 tanh")


@case("nn-mlp-784", "torch")
def mlp_784() -> Work:
    from torch import nn
    x = _normal(64, 784)
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return _steps(net, x, _classes(64, 10), 50, "784-256-128-10 relu")


@case("nn-lenet", "torch")
def lenet() -> Work:
    from torch import nn
    x = _normal(64, 1, 28, 28)
    net = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    return _steps(net, x, _classes(64, 10), 10, "LeNet-5")


@case("nn-cnn", "torch")
def cnn() -> Work:
    from torch import nn
    x = _normal(64, 1, 28, 28)
    net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    return _steps(net, x, _classes(64, 10), 2, "conv 32, conv 64, fc 128")


def _lstm(i: int, h: int, what: str, count: int) -> Work:
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.fc = nn.LSTM(i, h, batch_first=True), nn.Linear(h, 2)

        def forward(self, x: Any) -> Any:
            return self.fc(self.rnn(x)[0][:, -1])
    x = _normal(32, 50, i)
    return _steps(Net(), x, _classes(32, 2), count, what)


@case("nn-lstm-32", "torch")
def lstm_32() -> Work:
    return _lstm(1, 32, "LSTM 1-32, 50 steps", 30)


@case("nn-lstm-128", "torch")
def lstm_128() -> Work:
    return _lstm(32, 128, "LSTM 32-128, 50 steps", 5)


def _gpt(d: int, layers: int, rows: int, count: int) -> Work:
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.e, self.p = nn.Embedding(65, d), nn.Parameter(torch.zeros(64, d))
            self.b = nn.ModuleList([nn.TransformerEncoderLayer(d, 4, 4 * d, 0.0, activation="gelu", batch_first=True, norm_first=True) for _ in range(layers)])
            self.h = nn.Linear(d, 65)
            self.m = nn.Transformer.generate_square_subsequent_mask(64)

        def forward(self, x: Any) -> Any:
            z = self.e(x) + self.p
            for b in self.b:
                z = b(z, self.m, is_causal=True)
            return self.h(z).flatten(0, 1)
    torch.manual_seed(0)
    x = torch.arange(rows * 64).reshape(rows, 64) * 7 % 65
    return _steps(Net(), x, _classes(rows * 64, 65), count, f"GPT d{d} L{layers}", adamw=True)


@case("nn-gpt-112k", "torch")
def gpt_112k() -> Work:
    return _gpt(64, 2, 16, 4)


@case("nn-gpt-817k", "torch")
def gpt_817k() -> Work:
    return _gpt(128, 4, 12, 2)
