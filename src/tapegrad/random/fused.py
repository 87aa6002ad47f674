"""a·b + c with a single rounding, as the fused multiply-add of the processor gives it.

PyTorch's kernels are compiled with fused multiply-adds. To have its bits, NumPy's separate product and sum must be put
together with the rounding error of the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_SPLITTER = 2.0**27 + 1.0


def fused32(a: Array, b: Array | np.float64, c: Array | np.float32) -> Array:
    """a·b + c in float32, where all three hold float32 values and `a` or `b` is of type float64: the product is exact.

    The float64 sum is rounded once more, to float32. That differs from a single rounding for about one in 2²⁹ operands.
    """
    total: Array = a * b
    total += c
    return total.astype(np.float32)


def fused32_exact(a: Array, b: np.float32, c: np.float32) -> Array:
    """a·b + c in float32, correctly rounded always.

    >>> fused32_exact(np.float32([1 + 2**-23]), np.float32(1 - 2**-23), np.float32(-1))
    array([-1.4210855e-14], dtype=float32)
    """
    product = a * np.float64(b)
    total = product + c
    # The second rounding goes wrong only where the float64 sum lies halfway between two float32 and is itself inexact.
    halfway = (total.view(np.int64) & 0x1FFFFFFF) == 0x10000000
    if halfway.any():
        at = halfway.nonzero()
        wide_c = np.float64(c)
        error = _two_sum_error(product[at], wide_c, total[at])
        total[at] = np.where(error == 0, total[at], np.nextafter(total[at], np.copysign(np.inf, error)))
    return total.astype(np.float32)


def fused64(a: Array, b: float, c: float) -> Array:
    """a·b + c in float64, correctly rounded, for operands whose product neither overflows nor underflows.

    Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE Transactions on Computers 57 (2008): the
    three summands of the exact result (product, its error, c) are added with the inner sum rounded to odd.

    >>> fused64(np.array([1 + 2**-52]), 1 - 2**-52, -1.0)
    array([-4.93038066e-32])
    """
    high = a * b
    if c == 0.0 or b == 1.0:
        # One of the two operations is exact. Adding c = 0 is not idle: it turns -0 into 0, as the processor does.
        return high + c
    low = _product_error(a, b, high)
    inner = low + c
    inner_error = _two_sum_error(low, c, inner)
    outer = high + inner
    outer_error = _two_sum_error(high, inner, outer)
    return outer + _sum_to_odd(inner_error, outer_error)


def _two_sum_error(a: Array, b: Array | np.float64 | float, total: Array) -> Array:
    """The exact error of total = a + b (Knuth)."""
    shadow = total - a
    error: Array = (a - (total - shadow)) + (b - shadow)
    return error


def _product_error(a: Array, b: float, product: Array) -> Array:
    """The exact error of product = a · b (Dekker, with Veltkamp's splitting)."""
    spread = a * _SPLITTER
    a_high = spread - (spread - a)
    a_low = a - a_high
    scalar_spread = b * _SPLITTER
    b_high = scalar_spread - (scalar_spread - b)
    b_low = b - b_high
    error: Array = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return error


def _sum_to_odd(a: Array, b: Array) -> Array:
    """a + b, where an inexact sum goes to the neighbour with an odd last bit: it then cannot cause a second tie."""
    total = a + b
    error = _two_sum_error(a, b, total)
    even = (total.view(np.int64) & 1) == 0
    nudge = even & (error != 0)
    return np.where(nudge, np.nextafter(total, np.copysign(np.inf, error)), total)
