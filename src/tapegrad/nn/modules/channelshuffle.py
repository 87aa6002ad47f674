"""Channels in another order."""

from __future__ import annotations

from ...tensor.tensor import Tensor
from .. import functional as F
from .module import Module


class ChannelShuffle(Module):
    """Deals the channels of (N, C, *) out: the first of each group come first, then the second of each, and so on.

    Args:
        groups: how many groups of neighbouring channels there are; divides C.

    >>> import tapegrad as torch
    >>> torch.nn.ChannelShuffle(2)(torch.arange(4.0).view(1, 4, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    __constants__ = ["groups"]
    groups: int

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The channels in the new order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"groups={self.groups}"


__all__ = ["ChannelShuffle"]
