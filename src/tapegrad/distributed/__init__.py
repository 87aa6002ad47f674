"""`torch.distributed`, as far as programs ask whether there are other processes: there are none."""

from __future__ import annotations

from .collectives import *
from .collectives import __all__ as _collectives

__all__ = [
    *_collectives, "is_available", "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available",
    "is_torchelastic_launched",
]  # fmt: skip


def is_available() -> bool:
    """False: there is no communication between processes."""
    return False


def is_initialized() -> bool:
    """False: no group of processes has been made."""
    return False


def is_mpi_available() -> bool:
    """False."""
    return False


def is_nccl_available() -> bool:
    """False."""
    return False


def is_gloo_available() -> bool:
    """False."""
    return False


def is_torchelastic_launched() -> bool:
    """False: the process was not started by `torchrun`."""
    return False
