"""Deprecated name of `torch.amp.GradScaler`, for "cuda"."""

from __future__ import annotations

import warnings
from typing import Any

from ...amp import grad_scaler
from ...amp.grad_scaler import OptState as OptState


class GradScaler(grad_scaler.GradScaler):
    """Deprecated form of `torch.amp.GradScaler("cuda", ...)`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "`torch.cuda.amp.GradScaler(args...)` is deprecated. Please use `torch.amp.GradScaler('cuda', args...)`"
            " instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__("cuda", *args, **kwargs)


__all__ = ["GradScaler"]
