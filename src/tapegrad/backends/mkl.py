"""`torch.backends.mkl`: matrix products are NumPy's; which library that uses, `numpy.show_config()` says."""

from __future__ import annotations

VERBOSE_OFF = 0
VERBOSE_ON = 1


def is_available() -> bool:
    """False."""
    return False
