"""The maximum of windows that are placed at random so that the output has a given size."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ...common_types import _ratio_2_t, _ratio_3_t, _size_2_t, _size_3_t
from ..module import Module
from ..utils import _pair, _triple


class _FractionalMaxPoolNd(Module):
    __constants__ = ["kernel_size", "return_indices", "output_size", "output_ratio"]
    kernel_size: Any
    return_indices: bool
    output_size: Any
    output_ratio: Any

    def _configure(
        self, ntuple: Any, kernel_size: Any, size: Any, ratio: Any, return_indices: bool, samples: Any
    ) -> None:
        self.kernel_size = ntuple(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", samples)
        self.output_size = ntuple(size) if size is not None else None
        self.output_ratio = ntuple(ratio) if ratio is not None else None
        if size is None and ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if size is not None and ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {ratio})")


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maxima of (N, C, H, W) or (C, H, W) over windows placed at random.

    Args:
        kernel_size: size of a window.
        output_size: size of the output, or
        output_ratio: its ratio to that of the input, between 0 and 1.
        return_indices: return also where the maxima were, for `MaxUnpool2d`.

    Reference: Graham, Fractional Max-Pooling, 2015.

    >>> import tapegrad as torch
    >>> torch.nn.FractionalMaxPool2d(2, output_size=3)(torch.randn(1, 5, 5)).shape
    torch.Size([1, 3, 3])
    """

    def __init__(
        self,
        kernel_size: _size_2_t,
        output_size: _size_2_t | None = None,
        output_ratio: _ratio_2_t | None = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self._configure(_pair, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Tensor) -> Any:
        """The maxima, and with `return_indices` where they were."""
        return F.fractional_max_pool2d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            _random_samples=self._random_samples,
        )  # fmt: skip


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maxima of (N, C, D, H, W) or (C, D, H, W) over windows placed at random; see `FractionalMaxPool2d`.

    >>> import tapegrad as torch
    >>> torch.nn.FractionalMaxPool3d(2, output_ratio=0.5)(torch.randn(1, 4, 6, 4)).shape
    torch.Size([1, 2, 3, 2])
    """

    def __init__(
        self,
        kernel_size: _size_3_t,
        output_size: _size_3_t | None = None,
        output_ratio: _ratio_3_t | None = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self._configure(_triple, kernel_size, output_size, output_ratio, return_indices, _random_samples)

    def forward(self, input: Tensor) -> Any:
        """The maxima, and with `return_indices` where they were."""
        return F.fractional_max_pool3d(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            _random_samples=self._random_samples,
        )  # fmt: skip


__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]
