"""Sums of all elements of large arrays, by a kernel and in threads, to the bit as NumPy adds them.

NumPy adds the sums of two halves, each of which is added up in the same way.  So halves of halves may be added up
anywhere, and rounding is what it would be.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .. import threads
from ..kernels import Kernel, find
from ..quiet import make_quiet
from ..tensor.dtypes import F32, F64, Array

# Elements that one thread adds up at a time; below, waking another takes longer than it saves.
PART: Final = 1 << 20

_reduce: Any = np.add.reduce
_PAIRWISE: Final = Kernel("sums", "pairwise")


def total(x: Array) -> Any:
    """The sum of all elements.

    >>> float(total(np.ones((300, 1000))))
    300000.0
    """
    dtype, flags = x.dtype, x.flags
    if (
        x.__class__ is not np.ndarray
        or not (dtype is F32 or dtype is F64)
        or not flags.c_contiguous
        or not flags.aligned
    ):
        return _reduce(x, None)
    kernel = find(_PAIRWISE, dtype, x.size)
    if kernel is None and x.size <= PART:
        return _reduce(x, None)
    flat = x.reshape(-1)
    parts: list[tuple[int, int]] = []
    _cut(0, x.size, parts)
    found: list[Any] = [None] * len(parts)

    def work(i: int) -> None:
        begin, count = parts[i]
        if kernel is None:
            found[i] = _reduce(flat[begin : begin + count])
            return
        sums = np.empty(128, dtype)
        kernel(flat, begin, count, np.empty(256, np.int64), sums)
        found[i] = sums[0]

    threads.run(work, len(parts))
    return _joined(x.size, iter(found))


def _half(count: int) -> int:
    """How many of so many elements NumPy adds up in the first half."""
    half = count // 2
    return half - half % 8


def _cut(begin: int, count: int, parts: list[tuple[int, int]]) -> None:
    """Add to the list the stretches that are added up at a time, first place and length."""
    if count <= PART:
        parts.append((begin, count))
        return
    half = _half(count)
    _cut(begin, half, parts)
    _cut(begin + half, count - half, parts)


def _joined(count: int, sums: Any) -> Any:
    """The sum of the stretches' sums."""
    if count <= PART:
        return next(sums)
    half = _half(count)
    return _joined(half, sums) + _joined(count - half, sums)


make_quiet(globals())

__all__ = ["PART", "total"]
