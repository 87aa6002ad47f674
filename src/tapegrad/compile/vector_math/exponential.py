"""exp, exp2, expm1, and the functions made of them: sinh, cosh, tanh, the logistic function.

The argument is reduced to n·ln(2) + r with |r| ≤ ln(2)/2 by W. J. Cody and W. Waite's method (*Software Manual for the
Elementary Functions*, 1980); a polynomial gives exp(r) - 1, and 2**n goes into the exponent.
"""

from __future__ import annotations

from .coefficients import EXP2, EXPM1, LN2_PARTS, LOG2_E_PARTS, SINH
from .formats import DOUBLE
from .values import (
    Value,
    absolute,
    at_least,
    at_most,
    copysign,
    fma,
    polynomial,
    power_of_two,
    rounded,
    scaled,
    select,
)


def reduced(x: Value, tail: Value | None = None) -> tuple[Value, Value]:
    """n and q with exp(x + tail) = (1 + q)·2**n, |q| < 0.42, to less than an ulp of q; n is an integer."""
    high, low = x.format.of(LN2_PARTS)
    n, _ = rounded(x, x.format.of(LOG2_E_PARTS)[0])
    r = fma(n, -low, fma(n, -high, x))  # the inner one is exact
    if tail is not None:
        r = r + tail
    return n, fma(r * r, polynomial(r, x.format.of(EXPM1)), r)


def exp(x: Value) -> Value:
    """eˣ."""
    lowest, highest = (-746.0, 710.0) if x.format is DOUBLE else (-104.0, 89.0)  # 0 and infinity beyond
    n, q = reduced(at_least(at_most(x, highest), lowest))
    return scaled(1.0 + q, n)


def decay(x: Value) -> Value:
    """eˣ where x is not above 0, in two thirds of the instructions of `exp`; not for x > 40."""
    lowest, shift = (-746.0, 512.0) if x.format is DOUBLE else (-104.0, 64.0)
    n, q = reduced(at_least(x, lowest))
    # 2**(n + shift) is normal, and so is this product; taking the shift off again rounds once.
    return (1.0 + q) * power_of_two(n + shift) * 2.0**-shift


def exp2(x: Value) -> Value:
    """2ˣ."""
    lowest, highest = (-1076.0, 1025.0) if x.format is DOUBLE else (-151.0, 129.0)
    x = at_least(at_most(x, highest), lowest)
    n, _ = rounded(x)
    r = x - n
    return scaled(1.0 + r * polynomial(r, x.format.of(EXP2)), n)


def expm1(x: Value) -> Value:
    """eˣ - 1: (1 + q)·2**n - 1, which is q itself where n = 0."""
    lowest, highest = (-40.0, 710.0) if x.format is DOUBLE else (-20.0, 89.0)  # -1 and infinity beyond
    n, q = reduced(at_least(at_most(x, highest), lowest))
    half = power_of_two(n - 1.0)  # n is one too many for 2**n just below the overflow
    result = fma(half, q, half - 0.5) * 2.0
    return select(absolute(x) < x.format.negligible, x, result)


def sinh(x: Value) -> Value:
    """(eˣ - e⁻ˣ)/2, by an odd polynomial below 1."""
    size, half = half_exp(x)
    square = x * x
    near = fma(x * square, polynomial(square, x.format.of(SINH)), x)
    return select(size < 1.0, near, copysign(half - 0.25 / half, x))


def cosh(x: Value) -> Value:
    """(eˣ + e⁻ˣ)/2."""
    _, half = half_exp(x)
    return half + 0.25 / half


def half_exp(x: Value) -> tuple[Value, Value]:
    """|x| and e**|x|/2, which overflows later than e**|x|."""
    size = absolute(x)
    n, q = reduced(at_most(size, 711.0 if x.format is DOUBLE else 90.0))
    return size, scaled(1.0 + q, n - 1.0)


def tanh(x: Value) -> Value:
    """-e/(e + 2) with e = exp(-2|x|) - 1, and the sign of x."""
    n, q = reduced(at_least(-2.0 * absolute(x), -44.0 if x.format is DOUBLE else -20.0))
    power = power_of_two(n)
    e = fma(power, q, power - 1.0)
    return copysign(-e / (e + 2.0), x)


def expit(x: Value) -> Value:
    """The logistic function 1/(1 + e⁻ˣ), small values to full precision."""
    e = exp(-absolute(x))
    return select(x < 0.0, e, 1.0) / (1.0 + e)
