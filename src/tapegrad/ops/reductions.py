"""Sums, means and other reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.arguments import wrap_dims
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .vocabulary import expand, reshaped

add_reduce = np.add.reduce


def kept(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """A shape with the given dimensions reduced to 1."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


@operator(name="sum", node="SumBackward0")
def sum_all(x: Array, /) -> Array:
    """The sum of all elements."""
    return add_reduce(x, None)


sum_all.with_rules(x=lambda g, x_shape: expand(g, x_shape))


@operator(name="sum_dims", node="SumBackward1")
def sum_dims(x: Array, /, dims: tuple[int, ...], keepdim: bool) -> Array:
    """The sum over some dimensions."""
    return add_reduce(x, dims, None, None, keepdim)


@sum_dims.rule("x")
def _(g: Any, x_shape: Any, dims: Any) -> Any:
    return expand(reshaped(g, kept(x_shape, dims)), x_shape)


def sum(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:  # noqa: A001, A002 - torch's names
    """The sum of all elements, or over some dimensions."""
    if dim is None:
        return sum_all.call(input)  # type: ignore[no-any-return]
    return sum_dims(input, wrap_dims(dim, input._data.ndim), keepdim)  # type: ignore[no-any-return]


METHODS = {"sum": sum}

__all__ = ["sum"]
