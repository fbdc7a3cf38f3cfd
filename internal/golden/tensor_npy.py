"""Real NumPy files for tensor's readers: every element type, both byte orders, both orders of axes, versions 1 to 3, stored and
compressed archives; and the values they hold, as JSON."""

import io

import numpy as np
from common import ROOT, write

HERE = ROOT / "tensor" / "testdata"
HERE.mkdir(parents=True, exist_ok=True)

rng = np.random.default_rng(7)
arrays = {
    "f8": rng.normal(size=(3, 4)),
    "f8_fortran": np.asfortranarray(rng.normal(size=(3, 4))),
    "f8_fortran3": np.asfortranarray(rng.normal(size=(2, 3, 4))),
    "f8_big": rng.normal(size=(2, 3)).astype(">f8"),
    "f8_special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308]),
    "f4": rng.normal(size=(5,)).astype("<f4"),
    "f4_big_fortran": np.asfortranarray(rng.normal(size=(3, 2)).astype(">f4")),
    "f4_4d": rng.normal(size=(2, 1, 3, 2)).astype("<f4"),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "empty_columns": np.zeros((3, 0)),
    "b1": np.array([True, False, True]),
}
for kind in "iu":
    for size in (1, 2, 4, 8):
        info = np.iinfo(f"{kind}{size}")
        for order in "<>":
            name = f"{kind}{size}" + ("_big" if order == ">" else "")
            arrays[name] = np.array([[info.min, info.max], [0, 1]], dtype=f"{order}{kind}{size}")

files = {}
for name, a in arrays.items():
    np.save(HERE / f"{name}.npy", a)
    files[f"{name}.npy"] = a
for version in ((1, 0), (2, 0), (3, 0)):
    a = rng.normal(size=(4, 2))
    name = f"version{version[0]}.npy"
    with open(HERE / name, "wb") as f:
        np.lib.format.write_array(f, a, version=version)
    files[name] = a
# Two arrays one after the other in one stream.
both = [rng.normal(size=(2, 2)), rng.normal(size=(3,))]
with open(HERE / "two.npy", "wb") as f:
    for a in both:
        np.save(f, a)

np.savez(HERE / "stored.npz", x=arrays["f8"], y=arrays["i8"], names=np.array(["a", "b"]))
np.savez(HERE / "plain.npz", x=arrays["f8"], y=arrays["f4"])
np.savez_compressed(HERE / "compressed.npz", x=np.zeros((50, 20)), y=arrays["f8_fortran"])

write(
    "tensor/testdata/npy.json",
    {
        "arrays": {
            name: {"dtype": a.dtype.str, "fortran": bool(a.flags.fnc), "shape": list(a.shape), "values": a.astype("f8").ravel(order="C")}
            for name, a in files.items()
        },
        "two": [{"shape": list(a.shape), "values": a.ravel()} for a in both],
    },
    __file__,
)

# What a header with a long first axis looks like, whose spare room is smaller: only the header is kept.
big = io.BytesIO()
np.lib.format.write_array_header_1_0(big, {"descr": "<f4", "fortran_order": False, "shape": (123456789012, 3)})
(HERE / "long_axis.header").write_bytes(big.getvalue())
