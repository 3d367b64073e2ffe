"""Computes the coefficients of src/kernel/functions: minimax polynomials in the relative error of the result (Remez algorithm).

Coefficients are rounded to float32 one at a time, lowest power first; after each rounding the remaining ones are fitted again. Needs mpmath.

    python scripts/make_polynomials.py
"""

import struct

from mpmath import cos, erf, erfc, exp, expm1, linspace, log, log1p, lu_solve, matrix, mp, mpf, pi, tanh

mp.dps = 40


def single(value):
    return mpf(struct.unpack("f", struct.pack("f", float(value)))[0])


def remez(xs, target, weight, powers):
    """Returns the coefficients of x**power that minimise the maximum of weight*|target - sum|, and that maximum."""
    n = len(powers)
    columns = [[x**p for x in xs] for p in powers]
    last = len(xs) - 1
    chosen = [int(round(float((1 - cos(pi * i / n)) / 2 * last))) for i in range(n + 1)]
    for _ in range(30):
        rows = [[c[i] for c in columns] + [(-1) ** k / weight[i]] for k, i in enumerate(chosen)]
        solved = lu_solve(matrix(rows), matrix([target[i] for i in chosen]))
        errors = [weight[i] * (target[i] - sum(solved[k] * columns[k][i] for k in range(n))) for i in range(len(xs))]
        groups, start = [], 0
        for i in range(1, len(xs) + 1):
            if i == len(xs) or errors[i] * errors[start] < 0:
                groups.append(max(range(start, i), key=lambda j: abs(errors[j])))
                start = i
        if len(groups) < n + 1 or groups[: n + 1] == chosen:
            break
        while len(groups) > n + 1:
            groups.pop(0 if abs(errors[groups[0]]) < abs(errors[groups[-1]]) else -1)
        chosen = groups
    return list(solved[:n]), max(map(abs, errors))


def fit(name, low, high, target, weight, powers):
    xs = linspace(mpf(low), mpf(high), 601)
    values, weights = [target(x) for x in xs], [weight(x) for x in xs]
    fixed = []
    for k in range(len(powers)):
        coefficients, _ = remez(xs, values, weights, powers[k:])
        fixed.append(single(coefficients[0]))
        values = [v - fixed[-1] * x ** powers[k] for v, x in zip(values, xs)]
    worst = max(abs(w * v) for w, v in zip(weights, values))
    print(f"{name}, powers {powers}: {float(worst):.1e}")
    for coefficient in fixed:
        print(f"    {float(coefficient):.9g}")


ROOM = mpf("1.001")
HALF_LN2 = log(2) / 2 * ROOM
fit("exp - 1 - x", -HALF_LN2, HALF_LN2, lambda x: expm1(x) - x, lambda x: 1 / exp(x), range(2, 7))
fit("ln - f + f²/2", mpf("-0.2931"), mpf("0.4143"), lambda x: log1p(x) - x + x * x / 2, lambda x: 1 / log1p(x) if x else mpf(1), range(3, 11))
fit("tanh - x", mpf("1e-3"), mpf("0.63"), lambda x: tanh(x) - x, lambda x: 1 / tanh(x), range(3, 13, 2))
fit("log1p in s = u/(2+u), less 2s", mpf("1e-3"), mpf(1) / 3, lambda s: log((1 + s) / (1 - s)) - 2 * s, lambda s: 1 / log((1 + s) / (1 - s)), range(3, 13, 2))
fit("erf - x", mpf("1e-3"), mpf("0.93"), lambda x: erf(x) - x, lambda x: 1 / erf(x), range(1, 13, 2))
fit("ln(1 - erf) + x", mpf("0.92"), mpf("4.0"), lambda x: log(erfc(x)) + x, lambda x: erfc(x) / erf(x), range(1, 8))
