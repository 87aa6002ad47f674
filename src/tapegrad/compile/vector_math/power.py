"""pow, as C defines it, and hypot.

y·log2(x) may be 1024 and its error is the result's relative error, so log2(x) must have 11 bits more than the result.
For float64 it is computed in pairs of numbers (T. J. Dekker, "A floating-point technique for extending the available
precision", Numerische Mathematik 18, 1971), whose products fused multiply-add gives exactly; for float32 in float64.
"""

from __future__ import annotations

import math

from .coefficients import ATANH_TAIL, EXP2, EXP2_SHORT, LOG2_E_PARTS, LOG2_SHORT, THIRD_PARTS
from .formats import DOUBLE, SINGLE
from .logarithms import split_any
from .values import (
    Value,
    absolute,
    at_least,
    at_most,
    converted,
    floor,
    fma,
    is_negative,
    polynomial,
    power_of_two,
    rounded,
    scaled,
    select,
    split,
    sqrt,
)

Pair = tuple[Value, Value]  # an unevaluated sum, the second below half an ulp of the first, or nearly so


def power(x: Value, y: Value) -> Value:
    """x to the power y; NaN where x < 0 and y is not an integer."""
    size = absolute(x)
    return with_special_values(x, y, (power_of_double if x.format is DOUBLE else power_of_single)(size, y))


def power_of_single(x: Value, y: Value) -> Value:
    """x**y for x > 0, by way of float64."""
    x, y = converted(x, DOUBLE), converted(y, DOUBLE)
    k, m = split(x)  # no float32 number is subnormal in float64
    f = m - 1.0
    s = f / (2.0 + f)
    exponent = y * fma(s, polynomial(s * s, x.format.of(LOG2_SHORT)), k)
    exponent = at_least(at_most(exponent, 200.0), -200.0)
    n, _ = rounded(exponent)
    r = exponent - n
    return converted(fma(r, polynomial(r, x.format.of(EXP2_SHORT)), 1.0) * power_of_two(n), SINGLE)


def power_of_double(x: Value, y: Value) -> Value:
    """x**y for x > 0."""
    high, low = log2_pair(x)
    exponent = y * high
    rest = fma(y, high, -exponent) + y * low
    within = absolute(exponent) < 1100.0
    exponent, rest = at_least(at_most(exponent, 1100.0), -1100.0), select(within, rest, 0.0)
    n, _ = rounded(exponent)
    r = (exponent - n) + rest
    return scaled(fma(r, polynomial(r, x.format.of(EXP2)), 1.0), n)


def log2_pair(x: Value) -> Pair:
    """log2(x) to some 65 bits: 2·log2(e)·atanh(s) + k, where s = (m - 1)/(m + 1) and x = m·2**k."""
    k, m = split_any(x)
    s = ratio(m - 1.0, m)
    z = product(s, s)
    # atanh(s)/s = 1 + z·w with w = 1/3 + z·(…), whose rest needs no more than one number.
    third, third_low = x.format.of(THIRD_PARTS)
    rest = z[0] * polynomial(z[0], x.format.of(ATANH_TAIL))
    w_high = third + rest
    w = (w_high, (third - w_high) + rest + third_low)
    beyond = product(s, product(z, w))
    atanh = s[0] + beyond[0]
    atanh_low = (s[0] - atanh) + beyond[0] + (s[1] + beyond[1])
    scale, scale_low = x.format.of(LOG2_E_PARTS)
    y = product((atanh, atanh_low), (x.lifted(2.0 * scale), x.lifted(2.0 * scale_low)))
    high = k + y[0]  # |k| is 0 or larger than |y|
    return high, (k - high) + y[0] + y[1]


def ratio(f: Value, m: Value) -> Pair:
    """f/(1 + m)."""
    below = 1.0 + m
    below_low = m - (below - 1.0)
    inverse = 1.0 / below
    high = f * inverse
    return high, (fma(-high, below, f) - high * below_low) * inverse


def product(a: Pair, b: Pair) -> Pair:
    """a·b."""
    high = a[0] * b[0]
    return high, fma(a[0], b[0], -high) + (a[0] * b[1] + a[1] * b[0])


def with_special_values(x: Value, y: Value, result: Value) -> Value:
    """`result` where |x| and |y| are positive and finite, with its sign; the C standard's values elsewhere."""
    size = absolute(x)
    whole = floor(y).equals(y)
    odd = whole & ~(floor(0.5 * y) * 2.0).equals(y)
    infinite = absolute(y).equals(math.inf)
    grows = ~((size > 1.0) ^ (y > 0.0))
    result = select(infinite | size.equals(0.0) | size.equals(math.inf), select(grows, x.lifted(math.inf), 0.0), result)
    result = select(size.equals(1.0) & infinite, 1.0, result)
    result = select((x < 0.0) & ~size.equals(math.inf) & ~whole, math.nan, result)
    result = select(is_negative(x) & odd, -result, result)
    result = select(x.is_nan() | y.is_nan(), math.nan, result)
    return select(y.equals(0.0) | x.equals(1.0), 1.0, result)


def hypot(x: Value, y: Value) -> Value:
    """√(x² + y²) without overflow on the way; infinite if either is."""
    x, y = absolute(x), absolute(y)
    steep = y > x
    large, small = select(steep, y, x), select(steep, x, y)
    t = small / large
    result = large * sqrt(fma(t, t, 1.0))
    result = select(large.equals(0.0) & small.equals(0.0), 0.0, result)
    return select(x.equals(math.inf) | y.equals(math.inf), math.inf, result)
