"""`torch.compiler`, as far as programs ask whether they are being compiled: they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["disable", "is_compiling", "is_dynamo_compiling", "is_exporting"]


def is_compiling() -> bool:
    """False: the program runs as it is written."""
    return False


def is_dynamo_compiling() -> bool:
    """False: the program runs as it is written."""
    return False


def is_exporting() -> bool:
    """False: nothing is exported."""
    return False


def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Leave a function as it is; with or without arguments."""
    return fn if fn is not None else lambda function: function
