"""A name that programs written for older torch import."""

from __future__ import annotations

import warnings

__all__ = ["worker_init_fn"]


def worker_init_fn(worker_id: int) -> None:
    """Does nothing, but warn."""
    warnings.warn(
        "Usage of `backward_compatibility.worker_init_fn` is deprecated as `DataLoader` automatically applies sharding"
        " in every worker",
        category=FutureWarning,
        stacklevel=2,
    )
