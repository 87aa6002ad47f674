"""Activations that turn scores along a dimension into probabilities."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ..module import Module


class Softmin(Module):
    """The softmax of -x.

    Args:
        dim: the dimension along which the results add up to 1.

    >>> import tapegrad as torch
    >>> torch.nn.Softmin(dim=0)(torch.tensor([1.0, 2.0]))
    tensor([0.7311, 0.2689])
    """

    __constants__ = ["dim"]
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"dim": None, **state})

    def forward(self, input: Tensor) -> Tensor:
        """Probabilities, of the same shape."""
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"


class Softmax(Module):
    """exp(x) divided by its sum along a dimension.

    Args:
        dim: the dimension along which the results add up to 1.

    >>> import tapegrad as torch
    >>> torch.nn.Softmax(dim=0)(torch.tensor([1.0, 2.0]))
    tensor([0.2689, 0.7311])
    """

    __constants__ = ["dim"]
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"dim": None, **state})

    def forward(self, input: Tensor) -> Tensor:
        """Probabilities, of the same shape."""
        return F.softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """The softmax over the channels of (N, C, H, W) or (C, H, W), at each place.

    >>> import tapegrad as torch
    >>> torch.nn.Softmax2d()(torch.zeros(2, 1, 1))
    tensor([[[0.5000]],
    <BLANKLINE>
            [[0.5000]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Probabilities, of the same shape."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)


class LogSoftmax(Module):
    """The logarithm of the softmax, without overflow.

    Args:
        dim: the dimension along which the probabilities add up to 1.

    >>> import tapegrad as torch
    >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([1.0, 2.0]))
    tensor([-1.3133, -0.3133])
    """

    __constants__ = ["dim"]
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"dim": None, **state})

    def forward(self, input: Tensor) -> Tensor:
        """Log-probabilities, of the same shape."""
        return F.log_softmax(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"


__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]
