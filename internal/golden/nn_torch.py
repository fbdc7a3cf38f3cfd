"""What PyTorch makes of layers, losses and optimisers, in float64, in the layouts of nn: dense weights [in, out], images [N, H, W, C],
convolutions [KH, KW, C/groups, out], recurrent gates [gate, in, units]. Inputs are multiples of 1/64, which float32 holds exactly. Where
PyTorch has no such thing (Lion, LAMB, some losses, rotary positions), the paper's formula stands here instead."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from common import write
from torch import nn

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(20261128)


def draw(*shape, low=-1.5, high=1.5):
    """Numbers that float32 and a short text hold exactly."""
    return torch.tensor(rng.integers(int(low * 64), int(high * 64), size=shape, endpoint=True) / 64)


def flat(v):
    """Thirteen digits, in one list."""
    v = v.detach().reshape(-1).tolist() if isinstance(v, torch.Tensor) else np.asarray(v, dtype=float).reshape(-1).tolist()
    return [float(f"{x:.12e}") if math.isfinite(x) else x for x in v]


cases = []


def keep(name, x, params, f, train=True, state=None):
    """A case: y = f(x, params), and the gradients of sum(y dy), all of them in our layouts. params are leaves by our names."""
    x = x.clone().requires_grad_(x.is_floating_point())
    leaves = {k: v.clone().requires_grad_(True) for k, v in params.items()}
    y = f(x, leaves)
    dy = draw(*y.shape)
    (y * dy).sum().backward()
    cases.append({"name": name, "train": train, "shape": list(x.shape), "x": flat(x), "params": {k: flat(v) for k, v in params.items()}, "out": list(y.shape), "y": flat(y), "dy": flat(dy),
                  "dx": flat(x.grad) if x.is_floating_point() else [], "dparams": {k: flat(v.grad if v.grad is not None else torch.zeros_like(v)) for k, v in leaves.items()}, "state": {k: flat(v) for k, v in (state or {}).items()}})


# ---- layers on channels

def channels_first(x):
    return x.movedim(-1, 1)


def channels_last(x):
    return x.movedim(1, -1)


def same_pads(sizes, kernel, stride, dilation):
    pads = []
    for n in sizes:
        total = max((-(-n // stride) - 1) * stride + (kernel - 1) * dilation + 1 - n, 0)
        pads.append((total // 2, total - total // 2))
    return pads


def around(x, pads, value=0.0):
    """Pads the places of an image whose channels come first."""
    return F.pad(x, [p for pair in reversed(pads) for p in pair], value=value)


CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def conv(name, sizes, c, out, kernel, stride=1, dilation=1, groups=1, zeros=0, same=False, bias=True, act=None, n=2):
    dims = len(sizes)

    def f(x, p):
        pads = same_pads(sizes, kernel, stride, dilation) if same else [(zeros, zeros)] * dims
        w = p["W"].permute(dims + 1, dims, *range(dims))
        y = channels_last(CONV[dims](around(channels_first(x), pads), w, p.get("b"), stride=stride, dilation=dilation, groups=groups))
        return act(y) if act else y

    params = {"W": draw(*[kernel] * dims, c // groups, out, low=-1, high=1)}
    if bias:
        params["b"] = draw(out)
    keep(name, draw(n, *sizes, c), params, f)


conv("conv1", [7], 3, 2, 3)
conv("conv1 same stride dilation", [8], 2, 4, 3, stride=2, dilation=2, groups=2, same=True)
conv("conv2", [5, 4], 2, 3, 3)
conv("conv2 zeros stride", [5, 6], 2, 3, 3, stride=2, zeros=1)
conv("conv2 same even kernel", [4, 5], 2, 2, 2, same=True, bias=False)
conv("conv2 same stride", [5, 4], 2, 2, 3, stride=2, same=True, act=F.silu)
conv("conv2 dilated", [6, 5], 2, 2, 2, dilation=2)
conv("conv2 groups", [4, 4], 4, 6, 3, groups=2, zeros=1, act=F.relu)
conv("conv2 depthwise", [4, 5], 3, 3, 3, groups=3, same=True)
conv("conv2 depthwise twice", [4, 4], 2, 4, 3, groups=2, zeros=1, stride=2)
conv("conv2 1x1", [3, 3], 4, 3, 1)
conv("conv2 larger than the image", [2, 2], 1, 2, 5, zeros=2)
conv("conv3", [3, 4, 3], 2, 2, 2, act=torch.tanh)
conv("conv3 same stride", [3, 4, 3], 1, 2, 3, stride=2, same=True, n=1)


def transposed(name, sizes, c, out, kernel, stride, zeros, act=None):
    def f(x, p):
        y = channels_last(F.conv_transpose2d(channels_first(x), p["W"].permute(3, 2, 0, 1).contiguous(), p["b"], stride=stride, padding=zeros))
        return act(y) if act else y

    keep(name, draw(2, *sizes, c), {"W": draw(kernel, kernel, out, c, low=-1, high=1), "b": draw(out)}, f)


transposed("transposed", [3, 2], 2, 3, 3, 1, 0)
transposed("transposed stride", [3, 4], 2, 2, 3, 2, 1, torch.tanh)
transposed("transposed apart", [2, 2], 1, 2, 2, 3, 0)  # a stride beyond the kernel leaves holes


def distinct(*shape):
    """No two alike, so that a maximum has one place."""
    return torch.tensor((rng.permutation(math.prod(shape)) - math.prod(shape) // 2) / 16).reshape(shape)


MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
MEAN = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool(name, sizes, size, stride, zeros=0, same=False):
    def f(x, p):
        pads = same_pads(sizes, size, stride, 1) if same else [(zeros, zeros)] * len(sizes)
        return channels_last(MAX[len(sizes)](around(channels_first(x), pads, -math.inf), size, stride))

    keep(name, distinct(2, *sizes, 2), {}, f)


def mean_pool(name, sizes, size, stride, zeros=0, same=False, inside=False):
    def f(x, p):
        pads = same_pads(sizes, size, stride, 1) if same else [(zeros, zeros)] * len(sizes)
        x = channels_first(x)
        y = MEAN[len(sizes)](around(x, pads), size, stride)
        if inside:
            y = y / MEAN[len(sizes)](around(torch.ones_like(x), pads), size, stride)
        return channels_last(y)

    keep(name, draw(2, *sizes, 2), {}, f)


max_pool("max pool", [4, 5], 2, 2)
max_pool("max pool overlapping", [5, 5], 3, 2, zeros=1)
max_pool("max pool same", [5, 4], 3, 2, same=True)
max_pool("max pool 1", [7], 3, 1)
max_pool("max pool 3", [3, 4, 2], 2, 1)
mean_pool("mean pool", [4, 5], 2, 2)
mean_pool("mean pool zeros", [5, 5], 3, 2, zeros=1)
mean_pool("mean pool inside", [5, 5], 3, 2, zeros=1, inside=True)
mean_pool("mean pool same inside", [5, 4], 3, 2, same=True, inside=True)
mean_pool("mean pool 1", [7], 3, 2)
mean_pool("mean pool 3", [3, 4, 2], 2, 1)
keep("global mean", draw(2, 3, 4, 2), {}, lambda x, p: x.mean((1, 2)))
keep("global max", distinct(2, 3, 4, 2), {}, lambda x, p: x.amax((1, 2)))
keep("adaptive 2 3", draw(2, 5, 7, 2), {}, lambda x, p: channels_last(F.adaptive_avg_pool2d(channels_first(x), (2, 3))))
keep("adaptive larger", draw(1, 3, 2, 2), {}, lambda x, p: channels_last(F.adaptive_avg_pool2d(channels_first(x), (4, 3))))

# ---- normalisation

keep("layer norm", draw(4, 6), {"scale": draw(6), "shift": draw(6)}, lambda x, p: F.layer_norm(x, (6,), p["scale"], p["shift"]))
keep("layer norm eps", draw(2, 3, 5), {}, lambda x, p: F.layer_norm(x, (5,), eps=0.1))
keep("rms norm", draw(4, 6), {"scale": draw(6)}, lambda x, p: F.rms_norm(x, (6,), p["scale"], eps=1e-6))
keep("group norm", draw(2, 3, 2, 4), {"scale": draw(4), "shift": draw(4)}, lambda x, p: channels_last(F.group_norm(channels_first(x), 2, p["scale"], p["shift"])))
keep("instance norm", draw(2, 3, 3, 3), {}, lambda x, p: channels_last(F.instance_norm(channels_first(x))))
keep("instance norm scaled", draw(2, 5, 3), {"scale": draw(3), "shift": draw(3)}, lambda x, p: channels_last(F.instance_norm(channels_first(x), weight=p["scale"], bias=p["shift"])))


def weight_norm(x, p):
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 4), dim=0)
    values = {"parametrizations.weight.original0": p["g"].reshape(4, 1), "parametrizations.weight.original1": p["V"].T, "bias": p["b"]}
    return torch.tanh(torch.func.functional_call(layer, values, (x,)))


keep("weight norm", draw(3, 3), {"V": draw(3, 4), "g": draw(4), "b": draw(4)}, weight_norm)

spectral_state = {}


def spectral_norm(x, p):  # a step of the power method from u = 1, as Miyato et al. have it: v by u, then u by v
    w = p["W"].detach()
    v = F.normalize(w @ torch.ones(4), dim=0)
    u = F.normalize(v @ w, dim=0)
    spectral_state.update(u=u, v=v)
    return x @ (p["W"] / (v @ p["W"] @ u)) + p["b"]


keep("spectral norm", draw(3, 3), {"W": draw(3, 4), "b": draw(4)}, spectral_norm, state=spectral_state)


def batch_norms(name, shape, momentum, eps, scaled=True):
    """Three batches of training, of which the third is compared, then a batch by the running statistics."""
    ch = shape[-1]
    layer = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[len(shape)](ch, eps=eps, momentum=momentum, affine=scaled)
    params = {"scale": draw(ch), "shift": draw(ch)} if scaled else {}

    def f(x, p):
        y = channels_first(x) if len(shape) > 2 else x
        buffers = dict(layer.named_buffers())
        y = torch.func.functional_call(layer, {**buffers, **({"weight": p["scale"], "bias": p["shift"]} if scaled else {})}, (y,))
        return channels_last(y) if len(shape) > 2 else y

    def state():
        return {"mean": layer.running_mean, "variance": layer.running_var}

    before = [draw(*shape) for _ in range(2)]
    for x in before:
        f(x, params)
    start = {k: flat(v) for k, v in state().items()}
    x = draw(*shape)
    keep(name, x, params, f)
    cases[-1]["state"] = {k: flat(v) for k, v in state().items()}
    cases[-1]["before"] = [flat(b) for b in before]
    cases[-1]["start"] = start
    layer.eval()
    keep(name + " running", draw(*shape), params, f, train=False, state=state())
    cases[-1]["start"] = cases[-1]["state"]


batch_norms("batch norm", (5, 3), 0.1, 1e-5)
batch_norms("batch norm image", (2, 3, 2, 3), 0.3, 1e-2)
batch_norms("batch norm plain", (2, 3, 2), 0.1, 1e-5, scaled=False)

# ---- embeddings

numbers = torch.tensor(rng.integers(0, 5, size=(3, 4)))
keep("embedding", numbers, {"W": draw(5, 3)}, lambda x, p: F.embedding(x, p["W"]))
keep("embedding bag", numbers, {"W": draw(5, 3)}, lambda x, p: F.embedding_bag(x, p["W"], mode="mean"))
keep("embedding bag sum", numbers, {"W": draw(5, 3)}, lambda x, p: F.embedding_bag(x, p["W"], mode="sum"))

# ---- recurrent layers


def recurrent(name, kind, d, units, layers=1, both=False, last=False, n=2, t=4):
    cls, gates = {"rnn": (nn.RNN, 1), "gru": (nn.GRU, 3), "lstm": (nn.LSTM, 4)}[kind]
    net = cls(d, units, num_layers=layers, bidirectional=both, batch_first=True)
    params = {}
    for k in range(layers):
        width = d if k == 0 else units * (2 if both else 1)
        for direction in range(2 if both else 1):
            at = f"{2 * k + direction}."
            params[at + "W"], params[at + "U"], params[at + "b"] = draw(gates, width, units), draw(gates, units, units), draw(gates, units)
            if kind == "gru":
                params[at + "v"] = draw(1, units)

    def f(x, p):
        values = {}
        for k in range(layers):
            for direction in range(2 if both else 1):
                at, end = f"{2 * k + direction}.", f"_l{k}" + ("_reverse" if direction else "")
                values["weight_ih" + end] = p[at + "W"].transpose(1, 2).reshape(gates * units, -1)
                values["weight_hh" + end] = p[at + "U"].transpose(1, 2).reshape(gates * units, units)
                values["bias_ih" + end] = p[at + "b"].reshape(-1)
                rest = torch.zeros(gates * units)  # its second bias adds nothing, but to the new gate of a GRU
                if kind == "gru":
                    rest = torch.cat([torch.zeros(2 * units), p[at + "v"].reshape(-1)])
                values["bias_hh" + end] = rest
        y, h = torch.func.functional_call(net, values, (x,))
        if kind == "lstm":
            h = h[0]
        if last:
            return torch.cat([h[-2], h[-1]], -1) if both else h[-1]
        return y

    keep(name, draw(n, t, d), params, f)


for kind in ["rnn", "gru", "lstm"]:
    recurrent(kind, kind, 3, 2)
    recurrent(kind + " last", kind, 2, 3, last=True)
    recurrent(kind + " deep", kind, 2, 2, layers=2, both=True, t=3)
    recurrent(kind + " deep last", kind, 2, 2, layers=2, both=True, last=True, t=3)

# ---- attention


def attention_params(d, extra=0, prefix=""):
    return {prefix + "W": draw(d, extra or 3 * d, low=-0.5, high=0.5), prefix + "b": draw(extra or 3 * d), prefix + "O": draw(d, d, low=-0.5, high=0.5), prefix + "bo": draw(d)}


def attend(x, p, heads, causal, prefix=""):
    d = x.shape[2]
    layer = nn.MultiheadAttention(d, heads, batch_first=True)
    values = {"in_proj_weight": p[prefix + "W"].T, "in_proj_bias": p[prefix + "b"], "out_proj.weight": p[prefix + "O"].T, "out_proj.bias": p[prefix + "bo"]}
    mask = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1) if causal else None
    return torch.func.functional_call(layer, values, (x, x, x), {"attn_mask": mask, "need_weights": False})[0]


def rotated(x):
    """Su et al.'s rotation of the pairs (j, j + dim/2), x is [N, heads, T, dim]."""
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[2])[:, None] * 10000.0 ** (-2 * torch.arange(half) / x.shape[-1])
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], -1)


