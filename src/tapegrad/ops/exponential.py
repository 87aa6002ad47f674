"""Exponentials, logarithms, the logistic function and the error function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor.dtypes import F32, F64, Array
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import TO_FLOAT, Accepts
from .frames import binary, of_tensors, unary
from .in_place import in_place_of
from .lazy import scipy_special
from .op import operator
from .vocabulary import where

# -- exponentials -----------------------------------------------------------------------------------------------------

exp = unary(
    "exp",
    np.exp,
    lambda g, out: g * out,
    doc="e to the power of each element.",
    example=("torch.exp(torch.tensor([0.5, 1.0]))", "tensor([1.6487, 2.7183])"),
)


def _exp2(x: Array) -> Array:
    """2 ** x; NumPy has it for real numbers only."""
    return np.exp(np.multiply(x, math.log(2))) if x.dtype.kind == "c" else np.exp2(x)


exp2 = unary(
    "exp2",
    _exp2,
    lambda g, out: g * out * 0.6931471805599453,
    doc="2 to the power of each element.",
    example=("torch.exp2(torch.tensor([0.5, 1.0]))", "tensor([1.4142, 2.0000])"),
)
expm1 = unary(
    "expm1",
    np.expm1,
    lambda g, out: g * (out + 1),
    doc="exp(x) - 1, exact for small x.",
    example=("torch.expm1(torch.tensor([0.0, 1e-6]))", "tensor([0.0000e+00, 1.0000e-06])"),
)

# -- logarithms -------------------------------------------------------------------------------------------------------

log = unary(
    "log",
    np.log,
    lambda g, x: g / x,
    doc="The natural logarithm of each element.",
    example=("torch.log(torch.tensor([1.0, 10.0]))", "tensor([0.0000, 2.3026])"),
)
log2 = unary(
    "log2",
    np.log2,
    lambda g, x: g / (x * 0.6931471805599453),
    doc="The logarithm to base 2.",
    example=("torch.log2(torch.tensor([1.0, 8.0]))", "tensor([0., 3.])"),
)
log10 = unary(
    "log10",
    np.log10,
    lambda g, x: g / (x * 2.3025850929940456),
    doc="The logarithm to base 10.",
    example=("torch.log10(torch.tensor([1.0, 1000.0]))", "tensor([0.0000, 3.0000])"),
)
log1p = unary(
    "log1p",
    np.log1p,
    lambda g, x: g / (x + 1),
    node="Log1PBackward0",
    doc="log(1 + x), exact for small x.",
    example=("torch.log1p(torch.tensor([0.0, 1e-6]))", "tensor([0.0000e+00, 1.0000e-06])"),
)


def _logaddexp(a: Array, b: Array) -> Array:
    """log(exp(a) + exp(b)) without overflow."""
    if a.dtype.kind != "c":
        return np.logaddexp(a, b)
    larger = np.where(a.real >= b.real, a, b)
    smaller = np.where(a.real >= b.real, b, a)
    return np.where(np.isneginf(larger.real), larger, larger + np.log1p(np.exp(smaller - larger)))


logaddexp = of_tensors(
    binary(
        "logaddexp",
        _logaddexp,
        a=lambda g, a, b: g / (1 + exp(b - a)),
        b=lambda g, a, b: g / (1 + exp(a - b)),
        kernel=Accepts("logaddexp_cpu", "hfc"),
        doc="log(exp(input) + exp(other)), without overflow.",
        example=("torch.logaddexp(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))", "tensor([3.1269, 4.1269])"),
    )
)
logaddexp2 = of_tensors(
    binary(
        "logaddexp2",
        np.logaddexp2,
        a=lambda g, a, b: g / (1 + exp2(b - a)),
        b=lambda g, a, b: g / (1 + exp2(a - b)),
        kernel=Accepts("logaddexp2_cpu", "hf"),
        doc="log2(2^input + 2^other), without overflow.",
        example=("torch.logaddexp2(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))", "tensor([3.3219, 4.3219])"),
    )
)

# -- x · log y --------------------------------------------------------------------------------------------------------


def _xlogy(a: Array, b: Array) -> Array:
    """a · log(b); 0 where a is 0, unless b is NaN."""
    return np.where((a == 0) & ~np.isnan(b), np.zeros_like(a), a * np.log(b))


def _xlog1py(a: Array, b: Array) -> Array:
    """a · log(1 + b); 0 where a is 0, unless b is NaN."""
    return np.where((a == 0) & ~np.isnan(b), np.zeros_like(a), a * np.log1p(b))


xlogy: Any = binary(
    "xlogy",
    _xlogy,
    a=lambda g, a, b: where((a == 0) & (b <= 0), 0, xlogy(g, b)),
    b=lambda g, a, b: g * a / b,
    integers="float",
    first_number_node="XlogyBackward1",
    number_node="XlogyBackward2",
    kernel=Accepts("xlogy_cpu", TO_FLOAT),
    doc="input · log(other), which is 0 where the input is 0.",
    example=("torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 4.0]))", "tensor([0.0000, 2.7726])"),
)
xlog1py: Any = binary(
    "xlog1py",
    _xlog1py,
    a=lambda g, a, b: where((a == 0) & (b <= -1), 0, xlog1py(g, b)),
    b=lambda g, a, b: g * a / (b + 1),
    integers="float",
    node="SpecialXlog1PyBackward0",
    first_number_node="SpecialXlog1PyBackward1",
    number_node="SpecialXlog1PyBackward2",
    kernel=Accepts("xlog1py_cpu", TO_FLOAT),
    doc="input · log1p(other), which is 0 where the input is 0.",
    example=("torch.special.xlog1py(torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0]))", "tensor([0.0000, 2.7726])"),
)

# -- the logistic function --------------------------------------------------------------------------------------------


# NumPy adds an array of no dimensions in two thirds of the time that a Python number takes it.
_ONE: dict[Any, Array] = {F32: np.ones((), F32), F64: np.ones((), F64)}


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)): where exp(-x) overflows to infinity, this is 0, as it should be."""
    one = _ONE.get(x.dtype)
    if one is None or x.ndim == 0:
        return np.reciprocal(np.add(np.exp(np.negative(x)), 1))
    y = np.negative(x)
    np.exp(y, y)
    np.add(y, one, y)
    return np.reciprocal(y, y)


