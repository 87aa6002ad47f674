"""log, log2, log10, log1p, and the functions made of them: logaddexp, asinh, acosh, atanh.

The argument is m·2**k with √½ ≤ m < √2. With f = m - 1 and s = f/(2 + f), log(m) = 2·atanh(s), which is written as
f - f²/2 + s·(f²/2 + R(s²)) so that the largest term is exact (P. T. P. Tang, "Table-driven implementation of the
logarithm function in IEEE floating-point arithmetic", ACM TOMS 16, 1990, has the error analysis of such sums).
"""

from __future__ import annotations

import math

from .coefficients import ATANH, LN2_PARTS, LOG2_E_PARTS, LOG10_2_PARTS, LOG10_E_PARTS
from .exponential import exp, exp2
from .formats import DOUBLE
from .values import Value, absolute, copysign, fma, polynomial, power_of_two, select, split, sqrt


def log(x: Value) -> Value:
    """The natural logarithm."""
    k, m = split_any(x)
    return defined_above(0.0, x, k_log2_plus_log1p(k, m - 1.0))


def log2(x: Value) -> Value:
    """The logarithm to base 2; exact at powers of 2."""
    high, low = x.format.of(LOG2_E_PARTS)
    k, m = split_any(x)
    y = log1p_near(m - 1.0)
    return defined_above(0.0, x, fma(y, high, k) + y * low)


def log10(x: Value) -> Value:
    """The logarithm to base 10."""
    k, m = split_any(x)
    y = log1p_near(m - 1.0)
    high, low = x.format.of(LOG10_2_PARTS)
    scale, rest = x.format.of(LOG10_E_PARTS)
    return defined_above(0.0, x, fma(k, high, fma(y, scale, fma(k, low, y * rest))))


def log1p(x: Value) -> Value:
    """log(1 + x), where f = (1 + x)·2**-k - 1 is computed with one rounding, and none where k = 0."""
    k, m = split(1.0 + x)
    power = power_of_two(-k)
    # Far out, 2**-k is not a normal number, but there 1 + x is as good as x.
    f = select(x > 1.0 / x.format.negligible, m - 1.0, fma(x, power, power - 1.0))
    result = defined_above(-1.0, x, k_log2_plus_log1p(k, f))
    return select(absolute(x) < x.format.negligible, x, result)


def logaddexp(a: Value, b: Value) -> Value:
    """log(eᵃ + eᵇ); as in NumPy, digits cancel where that is near 0 and neither term is."""
    return larger(a, b) + select(a.equals(b), math.log(2.0), log1p(exp(-absolute(a - b))))


def logaddexp2(a: Value, b: Value) -> Value:
    """log2(2ᵃ + 2ᵇ); digits cancel as in `logaddexp`."""
    rest = log1p(exp2(-absolute(a - b))) * a.format.of(LOG2_E_PARTS)[0]
    return larger(a, b) + select(a.equals(b), 1.0, rest)


def asinh(x: Value) -> Value:
    """log(|x| + √(x² + 1)) with the sign of x."""
    size = absolute(x)
    square = size * size
    far = size > beyond_one(x)
    y = log1p(select(far, size - 1.0, size + square / (1.0 + sqrt(1.0 + square))))  # log(size) if far
    return copysign(select(far, y + math.log(2.0), y), x)


def acosh(x: Value) -> Value:
    """log(x + √(x² - 1)) for x ≥ 1."""
    t = x - 1.0
    far = x > beyond_one(x)
    y = log1p(select(far, t, t + sqrt(t * (2.0 + t))))  # log(x) if far
    return select(x < 1.0, math.nan, select(far, y + math.log(2.0), y))


def atanh(x: Value) -> Value:
    """log((1 + x)/(1 - x))/2 for |x| ≤ 1."""
    size = absolute(x)
    return copysign(0.5 * log1p(2.0 * size / (1.0 - size)), x)


def split_any(x: Value) -> tuple[Value, Value]:
    """`split` of a positive number that may be subnormal."""
    digits = float(x.format.mantissa + 2)
    small = x < x.format.smallest_normal
    k, m = split(select(small, x * 2.0**digits, x))
    return select(small, k - digits, k), m


def log1p_near(f: Value) -> Value:
    """log(1 + f) for √½ ≤ 1 + f < √2."""
    half_square, rest = log1p_terms(f)
    return f - (half_square - rest)


def k_log2_plus_log1p(k: Value, f: Value) -> Value:
    """k·log(2) + log(1 + f) for √½ ≤ 1 + f < √2 and an integer k."""
    high, low = f.format.of(LN2_PARTS)
    half_square, rest = log1p_terms(f)
    return fma(k, high, f - (half_square - fma(k, low, rest)))


def log1p_terms(f: Value) -> tuple[Value, Value]:
    """f²/2 and what must be added to f - f²/2 for log(1 + f)."""
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    return half_square, s * fma(z, polynomial(z, f.format.of(ATANH)), half_square)


def defined_above(pole: float, x: Value, result: Value) -> Value:
    """`result` where pole < x < ∞; a logarithm's values elsewhere."""
    outside = select(x.equals(pole), x.lifted(-math.inf), math.nan)
    return select(x > pole, select(x.equals(math.inf), math.inf, result), outside)


def larger(a: Value, b: Value) -> Value:
    """max(a, b), for a sum with something that is NaN if either is."""
    return select(a > b, a, b)


def beyond_one(x: Value) -> float:
    """Above it, √(x² ± 1) rounds to x."""
    return 2.0 ** (28 if x.format is DOUBLE else 13)
