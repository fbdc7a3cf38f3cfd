"""Writes golden files. Every script of this folder ends in

    from common import write
    write("linear/testdata/ridge.json", {"coef": model.coef_, ...}, __file__)

with a path relative to the repository's root. numpy arrays, scalars and nested dicts, lists and tuples become JSON;
floats keep every bit (the shortest text that reads back as the same float64), and NaN and the infinities are the
strings "NaN", "+Inf" and "-Inf", which golden.Load on the Go side reads back as numbers.
"""

import importlib.metadata
import json
import math
import pathlib
import platform
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Import names whose distribution has another name.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "umap": "umap-learn", "imblearn": "imbalanced-learn", "skimage": "scikit-image", "quantile_forest": "quantile-forest"}


def write(path, data, script, **made_by):
    """Write data to path under the root, with who made it: the script, Python, every pinned library the script imported, and
    whatever made_by adds, such as source="NIST StRD"."""
    if "made_by" in data:
        raise ValueError("made_by is written by this module")
    script = pathlib.Path(script).resolve().relative_to(ROOT).as_posix()
    who = {"script": script, "python": platform.python_version(), **versions(), **made_by}
    out = ROOT / path
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"made_by": who, **plain(data)}, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    out.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: {len(text) + 1} bytes")


def plain(v):
    """v as what json.dumps accepts: no arrays, no numpy scalars, no floats that JSON cannot spell."""
    if hasattr(v, "toarray"):  # scipy sparse
        v = v.toarray()
    if hasattr(v, "tolist"):  # numpy arrays and scalars
        v = v.tolist()
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    if isinstance(v, float) and not math.isfinite(v):
        return "NaN" if math.isnan(v) else "+Inf" if v > 0 else "-Inf"
    if v is None or isinstance(v, (bool, int, float, str)):
        return v
    raise TypeError(f"cannot write a {type(v).__name__} to a golden file")


def versions():
    """The versions of the libraries named in requirements.txt that this process has imported."""
    pinned = pathlib.Path(__file__).with_name("requirements.txt")
    names = set()
    if pinned.exists():
        for line in pinned.read_text(encoding="utf-8").splitlines():
            name = line.split("#")[0].split("==")[0].strip()
            if name:
                names.add(name.lower())
    out = {}
    for module in sorted({m.split(".")[0] for m in sys.modules}):
        name = DISTRIBUTIONS.get(module, module)
        if name.lower() in names:
            out[name] = importlib.metadata.version(name)
    return out
