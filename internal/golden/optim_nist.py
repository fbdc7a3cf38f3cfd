"""The nonlinear regression sets of the NIST Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml; a
work of the US government, public domain): data, both starting points, certified parameters and their standard deviations.

    NIST_STRD=folder-of-dat-files python optim_nist.py

The .dat files are NIST's own; the source distribution of the Python package lmfit carries them in NIST_STRD/.
"""

import os
import pathlib
import re

from common import write

sets = {}
for path in sorted(pathlib.Path(os.environ["NIST_STRD"]).glob("*.dat")):
    lines = path.read_text(encoding="latin-1").splitlines()
    first, last = map(int, re.search(r"Data\s+\(lines\s+(\d+)\s+to\s+(\d+)\)", "\n".join(lines[:10])).groups())
    rows = [[float(v) for v in line.split()] for line in lines[first - 1:last] if line.strip()]
    starts, certified, sd = [[], []], [], []
    for line in lines:
        m = re.match(r"\s*b(\d+)\s*=\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", line)
        if m:
            a, b, c, d = map(float, m.groups()[1:])
            starts[0].append(a)
            starts[1].append(b)
            certified.append(c)
            sd.append(d)
    rss = next(float(line.split(":")[1]) for line in lines if line.startswith("Residual Sum of Squares"))
    sets[path.stem] = {"y": [r[0] for r in rows], "x": [r[1:] for r in rows], "starts": starts, "certified": certified, "sd": sd, "rss": rss}
    print(path.stem, len(rows), len(certified))
assert len(sets) == 27
write("internal/optim/testdata/nist.json", {"sets": sets}, __file__, source="NIST StRD, https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml")
