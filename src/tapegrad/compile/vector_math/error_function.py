"""erf and erfc.

erfc(x) = exp(-x²)·w(x), where (1 + 2x)·w(x) is a polynomial in (x - K)/(x + K) from 0 to where erfc underflows
(M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x < ∞", Mathematics of
Computation 36, 1981).
"""

from __future__ import annotations

from .coefficients import ERF, ERFCX, ERFCX_TO_10
from .exponential import reduced
from .formats import DOUBLE
from .values import Value, absolute, at_most, copysign, fma, polynomial, scaled, select

K = 3.5  # tools/minimax.py fits for this


def erf(x: Value) -> Value:
    """The error function."""
    size = absolute(x)
    return select(size < 0.84, erf_near(x), copysign(1.0 - erfc_of_size(size), x))


def erfc(x: Value) -> Value:
    """1 - erf(x), small values to full precision."""
    size = absolute(x)
    y = erfc_of_size(size)
    # As long as erf is below 1/2, subtracting it from 1 loses nothing.
    return select(size < 0.47, 1.0 - erf_near(x), select(x < 0.0, 2.0 - y, y))


def erf_near(x: Value) -> Value:
    """erf(x) for |x| ≤ 0.84."""
    return fma(x, polynomial(x * x, x.format.of(ERF)), x)


def erfc_of_size(x: Value) -> Value:
    """erfc(x) for x ≥ 0."""
    double = x.format is DOUBLE
    x = at_most(x, 28.0 if double else 10.5)  # 0 beyond
    t = 2.0 * x / (x + K) - 1.0  # (x - K)/(x + K) with one rounding where x is small, where it matters
    w = polynomial(t, x.format.of(ERFCX if double else ERFCX_TO_10)) / fma(x, 2.0, 1.0)
    square = x * x
    n, q = reduced(-square, tail=fma(-x, x, square))
    return scaled(fma(w, q, w), n)
