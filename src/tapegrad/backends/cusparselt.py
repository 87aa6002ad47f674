"""`torch.backends.cusparselt`: there is none."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False


def version() -> None:
    """None: there is no library."""
