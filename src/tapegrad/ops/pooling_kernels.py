"""Max pooling by compiled kernels: of plain arrays of single and double precision."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np

from .. import threads
from ..kernels import Kernel, find
from ..tensor.arena import empty
from ..tensor.dtypes import Array
from .patches import Ints

_BY_TWO: Final = Kernel("pooling", "max_pool_by_two")
_PUT_BACK: Final = Kernel("pooling", "put_back")

BLOCK: Final = 1 << 16  # elements that one thread has before it
LARGE: Final = 1 << 18  # elements from which several threads pay


def _blocks(count: int, each: int) -> list[tuple[int, int]]:
    """The bounds of blocks of parts with so many elements each."""
    in_block = max(1, BLOCK // each) if count * each >= LARGE else count
    return [(k, min(k + in_block, count)) for k in range(0, count, in_block)]


def _is_plain(x: Array) -> bool:
    return x.__class__ is np.ndarray and x.flags.carray and x.size > 0


def largest_by_two(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints
) -> tuple[Array, Array] | None:
    """The largest elements of windows of two by two, and their positions in x; None if there is no kernel for it."""
    if not kernel == (2, 2) == stride or padding != (0, 0) or dilation != (1, 1) or not _is_plain(x):
        return None
    lines, wide = x.shape[-2:]
    high, columns = out
    if 2 * high > lines or 2 * columns > wide:
        return None
    found = find(_BY_TWO, x.dtype, x.size)
    if found is None:
        return None
    work = found
    shape = (*x.shape[:-2], *out)
    y, places = empty(shape, x.dtype), empty(shape, np.dtype(np.int64))
    blocks = _blocks(prod(x.shape[:-2]), lines * wide)
    threads.run(lambda block: work(x, y, places, lines, wide, high, columns, *blocks[block]), len(blocks))
    return y, places


def added_at(g: Array, places: Array, shape: Ints) -> Array | None:
    """Zeros of a shape, with each element of g added at its position, which is in the same sample.

    Returns:
        None if there is no kernel for it.
    """
    if not _is_plain(g) or not _is_plain(places) or not shape or places.dtype != np.int64 or g.shape[:1] != shape[:1]:
        return None
    found = find(_PUT_BACK, g.dtype, prod(shape))
    if found is None:
        return None
    work = found
    z = empty(shape, g.dtype)
    size, outs = prod(shape[1:]), g.size // len(g)
    blocks = _blocks(len(g), size)
    threads.run(lambda block: work(g, places, z, size, outs, *blocks[block]), len(blocks))
    return z


__all__ = ["added_at", "largest_by_two"]
