"""take, put and take_along_dim: indices of single elements, in the order of memory or along a dimension."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, OutOfRangeError, wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import I64, Array, scalar_type_name
from ..tensor.strides import copy_like
from ..tensor.tensor import Tensor, new_tensor
from .expanding import _expand, broadcast_shapes
from .gathering import gather
from .op import operator
from .shape import view
from .vocabulary import reshaped
from .writing import separate_out, write_apart

Ints = tuple[int, ...]

# -- take and put ------------------------------------------------------------------------------------------------------


@operator(constants=("index",), node="TakeBackward0")
def take_elements(x: Array, index: Array, /) -> Array:
    return np.reshape(x, -1)[index]


@operator(constants=("index",))
def taken_back(x: Array, index: Array, /, shape: Ints) -> Array:
    """The transpose of take: zeros of a shape, to which elements are added in the order of memory."""
    z = np.zeros(prod(shape), x.dtype)
    np.add.at(z, np.reshape(index, -1), np.reshape(x, -1))
    return z.reshape(shape)


# As in torch, what is needed for its shape alone is kept, and must not be written into.
take_elements.linear_in("x").with_rules(x=lambda g, x, index: taken_back(g, index, x.shape))
taken_back.linear_in("x").with_rules(x=lambda g, index: take_elements(g, index))


@operator(constants=("index",))
def zeroed_elements(x: Array, index: Array, /) -> Array:
    """A copy of x with zeros at an index in the order of memory."""
    y = np.copy(x, order="C")
    y.reshape(-1)[np.reshape(index, -1)] = 0
    return y


zeroed_elements.linear_in("x").with_rules(x=lambda g, index: zeroed_elements(g, index))


@operator(constants=("index",), node="PutBackward0")
def put_elements(x: Array, index: Array, source: Array, /, accumulate: bool) -> Array:
    y = x.copy()
    if accumulate:
        np.add.at(y.reshape(-1), np.reshape(index, -1), np.reshape(source, -1))
    else:
        y.reshape(-1)[np.reshape(index, -1)] = np.reshape(source, -1)
    return y if x.flags.c_contiguous else _laid_out_as(x, y)


def _laid_out_as(x: Array, values: Array) -> Array:
    y = copy_like(x, x)
    y[...] = values
    return y


put_elements.linear_in("x", "source", jointly=True).with_rules(
    x=lambda g, index, accumulate: g if accumulate else zeroed_elements(g, index),
    source=lambda g, index, source: reshaped(take_elements(g, index), source.shape),
)


def _check_flat(function: str, index: Tensor, size: int) -> None:
    at = index._data
    if at.dtype is not I64:
        raise DtypeError(f"{function}(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    if at.size and size == 0:
        raise OutOfRangeError(f"{function}(): tried to take from an empty tensor")
    at = all_rows(at)
    if at.size and (at.min() < -size or at.max() >= size):
        wrong = at[(at < -size) | (at >= size)].flat[0]
        raise OutOfRangeError(f"out of range: tried to access index {wrong} on a tensor of {size} elements.")


def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements of `input`, counted through row by row, at an index; the result has the index's shape.

    Raises:
        IndexError: an index is out of range.

    >>> import tapegrad as torch
    >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, 3]))
    tensor([1, 4])
    """
    if not isinstance(index, Tensor):
        raise wrong_argument("take", "index", 1, index)
    _check_flat("take", index, input._data.size)
    y = take_elements.call(input, index)
    says = "take(): self and out expected to have the same dtype, but got self.dtype = {wanted} and out.dtype = {found}"
    return y if out is None else separate_out(out, y, input, index, says=says)


def _checked_put(x: Tensor, index: Tensor, source: Tensor) -> None:
    if index._data.dtype is not I64:
        raise DtypeError(f"put_(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    if x._data.dtype is not source._data.dtype:
        raise DtypeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {scalar_type_name(x.dtype)}"
            f" and source.dtype = {scalar_type_name(source.dtype)}"
        )
    if index._data.size != source._data.size:
        raise OutOfRangeError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() ="
            f" {source._data.size}, index.numel() = {index._data.size}"
        )
    if index._data.size and x._data.size == 0:
        raise OutOfRangeError("put_(): Indices out of range: the tensor has no elements")
    _check_flat("put_", index, x._data.size)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with elements, counted through row by row, replaced or added to.

    >>> import tapegrad as torch
    >>> torch.put(torch.zeros(2, 2), torch.tensor([0, 3]), torch.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    _checked_put(input, index, source)
    return put_elements.call(input, index, source, accumulate)


def put_(self: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """In-place form of `put`."""
    _checked_put(self, index, source)
    return write_apart(put_elements, self, index, source, accumulate)


def take_along_dim(
    input: Tensor,
    indices: Tensor,
    dim: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The elements of `input` at indices along a dimension; the two broadcast against each other elsewhere.

    Args:
        indices: integers with as many dimensions as `input`, such as `argsort` and `argmax(keepdim=True)` return.
        dim: the dimension; without it both are taken as vectors.

    >>> import tapegrad as torch
    >>> x = torch.tensor([[3, 1, 2]])
    >>> torch.take_along_dim(x, x.argsort(dim=1), dim=1)
    tensor([[1, 2, 3]])
    """
    if indices._data.dtype is not I64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_type_name(indices.dtype)}"
        )
    if dim is None:
        return gather(view(input, (-1,)), 0, view(indices, (-1,)), out=out)
    if input._data.ndim != indices._data.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got"
            f" {input._data.ndim} dimensions for input, and {indices._data.ndim} dimensions for indices"
        )
    dim = wrap_dim(dim, input._data.ndim)
    at = indices._data
    if at.size and all_rows(at).min() < 0:  # gather itself counts from the front only
        size = input._data.shape[dim] if input._data.ndim else 1
        indices = new_tensor(np.where(at < 0, at + size, at))
    shape, other = list(input._data.shape), list(indices._data.shape)
    if not shape:
        return gather(input, dim, indices, out=out)
    n, m = shape[dim], other[dim]
    other[dim] = n
    common = list(broadcast_shapes(tuple(shape), tuple(other)))
    common[dim] = m
    indices = _expand.call(indices, tuple(common))
    common[dim] = n
    return gather(_expand.call(input, tuple(common)), dim, indices, out=out)


take_elements.in_order = True

METHODS: dict[str, Any] = {"put": put, "put_": put_, "take": take, "take_along_dim": take_along_dim}

__all__ = ["put", "take", "take_along_dim"]
