"""Switches that are remembered and have no effect: the `flags(...)` blocks of the modules of `torch.backends`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

__all__ = ["block", "change", "switches"]


def switches(**values: Any) -> SimpleNamespace:
    """Attributes that programs may set."""
    return SimpleNamespace(**values)


def change(module: dict[str, Any], **values: Any) -> tuple[Any, ...]:
    """Set those switches of a module that are not None, and give back what they all were.

    >>> change({"enabled": True, "benchmark": False}, enabled=False, benchmark=None)
    (True, False)
    """
    before = tuple(module[name] for name in values)
    module.update({name: value for name, value in values.items() if value is not None})
    return before


@contextmanager
def block(module: dict[str, Any], **values: Any) -> Iterator[None]:
    """Set switches of a module for the extent of a `with` block."""
    before = change(module, **values)
    try:
        yield
    finally:
        module.update(zip(values, before, strict=True))
