"""Losses that are one operation in torch.

`reduction` is "none", "mean" or "sum"; the rules of the reduced forms get a scalar `g` and rely on broadcasting.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .exponential import sigmoid
from .op import operator
from .vocabulary import abs, exp, log, log1p, minimum, phrase, sign, where

_sum: Any = np.add.reduce


def reduced(values: Array, reduction: str) -> Array:
    """Values, their sum or their mean."""
    if reduction == "none":
        return values
    if values.dtype.itemsize == 2 and values.dtype.kind in "fV":
        wide = reduced(values.astype(np.float32), reduction)
        return wide.astype(values.dtype)
    total = _sum(values, None)
    return total / values.size if reduction == "mean" else total


@phrase
def per_element(g: Any, reduction: str, count: int) -> Any:
    """The gradient of each element's loss."""
    return g * (1 / count) if reduction == "mean" and count else g


@phrase
def elements_in(shape: tuple[int, ...]) -> int:
    """The number of elements of a shape."""
    count = 1
    for n in shape:
        count *= n
    return count


@operator
def mse_loss(x: Array, y: Array, /, reduction: str) -> Array:
    """The squared difference."""
    difference = x - y
    difference = difference * difference
    return reduced(difference, reduction)


@phrase
def mse_slope(g: Any, x: Any, y: Any, reduction: str) -> Any:
    """The derivative of the squared difference by x, times g."""
    scale = 2 / elements_in(x.shape) if reduction == "mean" and elements_in(x.shape) else 2.0
    return (x - y) * (g * scale)


mse_loss.with_rules(
    x=lambda g, x, y, reduction: mse_slope(g, x, y, reduction),
    y=lambda g, x, y, reduction: mse_slope(g, y, x, reduction),
)


def distance(x: Array, y: Array) -> Array:
    """|x - y|; of half-precision types, in single precision."""
    z: Array = np.abs(x - y)
    return z.astype(np.float32) if z.dtype.itemsize == 2 and z.dtype.kind in "fV" else z


@operator
def smooth_l1_loss(x: Array, y: Array, /, reduction: str, beta: float) -> Array:
    """Squared, divided by 2·beta, where the difference is below beta; linear beyond."""
    z = distance(x, y)
    losses = np.where(z < beta, 0.5 * z * z / beta, z - 0.5 * beta)
    return reduced(losses.astype(x.dtype, copy=False), reduction)


@phrase
def smooth_l1_slope(g: Any, d: Any, reduction: str, beta: float) -> Any:
    """The derivative of smooth_l1_loss by the difference, times g."""
    slope = where(abs(d) < beta, d / beta, sign(d))
    return slope * per_element(g, reduction, elements_in(d.shape))


smooth_l1_loss.with_rules(
    x=lambda g, x, y, reduction, beta: smooth_l1_slope(g, x - y, reduction, beta),
    y=lambda g, x, y, reduction, beta: -smooth_l1_slope(g, x - y, reduction, beta),
)


@operator
def huber_loss(x: Array, y: Array, /, reduction: str, delta: float) -> Array:
    """Half the square where the difference is at most delta; linear beyond."""
    z = distance(x, y)
    losses = np.where(z <= delta, 0.5 * z * z, delta * (z - 0.5 * delta))
    return reduced(losses.astype(x.dtype, copy=False), reduction)


@phrase
def huber_slope(g: Any, d: Any, reduction: str, delta: float) -> Any:
    """The derivative of huber_loss by the difference, times g."""
    slope = where(abs(d) <= delta, d, delta * sign(d))
    return slope * per_element(g, reduction, elements_in(d.shape))


huber_loss.with_rules(
    x=lambda g, x, y, reduction, delta: huber_slope(g, x - y, reduction, delta),
    y=lambda g, x, y, reduction, delta: -huber_slope(g, x - y, reduction, delta),
)


@operator
def soft_margin_loss(x: Array, y: Array, /, reduction: str) -> Array:
    """log(1 + e^(-y · x))."""
    return reduced(np.log1p(np.exp(-y * x)), reduction)


soft_margin_loss.with_rules(
    x=lambda g, x, y, reduction: -y * sigmoid(-y * x) * per_element(g, reduction, elements_in(x.shape)), y=None
)


# -- binary cross-entropy ----------------------------------------------------------------------------------------------


