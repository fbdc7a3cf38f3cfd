"""jax: steps of training on one batch by one compiled function (jax.jit), with the loss read after each. Nets and Adam are written out: the
aims are against PyTorch, this says where a compiler that fuses the whole step stands."""
from __future__ import annotations

import os
from typing import Any

import numpy as np

from registry import T, Step, Work, case


def _steps(params: Any, forward: Any, x: Any, y: Any, count: int, what: str) -> Work:
    if T == 1:  # before jax starts
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax
    import jax.numpy as jnp

    def loss(p: Any, x: Any, y: Any) -> Any:
        logs = jax.nn.log_softmax(forward(p, x))
        return -jnp.take_along_axis(logs, y[:, None], 1).mean()

    @jax.jit
    def step(state: Any, x: Any, y: Any) -> Any:
        p, m, v, t = state
        value, g = jax.value_and_grad(loss)(p, x, y)
        t = t + 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        c1, c2 = 1 - 0.9 ** t, 1 - 0.999 ** t
        p = jax.tree.map(lambda w, a, b: w - 1e-3 * (a / c1) / (jnp.sqrt(b / c2) + 1e-8), p, m, v)
        return (p, m, v, t), value
    params = jax.tree.map(jnp.asarray, params)
    zeros = jax.tree.map(jnp.zeros_like, params)
    held = [(params, zeros, zeros, jnp.float32(0))]
    x, y = jnp.asarray(x), jnp.asarray(y)

    def run() -> None:
        for _ in range(count):
            held[0], value = step(held[0], x, y)
            float(value)
    steps: dict[str, Step] = {"steps": lambda: run}
    size = sum(int(np.prod(a.shape)) for a in jax.tree.leaves(params))
    return Work(count, len(x), steps, lambda: dict(parameters=size), lambda: dict(net=what, batch=len(x)))


def _draw(*shape: int, fan: int = 1) -> Any:
    return (np.random.Generator(np.random.PCG64(1)).uniform(-1, 1, shape) / np.sqrt(fan)).astype(np.float32)


def _classes(n: int, k: int) -> Any:
    return (np.arange(n) * 7 % k).astype(np.int32)


def _mlp(sizes: list[int], act: str, count: int) -> Work:
    def forward(p: Any, x: Any) -> Any:
        import jax
        import jax.numpy as jnp
        f = jnp.tanh if act == "tanh" else jax.nn.relu
        for i, (w, b) in enumerate(p):
            x = x @ w + b
            x = f(x) if i < len(p) - 1 else x
        return x
    params = [(_draw(a, b, fan=a), _draw(b, fan=a)) for a, b in zip(sizes, sizes[1:])]
    return _steps(params, forward, _draw(64, sizes[0]), _classes(64, sizes[-1]), count, "-".join(map(str, sizes)) + " " + act)


@case("nn-mlp-small", "jax")
def mlp_small() -> Work:
    return _mlp([4, 64, 64, 2], "tanh", 200)


@case("nn-mlp-784", "jax")
def mlp_784() -> Work:
    return _mlp([784, 256, 128, 10], "relu", 50)


def _conv_net(kernels: list[tuple[int, int, int, str]], pool_each: bool, dense: list[int], count: int, what: str) -> Work:
    def forward(p: Any, x: Any) -> Any:
        import jax
        from jax import lax
        for i, (w, b) in enumerate(p[0]):
            x = jax.nn.relu(lax.conv_general_dilated(x, w, (1, 1), kernels[i][3], dimension_numbers=("NHWC", "HWIO", "NHWC")) + b)
            if pool_each or i == len(p[0]) - 1:
                x = lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = x.reshape(len(x), -1)
        for i, (w, b) in enumerate(p[1]):
            x = x @ w + b
            x = jax.nn.relu(x) if i < len(p[1]) - 1 else x
        return x
    convs = [(_draw(k, k, a, b, fan=k * k * a), _draw(b, fan=k * k * a)) for k, a, b, _ in kernels]
    full = [(_draw(a, b, fan=a), _draw(b, fan=a)) for a, b in zip(dense, dense[1:])]
    return _steps((convs, full), forward, _draw(64, 28, 28, 1), _classes(64, dense[-1]), count, what)


@case("nn-lenet", "jax")
def lenet() -> Work:
    return _conv_net([(5, 1, 6, "SAME"), (5, 6, 16, "VALID")], True, [400, 120, 84, 10], 10, "LeNet-5")


@case("nn-cnn", "jax")
def cnn() -> Work:
    return _conv_net([(3, 1, 32, "VALID"), (3, 32, 64, "VALID")], False, [9216, 128, 10], 2, "conv 32, conv 64, fc 128")


def _lstm(i: int, h: int, count: int) -> Work:
    def forward(p: Any, x: Any) -> Any:
        import jax
        import jax.numpy as jnp
        from jax import lax
        w, u, b, v, c = p
        inputs = jnp.swapaxes(x @ w + b, 0, 1)

        def cell(state: Any, z: Any) -> Any:
            hidden, memory = state
            a, f, g, o = jnp.split(z + hidden @ u, 4, axis=1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(a) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(memory), memory), None
        zero = jnp.zeros((len(x), h), jnp.float32)
        (last, _), _ = lax.scan(cell, (zero, zero), inputs)
        return last @ v + c
    params = (_draw(i, 4 * h, fan=h), _draw(h, 4 * h, fan=h), _draw(4 * h, fan=h), _draw(h, 2, fan=h), _draw(2, fan=h))
    return _steps(params, forward, _draw(32, 50, i), _classes(32, 2), count, f"LSTM {i}-{h}, 50 steps")


@case("nn-lstm-32", "jax")
def lstm_32() -> Work:
    return _lstm(1, 32, 30)


@case("nn-lstm-128", "jax")
def lstm_128() -> Work:
    return _lstm(32, 128, 5)
