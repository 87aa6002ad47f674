"""`torch.backends.mha`: whether attention layers may take a shorter way when nothing is recorded."""

from __future__ import annotations

_fastpath = True


def get_fastpath_enabled() -> bool:
    """What `set_fastpath_enabled` was told last."""
    return _fastpath


def set_fastpath_enabled(value: bool) -> None:
    """Remembered; there is one way only."""
    global _fastpath
    _fastpath = value
