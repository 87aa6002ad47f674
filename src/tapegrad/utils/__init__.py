"""`torch.utils`: checkpointing, data, hooks, nested containers."""

from __future__ import annotations

from typing import Any

__all__ = ["checkpoint", "data", "hooks"]


def __getattr__(name: str) -> Any:
    """Modules that are loaded when they are first used."""
    if name in ("_pytree", "checkpoint", "data", "hooks"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute {name!r}", name=name)
