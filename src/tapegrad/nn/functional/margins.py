"""Margin losses of several classes, and the triplet loss with any distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd.batching import all_rows
from ...errors import DtypeError
from ...ops import margins as ops
from ...tensor.dtypes import int64, scalar_type_name
from ...tensor.tensor import Tensor, new_tensor
from .activations import logsigmoid
from .distances import pairwise_distance
from .losses import _reduce, _reduction


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over classes of max(0, margin - x[target] + x[class])^p, leaving out the target's.

    Args:
        input: scores, shape (N, C) or (C,).
        target: classes, shape (N,) or ().
        p: 1 or 2.
        weight: factor for each class, shape (C,).

    Raises:
        ValueError: `p` is not 1 or 2, or `weight` has not one dimension.
        RuntimeError: shapes that do not fit, or a target that is not a class.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    shape = input._data.shape
    if len(shape) > 2 or (input.numel() == 0 and (len(shape) < 2 or shape[1] == 0)):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: " + str(list(shape))
        )
    x: Any = input if len(shape) == 2 else input.reshape(1, -1)
    rows, classes = x._data.shape
    t = target._data.reshape(-1)
    if t.size != rows or target.ndim > 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch"
            f" size). Expected target size [{rows}], but got {list(target._data.shape)}. Input has shape {list(shape)}."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight._data.shape)}")
    if target.dtype is not int64:
        raise DtypeError(
            f"expected scalar type Long but found {scalar_type_name(target.dtype)}", "Write target.long()."
        )
    if t.size and (all_rows(t).min() < 0 or all_rows(t).max() >= classes):
        raise RuntimeError(f"target out of range. There are {classes} classes, 0 to {classes - 1}")
    kind = x._data.dtype
    chosen = (t[:, None] == np.arange(classes)).astype(kind)
    factors = np.ones((rows, 1), kind) if weight is None else weight._data[t][:, None]
    if target.ndim == 0 and reduction == "none":  # of one sample, a number
        reduction = "sum"
    return ops.multi_margin_loss.call(x, new_tensor(chosen), new_tensor(factors), p, margin, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The sum over targets and other classes of max(0, 1 - x[target] + x[other]), divided by the number of classes.

    Args:
        input: scores, shape (N, C) or (C,).
        target: classes of each sample, ended by -1; the input's shape.

    Raises:
        RuntimeError: shapes that differ, or a target that is not a class.
    """
    reduction = _reduction(reduction, size_average, reduce)
    shape = input._data.shape
    if len(shape) > 2 or (len(shape) == 2 and shape[1] == 0) or (len(shape) == 1 and shape[0] == 0):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(shape)}"
        )
    if target._data.shape != shape:
        raise RuntimeError(f"inconsistent target size: {list(target._data.shape)} for input of size: {list(shape)}")
    flat: Any = input if len(shape) == 2 else input.reshape(1, -1)
    rows, classes = flat._data.shape
    t = target._data.reshape(rows, classes)
    if t.size and (all_rows(t).min() < -1 or all_rows(t).max() >= classes):
        raise RuntimeError(f"target is out of range: there are {classes} classes, 0 to {classes - 1}")
    counted = np.minimum.accumulate(t >= 0, axis=1)
    row = np.broadcast_to(np.arange(rows)[:, None], t.shape)[counted]
    belongs = np.zeros((rows, classes), flat._data.dtype)
    np.add.at(belongs, (row, t[counted]), 1)
    if len(shape) < 2 and reduction == "none":  # of one sample, a number
        reduction = "sum"
    return ops.multilabel_margin_loss.call(flat, new_tensor(belongs), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the last dimension of the binary cross-entropies of sigmoid(x)."""
    reduction = _reduction(reduction, size_average, reduce)
    x, t = _any(input), _any(target)
    loss = -(t * logsigmoid(x) + (1 - t) * logsigmoid(-x))
    if weight is not None:
        loss = loss * weight
    classes = input.size(-1)
    return _reduce(loss.sum(-1) / classes, reduction)


def _any(t: Tensor) -> Any:
    return t


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)) for any distance d, by default the Euclidean one.

    Raises:
        ValueError: `margin` is not positive.
        RuntimeError: the tensors have different numbers of dimensions.
    """
    from ...ops.selection import minimum

    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got:"
            f" anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = _any(distance(anchor, positive)), _any(distance(anchor, negative))
    if swap:
        far = minimum(far, distance(positive, negative))
    return _reduce((margin + near - far).clamp_min(0), reduction)


__all__ = [
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip
