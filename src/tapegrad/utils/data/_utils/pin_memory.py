"""Page-locked memory for an accelerator: there is none, so tensors are refused by their own `pin_memory`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....tensor.tensor import Tensor
from .collate import rebuilt_mapping, rebuilt_sequence

__all__ = ["pin_memory"]


def pin_memory(data: Any, device: Any = None) -> Any:
    """The same nested containers, in which `pin_memory()` has been called on everything that has it."""
    if isinstance(data, Tensor) or hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Mapping):
        return rebuilt_mapping(data, {key: pin_memory(data[key], device) for key in data})
    if isinstance(data, tuple):
        pinned = [pin_memory(item, device) for item in data]
        return type(data)(*pinned) if hasattr(data, "_fields") else type(data)(pinned)
    if isinstance(data, Sequence):
        return rebuilt_sequence(data, [pin_memory(item, device) for item in data])
    return data
