"""`torch.distributed.optim`: the optimizer whose state is divided over processes, of which there is no group."""

from __future__ import annotations

from typing import Any

from ..optim.optimizer import Optimizer
from .collectives import get_world_size

__all__ = ["ZeroRedundancyOptimizer"]


class ZeroRedundancyOptimizer(Optimizer):
    """Asks for a group of processes, as torch does, and so cannot be made. Programs ask `isinstance`.

    Raises:
        ValueError: no group of processes has been made.
    """

    def __init__(self, params: Any, optimizer_class: type[Optimizer], **defaults: Any) -> None:
        get_world_size()
        super().__init__(params, defaults)
