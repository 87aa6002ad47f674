"""Activation functions: pointwise operators with parameters.

At kinks the derivatives are torch's: relu, relu6, hardtanh, … have slope 0 at their corners, leaky_relu the negative
slope, hardsigmoid and hardswish those of their inner piece nowhere but strictly inside.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor.dtypes import F32, F64, Array
from .exponential import erf, sigmoid
from .frames import unary
from .in_place import in_place_of
from .op import operator
from .vocabulary import RAW, exp, log1p, phrase, tanh, where, zeros_like

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


# Zeros by dtype, for ufuncs: a Python number takes NumPy longer than the maximum of four.
_ZERO: dict[Any, Any] = {F32: np.zeros((), F32), F64: np.zeros((), F64)}


def _relu_values(x: Array) -> Array:
    return np.maximum(x, _ZERO.get(x.dtype, 0))


relu = unary(
    "relu",
    _relu_values,
    lambda g, out: where(out <= 0, 0, g),
    integers="same",
    with_zero=np.maximum,
    doc="max(x, 0); the slope at 0 is 0.",
)

silu = unary(
    "silu",
    lambda x: x * sigmoid.op.forward(x),
    lambda g, x: g * (sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    integers="no",
    doc="x · sigmoid(x).",
)


@operator(pointwise=True)
def leaky_relu(x: Array, /, slope: float) -> Array:
    """x where positive, slope · x elsewhere."""
    if 0 < slope <= 1 and (x.dtype is F32 or x.dtype is F64):  # a maximum is faster than a choice
        return np.maximum(x, x * slope)
    return np.where(x > 0, x, x * slope)


leaky_relu.with_rules(x=lambda g, x, slope: where(x > 0, g, g * slope))


@operator(pointwise=True)
def threshold(x: Array, /, threshold: float, value: float) -> Array:
    """x where it is above the threshold, the value elsewhere (NaN stays)."""
    return np.where(x <= threshold, np.asarray(value, x.dtype), x)


threshold.with_rules(x=lambda g, x, threshold: where(x <= threshold, 0, g))


@operator(pointwise=True)
def elu(x: Array, /, alpha: float, scale: float, input_scale: float) -> Array:
    """scale · x where positive, scale · alpha · (e^(input_scale · x) - 1) elsewhere."""
    return np.where(x > 0, x * scale, np.expm1(np.minimum(x, 0) * input_scale) * (alpha * scale))


@elu.rule("x")
def _(g: Any, x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    # The second derivative at 0 is torch's 0, since only x < 0 reaches the exponential.
    steep = g * (exp(where(x < 0, x, 0) * input_scale) * (alpha * scale * input_scale))
    return where(x <= 0, steep, g * scale)


@operator(pointwise=True)
def celu(x: Array, /, alpha: float) -> Array:
    """x where positive, alpha · (e^(x/alpha) - 1) elsewhere."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0) / alpha) * alpha)


celu.with_rules(x=lambda g, x, alpha: where(x <= 0, g * exp(where(x < 0, x, 0) / alpha), g))


@operator(pointwise=True)
def hardtanh(x: Array, /, low: float, high: float) -> Array:
    """x clamped to [low, high]."""
    return np.clip(x, np.asarray(low, x.dtype), np.asarray(high, x.dtype))


hardtanh.with_rules(x=lambda g, x, low, high: where((x <= low) | (x >= high), 0, g))


@operator(pointwise=True)
def hardsigmoid(x: Array, /) -> Array:
    """x/6 + 1/2 clamped to [0, 1]."""
    return np.clip(x + 3, 0, 6) / 6


# The slope is 1/6 in single precision for every dtype, as torch's is.
hardsigmoid.with_rules(x=lambda g, x: where((x > -3) & (x < 3), g * 0.1666666716337204, 0))


@operator(pointwise=True)
def hardswish(x: Array, /) -> Array:
    """x · hardsigmoid(x)."""
    return x * np.clip(x + 3, 0, 6) / 6


hardswish.with_rules(x=lambda g, x: where(x <= -3, 0, where(x < 3, g * (x / 3 + 0.5), g)))


@operator(pointwise=True)
def hardshrink(x: Array, /, lambd: float) -> Array:
    """x outside of [-lambd, lambd], 0 inside."""
    return np.where((x >= -lambd) & (x <= lambd), np.zeros((), x.dtype), x)


hardshrink.with_rules(x=lambda g, x, lambd: where((x >= -lambd) & (x <= lambd), 0, g))


@operator(pointwise=True)
def softshrink(x: Array, /, lambd: float) -> Array:
    """x moved towards 0 by lambd."""
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0))


softshrink.with_rules(x=lambda g, x, lambd: where((x >= -lambd) & (x <= lambd), 0, g))


@operator(pointwise=True)
def softplus(x: Array, /, beta: float, threshold: float) -> Array:
    """log(1 + e^(beta · x)) / beta, and x itself where beta · x is above the threshold."""
    z = x if beta == 1 else x * beta
    bound = np.array(threshold, x.dtype)  # once, not at each use
    y = np.log1p(np.exp(np.minimum(z, bound)))
    return np.where(z > bound, x, y if beta == 1 else y / beta)


