"""Indexing of batched arrays, where the array, the indices, or the values may have rows.

Basic indices go to the physical array after a full slice for the batch.  With index arrays, the batch takes part as one
more of them, `arange(rows)`: NumPy then puts the batch first, the dimensions of the indices next and the others last,
and what belongs before the indices is moved there.
"""

from __future__ import annotations

from types import EllipsisType, NoneType
from typing import Any, Final

import numpy as np

from ..tensor.rows import Unbatchable
from .batched import (
    ALL,
    UFUNC_METHODS,
    BatchedArray,
    Ints,
    attach,
    broadcast,
    by_rows,
    handles,
    is_at,
    level_of,
    ndim_of,
    shifted,
    silence,
    size_at,
    with_rank,
)

_BASIC: Final = frozenset((int, slice, NoneType, EllipsisType))


def _getitem(self: BatchedArray, index: Any) -> BatchedArray:
    """x[index]."""
    kind = index.__class__
    if kind in _BASIC:  # the usual cases
        return BatchedArray(self.value[ALL, index], self.level)
    if kind is tuple:
        for item in index:
            if item.__class__ not in _BASIC:
                break
        else:
            return BatchedArray(self.value[(ALL, *index)], self.level)
    items = _items(index)
    level = max(self.level, level_of(items))
    x = broadcast(self, size_at((self, items), level), level)
    key, order = _key(x, items)
    y = x.value[key]
    return BatchedArray(y if order is None else y.transpose(order), level)


def _setitem(self: BatchedArray, index: Any, value: Any) -> None:
    """x[index] = value."""
    items = _items(index)
    level = self.level
    if level_of((*items, value)) > level:
        raise Unbatchable("the rows' values written into one array")
    if len(items) == 1 and is_at(items[0], level) and items[0].dtype.kind == "b":
        _write_under(self, items[0], value)
        return
    key, order = _key(self, items)
    target = self.value
    if is_at(value, level):
        value = _with_leading_ones(value, target[key].ndim - 1)
    if order is not None and ndim_of(value):
        value = np.broadcast_to(value, target[key].transpose(order).shape).transpose(_inverse(order))
    target[key] = value


def _write_under(x: Any, mask: BatchedArray, value: Any) -> None:
    """x[mask] = value, where each row has a mask of its own, and so the number of elements is not the same for all."""
    inner = x.ndim - mask.ndim
    if ndim_of(value) > inner:
        raise Unbatchable("the number of elements under a mask")
    where = BatchedArray(mask.value.reshape(*mask.value.shape, *(1,) * inner), x.level)
    np.copyto(x, value, where=where, casting="unsafe")


def _with_leading_ones(value: BatchedArray, rank: int) -> Any:
    """The physical array of a value for rows of `rank` dimensions; it may have had more, of size 1."""
    extra = value.ndim - rank
    physical = value.value
    if extra > 0 and physical.shape[1 : 1 + extra] == (1,) * extra:
        return physical.reshape(physical.shape[0], *physical.shape[1 + extra :])
    return with_rank(value, rank)


def _items(index: Any) -> tuple[Any, ...]:
    """The index as a tuple, lists as arrays."""
    items = index if isinstance(index, tuple) else (index,)
    return tuple([np.asarray(item) if isinstance(item, list) else item for item in items])


def _is_array(item: Any) -> bool:
    return isinstance(item, (np.ndarray, np.generic, BatchedArray, bool))


def _key(x: BatchedArray, items: tuple[Any, ...]) -> tuple[Any, Any]:
    """What to index the physical array with, and how to transpose the result; None if not at all."""
    if not any(_is_array(item) for item in items):
        return (ALL, *items), None
    if all(item.__class__ in _ARRAYS and item.dtype.kind != "b" for item in items):  # the usual case
        return _key_of_indices(x, items), None
    items = _expanded(items, x.ndim)
    level = x.level
    places = [i for i, item in enumerate(items) if item is not None and item.__class__ is not slice]
    adjacent = places[-1] - places[0] + 1 == len(places)
    if adjacent and not any(is_at(item, level) for item in items):
        return (ALL, *items), None
    rank = max([ndim_of(items[i]) for i in places])
    rows = np.arange(x.value.shape[0]).reshape(-1, *(1,) * rank)
    key = (rows, *[with_rank(item, rank) if is_at(item, level) else item for item in items])
    before = places[0] if adjacent else 0
    if before == 0:
        return key, None
    total = 1 + rank + sum(item is None or item.__class__ is slice for item in items)
    inner = range(1 + rank, 1 + rank + before)
    return key, (0, *inner, *range(1, 1 + rank), *range(1 + rank + before, total))


_ARRAYS: Final = (np.ndarray, BatchedArray)


