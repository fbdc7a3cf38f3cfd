"""Runs what nn exports in ONNX Runtime: the files of TestONNXExports, each of which must pass ONNX's own checker and give our answers to 1e-5, for whole batches and
for single rows. nn/testdata/onnx_exports.json keeps the prints of the files that did."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from common import ROOT, write

checked, bad, most = {}, [], 0.0
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([os.environ.get("GO", "go"), "test", "-count=1", "./nn", "-run", "^TestONNXExports$", "-onnx", folder], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        case = json.loads(path.with_suffix(".json").read_text())
        x, want = np.array(case["x"], np.float32).reshape(case["shape"]), np.array(case["y"], np.float32).reshape(case["out"])
        try:
            onnx.checker.check_model(onnx.load(path), full_check=True)
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            parts = [(x, want)]
            if len(want) == len(x):
                parts += [(x[i : i + 1], want[i : i + 1]) for i in range(len(x))]
            off = 0.0
            for a, b in parts:
                y = session.run(["output"], {"input": a})[0]
                assert y.shape == b.shape, (y.shape, b.shape)
                off = max(off, float(np.max(np.abs(y - b) / np.maximum(1, np.abs(b)))))
            assert off <= 1e-5, f"off by {off}"
        except Exception as e:  # noqa: BLE001
            bad.append(f"{path.stem}: {str(e)[:600]}")
            continue
        most = max(most, off)
        checked[path.stem] = case["print"]
print(f"{len(checked)} files agree, to {most:.2g}")
if bad:
    sys.exit("\n".join(bad))
write("nn/testdata/onnx_exports.json", {"checked": checked}, __file__)
