"""Has LightGBM and XGBoost read what tree.WriteLightGBM, tree.WriteXGBoost and tree.WriteXGBoostUBJSON wrote: tree/testdata/written.json.

A test of tree/ writes the files; each is loaded here, and the scores must be those of this library to the bit, in XGBoost 3.2 and 3.4 alike.
The golden file keeps the files (those of models that come from other golden files as a hash), so that a test without Python sees that the writers still
write the same bytes."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np


def numbers(text, *shape):
    return np.frombuffer(base64.b64decode(text), "<f8").reshape(*shape)


def frame(x, levels):
    """The rows as a data frame whose categories have other codes than the model's."""
    import pandas

    town = pandas.Categorical.from_codes(np.nan_to_num(x[:, 0], nan=-1).astype(int), levels).set_categories(sorted(levels, reverse=True))
    return pandas.DataFrame({"town": town, "a": x[:, 1], "b": x[:, 2]})


def answer(case, path):
    """The raw scores of the library that the file is for."""
    x = numbers(case["X"], case["Rows"], case["Columns"])
    if case["Levels"]:
        x = frame(x, case["Levels"])
    if case["Format"] == "lightgbm":
        import lightgbm as lgb

        return lgb.Booster(model_file=str(path)).predict(x, raw_score=True)
    import xgboost as xgb

    model = xgb.Booster(model_file=str(path))
    how = {} if case["Levels"] else dict(feature_names=model.feature_names, feature_types=model.feature_types)
    data = xgb.DMatrix(x, enable_categorical=True, **how)
    return model.predict(data, output_margin=True, iteration_range=(0, model.num_boosted_rounds()))


def check(folder):
    """Compares every file's scores with ours and returns them."""
    out, wrong = {}, []
    for case in json.loads((folder / "cases.json").read_text()):
        if "lightgbm" == case["Format"] and "--xgboost" in sys.argv:
            continue
        try:
            raw = np.asarray(answer(case, folder / case["File"]), dtype=float).ravel() / case["Rounds"]
        except Exception as e:
            wrong.append(f"{case['Name']}: {str(e)[:600]}")
            continue
        ours = numbers(case["Raw"], -1)
        if not np.array_equal(raw, ours, equal_nan=True):
            wrong.append(f"{case['Name']}: {np.sum(raw != ours)} of {len(ours)} scores differ, by up to {np.max(np.abs(raw - ours))}")
        text = (folder / case["File"]).read_bytes()
        out[case["Name"]] = dict(sha256=hashlib.sha256(text).hexdigest(), file="", raw=[])
        if not case["Again"]:
            out[case["Name"]].update(file=base64.b64encode(text).decode() if case["Format"] == "ubj" else text.decode(), raw=raw)
    if wrong:
        sys.exit("\n".join(wrong))
    return out


if __name__ == "__main__":
    if "--xgboost" in sys.argv:
        check(pathlib.Path(sys.argv[-1]))
        sys.exit()
    import tree_envs
    from common import ROOT, write

    with tempfile.TemporaryDirectory() as name:
        subprocess.run(["go", "test", "./tree", "-count=1", "-run", "^TestWriteFilesForPeers$"], cwd=ROOT, check=True, env={**os.environ, "GOPHERWOOD_WRITTEN": name})
        cases = check(pathlib.Path(name))
        subprocess.run([tree_envs.interpreter("xgboost", "3.4.1"), __file__, "--xgboost", name], check=True)
    write("tree/testdata/written.json", dict(cases=cases), __file__)