def grouped(x, p, heads, kv, causal, rotary, bias=True):
    n, t, d = x.shape
    dim = d // heads
    all_ = x @ p["W"] + (p["b"] if bias else 0)
    q, k, v = (part.reshape(n, t, -1, dim).transpose(1, 2) for part in all_.split([d, kv * dim, kv * dim], -1))
    if rotary:
        q, k = rotated(q), rotated(k)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=kv != heads).transpose(1, 2).reshape(n, t, d)
    return y @ p["O"] + (p["bo"] if bias else 0)


keep("attention", draw(2, 4, 4), attention_params(4), lambda x, p: attend(x, p, 2, False))
keep("attention causal", draw(2, 4, 6), attention_params(6), lambda x, p: attend(x, p, 3, True))
keep("attention grouped", draw(2, 3, 8), attention_params(8, 16), lambda x, p: grouped(x, p, 4, 2, True, False))
keep("attention rotary", draw(2, 4, 8), {k: v for k, v in attention_params(8).items() if k in "WO"}, lambda x, p: grouped(x, p, 2, 2, True, True, bias=False))


def block_params(d, hidden):
    p = {"norm1.scale": draw(d), "norm1.shift": draw(d), **attention_params(d, prefix="attention."), "norm2.scale": draw(d), "norm2.shift": draw(d)}
    return {**p, "up.W": draw(d, hidden, low=-0.5, high=0.5), "up.b": draw(hidden), "down.W": draw(hidden, d, low=-0.5, high=0.5), "down.b": draw(d)}


