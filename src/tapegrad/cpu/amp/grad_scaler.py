"""Deprecated name of `torch.amp.GradScaler`, for "cpu"."""

from __future__ import annotations

import warnings
from typing import Any

from ...amp import grad_scaler


class GradScaler(grad_scaler.GradScaler):
    """Deprecated form of `torch.amp.GradScaler("cpu", ...)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "`torch.cpu.amp.GradScaler(args...)` is deprecated. Please use `torch.amp.GradScaler('cpu', args...)`"
            " instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__("cpu", *args, **kwargs)


__all__ = ["GradScaler"]
