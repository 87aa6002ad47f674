"""NumPy's functions on batched arrays: pointwise, reductions, shapes, joining.

Most are the function itself on the physical array with its axes moved up by one.
"""

from __future__ import annotations

from math import prod
from typing import Any, Final

import numpy as np

from ..autograd.batching import Unbatchable
from .batched import (
    ALL,
    FUNCTIONS,
    BatchedArray,
    aligned,
    attach,
    broadcast,
    by_rows,
    handles,
    is_at,
    level_of,
    ndim_of,
    shifted,
    shifted_axes,
    silence,
    size_at,
)

# -- pointwise ---------------------------------------------------------------------------------------------------------


def _pointwise(function: Any) -> Any:
    """Elementwise, of operands that broadcast."""

    def handler(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs and kwargs["out"] is not None:
            return by_rows(function, args, kwargs)
        level = level_of((*args, kwargs))
        names = [name for name, value in kwargs.items() if value.__class__ is BatchedArray]
        operands = aligned((*args, *[kwargs[name] for name in names]), level)
        kwargs.update(zip(names, operands[len(args) :], strict=True))
        return BatchedArray(function(*operands[: len(args)], **kwargs), level)

    return handler


for _function in (
    np.clip, np.where, np.isclose, np.real, np.imag, np.angle, np.isposinf, np.isneginf, np.i0, np.sinc, np.fix,
    np.iscomplex, np.isreal,
):  # fmt: skip
    FUNCTIONS[_function] = _pointwise(_function)


@handles(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    """np.where with three arguments; the places where a condition holds differ from row to row."""
    if not choices:
        raise Unbatchable("the number of places where a condition holds")
    level = level_of((condition, *choices))
    return BatchedArray(np.where(*aligned((condition, *choices), level)), level)


@handles(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, **kwargs: Any) -> Any:
    """np.nan_to_num."""
    return BatchedArray(np.nan_to_num(x.value, copy, **kwargs), x.level)


@handles(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """np.round."""
    return BatchedArray(np.round(a.value, decimals, out), a.level)


@handles(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """np.copy."""
    return BatchedArray(np.copy(a.value, order="C" if order == "C" else "K"), a.level)


def _like(function: Any) -> Any:
    """zeros_like and its kin."""

    def handler(a: Any, *args: Any, shape: Any = None, **kwargs: Any) -> Any:
        if kwargs.get("order") == "F":
            del kwargs["order"]
        if shape is not None:
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            kwargs["shape"] = (a.value.shape[0], *shape)
        return BatchedArray(function(a.value, *args, **kwargs), a.level)

    return handler


for _function in (np.zeros_like, np.ones_like, np.empty_like):
    FUNCTIONS[_function] = _like(_function)


@handles(np.full_like)
def _full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", **kwargs: Any) -> Any:
    """np.full_like."""
    level = level_of((a, fill_value))
    if not is_at(a, level):
        a = broadcast(a, fill_value.value.shape[0], level)
    y = np.empty_like(a, dtype, shape=kwargs.get("shape"))
    np.copyto(y, fill_value, casting="unsafe")
    return y


# -- reductions --------------------------------------------------------------------------------------------------------


def _reduction(function: Any, joins: bool = True) -> Any:
    """Over one, several or all axes; `joins` if the function takes several at once."""

    def handler(a: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        if a.__class__ is not BatchedArray or kwargs.get("out") is not None or _has_arrays(args, kwargs):
            return by_rows(function, (a, axis, *args), kwargs)
        value, ndim = a.value, a.ndim
        if axis is not None or joins:
            axes: Any = shifted_axes(axis, ndim)
            if axes == () and not joins:
                value, axes = value.reshape(-1, 1), 1
        else:
            if kwargs.get("keepdims"):
                return by_rows(function, (a, axis, *args), kwargs)
            value, axes = value.reshape(value.shape[0], prod(value.shape[1:])), 1
        return BatchedArray(function(value, axes, *args, **kwargs), a.level)

    return handler


def _quick_reduction(function: Any, ufunc: Any) -> Any:
    """The same for functions that are a ufunc's `reduce`, without NumPy's detour."""
    general = _reduction(function)
    reduce = ufunc.reduce

    def handler(a: Any, axis: Any = None, *args: Any, keepdims: bool = False, **kwargs: Any) -> Any:
        if args or kwargs or a.__class__ is not BatchedArray:
            return general(a, axis, *args, **(dict(kwargs, keepdims=keepdims) if keepdims else kwargs))
        return BatchedArray(reduce(a.value, shifted_axes(axis, a.ndim), keepdims=keepdims), a.level)

    return handler


def _has_arrays(args: Any, kwargs: Any) -> bool:
    """Whether an argument besides the first is an array, such as `where`."""
    return any(isinstance(x, (np.ndarray, BatchedArray)) for x in (*args, *kwargs.values()))


for _function in (
    np.mean, np.std, np.var, np.ptp, np.nansum, np.nanprod, np.nanmean, np.nanstd, np.nanvar, np.nanmax, np.nanmin, np.median, np.nanmedian, np.count_nonzero,
):  # fmt: skip
    FUNCTIONS[_function] = _reduction(_function)
for _function, _ufunc in (
    (np.sum, np.add), (np.prod, np.multiply), (np.max, np.maximum), (np.min, np.minimum), (np.amax, np.maximum),
    (np.amin, np.minimum), (np.any, np.logical_or), (np.all, np.logical_and),
):  # fmt: skip
    FUNCTIONS[_function] = _quick_reduction(_function, _ufunc)
for _function in (
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.cumsum, np.cumprod, np.nancumsum, np.nancumprod,
):  # fmt: skip
    FUNCTIONS[_function] = _reduction(_function, joins=False)


def _along_last(function: Any) -> Any:
    """Functions along one axis, by default the last; None for the flat array."""

    def handler(a: Any, *args: Any, axis: Any = -1, **kwargs: Any) -> Any:
        value = a.value
        if axis is None:
            value, axis = value.reshape(value.shape[0], -1), -1
        return BatchedArray(function(value, *args, axis=shifted(axis, value.ndim - 1), **kwargs), a.level)

    return handler


@handles(np.sort)
def _sort(a: Any, axis: Any = -1, kind: Any = None, **kwargs: Any) -> Any:
    """np.sort."""
    return _sorted(a, axis=axis, kind=kind, **kwargs)


@handles(np.argsort)
def _argsort(a: Any, axis: Any = -1, kind: Any = None, **kwargs: Any) -> Any:
    """np.argsort."""
    return _argsorted(a, axis=axis, kind=kind, **kwargs)


@handles(np.partition)
def _partition(a: Any, kth: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """np.partition."""
    return _partitioned(a, kth, axis=axis, **kwargs)


@handles(np.argpartition)
def _argpartition(a: Any, kth: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """np.argpartition."""
    return _argpartitioned(a, kth, axis=axis, **kwargs)


_sorted, _argsorted = _along_last(np.sort), _along_last(np.argsort)
_partitioned, _argpartitioned = _along_last(np.partition), _along_last(np.argpartition)


@handles(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, **kwargs: Any) -> Any:
    """np.diff."""
    if _has_arrays((), kwargs):
        return by_rows(np.diff, (a, n, axis), kwargs)
    return BatchedArray(np.diff(a.value, n, shifted(axis, a.ndim), **kwargs), a.level)


@handles(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """np.bincount: all rows in one, where `minlength` says how many numbers there are."""
    level = level_of((x, weights))
    size = size_at((x, weights), level)
    places = broadcast(x, size, level).value
    if not minlength or isinstance(places, BatchedArray) or (places.size and places.max() >= minlength):
        return by_rows(np.bincount, (x, weights, minlength), {})
    places = (places + np.arange(size)[:, None] * minlength).reshape(-1)
    if weights is not None:
        weights = np.asarray(broadcast(weights, size, level).value).reshape(-1)
    return BatchedArray(np.bincount(places, weights, size * minlength).reshape(size, minlength), level)


# -- shapes ------------------------------------------------------------------------------------------------------------


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
    return _ravel(self).copy()  # type: ignore[no-any-return]


@handles(np.transpose, np.permute_dims)
def _transpose(a: Any, axes: Any = None) -> Any:
    """np.transpose."""
    order = range(a.ndim, 0, -1) if axes is None else [shifted(axis, a.ndim) for axis in axes]
    return BatchedArray(a.value.transpose((0, *order)), a.level)


def _transpose_method(self: BatchedArray, *axes: Any) -> BatchedArray:
    """x.transpose(axes)."""
    given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
    return _transpose(self, given)  # type: ignore[no-any-return]


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
    (value,) = aligned((array, *(np.empty(shape, bool),)), array.level)[:1] if len(shape) > array.ndim else (array.value,)
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
    if _has_arrays((), kwargs) or callable(mode) or any(np.ndim(v) for v in kwargs.values()):
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


# -- types and memory --------------------------------------------------------------------------------------------------


@handles(np.result_type)
def _result_type(*arrays_and_dtypes: Any) -> Any:
    """np.result_type."""
    return np.result_type(*[_one_row(x) for x in arrays_and_dtypes])


@handles(np.can_cast)
def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> Any:
    """np.can_cast."""
    return np.can_cast(from_.dtype, to, casting)


def _one_row(x: Any) -> Any:
    """An array of the dtype and the dimensions of a row."""
    return np.empty((1,) * x.ndim, x.dtype) if isinstance(x, BatchedArray) else x


@handles(np.iscomplexobj)
def _iscomplexobj(x: Any) -> Any:
    """np.iscomplexobj."""
    return x.dtype.kind == "c"


@handles(np.isrealobj)
def _isrealobj(x: Any) -> Any:
    """np.isrealobj."""
    return x.dtype.kind != "c"


def _physical(x: Any) -> Any:
    return x.physical if isinstance(x, BatchedArray) else x


@handles(np.may_share_memory)
def _may_share_memory(a: Any, b: Any, max_work: Any = None) -> Any:
    """np.may_share_memory."""
    return np.may_share_memory(_physical(a), _physical(b), max_work)


@handles(np.shares_memory)
def _shares_memory(a: Any, b: Any, max_work: Any = None) -> Any:
    """np.shares_memory."""
    return np.shares_memory(_physical(a), _physical(b), max_work)


# -- methods -----------------------------------------------------------------------------------------------------------


def _astype(self: BatchedArray, dtype: Any, *args: Any, **kwargs: Any) -> BatchedArray:
    """x.astype(dtype)."""
    value = self.value.astype(dtype, *args, **kwargs)
    return self if value is self.value else BatchedArray(value, self.level)


def _copied(self: BatchedArray, order: str = "C") -> BatchedArray:
    """x.copy()."""
    return BatchedArray(self.value.copy("C" if order == "C" else "K"), self.level)


def _view(self: BatchedArray, dtype: Any = None, type: Any = None) -> BatchedArray:
    """x.view(dtype)."""
    if dtype is not None and self.ndim == 0 and np.dtype(dtype).itemsize != self.itemsize:
        raise ValueError("Changing the dtype of a 0d array is only supported if the itemsize is unchanged")
    return BatchedArray(self.value.view() if dtype is None else self.value.view(dtype), self.level)


def _part(name: str) -> Any:
    """The property `real` or `imag`, a view."""

    def get(self: BatchedArray) -> BatchedArray:
        return BatchedArray(getattr(self.value, name), self.level)

    def put(self: BatchedArray, value: Any) -> None:
        get(self)[...] = value

    return property(get, put, doc=f"The {name} part, a view.")


def _squeeze_method(self: BatchedArray, axis: Any = None) -> Any:
    """x.squeeze(axis)."""
    return _squeeze(self, axis)


def _sort_method(self: BatchedArray, axis: int = -1, **kwargs: Any) -> None:
    """x.sort(axis), in place."""
    self.value.sort(shifted(axis, self.ndim), **kwargs)


def _nonzero(self: BatchedArray) -> Any:
    """Refused: the number differs from row to row."""
    raise Unbatchable("the number of elements that are not 0")


def _method_of(function: Any) -> Any:
    """x.function(…), which is function(x, …)."""
    handler = FUNCTIONS[function]

    def method(self: BatchedArray, *args: Any, **kwargs: Any) -> Any:
        return handler(self, *args, **kwargs)

    return method


def _conjugate(self: BatchedArray) -> BatchedArray:
    """x.conj()."""
    return BatchedArray(self.value.conj(), self.level)


def _clip_method(self: BatchedArray, min: Any = None, max: Any = None, **kwargs: Any) -> Any:
    """x.clip(min, max)."""
    return np.clip(self, min, max, **kwargs)  # type: ignore[call-overload]


_NAMES: Final = (
    "all", "any", "argmax", "argmin", "argsort", "cumprod", "cumsum", "diagonal", "max", "mean", "min", "prod", "ptp",
    "repeat", "round", "std", "sum", "swapaxes", "trace", "var",
)  # fmt: skip
attach(
    astype=_astype, clip=_clip_method, conj=_conjugate, conjugate=_conjugate, copy=_copied, flatten=_flatten,
    imag=_part("imag"), mT=property(_matrix_transpose), nonzero=_nonzero, ravel=_ravel, real=_part("real"),
    reshape=_reshape_method, sort=_sort_method, squeeze=_squeeze_method, T=property(_transpose),
    transpose=_transpose_method, view=_view, **{name: _method_of(getattr(np, name)) for name in _NAMES},
)  # fmt: skip
silence(globals())
