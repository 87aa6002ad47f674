"""Joining tensors: cat, stack and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, can_cast, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .op import Op, operator
from .pointwise import result_type
from .shape import _reshape, atleast_1d, atleast_2d, atleast_3d
from .vocabulary import zeros_of
from .writing import separate_out

Ints = tuple[int, ...]

_ndarray = np.ndarray
_concatenate: Any = np.concatenate
_array: Any = np.array  # of a list of few arrays: in half the time that it takes to join and reshape them

# -- one after the other -----------------------------------------------------------------------------------------------


@operator(name="cat")
def _cat(*tensors: Array, dim: int) -> Array:
    try:
        y = np.concatenate(tensors, dim)
    except ValueError:  # empty vectors are passed over, whatever the shape of the others
        y = np.concatenate([x for x in tensors if x.ndim != 1 or x.size], dim)
    return in_order(y)


def in_order(x: Array) -> Array:
    """An array whose elements lie in the order of their indices, or in that of the format channels_last.

    NumPy lays results out as the operands are; torch does so for the latter format only.
    """
    if x.flags.c_contiguous or (x.ndim in (4, 5) and np.moveaxis(x, 1, -1).flags.c_contiguous):
        return x
    return x.copy()


_cat.linear_in("tensors", jointly=True)


@_cat.rule("tensors")
def _(g: Any, tensors_shapes: Any, dim: Any, needs: Any) -> Any:
    """tensors[i] ← the i-th piece of g along dim"""
    before = (slice(None),) * dim
    parts, start = [], 0
    for shape, needed in zip(tensors_shapes, needs, strict=True):
        if len(shape) < g.ndim:  # an empty vector, which may stand between tensors of any shape
            parts.append(zeros_of(shape, g))
            continue
        stop = start + shape[dim]
        parts.append(g[(*before, slice(start, stop))] if needed else None)
        start = stop
    return parts


def cat(tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None) -> Tensor:
    """Join tensors along a dimension they have.

    Args:
        tensors: a sequence of tensors whose shapes are equal but for that dimension; empty vectors are passed over.
            The result has the dtype that they promote to.
        dim: the dimension.

    Raises:
        RuntimeError: the shapes do not fit, or a tensor has no dimensions.
        ValueError: there are no tensors.

    >>> import tapegrad as torch
    >>> torch.cat((torch.tensor([1, 2]), torch.tensor([3])))
    tensor([1, 2, 3])
    """
    if axis is not None:
        dim = axis
    if out is None and dim.__class__ is int and (arrays := _arrays_alike(tensors)):
        try:
            y = _concatenate(arrays, dim)
        except ValueError:
            pass  # the long way finds out what is wrong
        else:
            return _joined(_cat, y, tensors, dim if dim >= 0 else dim + y.ndim)
    _check_dim("cat", dim)
    tensors = list_of_tensors("cat", tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    first = tensors[0]._data
    ndim, kind = first.ndim, first.dtype
    parts = tensors
    for x in tensors:
        if x._data.dtype is not kind:
            parts = promoted(tensors)
            break
    for x in tensors:
        if x._data.ndim != ndim or not ndim:
            ndim = _common_ndim(tensors)
            break
    dim = wrap_dim(dim, ndim)
    try:
        y = _cat.call(parts, dim)
    except ValueError:
        y = _cat_around_empty(parts, dim, ndim)
    return y if out is None else _into(out, y, tensors)


def concat(tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None) -> Tensor:
    """Join tensors along a dimension they have: `cat` by another name."""
    return cat(tensors, dim, out=out, axis=axis)


def concatenate(tensors: Any, dim: int = 0, *, out: Tensor | None = None, axis: int | None = None) -> Tensor:
    """Join tensors along a dimension they have: `cat` by NumPy's name."""
    return cat(tensors, dim, out=out, axis=axis)


def _arrays_alike(tensors: Any) -> list[Array]:
    """The arrays of tensors of one dtype, in a sequence; none if they are something else."""
    arrays: list[Array] = []
    if tensors.__class__ is list or tensors.__class__ is tuple:
        kind = None
        for x in tensors:
            try:
                array = x._data
            except AttributeError:
                return []
            if array.dtype is not kind:
                if kind is not None:
                    return []
                kind = array.dtype
            if array.__class__ is not _ndarray:
                return []
            arrays.append(array)
    return arrays


def _check_dim(function: str, dim: Any) -> None:
    """Refuse a dimension that is no integer."""
    if dim.__class__ is bool or not hasattr(dim, "__index__"):
        raise TypeError(f"{function}(): argument 'dim' (position 2) must be int, not {type(dim).__name__}")


def _joined(op: Op, y: Array, tensors: Any, dim: int) -> Tensor:
    """The result of joining tensors, recorded if one of them asks for it."""
    t = new_tensor(y if y.ndim == 1 else in_order(y))
    for x in tensors:
        if x._flags:
            op.record(t, tensors, dim)
            break
    return t


