"""Softmax and its logarithm, without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import F32, F64, Array, dtype
from ..tensor.tensor import Tensor
from . import row_kernels
from .accepts import not_implemented
from .op import operator
from .pointwise import write_out
from .vocabulary import exp, summed, word

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce
_running: Any = np.add.accumulate
_subtract: Any = np.subtract
_divide: Any = np.divide
_exp: Any = np.exp
_log: Any = np.log
_LAST = (-1, Ellipsis)

_FEW = 8  # elements that NumPy adds one after the other


def _is_tiny(x: Array) -> bool:
    """Whether x is a vector so short that a maximum looked up and a running sum cost half of what reductions do."""
    return x.__class__ is np.ndarray and x.ndim == 1 and 0 < x.size < _FEW and (x.dtype is F32 or x.dtype is F64)


def _shifted(x: Array) -> Any:
    """A tiny vector less its largest element."""
    return _subtract(x, x[x.argmax(), ...])


@operator(name="softmax_dim", node="SoftmaxBackward0")
def softmax_dim(x: Array, /, dim: int) -> Array:
    """e^x divided by its sum over a dimension; the maximum is taken off first."""
    if _is_tiny(x):
        e = _shifted(x)
        _exp(e, e)
        tiny: Array = _divide(e, _running(e)[_LAST], e)
        return tiny
    if x.ndim == 0:
        return np.exp(x - x)
    if x.size == 0:
        return np.zeros_like(x)
    if dim == x.ndim - 1 and (found := row_kernels.softmax(x)) is not None:
        return found
    half = x.dtype.itemsize == 2  # computed in single precision
    y = x.astype(np.float32) if half else x
    e = np.exp(y - _max(y, dim, None, None, True))
    e /= _sum(e, dim, None, None, True)
    return e.astype(x.dtype) if half else e


def _softmax_by_rows(g: Array, out: Array, dim: int) -> Array | None:
    """The gradient of softmax by the row."""
    return row_kernels.softmax_gradient(g, out) if dim == out.ndim - 1 else None


def _log_softmax_by_rows(g: Array, out: Array, dim: int) -> Array | None:
    """The gradient of log_softmax by the row."""
    return row_kernels.log_softmax_gradient(g, out) if dim == out.ndim - 1 else None


def _not_by_rows(g: Any, out: Any, dim: int) -> None:
    """Recorded gradients are computed in steps."""


word("softmax_by_rows", raw=_softmax_by_rows, tensor=_not_by_rows)
word("log_softmax_by_rows", raw=_log_softmax_by_rows, tensor=_not_by_rows)


@softmax_dim.rule("x")
def _(g: Any, out: Any, dim: Any) -> Any:
    """x ← out·(g - Σ g·out)"""
    if out.ndim == 0:
        return g * (1 - out)
    found = softmax_by_rows(g, out, dim)  # type: ignore[name-defined]  # noqa: F821 - a word
    if found is not None:
        return found
    weighted = g * out
    return weighted - out * summed(weighted, dim, True)


@operator(name="log_softmax_dim", node="LogSoftmaxBackward0")
def log_softmax_dim(x: Array, /, dim: int) -> Array:
    """x minus the logarithm of the sum of e^x over a dimension."""
    if _is_tiny(x):
        shifted = _shifted(x)
        total = _running(_exp(shifted))[_LAST]
        tiny: Array = _subtract(shifted, _log(total, total), shifted)
        return tiny
    if x.ndim == 0:
        return x - x
    if x.size == 0:
        return np.zeros_like(x)
    if dim == x.ndim - 1 and (found := row_kernels.log_softmax(x)) is not None:
        return found
    half = x.dtype.itemsize == 2
    y = x.astype(np.float32) if half else x
    shifted = y - _max(y, dim, None, None, True)
    y = shifted - np.log(_sum(np.exp(shifted), dim, None, None, True))
    return y.astype(x.dtype) if half else y


@log_softmax_dim.rule("x")
def _(g: Any, out: Any, dim: Any) -> Any:
    """x ← g - e^out·Σ g"""
    if out.ndim == 0:
        return g - g * exp(out)
    found = log_softmax_by_rows(g, out, dim)  # type: ignore[name-defined]  # noqa: F821 - a word
    if found is not None:
        return found
    return g - exp(out) * summed(g, dim, True)


def floating(name: str, input: Tensor, dtype: dtype | None) -> Tensor:
    """The input in `dtype`, if given; refused if it holds integers."""
    if dtype is not None and input.dtype is not dtype:
        input = input.to(dtype)
    if input._data.dtype.kind not in "fcV":
        raise not_implemented(f"{name}_lastdim_kernel_impl", input.dtype)
    return input


def softmax(input: Tensor, dim: int, dtype: dtype | None = None, *, out: Tensor | None = None) -> Tensor:
    """e^x divided by its sum over dimension `dim`.

    Args:
        dim: the dimension over which the result sums to 1.
        dtype: convert to this type first.

    Raises:
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    x = input if dtype is None and input._data.dtype is F32 else floating("softmax", input, dtype)
    y = softmax_dim.call(x, wrap_dim(dim, x._data.ndim))
    return y if out is None else write_out(out, y._data, y.dtype, (input,))


def log_softmax(input: Tensor, dim: int, dtype: dtype | None = None, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of `softmax`, computed without overflow or underflow."""
    x = input if dtype is None and input._data.dtype is F32 else floating("log_softmax", input, dtype)
    y = log_softmax_dim.call(x, wrap_dim(dim, x._data.ndim))
    return y if out is None else write_out(out, y._data, y.dtype, (input,))


for _op in (softmax_dim, log_softmax_dim):
    _op.in_order = True

METHODS: dict[str, Any] = {"log_softmax": log_softmax, "softmax": softmax}

__all__ = ["log_softmax", "softmax"]
