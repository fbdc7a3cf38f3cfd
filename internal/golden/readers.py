"""Goldens of the readers of package ml: what pandas, scikit-learn and SciPy make of the same text."""

import io

import numpy as np
import pandas as pd
from scipy.io import arff
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from common import write

rng = np.random.default_rng(3)

# CSV: every pandas missing text in a column of numbers, awkward numbers, quotes, and categories whose codes pandas sorts.
missing = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
           "NULL", "NaN", "None", "n/a", "nan", "null"]
rows = len(missing) + 20
numbers = missing + [repr(float(v)) for v in rng.normal(size=10) * 10.0 ** rng.integers(-300, 300, 10)] + [
    "1e308", "-0.0", "007", "+5", ".5", "5.", "123456789012345678901234567890", "4.9e-324", "inf", "-Infinity"]
words = rng.choice(["b", "a,c", "with \"quote\"", "two\nlines", "Z", "é", "1"], rows)
frame = pd.DataFrame({"number": numbers, "word": words, "flag": rng.choice(["True", "False"], rows), "count": rng.integers(-1000, 1000, rows)})
text = frame.to_csv(index=False)
read = pd.read_csv(io.StringIO(text))
word = pd.Categorical(read["word"])

# LIBSVM, with queries and comments.
x = np.round(rng.normal(size=(12, 7)), 3) * (rng.random((12, 7)) < 0.4)
x[:, 6] = 0
x[4, 6] = 1e-7
y = rng.integers(0, 3, 12).astype(float) - 1
qid = np.repeat([3, 1, 8], 4)
out = io.BytesIO()
dump_svmlight_file(x, y, out, query_id=qid, zero_based=False, comment="a note: 5:6")
sx, sy, sq = load_svmlight_file(io.BytesIO(out.getvalue()), query_id=True)
multi = "1,3 1:0.5 3:2\n 2:1\n2 1:-1e-3\n3,10 3:4\n"
mx, my = load_svmlight_file(io.BytesIO(multi.encode()), multilabel=True)

# ARFF
relation = """% comment
@RELATION 'a test'
@attribute size REAL
@ATTRIBUTE 'colour of it' {red, light-blue, green}
@attribute count integer
@attribute day date "yyyy-MM-dd HH:mm"
@data
5.1, red, 3, "2024-05-17 08:30"
?, light-blue, -4, "1969-12-31 23:59"
% another
1e-3,green,0,"2000-02-29 00:00"
-7,?,12,?
"""
data, meta = arff.loadarff(io.StringIO(relation))
levels = [list(meta[n][1]) if meta[n][0] == "nominal" else None for n in meta.names()]
columns = []
for name, lv in zip(meta.names(), levels):
    col = data[name]
    if lv is not None:
        columns.append([lv.index(v.decode()) if v != b"?" else float("nan") for v in col])
    elif meta[name][0] == "date":
        columns.append([float("nan") if np.isnat(v) else v.astype("datetime64[s]").astype(float) for v in col])
    else:
        columns.append(list(col.astype(float)))

write("testdata/readers.json", {
    "csv": text, "csv_number": read["number"].to_numpy(float), "csv_word": word.codes.astype(float), "csv_levels": list(word.categories),
    "csv_flag": read["flag"].to_numpy(float), "csv_count": read["count"].to_numpy(float),
    "svm": out.getvalue().decode(), "svm_x": sx, "svm_y": sy, "svm_qid": sq.astype(int),
    "multi": multi, "multi_x": mx, "multi_y": [[float(v) for v in t] for t in my],
    "arff": relation, "arff_names": list(meta.names()), "arff_levels": [lv or [] for lv in levels], "arff_columns": columns,
}, __file__)