@softplus.rule("x")
def _(g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    return where(x * beta > threshold, g, g * sigmoid(x * beta))


@operator(node="LogSigmoidBackward0", pointwise=True)
def logsigmoid(x: Array, /) -> Array:
    """log of the logistic function, without overflow: min(x, 0) - log(1 + e^-|x|)."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


logsigmoid.with_rules(x=lambda g, x: g * sigmoid(-x))
logsigmoid.in_order = True


@operator(pointwise=True)
def gelu(x: Array, /, approximate: str) -> Array:
    """x · Φ(x), Φ the normal distribution function, or its approximation by tanh."""
    if approximate == "tanh":
        return x * 0.5 * (1 + np.tanh((x + 0.044715 * x * x * x) * _SQRT_2_OVER_PI))
    return x * 0.5 * (1 + RAW["erf"](x * _SQRT_HALF))


@gelu.rule("x")
def _(g: Any, x: Any, approximate: Any) -> Any:
    return gelu_slope_tanh(g, x) if approximate == "tanh" else gelu_slope(g, x)


@phrase
def gelu_slope(g: Any, x: Any) -> Any:
    """g · (Φ(x) + x · φ(x))."""
    distribution = 0.5 * (1 + erf(x * 0.7071067811865476))
    density = exp(x * x * -0.5) * 0.3989422804014327
    return g * (distribution + x * density)


@phrase
def gelu_slope_tanh(g: Any, x: Any) -> Any:
    """The derivative of the tanh approximation, times g."""
    t = tanh((x + 0.044715 * (x * x * x)) * 0.7978845608028654)
    inner = 0.7978845608028654 * (1 + 0.134145 * (x * x))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)


@operator(pointwise=True)
def mish(x: Array, /) -> Array:
    """x · tanh(log(1 + e^x))."""
    softplus = where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20))))
    return x * np.tanh(softplus)


@mish.rule("x")
def _(g: Any, x: Any) -> Any:
    s = sigmoid(x)
    t = tanh(where(x > 20, x, log1p(exp(where(x > 20, 0, x)))))
    return g * (t + x * s * (1 - t * t))


@operator(node="PreluKernelBackward0", pointwise=True)
def prelu(x: Array, weight: Array, /) -> Array:
    """x where positive, weight · x elsewhere."""
    return np.where(x > 0, x, weight * x)


# At 0 the derivative is the weight, but the derivative of that is the one of the other side; hence two records more.


@operator(node="PreluKernelBackwardBackward0", pointwise=True)
def prelu_by_x(slope: Array, x: Array, weight: Array, /) -> Array:
    """The gradient of `prelu` by x; `slope` is that of its result."""
    return np.where(x > 0, slope, weight * slope)


@operator(node="PreluKernelBackwardBackward0", pointwise=True)
def prelu_by_weight(slope: Array, x: Array, /) -> Array:
    """The gradient of `prelu` by its weight, for each element; `slope` is that of its result."""
    return np.where(x > 0, 0, x * slope)


prelu.with_rules(x=lambda g, x, weight: prelu_by_x(g, x, weight), weight=lambda g, x: prelu_by_weight(g, x))
prelu_by_x.with_rules(
    slope=lambda g, x, weight: where(x >= 0, g, weight * g),
    x=lambda g, x: zeros_like(x * g),
    weight=lambda g, slope, x: where(x >= 0, 0, slope * g),
)
prelu_by_weight.with_rules(
    slope=lambda g, x: where(x >= 0, 0, x * g),
    x=lambda g, slope, x: where(x >= 0, 0, slope * g),
)


@operator(node="MulBackward0")
def times_array(x: Array, /, factor: Array) -> Array:
    """x times an array that is not differentiated."""
    return x * factor


times_array.linear_in("x").with_rules(x=lambda g, factor: times_array(g, factor))


@operator(node="RreluWithNoiseBackward0")
def rrelu_with_noise(x: Array, /, noise: Array) -> Array:
    """x times the noise, which is 1 where x is positive."""
    return x * noise


rrelu_with_noise.with_rules(x=lambda g, noise: times_array(g, noise))


@operator(name="glu")
def glu(x: Array, /, dim: int) -> Array:
    """The first half of a dimension times the sigmoid of the second."""
    a, b = np.split(x, 2, axis=dim)
    return a * sigmoid.op.forward(b)


@glu.rule("x")
def _(g: Any, x: Any, dim: Any) -> Any:
    a, b = halves(x, dim)
    s = sigmoid(b)
    return joined(g * s, g * a * (1 - s) * s, dim)


@phrase
def halves(x: Any, dim: int) -> Any:
    """The two halves of a dimension."""
    n = x.shape[dim] // 2
    before = (slice(None),) * dim
    return x[(*before, slice(None, n))], x[(*before, slice(n, None))]


@operator(name="joined", node="CatBackward0")
def joined(a: Array, b: Array, /, dim: int) -> Array:
    """Two arrays of one shape, one after the other."""
    return np.concatenate((a, b), axis=dim)


joined.linear_in("a", "b", jointly=True).with_rules(
    a=lambda g, dim: halves(g, dim)[0], b=lambda g, dim: halves(g, dim)[1]
)


METHODS = {"prelu": prelu, "relu": relu, "relu_": in_place_of(relu)}

__all__ = ["relu"]
