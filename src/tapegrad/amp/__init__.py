"""`torch.amp`: mixed precision. `autocast` regions, and the scaling of losses for float16.

Which functions compute in which precision is in `lists.py`, how they come to do so in `casting.py`, the settings of
each thread in `state.py`.
"""

from .autocast_mode import _enter_autocast, _exit_autocast, autocast, custom_bwd, custom_fwd, is_autocast_available
from .grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
