"""Taking and placing elements of every line of an array along a dimension.

What `max(dim)`, `sort`, `topk` and `median` have in common: their results are elements of the input, and the gradient
goes back to where these came from.  `index` is a parameter of these operators, a bare array, not an input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator


@operator
def take_lines(x: Array, /, index: Array, dim: int, unique: bool) -> Array:
    """The elements of x at `index` along `dim`; `unique` says that no index appears twice on a line."""
    return np.take_along_axis(x, index, dim) if x.ndim else np.reshape(x, index.shape)


take_lines.with_rules(x=lambda g, x_shape, index, dim, unique: put_lines(g, index, x_shape, dim, unique))


@operator
def put_lines(g: Array, /, index: Array, shape: tuple[int, ...], dim: int, unique: bool) -> Array:
    """Zeros of a shape, with g added at `index` along `dim`: the transpose of `take_lines`."""
    x = np.zeros(shape, g.dtype)
    if not shape:
        return x + g
    if unique:
        np.put_along_axis(x, index, g, dim)
        return x
    places = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    np.add.at(x, tuple(places), g)
    return x


put_lines.with_rules(g=lambda g, index, dim, unique: take_lines(g, index, dim, unique))

METHODS: dict[str, Any] = {}

__all__: list[str] = []
