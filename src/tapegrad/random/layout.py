"""The order in which torch writes the elements of a tensor: that of memory, not that of the indices."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def in_memory_order(array: Array) -> Array:
    """A view with the dimensions sorted by descending stride.

    >>> in_memory_order(np.zeros((2, 3)).T).shape
    (2, 3)
    """
    if array.flags.c_contiguous or array.ndim < 2:
        return array
    return array.transpose(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))


def write(array: Array, values: Array) -> None:
    """Write as many values into the elements of an array, one after the other in memory."""
    ordered = in_memory_order(array)
    ordered[...] = values.reshape(ordered.shape)


def laid_out_like(array: Array, values: Array) -> Array:
    """An array of the values, in the shape and the order of dimensions in memory that `array` has."""
    if array.flags.c_contiguous:
        return values.reshape(array.shape)
    out = np.empty_like(array, dtype=values.dtype, order="K")
    write(out, values)
    return out
