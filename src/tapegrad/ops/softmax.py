"""Softmax and its logarithm, without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import exp, summed

_max = np.maximum.reduce
_sum = np.add.reduce


@operator(name="softmax_dim", node="SoftmaxBackward0")
def softmax_dim(x: Array, /, dim: int) -> Array:
    """e^x divided by its sum over a dimension; the maximum is taken off first."""
    if x.shape and x.shape[dim] == 0:
        return np.zeros_like(x)
    axis = dim if x.ndim else None
    e = np.exp(x - _max(x, axis, None, None, bool(x.ndim)))
    e /= _sum(e, axis, None, None, bool(x.ndim))
    return e  # type: ignore[no-any-return]


@softmax_dim.rule("x")
def _(g: Any, out: Any, dim: Any) -> Any:
    if out.ndim == 0:
        return g * 0
    weighted = g * out
    return weighted - out * summed(weighted, dim, True)


@operator(name="log_softmax_dim", node="LogSoftmaxBackward0")
def log_softmax_dim(x: Array, /, dim: int) -> Array:
    """x minus the logarithm of the sum of e^x over a dimension."""
    if x.shape and x.shape[dim] == 0:
        return np.zeros_like(x)
    axis = dim if x.ndim else None
    shifted = x - _max(x, axis, None, None, bool(x.ndim))
    return shifted - np.log(_sum(np.exp(shifted), axis, None, None, bool(x.ndim)))  # type: ignore[no-any-return]


@log_softmax_dim.rule("x")
def _(g: Any, out: Any, dim: Any) -> Any:
    if out.ndim == 0:
        return g * 0
    return g - exp(out) * summed(g, dim, True)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
