"""`torch.jit`, as far as programs ask whether they are being compiled by it: they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["export", "ignore", "is_scripting", "is_tracing", "unused"]

F = TypeVar("F", bound=Callable[..., Any])


def is_scripting() -> bool:
    """False: nothing is compiled by TorchScript here."""
    return False


def is_tracing() -> bool:
    """False: nothing is traced by TorchScript here."""
    return False


def export(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def unused(fn: F) -> F:
    """Leave a function as it is."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Leave a function as it is; with or without arguments."""
    return drop if callable(drop) else lambda fn: fn
