"""`torch.utils`: checkpointing, data, DLPack, hooks, nested containers, TensorBoard."""

from __future__ import annotations

from typing import Any

__all__ = ["checkpoint", "data", "dlpack", "hooks"]


def __getattr__(name: str) -> Any:
    """Modules that are loaded when they are first used."""
    if name in (
        "_foreach_utils",
        "_python_dispatch",
        "_pytree",
        "checkpoint",
        "data",
        "dlpack",
        "hooks",
        "tensorboard",
    ):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute {name!r}", name=name)