def block(x, p, heads, act):
    layer = nn.TransformerEncoderLayer(x.shape[2], heads, p["up.b"].shape[0], dropout=0, activation=act, batch_first=True, norm_first=True)
    values = {
        "self_attn.in_proj_weight": p["attention.W"].T, "self_attn.in_proj_bias": p["attention.b"], "self_attn.out_proj.weight": p["attention.O"].T, "self_attn.out_proj.bias": p["attention.bo"],
        "norm1.weight": p["norm1.scale"], "norm1.bias": p["norm1.shift"], "norm2.weight": p["norm2.scale"], "norm2.bias": p["norm2.shift"],
        "linear1.weight": p["up.W"].T, "linear1.bias": p["up.b"], "linear2.weight": p["down.W"].T, "linear2.bias": p["down.b"],
    }
    mask = torch.triu(torch.full((x.shape[1], x.shape[1]), -math.inf), 1)
    return torch.func.functional_call(layer, values, (x,), {"src_mask": mask})


keep("transformer", draw(2, 3, 4), block_params(4, 5), lambda x, p: block(x, p, 2, F.gelu))
keep("transformer relu", draw(1, 3, 4), block_params(4, 16), lambda x, p: block(x, p, 1, F.relu))


def decode(x, p, heads, split):
    memory, y = x[:, :split], x[:, split:]
    d = x.shape[2]
    layer = nn.TransformerDecoderLayer(d, heads, p["up.b"].shape[0], dropout=0, activation=F.gelu, batch_first=True, norm_first=True)
    values = {
        "self_attn.in_proj_weight": p["attention.W"].T, "self_attn.in_proj_bias": p["attention.b"], "self_attn.out_proj.weight": p["attention.O"].T, "self_attn.out_proj.bias": p["attention.bo"],
        "multihead_attn.in_proj_weight": torch.cat([p["cross.Q"], p["cross.K"]], 1).T, "multihead_attn.in_proj_bias": torch.cat([p["cross.bq"], p["cross.bk"]]),
        "multihead_attn.out_proj.weight": p["cross.O"].T, "multihead_attn.out_proj.bias": p["cross.bo"],
        "norm1.weight": p["norm1.scale"], "norm1.bias": p["norm1.shift"], "norm2.weight": p["norm3.scale"], "norm2.bias": p["norm3.shift"], "norm3.weight": p["norm2.scale"], "norm3.bias": p["norm2.shift"],
        "linear1.weight": p["up.W"].T, "linear1.bias": p["up.b"], "linear2.weight": p["down.W"].T, "linear2.bias": p["down.b"],
    }
    mask = torch.triu(torch.full((y.shape[1], y.shape[1]), -math.inf), 1)
    return torch.func.functional_call(layer, values, (y, memory), {"tgt_mask": mask})


