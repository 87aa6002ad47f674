"""Convolutions in one to three dimensions."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ...common_types import _size_1_t, _size_2_t, _size_3_t
from ..utils import _pair, _single, _triple
from .base import _ConvNd


class Conv1d(_ConvNd):
    """Slides learnt kernels over (N, C, L) or (C, L).

    Args:
        in_channels: C.
        out_channels: how many kernels there are, and channels come out.
        kernel_size: length of a kernel.
        stride: from one place of the kernel to the next.
        padding: elements that are added at both ends; "same" adds so many that the length stays, "valid" none.
        dilation: from one element of the input to the next that the kernel sees.
        groups: into how many separate groups the channels are divided.
        bias: whether a number is added to each channel.
        padding_mode: "zeros", "reflect", "replicate" or "circular".

    Attributes:
        weight: shape (out_channels, in_channels / groups, kernel_size).
        bias: shape (out_channels,); or None. First values of both uniform within ±1/√(inputs of an output).

    Raises:
        ValueError: arguments that do not go together.

    >>> import tapegrad as torch
    >>> torch.nn.Conv1d(16, 33, 3, stride=2)(torch.randn(20, 16, 50)).shape
    torch.Size([20, 33, 24])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_1_t,
        stride: _size_1_t = 1,
        padding: str | _size_1_t = 0,
        dilation: _size_1_t = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride),
            padding if isinstance(padding, str) else _single(padding), _single(dilation), False, _single(0), groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "zeros":
            padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            return F.conv1d(padded, weight, bias, self.stride, _single(0), self.dilation, self.groups)
        return F.conv1d(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """The convolved (N, out_channels, L') or (out_channels, L')."""
        return self._conv_forward(input, self.weight, self.bias)


class Conv2d(_ConvNd):
    """Slides learnt kernels over (N, C, H, W) or (C, H, W).

    Args:
        in_channels, out_channels, groups, bias, padding_mode: as of `Conv1d`.
        kernel_size, stride, padding, dilation: as of `Conv1d`, a number or one for each dimension.

    Attributes:
        weight: shape (out_channels, in_channels / groups, *kernel_size).
        bias: shape (out_channels,); or None.

    >>> import tapegrad as torch
    >>> torch.nn.Conv2d(16, 33, (3, 5), padding="same")(torch.randn(20, 16, 10, 10)).shape
    torch.Size([20, 33, 10, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_2_t,
        stride: _size_2_t = 1,
        padding: str | _size_2_t = 0,
        dilation: _size_2_t = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride),
            padding if isinstance(padding, str) else _pair(padding), _pair(dilation), False, _pair(0), groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "zeros":
            padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            return F.conv2d(padded, weight, bias, self.stride, _pair(0), self.dilation, self.groups)
        return F.conv2d(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """The convolved (N, out_channels, H', W') or (out_channels, H', W')."""
        return self._conv_forward(input, self.weight, self.bias)


class Conv3d(_ConvNd):
    """Slides learnt kernels over (N, C, D, H, W) or (C, D, H, W).

    Args:
        in_channels, out_channels, groups, bias, padding_mode: as of `Conv1d`.
        kernel_size, stride, padding, dilation: as of `Conv1d`, a number or one for each dimension.

    Attributes:
        weight: shape (out_channels, in_channels / groups, *kernel_size).
        bias: shape (out_channels,); or None.

    >>> import tapegrad as torch
    >>> torch.nn.Conv3d(2, 4, 3, padding=1)(torch.randn(1, 2, 4, 4, 4)).shape
    torch.Size([1, 4, 4, 4, 4])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_3_t,
        stride: _size_3_t = 1,
        padding: str | _size_3_t = 0,
        dilation: _size_3_t = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride),
            padding if isinstance(padding, str) else _triple(padding), _triple(dilation), False, _triple(0), groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "zeros":
            padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            return F.conv3d(padded, weight, bias, self.stride, _triple(0), self.dilation, self.groups)
        return F.conv3d(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """The convolved (N, out_channels, D', H', W') or (out_channels, D', H', W')."""
        return self._conv_forward(input, self.weight, self.bias)


__all__ = ["Conv1d", "Conv2d", "Conv3d"]
