"""`torch.save` and `torch.load`: torch's files, read without running any code that is in them.

A file holds a pickle, which is a program for a small machine, and the memory of tensors beside it.  `unpickling` is
such a machine that knows the few instructions and names that tensors and containers need; any other name is refused.

>>> import io
>>> import tapegrad as torch
>>> file = io.BytesIO()
>>> torch.save({"w": torch.ones(2), "step": 3}, file)
>>> _ = file.seek(0)
>>> torch.load(file)
{'w': tensor([1., 1.]), 'step': 3}
"""

from __future__ import annotations

from .allowed import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    get_unsafe_globals_in_checkpoint,
    safe_globals,
)
from .loading import load
from .saving import save

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
]
