"""NumPy's reductions, scans and sorting on batched arrays: the function itself, with its axes moved up by one."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .batched import (
    FUNCTIONS,
    BatchedArray,
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


def _reduction(function: Any, joins: bool = True) -> Any:
    """Over one, several or all axes; `joins` if the function takes several at once."""

    def handler(a: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
        if a.__class__ is not BatchedArray or kwargs.get("out") is not None or has_arrays(args, kwargs):
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


_function: Any
for _function in (
    np.mean, np.std, np.var, np.ptp, np.nansum, np.nanprod, np.nanmean, np.nanstd, np.nanvar, np.nanmax, np.nanmin,
    np.median, np.nanmedian, np.count_nonzero,
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
    if has_arrays((), kwargs):
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


silence(globals())
