"""Softmax, its logarithm and layer norm along rows, with their gradients: by kernels, or by NumPy block after block.

Each function does for the last dimension what the formula beside its operator says.  A kernel does it in one call, for
arrays of any size; what it takes for granted of them is asked here (`_can_be_read`).  Where there is none
(`kernels.find`), large arrays are taken by the block of rows, step by step in memory that stays in the cache; small
ones are left to the operator's plain steps, and None is returned.  Sums along a row are taken in another order than by
NumPy's sum: results are the same to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from .. import threads
from ..kernels import Kernel, find
from ..quiet import make_quiet
from ..tensor.arena import empty_like, scratch
from ..tensor.blocks import LARGE, over_rows, rows_in_block, rows_of
from ..tensor.dtypes import Array
from .summation import over_dims

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce

# Beyond this length, BLAS would have threads of its own for a product, and its sums lose digits.
_SHORT: Final = 8192
# Rows whose gradients by weight and bias are added up one after the other, in the precision of the array.
_ADDED_ROWS: Final = 256

_SOFTMAX: Final = Kernel("rows", "softmax")
_SOFTMAX_GRADIENT: Final = Kernel("rows", "softmax_gradient")
_LOG_SOFTMAX: Final = Kernel("rows", "log_softmax")
_LOG_SOFTMAX_GRADIENT: Final = Kernel("rows", "log_softmax_gradient")
_LAYER_NORM: Final = Kernel("rows", "layer_norm")
_LAYER_NORM_GRADIENTS: Final = Kernel("rows", "layer_norm_gradients")

_ndarray = np.ndarray
Gradients = tuple[Array | None, Array | None, Array | None]


def _can_be_read(first: Array, *others: Array) -> bool:
    """Whether a kernel can read arrays: plain ones of one shape and type, in the order of their indices."""
    if first.__class__ is not _ndarray or not first.flags.carray or not first.size:
        return False
    for array in others:
        if array.__class__ is not _ndarray or not array.flags.carray or array.shape != first.shape:
            return False
        if array.dtype is not first.dtype:
            return False
    return True


def _by_kernel(kernel: Kernel, x: Array, g: Array | None = None, rest: tuple[int, ...] = ()) -> Array | None:
    """An array like x, filled by a compiled kernel; None if there is none, or it cannot read x.

    Args:
        g: a gradient that the kernel takes before x.  One that a sum has stretched is copied for it.
        rest: what else it takes, after the length of a row.
    """
    if x.__class__ is not _ndarray:
        return None
    size = x.size
    function = find(kernel, x.dtype, size)
    if function is None or not _can_be_read(x):
        return None
    arrays: tuple[Array, ...] = (x,)
    if g is not None:
        if g.__class__ is not _ndarray or g.shape != x.shape or g.dtype is not x.dtype:
            return None
        arrays = g, x
    if g is not None and not g.flags.carray:
        arrays = empty_like(x), x
        np.copyto(arrays[0], g)
    length = x.shape[-1]
    rows = size // length
    if size <= LARGE:
        out = np.empty_like(x)
        function(*arrays, out, 0, rows, length, *rest)
    else:
        out = empty_like(x)
        over_rows(lambda part: function(*arrays, out, part.start, part.stop, length, *rest), rows, length)
    return out


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


def _by_blocks(steps: Callable[..., object], *arrays: Array) -> Array | None:
    """An array like others, filled by steps of NumPy; None if they are small, or cannot be cut into rows.

    Args:
        steps: takes a block of rows of each array, one of the result, and as many ones as a row has elements.
    """
    if arrays[0].size <= LARGE or not (rows := rows_of(*arrays)):
        return None
    out = empty_like(arrays[0])
    wholes = _by_rows(rows, *arrays, out)
    length = wholes[0].shape[1]
    ones = np.ones(length, out.dtype)
    over_rows(lambda part: steps(*[whole[part] for whole in wholes], ones), rows, length)
    return out


# -- softmax -----------------------------------------------------------------------------------------------------------


def softmax(x: Array, safe: bool = False) -> Array | None:
    """e^x divided by its sum over the last dimension; if `safe`, rows of nothing but -inf give zeros."""

    if (found := _by_kernel(_SOFTMAX, x, rest=(safe,))) is not None:
        return found

    def steps(x: Array, y: Array, ones: Array) -> None:
        top = _max(x, 1, None, None, True)
        if safe:
            top[top == -np.inf] = 0
        np.subtract(x, top, y)
        np.exp(y, y)
        total = _sums(y, ones)
        if safe:
            total[total == 0] = 1
        np.true_divide(y, total, y)

    return _by_blocks(steps, x)


def softmax_gradient(g: Array, out: Array) -> Array | None:
    """(g - Σ g·out) · out."""

    if (found := _by_kernel(_SOFTMAX_GRADIENT, out, g)) is not None:
        return found

    def steps(g: Array, y: Array, z: Array, ones: Array) -> None:
        np.subtract(g, _dots(g, y), z)
        np.multiply(z, y, z)

    return _by_blocks(steps, g, out)


def log_softmax(x: Array) -> Array | None:
    """x minus the logarithm of the sum of e^x over the last dimension."""

    if (found := _by_kernel(_LOG_SOFTMAX, x)) is not None:
        return found

    def steps(x: Array, y: Array, ones: Array) -> None:
        np.subtract(x, _max(x, 1, None, None, True), y)
        np.subtract(y, np.log(_sums(np.exp(y, _scratch_like(y, 0)), ones)), y)

    return _by_blocks(steps, x)


def log_softmax_gradient(g: Array, out: Array) -> Array | None:
    """g - e^out · Σ g."""

    if (found := _by_kernel(_LOG_SOFTMAX_GRADIENT, out, g)) is not None:
        return found

    def steps(g: Array, y: Array, z: Array, ones: Array) -> None:
        np.exp(y, z)
        np.multiply(z, _sums(g, ones), z)
        np.subtract(g, z, z)

    return _by_blocks(steps, g, out)


# -- layer norm --------------------------------------------------------------------------------------------------------


def layer_norm(
    x: Array, weight: Array | None, bias: Array | None, length: int, kept: tuple[int, ...], eps: float
) -> tuple[Array, Array, Array] | None:
    """(x - mean) · rstd · weight + bias over each row of `length` elements; also mean and rstd, of shape `kept`."""
    if x.__class__ is not _ndarray:
        return None
    function = find(_LAYER_NORM, x.dtype, x.size)
    if function is None or not _can_be_read(x):
        return None
    for vector in (weight, bias):
        if vector is not None and not (_can_be_read(vector) and vector.dtype is x.dtype):
            return None
    mean, rstd = np.empty(kept, x.dtype), np.empty(kept, x.dtype)
    if bias is not None:
        vectors, w, b = 2, np.ones(length, x.dtype) if weight is None else weight, bias
    else:
        vectors, w, b = (0, x, x) if weight is None else (1, weight, x)

    if x.size <= LARGE:
        out = np.empty_like(x)
        function(x, w, b, out, mean, rstd, 0, mean.size, length, vectors, eps)
        return out, mean, rstd
    out = empty_like(x)

    def block(part: slice) -> None:
        function(x, w, b, out, mean, rstd, part.start, part.stop, length, vectors, eps)

    over_rows(block, mean.size, length)
    return out, mean, rstd


def moments(x: Array) -> tuple[Array, Array] | None:
    """Mean and variance of each row, of shape (rows, 1)."""
    if x.size <= LARGE or not (rows := rows_of(x)):
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
    if x.size <= LARGE or not (rows := rows_of(x)):
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
) -> Gradients | None:
    """The gradients of `normalized` by x, weight and bias, of those that are needed, the latter two as vectors.

    With c = x - mean and h = g·weight, that of x is rstd·h - c·rstd³·mean(h·c) - rstd·mean(h).
    """
    found = _gradients_by_kernel(g, x, weight, mean, rstd, needs)
    return _gradients_by_blocks(g, x, weight, mean, rstd, needs) if found is None else found


def rows_added_up(rows: int, length: int) -> tuple[int, int]:
    """How many rows a kernel adds up one after the other, and the rows of a block, a multiple of that."""
    each = rows_in_block(length) if rows * length > LARGE else rows
    height = min(each, _ADDED_ROWS)
    return height, each - each % height


def _gradients_by_kernel(
    g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, needs: tuple[bool, bool, bool]
) -> Gradients | None:
    if not _can_be_read(g, x) or not _can_be_read(mean, rstd) or mean.dtype is not x.dtype:
        return None
    length = x.shape[1]
    w = np.ones(length, x.dtype) if weight is None else weight
    if not _can_be_read(w) or w.dtype is not x.dtype:
        return None
    function = find(_LAYER_NORM_GRADIENTS, x.dtype, 2 * x.size)
    if function is None:
        return None
    rows = len(x)
    height, each = rows_added_up(rows, length)
    groups = -(-rows // height)
    sums = (groups, length) if groups > 1 else length
    out, by_weight, by_bias = empty_like(x), np.empty(sums, x.dtype), np.empty(sums, x.dtype)

    def block(i: int) -> None:
        end = min((i + 1) * each, rows)
        function(g, x, w, mean, rstd, out, by_weight, by_bias, i * each, end, length, height)

    threads.run(block, -(-rows // each))
    if groups > 1:
        by_weight, by_bias = over_dims(by_weight, (0,), False), over_dims(by_bias, (0,), False)
    return out if needs[0] else None, by_weight if needs[1] else None, by_bias if needs[2] else None


def _gradients_by_blocks(
    g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, needs: tuple[bool, bool, bool]
) -> Gradients | None:
    if x.size <= LARGE or not (rows := rows_of(g, x)):
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
    "layer_norm", "log_softmax", "log_softmax_gradient", "moments", "normalized", "normalized_gradients", "softmax",
    "softmax_gradient",
]  # fmt: skip
