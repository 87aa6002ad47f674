"""Copies with a part replaced: select_scatter, slice_scatter, diagonal_scatter, as_strided_scatter.

They are to in-place writes into views what `x + y` is to `x += y`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.views import Geometry
from ..errors import ShapeError
from ..tensor.dtypes import Array
from ..tensor.storage import memory_of, window
from ..tensor.strides import copy_with_gaps
from ..tensor.tensor import Tensor
from .diagonals import _two_dims, _writable_diagonal, diagonal
from .op import operator
from .pointwise import write_out
from .slicing import ALL, checked_select, select, slice_bounds, slice_of
from .strided import geometries, out_of_storage, restride, span
from .vocabulary import zeros_like

# -- a slot is named by a key that NumPy indexes with ------------------------------------------------------------------


@operator(node="SelectScatterBackward0")
def select_replaced(x: Array, src: Array, /, dim: int, index: int) -> Array:
    y = copy_with_gaps(x)
    y[(*ALL * dim, index)] = src
    return y


select_replaced.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g, dim, index: select_replaced(g, zeros_like(select(g, dim, index)), dim, index),
    src=lambda g, dim, index: select(g, dim, index),
)


@operator(node="SliceScatterBackward0")
def slice_replaced(x: Array, src: Array, /, dim: int, start: int, stop: int, step: int) -> Array:
    y = copy_with_gaps(x)
    y[(*ALL * dim, slice(start, stop, step))] = src
    return y


slice_replaced.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g, dim, start, stop, step: slice_replaced(
        g, zeros_like(slice_of(g, dim, start, stop, step)), dim, start, stop, step
    ),
    src=lambda g, dim, start, stop, step: slice_of(g, dim, start, stop, step),
)


@operator(node="DiagonalScatterBackward0")
def diagonal_replaced(x: Array, src: Array, /, offset: int, dim1: int, dim2: int) -> Array:
    y = copy_with_gaps(x)
    _writable_diagonal(y, offset, dim1, dim2)[...] = src
    return y


diagonal_replaced.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g, offset, dim1, dim2: diagonal_replaced(
        g, zeros_like(diagonal(g, offset, dim1, dim2)), offset, dim1, dim2
    ),
    src=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2),
)


@operator
def cleared_under(x: Array, /, source: Geometry, target: Geometry) -> Array:
    """A copy of x, laid out as `source` says, with zeros under the geometry `target`."""
    memory = np.zeros(max(span(source), span(target)), x.dtype)
    y = window(memory, x.dtype, *source)
    y[...] = x
    window(memory, x.dtype, *target)[...] = 0
    return y.copy()


cleared_under.linear_in("x").with_rules(x=lambda g, source, target: cleared_under(g, source, target))


@operator(node="AsStridedScatterBackward0")
def strided_replaced(x: Array, src: Array, /, source: Geometry, target: Geometry) -> Array:
    memory = np.zeros(max(span(source), span(target)), x.dtype)
    y = window(memory, x.dtype, *source)
    y[...] = x
    window(memory, x.dtype, *target)[...] = src
    return y


strided_replaced.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g, source, target: cleared_under(g, source, target),
    src=lambda g, source, target, src_dtype: restride(g, source, target, src_dtype, None),
)


def _check_source(src: Tensor, shape: tuple[int, ...]) -> None:
    if src._data.shape != shape:
        raise ShapeError(
            f"expected src to have a size equal to the slice of self. src size = {list(src._data.shape)}, slice size ="
            f" {list(shape)}"
        )


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` in which the slice at an index of a dimension is `src`.

    >>> import tapegrad as torch
    >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    dim, index = checked_select(input, dim, index)
    shape = input._data.shape
    _check_source(src, shape[:dim] + shape[dim + 1 :])
    y = select_replaced.call(input, src, dim, index)
    return y if out is None else write_out(out, y._data, y.dtype, (input, src))


def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` in which the slice start:end:step of a dimension is `src`.

    >>> import tapegrad as torch
    >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    dim, *bounds = slice_bounds(input, dim, start, end, step)
    shape = input._data.shape
    _check_source(src, (*shape[:dim], len(range(*bounds)), *shape[dim + 1 :]))
    y = slice_replaced.call(input, src, dim, *bounds)
    return y if out is None else write_out(out, y._data, y.dtype, (input, src))


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `input` in which a diagonal is `src`.

    >>> import tapegrad as torch
    >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    a, b = _two_dims(input._data.ndim, dim1, dim2)
    _check_source(src, input._data.diagonal(offset, a, b).shape)
    return diagonal_replaced.call(input, src, offset, a, b)


def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Any,
    stride: Any,
    storage_offset: int | None = None,
) -> Tensor:
    """A copy of `input` in which the elements of the view (size, stride, storage_offset) are those of `src`.

    >>> import tapegrad as torch
    >>> torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    source, target = geometries(input, size, stride, storage_offset)
    if span(target) * input._data.itemsize > memory_of(input._data).nbytes:
        raise out_of_storage(target, input._data.itemsize, memory_of(input._data).nbytes)
    _check_source(src, target[0])
    return strided_replaced.call(input, src, source, target)


METHODS: dict[str, Any] = {
    "as_strided_scatter": as_strided_scatter,
    "diagonal_scatter": diagonal_scatter,
    "select_scatter": select_scatter,
    "slice_scatter": slice_scatter,
}

__all__ = ["as_strided_scatter", "diagonal_scatter", "select_scatter", "slice_scatter"]
