"""`torch.backends.nnpack`: there is none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .flags import block, change

enabled: bool = False


def is_available() -> bool:
    """False."""
    return False


def set_flags(_enabled: bool) -> tuple[Any, ...]:
    """Set the switch; gives back what it was."""
    return change(globals(), enabled=_enabled)


def flags(enabled: bool = False) -> AbstractContextManager[None]:
    """The switch for the extent of a `with` block."""
    return block(globals(), enabled=enabled)