def list_of_tensors(function: str, tensors: Any) -> Any:
    """The sequence itself, if it is one of tensors.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    return tensors


def promoted(tensors: Any) -> list[Tensor]:
    """The tensors converted to the dtype they promote to."""
    kind = result_type(*tensors)
    return [x if x.dtype is kind else x.to(kind) for x in tensors]


def _is_passed_over(x: Tensor) -> bool:
    return bool(x._data.shape == (0,))


def _common_ndim(tensors: Any) -> int:
    """How many dimensions the tensors have that are not passed over."""
    ndims: list[tuple[int, int]] = [(i, x._data.ndim) for i, x in enumerate(tensors) if not _is_passed_over(x)]
    for i, ndim in ndims:
        if ndim == 0:
            raise ShapeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated",
                "torch.stack joins tensors of no dimensions.",
            )
        if ndim != ndims[0][1]:
            raise ShapeError(
                f"Tensors must have same number of dimensions: got {ndims[0][1]} and {ndim}",
                f"Found: the shapes {[tuple(x._data.shape) for x in tensors]}.",
            )
    return ndims[0][1]


def _cat_around_empty(tensors: list[Tensor], dim: int, ndim: int) -> Tensor:
    """`cat` where some tensors are empty vectors, or an error that says which shapes do not fit."""
    kept = [(i, x) for i, x in enumerate(tensors) if not _is_passed_over(x) or ndim == 1]
    first = kept[0][1]._data.shape
    for i, x in kept:
        for d, (n, m) in enumerate(zip(first, x._data.shape, strict=True)):
            if d != dim and n != m:
                raise ShapeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} but got size {m} for"
                    f" tensor number {i} in the list.",
                    f"Found: the shapes {[tuple(x._data.shape) for x in tensors]}.",
                )
    y = new_tensor(np.concatenate([x._data for _, x in kept], dim))
    if any(x._flags for x in tensors):
        _cat.record(y, tensors, dim)
    return y


def _into(out: Tensor, y: Tensor, tensors: Any) -> Tensor:
    """Write a result into the tensor given as `out=`."""
    if not can_cast(y.dtype, out.dtype):
        raise TypeError(
            f"torch.cat(): input types can't be cast to the desired output type {scalar_type_name(out.dtype)}"
        )
    return separate_out(out, y, *tensors, says=None)


# -- side by side ------------------------------------------------------------------------------------------------------


@operator(name="stack")
def _stack(*tensors: Array, dim: int) -> Array:
    y = _stacked(tensors, dim)
    return y if y.flags.c_contiguous else y.copy()


def _stacked(arrays: Sequence[Array], dim: int) -> Array:
    """Arrays of one shape along a new dimension, counted from the front.

    Raises:
        ValueError: the shapes differ.
    """
    shape = arrays[0].shape
    for x in arrays:
        if x.shape != shape:
            raise ValueError("shapes differ")
    if dim == 0 and shape:
        first: Array = _concatenate(arrays).reshape((len(arrays), *shape))
        return first
    row = (*shape[:dim], 1, *shape[dim:])
    y: Array = _concatenate([x.reshape(row) for x in arrays], dim)
    return y


_stack.linear_in("tensors", jointly=True)


@_stack.rule("tensors")
def _(g: Any, dim: Any, needs: Any) -> Any:
    before = (slice(None),) * dim
    return [g[(*before, i)] if needed else None for i, needed in enumerate(needs)]


def stack(tensors: Any, dim: int = 0, *, out: Tensor | None = None) -> Tensor:
    """Join tensors of one shape along a new dimension.

    Raises:
        RuntimeError: the shapes differ, or there are no tensors.

    >>> import tapegrad as torch
    >>> torch.stack((torch.tensor([1, 2]), torch.tensor([3, 4])), dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if out is None and dim.__class__ is int and (arrays := _arrays_alike(tensors)):
        span = arrays[0].ndim + 1
        if -span <= dim < span:
            dim = dim if dim >= 0 else dim + span
            try:
                y = _array(arrays) if dim == 0 else _stacked(arrays, dim)
            except ValueError:
                pass  # the long way finds out what is wrong
            else:
                return _joined(_stack, y, tensors, dim)
    _check_dim("stack", dim)
    tensors = list_of_tensors("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]._data
    parts = tensors
    for i, x in enumerate(tensors):
        if x._data.shape != first.shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and"
                f" {list(x._data.shape)} at entry {i}"
            )
        if x._data.dtype is not first.dtype:
            parts = None
    if parts is None:
        parts = promoted(tensors)
    y = _stack.call(parts, wrap_dim(dim, first.ndim + 1))
    return y if out is None else _into(out, y, tensors)


def _raised(function: str, tensors: Any, at_least: Any) -> list[Tensor]:
    tensors = list_of_tensors(function, tensors)
    if not tensors:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    return [at_least(x) for x in tensors]


def hstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along the second dimension; vectors along their only one."""
    parts = _raised("hstack", tensors, atleast_1d)
    return cat(parts, 0 if parts[0]._data.ndim == 1 else 1, out=out)


def vstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along the first dimension; vectors count as rows.

    >>> import tapegrad as torch
    >>> torch.vstack((torch.tensor([1, 2]), torch.tensor([3, 4])))
    tensor([[1, 2],
            [3, 4]])
    """
    return cat(_raised("vstack", tensors, atleast_2d), 0, out=out)


def row_stack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along the first dimension: another name of `vstack`."""
    return cat(_raised("row_stack", tensors, atleast_2d), 0, out=out)


def dstack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along the third dimension."""
    return cat(_raised("dstack", tensors, atleast_3d), 2, out=out)


def _as_column(x: Tensor) -> Tensor:
    return x if x._data.ndim > 1 else _reshape(x, (x._data.size, 1))


def column_stack(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """Join tensors along the second dimension; vectors count as columns."""
    return cat(_raised("column_stack", tensors, _as_column), 1, out=out)


METHODS: dict[str, Any] = {}

__all__ = [
    "cat",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "stack",
    "vstack",
]
