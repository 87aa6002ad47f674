"""`torch.cpu.amp`: deprecated names of what is in `torch.amp`."""

from .autocast_mode import autocast
from .grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast"]
