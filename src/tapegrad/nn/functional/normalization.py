"""Normalisation layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...ops import normalization as ops
from ...tensor.tensor import Tensor
from .padding import pad


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise over the last dimensions to mean 0 and variance 1, then scale and shift each element.

    Args:
        input: shape (*, *normalized_shape).
        normalized_shape: the sizes of the last dimensions.
        weight, bias: of this shape.
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes do not fit.
    """
    return ops.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide by the root of the mean square over the last dimensions, then scale each element."""
    return ops.rms_norm(input, normalized_shape, weight, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each sample over groups of channels, then scale and shift each channel.

    Args:
        input: shape (N, C, *).
        num_groups: a divisor of C.
        weight, bias: shape (C,).

    Raises:
        RuntimeError: the shapes do not fit.
        ValueError: there is one value in a group.
    """
    shape = input.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if shape[0] * shape[1] // num_groups * prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    return ops.group_norm(input, num_groups, weight, bias, eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel (dimension 1) over all other dimensions, then scale and shift it.

    Args:
        input: shape (N, C, *).
        running_mean, running_var: shape (C,); what to normalise by if not training. While training, they are moved
            towards the statistics of the input, in place, the variance with n - 1 for its divisor.
        weight, bias: shape (C,).
        training: normalise by the statistics of the input.
        momentum: the weight of the new statistics.
        eps: added to the variance.

    Raises:
        ValueError: there is one value per channel while training; `eps` is negative, or 0 while training.
        RuntimeError: the shapes do not fit, or the running statistics are missing.
    """
    if training:
        _check_several(input, "value per channel", input.size()[:1] + input.size()[2:])
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return ops.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def _check_several(input: Tensor, what: str, sizes: Any) -> None:
    if prod(sizes) == 1:
        raise ValueError(f"Expected more than 1 {what} when training, got input size {input.size()}")


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each sample over its elements, then scale and shift it.

    Raises:
        ValueError: there is one element per channel.
        RuntimeError: the running statistics are missing.
    """
    if use_input_stats:
        _check_several(input, "spatial element", input.size()[2:])
    return ops.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x / (k + alpha · mean square of `size` neighbouring channels)^beta (Krizhevsky et al., 2012).

    Args:
        input: shape (N, C, *), with at least three dimensions.

    Raises:
        ValueError: fewer dimensions.
    """
    from .pooling import avg_pool2d, avg_pool3d

    if input.dim() < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.dim()} dimensions)"
        )
    x: Any = input
    if input.numel() == 0:
        return input
    square = (x * x).unsqueeze(1)
    around = (size // 2, (size - 1) // 2)
    mean: Any
    if input.dim() == 3:
        mean = avg_pool2d(pad(square, (0, 0, *around)), (size, 1), stride=1).squeeze(1)
    else:
        sizes = input.size()
        square = square.view(sizes[0], 1, sizes[1], sizes[2], -1)
        mean = avg_pool3d(pad(square, (0, 0, 0, 0, *around)), (size, 1, 1), stride=1).squeeze(1)
        mean = mean.view(sizes)
    return x / (mean * alpha + k) ** beta


__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]
