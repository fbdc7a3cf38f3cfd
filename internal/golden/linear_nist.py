"""The linear sets of the NIST Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd/lls/lls.shtml; a work of the US
government, public domain): the published data and certified coefficients, intercept first where there is one.

Before anything is written, each set is solved in exact rational arithmetic, and the certified values must agree to the 15 digits they
were published with. The exact solution of what a float64 program is given, powers of x rounded, goes into "exact".
"""

from decimal import Decimal, localcontext
from fractions import Fraction

from common import write


def solve(columns, y):
    """The least-squares coefficients of exact columns, by the normal equations in rationals."""
    p = len(columns)
    a = [[sum(u * v for u, v in zip(columns[i], columns[j])) for j in range(p)] + [sum(u * v for u, v in zip(columns[i], y))] for i in range(p)]
    for k in range(p):
        pivot = next(i for i in range(k, p) if a[i][k])
        a[k], a[pivot] = a[pivot], a[k]
        for i in range(p):
            if i != k:
                f = a[i][k] / a[k][k]
                a[i] = [u - f * v for u, v in zip(a[i], a[k])]
    return [a[k][p] / a[k][k] for k in range(p)]


def statistics(columns, y, intercept):
    """What NIST certifies besides: the standard deviations of the coefficients and of the residuals, R², and F; exact but for the last roots."""
    b = solve(columns, y)
    p = len(columns)
    residuals = [v - sum(c * x[i] for c, x in zip(b, columns)) for i, v in enumerate(y)]
    mean = sum(y) / len(y) if intercept else 0
    rss, tss, df = sum(r * r for r in residuals), sum((v - mean) ** 2 for v in y), len(y) - p
    # The inverse of the normal equations, column by column: solve for the unit vectors as XᵀX v = e_k.
    gram = [[sum(u * v for u, v in zip(a, c)) for c in columns] for a in columns]
    diagonal = [solve_square(gram, k)[k] for k in range(p)]
    model = p - 1 if intercept else p
    return {"deviations": [root(rss / df * d) for d in diagonal], "sigma": root(rss / df), "r2": float(1 - rss / tss),
            "f": float((tss - rss) / model / (rss / df)) if rss else float("inf")}


def solve_square(a, k):
    """The solution of A v = e_k for a positive definite A in rationals."""
    p = len(a)
    m = [list(row) + [Fraction(int(i == k))] for i, row in enumerate(a)]
    for c in range(p):
        for i in range(p):
            if i != c:
                f = m[i][c] / m[c][c]
                m[i] = [u - f * v for u, v in zip(m[i], m[c])]
    return [m[i][p] / m[i][i] for i in range(p)]


def root(v):
    with localcontext() as c:
        c.prec = 40
        return float((Decimal(v.numerator) / Decimal(v.denominator)).sqrt())


def numbers(text):
    return text.split()


