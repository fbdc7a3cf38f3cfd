"""Prints the polynomial coefficients of amd64_exp.go, amd64_log.go, amd64_losses.go and amd64_erf.go. Needs mpmath 1.3 or later.

Each polynomial minimises the greatest relative error of the function it ends in (Remez exchange on the weighted error):
exp(r) = 1 + r + r*r*Q(r) for |r| <= ln(2)/2, log(1+f) = 2*s + s*z*R(z) with s = f/(2+f), z = s*s, erf(a) = a + a*E(a*a) for a <= 1, and
exp(z*z)*erfc(z) = V(t)/(z+K) with t = (z-K)/(z+K).
"""

import mpmath as mp

mp.mp.dps = 60


def remez(f, weight, lo, hi, degree):
    n = degree + 2
    xs = [(lo + hi) / 2 + (hi - lo) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)][::-1]
    grid = [lo + (hi - lo) * mp.mpf(i) / 2000 for i in range(2001)]
    for _ in range(12):
        rows, rhs = [], []
        for i, x in enumerate(xs):
            rows.append([x**j for j in range(degree + 1)] + [(-1) ** i / weight(x)])
            rhs.append(f(x))
        sol = mp.lu_solve(mp.matrix(rows), mp.matrix(rhs))
        c = [sol[j] for j in range(degree + 1)]
        err = [weight(x) * (f(x) - mp.polyval(c[::-1], x)) for x in grid]
        runs, start = [], 0  # the largest error of each run of one sign
        for i in range(1, len(grid) + 1):
            if i == len(grid) or mp.sign(err[i]) != mp.sign(err[start]):
                runs.append(max(range(start, i), key=lambda q: abs(err[q])))
                start = i
        while len(runs) > n:
            runs.pop(0 if abs(err[runs[0]]) < abs(err[runs[-1]]) else -1)
        if len(runs) < n:
            break
        xs = [grid[i] for i in runs]
    return c, max(abs(e) for e in err)


def show(name, result):
    c, err = result
    print(f"{name}: relative error {mp.nstr(err, 3)}")
    for v in c:
        print(f"\t{mp.nstr(v, 20)},")


half = mp.log(2) / 2 * mp.mpf("1.001")
Q = lambda r: (mp.exp(r) - 1 - r) / r**2 if abs(r) > mp.mpf("1e-15") else mp.mpf(1) / 2 + r / 6
Qw = lambda r: r**2 / mp.expm1(r) if r else mp.mpf(0)  # relative to exp(r)-1, which tanh needs
Qw1 = lambda r: abs(Qw(r)) + mp.mpf("1e-6")
show("exp, float32", remez(Q, Qw1, -half, half, 4))
show("exp, float64", remez(Q, Qw1, -half, half, 10))


def R(z):
    if z < mp.mpf("1e-20"):
        return mp.mpf(2) / 3
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / (s * z)


zmax = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")
Rw = lambda z: z / 2 + mp.mpf("1e-6")
show("log, float32", remez(R, Rw, mp.mpf(0), zmax, 3))
show("log, float64", remez(R, Rw, mp.mpf(0), zmax, 6))
show("log of a ratio", remez(R, lambda z: z / (2 + z * R(z)) + mp.mpf("1e-9"), mp.mpf(0), mp.mpf("0.04") * mp.mpf("1.001"), 6))
print("ln2 high, low float64:", mp.nstr(mp.log(2), 40))

E = lambda s: mp.erf(mp.sqrt(s)) / mp.sqrt(s) - 1 if s > mp.mpf("1e-30") else 2 / mp.sqrt(mp.pi) * (1 - s / 3) - 1
show("erf, float32", remez(E, lambda s: 1 / (1 + E(s)), mp.mpf(0), mp.mpf("1.0001"), 6))
show("erf, float64", remez(E, lambda s: 1 / (1 + E(s)), mp.mpf(0), mp.mpf("1.0001"), 11))


def V(k, top):  # and its domain, for z from 0 to top
    def f(t):
        z = k * (1 + t) / (1 - t)
        return mp.exp(z * z) * mp.erfc(z) * (z + k)

    return f, mp.mpf(-1), (top - k) / (top + k)


for name, k, top, degree in [("float32", mp.mpf(3), mp.mpf("10.6"), 9), ("float64", mp.mpf("3.75"), mp.mpf(28), 21)]:
    f, lo, hi = V(k, top)
    show(f"erfc, {name}", remez(f, lambda t: 1 / f(t), lo, hi, degree))
