"""onnxruntime: inference of small nets, net of what a network that only copies its input costs."""
from __future__ import annotations

from typing import Any

import numpy as np

from registry import T, Step, Work, case


class Net:
    """Nodes, weights and the shapes at either end."""

    def __init__(self, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
        self.shape, self.out, self.last = shape, out, "x"
        self.nodes: list[Any] = []
        self.weights: dict[str, np.ndarray] = {}
        self.random = np.random.Generator(np.random.PCG64(1))

    def node(self, op: str, *shapes: tuple[int, ...], **attributes: Any) -> None:
        from onnx import helper
        name = f"v{len(self.nodes)}"
        inputs = [self.last]
        for i, s in enumerate(shapes):
            fan = int(np.prod(s[1:] if op == "Conv" else s[:1])) if i == 0 else 100
            self.weights[f"{name}.{i}"] = (self.random.standard_normal(s) / fan ** .5).astype(np.float32)
            inputs.append(f"{name}.{i}")
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        self.last = name

    def dense(self, *sizes: int) -> None:
        for i in range(len(sizes) - 1):
            self.node("Gemm", sizes[i:i + 2], sizes[i + 1:i + 2])
            if i < len(sizes) - 2:
                self.node("Relu")

    def session(self) -> Any:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper
        graph = helper.make_graph(self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
                                  [helper.make_tensor_value_info(self.last, TensorProto.FLOAT, self.out)], [numpy_helper.from_array(v, k) for k, v in self.weights.items()])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = T, 1
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _work(net: Net, what: str) -> Work:
    copy = Net(net.shape, net.shape)
    copy.node("Identity")
    ours, nothing = net.session(), copy.session()
    x = net.random.standard_normal(net.shape).astype(np.float32)

    def run() -> None:
        ours.run(None, {"x": x})

    def less() -> None:
        nothing.run(None, {"x": x})
    run.less = less  # type: ignore[attr-defined]
    steps: dict[str, Step] = {"predict": lambda: run}
    return Work(net.shape[0], int(np.prod(net.shape[1:])), steps, lambda: dict(parameters=sum(v.size for v in net.weights.values())), lambda: dict(net=what))


@case("infer-mlp", "onnxruntime")
def mlp() -> Work:
    n = Net((1, 784), (1, 10))
    n.dense(784, 256, 128, 10)
    return _work(n, "784-256-128-10 relu")


@case("infer-mlp-256", "onnxruntime")
def mlp_256() -> Work:
    n = Net((256, 784), (256, 10))
    n.dense(784, 256, 128, 10)
    return _work(n, "784-256-128-10 relu")


@case("infer-lenet", "onnxruntime")
def lenet() -> Work:
    n = Net((1, 1, 28, 28), (1, 10))
    n.node("Conv", (6, 1, 5, 5), (6,), pads=[2, 2, 2, 2])
    n.node("Relu")
    n.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    n.node("Conv", (16, 6, 5, 5), (16,))
    n.node("Relu")
    n.node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    n.node("Flatten")
    n.dense(400, 120, 84, 10)
    return _work(n, "LeNet-5")


@case("infer-conv", "onnxruntime")
def conv() -> Work:
    n = Net((8, 64, 32, 32), (8, 64, 32, 32))
    n.node("Conv", (64, 64, 3, 3), (64,), pads=[1, 1, 1, 1])
    return _work(n, "3x3, 64 to 64")
