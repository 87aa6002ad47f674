"""NumPy's functions of shape on batched arrays: reshaping, reordering, joining, splitting, diagonals."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .batched import (
    ALL,
    FUNCTIONS,
    BatchedArray,
    aligned,
    attach,
    broadcast,
    by_rows,
    handles,
    has_arrays,
    level_of,
    shifted,
    shifted_axes,
    silence,
    size_at,
)


@handles(np.shape)
def _shape(a: Any) -> Any:
    """np.shape."""
    return a.shape


@handles(np.ndim)
def _ndim(a: Any) -> Any:
    """np.ndim."""
    return a.ndim


@handles(np.size)
def _size(a: Any, axis: Any = None) -> Any:
    """np.size."""
    return a.size if axis is None else a.shape[axis]


def _reshape_to(x: BatchedArray, shape: Any) -> BatchedArray:
    value = x.value
    if shape.__class__ is int:
        shape = (shape,)
    if value.size == 0 and -1 in shape:
        others = prod([n for n in shape if n != -1])
        shape = [x.size // others if n == -1 and others else n for n in shape]
    return BatchedArray(value.reshape((value.shape[0], *shape)), x.level)


@handles(np.reshape)
def _reshape(a: Any, /, shape: Any = None, order: str = "C", **kwargs: Any) -> Any:
    """np.reshape."""
    return _reshape_to(a, shape)


def _reshape_method(self: BatchedArray, *shape: Any, **kwargs: Any) -> BatchedArray:
    """x.reshape(shape)."""
    return _reshape_to(self, shape[0] if len(shape) == 1 else shape)


@handles(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    """np.ravel."""
    return _reshape_to(a, (a.size,))


def _flatten(self: BatchedArray, order: str = "C") -> BatchedArray:
    """x.flatten()."""
    return _ravel(self).copy()


@handles(np.transpose, np.permute_dims)
def _transpose(a: Any, axes: Any = None) -> Any:
    """np.transpose."""
    order = range(a.ndim, 0, -1) if axes is None else [shifted(axis, a.ndim) for axis in axes]
    return BatchedArray(a.value.transpose((0, *order)), a.level)


def _transpose_method(self: BatchedArray, *axes: Any) -> BatchedArray:
    """x.transpose(axes)."""
    given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
    return _transpose(self, given)


def _matrix_transpose(self: BatchedArray) -> BatchedArray:
    """The last two dimensions exchanged."""
    return BatchedArray(self.value.swapaxes(-1, -2), self.level)


@handles(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """np.swapaxes."""
    return BatchedArray(a.value.swapaxes(shifted(axis1, a.ndim), shifted(axis2, a.ndim)), a.level)


@handles(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """np.moveaxis."""
    return BatchedArray(np.moveaxis(a.value, shifted_axes(source, a.ndim), shifted_axes(destination, a.ndim)), a.level)


@handles(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    """np.squeeze."""
    if axis is None:
        axis = tuple([i for i, n in enumerate(a.shape) if n == 1])
    return BatchedArray(np.squeeze(a.value, shifted_axes(axis, a.ndim)), a.level)


@handles(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    """np.expand_dims."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return BatchedArray(np.expand_dims(a.value, shifted_axes(tuple(axes), a.ndim + len(axes))), a.level)


