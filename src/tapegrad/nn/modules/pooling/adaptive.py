"""Pooling to a given size of the output, from any size of the input."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ...common_types import _size_2_opt_t, _size_3_opt_t, _size_any_opt_t
from ..module import Module


class _AdaptiveMaxPoolNd(Module):
    __constants__ = ["output_size", "return_indices"]
    return_indices: bool

    def __init__(self, output_size: _size_any_opt_t, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """The arguments."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """(N, C, L) or (C, L) to length `output_size`: the maximum of each part.

    Args:
        output_size: how many parts.
        return_indices: return also where the maxima were.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveMaxPool1d(2)(torch.arange(5.0).view(1, 5))
    tensor([[2., 4.]])
    """

    output_size: Any

    def forward(self, input: Tensor) -> Any:
        """The maxima, and with `return_indices` where they were."""
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """(N, C, H, W) or (C, H, W) to the size `output_size`: the maximum of each part.

    Args:
        output_size: how many parts, for both dimensions or each; None keeps a dimension.
        return_indices: return also where the maxima were.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveMaxPool2d((1, 2))(torch.arange(6.0).view(1, 2, 3))
    tensor([[[4., 5.]]])
    """

    output_size: _size_2_opt_t

    def forward(self, input: Tensor) -> Any:
        """The maxima, and with `return_indices` where they were."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """(N, C, D, H, W) or (C, D, H, W) to the size `output_size`: the maximum of each part.

    Args:
        output_size: how many parts, for all dimensions or each; None keeps a dimension.
        return_indices: return also where the maxima were.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveMaxPool3d(1)(torch.arange(8.0).view(1, 2, 2, 2))
    tensor([[[[7.]]]])
    """

    output_size: _size_3_opt_t

    def forward(self, input: Tensor) -> Any:
        """The maxima, and with `return_indices` where they were."""
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(Module):
    __constants__ = ["output_size"]

    def __init__(self, output_size: _size_any_opt_t) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The arguments."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """(N, C, L) or (C, L) to length `output_size`: the average of each part.

    Args:
        output_size: how many parts.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.arange(4.0).view(1, 4))
    tensor([[0.5000, 2.5000]])
    """

    output_size: Any

    def forward(self, input: Tensor) -> Tensor:
        """The averages."""
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """(N, C, H, W) or (C, H, W) to the size `output_size`: the average of each part.

    Args:
        output_size: how many parts, for both dimensions or each; None keeps a dimension.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveAvgPool2d(1)(torch.arange(6.0).view(1, 2, 3))
    tensor([[[2.5000]]])
    """

    output_size: _size_2_opt_t

    def forward(self, input: Tensor) -> Tensor:
        """The averages."""
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """(N, C, D, H, W) or (C, D, H, W) to the size `output_size`: the average of each part.

    Args:
        output_size: how many parts, for all dimensions or each; None keeps a dimension.

    >>> import tapegrad as torch
    >>> torch.nn.AdaptiveAvgPool3d(1)(torch.arange(8.0).view(1, 2, 2, 2))
    tensor([[[[3.5000]]]])
    """

    output_size: _size_3_opt_t

    def forward(self, input: Tensor) -> Tensor:
        """The averages."""
        return F.adaptive_avg_pool3d(input, self.output_size)


__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]  # fmt: skip
