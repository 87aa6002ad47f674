"""Sums of floating-point numbers in the order in which torch's CPU kernel adds them.

Rounding depends on the order of additions, and a printed loss shows its last bit, so sums up to `EXACT` elements are
added as torch does (ATen's SumKernel.cpp): in vector lanes of 32 bytes, four vectors at a time, blocks of 16 cascaded
into blocks of blocks; then the elements left over, then the lanes, one by one.  Beyond that size torch divides the work
among threads, and NumPy's pairwise sum is used.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..quiet import make_quiet
from ..tensor.dtypes import F32, F64, Array
from .large_sums import total as total_of_large
from .vector_sums import LONGEST, vector_sum

UNROLLED = 4  # vectors added independently of each other: so many elements are added one after the other
EXACT = 32768  # ATen's grain size: larger reductions are split among threads

_ndarray = np.ndarray
_reduce: Any = np.add.reduce
_running: Any = np.add.accumulate
_TALL = 128  # rows that NumPy may add one after the other
_BLOCK = 16  # additions before a partial sum moves one level up; more for sums of over 65536 rows, which are not exact


def total(x: Array) -> Any:
    """The sum of all elements."""
    dtype = x.dtype
    n = x.size
    if n > EXACT:
        return total_of_large(x)
    if not (dtype is F32 or dtype is F64) or not x.flags.c_contiguous:
        return _reduce(x, None)
    if n <= LONGEST and x.__class__ is _ndarray and n:
        return vector_sum(x.ravel(), n, 8 if dtype is F32 else 4)
    if n <= UNROLLED:
        return _reduce(x, None)
    return _row_total(x.reshape(-1), n, 8 if dtype is F32 else 4)


def _row_total(x: Array, n: int, lanes: int) -> Any:
    """The sum of a contiguous vector."""
    if n < lanes:
        return _interleaved(x)
    whole = n - n % lanes
    if whole == lanes:
        sums = x[:lanes]
    else:
        sums = _interleaved(x[:whole].reshape(-1, lanes))
    if whole != n:
        sums = np.concatenate((x[whole:], sums))
    return _running(sums)[-1]


def over_rows(x: Array) -> Array:
    """The sum of the rows of a matrix, in one dimension: what a bias gets from a batch."""
    dtype = x.dtype
    n = x.size
    if n <= UNROLLED or n > EXACT or not (dtype is F32 or dtype is F64) or not x.flags.c_contiguous:
        return over_dims(x, (0,), False)
    lanes = 8 if dtype is F32 else 4
    if n == x.shape[0]:  # one column
        return np.asarray(_row_total(x.reshape(-1), n, lanes)).reshape(1)
    return _columns(x, lanes)


def over_dims(x: Array, dims: tuple[int, ...] | None, keepdim: bool) -> Array:
    """The sum over some dimensions; over all if `dims` is None."""
    if dims is None:
        dims = tuple(range(x.ndim))
    dtype = x.dtype
    if (dtype is F32 or dtype is F64) and UNROLLED < x.size <= EXACT and x.flags.c_contiguous and dims:
        lanes = 8 if dtype is F32 else 4
        ndim, first = x.ndim, min(dims)
        count = math.prod([x.shape[d] for d in dims])
        last = len(dims) == ndim - first or count == x.size
        if last and count >= UNROLLED:  # the last dimensions: contiguous rows
            rows = x.reshape(-1, count)
            return _rows(rows, lanes).reshape(_reduced_shape(x.shape, dims, keepdim))
        if not last and len(dims) == max(dims) + 1 and count >= UNROLLED:  # the first dimensions: contiguous columns
            columns = x.reshape(count, -1)
            return _columns(columns, lanes).reshape(_reduced_shape(x.shape, dims, keepdim))
    if dtype is F32 and x.ndim > 1 and 0 in dims:
        while x.shape[0] >= 2 * _TALL:
            x = _shortened(x)
    if dtype.itemsize == 2 and dtype.kind in "fV":  # in half precision, 256 + 1 may be 256
        return _reduce(x, dims, F32, None, keepdim).astype(dtype)
    return _reduce(x, dims, None, None, keepdim)


def _shortened(x: Array) -> Array:
    """The sums of groups of rows.

    NumPy adds the rows of a matrix one after the other, and over a hundred thousand of them float32 loses two digits.
    """
    groups = x.shape[0] // _TALL
    whole = groups * _TALL
    sums: Array = _reduce(x[:whole].reshape(groups, _TALL, *x.shape[1:]), 1)
    return sums if whole == x.shape[0] else np.concatenate((sums, _reduce(x[whole:], 0, None, None, True)))


def _reduced_shape(shape: tuple[int, ...], dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
    if keepdim:
        return tuple([1 if i in dims else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in dims])


def _rows(x: Array, lanes: int) -> Array:
    """The sum of each row of a contiguous matrix."""
    count, n = x.shape
    if n < lanes:
        return _interleaved(x.T)
    whole = n - n % lanes
    sums = x[:, whole:]
    if whole:
        vectors = x[:, :whole].reshape(count, -1, lanes)
        lane_sums = _interleaved(vectors.transpose(1, 0, 2))
        sums = np.concatenate((sums, lane_sums), axis=1)
    return _running(sums, axis=1)[:, -1]


def _columns(x: Array, lanes: int) -> Array:
    """The sum of each column of a contiguous matrix.

    Columns that fill four vectors (four columns, where they do not fill one) are cascaded, the rest unrolled.
    """
    columns = x.shape[1]
    wide = columns - columns % (UNROLLED * lanes if columns >= lanes else UNROLLED)
    if wide == x.shape[1]:
        return _cascaded(x)
    if wide == 0:
        return _interleaved(x)
    return np.concatenate((_cascaded(x[:, :wide]), _interleaved(x[:, wide:])))


def _interleaved(x: Array) -> Array:
    """The sum over the first dimension, every fourth row in one partial sum."""
    n = x.shape[0]
    groups = n // UNROLLED
    if groups == 0 or n == UNROLLED:
        return _reduce(x, 0)
    whole = groups * UNROLLED
    if groups == 1:
        partial = x[:UNROLLED].copy()
    else:
        parts = (x if whole == n else x[:whole]).reshape(groups, UNROLLED, *x.shape[1:])
        partial = _reduce(parts, 0) if groups < _BLOCK else _cascaded(parts)
    if whole != n:
        for row in x[whole:]:
            partial[0] += row
    return _reduce(partial, 0)


def _cascaded(x: Array) -> Array:
    """The sum over the first dimension: blocks of 16, the sums of blocks again in blocks of 16, three times."""
    n = x.shape[0]
    if n < _BLOCK:
        return _reduce(x, 0)
    level, leftovers = x, []
    for _ in range(3):
        blocks = level.shape[0] // _BLOCK
        rest = level[blocks * _BLOCK :]
        leftovers.append(_reduce(rest, 0) if len(rest) else None)
        if blocks == 0:
            break
        level = _reduce(level[: blocks * _BLOCK].reshape(blocks, _BLOCK, *x.shape[1:]), 1)
    else:
        leftovers.append(_reduce(level, 0))
    sums = [rest for rest in leftovers if rest is not None]
    result = sums[0]
    for rest in sums[1:]:
        result = result + rest
    return result


make_quiet(globals())