@handles(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    """np.broadcast_to."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    (value,) = (
        aligned((array, *(np.empty(shape, bool),)), array.level)[:1] if len(shape) > array.ndim else (array.value,)
    )
    return BatchedArray(np.broadcast_to(value, (value.shape[0], *shape)), array.level)


@handles(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    """np.broadcast_arrays."""
    shape = np.broadcast_shapes(*[np.shape(x) for x in args])
    return tuple([np.broadcast_to(x, shape) for x in args])


def _at_least(rank: int) -> Any:
    """atleast_1d and its kin."""

    def handler(*arrays: Any) -> Any:
        if len(arrays) > 1:
            return tuple([handler(x) for x in arrays])
        (x,) = arrays
        if not isinstance(x, BatchedArray) or x.ndim >= rank:
            return x
        missing = rank - x.ndim
        after = 1 if rank == 3 and x.ndim else 0  # NumPy's atleast_3d puts a dimension at the end
        return _reshape_to(x, (*(1,) * (missing - after), *x.shape, *(1,) * after))

    return handler


FUNCTIONS[np.atleast_1d], FUNCTIONS[np.atleast_2d] = _at_least(1), _at_least(2)
FUNCTIONS[np.atleast_3d] = _at_least(3)


@handles(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    """np.flip."""
    return BatchedArray(np.flip(m.value, shifted_axes(axis, m.ndim)), m.level)


@handles(np.fliplr)
def _fliplr(m: Any) -> Any:
    """np.fliplr."""
    return _flip(m, 1)


@handles(np.flipud)
def _flipud(m: Any) -> Any:
    """np.flipud."""
    return _flip(m, 0)


@handles(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """np.roll."""
    if axis is None:
        return _reshape_to(_roll(_ravel(a), shift, 0), a.shape)
    return BatchedArray(np.roll(a.value, shift, shifted_axes(axis, a.ndim)), a.level)


@handles(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """np.rot90."""
    return BatchedArray(np.rot90(m.value, k, shifted_axes(tuple(axes), m.ndim)), m.level)


@handles(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """np.repeat."""
    if not isinstance(a, BatchedArray) or isinstance(repeats, BatchedArray):
        return by_rows(np.repeat, (a, repeats, axis), {})
    if axis is None:
        a, axis = _ravel(a), 0
    return BatchedArray(np.repeat(a.value, repeats, shifted(axis, a.ndim)), a.level)


@handles(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    """np.tile."""
    reps = (reps,) if isinstance(reps, int) else tuple(reps)
    missing = len(reps) - A.ndim
    value = A.value[(ALL, *(None,) * missing)] if missing > 0 else A.value
    return BatchedArray(np.tile(value, (1, *(1,) * -missing, *reps)), A.level)


@handles(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """np.pad."""
    if has_arrays((), kwargs) or callable(mode) or any(np.ndim(v) for v in kwargs.values()):
        return by_rows(np.pad, (array, pad_width, mode), kwargs)
    widths = np.broadcast_to(pad_width, (array.ndim, 2))
    return BatchedArray(np.pad(array.value, np.concatenate(([[0, 0]], widths)), mode, **kwargs), array.level)


@handles(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **kwargs: Any) -> Any:
    """np.lib.stride_tricks.sliding_window_view."""
    axes = shifted_axes(axis, x.ndim)
    view = np.lib.stride_tricks.sliding_window_view(x.value, window_shape, axes, **kwargs)
    return BatchedArray(view, x.level)


# -- diagonals and triangles -------------------------------------------------------------------------------------------


@handles(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    """np.tril."""
    return BatchedArray(np.tril(m.value, k), m.level) if m.ndim > 1 else by_rows(np.tril, (m, k), {})


@handles(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    """np.triu."""
    return BatchedArray(np.triu(m.value, k), m.level) if m.ndim > 1 else by_rows(np.triu, (m, k), {})


@handles(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """np.diagonal."""
    return BatchedArray(a.value.diagonal(offset, shifted(axis1, a.ndim), shifted(axis2, a.ndim)), a.level)


@handles(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, **kwargs: Any) -> Any:
    """np.trace."""
    return BatchedArray(np.trace(a.value, offset, shifted(axis1, a.ndim), shifted(axis2, a.ndim), **kwargs), a.level)


@handles(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    """np.diag."""
    if v.ndim != 1:
        return _diagonal(v, k)
    n = v.shape[0] + abs(k)
    y = np.zeros_like(v, shape=(n, n))
    y.diagonal(k).flags.writeable = True
    places = np.arange(v.shape[0])
    y[places + max(-k, 0), places + max(k, 0)] = v
    return y


# -- joining and splitting ---------------------------------------------------------------------------------------------


@handles(np.concatenate)
def _concatenate(arrays: Any, axis: Any = 0, out: Any = None, **kwargs: Any) -> Any:
    """np.concatenate."""
    if out is not None:
        return by_rows(np.concatenate, (tuple(arrays), axis), dict(kwargs, out=out))
    arrays = [x if hasattr(x, "ndim") else np.asarray(x) for x in arrays]
    if axis is None:
        arrays, axis = [x.reshape(-1) for x in arrays], 0
    level = level_of(arrays)
    size = size_at(arrays, level)
    number = shifted(axis, arrays[0].ndim)
    return BatchedArray(np.concatenate([broadcast(x, size, level).value for x in arrays], number, **kwargs), level)


@handles(np.stack)
def _stack(arrays: Any, axis: int = 0, out: Any = None, **kwargs: Any) -> Any:
    """np.stack."""
    if out is not None:
        return by_rows(np.stack, (tuple(arrays), axis), dict(kwargs, out=out))
    arrays = [x if hasattr(x, "ndim") else np.asarray(x) for x in arrays]
    level = level_of(arrays)
    size = size_at(arrays, level)
    rows = [broadcast(x, size, level) for x in arrays]
    return BatchedArray(np.stack([x.value for x in rows], shifted(axis, rows[0].ndim + 1), **kwargs), level)


def _split(function: Any) -> Any:
    """np.split and np.array_split."""

    def handler(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
        parts = function(ary.value, indices_or_sections, shifted(axis, ary.ndim))
        return [BatchedArray(part, ary.level) for part in parts]

    return handler


FUNCTIONS[np.split], FUNCTIONS[np.array_split] = _split(np.split), _split(np.array_split)


def _squeeze_method(self: BatchedArray, axis: Any = None) -> Any:
    """x.squeeze(axis)."""
    return _squeeze(self, axis)


attach(
    flatten=_flatten, mT=property(_matrix_transpose), ravel=_ravel, reshape=_reshape_method, squeeze=_squeeze_method,
    T=property(_transpose), transpose=_transpose_method,
)  # fmt: skip
silence(globals())
