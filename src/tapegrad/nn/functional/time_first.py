"""Convolution of sequences whose first dimension is time."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...ops.convolution import conv1d
from ...tensor.tensor import Tensor


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolution over time.

    Args:
        input: shape (time, batch, channels).
        weight: shape (taps, channels, channels of the result).
        bias: shape (channels of the result).
        pad: how many zeros to add at both ends.

    Raises:
        RuntimeError: the shapes do not go together.

    >>> import tapegrad as torch
    >>> torch.conv_tbc(torch.ones(3, 1, 1), torch.ones(2, 1, 1), torch.zeros(1)).reshape(-1)
    tensor([2., 2.])
    """
    if input.ndim != 3:
        raise ShapeError("Input must have 3 dims: time, batch, in_channel")
    if weight.ndim != 3:
        raise ShapeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if bias.ndim != 1:
        raise ShapeError("Bias must be 1-D")
    if input.shape[2] != weight.shape[1]:
        raise ShapeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if weight.shape[2] != bias.shape[0]:
        raise ShapeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    y: Any = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    result: Tensor = y.permute(2, 0, 1)
    return result


__all__ = ["conv_tbc"]
