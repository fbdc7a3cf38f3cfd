"""Runs cases for the harness: a JSON request a line on standard input, a JSON reply a line on standard output.

    python worker.py DATA            serve requests
    python worker.py DATA --make [NAME ...]   make these data sets, or all, in the folder DATA, and stop
    python worker.py DATA --list     list the cases, name and library, and stop

BENCH_THREADS says how many threads the libraries may use; the harness sets their own variables with it.
"""
from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.metadata
import json
import os
import resource
import statistics
import sys
import time
import warnings
from typing import Any

warnings.filterwarnings("ignore")

import data  # noqa: E402
from registry import CASES, T, Work  # noqa: E402

for module in ("sk", "models", "boosting", "trees", "meta", "nets", "netsteps", "inference", "jaxsteps", "kernels", "bandits", "toytext", "classic", "manifold", "deeprl"):
    importlib.import_module(module)

PACKAGES = {"cleanrl": ("torch", "gymnasium", "numpy"), "fast-hdbscan": ("fast-hdbscan", "numba", "numpy"), "gymnasium": ("gymnasium", "numpy"), "hdbscan": ("hdbscan", "numpy", "scikit-learn"), "hnswlib": ("hnswlib", "numpy"), "jax": ("jax", "jaxlib", "numpy"), "lightgbm": ("lightgbm", "numpy"), "numpy": ("numpy",), "onnxruntime": ("onnxruntime", "onnx", "numpy"), "openTSNE": ("openTSNE", "numpy", "scipy"), "scikit-learn": ("scikit-learn", "numpy", "scipy"), "scikit-learn-intelex": ("scikit-learn-intelex", "scikit-learn", "numpy"),
            "scipy": ("scipy", "numpy"), "shap": ("shap", "xgboost", "numpy"), "stable-baselines3": ("stable-baselines3", "torch", "gymnasium", "numpy"), "statsmodels": ("statsmodels", "numpy", "scipy"), "torch": ("torch",), "umap-learn": ("umap-learn", "pynndescent", "numba", "numpy"), "usearch": ("usearch", "numpy"), "vowpalwabbit": ("vowpalwabbit", "numpy"), "woodelf": ("woodelf-explainer", "xgboost", "pandas", "numpy"), "xgboost": ("xgboost", "numpy")}


def cpu() -> float:
    u, c = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime + c.ru_utime + c.ru_stime


def status(name: str) -> float:
    """A line of /proc/self/status, in bytes."""
    with open("/proc/self/status") as f:
        return next((float(line.split()[1]) * 1024 for line in f if line.startswith(name + ":")), 0.0)


def watch_memory() -> float:
    """Gives back what is free, lets the peak begin anew and returns the bytes in use; 0 where the system does not say."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
        return status("VmRSS")
    except (OSError, AttributeError):
        return 0.0


def pinned() -> dict[str, str]:
    with open(os.path.join(os.path.dirname(__file__), "requirements.txt")) as f:
        return dict(line.strip().split("==") for line in f if "==" in line)


class Server:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.work: Work | None = None
        self.batch: dict[str, int] = {}

    def answer(self, q: dict[str, Any]) -> dict[str, Any]:
        if q["op"] == "open":
            return self.open(q["case"], q["lib"])
        if q["op"] == "env":
            return {"env": environment(q["lib"])}
        if self.work is None:
            raise ValueError("no case is open")
        if q["op"] == "run":
            return self.run(q["step"], q["seconds"])
        if q["op"] == "score":
            return {"score": {k: float(v) for k, v in self.work.score().items()}}
        raise ValueError(f"no operation {q['op']}")

    def open(self, name: str, lib: str) -> dict[str, Any]:
        if (name, lib) not in CASES:
            raise ValueError(f"no case {name} of {lib}")
        c = CASES[name, lib]
        self.work = None
        self.batch = {}
        gc.collect()
        self.work = w = c.make(*([] if c.dataset is None else data.load(self.folder, c.dataset)))
        name, first = next(iter(w.steps.items()))
        prepare = first()
        before = watch_memory()
        start = time.perf_counter()
        prepare()
        spent = time.perf_counter() - start
        taken = max(status("VmHWM") - before, 0.0) if before else 0.0
        if spent > 1:  # that it lasts long need not be found out a second time
            self.batch[name] = 1
        return {"rows": w.rows, "columns": w.columns, "params": json.dumps(w.params(), default=str), "seconds": spent, "memory": taken, "steps": [{"name": s} for s in w.steps]}

    def run(self, step: str, seconds: float) -> dict[str, Any]:
        assert self.work is not None
        f = self.work.steps[step]()
        gc.collect()
        if step not in self.batch:
            self.batch[step] = batch_size(f)
        n, times, less, extra = self.batch[step], [], getattr(f, "less", None), []
        begin = time.perf_counter()
        while not times or time.perf_counter() - begin < seconds:
            times.append(timed(f, n))
            if less is not None:  # what a call costs that does nothing: it does not count
                extra.append(timed(less, n))
        spent = statistics.median(times) - (statistics.median(extra) if extra else 0.0)
        return {"seconds": spent, "calls": n * len(times)}


def timed(f: Any, n: int) -> float:
    """Seconds for one of n calls."""
    start = time.perf_counter()
    for _ in range(n):
        f()
    return (time.perf_counter() - start) / n


def batch_size(f: Any) -> int:
    """How many calls together last about a millisecond, far longer than reading the clock."""
    n = 1
    while True:
        start = time.perf_counter()
        for _ in range(n):
            f()
        t = time.perf_counter() - start
        if t > 250e-6:
            return max(1, int(n * 1e-3 / t))
        n *= 4


def environment(lib: str) -> dict[str, Any]:
    """Call it after a case of the library ran: only then are its thread pools there."""
    from threadpoolctl import threadpool_info
    kernels = sorted({" ".join(filter(None, (i["internal_api"], i["version"], i.get("architecture")))) for i in threadpool_info()})
    versions = {p: importlib.metadata.version(p) for p in PACKAGES[lib]}
    wrong = [f"{p} {v}, not {w}" for p, w in pinned().items() if p in versions and (v := versions[p]).split("+")[0] != w]
    return {"library": ", ".join(f"{p} {v}" for p, v in versions.items()) + f", python {sys.version.split()[0]}",
            "kernel": "; ".join(kernels), "threads": T, "unlike": "; ".join(wrong)}


def main() -> None:
    folder, *flags = sys.argv[1:]
    if flags[:1] == ["--make"]:
        data.make(folder, flags[1:])
        return
    if flags == ["--list"]:
        print("\n".join("\t".join(k) for k in CASES))
        return
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no reply
    server = Server(folder)
    for line in sys.stdin:
        try:
            reply = server.answer(json.loads(line))
        except Exception as e:  # the harness decides what a failure means
            reply = {"error": f"{type(e).__name__}: {e}"}
        out.write(json.dumps({**reply, "cpu": cpu()}) + "\n")


if __name__ == "__main__":
    main()
