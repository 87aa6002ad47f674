"""Functions with random parts: rrelu, gumbel_softmax, alpha_dropout; numbers are drawn as torch draws them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops import activations as ops
from ...ops.pointwise import in_place_result
from ...tensor.tensor import Tensor, new_tensor
from .activations import _check_float, softmax
from .dropout import _check_probability


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """`leaky_relu` with a random slope for each element, uniform in [lower, upper]; the mean slope unless training.

    Raises:
        RuntimeError: `lower` is above `upper`, or one is not finite.
    """
    _check_float("rrelu_with_noise_out", input)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        raise RuntimeError(f"rrelu: lower and upper bounds must be finite, got {lower} and {upper}")
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    x = input._data
    if training:
        from ...random.generator import stream_of

        noise = np.ones(x.shape, x.dtype)
        negative = x <= 0
        drawn = stream_of(None).uniform64(int(negative.sum()))
        noise[negative] = drawn * (upper - lower) + lower
    else:
        noise = np.where(x > 0, 1.0, (lower + upper) / 2).astype(x.dtype)
    op = ops.rrelu_with_noise
    if inplace:
        return in_place_result(op.twin("in place", node="RreluWithNoiseBackward1"), input, noise)
    return op.call(input, noise)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, inplace=True)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Samples of categories, differentiable by their logits (Jang et al., Categorical Reparameterization, 2017).

    Args:
        logits: logarithms of unnormalised probabilities, along `dim`.
        tau: the temperature.
        hard: one-hot results, with the gradient of the soft ones.
        eps: has no effect, as in torch.
    """
    from ...tensor.likes import empty_like, zeros_like

    noise: Any = empty_like(logits)
    noise = -noise.exponential_().log()
    soft: Any = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot: Any = zeros_like(logits).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft


# Minus the value that selu goes to at -inf: what dropped elements are set to.
_ALPHA = 1.7580993408473766


def _alpha_dropout(input: Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Tensor:
    from ...random.sampling import dropout_mask

    _check_probability(p)
    x: Any = input
    if p == 0 or not training or input._data.size == 0:
        return input
    if p == 1:
        zero = new_tensor(np.zeros((), input._data.dtype))
        return x.mul_(zero) if inplace else x * zero
    kept = dropout_mask(input._data, shape, p)
    a = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    kind = kept.dtype.type
    shift = (kept - kind(1)) * kind(_ALPHA * a) + kind(_ALPHA * a * p)
    scale, shift = new_tensor(kept * kind(a)), new_tensor(shift)
    return x.mul_(scale).add_(shift) if inplace else x * scale + shift


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance for selu (Klambauer et al., 2017): dropped elements get selu's lowest value.

    Raises:
        ValueError: `p` is not a probability.
    """
    return _alpha_dropout(input, input._data.shape, p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels (dimension 1).

    Raises:
        ValueError: `p` is not a probability.
        RuntimeError: the tensor has fewer than two dimensions.
    """
    shape = input._data.shape
    if training and 0 < p < 1 and len(shape) < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return _alpha_dropout(input, shape[:2] + (1,) * (len(shape) - 2), p, training, inplace)


__all__ = ["alpha_dropout", "feature_alpha_dropout", "gumbel_softmax", "rrelu", "rrelu_"]
