"""`torch.multiprocessing`: Python's `multiprocessing`, under the name by which programs for torch import it.

Tensors go to other processes by pickle, as copies; torch shares their memory.
"""

from __future__ import annotations

import multiprocessing as _multiprocessing
from multiprocessing import *
from typing import Any

__all__ = [*_multiprocessing.__all__, "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy"]

_strategy = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """The names that `set_sharing_strategy` takes."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """What `set_sharing_strategy` was told last."""
    return _strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Remembered, and without effect: memory is not shared."""
    global _strategy
    assert new_strategy in get_all_sharing_strategies()
    _strategy = new_strategy


def __getattr__(name: str) -> Any:
    """The submodules of Python's."""
    return getattr(_multiprocessing, name)
