"""What safetensors holds of PyTorch's layers, and what they answer: nn/testdata/torch_safetensors.json, with the files themselves in base64 (they are binary)."""

import base64
import math

import safetensors.torch
import torch
from common import write
from torch import nn

torch.manual_seed(12)
cases = []


def keep(name, net, x, f=None, dtype=torch.float32):
    """One net in a file and, in float64, its answers to x."""
    net.eval()
    for p in net.state_dict().values():
        if p.dtype.is_floating_point:
            p.copy_(torch.empty_like(p).uniform_(0.5, 1.5) if p.ndim == 1 else torch.empty_like(p).uniform_(-0.8, 0.8))
    text = safetensors.torch.save({k: (v.to(dtype) if v.dtype.is_floating_point else v).contiguous() for k, v in net.state_dict().items()})
    net.load_state_dict(safetensors.torch.load(text), strict=True)
    net.double()
    with torch.no_grad():
        y = (f or net)(x.double())
    y = y[0] if isinstance(y, tuple) else y
    cases.append({"name": name, "file": base64.b64encode(text).decode(), "x": x.flatten().tolist(), "shape": list(x.shape), "y": y.flatten().tolist()})


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def draw(*shape):
    return (torch.rand(*shape) * 3 - 1.5).round(decimals=2)


class Net(nn.Module):
    """Attributes that are no numbers, and images taken apart channels-last."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.fc = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Linear(3 * 2 * 2, 4)

    def forward(self, x):
        y = torch.max_pool2d(torch.relu(self.bn1(self.conv1(first(x)))), 2)
        return self.fc(last(y).flatten(1))


keep("mlp", nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), draw(2, 3))
for name, dtype in {"f16": torch.float16, "bf16": torch.bfloat16, "f64": torch.float64}.items():
    keep(name, nn.Sequential(nn.Linear(3, 2)), draw(2, 3), dtype=dtype)
keep("renamed", Net(), draw(2, 4, 4, 2))


def images(name, layer, x):
    net = nn.Sequential(layer)
    keep(name, net, x, lambda x: last(net(first(x))))


images("conv1", nn.Conv1d(4, 6, 3, groups=2), draw(2, 5, 4))
images("conv2", nn.Conv2d(2, 3, 3, stride=2, bias=False), draw(1, 5, 5, 2))
images("conv3", nn.Conv3d(1, 2, 2), draw(1, 3, 3, 2, 1))
images("transposed", nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1), draw(1, 3, 2, 2))
images("group norm", nn.GroupNorm(2, 4), draw(2, 2, 2, 4))
images("instance norm", nn.InstanceNorm2d(3, affine=True), draw(2, 2, 3, 3))
images("batch norm", nn.BatchNorm2d(3), draw(2, 2, 2, 3))
keep("layer norm", nn.Sequential(nn.LayerNorm(4)), draw(2, 4))
keep("rms norm", nn.Sequential(nn.RMSNorm(4, eps=1e-6)), draw(2, 4))
keep("weight norm", nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))), draw(2, 3))
spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
keep("spectral norm", nn.Sequential(spectral), draw(2, 3))
embedding = nn.Sequential(nn.Embedding(5, 3))
keep("embedding", embedding, torch.tensor([[0.0, 4, 2], [1, 1, 3]]), lambda x: embedding(x.long()))
for kind in [nn.RNN, nn.GRU, nn.LSTM]:
    for both in [False, True]:
        net = nn.Sequential(kind(3, 2, num_layers=2, bidirectional=both, batch_first=True))
        keep(kind.__name__.lower() + (" both" if both else ""), net, draw(2, 3, 3))
attention = nn.Sequential(nn.MultiheadAttention(4, 2, batch_first=True))
keep("attention", attention, draw(2, 3, 4), lambda x: attention[0](x, x, x, need_weights=False)[0])
encoder = nn.Sequential(nn.TransformerEncoderLayer(4, 2, 5, dropout=0, activation="gelu", batch_first=True, norm_first=True))
keep("encoder", encoder, draw(2, 3, 4))
decoder = nn.Sequential(nn.TransformerDecoderLayer(4, 2, 5, dropout=0, activation="gelu", batch_first=True, norm_first=True))
mask = torch.triu(torch.full((3, 3), -math.inf), 1).double()
keep("decoder", decoder, draw(2, 5, 4), lambda x: decoder[0](x[:, 2:], x[:, :2], tgt_mask=mask))

write("nn/testdata/torch_safetensors.json", {"cases": cases}, __file__)
