"""Taking and placing elements of every line of an array along a dimension.

What `max(dim)`, `sort`, `topk` and `median` have in common: their results are elements of the input, and the gradient
goes back to where these came from.  `index` is a parameter of these operators, a bare array, not an input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator


def along(x: Array, index: Array, dim: int) -> Array:
    """`np.take_along_axis` at half the cost, for one or two dimensions."""
    if x.ndim == 1:
        return x[index]
    if x.ndim == 2:
        return x[places(index, dim)]
    return np.take_along_axis(x, index, dim) if x.ndim else np.copy(np.reshape(x, index.shape))


def places(index: Array, dim: int) -> tuple[Any, ...]:
    """The index that addresses the elements at `index` along a dimension, and at their own places along the others."""
    shape = index.shape
    found: list[Any] = []
    for d, n in enumerate(shape):
        if d == dim:
            found.append(index)
        else:
            found.append(np.arange(n).reshape([-1 if i == d else 1 for i in range(len(shape))]))
    return tuple(found)


@operator
def take_lines(x: Array, /, index: Array, dim: int, unique: bool) -> Array:
    """The elements of x at `index` along `dim`; `unique` says that no index appears twice on a line."""
    return along(x, index, dim)


@operator
def put_lines(g: Array, /, index: Array, shape: tuple[int, ...], dim: int, unique: bool) -> Array:
    """Zeros of a shape, with g added at `index` along `dim`: the transpose of `take_lines`."""
    x = np.zeros(shape, g.dtype)
    if not shape:
        return x + g
    if unique:
        x[places(index, dim)] = g
    else:
        np.add.at(x, places(index, dim), g)
    return x


take_lines.linear_in("x").with_rules(x=lambda g, x_shape, index, dim, unique: put_lines(g, index, x_shape, dim, unique))
put_lines.with_rules(g=lambda g, index, dim, unique: take_lines(g, index, dim, unique))

METHODS: dict[str, Any] = {}

__all__: list[str] = []
