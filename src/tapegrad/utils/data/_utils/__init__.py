"""What a `DataLoader` is made of: collating, fetching, worker processes and the way of batches between processes."""

import sys

from ...._utils import ExceptionWrapper
from . import collate, fetch, pin_memory, worker

IS_WINDOWS = sys.platform == "win32"
HAS_NUMPY = True

MP_STATUS_CHECK_INTERVAL = 5.0
"""Seconds that a process is waited for before it is asked less politely to end."""

__all__ = [
    "HAS_NUMPY", "IS_WINDOWS", "MP_STATUS_CHECK_INTERVAL", "ExceptionWrapper", "collate", "fetch", "pin_memory",
    "worker",
]  # fmt: skip
