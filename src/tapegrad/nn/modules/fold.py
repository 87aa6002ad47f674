"""Images as the patches that they are made of, and back."""

from __future__ import annotations

from ...tensor.tensor import Tensor
from .. import functional as F
from ..common_types import _size_any_t
from .module import Module


class Fold(Module):
    """Adds up patches to images: (N, C · kernel, places) to (N, C, H, W).

    Args:
        output_size: (H, W).
        kernel_size: size of a patch.
        dilation: from one place of a patch to the next.
        padding: zeros that were added around the image.
        stride: from one patch to the next.

    >>> import tapegrad as torch
    >>> torch.nn.Fold(output_size=(1, 3), kernel_size=(1, 2))(torch.ones(1, 2, 2))
    tensor([[[[1., 2., 1.]]]])
    """

    __constants__ = ["output_size", "kernel_size", "dilation", "padding", "stride"]
    output_size: _size_any_t
    kernel_size: _size_any_t
    dilation: _size_any_t
    padding: _size_any_t
    stride: _size_any_t

    def __init__(
        self,
        output_size: _size_any_t,
        kernel_size: _size_any_t,
        dilation: _size_any_t = 1,
        padding: _size_any_t = 0,
        stride: _size_any_t = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation},"
            f" padding={self.padding}, stride={self.stride}"
        )


class Unfold(Module):
    """The patches of images as columns: (N, C, H, W) to (N, C · kernel, places); arguments as of `Fold`.

    >>> import tapegrad as torch
    >>> torch.nn.Unfold(kernel_size=(1, 2))(torch.tensor([[[[1.0, 2.0, 3.0]]]]))
    tensor([[[1., 2.],
             [2., 3.]]])
    """

    __constants__ = ["kernel_size", "dilation", "padding", "stride"]
    kernel_size: _size_any_t
    dilation: _size_any_t
    padding: _size_any_t
    stride: _size_any_t

    def __init__(
        self,
        kernel_size: _size_any_t,
        dilation: _size_any_t = 1,
        padding: _size_any_t = 0,
        stride: _size_any_t = 1,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The patches."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


__all__ = ["Fold", "Unfold"]
