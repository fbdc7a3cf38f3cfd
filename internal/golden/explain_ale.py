"""Accumulated local effects by the definitions of Apley and Zhu, written down in NumPy with the details of R's ALEPlot: explain/testdata/ale.json.

The formula that is explained is known to both sides: y = x0^2 + 2 x0 x1 + (code 1 or 3) x1 - x2."""

import numpy as np

from common import write


def formula(x):
    return x[:, 0] ** 2 + 2 * x[:, 0] * x[:, 1] + np.isin(x[:, 3], (1, 3)) * x[:, 1] - x[:, 2]


def edges(v, k):
    q = np.quantile(v, np.arange(1, k + 1) / k, method="inverted_cdf")
    z = np.unique(np.r_[v.min(), q])
    return z, np.clip(np.searchsorted(z, v, side="left") - 1, 0, None)


def put(x, **columns):
    x = x.copy()
    for name, v in columns.items():
        x[:, int(name[1:])] = v
    return x


def one(x, j, k):
    z, b = edges(x[:, j], k)
    d = formula(put(x, **{f"c{j}": z[b + 1]})) - formula(put(x, **{f"c{j}": z[b]}))
    n = np.bincount(b, minlength=len(z) - 1)
    f = np.r_[0, np.cumsum([d[b == i].mean() for i in range(len(n))])]
    centre = ((f[:-1] + f[1:]) / 2 * n).sum() / n.sum()
    # the standard error, from the effect as a linear function of the means
    a = (np.arange(len(n))[None, :] < np.arange(len(z))[:, None]).astype(float)
    a -= np.array([(n[i + 1:].sum() + n[i] / 2) / n.sum() for i in range(len(n))])
    var = np.array([d[b == i].var(ddof=1) / n[i] for i in range(len(n))])
    return dict(grid=z, mean=f - centre, se=np.sqrt((a * a) @ var))


def category(x, j, order):
    at = {c: i for i, c in enumerate(order)}
    p = np.array([at[int(c)] for c in x[:, j]])
    z = np.array(order, float)
    now = formula(x)
    d = np.zeros(len(order) - 1)
    for i in range(len(d)):
        lower, upper = p == i, p == i + 1
        up, down = formula(put(x, c3=z[i + 1])) - now, now - formula(put(x, c3=z[i]))
        d[i] = np.r_[up[lower], down[upper]].mean()
    f = np.r_[0, np.cumsum(d)]
    n = np.bincount(p, minlength=len(order))
    return dict(grid=z, mean=f - (f * n).sum() / n.sum())


def two(x, i, j, k):
    (z1, b1), (z2, b2) = edges(x[:, i], k), edges(x[:, j], k)
    at = lambda u, v: formula(put(x, **{f"c{i}": z1[b1 + u], f"c{j}": z2[b2 + v]}))
    d = at(1, 1) - at(1, 0) - at(0, 1) + at(0, 0)
    k1, k2 = len(z1) - 1, len(z2) - 1
    n, s = np.zeros((k1, k2)), np.zeros((k1, k2))
    np.add.at(n, (b1, b2), 1)
    np.add.at(s, (b1, b2), d)
    delta = np.where(n > 0, s / np.maximum(n, 1), np.nan)
    full, empty = np.argwhere(n > 0), np.argwhere(n == 0)
    m1, m2 = (z1[:-1] + z1[1:]) / 2 / (z1[-1] - z1[0]), (z2[:-1] + z2[1:]) / 2 / (z2[-1] - z2[0])
    for a, b in empty:
        q = full[np.argmin((m1[full[:, 0]] - m1[a]) ** 2 + (m2[full[:, 1]] - m2[b]) ** 2)]
        delta[a, b] = delta[q[0], q[1]]
    f = np.zeros((k1 + 1, k2 + 1))
    f[1:, 1:] = delta.cumsum(0).cumsum(1)
    d1 = np.diff(f, axis=0)
    first = np.r_[0, np.cumsum((n * (d1[:, :-1] + d1[:, 1:]) / 2).sum(1) / n.sum(1))]
    d2 = np.diff(f, axis=1)
    other = np.r_[0, np.cumsum((n * (d2[:-1] + d2[1:]) / 2).sum(0) / n.sum(0))]
    f = f - first[:, None] - other[None, :]
    f -= (n * (f[:-1, :-1] + f[:-1, 1:] + f[1:, :-1] + f[1:, 1:]) / 4).sum() / n.sum()
    return dict(grid=z1, other=z2, empty=len(empty), mean=f.ravel())


def main():
    r = np.random.default_rng(3)
    x = r.normal(size=(90, 4))
    x[:, 1] = 0.8 * x[:, 0] + 0.6 * x[:, 1]
    x[:, 2] = np.round(x[:, 2])
    x[:, 3] = r.integers(0, 5, 90)
    # how alike the codes are, by the other columns
    k, far = 5, np.zeros((5, 5))
    for c in range(3):
        grid = np.unique(x[:, c])
        cdf = [np.searchsorted(np.sort(x[x[:, 3] == q, c]), grid, side="right") / (x[:, 3] == q).sum() for q in range(k)]
        far += np.array([[np.abs(a - b).max() for b in cdf] for a in cdf])
    j = np.eye(k) - 1 / k
    w, v = np.linalg.eigh(-j @ (far**2) @ j / 2)
    axis = v[:, -1]
    if axis @ (np.arange(k) - 2) < 0:
        axis = -axis
    order = [int(q) for q in np.argsort(axis, kind="stable")]
    write("explain/testdata/ale.json", dict(x=x, first=one(x, 0, 8), ties=one(x, 2, 8), code=category(x, 3, order), reverse=category(x, 3, [4, 3, 2, 1, 0]), surface=two(x, 0, 1, 6)), __file__)


main()
