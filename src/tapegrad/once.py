"""Warnings that are given once per process, as torch gives those on deprecated forms."""

from __future__ import annotations

import warnings

from .settings import is_warn_always_enabled

_told: set[str] = set()


def warn_once(message: str, stacklevel: int = 3) -> None:
    """Warn the first time; every time after `torch.set_warn_always(True)`.

    Args:
        stacklevel: as for `warnings.warn`, by default the caller of the function that calls this one.
    """
    if message not in _told or is_warn_always_enabled():
        _told.add(message)
        warnings.warn(message, UserWarning, stacklevel=stacklevel)
