"""Deprecated name of `torch.amp.autocast`, for "cpu"."""

from __future__ import annotations

import warnings

from ...amp import autocast_mode
from ...tensor.dtypes import bfloat16
from ...tensor.dtypes import dtype as Dtype


class autocast(autocast_mode.autocast):
    """Deprecated form of `torch.amp.autocast("cpu", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Dtype = bfloat16, cache_enabled: bool = True) -> None:
        warnings.warn(
            "`torch.cpu.amp.autocast(args...)` is deprecated. Please use `torch.amp.autocast('cpu', args...)` instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__("cpu", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


__all__ = ["autocast"]
