"""Adding gradients to `.grad`: of the leaf's type, in the leaf's layout, in memory of its own."""

from __future__ import annotations

import threading
from sys import getrefcount
from typing import Any, Final

import numpy as np

from ..quiet import make_quiet
from ..tensor.arena import is_lent
from ..tensor.coordinates import Coordinates, by_coordinates
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from . import batching, intermediates

# Held while gradients are added to leaves, which threads may share.
accumulating: Final = threading.RLock()


def accumulate(leaf: Tensor, grad: Any, owned: bool) -> None:
    """Add an array to the leaf's gradient."""
    data = leaf._data
    # The arrays of a capture are added up and written into as others are.
    traced = data.__class__ is not np.ndarray and hasattr(data, "recorder")
    if grad.__class__ is not np.ndarray and not traced:
        if grad.__class__ is Coordinates:
            _accumulate_sparse(leaf, grad)
            return
        if not isinstance(grad, np.generic):
            grad, owned = batching.settled(grad, data), False
        grad = grad if hasattr(grad, "level") else np.asarray(grad)
    if grad.dtype is not data.dtype:
        grad, owned = grad.astype(data.dtype), True
    assert grad.shape == data.shape, f"a rule returned a gradient of shape {grad.shape} for {data.shape}"
    old = leaf._grad
    if grad.__class__ is not np.ndarray and not traced:  # a leaf inside of `vmap`
        leaf._grad = new_tensor(grad.copy() if old is None else old._data + grad)
    elif old is None:
        if not owned or not _owns_memory(grad) or grad.strides != data.strides:
            grad = _in_layout_of(grad, data)
        leaf._grad = new_tensor(grad)
    elif old._data.flags.writeable:
        if old._vc is not None:
            old._vc.n += 1
        sums = old._data
        if sums.__class__ is not np.ndarray or sums.size < _LARGE_MATRIX:
            np.add(sums, grad, out=sums)
        else:
            for part in _strips(sums, grad):
                np.add(sums[part], grad[part], out=sums[part])
    elif by_coordinates(old):
        leaf._grad = new_tensor(old._data + grad)
    else:
        old._data = old._data + grad


def _accumulate_sparse(leaf: Tensor, grad: Coordinates) -> None:
    """Add a gradient of few rows: into memory if the leaf's gradient is dense, and in place, as in torch, if not."""
    old: Any = leaf._grad
    if old is None:
        leaf._grad = grad.with_values(np.array(grad.values, order="C")).as_tensor()
    elif by_coordinates(old):
        old.add_(grad.as_tensor())
    elif old._data.flags.writeable:
        if old._vc is not None:
            old._vc.n += 1
        grad.add_into(old._data)
    else:
        old._data = old._data + grad


def _owns_memory(array: Array) -> bool:
    """Whether nobody else sees the array's memory: it is its own, or a whole view of an array that only it holds."""
    if array.__class__ is not np.ndarray:
        return bool(getattr(array, "owns_memory", False))
    base = array.base
    if base.__class__ is not np.ndarray:
        return base is None or is_lent(array)
    return (base.base is None or is_lent(base)) and base.size == array.size and getrefcount(base) == 3


def _in_layout_of(grad: Array, like: Array) -> Array:
    """A copy of `grad` whose strides are those of `like`, if that is dense."""
    copy = np.empty_like(like, dtype=grad.dtype, order="K") if like.flags.forc else np.empty(like.shape, grad.dtype)
    if grad.__class__ is not np.ndarray or grad.size < _LARGE_MATRIX:
        copy[...] = grad
    else:
        for part in _strips(copy, grad):
            copy[part] = grad[part]
    return copy


def _strips(a: Array, b: Array) -> list[Any]:
    """Keys of parts that cover two arrays, a few columns each where one lies in memory as the other's transpose.

    NumPy goes along the rows of one, and so in large steps through the other; over a few columns these stay in the
    cache, which makes the copy of a large matrix five times as fast.
    """
    if a.ndim != 2 or not (a.flags.c_contiguous and b.flags.f_contiguous):
        return [...]
    return [(slice(None), slice(i, i + _STRIP)) for i in range(0, a.shape[1], _STRIP)]


_LARGE_MATRIX: Final = 1 << 16
_STRIP: Final = 8


def accumulate_graph(leaf: Tensor, grad: Tensor) -> None:
    """Add a gradient that has a history. The first is copied: it may be written into, and the graph holds this one."""
    if intermediates.met:
        grad = intermediates.without_false_history(grad)
    if leaf._grad is not None:
        leaf._grad = leaf._grad + grad
    elif by_coordinates(grad):
        leaf._grad = grad.clone()
    elif leaf._data.__class__ is grad._data.__class__ is np.ndarray:
        leaf._grad = new_tensor(np.empty_like(leaf._data)).copy_(grad)
    else:  # inside of `vmap`
        leaf._grad = grad


make_quiet(globals())