NORRIS_Y = """0.1 338.8 118.1 888.0 9.2 228.1 668.5 998.5 449.1 778.9 559.2 0.3 0.1 778.1 668.8 339.3 448.9 10.8 557.7 228.3
998.0 888.8 119.6 0.3 0.6 557.6 339.3 888.0 998.5 778.9 10.2 117.6 228.9 668.4 449.2 0.2"""
NORRIS_X = """0.2 337.4 118.2 884.6 10.1 226.5 666.3 996.3 448.6 777.0 558.2 0.4 0.6 775.5 666.9 338.0 447.5 11.6 556.0 228.1
995.8 887.6 120.2 0.3 0.3 556.8 339.1 887.2 999.0 779.0 11.1 118.3 229.2 669.1 448.9 0.5"""
PONTIUS_Y = """.11019 .21956 .32949 .43899 .54803 .65694 .76562 .87487 .98292 1.09146 1.20001 1.30822 1.41599 1.52399 1.63194
1.73947 1.84646 1.95392 2.06128 2.16844 .11052 .22018 .32939 .43886 .54798 .65739 .76596 .87474 .98300 1.09150 1.20004 1.30818
1.41613 1.52408 1.63159 1.73965 1.84696 1.95445 2.06177 2.16829"""
FILIP_Y = """0.8116 0.9072 0.9052 0.9039 0.8053 0.8377 0.8667 0.8809 0.7975 0.8162 0.8515 0.8766 0.8885 0.8859 0.8959 0.8913 0.8959
0.8971 0.9021 0.9090 0.9139 0.9199 0.8692 0.8872 0.8900 0.8910 0.8977 0.9035 0.9078 0.7675 0.7705 0.7713 0.7736 0.7775 0.7841 0.7971
0.8329 0.8641 0.8804 0.7668 0.7633 0.7678 0.7697 0.7700 0.7749 0.7796 0.7897 0.8131 0.8498 0.8741 0.8061 0.8460 0.8751 0.8856 0.8919
0.8934 0.8940 0.8957 0.9047 0.9129 0.9209 0.9219 0.7739 0.7681 0.7665 0.7703 0.7702 0.7761 0.7809 0.7961 0.8253 0.8602 0.8809 0.8301
0.8664 0.8834 0.8898 0.8964 0.8963 0.9074 0.9119 0.9228"""
FILIP_X = """-6.860120914 -4.324130045 -4.358625055 -4.358426747 -6.955852379 -6.661145254 -6.355462942 -6.118102026 -7.115148017
-6.815308569 -6.519993057 -6.204119983 -5.853871964 -6.109523091 -5.79832982 -5.482672118 -5.171791386 -4.851705903 -4.517126416
-4.143573228 -3.709075441 -3.499489089 -6.300769497 -5.953504836 -5.642065153 -5.031376979 -4.680685696 -4.329846955 -3.928486195
-8.56735134 -8.363211311 -8.107682739 -7.823908741 -7.522878745 -7.218819279 -6.920818754 -6.628932138 -6.323946875 -5.991399828
-8.781464495 -8.663140179 -8.473531488 -8.247337057 -7.971428747 -7.676129393 -7.352812702 -7.072065318 -6.774174009 -6.478861916
-6.159517513 -6.835647144 -6.53165267 -6.224098421 -5.910094889 -5.598599459 -5.290645224 -4.974284616 -4.64454848 -4.290560426
-3.885055584 -3.408378962 -3.13200249 -8.726767166 -8.66695597 -8.511026475 -8.165388579 -7.886056648 -7.588043762 -7.283412422
-6.995678626 -6.691862621 -6.392544977 -6.067374056 -6.684029655 -6.378719832 -6.065855188 -5.752272167 -5.132414673 -4.811352704
-4.098269308 -3.66174277 -3.2644011"""
LONGLEY = """60323 83.0 234289 2356 1590 107608 1947
61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949
61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951
63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962"""
WAMPLER3_Y = """760 -2042 2111 -1684 3888 1858 11379 17560 39287 64382 113159 175108 273291 400186 581243 811568 1121004 1506550 2002767
2611612 3369180"""
WAMPLER5_Y = """7590001 -20479994 20480063 -20479636 25231365 -20476094 20489331 -20460392 18417449 -20413570 20591111 -20302844 18651453
-20077766 21059195 -19666384 26348481 -18971402 22480719 -17866340 10958421"""


def wampler(scale):
    """Wampler 3, 4 and 5 are 1 + x + ... + x^5 plus one fixed disturbance times 1, 100 and 10000."""
    base = [sum(x**k for k in range(6)) for x in range(21)]
    return [str(b + scale * (int(y) - b)) for b, y in zip(base, numbers(WAMPLER3_Y))]


def wampler2(x):
    """1 + x/10 + ... + x^5/10^5, which five decimals hold exactly."""
    units = sum(x**k * 10 ** (5 - k) for k in range(6))
    return f"{units // 10**5}.{units % 10**5:05d}"


def polynomial(x, degree):
    return [[v**k for v in x] for k in range(1, degree + 1)]


def rounded(x, degree):
    """The powers as a float64 program makes them, by repeated multiplication."""
    out = [[float(v) for v in x]]
    while len(out) < degree:
        out.append([a * b for a, b in zip(out[-1], out[0])])
    return out