@operator
def binary_cross_entropy(x: Array, y: Array, weight: Array | None = None, /, reduction: str = "mean") -> Array:
    """-(y · log x + (1 - y) · log(1 - x)), logarithms not below -100."""
    values = (y - 1) * np.maximum(np.log1p(-x), -100) - y * np.maximum(np.log(x), -100)
    return reduced(values if weight is None else values * weight, reduction)


binary_cross_entropy.with_rules(
    x=lambda g, x, y, weight, reduction: bce_slope(g, x, y, weight, reduction),
    y=lambda g, x, y, weight, reduction: bce_target_slope(g, x, weight, reduction),
    weight=None,
)


@phrase
def bce_slope(g: Any, x: Any, y: Any, weight: Any, reduction: str) -> Any:
    """The derivative of binary_cross_entropy by x, times g."""
    spread = (1 - x) * x
    slope = per_element(g, reduction, elements_in(x.shape)) * (x - y) / where(spread < 1e-12, 0 * x + 1e-12, spread)
    return slope if weight is None else slope * weight


@phrase
def bce_target_slope(g: Any, x: Any, weight: Any, reduction: str) -> Any:
    """The derivative of binary_cross_entropy by its target, times g."""
    slope = per_element(g, reduction, elements_in(x.shape)) * (log(1 - x) - log(x))
    return slope if weight is None else slope * weight


@operator
def binary_cross_entropy_with_logits(
    x: Array, y: Array, weight: Array | None = None, pos_weight: Array | None = None, /, reduction: str = "mean"
) -> Array:
    """Binary cross-entropy of sigmoid(x), without overflow."""
    softplus = np.log1p(np.exp(-np.abs(x))) - np.minimum(x, 0)  # log(1 + e^-x)
    values = (1 - y) * x + (softplus if pos_weight is None else ((pos_weight - 1) * y + 1) * softplus)
    return reduced(values if weight is None else values * weight, reduction)


@phrase
def bce_logits_slope(g: Any, x: Any, y: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """The derivative by x, times g."""
    if pos_weight is None:
        slope = sigmoid(x) - y
    else:
        positive = pos_weight * y
        slope = (positive + 1 - y) * sigmoid(x) - positive
    slope = slope * per_element(g, reduction, elements_in(x.shape))
    return slope if weight is None else slope * weight


@phrase
def bce_logits_target_slope(g: Any, x: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    """The derivative by the target, times g."""
    slope = -x
    if pos_weight is not None:
        slope = slope + (pos_weight - 1) * (log1p(exp(-abs(x))) - minimum(x, 0 * x))
    slope = slope * per_element(g, reduction, elements_in(x.shape))
    return slope if weight is None else slope * weight


binary_cross_entropy_with_logits.with_rules(
    x=lambda g, x, y, weight, pos_weight, reduction: bce_logits_slope(g, x, y, weight, pos_weight, reduction),
    y=lambda g, x, weight, pos_weight, reduction: bce_logits_target_slope(g, x, weight, pos_weight, reduction),
    weight=None,
    pos_weight=None,
)


# -- negative log-likelihood -------------------------------------------------------------------------------------------
# Linear in x: pick one class per sample, times a coefficient. `places` is an index for x[places] of picked elements.


@operator(node="NllLossBackward0")
def picked(x: Array, /, places: tuple[Array, ...], coefficients: Array, total: bool) -> Array:
    """coefficients · x[places], or the sum of it."""
    values = x[places]
    if total and values.dtype.itemsize == 2 and values.dtype.kind in "fV":  # added up in single precision
        return _sum(values.astype(np.float32) * coefficients.astype(np.float32), None).astype(values.dtype)
    values = values * coefficients
    return _sum(values, None) if total else values


@operator(node="NllLossBackward0Backward0")
def put_back(g: Array, /, places: tuple[Array, ...], coefficients: Array, total: bool, shape: tuple[int, ...]) -> Array:
    """The transpose of `picked`: places differ from sample to sample, so no two coincide."""
    whole = np.zeros(shape, coefficients.dtype)
    whole[places] = g * coefficients
    return whole


picked.linear_in("x").with_rules(
    x=lambda g, x_shape, places, coefficients, total: put_back(g, places, coefficients, total, x_shape)
)
put_back.with_rules(g=lambda g, places, coefficients, total: picked(g, places, coefficients, total))

picked_2d = picked.twin("2d", node="NllLoss2DBackward0")

METHODS: dict[str, Any] = {}

__all__: list[str] = []
