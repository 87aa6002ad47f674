"""Basic indexing as operators: select, slice and narrow; views, whose gradients are zero but for their elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.views import refresh
from ..errors import OutOfRangeError
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array
from ..tensor.tensor import VIEW, Tensor
from .op import operator

Ints = tuple[int, ...]

ALL: tuple[Any, ...] = (slice(None),)


@operator(name="select", view=True)
def _select(x: Any, /, dim: int, index: int) -> Any:
    return x[ALL * dim + (index, ...)]


@operator(node="SelectBackwardBackward0")
def select_backward(x: Array, /, shape: Ints, dim: int, index: int) -> Array:
    """Zeros of a shape, with `x` at an index of a dimension."""
    z = np.zeros(shape, x.dtype)
    z[(*ALL * dim, index, ...)] = x
    return z


_select.with_rules(x=lambda g, x_shape, dim, index: select_backward(g, x_shape, dim, index))
select_backward.linear_in("x").with_rules(x=lambda g, dim, index: select(g, dim, index))


@operator(node="SliceBackward0", view=True)
def slice_of(x: Any, /, dim: int, start: int, stop: int, step: int) -> Any:
    return x[ALL * dim + (slice(start, stop, step),)]


@operator(node="SliceBackwardBackward0")
def slice_backward(x: Array, /, shape: Ints, dim: int, start: int, stop: int, step: int) -> Array:
    """Zeros of a shape, with `x` at a slice of a dimension."""
    z = np.zeros(shape, x.dtype)
    z[ALL * dim + (slice(start, stop, step),)] = x
    return z


slice_of.with_rules(x=lambda g, x_shape, dim, start, stop, step: slice_backward(g, x_shape, dim, start, stop, step))
slice_backward.linear_in("x").with_rules(x=lambda g, dim, start, stop, step: slice_of(g, dim, start, stop, step))


def slice_bounds(x: Tensor, dim: int, start: int | None, end: int | None, step: int) -> tuple[int, int, int, int]:
    """Dimension, start, end and step as the operator takes them, from numbers as Python's slices take them."""
    shape = x._data.shape
    if not shape:
        raise OutOfRangeError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    dim = wrap_dim(dim, len(shape))
    begin, stop, step = slice(start, end, step).indices(shape[dim])
    return dim, begin, max(begin, stop), step


def sliced(x: Tensor, dim: int, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """The slice start:end:step of a dimension; a view."""
    return slice_of.call(x, *slice_bounds(x, dim, start, end, step))


def checked_select(x: Tensor, dim: int, index: Any) -> tuple[int, int]:
    """Dimension and index, counted from the front.

    Raises:
        IndexError: there is no such dimension or index.
    """
    shape = x._data.shape
    if not shape:
        raise OutOfRangeError("select() cannot be applied to a 0-dim tensor.")
    dim, index = wrap_dim(dim, len(shape)), index.__index__()
    size = shape[dim]
    if not -size <= index < size:
        if x._flags & VIEW:
            refresh(x)  # a view that is out of date is the graver mistake
        raise OutOfRangeError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}"
        )
    return dim, index if index >= 0 else index + size


def select(input: Tensor, dim: int, index: Any) -> Tensor:
    """The slice of `input` at one index of a dimension, which the result does not have; a view.

    Raises:
        IndexError: there is no such dimension or index.

    >>> import tapegrad as torch
    >>> torch.select(torch.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return _select.call(input, *checked_select(input, dim, index))


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` elements of a dimension, from `start` on; a view.

    Raises:
        IndexError: there is no such dimension, or `start` lies outside of it.
        RuntimeError: the dimension has too few elements.

    >>> import tapegrad as torch
    >>> torch.narrow(torch.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    shape = input._data.shape
    if isinstance(start, Tensor):
        if start._data.ndim or start._data.dtype.kind not in "iu":
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = int(start._data)
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = wrap_dim(dim, len(shape))
    size = shape[dim]
    if not -size <= start <= size:
        raise OutOfRangeError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    if start < 0:
        start += size
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_of.call(input, dim, start, start + length, 1)


METHODS: dict[str, Any] = {"narrow": narrow, "select": select}

__all__ = ["narrow", "select"]