cross = {"cross.Q": draw(4, 4), "cross.bq": draw(4), "cross.K": draw(4, 8), "cross.bk": draw(8), "cross.O": draw(4, 4), "cross.bo": draw(4), "norm3.scale": draw(4), "norm3.shift": draw(4)}
keep("decoder", draw(2, 5, 4), {**block_params(4, 5), **cross}, lambda x, p: decode(x, p, 2, 2))


def sinusoids(x, p):
    t, d = x.shape[1:]
    w = torch.zeros(t, d)
    angle = torch.arange(t)[:, None] * torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
    w[:, 0::2], w[:, 1::2] = angle.sin(), angle.cos()
    return x + w


keep("sinusoids", draw(1, 4, 6), {}, sinusoids)
keep("positions", draw(2, 3, 2), {"W": draw(4, 2)}, lambda x, p: x + p["W"][:3])

# ---- activations, with the kinks

ACTIVATIONS = {
    "Linear": lambda x: x * 1, "ReLU": F.relu, "GELU": F.gelu, "GELUTanh": lambda x: F.gelu(x, approximate="tanh"), "SiLU": F.silu, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid,
    "Softplus": lambda x: F.softplus(x, threshold=1e9), "SELU": F.selu, "Mish": F.mish, "HardSwish": F.hardswish, "HardSigmoid": lambda x: F.relu6(x + 3) / 6,  # the 1/6 of F.hardsigmoid has 8 digits
    "ReLU6": F.relu6, "Softsign": F.softsign,
    "LogSigmoid": F.logsigmoid, "LeakyReLU": F.leaky_relu, "LeakyReLU .2": lambda x: F.leaky_relu(x, 0.2), "ELU": F.elu, "ELU .5": lambda x: F.elu(x, 0.5),
    "HardTanh": F.hardtanh, "HardTanh -2 3": lambda x: F.hardtanh(x, -2, 3),
}
grid = torch.tensor(sorted({*(np.arange(-18, 19) / 2).tolist(), -60, -30, -15, 15, 30, 60, -1 / 64, 1 / 64, 0.125, -0.125, 2.96875, 3.03125, -2.96875, -3.03125}))
activations = []
for name, f in ACTIVATIONS.items():
    x = grid.clone().requires_grad_(True)
    y = f(x)
    y.sum().backward()
    activations.append({"name": name, "y": flat(y), "dx": flat(x.grad)})

