"""Multi-class margin losses, each one operation in torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .losses import reduced
from .op import operator
from .vocabulary import phrase, reshaped, summed, where

# `chosen` is 1 at the class of each row and 0 elsewhere; `belongs` counts how often a class is among a row's targets.


def _per_row(x: Array, rows: Array, reduction: str) -> Array:
    return reduced(rows / x.dtype.type(x.shape[1]), reduction)


@operator(constants=("chosen", "weight"))
def multi_margin_loss(x: Array, chosen: Array, weight: Array, /, p: int, margin: float, reduction: str) -> Array:
    """The sum over the other classes of weight · max(0, margin - x[target] + x)^p, divided by the classes."""
    at_target = (x * chosen).sum(1, keepdims=True)
    z = np.maximum(margin - at_target + x, 0) * (1 - chosen)
    return _per_row(x, ((z if p == 1 else z * z) * weight).sum(1), reduction)


@phrase
def each_row(g: Any, shape: Any, reduction: str) -> Any:
    """The gradient of the sum of each row, in a column."""
    if reduction == "none":
        return reshaped(g, (shape[0], 1)) / shape[1]
    return g / (shape[0] * shape[1]) if reduction == "mean" else g / shape[1]


@multi_margin_loss.rule("x")
def _(g: Any, x: Any, chosen: Any, weight: Any, x_shape: Any, p: Any, margin: Any, reduction: Any) -> Any:
    """x ← g·(s - chosen·Σ s), s = where(z > 0, (1 - chosen)·weight·p·z^(p-1), 0), z = margin - x[chosen] + x"""
    z = margin - summed(x * chosen, 1, True) + x
    slope = where(z > 0, (1 - chosen) * weight if p == 1 else 2 * z * (1 - chosen) * weight, 0)
    slope = slope - chosen * summed(slope, 1, True)
    return slope * each_row(g, x_shape, reduction)


@operator(constants=("belongs",))
def multilabel_margin_loss(x: Array, belongs: Array, /, reduction: str) -> Array:
    """The sum over targets and other classes of max(0, 1 - x[target] + x[other]), divided by the classes."""
    z = np.maximum(1 - x[:, :, None] + x[:, None, :], 0)
    z = z * belongs[:, :, None] * (belongs == 0)[:, None, :]
    return _per_row(x, z.sum((1, 2)), reduction)


@multilabel_margin_loss.rule("x")
def _(g: Any, x: Any, belongs: Any, x_shape: Any, reduction: Any) -> Any:
    """x_k ← g·(Σ_j m_jk - Σ_j m_kj), m_jk = 1 where 1 - x_j + x_k > 0, j is among the targets and k not"""
    z = 1 - x[:, :, None] + x[:, None, :]
    pairs = where(z > 0, belongs[:, :, None] * where(belongs[:, None, :] == 0, 1, 0), 0)
    return (summed(pairs, 1, False) - summed(pairs, 2, False)) * each_row(g, x_shape, reduction)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
