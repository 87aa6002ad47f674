"""`torch.backends.mkldnn`: tapegrad computes without oneDNN."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from .flags import block, change, switches

enabled: bool = False
deterministic: bool = False
allow_tf32: bool | None = None
fp32_precision = "none"
matmul = switches(fp32_precision="none")
conv = switches(fp32_precision="none")
rnn = switches(fp32_precision="none")


def is_available() -> bool:
    """False."""
    return False


def is_acl_available() -> bool:
    """False."""
    return False


def set_flags(
    _enabled: bool | None = None,
    _deterministic: bool | None = None,
    _allow_tf32: bool | None = None,
    _fp32_precision: str = "none",
) -> tuple[Any, ...]:
    """Set switches; gives back what they were."""
    return change(
        globals(),
        enabled=_enabled,
        deterministic=_deterministic,
        allow_tf32=_allow_tf32,
        fp32_precision=_fp32_precision,
    )


def flags(
    enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True, fp32_precision: str = "none"
) -> AbstractContextManager[None]:
    """Switches for the extent of a `with` block."""
    return block(
        globals(), enabled=enabled, deterministic=deterministic, allow_tf32=allow_tf32, fp32_precision=fp32_precision
    )