longley = [numbers(line) for line in LONGLEY.splitlines()]
steps = [str(v) for v in range(21)]
ones = ["1"] * 6
# name: y, x, degree (0: the columns as they are), intercept, digits asked for by the project, certified coefficients
SETS = {
    "Norris": (numbers(NORRIS_Y), [numbers(NORRIS_X)], 0, True, 9, ["-0.262323073774029", "1.00211681802045"]),
    "Pontius": (numbers(PONTIUS_Y), [[str(150000 * (i % 20 + 1)) for i in range(40)]], 2, True, 9,
                ["0.673565789473684E-03", "0.732059160401003E-06", "-0.316081871345029E-14"]),
    "NoInt1": ([str(v) for v in range(130, 141)], [[str(v) for v in range(60, 71)]], 0, False, 9, ["2.07438016528926"]),
    "NoInt2": (["3", "4", "4"], [["4", "5", "6"]], 0, False, 9, ["0.727272727272727"]),
    "Filip": (numbers(FILIP_Y), [numbers(FILIP_X)], 10, True, 7,
              ["-1467.48961422980", "-2772.17959193342", "-2316.37108160893", "-1127.97394098372", "-354.478233703349", "-75.1242017393757",
               "-10.8753180355343", "-1.06221498588947", "-0.670191154593408E-01", "-0.246781078275479E-02", "-0.402962525080404E-04"]),
    "Longley": ([r[0] for r in longley], [[r[j] for r in longley] for j in range(1, 7)], 0, True, 9,
                ["-3482258.63459582", "15.0618722713733", "-0.358191792925910E-01", "-2.02022980381683", "-1.03322686717359",
                 "-0.511041056535807E-01", "1829.15146461355"]),
    "Wampler1": ([str(sum(x**k for k in range(6))) for x in range(21)], [steps], 5, True, 9, ones),
    "Wampler2": ([wampler2(x) for x in range(21)], [steps], 5, True, 9, ["1.0", "0.1", "0.01", "0.001", "0.0001", "0.00001"]),
    "Wampler3": (wampler(1), [steps], 5, True, 9, ones),
    "Wampler4": (wampler(100), [steps], 5, True, 7, ones),
    "Wampler5": (wampler(10000), [steps], 5, True, 5, ones),
}
# Certified standard deviations of the coefficients, then that of the residuals, R² and F (not for the sets without residuals).
STATISTICS = {
    "Norris": ["0.232818234301152", "0.429796848199937E-03", "0.884796396144373", "0.999993745883712", "5436385.54079785"],
    "Pontius": ["0.107938612033077E-03", "0.157817399981659E-09", "0.486652849992036E-16", "0.205177424076185E-03", "0.999999900178537",
                "185330865.995752"],
    "NoInt1": ["0.165289256198347E-01", "3.56753034006338", "0.999365492298663", "15750.25"],
    "NoInt2": ["0.420827318078432E-01", "0.369274472937998", "0.993348115299335", "298.6666666666667"],
    "Filip": ["298.084530995537", "559.779865474950", "466.477572127796", "227.204274477751", "71.6478660875927", "15.2897178747400",
              "2.23691159816033", "0.221624321934227", "0.142363763154724E-01", "0.535617408889821E-03", "0.896632837373868E-05",
              "0.334801051324544E-02", "0.996727416185620", "2162.43954511489"],
    "Longley": ["890420.383607373", "84.9149257747669", "0.334910077722432E-01", "0.488399681651699", "0.214274163161675", "0.226073200069370",
                "455.478499142212", "304.854073561965", "0.995479004577296", "330.285339234588"],
    "Wampler3": ["2152.32624678170", "2363.55173469681", "779.343524331583", "101.475507550350", "5.64566512170752", "0.112324854679312",
                 "2360.14502379268", "0.999995559025820", "675524.458240122"],
}
assert wampler(10000) == numbers(WAMPLER5_Y), "the published Wampler5 is not 10000 times the disturbance of Wampler3"

out = {}
for name, (y, x, degree, intercept, digits, certified) in SETS.items():
    lead = [[Fraction(1)] * len(y)] if intercept else []
    true_y = [Fraction(v) for v in y]
    true_x = [[Fraction(v) for v in c] for c in x]
    if degree:
        true_x = polynomial(true_x[0], degree)
    solution = solve(lead + true_x, true_y)
    for got, want in zip(solution, certified, strict=True):
        error = abs(got - Fraction(want)) / abs(got)
        assert error < Fraction(1, 10**14), (name, float(got), want)
    given = rounded([float(v) for v in x[0]], degree) if degree else [[float(v) for v in c] for c in x]
    given_y = [float(v) for v in y]
    exact = solve(lead + [[Fraction(v) for v in c] for c in given], [Fraction(v) for v in given_y])
    truth = statistics(lead + true_x, true_y, intercept)
    if name in STATISTICS:
        for got, want in zip([*truth["deviations"], truth["sigma"], truth["r2"], truth["f"]], STATISTICS[name], strict=True):
            assert abs(got / float(want) - 1) < 5e-14, (name, got, want)
    out[name] = {"y": given_y, "x": [list(r) for r in zip(*given)], "intercept": intercept, "digits": digits,
                 "certified": [float(v) for v in certified], "exact": [float(v) for v in exact],
                 "statistics": truth,
                 "exact_statistics": statistics(lead + [[Fraction(v) for v in c] for c in given], [Fraction(v) for v in given_y], intercept),
                 "exact_error": max(abs(float((e - Fraction(c)) / Fraction(c))) for e, c in zip(exact, certified))}
    print(f"{name}: rounding the input alone moves a coefficient by {out[name]['exact_error']:.1e}")
write("linear/testdata/nist.json", {"sets": out}, __file__, source="NIST StRD, https://www.itl.nist.gov/div898/strd/lls/lls.shtml")