write("nn/testdata/torch_layers.json", {"cases": cases, "grid": flat(grid), "activations": activations}, __file__)

# ---- losses

losses = []


def loss(name, pred, y, f, weight=None):
    """f gives the mean over the batch, by the weights of rows if there are any."""
    p = pred.clone().requires_grad_(True)
    value = f(p)
    value.backward()
    losses.append({"name": name, "shape": list(pred.shape), "pred": flat(pred), "target": list(y.shape), "y": flat(y.double()), "weight": [] if weight is None else flat(weight), "value": float(f"{value.item():.12e}"), "gradient": flat(p.grad)})


p, y = draw(4, 3, low=-2, high=2), draw(4, 3, low=-2, high=2)
y[1, 1] = p[1, 1]  # an error of 0
one, w4 = draw(4, low=0, high=2) + 0.25, draw(4, low=0, high=2) + 0.25
loss("MSE", p, y, lambda p: F.mse_loss(p, y))
loss("MSE weights", p, y, lambda p: (((p - y) ** 2).mean(1) * w4).sum() / w4.sum(), w4)
loss("MSE column", p[:, :1], y[:, 0], lambda p: F.mse_loss(p[:, 0], y[:, 0]))
loss("MAE", p, y, lambda p: F.l1_loss(p, y))
loss("Huber", p, y, lambda p: F.huber_loss(p, y))
loss("Huber .5", p, y, lambda p: F.huber_loss(p, y, delta=0.5))
loss("LogCosh", p, y, lambda p: torch.log(torch.cosh(p - y)).mean())
far = draw(4, 3, low=-2, high=2) * 64
loss("LogCosh far", far, y, lambda p: ((p - y).abs() + torch.log1p(torch.exp(-2 * (p - y).abs())) - math.log(2)).mean())
z = draw(4, 3, low=-2, high=2) + 1 / 128  # no error is 0, where the pinball loss has a kink
loss("Quantile", z, y, lambda p: torch.maximum(0.5 * (y - p), -0.5 * (y - p)).mean())
loss("Quantile .9", z, y, lambda p: torch.maximum(0.9 * (y - p), -0.1 * (y - p)).mean())

