"""Softmax, its logarithm and layer norm of large arrays, with their gradients, by the block of rows.

Each function does for the last dimension what the formula beside its operator says, step by step in memory that stays
in the cache.  It returns None where that cannot be (`blocks.rows_of` says where), and the operator's plain steps do it.
Sums along a row are products with a vector, which add up in another order than NumPy's sum: results are the same to
rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..quiet import make_quiet
from ..tensor.arena import empty_like, scratch
from ..tensor.blocks import over_rows, rows_in_block, rows_of
from ..tensor.dtypes import Array
from .summation import over_dims

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce

# Beyond this length, BLAS would have threads of its own for a product, and its sums lose digits.
_SHORT: Final = 8192


def _dots(a: Array, b: Array) -> Array:
    """The product of each row of a with that of b, or with the vector b; shape (rows, 1)."""
    if a.shape[1] > _SHORT:
        return _sum(a * b, 1, None, None, True)
    return np.vecdot(a, b)[:, None]


def _sums(a: Array, ones: Array) -> Array:
    """The sum of each row; shape (rows, 1)."""
    if a.shape[1] > _SHORT:
        return _sum(a, 1, None, None, True)
    return np.vecdot(a, ones)[:, None]


def _scratch_like(block: Array, place: int) -> Array:
    """Memory for what is computed on the way from a block."""
    return scratch(place, block.size, block.dtype).reshape(block.shape)


def _by_rows(rows: int, *arrays: Array) -> list[Array]:
    return [array.reshape(rows, -1) for array in arrays]


def _made(kernel: Callable[..., object], *arrays: Array) -> Array | None:
    """An array like others, filled by a kernel.

    Args:
        kernel: takes a block of rows of each array, one of the result, and as many ones as a row has elements.
    """
    if not (rows := rows_of(*arrays)):
        return None
    out = empty_like(arrays[0])
    wholes = _by_rows(rows, *arrays, out)
    length = wholes[0].shape[1]
    ones = np.ones(length, out.dtype)
    over_rows(lambda part: kernel(*[whole[part] for whole in wholes], ones), rows, length)
    return out


# -- softmax -----------------------------------------------------------------------------------------------------------


def softmax(x: Array, safe: bool = False) -> Array | None:
    """e^x divided by its sum over the last dimension; if `safe`, rows of nothing but -inf give zeros."""

    def kernel(x: Array, y: Array, ones: Array) -> None:
        top = _max(x, 1, None, None, True)
        if safe:
            top[top == -np.inf] = 0
        np.subtract(x, top, y)
        np.exp(y, y)
        total = _sums(y, ones)
        if safe:
            total[total == 0] = 1
        np.true_divide(y, total, y)

    return _made(kernel, x)


def softmax_gradient(g: Array, out: Array) -> Array | None:
    """(g - Σ g·out) · out."""

    def kernel(g: Array, y: Array, z: Array, ones: Array) -> None:
        np.subtract(g, _dots(g, y), z)
        np.multiply(z, y, z)

    return _made(kernel, g, out)


def log_softmax(x: Array) -> Array | None:
    """x minus the logarithm of the sum of e^x over the last dimension."""

    def kernel(x: Array, y: Array, ones: Array) -> None:
        np.subtract(x, _max(x, 1, None, None, True), y)
        np.subtract(y, np.log(_sums(np.exp(y, _scratch_like(y, 0)), ones)), y)

    return _made(kernel, x)


def log_softmax_gradient(g: Array, out: Array) -> Array | None:
    """g - e^out · Σ g."""

    def kernel(g: Array, y: Array, z: Array, ones: Array) -> None:
        np.exp(y, z)
        np.multiply(z, _sums(g, ones), z)
        np.subtract(g, z, z)

    return _made(kernel, g, out)


# -- layer norm --------------------------------------------------------------------------------------------------------


def moments(x: Array) -> tuple[Array, Array] | None:
    """Mean and variance of each row, of shape (rows, 1)."""
    if not (rows := rows_of(x)):
        return None
    (xs,) = _by_rows(rows, x)
    length = xs.shape[1]
    count = x.dtype.type(length)
    ones = np.ones(length, x.dtype)
    means, variances = np.empty((rows, 1), x.dtype), np.empty((rows, 1), x.dtype)

    def kernel(part: slice) -> None:
        a, mean = xs[part], means[part]
        np.true_divide(_sums(a, ones), count, mean)
        centred = np.subtract(a, mean, _scratch_like(a, 0))
        np.true_divide(_dots(centred, centred), count, variances[part])

    over_rows(kernel, rows, length)
    return means, variances


def normalized(x: Array, weight: Array | None, bias: Array | None, mean: Array, rstd: Array) -> Array | None:
    """(x - mean) · rstd · weight + bias."""
    if not (rows := rows_of(x)):
        return None
    out = empty_like(x)
    xs, ys, means, rstds = _by_rows(rows, x, out, mean, rstd)
    w, b = (None if t is None else t.reshape(-1) for t in (weight, bias))

    def kernel(part: slice) -> None:
        y = ys[part]
        np.subtract(xs[part], means[part], y)
        np.multiply(y, rstds[part], y)
        if w is not None:
            np.multiply(y, w, y)
        if b is not None:
            np.add(y, b, y)

    over_rows(kernel, rows, xs.shape[1])
    return out


def normalized_gradients(
    g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, needs: tuple[bool, bool, bool]
) -> tuple[Array | None, Array | None, Array | None] | None:
    """The gradients of `normalized` by x, weight and bias, of those that are needed, the latter two as vectors.

    With c = x - mean and h = g·weight, that of x is rstd·h - c·rstd³·mean(h·c) - rstd·mean(h).
    """
    if not (rows := rows_of(g, x)):
        return None
    found = empty_like(x)
    gs, xs, zs, means, rstds = _by_rows(rows, g, x, found, mean, rstd)
    length = xs.shape[1]
    count = x.dtype.type(length)
    w = np.ones(length, x.dtype) if weight is None else weight.reshape(-1)
    partial = np.empty((2, -(-rows // rows_in_block(length)), length), x.dtype)

    def kernel(part: slice) -> None:
        g, z, rstd = gs[part], zs[part], rstds[part]
        block = part.start // rows_in_block(length)
        if needs[2]:
            partial[1, block] = over_dims(g, (0,), False)
        if not (needs[0] or needs[1]):
            return
        centred = np.subtract(xs[part], means[part], _scratch_like(z, 0))
        np.multiply(g, rstd, z)
        product = np.multiply(z, centred, _scratch_like(z, 1))
        if needs[1]:
            partial[0, block] = over_dims(product, (0,), False)
        if needs[0]:
            if weight is not None:
                np.multiply(z, w, z)
            np.multiply(centred, _dots(product, w) * (rstd * rstd) / count, centred)
            np.subtract(z, centred, z)
            np.subtract(z, _dots(g, w) * rstd / count, z)

    over_rows(kernel, rows, length)
    by_weight = over_dims(partial[0], (0,), False) if needs[1] else None
    by_bias = over_dims(partial[1], (0,), False) if needs[2] else None
    return found if needs[0] else None, by_weight, by_bias


make_quiet(globals())

__all__ = [
    "log_softmax", "log_softmax_gradient", "moments", "normalized", "normalized_gradients", "softmax",
    "softmax_gradient",
]  # fmt: skip
