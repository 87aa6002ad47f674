"""Copies of the elements in another order, or several times over: flip, roll, rot90, repeat, repeat_interleave."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..autograd.views import refresh
from ..errors import OutOfRangeError
from ..tensor.arguments import shape_of, wrap_dim, wrap_dims
from ..tensor.device import contiguous_format
from ..tensor.dtypes import I64, Array, scalar_type_name
from ..tensor.strides import copy_like
from ..tensor.tensor import VIEW, Tensor, new_tensor
from .expanding import _expand
from .op import operator
from .rows import index_select
from .shape import _reshape, _unsqueeze, _view
from .vocabulary import reshaped, summed

Ints = tuple[int, ...]

# -- flip, roll, rot90 -------------------------------------------------------------------------------------------------


@operator(name="flip")
def _flip(x: Array, /, dims: Ints) -> Array:
    # A copy, since torch has no negative strides.
    return copy_like(x[tuple([slice(None, None, -1 if d in dims else 1) for d in range(x.ndim)])], x)


_flip.linear_in("x").with_rules(x=lambda g, dims: flip(g, dims))


def flip(input: Tensor, dims: Any) -> Tensor:
    """A copy with the order of elements along dimensions reversed.

    >>> import tapegrad as torch
    >>> torch.flip(torch.tensor([[1, 2], [3, 4]]), (0,))
    tensor([[3, 4],
            [1, 2]])
    """
    dims = shape_of((dims,), "flip")
    return _flip.call(input, wrap_dims(dims, input._data.ndim) if dims else ())


def _flip_method(self: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """A copy with the order of elements along dimensions reversed."""
    if not sizes and dims is None:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    return flip(self, shape_of(sizes, "flip", dims))


def fliplr(input: Tensor) -> Tensor:
    """A copy with the second dimension reversed."""
    if input._data.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _flip.call(input, (1,))


def flipud(input: Tensor) -> Tensor:
    """A copy with the first dimension reversed."""
    if input._data.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _flip.call(input, (0,))


@operator(name="roll")
def _roll(x: Array, /, shifts: Ints, dims: Ints) -> Array:
    shape = x.shape
    if not dims:
        x, dims = x.reshape(-1), (0,)
    for shift, dim in zip(shifts, dims, strict=True):
        n = x.shape[dim]
        if n:
            at = n - shift % n
            before = (slice(None),) * dim
            x = np.concatenate((x[(*before, slice(at, None))], x[(*before, slice(0, at))]), dim)
    x = x.reshape(shape)
    return x if x.size and x.flags.c_contiguous else x.copy()


_roll.linear_in("x").with_rules(x=lambda g, shifts, dims: roll(g, tuple([-shift for shift in shifts]), dims))


def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """A copy whose elements are moved along dimensions; those that leave at the end come in again at the front.

    Args:
        shifts: how many places, for each dimension.
        dims: the dimensions; if none are given, the elements move as if the tensor were a vector.

    >>> import tapegrad as torch
    >>> torch.roll(torch.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    shifts, dims = shape_of((shifts,), "roll"), shape_of((dims,), "roll")
    ndim = input._data.ndim
    if not shifts:
        raise RuntimeError("`shifts` required")
    if (dims or len(shifts) != 1) and len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if dims and ndim == 0:
        raise OutOfRangeError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    if not input._data.size:  # without elements to move, torch asks no dimension whether it is there
        return _roll.call(input, (0,), ())
    return _roll.call(input, shifts, tuple([wrap_dim(d, ndim) for d in dims]))


@operator(name="rot90")
def _rot90(x: Array, /, k: int, dims: tuple[int, int]) -> Array:
    return np.rot90(x, k, dims).copy()


_rot90.linear_in("x").with_rules(x=lambda g, k, dims: rot90(g, -k, dims))


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """A copy turned by k · 90° in the plane of two dimensions, from the first towards the second.

    >>> import tapegrad as torch
    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    dims = shape_of((dims,), "rot90")
    ndim = input._data.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return _rot90.call(input, k, (wrap_dim(dims[0], ndim), wrap_dim(dims[1], ndim)))


# -- repeat ------------------------------------------------------------------------------------------------------------


@operator(name="repeat")
def _repeat(x: Array, /, repeats: Ints) -> Array:
    extra = len(repeats) - x.ndim
    old = (1,) * extra + x.shape
    y = np.empty(tuple([n * times for n, times in zip(old, repeats, strict=True)]), x.dtype)
    # Each dimension is split in two, the repetitions and the elements; then one assignment broadcasts.
    y.reshape([m for pair in zip(repeats, old, strict=True) for m in pair])[...] = x.reshape(
        [m for n in old for m in (1, n)]
    )
    return y


_repeat.linear_in("x")


@_repeat.rule("x")
def _(g: Any, x_shape: Any, repeats: Any) -> Any:
    """x ← Σ of the repetitions of g"""
    old = (1,) * (len(repeats) - len(x_shape)) + x_shape
    apart = reshaped(g, tuple([m for pair in zip(repeats, old, strict=True) for m in pair]))
    return reshaped(summed(apart, tuple(range(0, 2 * len(repeats), 2)), False), x_shape)


def repeat(self: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """A copy that contains the tensor several times along each dimension.

    Args:
        sizes: how many times, for each dimension, new ones in front included.

    >>> import tapegrad as torch
    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    if not sizes and repeats is None:
        raise TypeError('repeat() missing 1 required positional arguments: "repeats"')
    times = shape_of(sizes, "repeat", repeats)
    shape = self._data.shape
    if len(times) < len(shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if any(n < 0 for n in times):
        new = [n * m for n, m in zip(times, (1,) * (len(times) - len(shape)) + shape, strict=True)]
        raise RuntimeError(f"Trying to create tensor with negative dimension {next(n for n in new if n < 0)}: {new}")
    return _repeat.call(self, times)


def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """`repeat` that takes fewer numbers than there are dimensions: they belong to the last ones.

    >>> import tapegrad as torch
    >>> torch.tile(torch.tensor([[1, 2], [3, 4]]), (2,))
    tensor([[1, 2, 1, 2],
            [3, 4, 3, 4]])
    """
    if not sizes and dims is None:
        raise TypeError('tile() missing 1 required positional arguments: "dims"')
    times = shape_of(sizes, "tile", dims)
    return repeat(input, (1,) * (input._data.ndim - len(times)) + times)


def repeat_interleave(
    input: Tensor,
    repeats: Any = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element, or each slice along a dimension, several times in a row.

    Args:
        repeats: how many times; a tensor of integers says it for each slice. `repeat_interleave(counts)` alone gives
            the indices: 0 counts[0] times, then 1, and so on.
        dim: the dimension; without it the tensor is taken as a vector.
        output_size: the size of the result along the dimension, which must be right.

    >>> import tapegrad as torch
    >>> torch.repeat_interleave(torch.tensor([1, 2]), 2), torch.repeat_interleave(torch.tensor([1, 2]))
    (tensor([1, 1, 2, 2]), tensor([0, 1, 1]))
    """
    if repeats is None:
        return _indices(input, output_size)
    if dim is None:
        input, dim = _reshape(input, (-1,)) if input._data.ndim != 1 else input, 0
    if isinstance(repeats, int):
        return _interleaved(input, repeats, wrap_dim(dim, input._data.ndim), output_size)
    if not isinstance(repeats, Tensor):
        raise TypeError(
            f"repeat_interleave(): argument 'repeats' (position 1) must be Tensor, not {type(repeats).__name__}"
        )
    dim = wrap_dim(dim, input._data.ndim)
    if input._data.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    n = input._data.shape[dim]
    counts = repeats._data
    if counts.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if counts.size == 1:
        counts = np.broadcast_to(counts.reshape(1), (n,))
    elif counts.size != n:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {counts.size} and"
            f" input.size({dim}) = {n}"
        )
    return index_select(input, dim, _indices(new_tensor(counts), output_size))


def _indices(repeats: Tensor, output_size: int | None) -> Tensor:
    counts = repeats._data
    if counts.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if counts.dtype.char not in "lqi":
        raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar_type_name(repeats.dtype)}'")
    if counts.size and counts.min() < 0:
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != counts.sum():
        raise RuntimeError("allocated size does not match required size")
    return new_tensor(np.repeat(np.arange(counts.size, dtype=counts.dtype), counts))


def _interleaved(x: Tensor, times: int, dim: int, output_size: int | None) -> Tensor:
    if times < 0:
        raise RuntimeError("Repeats must be non-negative")
    if x._data.ndim == 0:
        if x._flags & VIEW:
            refresh(x)  # a view that is out of date is the first mistake
        wrap_dim(dim + 1, 0)  # which there is not
    shape = x._data.shape
    if output_size is not None and output_size != shape[dim] * times:
        raise RuntimeError("repeat_interleave: Invalid output_size")
    wide = _expand.call(_unsqueeze.call(x, dim + 1), (*shape[: dim + 1], times, *shape[dim + 1 :]))
    copy = wide.clone(memory_format=contiguous_format)
    return _view.call(copy, (*shape[:dim], shape[dim] * times, *shape[dim + 1 :]))


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The indices along each dimension of elements that are counted through row by row.

    >>> import tapegrad as torch
    >>> torch.unravel_index(torch.tensor([5, 2]), (2, 3))
    (tensor([1, 0]), tensor([2, 2]))
    """
    if indices._data.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else shape_of((tuple(shape),), "unravel_index")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    rest = indices._data.astype(I64)
    return tuple(new_tensor(rest // prod(sizes[i + 1 :]) % n) for i, n in enumerate(sizes))


METHODS: dict[str, Any] = {
    "flip": _flip_method,
    "fliplr": fliplr,
    "flipud": flipud,
    "repeat": repeat,
    "repeat_interleave": repeat_interleave,
    "roll": roll,
    "rot90": rot90,
    "tile": tile,
}

__all__ = ["flip", "fliplr", "flipud", "repeat_interleave", "roll", "rot90", "tile", "unravel_index"]