k4 = draw(6, 4, low=-3, high=3)
classes = torch.tensor([2, 0, 3, 1, 0, 2])
absent = torch.tensor([2, -1, 3, 1, -1, 2])
cw = torch.tensor([1.0, 0.5, 2.0, 3.0])
w6 = draw(6, low=0, high=2) + 0.25
loss("CrossEntropy", k4, classes, lambda p: F.cross_entropy(p, classes))
loss("CrossEntropy smoothing", k4, classes, lambda p: F.cross_entropy(p, classes, label_smoothing=0.1))
loss("CrossEntropy class weights", k4, classes, lambda p: F.cross_entropy(p, classes, weight=cw))
loss("CrossEntropy absent", k4, absent, lambda p: F.cross_entropy(p, absent, ignore_index=-1))
loss("CrossEntropy all", k4, absent, lambda p: F.cross_entropy(p, absent, weight=cw, ignore_index=-1, label_smoothing=0.2))
loss("CrossEntropy absent smoothing", k4, absent, lambda p: F.cross_entropy(p, absent, ignore_index=-1, label_smoothing=0.1))
loss("CrossEntropy row weights", k4, classes, lambda p: (F.cross_entropy(p, classes, reduction="none") * w6).sum() / w6.sum(), w6)
loss("CrossEntropy class and row weights", k4, classes, lambda p: (F.cross_entropy(p, classes, weight=cw, reduction="none") * w6).sum() / (w6 * cw[classes]).sum(), w6)
k3, c3 = draw(2, 3, 4, low=-3, high=3), torch.tensor([[0, 3, -1], [2, 2, 1]])
loss("CrossEntropy sequence", k3, c3, lambda p: F.cross_entropy(p.reshape(-1, 4), c3.reshape(-1), ignore_index=-1))
w2 = torch.tensor([0.5, 2.0])
loss("CrossEntropy sequence weights", k3, c3, lambda p: (F.cross_entropy(p.reshape(-1, 4), c3.reshape(-1), ignore_index=-1, reduction="none") * w2.repeat_interleave(3)).sum() / (w2.repeat_interleave(3) * (c3.reshape(-1) >= 0)).sum(), w2)
soft = torch.tensor(rng.multinomial(64, [0.1, 0.2, 0.3, 0.4], size=6) / 64)
loss("CrossEntropy soft", k4, soft, lambda p: F.cross_entropy(p, soft))
loss("CrossEntropy soft smoothing", k4, soft, lambda p: F.cross_entropy(p, soft, label_smoothing=0.1))
loss("CrossEntropy soft weights", k4, soft, lambda p: F.cross_entropy(p, soft, weight=cw))
loss("CrossEntropy soft all", k4, soft, lambda p: F.cross_entropy(p, soft, weight=cw, label_smoothing=0.1))
high = draw(3, 4, low=-3, high=3) * 64
high_classes = torch.tensor([0, 1, 2])
loss("CrossEntropy far", high, high_classes, lambda p: F.cross_entropy(p, high_classes))

b = (draw(4, 3) > 0).double()
b[0, 0], b[1, 0] = 0.25, 0.75
loss("BCE", p, b, lambda p: F.binary_cross_entropy_with_logits(p, b))
loss("BCE positive", p, b, lambda p: F.binary_cross_entropy_with_logits(p, b, pos_weight=torch.tensor(2.5)))
loss("BCE far", far, b, lambda p: F.binary_cross_entropy_with_logits(p, b))
h = (b > 0.5).double()


def focal(p, gamma, alpha):
    ce = F.binary_cross_entropy_with_logits(p, h, reduction="none")
    right = torch.sigmoid(p) * h + (1 - torch.sigmoid(p)) * (1 - h)
    share = alpha * h + (1 - alpha) * (1 - h) if alpha else 1
    return (share * (1 - right) ** gamma * ce).mean()


loss("Focal", p, h, lambda p: focal(p, 2, 0))
loss("Focal 1.5 .25", p, h, lambda p: focal(p, 1.5, 0.25))
q = draw(4, 3, low=-2, high=2) + 1 / 128  # no margin of exactly 1
loss("Hinge", q, h, lambda p: F.relu(1 - (2 * h - 1) * p).mean())
loss("Hinge squared", q, h, lambda p: (F.relu(1 - (2 * h - 1) * p) ** 2).mean())
m4 = k4 + torch.arange(4) / 256
loss("MultiMargin", m4, classes, lambda p: F.multi_margin_loss(p, classes))
loss("MultiMargin .5", m4, classes, lambda p: F.multi_margin_loss(p, classes, margin=0.5))
counts = torch.tensor(rng.integers(0, 5, size=(4, 3)).astype(float))
loss("PoissonNLL", p, counts, lambda p: F.poisson_nll_loss(p, counts))
g = draw(4, 4)
gy = draw(4, 2)
loss("GaussianNLL", g, gy, lambda p: F.gaussian_nll_loss(p[:, :2], gy, p[:, 2:].exp()))
soft[0] = torch.tensor([0, 0.5, 0, 0.5])
loss("KLDiv", k4, soft, lambda p: F.kl_div(F.log_softmax(p, 1), soft, reduction="batchmean"))
loss("CosineLoss", p, y, lambda p: (1 - F.cosine_similarity(p, y, dim=1)).mean())


def dice(p, smooth):
    s = torch.sigmoid(p)
    return (1 - (2 * (s * h).sum(1) + smooth) / (s.sum(1) + h.sum(1) + smooth)).mean()


