"""Kernels of max pooling by windows of two by two, and of the gradient of any max pooling.

Positions count the elements of all planes.
"""

from __future__ import annotations

from .words import Integers, Reals, real


def max_pool_by_two(
    x: Reals, y: Reals, places: Integers, lines: int, wide: int, high: int, columns: int, begin: int, end: int
) -> None:
    """The largest elements of neighbouring windows in planes from `begin` to `end`, and their positions.

    Of equals it is the first; in a window that holds nans the last of these is its largest element.

    Args:
        lines, wide: the size of a plane.
        high, columns: the number of windows in it, all of which are inside.
    """
    o = begin * high * columns
    for n in range(begin, end):
        for b in range(high):
            line = (n * lines + 2 * b) * wide
            for c in range(columns):
                p = line + 2 * c
                q = p + wide
                best, v, at = x[p], x[p + 1], p
                better = (v > best) | (v != v)
                best, at = v if better else best, p + 1 if better else at
                v = x[q]
                better = (v > best) | (v != v)
                best, at = v if better else best, q if better else at
                v = x[q + 1]
                better = (v > best) | (v != v)
                y[o + c] = v if better else best
                places[o + c] = q + 1 if better else at
            o += columns


def put_back(g: Reals, places: Integers, z: Reals, size: int, outs: int, begin: int, end: int) -> None:
    """Zeros in the samples of `size` elements from `begin` to `end`, with each of `outs` numbers added at its place."""
    for k in range(begin * size, end * size):
        z[k] = real(0)
    for k in range(begin * outs, end * outs):
        z[places[k]] += g[k]
