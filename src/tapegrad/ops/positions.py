"""Single elements of a tensor, by their positions in it: what max pooling and look-ups have in common.

Positions count the elements in the order of a contiguous tensor; -1 stands for a zero. `picked_elements` reads them,
`added_elements` is its transpose; each is the other's derivative.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..tensor.dtypes import Array
from .op import operator


@operator
def picked_elements(x: Array, /, places: Array) -> Array:
    """The elements at some positions, in the shape of `places`."""
    if x.size == 0:
        return np.zeros(places.shape, x.dtype)
    y: Array = x.reshape(-1).take(places)
    missing = places < 0
    if all_rows(missing).any():
        y[missing] = 0
    return y


@operator
def added_elements(x: Array, /, places: Array, shape: tuple[int, ...]) -> Array:
    """Zeros of a shape, with each element of x added at its position."""
    values, places, size = x.reshape(-1), places.reshape(-1), prod(shape)
    kept = places >= 0
    if not all_rows(kept).all():
        values, places = np.where(kept, values, 0), np.where(kept, places, 0)
    if x.dtype.kind == "c":
        y = np.bincount(places, values.real, size) + 1j * np.bincount(places, values.imag, size)
    else:
        y = np.bincount(places, values.astype(np.float64, copy=False), size)
    return y.astype(x.dtype, copy=False).reshape(shape)


picked_elements.linear_in("x").with_rules(x=lambda g, x_shape, places: added_elements(g, places, x_shape))
added_elements.linear_in("x").with_rules(x=lambda g, places: picked_elements(g, places))


def in_planes(index: Array, size: int) -> Array:
    """Positions in a whole tensor, from those in the planes of `size` elements behind its leading dimensions.

    Args:
        index: shape (…, n), one row for each plane.
    """
    planes = prod(index.shape[:-1])
    return index + (np.arange(planes) * size).reshape(*index.shape[:-1], 1)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
