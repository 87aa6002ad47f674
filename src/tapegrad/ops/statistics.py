"""Variance and standard deviation.

Both are computed in two passes, from the differences to the mean: no cancellation.  `correction` is subtracted from the
number of elements in the divisor (1: Bessel's, the default); with no degree of freedom left the result is NaN or inf,
with a warning, as in torch.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import F32, Array
from ..tensor.tensor import Tensor
from .op import Op, operator
from .outputs import given_out
from .reductions import Dims, add_reduce, check_keepdim, chosen, count_of, dims_of, mean_dims, unreduced, unsummed
from .vocabulary import phrase, where

UNSET: Any = object()

_FEW = 8  # elements that NumPy adds one after the other
_running: Any = np.add.accumulate


def _spread(x: Array, dims: Dims, correction: float, keepdim: bool, root: bool) -> tuple[Array, Array]:
    """The variance (or its root), and the mean with its dimensions kept; of half precision, in single precision."""
    if x.itemsize == 2:
        x = x.astype(F32)
    n = count_of(x.shape, dims)
    freedom = n - correction if n > correction else 0.0
    mean: Any
    if not keepdim and 0 < n < _FEW and x.ndim == 1 and x.dtype is F32 and x.__class__ is np.ndarray:
        mean = (_running(x)[-1] + 0.0) / n  # the mean of nothing but -0.0 is 0.0
        off = x - mean
        y = _running(np.multiply(off, off, off))[-1] / freedom
    else:
        mean = add_reduce(x, dims, None, None, True) / n
        off = x - mean
        off = off.real**2 + off.imag**2 if off.dtype.kind == "c" else off * off
        y = add_reduce(off, dims, None, None, keepdim) / freedom
    return np.sqrt(y) if root else y, mean


def _moments(x: Array, dims: Dims, correction: float, keepdim: bool, root: bool) -> tuple[Array, Array]:
    """The variance (or its root) and the mean."""
    kind = x.dtype
    y, mean = _spread(x, dims, correction, keepdim, root)
    mean = mean if keepdim else np.reshape(mean, y.shape)
    return (y.astype(kind), mean.astype(kind)) if kind.itemsize == 2 else (y, mean)


def _variance(x: Array, dims: Dims, correction: float, keepdim: bool, root: bool) -> Array:
    """The variance (or its root) alone."""
    y = _spread(x, dims, correction, keepdim, root)[0]
    return y.astype(x.dtype) if x.itemsize == 2 else y


@phrase
def var_gradient(g: Any, x: Any, dims: Dims, freedom: float, whole: bool) -> Any:
    """g times the derivative of the variance, 2·(x - mean) / freedom.

    With no degree of freedom left torch answers differently for the variance of all elements: without a sign.
    """
    off = x - mean_dims(x, dims, True)
    if freedom > 0:
        return (2 / freedom * g) * off
    if whole:
        return g * where(off == 0, float("nan"), float("inf"))
    return ((2 / freedom if freedom else float("inf")) * g) * off


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="var_dims", node="VarBackward0")
def var_dims(x: Array, /, dims: Dims, correction: float, keepdim: bool, whole: bool) -> Array:
    """The variance over dimensions."""
    return _variance(x, dims, correction, keepdim, False)


@var_dims.rule("x")
def _(g: Any, x: Any, x_shape: Any, dims: Any, correction: Any, whole: Any) -> Any:
    return var_gradient(unreduced(g, x_shape, dims), x, dims, count_of(x_shape, dims) - correction, whole)


@operator(name="std_dims", node="StdBackward0")
def std_dims(x: Array, /, dims: Dims, correction: float, keepdim: bool, whole: bool) -> Array:
    """The standard deviation over dimensions."""
    return _variance(x, dims, correction, keepdim, True)


@std_dims.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, dims: Any, correction: Any, whole: Any) -> Any:
    """x ← g·(x - mean(x))/((n - correction)·out), 0 where out == 0"""
    g = where(out == 0, 0, g / (out * 2))
    return var_gradient(unreduced(g, x_shape, dims), x, dims, count_of(x_shape, dims) - correction, whole)


@operator(name="var_mean_dims", node="VarMeanBackward0", outputs=(True, True))
def var_mean_dims(x: Array, /, dims: Dims, correction: float, keepdim: bool, whole: bool) -> tuple[Array, Array]:
    """Variance and mean over dimensions."""
    return _moments(x, dims, correction, keepdim, False)


@var_mean_dims.rule("x")
def _(g: Any, x: Any, x_shape: Any, dims: Any, correction: Any, whole: Any) -> Any:
    """x ← 2·g_var·(x - mean(x))/(n - correction) + g_mean/n"""
    g_var, g_mean = g
    n = count_of(x_shape, dims)
    gradient = None
    if g_var is not None:
        gradient = var_gradient(unreduced(g_var, x_shape, dims), x, dims, n - correction, whole)
    if g_mean is not None:
        share = unsummed(g_mean / n, x_shape, dims)
        gradient = share if gradient is None else gradient + share
    return gradient


@operator(name="std_mean_dims", node="StdMeanBackward0", outputs=(True, True))
def std_mean_dims(x: Array, /, dims: Dims, correction: float, keepdim: bool, whole: bool) -> tuple[Array, Array]:
    """Standard deviation and mean over dimensions."""
    return _moments(x, dims, correction, keepdim, True)


@std_mean_dims.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, dims: Any, correction: Any, whole: Any) -> Any:
    """x ← g_std·(x - mean(x))/((n - correction)·std) + g_mean/n, 0 for the first where std == 0"""
    g_std, g_mean = g
    n = count_of(x_shape, dims)
    gradient = None
    if g_std is not None:
        g_var = where(out[0] == 0, 0, g_std / (out[0] * 2))
        gradient = var_gradient(unreduced(g_var, x_shape, dims), x, dims, n - correction, whole)
    if g_mean is not None:
        share = unsummed(g_mean / n, x_shape, dims)
        gradient = share if gradient is None else gradient + share
    return gradient


# -- what users call ---------------------------------------------------------------------------------------------------


def _call(
    name: str,
    op: Op,
    input: Any,
    dim: Any,
    unbiased: Any,
    keepdim: bool,
    correction: Any,
) -> Any:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    if input.dtype.category < dtypes.FLOAT:
        raise DtypeError(
            f"{name if '_' in name else 'std and var'} only support floating point and complex dtypes",
            f"Found: {input.dtype}. Convert first: x.float().{name}().",
        )
    if dim.__class__ is bool:  # the form var(input, unbiased)
        dim, unbiased = None, dim
    if correction is UNSET or correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    check_keepdim(name, keepdim)
    x = input._data
    dims = dims_of(dim, x.ndim)
    n = count_of(x.shape, dims)
    if n - correction <= 0 or x.size == 0:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input"
            " numel divided by output numel).",
            UserWarning,
            stacklevel=3,
        )
    return op.call(input, dims, correction, keepdim, dim is None or not x.ndim)


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = UNSET,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The variance of all elements, or over dimensions: Σ(x - mean)² / (n - correction).

    Args:
        input: any shape, floating point or complex.
        dim: the dimension or dimensions; all if not given.
        unbiased: the older way to say correction=1 (True) or correction=0 (False).
        keepdim: keep these dimensions, with length 1.
        correction: what is taken off the number of elements; 1 if not given.

    Raises:
        RuntimeError: `input` holds integers or bools.

    >>> import tapegrad as torch
    >>> torch.var(torch.tensor([1.0, 2.0, 3.0])), torch.var(torch.tensor([1.0, 2.0, 3.0]), correction=0)
    (tensor(1.), tensor(0.6667))
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("var", dim, axis, keepdim, keepdims)
    y = _call("var", var_dims, input, dim, unbiased, keepdim, correction)
    return y if out is None else given_out(out, y, input)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = UNSET,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The standard deviation, the root of `var`, with the same arguments; its gradient is 0 where it is 0.

    >>> import tapegrad as torch
    >>> torch.std(torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]), dim=1)
    tensor([1., 2.])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("std", dim, axis, keepdim, keepdims)
    y = _call("std", std_dims, input, dim, unbiased, keepdim, correction)
    return y if out is None else given_out(out, y, input)


def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = UNSET,
    axis: Any = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Variance and mean, as a tuple; arguments as for `var`.

    >>> import tapegrad as torch
    >>> torch.var_mean(torch.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, keepdim = chosen("var_mean", dim, axis, keepdim, keepdims)
    return tuple(_call("var_mean", var_mean_dims, input, dim, unbiased, keepdim, correction))


def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = UNSET,
    axis: Any = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Standard deviation and mean, as a tuple; arguments as for `var`.

    >>> import tapegrad as torch
    >>> torch.std_mean(torch.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    dim, keepdim = chosen("std_mean", dim, axis, keepdim, keepdims)
    return tuple(_call("std_mean", std_mean_dims, input, dim, unbiased, keepdim, correction))


for _op in (var_dims, std_dims, var_mean_dims, std_mean_dims):
    _op.in_order = True

std_mean_dims.read_outputs = (0,)

METHODS = {"std": std, "var": var}

__all__ = ["std", "std_mean", "var", "var_mean"]