def _key_of_indices(x: BatchedArray, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same where there are only arrays of integers."""
    level = x.level
    if not any(is_at(item, level) for item in items):
        return (ALL, *items)
    rank = max([ndim_of(item) for item in items])
    rows = np.arange(x.value.shape[0]).reshape(-1, *(1,) * rank)
    return (rows, *[with_rank(item, rank) if is_at(item, level) else item for item in items])


def _expanded(items: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """Indices with a slice for every dimension left out, and masks as the places they mark."""
    found: list[Any] = []
    taken = sum([_dims_taken(item) for item in items])
    if not any(item is ... for item in items):
        items = (*items, ...)
    for item in items:
        if item is ...:
            found += [ALL] * (ndim - taken)
        elif _is_array(item) and (isinstance(item, bool) or item.dtype.kind == "b"):
            if isinstance(item, BatchedArray):
                raise Unbatchable("the number of elements under a mask")
            found += list(np.asarray(item).nonzero()) if ndim_of(item) else [None, np.zeros(int(item), np.intp)]
        else:
            found.append(item)
    return tuple(found)


def _dims_taken(item: Any) -> int:
    """How many dimensions an index stands for."""
    if item is None or item is ... or isinstance(item, bool):
        return 0
    return ndim_of(item) if _is_array(item) and item.dtype.kind == "b" else 1


def _inverse(order: Ints) -> Ints:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


attach(__getitem__=_getitem, __setitem__=_setitem)


# -- taking and putting ------------------------------------------------------------------------------------------------


@handles(np.take)
def taken(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """np.take."""
    if out is not None or mode != "raise":
        return by_rows(np.take, (a, indices), {"axis": axis, "out": out, "mode": mode})
    level = level_of((a, indices))
    if axis is None:
        a, axis = a.reshape(-1), 0
    number = shifted(axis, a.ndim)
    if not is_at(indices, level):
        return BatchedArray(a.value.take(indices, axis=number), level)
    if not is_at(a, level) and number == 1:
        return BatchedArray(a.take(indices.value, axis=0), level)
    return broadcast(a, indices.value.shape[0], level)[(ALL,) * (number - 1) + (indices,)]


def _take_method(self: BatchedArray, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """x.take(indices, axis)."""
    return taken(self, indices, axis, out, mode)


attach(take=_take_method)


def _rowwise(operands: Any) -> tuple[int, list[BatchedArray]]:
    """The highest level among arrays, and all of them with rows at it."""
    level = level_of(operands)
    size = size_at(operands, level)
    return level, [broadcast(x, size, level) for x in operands]


@handles(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """np.take_along_axis."""
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    level, (arr, indices) = _rowwise((arr, indices))
    return BatchedArray(np.take_along_axis(arr.value, indices.value, shifted(axis, arr.ndim)), level)


@handles(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """np.put_along_axis."""
    level = _level_of_target(arr, indices, values)
    size = arr.value.shape[0]
    values = with_rank(values, arr.ndim) if is_at(values, level) else values
    np.put_along_axis(arr.value, broadcast(indices, size, level).value, values, shifted(axis, arr.ndim))


def _level_of_target(target: Any, *others: Any) -> int:
    """The level at which an array is written into.

    Raises:
        Unbatchable: what is written has rows that the array has not.
    """
    level = level_of((target, *others))
    if not is_at(target, level):
        raise Unbatchable("the rows' values written into one array")
    return level


@handles(np.copyto)
def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """np.copyto."""
    level = _level_of_target(dst, src, where)
    source = _with_leading_ones(src, dst.ndim) if is_at(src, level) else src
    mask = with_rank(where, dst.ndim) if is_at(where, level) else where
    np.copyto(dst.value, source, casting=casting, where=mask)  # type: ignore[arg-type]


@handles(np.put, np.place)
def _put(*args: Any, **kwargs: Any) -> None:
    """np.put and np.place, which take values in turn."""
    raise Unbatchable("values taken in turn")


@handles(np.putmask)
def _putmask(a: Any, mask: Any, values: Any) -> None:
    """np.putmask, for values that are not taken in turn."""
    if ndim_of(values) and values.shape != a.shape:
        raise Unbatchable("values repeated under a mask")
    _copyto(a, values, "unsafe", mask)


@handles(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """np.fill_diagonal."""
    level = _level_of_target(a, val)
    for i, part in enumerate(a.value):
        np.fill_diagonal(part, val.value[i] if is_at(val, level) else val, wrap)


def _fill(self: BatchedArray, value: Any) -> None:
    """x.fill(value)."""
    _copyto(self, value, "unsafe")


attach(fill=_fill)


def _at(ufunc: Any, target: Any, index: Any, *values: Any) -> None:
    """`ufunc.at`: an element that is named twice is computed twice."""
    level = _level_of_target(target, index, *values)
    items = _items(index)
    if target.ndim == 1 and len(items) == 1 and ndim_of(items[0]) == 1 and target.value.flags.c_contiguous:
        # One index into one dimension, for which NumPy has a fast way.
        count, length = target.value.shape
        places = broadcast(items[0], count, level).value
        places = np.where(places < 0, places + length, places) + np.arange(count)[:, None] * length
        physical = [with_rank(v, 1) if is_at(v, level) else v for v in values]
        given = [np.broadcast_to(v, places.shape).reshape(-1) for v in physical]
        ufunc.at(target.value.reshape(-1), places.reshape(-1), *given)
        return
    key, order = _key(target, items)
    if order is not None or key[0].__class__ is slice:
        for i in range(target.value.shape[0]):
            parts = [v.value[(i, ...)] if is_at(v, level) else v for v in values]
            at = tuple([item.value[(i, ...)] if is_at(item, level) else item for item in items])
            ufunc.at(target.value[(i, ...)], at, *parts)
        return
    rank = target.value[key].ndim - 1
    ufunc.at(target.value, key, *[with_rank(v, rank) if is_at(v, level) else v for v in values])


UFUNC_METHODS["at"] = _at


silence(globals())