sigmoid = unary(
    "sigmoid",
    _sigmoid,
    lambda g, out: g * ((1 - out) * out),
    doc="1 / (1 + exp(-x)).",
    example=("torch.sigmoid(torch.tensor([0.5, 1.0]))", "tensor([0.6225, 0.7311])"),
)


@operator(name="logit", pointwise=True)
def _logit(x: Array, /, eps: float | None) -> Any:
    """log(x / (1 - x)), of x brought into [eps, 1 - eps]."""
    if eps is not None:
        x = np.minimum(np.maximum(x, eps), 1 - eps)
    return np.log(x / (1 - x))


@_logit.rule("x")
def _(g: Any, x: Any, eps: Any) -> Any:
    """x ← g/(x·(1 - x)); outside of eps … 1 - eps 0, outside of 0 … 1 NaN"""
    slope = g / abs(x * (1 - x))  # abs for the sign of -0.0
    if eps is None:
        return where((x < 0) | (x > 1), float("nan"), slope)
    return where((x < eps) | (x > 1 - eps), 0, slope)


_logit.integers, _logit.kernel = "float", Accepts("logit_cpu", TO_FLOAT)


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), the inverse of the logistic function.

    Args:
        eps: bring x into [eps, 1 - eps] first; without it, x outside of [0, 1] gives NaN.

    >>> import tapegrad as torch
    >>> torch.logit(torch.tensor([0.5, 1.0]), eps=0.1)
    tensor([0.0000, 2.1972])
    """
    return pointwise.apply(_logit, pointwise.tensors_of("logit", input=input), (eps,), out)


def _logit_(self: Tensor, eps: float | None = None) -> Tensor:
    """In-place form of `logit`."""
    return pointwise.in_place(_logit, self, params=(eps,))


# -- the error function -----------------------------------------------------------------------------------------------

_inverse = scipy_special("erfinv")


def _erfinv(x: Array) -> Array:
    """The inverse of erf; the sign of a zero stays."""
    return np.where(x == 0, x, _inverse(x))


erf = unary(
    "erf",
    scipy_special("erf"),
    lambda g, x: g * (1.1283791670955126 * exp(-(x * x))),
    kernel=Accepts("erf_vml_cpu", TO_FLOAT),
    doc="The error function, 2/√π times the integral of exp(-t²) from 0.",
    example=("torch.erf(torch.tensor([0.5, 1.0]))", "tensor([0.5205, 0.8427])"),
)
erfc = unary(
    "erfc",
    scipy_special("erfc"),
    lambda g, x: g * (-1.1283791670955126 * exp(-(x * x))),
    kernel=Accepts("erfc_vml_cpu", TO_FLOAT),
    doc="1 - erf(x), exact for large x.",
    example=("torch.erfc(torch.tensor([0.5, 1.0]))", "tensor([0.4795, 0.1573])"),
)
erfinv = unary(
    "erfinv",
    _erfinv,
    lambda g, out: g * (0.886226925452758 * exp(out * out)),
    kernel=Accepts("erfinv_vml_cpu", TO_FLOAT),
    doc="The inverse of the error function on (-1, 1).",
    example=("torch.erfinv(torch.tensor([0.0, 0.5]))", "tensor([0.0000, 0.4769])"),
)

_FUNCTIONS = (
    erf, erfc, erfinv, exp, exp2, expm1, log, log10, log1p, log2, logaddexp, logaddexp2, sigmoid, xlogy,
)  # fmt: skip

METHODS = {function.__name__: function for function in _FUNCTIONS}
METHODS |= {
    function.__name__ + "_": in_place_of(function)
    for function in _FUNCTIONS
    if not function.__name__.startswith("logadd")
}
METHODS |= {"logit": logit, "logit_": _logit_}

__all__ = [
    "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2",
    "logit", "sigmoid", "xlogy",
]  # fmt: skip
