"""Dropout layers: while training, elements or channels are set to zero at random."""

from __future__ import annotations

from ...tensor.tensor import Tensor
from .. import functional as F
from .module import Module


class _DropoutNd(Module):
    __constants__ = ["p", "inplace"]
    p: float
    inplace: bool

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Sets elements to 0 at random and multiplies the others by 1/(1-p); after `eval()` does nothing.

    Args:
        p: the probability of an element to be set to 0.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> drop = torch.nn.Dropout(p=0.25)
    >>> drop.eval()(torch.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of a tensor of any shape."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Sets whole channels of (N, C, L) or (C, L) to 0 at random; arguments as of `Dropout`.

    >>> import tapegrad as torch
    >>> torch.nn.Dropout1d(p=1)(torch.ones(2, 3)).sum()
    tensor(0.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of the channels."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Sets whole channels of (N, C, H, W) to 0 at random; arguments as of `Dropout`.

    >>> import tapegrad as torch
    >>> torch.nn.Dropout2d(p=1)(torch.ones(1, 2, 3, 3)).sum()
    tensor(0.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of the channels."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Sets whole channels of (N, C, D, H, W) to 0 at random; arguments as of `Dropout`.

    >>> import tapegrad as torch
    >>> torch.nn.Dropout3d(p=1)(torch.ones(1, 2, 3, 3, 3)).sum()
    tensor(0.)
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of the channels."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance of what `SELU` returns; arguments as of `Dropout`.

    Reference: Klambauer and others, Self-Normalizing Neural Networks, 2017.

    >>> import tapegrad as torch
    >>> torch.nn.AlphaDropout(p=0)(torch.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of a tensor of any shape."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """`AlphaDropout` of whole channels.

    >>> import tapegrad as torch
    >>> torch.nn.FeatureAlphaDropout(p=0)(torch.ones(1, 2))
    tensor([[1., 1.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """What is left of the channels."""
        return F.feature_alpha_dropout(input, self.p, self.training)


__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]
