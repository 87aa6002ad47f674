"""Draws from discrete distributions, as raw arrays: integers, Bernoulli, geometric.

The conventions are those of `continuous`: a stream, a shape and a NumPy dtype give a fresh C-contiguous array, made of
the words that torch would use. Unless a function says otherwise, the dtype may be any integer type, bool or float.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import libm
from .continuous import F32, F64, DType, Shape, narrow
from .stream import Stream

Array = np.ndarray[Any, Any]

# From this many values on, the remainder of a 32-bit word would favour small values by more than 5 %: torch takes 64.
_WIDE_RANGE = 2**28

# Binary digits of the floating-point types.
DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def integers(stream: Stream, shape: Shape, dtype: DType, low: int, count: int) -> Array:
    """Whole numbers low, low + 1, …, low + count − 1 with equal probability; 1 ≤ count ≤ 2⁶⁴ − 1.

    >>> integers(Stream(0), (5,), np.dtype(np.int64), 10, 5)
    array([14, 14, 13, 10, 13])
    """
    size = math.prod(shape)
    with stream.lock:
        words = stream.doublewords(size) if count >= _WIDE_RANGE else stream.words(size)
    values = (words % words.dtype.type(count)).astype(np.uint64, copy=False)
    if low:
        values += np.uint64(low & 0xFFFFFFFFFFFFFFFF)
    return narrow(values.view(np.int64), dtype).reshape(shape)


def integers_64(stream: Stream, shape: Shape, dtype: DType) -> Array:
    """Whole numbers from −2⁶³ to 2⁶³ − 1, converted to `dtype`."""
    with stream.lock:
        words = stream.doublewords(math.prod(shape))
    return narrow(words.view(np.int64), dtype).reshape(shape)


def integers_of_type(stream: Stream, shape: Shape, dtype: DType) -> Array:
    """Whole numbers from 0 to the largest of an integer type; to 2^digits for a float type with so many digits.

    Not for uint32 and uint64, for which torch has no such draw.
    """
    if dtype.kind in "iu":
        count = int(np.iinfo(dtype).max) + 1
    elif dtype.kind == "b":
        count = 2
    else:
        count = 2 ** DIGITS[dtype.name] + 1
    size = math.prod(shape)
    with stream.lock:
        words = stream.doublewords(size) if dtype in (F64, np.dtype(np.int64)) else stream.words(size)
    return narrow(words % words.dtype.type(count), dtype).reshape(shape)


def bernoulli(stream: Stream, shape: Shape, dtype: DType, p: float | Array) -> Array:
    """1 with probability `p`, else 0.

    Args:
        p: in [0, 1]: a number, or an array of `shape`. A float64 array and a number are compared with 53 random bits,
            arrays of narrower types with 24.
    """
    size = math.prod(shape)
    narrow_p = isinstance(p, np.ndarray) and p.dtype != F64
    with stream.lock:
        uniform = stream.uniform32(size) if narrow_p else stream.uniform64(size)
    hit: Array = uniform.reshape(shape) < (p.astype(F32) if narrow_p else p)  # type: ignore[union-attr]
    return hit.astype(dtype)


def geometric(stream: Stream, shape: Shape, dtype: DType, p: float) -> Array:
    """The number of trials until the first success of probability `p` in (0, 1): 1, 2, …; not for bool."""
    with stream.lock:
        uniform = stream.uniform64(math.prod(shape))
    trials = np.ceil(libm.log(uniform) / math.log1p(-p))
    with np.errstate(invalid="ignore", over="ignore"):
        return narrow(trials, dtype).reshape(shape)
