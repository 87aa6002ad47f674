"""How the elements of new tensors are laid out in memory."""

from __future__ import annotations

import itertools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .storage import window

if TYPE_CHECKING:
    from .device import memory_format
    from .dtypes import Array

Ints = tuple[int, ...]


def contiguous_strides(shape: Ints) -> Ints:
    """Strides, in elements, of a dense tensor in the order of its indices.

    >>> contiguous_strides((2, 3, 4))
    (12, 4, 1)
    """
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * max(shape[i + 1], 1)
    return tuple(strides)


def is_dense(shape: Ints, strides: Ints) -> bool:
    """Whether the elements fill a stretch of memory without gaps or overlaps, in any order of dimensions."""
    reach = 1
    for stride, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride != reach:
            return False
        reach *= n
    return True


def preserving_strides(shape: Ints, strides: Ints) -> Ints:
    """Strides of a dense tensor whose dimensions are ordered in memory as those of a given one.

    A dimension of stride 0 says nothing about its place; it stays where the order of indices puts it.

    >>> preserving_strides((2, 3), (1, 2)), preserving_strides((2, 3), (0, 1))
    ((1, 2), (3, 1))
    """
    return strides if is_dense(shape, strides) else merged_strides(shape, strides)


def merged_strides(shape: Ints, *operands: Ints) -> Ints:
    """Strides of a dense tensor whose dimensions are ordered in memory as those of its operands.

    Args:
        operands: the strides of each, 0 where it is broadcast; where the first do not decide, the next ones do.

    >>> merged_strides((2, 3), (0, 0), (1, 2))
    (1, 2)
    """
    order: list[int] = []  # innermost first
    for dim in reversed(range(len(shape))):
        order.append(dim)
        at = len(order) - 1
        # Carried inwards past every dimension of larger stride, up to the first of smaller.
        for before in range(at - 1, -1, -1):
            comparison = _compare(shape, operands, order[before], order[at])
            if comparison > 0:
                order[before], order[at] = order[at], order[before]
                at = before
            elif comparison < 0:
                break
    found, step = [0] * len(shape), 1
    for dim in order:
        found[dim] = step
        step *= max(shape[dim], 1)
    return tuple(found)


def _compare(shape: Ints, operands: tuple[Ints, ...], a: int, b: int) -> int:
    """Negative if dimension `a` lies further in than `b`, positive if further out, 0 if that is undecided."""
    for strides in operands:
        if strides[a] == 0 or strides[b] == 0:
            continue
        if strides[a] != strides[b]:
            return strides[a] - strides[b]
        if shape[a] > shape[b]:
            return 1
    return 0


def overlaps_itself(array: Array) -> bool:
    """Whether several elements of an array are one in memory because it was expanded.

    torch asks no more than this before it writes: other overlaps, which `as_strided` can make, are let pass.
    """
    if 0 not in array.strides or array.size == 0:
        return False
    return any(s == 0 and n > 1 for n, s in zip(array.shape, array.strides, strict=True))


def empty_with_strides(shape: Ints, strides: Ints, dtype: np.dtype[Any]) -> Array:
    """Uninitialised memory seen under a shape and strides, in elements."""
    span = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    return window(np.empty(span, dtype), dtype, shape, strides)


def in_order(array: Array) -> Array:
    """The array, or a copy if its elements do not lie in memory in the order of their indices.

    >>> in_order(np.ones((2, 3)).T).strides
    (16, 8)
    """
    return array if array.__class__ is not np.ndarray or array.flags.c_contiguous else array.copy()


def keeps_order(array: Array) -> bool:
    """Whether NumPy's copies of an array have the strides that torch's have, those of `empty_like`."""
    if array.flags.c_contiguous:
        return 1 not in array.shape  # a dimension of length 1 may have any stride, which torch preserves
    strides = array.strides
    return 0 not in strides and len(set(strides)) == len(strides) and 1 not in array.shape


def empty_like(array: Array, dtype: np.dtype[Any], format: memory_format | None = None) -> Array:
    """Uninitialised memory of an array's shape, in the order of dimensions that a memory format asks for.

    `preserve_format`, the default, takes over the order of the array's dimensions.

    Raises:
        RuntimeError: the format asks for another number of dimensions.
    """
    if array.__class__ is not np.ndarray:  # inside of `vmap`
        return np.empty_like(array, dtype, order="K" if format is None or format._name == "preserve_format" else "C")
    shape = array.shape
    name = "preserve_format" if format is None else format._name
    if name == "contiguous_format":
        return np.empty(shape, dtype)
    if name == "preserve_format" and keeps_order(array):
        return np.empty_like(array, dtype)
    if name == "preserve_format":
        step = array.itemsize
        return empty_with_strides(shape, preserving_strides(shape, tuple(s // step for s in array.strides)), dtype)
    return empty_with_strides(shape, channels_last_strides(shape, name), dtype)


def copy_like(array: Array, like: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """A copy of an array, perhaps in another dtype, laid out in memory as `empty_like(like)` is."""
    made = empty_like(like, array.dtype if dtype is None else dtype)
    made[...] = array
    return made


def copy_with_gaps(array: Array) -> Array:
    """A copy with the very strides of the array, even if there are gaps between its elements."""
    if array.__class__ is not np.ndarray or overlaps_itself(array):
        return np.copy(array, order="C")
    made = empty_with_strides(array.shape, tuple(s // array.itemsize for s in array.strides), array.dtype)
    made[...] = array
    return made


def channels_last_strides(shape: Ints, name: str) -> Ints:
    """Strides, in elements, for the memory formats `channels_last` and `channels_last_3d`.

    Raises:
        RuntimeError: not 4 (or 5) dimensions.
    """
    rank = 4 if name == "channels_last" else 5
    if len(shape) != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {name} format")
    order = (1, *range(rank - 1, 1, -1), 0)  # innermost first
    steps = (1, *itertools.accumulate((shape[dim] for dim in order[:-1]), operator.mul))
    return tuple(step for _, step in sorted(zip(order, steps, strict=True)))