loss("Dice", p, h, lambda p: dice(p, 1))
loss("Dice .1", p, h, lambda p: dice(p, 0.1))
tri = draw(4, 3, 3)
loss("Triplet", tri, torch.zeros(4), lambda p: F.triplet_margin_loss(p[:, 0], p[:, 1], p[:, 2]))
loss("Triplet .2", tri, torch.zeros(4), lambda p: F.triplet_margin_loss(p[:, 0], p[:, 1], p[:, 2], margin=0.2))
pairs = draw(4, 2, 3)


def info_nce(p, t):
    return F.cross_entropy(F.normalize(p[:, 0], dim=1) @ F.normalize(p[:, 1], dim=1).T / t, torch.arange(4))


loss("InfoNCE", pairs, torch.zeros(4), lambda p: info_nce(p, 0.1))
loss("InfoNCE .5", pairs, torch.zeros(4), lambda p: info_nce(p, 0.5))

# Numbers of their own, so that what is drawn below stays as it was.
risks = torch.sin(torch.arange(7, dtype=torch.float64) * 2.1).reshape(7, 1) * 2
times = torch.tensor([[3.0, 1], [1, 1], [3, 0], [5, 1], [1, 1], [4, 0], [2, 1]], dtype=torch.float64)


def cox(p, weight=None):
    at_risk = (times[:, 0][None, :] >= times[:, 0][:, None]).double()
    sums = (at_risk * p[:, 0].exp()[None, :]).sum(1).log()
    rows = times[:, 1] * (sums - p[:, 0]) * len(times) / times[:, 1].sum()
    return rows.mean() if weight is None else (rows * weight).sum() / weight.sum()


w7 = torch.tensor([1.0, 0.5, 2, 1, 0, 1, 3], dtype=torch.float64)
loss("Cox", risks, times, cox)
loss("Cox weights", risks, times, lambda p: cox(p, w7), w7)
logs = F.log_softmax(torch.cos(torch.arange(12, dtype=torch.float64)).reshape(4, 3) * 2, 1)
nll_classes = torch.tensor([2, -1, 0, 1])
loss("NLL", logs, nll_classes, lambda p: F.nll_loss(p, nll_classes, ignore_index=-1))
two = torch.sin(torch.arange(24, dtype=torch.float64)).reshape(4, 6) * 0.4
alike = torch.tensor([1.0, 0, 1, 0], dtype=torch.float64)


def contrastive(p, margin):
    d = ((p[:, :3] - p[:, 3:]) ** 2).sum(1)
    return (0.5 * (alike * d + (1 - alike) * F.relu(margin - (d + 1e-12).sqrt()) ** 2)).mean()


loss("Contrastive", two, alike, lambda p: contrastive(p, 1))
loss("Contrastive 2", two, alike, lambda p: contrastive(p, 2))
write("nn/testdata/torch_losses.json", {"cases": losses}, __file__)

# ---- optimisers: ten steps along given gradients, of weights that decay and a bias that does not

STEPS = 10
start = {"W": draw(2, 3), "b": draw(3)}
gradients = {k: torch.stack([draw(*v.shape) * (1 if t != 4 else 8) for t in range(STEPS)]) for k, v in start.items()}
gradients["W"][:, 0, 0] = 0  # a weight without a gradient
runs = []


def follow(name, make, decay=0.0, clip=None):
    params = {k: v.clone().requires_grad_(True) for k, v in start.items()}
    optimizer = make([{"params": [params["W"]], "weight_decay": decay}, {"params": [params["b"]], "weight_decay": 0.0}])
    path = []
    for t in range(STEPS):
        for k, v in params.items():
            v.grad = gradients[k][t].clone()
        if clip:
            clip(params.values())
        optimizer.step()
        path.append(torch.cat([v.detach().reshape(-1) for v in params.values()]))
    runs.append({"name": name, "path": flat(torch.stack(path))})


O = torch.optim
follow("SGD", lambda p: O.SGD(p, lr=0.01))
follow("SGD decay", lambda p: O.SGD(p, lr=0.1), decay=0.3)
follow("SGD momentum", lambda p: O.SGD(p, lr=0.05, momentum=0.9), decay=0.1)
follow("SGD dampening", lambda p: O.SGD(p, lr=0.05, momentum=0.9, dampening=0.4))
follow("SGD Nesterov", lambda p: O.SGD(p, lr=0.05, momentum=0.8, nesterov=True), decay=0.1)
follow("SGD clipped by norm", lambda p: O.SGD(p, lr=0.1), clip=lambda p: nn.utils.clip_grad_norm_(p, 1.5))
follow("SGD clipped by value", lambda p: O.SGD(p, lr=0.1), clip=lambda p: nn.utils.clip_grad_value_(p, 0.75))
follow("Adam", lambda p: O.Adam(p))
follow("Adam decay", lambda p: O.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3), decay=0.2)
follow("AMSGrad", lambda p: O.Adam(p, lr=0.02, betas=(0.9, 0.7), amsgrad=True), decay=0.1)
follow("AdamW", lambda p: O.AdamW(p), decay=0.01)
follow("AdamW decay", lambda p: O.AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3), decay=0.2)
follow("AdamW AMSGrad", lambda p: O.AdamW(p, lr=0.05, betas=(0.9, 0.7), amsgrad=True), decay=0.2)
follow("NAdam", lambda p: O.NAdam(p))
follow("NAdam decay", lambda p: O.NAdam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, momentum_decay=0.02), decay=0.2)
follow("RAdam", lambda p: O.RAdam(p))
follow("RAdam decay", lambda p: O.RAdam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3), decay=0.2)
follow("RMSProp", lambda p: O.RMSprop(p))
follow("RMSProp momentum", lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, momentum=0.7), decay=0.2)
follow("Adagrad", lambda p: O.Adagrad(p))
follow("Adagrad decay", lambda p: O.Adagrad(p, lr=0.1, eps=1e-3), decay=0.2)
follow("Adadelta", lambda p: O.Adadelta(p))
follow("Adadelta decay", lambda p: O.Adadelta(p, lr=2, rho=0.8, eps=1e-3), decay=0.2)


