"""`DistributedDataParallel`: a model on several processes, of which there is no group."""

from __future__ import annotations

from typing import Any

from ..modules.module import Module


class DistributedDataParallel(Module):
    """Asks for a group of processes, as torch does, and so cannot be made. Programs ask `isinstance`.

    Args:
        module: what to run in each process.

    Raises:
        ValueError: no group of processes has been made.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        from ...distributed import get_world_size

        super().__init__()
        get_world_size()
