"""Room for rows in tensors that a mapped function makes and then writes into.

    def f(x):                          # x has rows
        out = torch.zeros(3)           # the same for all rows, so far
        out[0] = x.sum()               # from here on each row has its own
        return out

The memory is copied once per row, and every tensor over it, the base and its views, looks at the new memory instead.
"""

from __future__ import annotations

import gc
import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..tensor.storage import memory_of, window
from ..tensor.tensor import Tensor
from .batched import BatchedArray, Ints
from .levels import Level, is_outside, levels

_NOT_POSSIBLE = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args"
    " that has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped"
    " over in a vmap. Please try to use out-of-place operators instead of inplace arithmetic. If said operator is being"
    " called inside the PyTorch framework, please file a bug report instead."
)


def make_room(t: Tensor, values: tuple[Any, ...]) -> None:
    """Give a tensor the rows that values have which are to be written into it."""
    wanted: set[int] = set()
    for value in values:
        wanted |= _levels_of(value._data if isinstance(value, Tensor) else value)
    missing = wanted - _levels_of(t._data)
    if not missing:
        return
    for level in levels():  # outermost first
        if level.number in missing:
            _promote(t, level)


def _levels_of(array: Any) -> set[int]:
    found = set()
    while array.__class__ is BatchedArray:
        found.add(array.level)
        array = array.value
    return found


def _promote(t: Tensor, level: Level) -> None:
    base = t if t._view is None else t._view[0]
    if _is_from_outside(base, level) or _is_from_outside(t, level):
        raise RuntimeError(
            f"{_NOT_POSSIBLE}\n  Found: a tensor made outside of the mapped function, which all rows share. Return the"
            " values instead."
        )
    family = _family(base, t)
    physical = [member._data.physical if isinstance(member._data, BatchedArray) else member._data for member in family]
    memory = memory_of(physical[0])
    start = memory.__array_interface__["data"][0]
    rows = np.empty((level.size, memory.size), memory.dtype)
    rows[...] = memory.reshape(-1, order="A")
    for member, array in zip(family, physical, strict=True):
        offset = (array.__array_interface__["data"][0] - start) // array.itemsize
        moved: Any = _over(rows, member._data, array, offset, level)
        member._data, member._form = moved, None


def _over(rows: Any, old: Any, array: Any, offset: int, level: Level) -> BatchedArray:
    """What an array showed, in memory that is there once per row."""
    outer: list[int] = []
    while isinstance(old, BatchedArray):
        outer.append(old.level)
        old = old.value
    n, step = len(outer), array.itemsize
    strides: Ints = tuple([s // step for s in array.strides])
    shape = (*array.shape[:n], level.size, *array.shape[n:])
    view = window(rows, array.dtype, shape, (*strides[:n], rows.strides[0] // step, *strides[n:]), offset)
    value: Any = view
    for number in reversed(outer):
        value = BatchedArray(value, number)
    return BatchedArray(value, level.number)


def _family(base: Tensor, t: Tensor) -> list[Tensor]:
    """All tensors over the memory of a base."""
    family = [base] if base is t else [base, t]
    version = base._vc
    if version is None or sys.getrefcount(version) <= 2 + len(family):  # this frame's two, and one per tensor
        return family
    for holder in gc.get_referrers(version):
        if isinstance(holder, Tensor) and not any(holder is member for member in family):
            family.append(holder)
    return family


# -- from outside or from inside ---------------------------------------------------------------------------------------


def _is_from_outside(t: Tensor, level: Level) -> bool:
    """Whether a tensor existed before the mapped function was called, as far as can be seen.

    It did if it has a history from before, is an argument, or can be reached from the function: through its closure,
    the globals it names, or the object it is a method of.
    """
    if t._fn is not None:
        return is_outside(t._fn, level)
    return any(t is shared for shared in level.shared) or _reaches(level.function, t)


def _reaches(root: Any, t: Tensor) -> bool:
    seen: set[int] = set()
    todo = [root]
    while todo:
        item = todo.pop()
        if item is t:
            return True
        if id(item) in seen:
            continue
        seen.add(id(item))
        todo += _held_by(item)
    return False


def _held_by(item: Any) -> list[Any]:
    """What a function or container holds, not counting what modules hold."""
    if isinstance(item, FunctionType):
        cells = [cell.cell_contents for cell in item.__closure__ or () if _is_filled(cell)]
        names = _global_names(item.__code__)
        return [*cells, *(item.__defaults__ or ()), *[item.__globals__[n] for n in names if n in item.__globals__]]
    if isinstance(item, (list, tuple, set)):
        return list(item)
    if isinstance(item, dict):
        return list(item.values())
    if isinstance(item, Tensor):
        return [] if item._view is None else [item._view[0]]
    if isinstance(item, (ModuleType, type, str, bytes, int, float, np.ndarray, BatchedArray)):
        return []
    found = [getattr(item, name) for name in ("__self__", "__func__", "func", "args", "keywords") if _has(item, name)]
    return [*found, *getattr(item, "__dict__", {}).values()]


def _has(item: Any, name: str) -> bool:
    return hasattr(type(item), name)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _global_names(code: CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _global_names(constant)
    return names
