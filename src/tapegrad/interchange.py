"""Tensors and modules from PyTorch and to it, where both are installed.

What one library saves the other loads, so this saves and loads in memory: shared memory, strides, attributes and the
structure of modules come over with it.
"""

from __future__ import annotations

import io
from importlib import import_module
from types import ModuleType
from typing import Any

from .serialization import load, safe_globals, save
from .serialization.scanning import unsafe_globals

__all__ = ["from_torch", "to_torch"]


def _pytorch() -> ModuleType:
    """PyTorch itself, even where `import torch` gives tapegrad."""
    try:
        torch = import_module("torch")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            "exchanging objects with PyTorch needs it: pip install torch. Files need no PyTorch: torch.load reads what"
            " it has saved.",
            name="torch",
        ) from None
    if torch is import_module("tapegrad"):
        raise RuntimeError("`import torch` gives tapegrad in this program, so there is no PyTorch to exchange with")
    return torch


def from_torch(obj: Any) -> Any:
    """Copies of PyTorch's tensors, parameters, state dictionaries, or of a module made of its layers.

    Args:
        obj: a tensor; a module all of whose classes are PyTorch's; or containers of these.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.
        TypeError: a class that tapegrad does not have, such as a module of your own: make it here, and load
            `from_torch(module.state_dict())` into it.

    >>> import tapegrad
    >>> tapegrad.from_torch([1, "a"])  # doctest: +SKIP
    [1, 'a']
    """
    torch = _pytorch()
    file = io.BytesIO()
    torch.save(_on_cpu(torch, obj), file)
    file.seek(0)
    names = unsafe_globals(file)
    file.seek(0)
    with safe_globals([(_found("tapegrad", name), name) for name in names]):
        return load(file)


def to_torch(obj: Any) -> Any:
    """Copies as PyTorch's tensors, parameters, state dictionaries and modules; the opposite of `from_torch`.

    Args:
        obj: a tensor; a module all of whose classes are PyTorch's; or containers of these.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.
        TypeError: a module of a class of your own.

    >>> import tapegrad
    >>> tapegrad.to_torch([1, "a"])  # doctest: +SKIP
    [1, 'a']
    """
    torch = _pytorch()
    file = io.BytesIO()
    save(obj, file)
    file.seek(0)
    names = unsafe_globals(file)
    file.seek(0)
    with torch.serialization.safe_globals([(_found("torch", name), name) for name in names]):
        return torch.load(file, weights_only=True)


def _on_cpu(torch: ModuleType, obj: Any) -> Any:
    if isinstance(obj, torch.Tensor):
        return obj.cpu() if obj.device.type != "cpu" else obj
    return obj


def _found(library: str, name: str) -> Any:
    """What a library has under a name of torch's."""
    parts = name.split(".")
    if parts[0] == "torch":
        for i in range(len(parts) - 1, 0, -1):
            try:
                found: Any = import_module(".".join([library, *parts[1:i]]))
            except ModuleNotFoundError:
                continue
            for part in parts[i:]:
                found = getattr(found, part, None)
            if found is not None:
                return found
    raise TypeError(_foreign(name))


def _foreign(name: str) -> str:
    return (
        f"{name} is a class that only one of the libraries has. Make the module in the other library, and carry its"
        " weights over: model.load_state_dict(from_torch(theirs.state_dict()))."
    )
