"""`torch.distributed`, as far as programs ask whether there are other processes: there are none."""

from __future__ import annotations

from typing import NoReturn

__all__ = [
    "get_rank", "get_world_size", "is_available", "is_gloo_available", "is_initialized", "is_mpi_available",
    "is_nccl_available", "is_torchelastic_launched",
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


def get_rank(group: object = None) -> NoReturn:
    """The number of this process, which has none.

    Raises:
        ValueError: no group of processes has been made.
    """
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


def get_world_size(group: object = None) -> NoReturn:
    """The number of processes, of which there is no group.

    Raises:
        ValueError: no group of processes has been made.
    """
    get_rank(group)
