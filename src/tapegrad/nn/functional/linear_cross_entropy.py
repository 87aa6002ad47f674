"""The cross-entropy of what a linear layer returns."""

from __future__ import annotations

from math import prod
from typing import Any

from ...tensor.tensor import Tensor
from .linear import linear
from .losses import cross_entropy


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """`cross_entropy` of `linear(input, linear_weight, linear_bias)`.

    Args:
        input: shape (N, in_features) or (in_features,).
        linear_weight: shape (C, *, in_features).
        target: classes, shape (N, *) or (); or probabilities, shape (N, C, *) or (C,).
        linear_bias: shape (C, *).
        weight: a factor for each class, shape (C,).
        ignore_index: targets of this value do not count; not for probabilities.
        options: accepted; torch works in chunks with them, to the same result.

    Raises:
        RuntimeError: shapes or options that do not fit.

    >>> import tapegrad as torch
    >>> torch.nn.functional.linear_cross_entropy(torch.zeros(1, 3), torch.ones(4, 3), torch.tensor([0]))
    tensor(1.3863)
    """
    _check(input, linear_weight, linear_bias)
    classes, *more = linear_weight.shape[:-1]
    scores: Any
    if more:
        flat: Any = linear_weight.reshape(classes * prod(more), linear_weight.shape[-1])
        scores = linear(input, flat, None if linear_bias is None else linear_bias.reshape(-1))
        scores = scores.view(*scores.shape[:-1], classes, *more)
    else:
        scores = linear(input, linear_weight, linear_bias)
    if ignore_index is not None and target.shape == scores.shape:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    return cross_entropy(
        scores, target, weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )  # fmt: skip


def _check(x: Tensor, linear_weight: Tensor, bias: Tensor | None) -> None:
    if x.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {x.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    if x.shape[-1] != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got"
            f" {x.shape[-1]} and {linear_weight.shape[-1]}, respectively"
        )
    if bias is not None and tuple(bias.shape) != tuple(linear_weight.shape[:-1]):
        raise RuntimeError(f"expected linear_bias shape {tuple(linear_weight.shape[:-1])}, got {tuple(bias.shape)}")
    if linear_weight.dim() > 2 and x.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input,"
            f" (N, {x.shape[-1]}), got unbatched input with shape {tuple(x.shape)}"
        )


__all__ = ["linear_cross_entropy"]
