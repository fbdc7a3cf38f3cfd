"""The nets of this example in scikit-learn and PyTorch, on the split that `go run ./examples/digits -split FILE` wrote: accuracies for five seeds.
What is not installed is left out."""
import sys

import numpy as np

d = np.load(sys.argv[1])
x, y, xt, yt = d["x"], d["y"].astype(int), d["xtest"], d["ytest"].astype(int)
mean, std = x.mean(0), x.std(0)
std[std == 0] = 1
x, xt = (x - mean) / std, (xt - mean) / std


def say(name, accuracies):
    print(name, " ".join(f"{a:.4f}" for a in accuracies), f"mean {np.mean(accuracies):.4f}")


try:
    import sklearn
    from sklearn.neural_network import MLPClassifier
except ImportError:
    pass
else:
    say(f"scikit-learn {sklearn.__version__}", [
        (MLPClassifier((64,), alpha=0, batch_size=64, max_iter=40, random_state=seed).fit(x, y).predict(xt) == yt).mean() for seed in range(5)])

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit()
torch.set_num_threads(1)
accuracies = []
for seed in range(5):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 100), nn.ReLU(), nn.Linear(100, 10))
    images, classes = torch.tensor(x, dtype=torch.float32).view(-1, 1, 8, 8), torch.tensor(y)
    adam = torch.optim.Adam(net.parameters())
    for epoch in range(20):
        for rows in torch.randperm(len(y)).split(64):
            adam.zero_grad()
            nn.functional.cross_entropy(net(images[rows]), classes[rows]).backward()
            adam.step()
    with torch.no_grad():
        pred = net(torch.tensor(xt, dtype=torch.float32).view(-1, 1, 8, 8)).argmax(1).numpy()
    accuracies.append((pred == yt).mean())
say(f"PyTorch {torch.__version__}", accuracies)
