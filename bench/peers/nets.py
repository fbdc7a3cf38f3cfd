"""torch: "fit" is one epoch of training, "predict" is inference over the same rows."""
from __future__ import annotations

from typing import Any

import numpy as np

from registry import T, Step, Work, case, in_turn


def _train(net: Any, X: Any, y: Any, batch: int, what: str) -> Work:
    import torch
    torch.set_num_threads(T)
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    loss = torch.nn.CrossEntropyLoss()
    g = torch.Generator().manual_seed(0)
    s: dict[str, Any] = {"epochs": 0}

    def epoch() -> None:
        net.train()
        order = torch.randperm(len(X), generator=g)
        for i in range(0, len(X) - batch + 1, batch):
            j = order[i:i + batch]
            opt.zero_grad(set_to_none=True)
            loss(net(X[j]), y[j]).backward()
            opt.step()
        s["epochs"] += 1

    def infer() -> None:
        net.eval()
        with torch.no_grad():
            s["p"] = torch.cat([net(X[i:i + 250]) for i in range(0, len(X), 250)]).argmax(1)

    def one(r: Any) -> Any:
        with torch.no_grad():
            return net(r)

    def single() -> Any:
        net.eval()
        return in_turn(one, X)

    def score() -> dict[str, float]:
        infer()
        return dict(train_acc=(s["p"] == y).float().mean(), epochs=s["epochs"])
    steps: dict[str, Step] = {"fit": lambda: epoch, "predict": lambda: infer, "row": single}
    return Work(len(X), int(np.prod(X.shape[1:])), steps, score, lambda: dict(net=what, batch=batch, opt="Adam 1e-3", fit="one epoch"))


@case("torch-MLP-epoch", "torch", "mnist60k")
def _(X: Any, y: Any) -> Work:
    import torch
    from torch import nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return _train(net, torch.from_numpy(X), torch.from_numpy(y), 128, "784-256-128-10 relu")


@case("torch-CNN-5k", "torch", "mnist60k")
def _(X: Any, y: Any) -> Work:
    import torch
    from torch import nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 144, 128), nn.ReLU(),
                        nn.Linear(128, 10))
    return _train(net, torch.from_numpy(X[:5000]).reshape(-1, 1, 28, 28), torch.from_numpy(y[:5000]), 64,
                  "conv3x3 1-32, conv3x3 32-64, maxpool2, fc 9216-128-10")


@case("torch-LSTM", "torch", "mnist60k")
def _(X: Any, y: Any) -> Work:
    import torch
    from torch import nn
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.fc = nn.LSTM(28, 128, batch_first=True), nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.fc(self.rnn(x)[0][:, -1])
    return _train(Net(), torch.from_numpy(X[:10_000]).reshape(-1, 28, 28), torch.from_numpy(y[:10_000]), 64, "LSTM 28->128 over 28 steps, fc 10")


@case("torch-transformer-block", "torch")
def _() -> Work:
    import torch
    from torch import nn
    torch.set_num_threads(T)
    torch.manual_seed(0)
    net = nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True).eval()
    X = torch.from_numpy(np.random.Generator(np.random.PCG64(60)).standard_normal((8, 128, 256)).astype(np.float32))
    s: dict[str, Any] = {}

    def one(r: Any) -> Any:
        with torch.no_grad():
            return net(r)

    def passes() -> None:
        with torch.no_grad():
            for _ in range(20):
                s["out"] = net(X)
    steps: dict[str, Step] = {"predict": lambda: passes, "row": lambda: in_turn(one, X)}
    return Work(8, 256, steps, lambda: dict(out_std=s["out"].std()), lambda: dict(T=128, heads=8, ff=1024, batch=8, predict="20 forward passes"))
