"""`torch.backends.cudnn`: there is none. Programs set its switches for reproducible results on GPUs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .flags import block, change, switches

enabled: bool = True
benchmark: bool = False
benchmark_limit: int | None = None
deterministic: bool = False
allow_tf32: bool = True
fp32_precision = "none"
depthwise_kernel = "auto"
conv = switches(fp32_precision="tf32")
rnn = switches(fp32_precision="tf32")


def is_available() -> bool:
    """False."""
    return False


def version() -> None:
    """None: there is no library."""


def is_acceptable(tensor: Any) -> bool:
    """False: no tensor is on a GPU."""
    return False


def set_flags(
    _enabled: bool | None = None,
    _benchmark: bool | None = None,
    _benchmark_limit: int | None = None,
    _deterministic: bool | None = None,
    _allow_tf32: bool | None = None,
    _fp32_precision: str = "none",
    _depthwise_kernel: str | None = None,
) -> tuple[Any, ...]:
    """Set switches; gives back what they were."""
    return change(
        globals(),
        enabled=_enabled,
        benchmark=_benchmark,
        benchmark_limit=_benchmark_limit,
        deterministic=_deterministic,
        allow_tf32=_allow_tf32,
        fp32_precision=_fp32_precision,
        depthwise_kernel=_depthwise_kernel,
    )


def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
    depthwise_kernel: str = "auto",
) -> AbstractContextManager[None]:
    """Switches for the extent of a `with` block.

    >>> import tapegrad as torch
    >>> with torch.backends.cudnn.flags(deterministic=True):
    ...     torch.backends.cudnn.deterministic
    True
    >>> torch.backends.cudnn.deterministic
    False
    """
    # Without cuDNN torch has nowhere to keep a limit: it stays None.
    return block(
        globals(),
        enabled=enabled,
        benchmark=benchmark,
        deterministic=deterministic,
        allow_tf32=allow_tf32,
        fp32_precision=fp32_precision,
        depthwise_kernel=depthwise_kernel,
    )
