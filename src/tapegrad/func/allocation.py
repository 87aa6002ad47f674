"""Kernels over a NumPy whose new arrays have rows.

Many kernels allocate an array and write into it:

    z = np.zeros(shape, x.dtype)
    z[index] = x

Where `x` has rows, `z` has to have them, too.  `with_rows` gives the same function over a namespace in which `np.zeros`
and its kin allocate batched arrays; the functions of tapegrad's own that it calls are exchanged in the same way.
"""

from __future__ import annotations

import threading
from types import FunctionType
from typing import Any, Final

import numpy as np

from ..ops.op import Op
from ..quiet import over
from .batched import BatchedArray, Ints, broadcast


class _Rows(threading.local):
    """The level and the number of rows of arrays that are allocated now."""

    level = 0
    size = 0


_rows: Final = _Rows()


def allocating(level: int, size: int, function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function while what it allocates has rows at a level."""
    before = _rows.level, _rows.size
    _rows.level, _rows.size = level, size
    try:
        return function(*args, **kwargs)
    finally:
        _rows.level, _rows.size = before


class _NumPy:
    """NumPy, but for the functions that make arrays."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        setattr(self, name, found)
        return found

    @staticmethod
    def _new(shape: Any, dtype: Any, make: Any) -> BatchedArray:
        whole: Ints = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)
        return BatchedArray(make((_rows.size, *whole), dtype), _rows.level)

    def zeros(self, shape: Any, dtype: Any = float, order: str = "C") -> BatchedArray:
        """np.zeros, in every row."""
        return self._new(shape, dtype, np.zeros)

    def ones(self, shape: Any, dtype: Any = float, order: str = "C") -> BatchedArray:
        """np.ones, in every row."""
        return self._new(shape, dtype, np.ones)

    def empty(self, shape: Any, dtype: Any = float, order: str = "C") -> BatchedArray:
        """np.empty, in every row."""
        return self._new(shape, dtype, np.empty)

    def full(self, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> BatchedArray:
        """np.full, in every row."""
        kind = dtype if dtype is not None else getattr(fill_value, "dtype", None)
        kind = kind if kind is not None else np.asarray(fill_value).dtype
        y = self._new(shape, kind, np.empty)
        y[...] = fill_value
        return y

    def arange(self, *args: Any, **kwargs: Any) -> BatchedArray:
        """np.arange, the same in every row."""
        return broadcast(np.arange(*args, **kwargs), _rows.size, _rows.level)

    def empty_like(self, a: Any, *args: Any, **kwargs: Any) -> Any:
        """np.empty_like, with rows even if `a` has none."""
        return np.empty_like(broadcast(a, _rows.size, _rows.level), *args, **kwargs)

    def zeros_like(self, a: Any, *args: Any, **kwargs: Any) -> Any:
        """np.zeros_like, with rows even if `a` has none."""
        return np.zeros_like(broadcast(a, _rows.size, _rows.level), *args, **kwargs)

    def full_like(self, a: Any, *args: Any, **kwargs: Any) -> Any:
        """np.full_like, with rows even if `a` has none."""
        return np.full_like(broadcast(a, _rows.size, _rows.level), *args, **kwargs)

    def array(self, x: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """np.array: of a batched array a copy."""
        if isinstance(x, BatchedArray):
            return x.copy() if dtype is None else x.astype(dtype)
        return np.array(x, dtype, **kwargs)

    def copy(self, a: Any, order: str = "K") -> Any:
        """np.copy, with rows even if `a` has none."""
        return np.copy(broadcast(a, _rows.size, _rows.level), order="C" if order == "C" else "K")

    def asarray(self, x: Any, dtype: Any = None) -> Any:
        """np.asarray: a batched array stays one."""
        if isinstance(x, BatchedArray):
            return x if dtype is None else x.astype(dtype, copy=False)
        return np.asarray(x, dtype)

    def ascontiguousarray(self, x: Any, dtype: Any = None) -> Any:
        """np.ascontiguousarray: a batched array as its copy."""
        if isinstance(x, BatchedArray):
            return (x if dtype is None else x.astype(dtype, copy=False)).copy()
        return np.ascontiguousarray(x, dtype)


_numpy: Final = _NumPy()
_made: Final[dict[int, tuple[Any, Any]]] = {}  # by the id of a function or a namespace: it, and what stands for it


def with_rows(function: Any) -> Any:
    """The function over such a NumPy; one that is not written in Python as it is."""
    if not isinstance(function, FunctionType):
        return function
    found = _made.get(id(function))
    if found is None:
        found = _made[id(function)] = (function, over(function, _namespace(function.__globals__)))
    return found[1]


def _namespace(namespace: dict[str, Any]) -> dict[str, Any]:
    """A copy of a namespace in which NumPy, and the functions and operators over it, are exchanged."""
    found = _made.get(id(namespace))
    if found is None:
        copy = dict(namespace)
        found = _made[id(namespace)] = (namespace, copy)  # before the functions, which may call each other
        for name, value in namespace.items():
            copy[name] = _exchanged(value)
    return found[1]


def _exchanged(value: Any) -> Any:
    if value is np:
        return _numpy
    if isinstance(value, Op):
        return _Operator(value)
    if isinstance(value, FunctionType) and _is_ours(value):
        return with_rows(value)
    return value


def _is_ours(function: FunctionType) -> bool:
    """Whether a function is one of the operators' own, which are written over arrays."""
    return function.__code__.co_filename.startswith(_OPS)


_OPS: Final = __file__.rpartition("func")[0] + "ops"


class _Operator:
    """An operator as kernels see it: its forward function over such a NumPy."""

    def __init__(self, op: Op) -> None:
        self._op = op

    @property
    def forward(self) -> Any:
        """The forward function."""
        return with_rows(self._op.forward)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._op, name)
