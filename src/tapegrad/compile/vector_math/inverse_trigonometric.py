"""asin, acos, atan, atan2.

Arguments are brought to where a short polynomial is enough by identities that lose no digits: asin(x) = π/2 -
2·asin(√((1 - x)/2)) above 1/2, and atan(a/b) = π/4 + atan((a - b)/(a + b)) above tan(π/8) (W. J. Cody and W. Waite,
*Software Manual for the Elementary Functions*, 1980, chapters 10 and 11).
"""

from __future__ import annotations

import math

from .coefficients import ASIN, ATAN, HALF_PI_PARTS
from .values import Condition, Value, absolute, copysign, fma, is_negative, polynomial, select, sqrt


def asin(x: Value) -> Value:
    """The arc sine, in radians."""
    far, y = half_or_whole_asin(x)
    high, low = half_pi(x)
    return copysign(select(far, high - fma(y, 2.0, -low), y), x)


def acos(x: Value) -> Value:
    """The arc cosine, in radians."""
    far, y = half_or_whole_asin(x)
    high, low = half_pi(x)
    opposite = 2.0 * high - fma(y, 2.0, -2.0 * low)
    return select(far, select(x < 0.0, opposite, 2.0 * y), high - (copysign(y, x) - low))


def atan(x: Value) -> Value:
    """The arc tangent, in radians."""
    size = absolute(x)
    beyond = size > 1.0
    angle = atan_of_quotient(select(beyond, 1.0, size), select(beyond, size, 1.0))
    high, low = half_pi(x)
    return copysign(select(beyond, high - (angle - low), angle), x)


def atan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), in radians from -π to π; signs of zeros and infinities count as in C."""
    rise, run = absolute(y), absolute(x)
    steep = rise > run
    small, large = select(steep, run, rise), select(steep, rise, run)
    # Smaller by 4, their sum is finite.
    scale = select(large > x.format.largest / 4.0, x.lifted(0.25), 1.0)
    angle = atan_of_quotient(small * scale, large * scale)
    angle = select(large.equals(0.0) & small.equals(0.0), 0.0, select(small.equals(large), math.pi / 4, angle))
    high, low = half_pi(x)
    angle = select(steep, high - (angle - low), angle)
    angle = select(is_negative(x), 2.0 * high - (angle - 2.0 * low), angle)
    return copysign(angle, y)


def half_pi(x: Value) -> tuple[float, float]:
    """π/2 in two parts."""
    high, low, _ = x.format.of(HALF_PI_PARTS)
    return high, low


def half_or_whole_asin(x: Value) -> tuple[Condition, Value]:
    """Whether |x| > 1/2, and then asin(√((1 - |x|)/2)), else asin(|x|)."""
    size = absolute(x)
    far = size > 0.5
    z = select(far, 0.5 * (1.0 - size), size * size)
    y = select(far, sqrt(z), size)
    return far, fma(y * z, polynomial(z, x.format.of(ASIN)), y)


def atan_of_quotient(a: Value, b: Value) -> Value:
    """atan(a/b) for 0 ≤ a ≤ b, where a + b is finite."""
    far = a > math.tan(math.pi / 8) * b
    t = select(far, a - b, a) / select(far, a + b, b)
    z = t * t
    angle = fma(t * z, polynomial(z, a.format.of(ATAN)), t)
    high, low = half_pi(a)
    return select(far, high / 2 + (angle + low / 2), angle)
