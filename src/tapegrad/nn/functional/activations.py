"""Activation functions and softmax.

All take a floating-point tensor of any shape and return one of the same shape and dtype; `inplace=True` writes the
result into the input.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...errors import DtypeError
from ...ops import activations as ops
from ...ops import exponential, normalized_exponential, trigonometric
from ...ops.pointwise import apply, in_place_result, write_out
from ...tensor.arguments import wrap_dim
from ...tensor.dtypes import FLOAT, dtype, scalar_type_name
from ...tensor.tensor import Tensor


def _check_float(name: str, x: Any) -> None:
    """Refuse what torch's kernel of this name does not compute."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(x).__name__}")
    if x._data.dtype.kind in "fcV":
        return
    if x.dtype.category < FLOAT:
        raise DtypeError(
            f"\"{name}_cpu\" not implemented for '{scalar_type_name(x.dtype)}'",
            "Convert the tensor first, as with x.float().",
        )


# Operators whose in-place form has a graph node of its own.
_IN_PLACE_NODES = {
    "celu": "CeluBackward1",
    "elu": "EluBackward1",
    "leaky_relu": "LeakyReluBackward1",
    "threshold": "ThresholdBackward1",
}


def _apply(op: Any, input: Tensor, inplace: bool, *params: Any) -> Tensor:
    if inplace:
        own = _IN_PLACE_NODES.get(op.name)
        return in_place_result(op if own is None else op.twin("in place", node=own), input, *params)
    return _computed(op, input, *params)


def _computed(op: Any, input: Tensor, *params: Any) -> Tensor:
    """The operator's result; half-precision types are computed in single precision."""
    return apply(op, (input,), params) if input._data.dtype.itemsize == 2 else op.call(input, *params)


def _into(out: Tensor | None, result: Tensor, input: Tensor) -> Tensor:
    """The result, written into `out` if that is given."""
    return result if out is None else write_out(out, result._data, result.dtype, (input,))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0), elementwise; the slope at 0 is 0.

    >>> import tapegrad as torch
    >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else ops.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where positive, `negative_slope` · x elsewhere."""
    _check_float("leaky_relu", input)
    return _apply(ops.leaky_relu, input, inplace, negative_slope)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where it is above `threshold`, `value` elsewhere."""
    return _apply(ops.threshold, input, inplace, threshold, value)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, alpha · (e^x - 1) elsewhere."""
    _check_float("elu", input)
    return _apply(ops.elu, input, inplace, alpha, 1.0, 1.0)


# Klambauer et al., Self-Normalizing Neural Networks, 2017: the fixed point of mean 0 and variance 1.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """The scaled exponential linear unit of self-normalising networks (Klambauer et al., 2017)."""
    _check_float("elu", input)
    return _apply(ops.elu, input, inplace, _SELU_ALPHA, _SELU_SCALE, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where positive, alpha · (e^(x/alpha) - 1) elsewhere."""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    _check_float("elu", input)
    return _apply(ops.celu, input, inplace, alpha)


