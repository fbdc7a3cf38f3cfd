"""The model of examples/servexgboost, trained in Python, and what XGBoost predicts with it: model.json and testdata/predictions.json.

The data are made up: 3000 applicants for a loan, and whether they fell behind with it."""

import json

import numpy as np
import pandas as pd
import xgboost as xgb

from common import ROOT, write

rng = np.random.default_rng(7)
n = 3000
frame = pd.DataFrame({
    "age": rng.integers(18, 80, n).astype(float),
    "income": np.round(rng.lognormal(10.4, 0.5, n), -2),
    "debt ratio": np.round(rng.beta(2, 4, n), 3),
    "housing": pd.Categorical(rng.choice(["rent", "own", "parents"], n, p=[0.5, 0.4, 0.1])),
})
frame.loc[rng.random(n) < 0.1, "income"] = np.nan
risk = 4 * frame["debt ratio"] - 0.7 * np.log(frame["income"].fillna(30000) / 30000) - 0.02 * frame["age"] + (frame["housing"] == "rent") * 0.5 - 1.2
late = (rng.random(n) < 1 / (1 + np.exp(-risk))).astype(int)
model = xgb.train(dict(objective="binary:logistic", max_depth=4, eta=0.2, nthread=1, seed=1), xgb.DMatrix(frame, late, enable_categorical=True), 40)
out = ROOT / "examples/servexgboost/model.json"
out.write_bytes(model.save_raw("json"))
print(out, out.stat().st_size)
test = frame[:40]
rows = [{k: None if v != v else v for k, v in row.items()} for row in test.to_dict("records")]
write("examples/servexgboost/testdata/predictions.json", dict(rows=rows, probabilities=model.predict(xgb.DMatrix(test, enable_categorical=True))), __file__)
