"""`torch.compile`: functions captured once, and called again as straight-line programs without Python per operation.

Arrays that remember (`traced`) run below the tape, so that the forward pass, `backward()` and optimizer steps are all
captured in the same way; what the function reads besides its arguments is known from watching it (`observe`, `facts`).
The function `compile` is in `tapegrad.compiler`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """`tapegrad.compile` names this package once a part of it is imported; calling it compiles all the same."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from ..compiler import compile

        return compile(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
