"""The order in which torch writes the elements of a tensor: that of memory, not that of the indices."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def memory_order(array: Array) -> tuple[int, ...]:
    """The dimensions sorted by descending stride.

    >>> memory_order(np.zeros((2, 3)).T)
    (1, 0)
    """
    if array.flags.c_contiguous:
        return tuple(range(array.ndim))
    return tuple(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))


def write(array: Array, values: Array) -> None:
    """Write as many values into the elements of an array, one after the other in memory."""
    if array.flags.c_contiguous:
        array[...] = values if array.ndim == 1 else values.reshape(array.shape)
        return
    ordered = array.transpose(memory_order(array))
    ordered[...] = values.reshape(ordered.shape)


def check_no_overlap(array: Array) -> None:
    """Refuse an array, made by `expand`, several of whose elements are one in memory.

    Raises:
        RuntimeError: it is such an array.
    """
    if (
        0 in array.strides
        and array.size
        and any(n > 1 and s == 0 for n, s in zip(array.shape, array.strides, strict=True))
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            " Please clone() the tensor before performing the operation."
        )


def empty_like(array: Array, dtype: np.dtype[Any]) -> Array:
    """An array of the same shape and order of dimensions in memory, without gaps (torch's preserve_format)."""
    if array.__class__ is not np.ndarray:  # inside of `vmap`
        return np.empty_like(array, dtype)
    order = _stride_order(array)
    inverse = sorted(range(array.ndim), key=order.__getitem__)
    return np.empty([array.shape[axis] for axis in order], dtype).transpose(inverse)


def _stride_order(array: Array) -> list[int]:
    """The dimensions from the outermost to the innermost; those of stride 0 stay where they are among the others.

    An insertion sort, because with strides of 0 the comparison is not an order and the result depends on the steps.
    """
    order = list(range(array.ndim))[::-1]
    for i in range(1, len(order)):
        at = i
        for before in range(i - 1, -1, -1):
            how = _compare(array, order[before], order[at])
            if how > 0:
                order[before], order[at] = order[at], order[before]
                at = before
            elif how < 0:
                break
    return order[::-1]


def _compare(array: Array, inner: int, outer: int) -> int:
    """1 if `inner` must lie further out than `outer`, -1 if it may stay, 0 if nothing can be said."""
    a, b = array.strides[inner], array.strides[outer]
    if a == 0 or b == 0:
        return 0
    if a != b:
        return -1 if a < b else 1
    return 1 if array.shape[inner] > array.shape[outer] else 0


def laid_out_like(array: Array, values: Array) -> Array:
    """An array of the values, in the shape and the order of dimensions in memory that `array` has."""
    if array.flags.c_contiguous:
        return values.reshape(array.shape)
    out = empty_like(array, values.dtype)
    write(out, values)
    return out
