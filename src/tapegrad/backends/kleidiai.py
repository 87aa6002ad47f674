"""`torch.backends.kleidiai`: there is none."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False
