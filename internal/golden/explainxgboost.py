"""The model of examples/explainxgboost, trained in Python, flats to explain, and XGBoost's own contributions: model.json, flats.csv and testdata/contributions.json.

The data are made up: the monthly rents of 2000 flats."""

import numpy as np
import pandas as pd
import xgboost as xgb

from common import ROOT, write

rng = np.random.default_rng(12)
n = 2000
flats = pd.DataFrame({
    "area": np.round(rng.gamma(9, 8, n)),
    "rooms": 1.0,
    "floor": rng.integers(0, 7, n).astype(float),
    "built": rng.integers(1900, 2024, n).astype(float),
    "district": pd.Categorical(rng.choice(["centre", "harbour", "hills", "suburb"], n, p=[0.25, 0.2, 0.15, 0.4])),
    "lift": rng.integers(0, 2, n).astype(float),
})
flats["rooms"] = np.clip(np.round(flats["area"] / 28 + rng.normal(0, 0.6, n)), 1, None)
flats.loc[rng.random(n) < 0.15, "built"] = np.nan
place = flats["district"].map({"centre": 1.5, "harbour": 1.25, "hills": 1.3, "suburb": 1.0}).astype(float)
rent = flats["area"] * 9 * place + 150 + np.where(flats["lift"] == 1, 12.0, -18.0) * flats["floor"] + (flats["built"].fillna(1960) > 2000) * 120 + rng.normal(0, 40, n)
model = xgb.train(dict(max_depth=4, eta=0.15, nthread=1, seed=1), xgb.DMatrix(flats, rent, enable_categorical=True), 60)
folder = ROOT / "examples/explainxgboost"
(folder / "model.json").write_bytes(model.save_raw("json"))
some = flats[:60]
some.to_csv(folder / "flats.csv", index=False)
matrix = xgb.DMatrix(some, enable_categorical=True)
write("examples/explainxgboost/testdata/contributions.json", dict(contribs=model.predict(matrix, pred_contribs=True)[:10], predictions=model.predict(matrix)), __file__)
