"""ONNX files that PyTorch's exporter and skl2onnx-like graphs hold, and what ONNX Runtime makes of them: nn/testdata/onnx_files.json, with the files in base64.
Run with a Python that has torch, onnx and onnxruntime. The exporter is the one by tracing (dynamo=False)."""

import base64
import io
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from common import write
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(3)
cases = []


def keep(name, text, x):
    session = onnxruntime.InferenceSession(text, providers=["CPUExecutionProvider"])
    outs = [o for o in session.get_outputs() if o.type == "tensor(float)"]
    y = session.run([outs[0].name], {session.get_inputs()[0].name: x})[0]
    cases.append({"name": name, "file": base64.b64encode(text).decode(), "x": x.flatten().astype(float).tolist(), "shape": list(x.shape), "y": y.flatten().tolist(), "out": list(y.shape)})


def export(name, net, x, fixed=False, codes=False, opset=17):
    net.eval()
    for b in net.buffers():
        if b.dtype.is_floating_point:
            b.uniform_(0.5, 1.5)
    x = x if codes else x.round(decimals=2)
    buffer = io.BytesIO()
    axes = None if fixed else {"x": {0: "N"}, "y": {0: "N"}}
    torch.onnx.export(net, (x,), buffer, dynamo=False, opset_version=opset, input_names=["x"], output_names=["y"], dynamic_axes=axes)
    keep(name, buffer.getvalue(), x.numpy())


class First(nn.Module):
    def __init__(self, inner, last=False):
        super().__init__()
        self.inner, self.last = inner, last

    def forward(self, x):
        y = self.inner(x)[0]
        return y[:, -1] if self.last else y


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.n = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3), nn.GroupNorm(3, 3)

    def forward(self, x):
        return torch.relu(self.n(x + self.b(self.a(x)))).mean((2, 3))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(6, 18), nn.Linear(6, 6)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = (p.view(n, t, 2, 3).transpose(1, 2) for p in self.qkv(x).chunk(3, -1))
        share = torch.softmax(q @ k.transpose(-1, -2) / 3**0.5, -1)
        return self.out((share @ v).transpose(1, 2).reshape(n, t, d))


images, seq = torch.randn(2, 2, 7, 7), torch.randn(3, 5, 6)
export("mlp", nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3), nn.Softmax(-1)), torch.randn(3, 4))
export("mlp of opset 11", nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(-1)), torch.randn(3, 4), opset=11)
export("mlp of one batch", nn.Sequential(nn.Flatten(), nn.Linear(30, 3)), seq, fixed=True)
export("lenet", nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2), nn.Sigmoid(), nn.Flatten(), nn.Linear(16, 3)), images)
export("conv groups, strides", nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, groups=2), nn.LeakyReLU(0.1), nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)), images)
export("conv1", nn.Sequential(nn.Conv1d(5, 3, 3, dilation=2), nn.ELU(), nn.BatchNorm1d(3)), seq)
export("block", nn.Sequential(nn.Conv2d(2, 3, 1), Block()), images)
export("padding", nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"), nn.InstanceNorm2d(2, affine=True)), images)
export("norms", nn.Sequential(nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 4), nn.SiLU(), nn.Hardswish(), nn.Softplus()), seq)
export("activations", nn.Sequential(nn.PReLU(), nn.Mish(), nn.SELU(), nn.Hardsigmoid(), nn.ReLU6(), nn.Softsign(), nn.Hardtanh(-0.4, 0.4), nn.LogSigmoid()), seq)
export("embedding", nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2)), torch.randint(0, 9, (4, 3)), codes=True)
export("lstm", First(nn.LSTM(6, 4, num_layers=2, bidirectional=True, batch_first=True)), seq)
export("gru, last", First(nn.GRU(6, 4, batch_first=True), last=True), seq)
export("rnn", First(nn.RNN(6, 4, batch_first=True)), seq)
export("attention", Attention(), seq)
export("transformer", nn.Sequential(nn.Linear(6, 4), nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, norm_first=True)), seq)

# What skl2onnx makes of an MLPClassifier of two classes, names and nodes alike.
r = np.random.default_rng(5)
weights = {"coefficient": (3, 5), "intercepts": (1, 5), "coefficient1": (5, 1), "intercepts1": (1, 1)}
tensors = [numpy_helper.from_array(r.normal(size=s).astype(np.float32), k) for k, s in weights.items()]
tensors += [numpy_helper.from_array(np.array([1.0], np.float32), "unity"), numpy_helper.from_array(np.array([0, 1], np.int64), "classes"), numpy_helper.from_array(np.array([-1], np.int64), "flat")]
nodes = [
    helper.make_node("Cast", ["X"], ["cast_input"], to=TensorProto.FLOAT),
    helper.make_node("MatMul", ["cast_input", "coefficient"], ["mul_result"]),
    helper.make_node("Add", ["mul_result", "intercepts"], ["add_result"]),
    helper.make_node("Relu", ["add_result"], ["next_activations"]),
    helper.make_node("MatMul", ["next_activations", "coefficient1"], ["mul_result1"]),
    helper.make_node("Add", ["mul_result1", "intercepts1"], ["add_result1"]),
    helper.make_node("Sigmoid", ["add_result1"], ["out_activations_result"]),
    helper.make_node("Sub", ["unity", "out_activations_result"], ["negative_class_proba"]),
    helper.make_node("Concat", ["negative_class_proba", "out_activations_result"], ["probabilities"], axis=1),
    helper.make_node("ArgMax", ["probabilities"], ["argmax"], axis=1),
    helper.make_node("ArrayFeatureExtractor", ["classes", "argmax"], ["extracted"], domain="ai.onnx.ml"),
    helper.make_node("Reshape", ["extracted", "flat"], ["label"]),
]
x = helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 3])
outs = [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])]
model = helper.make_model(helper.make_graph(nodes, "mlp", [x], outs, tensors), opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)])
model.ir_version = 8
onnx.checker.check_model(model)
keep("scikit-learn", model.SerializeToString(), r.normal(size=(4, 3)).astype(np.float32).round(2))

write("nn/testdata/onnx_files.json", {"cases": cases}, __file__)
