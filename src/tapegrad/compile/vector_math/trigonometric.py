"""sin, cos, tan for arguments that Cody and Waite's reduction can bring to |r| ≤ π/4; `rare` has the others.

x is n·π/2 + r, and the two lowest bits of n say which function of r it is and with which sign. π/2 is in three parts;
with fused multiply-add n needs no short parts: x - n·(first part) is exact, because it is a multiple of the last bits
of both and small (W. J. Cody and W. Waite, *Software Manual for the Elementary Functions*, 1980; J.-M. Muller,
*Elementary Functions*, 3rd ed., 2016, section 11.2).
"""

from __future__ import annotations

import math

from .coefficients import COS, HALF_PI_PARTS, SIN
from .formats import DOUBLE
from .rare import Rare
from .values import Condition, Value, absolute, fma, low_bit, polynomial, rounded, select

# Up to here the three parts leave an error below half an ulp of r, however close x is to a multiple of π/2.
REACH = {"double": 2.0**30, "single": 2.0**17}
LARGE_SIN, LARGE_COS, LARGE_TAN = (Rare(name, **REACH) for name in ("sin", "cos", "tan"))


def sin(x: Value) -> Value:
    """The sine of x radians."""
    s, c, n = sin_and_cos(x)
    result = select(low_bit(n, 0), c, s)
    return select(is_tiny(x), x, select(low_bit(n, 1), -result, result))


def cos(x: Value) -> Value:
    """The cosine of x radians."""
    s, c, n = sin_and_cos(x)
    result = select(low_bit(n, 0), s, c)
    return select(low_bit(n, 0) ^ low_bit(n, 1), -result, result)


def tan(x: Value) -> Value:
    """The tangent of x radians."""
    s, c, n = sin_and_cos(x)
    swapped = low_bit(n, 0)
    return select(is_tiny(x), x, select(swapped, -c, s) / select(swapped, s, c))


def sin_and_cos(x: Value) -> tuple[Value, Value, Value]:
    """sin(r), cos(r), and n in the lowest bits, with x = n·π/2 + r."""
    n, bits = rounded(x, 2.0 / math.pi)
    r = x
    for part in x.format.of(HALF_PI_PARTS):
        r = fma(n, -part, r)
    z = r * r
    sine = fma(r * z, polynomial(z, x.format.of(SIN)), r)
    half = 0.5 * z
    near = 1.0 - half
    # (1 - near) - half is what rounding 1 - half has lost.
    cosine = near + fma(z * z, polynomial(z, x.format.of(COS)), (1.0 - near) - half)
    return sine, cosine, bits


def is_tiny(x: Value) -> Condition:
    """True where sin(x) and tan(x) round to x; the polynomials would lose the sign of -0."""
    return absolute(x) < (2.0**-27 if x.format is DOUBLE else 2.0**-13)