def gelu(input: Tensor, *, approximate: str = "none", out: Tensor | None = None) -> Tensor:
    """x · Φ(x), Φ the distribution function of the normal distribution; "tanh" approximates it.

    Raises:
        RuntimeError: `approximate` is neither "none" nor "tanh".
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    _check_float("gelu", input)
    return _into(out, _computed(ops.gelu, input, approximate), input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x)."""
    _check_float("silu", input)
    return in_place_result(ops.silu.op, input) if inplace else ops.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x · tanh(log(1 + e^x))."""
    _check_float("mish", input)
    return _apply(ops.mish, input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0, *, out: Tensor | None = None) -> Tensor:
    """log(1 + e^(beta · x)) / beta; x itself where beta · x is above `threshold`."""
    _check_float("softplus", input)
    return _into(out, _computed(ops.softplus, input, beta, threshold), input)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return input - trigonometric.tanh(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x clamped to [min_val, max_val].

    Raises:
        ValueError: `min_val` is above `max_val`.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _apply(ops.hardtanh, input, inplace, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x clamped to [0, 6]."""
    return _apply(ops.hardtanh, input, inplace, 0.0, 6.0)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x/6 + 1/2 clamped to [0, 1]."""
    _check_float("hardsigmoid", input)
    return _apply(ops.hardsigmoid, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x · hardsigmoid(x)."""
    _check_float("hardswish", input)
    return _apply(ops.hardswish, input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x outside of [-lambd, lambd], 0 inside."""
    _check_float("hardshrink", input)
    return _into(out, _computed(ops.hardshrink, input, lambd), input)


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """x moved towards 0 by `lambd`.

    Raises:
        RuntimeError: `lambd` is negative.
    """
    _check_float("softshrink", input)
    if lambd < 0:
        raise RuntimeError(
            f"lambda must be in range [0, {np.finfo(input._data.dtype).max:.6g}] for input dtype"
            f" {scalar_type_name(input.dtype)}, but found {lambd:g}"
        )
    return _into(out, _computed(ops.softshrink, input, lambd), input)


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """log(1 / (1 + e^-x))."""
    _check_float("log_sigmoid", input)
    return _into(out, _computed(ops.logsigmoid, input), input)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return exponential.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return trigonometric.tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of a dimension times the sigmoid of the second.

    Raises:
        RuntimeError: the tensor has no dimensions, or the dimension's size is odd.
    """
    _check_float("glu", input)
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = wrap_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}")
    return ops.glu.call(input, dim)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where positive, weight · x elsewhere; the weight has one element or one per channel (dimension 1).

    Raises:
        RuntimeError: the number of weights is neither 1 nor the number of channels.
    """
    if weight.numel() != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        if weight.numel() != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers ="
                f" {weight.numel()} and channel size = {channels}."
            )
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.dtype is not input.dtype:
        raise DtypeError(
            f"prelu: Type promoting not supported. Got {scalar_type_name(input.dtype)} and"
            f" {scalar_type_name(weight.dtype)}"
        )
    if weight.ndim != input.ndim:
        shape = [1] * input.ndim
        if weight.ndim and input.ndim > 1:
            shape[1] = weight.numel()
        weight = weight.reshape(shape)
    return apply(ops.prelu, (input, weight)) if input._data.dtype.itemsize == 2 else ops.prelu.call(input, weight)


# -- softmax -----------------------------------------------------------------------------------------------------------


def _implicit_dim(name: str, dim: int | None, ndim: int, stacklevel: int) -> int:
    """torch's old default dimension, with its warning."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        UserWarning,
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None) -> Tensor:
    """e^x divided by its sum over dimension `dim`.

    >>> import tapegrad as torch
    >>> torch.nn.functional.softmax(torch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return normalized_exponential.softmax(input, _implicit_dim("softmax", dim, input.ndim, _stacklevel), dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None) -> Tensor:
    """The logarithm of `softmax`, computed without overflow or underflow."""
    return normalized_exponential.log_softmax(input, _implicit_dim("log_softmax", dim, input.ndim, _stacklevel), dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtype | None = None) -> Tensor:
    """`softmax` of -x."""
    negative: Any = -input
    return normalized_exponential.softmax(negative, _implicit_dim("softmin", dim, input.ndim, _stacklevel), dtype)


def relu_(input: Tensor) -> Tensor:
    """`relu` in place."""
    return input.relu_()


def _in_place(function: Any, name: str) -> Any:
    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return function(input, *args, **kwargs, inplace=True)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{function.__name__}`."
    return method


leaky_relu_ = _in_place(leaky_relu, "leaky_relu_")
threshold_ = _in_place(threshold, "threshold_")
elu_ = _in_place(elu, "elu_")
selu_ = _in_place(selu, "selu_")
celu_ = _in_place(celu, "celu_")
hardtanh_ = _in_place(hardtanh, "hardtanh_")

__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "relu_", "selu",
    "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink",
    "threshold", "threshold_",
]  # fmt: skip