def formula(name, step, decay=0.0):
    """step(w, g, slots, t, decay) moves w in place."""
    w = {k: v.numpy().copy() for k, v in start.items()}
    slots = {k: {"m": np.zeros_like(v), "v": np.zeros_like(v)} for k, v in w.items()}
    path = []
    for t in range(STEPS):
        for k in w:
            step(w[k], gradients[k][t].numpy(), slots[k], t + 1, decay if k == "W" else 0.0)
        path.append(np.concatenate([v.reshape(-1) for v in w.values()]))
    runs.append({"name": name, "path": flat(np.stack(path))})


def lion(lr, b1, b2):  # Chen et al., algorithm 2
    def step(w, g, s, t, decay):
        c = b1 * s["m"] + (1 - b1) * g
        w -= lr * (np.sign(c) + decay * w)
        s["m"] = b2 * s["m"] + (1 - b2) * g

    return step


def lamb(lr, b1, b2, eps):  # You et al., algorithm 2, with the corrections for the start
    def step(w, g, s, t, decay):
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g * g
        r = s["m"] / (1 - b1**t) / (np.sqrt(s["v"] / (1 - b2**t)) + eps) + decay * w
        w -= lr * np.linalg.norm(w) / np.linalg.norm(r) * r

    return step


formula("Lion", lion(1e-4, 0.9, 0.99))
formula("Lion decay", lion(0.02, 0.8, 0.95), decay=0.3)
formula("LAMB", lamb(0.001, 0.9, 0.999, 1e-6))
formula("LAMB decay", lamb(0.05, 0.8, 0.95, 1e-3), decay=0.2)

# ---- schedules: the factor of every step

schedules = []
S = O.lr_scheduler


def schedule(name, make, total, steps=None):
    optimizer = O.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    s = make(optimizer)
    factors = []
    for _ in range(steps or total):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        s.step()
    schedules.append({"name": name, "total": total, "factors": flat(factors)})


schedule("StepDecay", lambda o: S.StepLR(o, 4), 12)
schedule("StepDecay .5", lambda o: S.StepLR(o, 3, gamma=0.5), 12)
schedule("Milestones", lambda o: S.MultiStepLR(o, [2, 5, 9], gamma=0.3), 12)
schedule("Exponential", lambda o: S.ExponentialLR(o, 0.9), 12)
schedule("Polynomial", lambda o: S.PolynomialLR(o, total_iters=10), 10, 13)
schedule("Polynomial 2", lambda o: S.PolynomialLR(o, total_iters=8, power=2.0), 10, 13)
schedule("Cosine", lambda o: S.CosineAnnealingLR(o, 10), 10, 11)
schedule("Cosine least", lambda o: S.CosineAnnealingLR(o, 8, eta_min=0.1), 12, 9)
schedule("Cosine restarts", lambda o: S.CosineAnnealingWarmRestarts(o, 4), 14)
schedule("Cosine restarts growing", lambda o: S.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.05), 25)
schedule("OneCycle", lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=20), 20, 19)
schedule("OneCycle .4 10 100", lambda o: S.OneCycleLR(o, max_lr=1.0, total_steps=15, pct_start=0.4, div_factor=10, final_div_factor=100), 15, 14)
schedule("WarmUp", lambda o: S.LinearLR(o, start_factor=1 / 4, total_iters=4), 10)
schedule("WarmUp .1", lambda o: S.LinearLR(o, start_factor=0.1, total_iters=5), 10)
schedule("WarmUp cosine", lambda o: S.SequentialLR(o, [S.LinearLR(o, start_factor=0.2, total_iters=5), S.CosineAnnealingLR(o, 10)], [5]), 15)
write("nn/testdata/torch_steps.json", {"start": {k: flat(v) for k, v in start.items()}, "gradients": {k: flat(v) for k, v in gradients.items()}, "runs": runs, "schedules": schedules}, __file__)
