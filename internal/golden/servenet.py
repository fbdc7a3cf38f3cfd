"""The net of examples/servenet, trained in PyTorch, and what PyTorch answers with it: digits.safetensors and testdata/answers.json. Run with a Python that has torch."""

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import nn

from common import ROOT, write

torch.manual_seed(3)
torch.set_num_threads(1)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.norm1(self.conv1(x))), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc(x.permute(0, 2, 3, 1).flatten(1))  # channels last, as Gopherwood flattens


data = load_digits()
x = torch.tensor(data.images[:, None] / 16, dtype=torch.float32)
y = torch.tensor(data.target)
net = Reader()
optimizer = torch.optim.Adam(net.parameters(), 3e-3)
for epoch in range(15):
    for batch in torch.randperm(1400).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
        optimizer.step()
net.eval()
out = ROOT / "examples/servenet/digits.safetensors"
save_file(net.state_dict(), out)
print(out, out.stat().st_size)
with torch.no_grad():
    logits = net(x[1400:])
    print("accuracy", (logits.argmax(1) == y[1400:]).float().mean().item())
    images = data.images[1400:1420].reshape(20, 64)
    write("examples/servenet/testdata/answers.json", dict(images=images, probabilities=torch.softmax(logits[:20].double(), 1).numpy()), __file__)
