"""Cases: what a library does on a data set, as steps to time."""
from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

T = int(os.environ.get("BENCH_THREADS", "1"))

Score = Callable[[], dict[str, float]]
Step = Callable[[], Callable[[], Any]]  # called once a run, returns what is timed


@dataclass
class Work:
    """A case ready to run. The first step has run once before any other."""

    rows: int
    columns: int
    steps: dict[str, Step]
    score: Score = dict
    params: Callable[[], Any] = str


@dataclass
class Registered:
    make: Callable[..., Work]
    dataset: str | None


CASES: dict[tuple[str, str], Registered] = {}


def case(name: str, lib: str, dataset: str | None = None) -> Callable[[Callable[..., Work]], Callable[..., Work]]:
    def register(make: Callable[..., Work]) -> Callable[..., Work]:
        CASES[name, lib] = Registered(make, dataset)
        return make
    return register


@dataclass
class Model:
    """A fitted model and its last prediction."""

    make: Callable[[], Any]
    X: Any
    y: Any = None
    m: Any = None
    p: Any = field(default=None, repr=False)

    def fit(self) -> None:
        m = self.make()
        self.m = m.fit(self.X) if self.y is None else m.fit(self.X, self.y)

    def predict(self, method: str, X: Any) -> None:
        self.p = getattr(self.m, method)(X)


def in_turn(f: Callable[[Any], Any], X: Any) -> Callable[[], Any]:
    """f of one row after the other, over and over."""
    rows = cycle([X[i:i + 1] for i in range(min(256, X.shape[0]))])
    return lambda: f(next(rows))


def estimator(make: Callable[[], Any], Xtr: Any, ytr: Any, Xte: Any = None, yte: Any = None, quality: Callable[..., dict[str, float]] | None = None,
              predict: str = "predict", row: bool = True) -> Work:
    """Fit, batch predict, one-row predict and score of a scikit-learn style estimator."""
    s = Model(make, Xtr, ytr)
    steps: dict[str, Step] = {"fit": lambda: s.fit}
    if Xte is not None:
        steps["predict"] = lambda: lambda: s.predict(predict, Xte)
        if row:
            steps["row"] = lambda: in_turn(getattr(s.m, predict), Xte)

    def score() -> dict[str, float]:
        if quality is None:
            return {}
        if s.p is None and Xte is not None:
            s.predict(predict, Xte)
        return quality(s.m, s.p, yte)
    return Work(Xtr.shape[0], Xtr.shape[1], steps, score, lambda: changed(s.m))


def changed(m: Any) -> dict[str, Any]:
    """The parameters that differ from the class's defaults."""
    if not hasattr(m, "get_params"):
        return {}
    try:
        usual = type(m)().get_params()
    except TypeError:  # a class with parameters that have no default
        return {}
    return {k: v for k, v in m.get_params().items() if k not in usual or repr(usual[k]) != repr(v)}


def accepts(cls: type, name: str) -> bool:
    """Whether the constructor takes the parameter, and not only to say that it is deprecated."""
    p = inspect.signature(cls.__init__).parameters.get(name)
    return p is not None and p.default != "deprecated"
