"""Transposes of convolutions: what a convolution does to gradients, forward."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ...common_types import _size_1_t, _size_2_t, _size_3_t
from ..utils import _pair, _single, _triple
from .base import _ConvNd


class _ConvTransposeNd(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: Any,
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding, groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _output_padding(
        self,
        input: Tensor,
        output_size: list[int] | None,
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        kernel_size: tuple[int, ...],
        num_spatial_dims: int,
        dilation: tuple[int, ...] | None = None,
    ) -> tuple[int, ...]:
        """How much to add on one side so that the output has the size asked for."""
        if output_size is None:
            return _single(self.output_padding)
        before = 2 if input.dim() == num_spatial_dims + 2 else 1
        if len(output_size) == before + num_spatial_dims:
            output_size = output_size[before:]
        if len(output_size) != num_spatial_dims:
            raise ValueError(
                f"ConvTranspose{num_spatial_dims}D: for {input.dim()}D input, output_size must have {num_spatial_dims}"
                f" or {before + num_spatial_dims} elements (got {len(output_size)})"
            )
        least = [
            (input.size(d + before) - 1) * stride[d]
            - 2 * padding[d]
            + (dilation[d] if dilation is not None else 1) * (kernel_size[d] - 1)
            + 1
            for d in range(num_spatial_dims)
        ]
        most = [n + s - 1 for n, s in zip(least, stride, strict=False)]
        if not all(low <= n <= high for low, n, high in zip(least, output_size, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to {most} (for an"
                f" input of {input.size()[2:]})"
            )
        return tuple([n - low for n, low in zip(output_size, least, strict=True)])

    def _transpose(self, function: Any, input: Tensor, output_size: list[int] | None, dims: int) -> Tensor:
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for {type(self).__name__}")
        padding: Any = self.padding
        extra = self._output_padding(input, output_size, self.stride, padding, self.kernel_size, dims, self.dilation)
        result: Tensor = function(
            input, self.weight, self.bias, self.stride, padding, extra, self.groups, self.dilation
        )
        return result


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of a `Conv1d`, which makes (N, C, L) or (C, L) longer.

    Args:
        in_channels: C.
        out_channels: how many channels come out.
        kernel_size: length of a kernel.
        stride: from the output of one element to that of the next.
        padding: how much is cut off at both ends: what the convolution had as padding.
        output_padding: how much longer the output is on one side.
        groups: into how many separate groups the channels are divided.
        bias: whether a number is added to each channel.
        dilation: from one element of the output to the next that a kernel reaches.
        padding_mode: "zeros".

    Attributes:
        weight: shape (in_channels, out_channels / groups, kernel_size).
        bias: shape (out_channels,); or None.

    >>> import tapegrad as torch
    >>> torch.nn.ConvTranspose1d(16, 33, 3, stride=2)(torch.randn(20, 16, 50)).shape
    torch.Size([20, 33, 101])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_1_t,
        stride: _size_1_t = 1,
        padding: _size_1_t = 0,
        output_padding: _size_1_t = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _size_1_t = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride), _single(padding), _single(dilation),
            True, _single(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """The result; `output_size` decides where several sizes are possible."""
        return self._transpose(F.conv_transpose1d, input, output_size, 1)


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of a `Conv2d`; arguments as of `ConvTranspose1d`, a number or one for each dimension.

    >>> import tapegrad as torch
    >>> torch.nn.ConvTranspose2d(2, 3, 3, stride=2)(torch.randn(1, 2, 4, 4), output_size=[10, 9]).shape
    torch.Size([1, 3, 10, 9])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_2_t,
        stride: _size_2_t = 1,
        padding: _size_2_t = 0,
        output_padding: _size_2_t = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _size_2_t = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride), _pair(padding), _pair(dilation), True,
            _pair(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """The result; `output_size` decides where several sizes are possible."""
        return self._transpose(F.conv_transpose2d, input, output_size, 2)


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of a `Conv3d`; arguments as of `ConvTranspose1d`, a number or one for each dimension.

    >>> import tapegrad as torch
    >>> torch.nn.ConvTranspose3d(2, 3, 2)(torch.randn(1, 2, 4, 4, 4)).shape
    torch.Size([1, 3, 5, 5, 5])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _size_3_t,
        stride: _size_3_t = 1,
        padding: _size_3_t = 0,
        output_padding: _size_3_t = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _size_3_t = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride), _triple(padding), _triple(dilation),
            True, _triple(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """The result; `output_size` decides where several sizes are possible."""
        return self._transpose(F.conv_transpose3d, input, output_size, 3)


__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]
